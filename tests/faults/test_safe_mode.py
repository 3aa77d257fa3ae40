"""A PLC that meets too many faults goes to safe mode and stays there until a person resets it, also when everything
around it is started anew. Its outputs are safe meanwhile.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from io_drivers.modbus.server import Unit
from runtime.cli import main
from runtime.engine.states import EngineState
from runtime.service import post_mortem, safe_mode
from tests.faults.command_line import CANNOT, CONNECTION, OK, PLC, device, started, write_project
from tests.faults.rig import wait_for
from tests.faults.served import Service

pytestmark = pytest.mark.xdist_group("real plant")

LIMITED = 'on_fault = "restart-limited"\nrestart = { most = 1, within = "1h" }\n'
SOURCE = """\
FUNCTION_BLOCK Splitter
VAR_INPUT Parts : DINT; END_VAR
VAR_OUTPUT Each : DINT; END_VAR
Each := 1000 / Parts;
END_FUNCTION_BLOCK

PROGRAM Main
VAR Lamp : BOOL; Parts : DINT := 4; Split : ARRAY[1..2] OF Splitter; At : INT := 2; END_VAR
Lamp := TRUE;
Split[At](Parts := Parts);
END_PROGRAM
"""
LAMP = """
[[device.rack.point]]
name = "lamp"
area = "coil"
address = 0
type = "BOOL"
from = "Main.Lamp"
"""


def test_too_many_faults_lead_to_safe_mode_which_outlasts_the_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A killed engine counts as well as a division by zero: the second of both is one too many."""

    def typed(*words: str) -> str:
        assert main(words) == OK, capsys.readouterr().err
        return capsys.readouterr().out

    monkeypatch.setenv("RUNG_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    unit = Unit(coils=1)
    with device(unit) as port:
        toml = PLC.format(more=LIMITED) + CONNECTION.format(name="rack", port=port) + LAMP
        project, folder = write_project(tmp_path, SOURCE, toml), tmp_path / "state" / "plant"

        def lamp_burns() -> bool:
            return bool(unit.areas["coil"][0])

        with started(tmp_path, project) as plc:
            wait_for(lamp_burns, "the lamp to burn")
            dead = plc.block.get("engine_pid")
            os.kill(dead, signal.SIGKILL)
            wait_for(lambda: plc.block.get("engine_starts") == 2 and plc.state is EngineState.RUN, "the next engine")
            wait_for(lamp_burns, "the lamp to burn again")
            typed("write", "plant", "Main.Parts=0")
            wait_for(lambda: plc.block.get("safe_mode"), "safe mode")
            wait_for(lambda: not lamp_burns(), "the lamp to go out")
            assert plc.state is EngineState.FAULT
            wait_for(lambda: plc.said("supervisor: safe mode: 1 restarts in 1h are allowed"), "the reason to be told")
            os.kill(plc.block.get("engine_pid"), signal.SIGKILL)  # which changes nothing
            wait_for(lambda: plc.block.get("engine_starts") == 3 and plc.state is EngineState.FAULT, "another engine")
            assert plc.block.get("scans") == 0
            plc.stop()
            assert plc.said("rung: it is in safe mode until somebody resets it")
            assert plc.said("      Main.Split[2].Parts = 0"), "the variables on the way, in the report of the run"
        assert safe_mode.read(folder) is not None

        with started(tmp_path, project) as plc:
            assert plc.state is EngineState.FAULT
            wait_for(lambda: plc.said("fault[RUNG0910]"), "the fault to be told")
            status = typed("watch", "plant", "--once")
            assert "FAULT (safe mode)" in status
            assert "an integer was divided by zero" in status
            assert not lamp_burns()
            assert typed("reset", "plant", "--start") == "plant is reset: RUN, the program runs\n"
            wait_for(lamp_burns, "the lamp to burn again")
            wait_for(lambda: not (folder / safe_mode.FILE).exists(), "the end of safe mode to be written down")
            wait_for(lambda: plc.said("has reset it (warm)"), "the reset to be told")
        report = post_mortem.load(folder, "latest")
        assert (report["code"], report["scans"][-1]["scan"]) == ("RUNG0901", report["scan"])
        assert [frame["instance"] for frame in report["frames"]] == ["Main.Split[2]", "Main", None]
        assert {"path": "Main.Split[2].Parts", "type": "DINT", "value": "0"} in report["frames"][0]["variables"]
        shown = typed("fault", "plant")
        assert "called from main.st:10:1 in Main, instance Main\n      Main.Lamp = TRUE" in shown

        safe_mode.enter(folder, safe_mode.SafeMode(1, "a test"))
        assert typed("reset", "plant") == "plant is reset: safe mode has ended; it does not run\n"
        assert safe_mode.read(folder) is None
        assert main(["reset", "plant"]) == CANNOT
        assert "is not in safe mode" in capsys.readouterr().err


def test_no_restart_of_the_service_brings_back_what_is_in_safe_mode(tmp_path: Path) -> None:
    service = Service(tmp_path / "state")
    service.start()
    try:
        files = {"plc.toml": PLC.format(more=LIMITED), "main.st": SOURCE}
        service.ask("POST", "/api/plcs/plant/activate", {"digest": service.upload("plant", files)})

        def engine() -> dict[str, int]:
            return next(p for p in service.detail("plant")["running"]["processes"] if p["role"] == "engine")

        for starts, state in ((2, "run"), (3, "fault")):
            os.kill(engine()["pid"], signal.SIGKILL)
            wait_for(lambda n=starts: engine()["starts"] == n, "the next engine")
            service.await_state("plant", state)
        assert "killed by SIGKILL" in service.detail("plant")["safe_mode"]["reason"]
        service.kill()

        service.start()
        detail = service.await_state("plant", "fault")
        assert "killed by SIGKILL" in detail["safe_mode"]["reason"]
        assert detail["running"]["fault"]["code"] == "RUNG0910"
        assert detail["running"]["scan"]["scans"] == 0
        assert 'rung_plc_safe_mode{plc="plant"} 1.0' in service.client.get("/metrics").text
        for order, body in (("start", None), ("activate", {"digest": detail["active"]})):
            response = service.client.post(f"/api/plcs/plant/{order}", json=body)
            assert response.status_code == 409, response.text
            assert "safe mode" in response.json()["error"]["message"]
        assert service.detail("plant")["running"]["scan"]["scans"] == 0

        assert service.ask("POST", "/api/plcs/plant/reset")["state"] == "stop"
        assert service.ask("POST", "/api/plcs/plant/start")["state"] == "run"
        assert service.detail("plant")["safe_mode"] is None
        assert service.stop() == 0
        assert safe_mode.read(tmp_path / "state" / "plant") is None
    finally:
        service.close()
