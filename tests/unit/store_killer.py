"""Runs one operation on a version store again and again, and kills it at its first, second, third ... step.

    python -m tests.unit.store_killer FOLDER OPERATION

For each step a process is forked that works on its own copy of FOLDER/before, and kills itself with SIGKILL right
before that step. Steps are whatever changes the disk: files opened, names made, moved and removed, each call of fsync.
The copies stay behind as FOLDER/<step>; the last is the one in which the operation came to its end.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from runtime.service.http.upload import Bundle, bundle
from runtime.service.versions import Record, VersionStore

_STEPS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree")


def project(number: int) -> Bundle:
    """A bundle in which every file says to which version it belongs."""
    return bundle({"plc.toml": f"# {number}", "main.st": f"(* {number} *)", "blocks/a.st": f"(* {number} *)" * 1000})


def upload(store: VersionStore, number: int) -> None:
    wanted = project(number)
    staging = store.stage(wanted.files)
    store.keep(staging, wanted.digest, number)
    store.discard(staging)


OPERATIONS: dict[str, Callable[[VersionStore], None]] = {
    "open": lambda store: store.open(),
    "upload": lambda store: upload(store, 100),
    "upload_again": lambda store: upload(store, 2),
    "prune": lambda store: store.prune({project(1).digest}),
    "activate": lambda store: store.set_record(Record(project(2).digest, run=True)),
    "delete": lambda store: store.delete(),
}


def prepare(folder: Path) -> None:
    """A PLC `tank` with 13 versions, the first of them active."""
    store = VersionStore(folder / "before" / "tank")
    store.open()
    for number in range(1, 14):
        upload(store, number)
    store.set_record(Record(project(1).digest, run=True))


def main(folder: Path, operation: str) -> None:
    prepare(folder)
    for step in range(10_000):
        copy = folder / str(step)
        shutil.copytree(folder / "before", copy)
        if _dies_at(step, lambda copy=copy: OPERATIONS[operation](VersionStore(copy / "tank"))):
            continue
        return


def _dies_at(step: int, work: Callable[[], None]) -> bool:
    """Do `work` in another process, up to `step`. False when it came to its end before."""
    pid = os.fork()
    if pid == 0:
        _arm(step)
        work()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    assert status == 0, "the operation itself failed"
    return False


def _arm(step: int) -> None:
    left = step

    def count() -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    def hook(event: str, _arguments: object) -> None:
        if event in _STEPS:
            count()

    real_fsync = os.fsync

    def fsync(descriptor: int) -> None:
        count()
        real_fsync(descriptor)

    os.fsync = fsync
    sys.addaudithook(hook)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
