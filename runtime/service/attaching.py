"""Which PLCs run on this machine, and the way to their shared memory, for other processes of the same user."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from runtime.image.block import Block


def attach(folder: Path) -> Block:
    """The shared memory of the PLC that runs from `folder`, for looking at it from another process of the same user.
    Raises LookupError.
    """
    try:
        text = (folder / "lock").read_text()
        found = json.loads(text)
        descriptor = os.open(f"/proc/{int(found['pid'])}/fd/{int(found['fd'])}", os.O_RDWR | os.O_CLOEXEC)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LookupError(f"no PLC runs from {folder.name}") from error
    return Block.attach(descriptor)


def running(state: Path) -> list[str]:
    """Names of the PLCs whose supervisors run from folders below `state`."""
    return sorted(lock.parent.name for lock in state.glob("*/lock") if _is_held(lock))


def holder_in(text: str) -> int | None:
    """The process that a lock file names, None when it is no such text."""
    try:
        return int(json.loads(text)["pid"])
    except (ValueError, KeyError, TypeError):
        return None


def _is_held(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
