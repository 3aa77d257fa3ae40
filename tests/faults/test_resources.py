"""Two RESOURCEs of one CONFIGURATION in processes of their own, with a device each: what comes in at one goes out at
the other, whoever is killed.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from io_drivers.modbus.server import Unit
from runtime.engine.states import EngineState
from tests.faults.command_line import CONNECTION, OK, Seen, Started, device, refused, rung, started, write_project
from tests.faults.rig import wait_for
from tests.faults.served import Service

pytestmark = pytest.mark.xdist_group("real plant")

SOURCE = """\
PROGRAM Reader
VAR Button : BOOL; n : DINT; END_VAR
n := n + 1;
Pressed := Button;
Count := n;
Odd := n MOD 2 = 1;
Hours := Hours + 1;
END_PROGRAM
PROGRAM Writer
VAR Lamp : BOOL; n, torn : DINT; END_VAR
n := n + 1;
Lamp := Pressed;
IF Odd <> (Count MOD 2 = 1) THEN torn := torn + 1; END_IF;
END_PROGRAM
CONFIGURATION Plant
    VAR_GLOBAL Pressed, Odd : BOOL; Count : DINT; END_VAR
    VAR_GLOBAL RETAIN Hours : DINT; END_VAR
    RESOURCE In ON PLC
        TASK t (INTERVAL := T#5ms);
        PROGRAM R WITH t : Reader;
    END_RESOURCE
    RESOURCE Out ON PLC
        TASK t (INTERVAL := T#7ms);
        PROGRAM W WITH t : Writer;
    END_RESOURCE
END_CONFIGURATION
"""
PLC = '[plc]\nname = "plant"\nsources = ["main.st"]\nretain = { every = "100ms" }\n'
POINT = """
[[device.{device}.point]]
name = "{name}"
area = "{area}"
address = 0
type = "BOOL"
{way} = "{variable}"
"""


def project(tmp_path: Path, in_port: int, out_port: int) -> Path:
    button = POINT.format(device="panel", name="button", area="discrete", way="to", variable="R.Button")
    lamp = POINT.format(device="tower", name="lamp", area="coil", way="from", variable="W.Lamp")
    panel = CONNECTION.format(name="panel", port=in_port) + button
    return write_project(tmp_path, SOURCE, PLC + panel + CONNECTION.format(name="tower", port=out_port) + lamp)


class Plant:
    """A panel with a button, and a tower with a lamp."""

    def __init__(self) -> None:
        self.panel, self.tower = Unit(discretes=1), Unit(coils=1, on_write=self._written)
        self.lamp = False

    def _written(self, _area: str, _address: int, values: list[int]) -> None:
        self.lamp = bool(values[0])

    def lamp_follows(self) -> None:
        for lit in (True, False, True):
            self.panel.set_int("discrete", 0, int(lit))
            wait_for(lambda lit=lit: self.lamp is lit, f"the lamp to be {lit}")


def killed(plc: Seen) -> None:
    """Kill the engine of a PLC, and wait until the next one runs."""
    starts = plc.block.get("engine_starts")
    os.kill(plc.block.get("engine_pid"), signal.SIGKILL)
    wait_for(lambda: plc.block.get("engine_starts") > starts and plc.state is EngineState.RUN, "the next engine")


def number(plc: Seen, path: str) -> int:
    value = plc.value(path)
    assert isinstance(value, int)
    return value


def test_what_comes_in_at_one_resource_goes_out_at_the_other(tmp_path: Path) -> None:
    plant = Plant()
    with device(plant.panel) as in_port, device(plant.tower) as out_port:
        folder = project(tmp_path, in_port, out_port)
        with started(tmp_path, folder, name="plant-In") as first:
            second = Seen(tmp_path / "state" / "plant-Out")
            plant.lamp_follows()
            wait_for(lambda: number(second, "Count") > 100, "the count at the other end")
            _survives(first, second, plant)
            assert number(second, "W.torn") == 0
            told = rung(tmp_path, "read", "plant-Out", "Pressed").stdout
            assert "TRUE" in told
            second.block.close()
            assert first.stop() == OK
            for name in ("plant-In", "plant-Out"):
                assert first.said(f"{name}: recorded"), first.words
                assert first.said(f"{name}: the engine"), first.words
        for name in ("plant-In", "plant-Out"):
            replayed = rung(tmp_path, "replay", name).stdout
            assert re.search(r"the same as recorded, byte for byte, at [1-9]", replayed), replayed
        hours = rung(tmp_path, "retain", "plant-In").stdout
        assert "Hours" in hours


def _survives(first: Started, second: Seen, plant: Plant) -> None:
    """Either engine may go; the other one scans on, and the two find together again."""
    scans, hours = second.block.get("scans"), number(second, "Hours")
    killed(first)
    assert second.block.get("engine_starts") == 1
    wait_for(lambda: second.block.get("scans") > scans + 50, "the scans of the other")
    wait_for(lambda: number(second, "Hours") >= hours, "the hours, which are retained")
    plant.lamp_follows()
    scans = first.block.get("scans")
    killed(second)
    assert first.block.get("scans") > scans
    wait_for(lambda: number(second, "Count") > 0, "the count, to the new engine")
    plant.lamp_follows()


def test_all_of_them_start_or_none(tmp_path: Path) -> None:
    plant = Plant()
    with device(plant.panel) as in_port, device(plant.tower) as out_port:
        folder = project(tmp_path, in_port, out_port)
        with started(tmp_path, folder, name="plant-In"):
            done = rung(tmp_path, "run", folder)
            assert done.returncode == 3
            assert "runs already" in done.stderr
    (folder / "plc.toml").write_text((folder / "plc.toml").read_text().replace('name = "plant"', 'name = "a b"'))
    assert "a b" in refused(tmp_path, 1, "run", folder)


def deploy(tmp_path: Path, folder: Path, service: Service) -> subprocess.CompletedProcess[str]:
    done = rung(tmp_path, "deploy", folder, "--to", service.url, "--token-file", tmp_path / "token")
    assert done.returncode == OK, done.stderr
    return done


def test_a_service_runs_each_as_a_plc(tmp_path: Path) -> None:
    plant = Plant()
    service = Service(tmp_path / "state")
    try:
        with device(plant.panel) as in_port, device(plant.tower) as out_port:
            folder = project(tmp_path, in_port, out_port)
            service.start()
            (tmp_path / "token").write_text(service.token)
            done = deploy(tmp_path, folder, service)
            assert "plant-In: run" in done.stdout
            assert "plant-Out: run" in done.stdout
            plant.lamp_follows()
            service.kill()
            service.start()
            for name in ("plant-In", "plant-Out"):
                service.await_state(name, "run")
            plant.lamp_follows()
            grown = (folder / "main.st").read_text().replace("n, torn : DINT", "n, torn, more : DINT")
            (folder / "main.st").write_text(grown)
            changed = rung(tmp_path, "change", f"{service.url}/plant-Out", folder, "--token-file", tmp_path / "token")
            assert changed.returncode == OK, changed.stderr
            assert "1 new" in changed.stdout
            plant.lamp_follows()
            wider = (folder / "main.st").read_text().replace("Pressed, Odd : BOOL;", "Pressed, Odd, Third : BOOL;")
            (folder / "main.st").write_text(wider)
            changed = rung(tmp_path, "change", f"{service.url}/plant-Out", folder, "--token-file", tmp_path / "token")
            assert changed.returncode == 1
            assert "the globals that it shares with other resources are not what they were" in changed.stderr
            deploy(tmp_path, folder, service)
            plant.lamp_follows()
            events = [event["text"] for event in service.detail("plant-In")["events"]]
            assert any("nothing is shared with plant-Out" in text for text in events), events
            assert not [line for line in service.complaints if "Traceback" in line]
            assert service.stop() == OK
    finally:
        service.close()
