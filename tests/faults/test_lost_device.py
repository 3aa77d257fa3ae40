"""A Modbus device that goes away and comes back: what the program sees of it, in its own variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from io_drivers.contract import Quality, Reason
from tests.faults.rig import Rig, free_port, plant_of, running_project, wait_for

pytestmark = pytest.mark.xdist_group("real plant")

SOURCE = """
TYPE
    Seen : STRUCT
        quality : QUALITY_CODE;
        reason : QUALITY_REASON_CODE;
        age : TIME;
    END_STRUCT;
END_TYPE

FUNCTION_BLOCK Watch
VAR_IN_OUT CONSTANT
    signal : REAL;
END_VAR
VAR_OUTPUT
    seen : Seen;
END_VAR
seen.quality := QUALITY(signal);
seen.reason := QUALITY_REASON(signal);
seen.age := AGE(signal);
END_FUNCTION_BLOCK

PROGRAM Main
VAR
    level : REAL;
    overflow AT %IX0.5 : BOOL;
    levelSeen : Watch;
    ofBit : QUALITY_CODE;
    oldest : TIME;
END_VAR
levelSeen(signal := level);
ofBit := QUALITY(overflow);
oldest := MAX(oldest, AGE(overflow));
END_PROGRAM
"""

PROJECT = """
[plc]
name = "lost"
sources = ["main.st"]
[task.main]
program = "Main"
interval = "10ms"
[connection.line1]
driver = "modbus"
host = "127.0.0.1"
port = {port}
timeout = "200ms"
reconnect = {{ min = "50ms", max = "200ms" }}
[device.tank]
connection = "line1"
unit = 1
poll = "20ms"
offline = {{ after = 3, probe = "200ms" }}
[[device.tank.point]]
name = "level"
area = "input"
address = 4
type = "REAL"
to = "Main.level"
max_age = "10s"
[[device.tank.point]]
name = "overflow"
area = "discrete"
address = 5
type = "BOOL"
to = "%IX0.5"
max_age = "300ms"
"""

MS = 1_000_000
NEVER = (1 << 63) - 1
POLL_AND_MORE_NS = 200 * MS


class Program:
    """What the program saw at the end of one scan; the three belong together."""

    def __init__(self, plc: Rig) -> None:
        self._plc = plc

    def sees(self) -> tuple[Quality, Reason, int]:
        value = self._plc.value
        seen = (value(f"Main.levelSeen.seen.{part}") for part in ("quality", "reason", "age"))
        quality, reason, age = (int(part) for part in seen)  # pyright: ignore[reportArgumentType]
        return Quality(quality), Reason(reason), age


def test_the_program_sees_a_device_go_and_come_back(tmp_path: Path) -> None:
    port = free_port()
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "main.st").write_text(SOURCE)
    (folder / "plc.toml").write_text(PROJECT.format(port=port))
    with running_project(folder, tmp_path / "state" / "lost", port) as plc:
        program = Program(plc)
        wait_for(lambda: plc.value("Main.levelSeen.seen.age"), "a first scan")
        assert program.sees()[2] == NEVER
        assert plc.value("Main.ofBit") == Quality.BAD
        with plant_of("tank", port):
            wait_for(lambda: program.sees()[0] is Quality.GOOD, "the level to be good")
            wait_for(lambda: program.sees()[2] < POLL_AND_MORE_NS, "a fresh level")
            wait_for(lambda: plc.value("Main.ofBit") == Quality.GOOD, "the bit to be good")
            level = plc.value("Main.level")
            assert isinstance(level, float)
            assert level > 0.0
        wait_for(lambda: program.sees()[0] is Quality.BAD, "the level to be bad")
        assert program.sees()[1] in (Reason.NOT_CONNECTED, Reason.TIMEOUT)
        wait_for(lambda: 600 * MS < program.sees()[2] < NEVER, "the age to grow")
        before = program.sees()[2]
        wait_for(lambda: program.sees()[2] > before + 100 * MS, "the age to grow on")
        assert plc.value("Main.ofBit") == Quality.BAD
        with plant_of("tank", port):
            wait_for(lambda: program.sees()[0] is Quality.GOOD, "the level to be good again")
            wait_for(lambda: program.sees()[2] < POLL_AND_MORE_NS, "a fresh level again")
            assert program.sees()[1] is Reason.NONE
            assert plc.value("Main.oldest") == NEVER
