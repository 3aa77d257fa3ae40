"""`python -m runtime.replay.precompile`: everything native in the runtime, compiled into numba's cache on disk.

The kernel, the three loops around it (`loop.run`, `virtual.run`, `replaying.run`) and some hundred functions beside
them take half a minute of the processor. Done once, behind the installation, no start of a PLC, no test and no replay
waits for it. What is to be compiled is found by doing what needs it: a PLC in virtual time that is commanded, traced,
recorded and replayed.
"""

from __future__ import annotations

import gc
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from runtime.engine.handover import advance
from runtime.image.block import CONTROL_WORDS, Block
from runtime.image.exchange import back, front, middle
from runtime.image.snapshot import SnapshotReader
from runtime.image.trace import TraceSlot, turn
from runtime.replay import tape
from runtime.replay.replay import Replay
from runtime.service.processes import engine
from runtime.testing import load

_SOURCE = """\
PROGRAM Main
VAR level : REAL; count : DINT; END_VAR
count := count + 1;
END_PROGRAM
"""
_PROJECT = """\
[plc]
name = "precompiled"
sources = ["main.st"]
[task.main]
program = "Main"
interval = "10ms"
[connection.line]
driver = "simulated"
[device.io]
connection = "line"
poll = "10ms"
[[device.io.point]]
name = "level"
to = "Main.level"
"""


def main() -> None:
    gc.disable()  # all that numba makes of a function stays; walking it again and again is a tenth of the time
    engine.prepare()
    with TemporaryDirectory(prefix="rung-") as folder:
        _fly_and_repeat(Path(folder))
    _change()


def _fly_and_repeat(folder: Path) -> None:
    (folder / "main.st").write_text(_SOURCE)
    (folder / "plc.toml").write_text(_PROJECT)
    plc = load(folder, recording=folder / "recording")
    try:
        plc.set_input("io.level", 1.5)
        plc["Main.count"] = 5
        _look(plc.block)
        plc.run_until("Main.count > 20")
        _look(plc.block)
    finally:
        plc.close()
    (run,) = tape.read(folder / "recording")
    replay = Replay(run)
    try:
        replay.to(run.last_tick)
        replay.until("Main.count < 0")
    finally:
        replay.close()


def _change() -> None:
    """What the process of an engine does beside a hand-over."""
    advance(np.zeros(CONTROL_WORDS, np.int64), 0, 0)


def _look(block: Block) -> None:
    """From outside, as the gateway does: a snapshot, a trace that comes and goes, the exchange of inputs."""
    reader = SnapshotReader(block)
    reader.take(reader.request())
    reader.latest()
    slot = TraceSlot(block, 0)
    status = slot.status()
    if status is not None:
        slot.captures(status)
        slot.read(status, 0, 1)
    if not slot.is_under_way:
        with turn(block):
            slot.remove()
    word = int(block.words("input_word")[0])
    assert {back(word), middle(word), front(word)} == {0, 1, 2}


if __name__ == "__main__":
    main()
