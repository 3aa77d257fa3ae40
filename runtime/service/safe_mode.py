"""Safe mode: a PLC has met more faults in a time than it may, and does not run again until a person resets it.

The word `safe_mode` of its shared memory says so to all its processes, and a file in its folder to whoever starts it
next: a machine or a service that comes up again by itself does not bring back what failed again and again. A file that
cannot be read counts as safe mode.
"""

from __future__ import annotations

import json
from pathlib import Path

from msgspec import Struct

from runtime.service.artifacts import write_atomically

FILE = "safe-mode.json"
MAX_REASON = 500
"""Characters."""


class SafeMode(Struct, frozen=True):
    """`utc_ns`: since when, 0 when that is not known. `reason` is for people."""

    utc_ns: int
    reason: str


def read(folder: Path) -> SafeMode | None:
    """What the folder of a PLC says; None for one that is not in safe mode."""
    try:
        document = json.loads((folder / FILE).read_bytes())
        return SafeMode(int(document["utc_ns"]), str(document["reason"])[:MAX_REASON])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return SafeMode(0, f"{FILE} cannot be read, so the worst is supposed")


def enter(folder: Path, mode: SafeMode) -> None:
    """Raises OSError."""
    text = json.dumps({"utc_ns": mode.utc_ns, "reason": mode.reason[:MAX_REASON]})
    write_atomically(folder / FILE, text.encode() + b"\n", mode=0o600)


def leave(folder: Path) -> None:
    """After the reset that a person has ordered. Raises OSError."""
    (folder / FILE).unlink(missing_ok=True)


def sentence(mode: SafeMode) -> str:
    return f"safe mode: {mode.reason}; it does not run again until somebody resets it"
