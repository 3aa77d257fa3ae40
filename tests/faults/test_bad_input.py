"""Everything that can be wrong before or beside the program: files, the command line, ports, devices. Each gets one
clear message with its place and remedy, the right exit status, and never a half-started system.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from io_drivers.contract import DeviceState, Quality, Reason
from io_drivers.modbus.server import Unit
from runtime.engine.states import EngineState
from tests.faults.command_line import (
    CANNOT,
    CONNECTION,
    OK,
    PLC,
    USAGE,
    WRONG,
    Started,
    device,
    odd_device,
    refused,
    rung,
    started,
    write_project,
)
from tests.faults.rig import free_port, wait_for

pytestmark = pytest.mark.xdist_group("real plant")

SOURCE = """\
PROGRAM Main
VAR Level : REAL; Pump, Ready : BOOL; Scans : DINT; END_VAR
Ready := TRUE;
Scans := Scans + 1;
END_PROGRAM
"""
TOML = PLC.format(more="")


def point(name: str, area: str, address: int, type_: str, variable: str) -> str:
    """A point of the device `rack`; `variable` is its whole line."""
    values = f'name = "{name}"\narea = "{area}"\naddress = {address}\ntype = "{type_}"\n{variable}\n'
    return f"\n[[device.rack.point]]\n{values}"


# ------------------------------------------------------------------------------------------------- the project's files


def test_without_a_project_file(tmp_path: Path) -> None:
    folder = tmp_path / "nothing"
    folder.mkdir()
    said = refused(tmp_path, WRONG, "run", folder)
    assert f"there is no plc.toml in {folder}" in said
    assert "= remedy: create it beside the sources" in said


RACK = TOML + CONNECTION.format(name="rack", port=1502)
WRONG_PROJECTS = {
    "no TOML": (TOML.replace("[plc]", "[plc"), "the ']' of this table is missing", "plc.toml:1:5", "write [name]"),
    "unknown key": (
        TOML + "priorty = 1\n",
        "[task.main] has no key 'priorty'",
        "plc.toml:8:1",
        "did you mean 'priority'?",
    ),
    "two outputs at one address": (
        RACK
        + point("a", "coil", 3, "BOOL", 'from = "Main.Pump"')
        + point("b", "coil", 3, "BOOL", 'from = "Main.Ready"'),
        "'rack.b' writes what 'rack.a' writes",
        "plc.toml:30:1",
        "let one point write it",
    ),
    "register out of range": (
        RACK + point("level", "input", 70000, "REAL", 'to = "Main.Level"'),
        "'address' is 70000; it takes 0 to 65535",
        "plc.toml:26:11",
        "choose a value in that range",
    ),
    "last register out of range": (
        RACK + point("level", "input", 65535, "REAL", 'to = "Main.Level"'),
        "a REAL at 65535 ends at 65536, and the last register is 65535",
        "plc.toml:26:11",
        "use an address up to 65534",
    ),
    "unknown variable": (
        RACK + point("level", "input", 0, "REAL", 'to = "Main.Levle"'),
        "'Levle' is not known",
        "plc.toml:28:6",
        "did you mean 'Level'?",
    ),
    "no such source": (
        TOML.replace('["main.st"]', '["mian.st"]'),
        "there is no such file in the project folder",
        "plc.toml:3:12",
        "did you mean 'main.st'?",
    ),
}


@pytest.mark.parametrize("case", WRONG_PROJECTS)
def test_a_wrong_project_file(tmp_path: Path, case: str) -> None:
    toml, cause, place, remedy = WRONG_PROJECTS[case]
    said = refused(tmp_path, WRONG, "run", write_project(tmp_path, SOURCE, toml))
    assert said.count("error[") == 1, said
    assert cause in said
    assert f" --> {place}\n" in said
    assert "= remedy: " + remedy in said
    assert not (tmp_path / "state").exists()


def test_a_source_that_is_a_folder(tmp_path: Path) -> None:
    project = write_project(tmp_path, SOURCE)
    (project / "main.st").unlink()
    (project / "main.st").mkdir()
    said = refused(tmp_path, WRONG, "run", project)
    assert "the folder holds no source" in said
    assert " --> plc.toml:3:12\n" in said


def test_a_source_that_is_no_text(tmp_path: Path) -> None:
    project = write_project(tmp_path, SOURCE)
    (project / "main.st").write_bytes(SOURCE.encode().replace(b"Ready := TRUE;", b"(* 20 \xb0C *)"))
    said = refused(tmp_path, WRONG, "run", project)
    assert "'main.st' is not UTF-8 text: byte 0xb0 here" in said
    assert " --> main.st:3:7\n" in said
    assert "= remedy: save it as UTF-8" in said


def test_all_errors_of_the_sources_in_one_run(tmp_path: Path) -> None:
    source = "PROGRAM Main\nVAR Level : INT; END_VAR\nLevle := 1;\nIF Level THEN Level := TRUE; END_IF\nEND_PROGRAM\n"
    said = refused(tmp_path, WRONG, "run", write_project(tmp_path, source))
    assert said.count("error[") == said.count("= remedy: ") == 3, said
    for place in ("main.st:3:1", "main.st:4:4", "main.st:4:24"):
        assert f" --> {place}\n" in said
    assert "did you mean 'Level'?" in said


def test_a_loose_source_that_is_not_there(tmp_path: Path) -> None:
    said = refused(tmp_path, WRONG, "check", "mian.st")
    assert "'mian.st' cannot be read: there is no such file" in said


# ---------------------------------------------------------------------------------------------------- the command line


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("explain", "RUNG0931"), USAGE, "there is no code 'RUNG0931'; did you mean RUNG09"),
        (("watch",), CANNOT, "no PLC runs here; start one with `rung run DIR`"),
        (("run",), USAGE, "the following arguments are required: DIR"),
        (("run", ".", "--seconds", "soon"), USAGE, "--seconds: a positive number of seconds is expected"),
        (("run", ".", "--seconds", "-1"), USAGE, "--seconds: a positive number of seconds is expected"),
        (("serve", "--port", "http"), USAGE, "--port: a port is 0 to 65535"),
    ],
)
def test_a_wrong_command(tmp_path: Path, arguments: tuple[str, ...], status: int, words: str) -> None:
    assert words in refused(tmp_path, status, *arguments)


def test_an_expectation_that_the_program_cannot_meet(tmp_path: Path) -> None:
    project = write_project(tmp_path, SOURCE)
    said = refused(tmp_path, USAGE, "run", project, "--expect", "Main.Redy")
    assert said == "rung: --expect Main.Redy: 'Redy' is not known; did you mean 'Ready'?\n"
    said = refused(tmp_path, USAGE, "run", project, "--expect", "Main.Level")
    assert said == "rung: --expect Main.Level: it is REAL; name a BOOL\n"
    assert rung(tmp_path, "run", project, "--seconds", "0.2", "--expect", "Main.Ready").returncode == OK


def test_a_plant_that_is_not_there(tmp_path: Path) -> None:
    said = refused(tmp_path, CANNOT, "run", write_project(tmp_path, SOURCE), "--plant", "boiler.py")
    assert said == (
        "rung: --plant boiler.py: there is no such file; name the Python program that simulates the plant\n"
    )


def test_a_plant_that_dies_at_once(tmp_path: Path) -> None:
    (tmp_path / "boiler.py").write_text("raise SystemExit('the boiler has burst')\n")
    said = refused(tmp_path, CANNOT, "run", write_project(tmp_path, SOURCE), "--plant", "boiler.py")
    assert said.startswith("the boiler has burst\n")
    assert "rung: the simulated plant boiler.py did not get ready" in said
    assert "run it by itself to see why" in said


def test_a_plant_that_dies_later(tmp_path: Path) -> None:
    (tmp_path / "boiler.py").write_text("print('ready', flush=True)\nraise SystemExit(4)\n")
    project = write_project(tmp_path, SOURCE)
    said = refused(tmp_path, WRONG, "run", project, "--plant", "boiler.py", "--seconds", "600")
    assert "rung: the simulated plant ended before the PLC\n" in said
    assert "rung: the simulated plant ended with status 4\n" in said


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("RUNG_STATE", "rung: the PLC's files cannot be kept in {}/plant: Not a directory; make it writable"),
        ("XDG_CACHE_HOME", "rung: compiled programs cannot be kept in {}/rung/programs: Not a directory; make it"),
    ],
)
def test_a_folder_of_its_own_that_is_none(tmp_path: Path, variable: str, words: str) -> None:
    taken = tmp_path / "a file"
    taken.touch()
    said = refused(tmp_path, CANNOT, "run", write_project(tmp_path, SOURCE), **{variable: str(taken)})
    assert said.startswith(words.format(taken))
    assert variable in said


# ----------------------------------------------------------------------------------------------- what others have taken


def test_an_opcua_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = f"opc.tcp://127.0.0.1:{taken.getsockname()[1]}"
        toml = f'{TOML}\n[opcua]\nendpoint = "{endpoint}"\nexpose = ["Main.*"]\n'
        said = refused(tmp_path, CANNOT, "run", write_project(tmp_path, SOURCE, toml))
    assert f"cannot listen on {endpoint}: " in said
    assert "address already in use" in said
    assert "free the port or change [opcua] endpoint in plc.toml" in said


def test_a_second_start(tmp_path: Path) -> None:
    project = write_project(tmp_path, SOURCE)
    with started(tmp_path, project) as plc:
        second = rung(tmp_path, "run", project)
        assert second.returncode == CANNOT
        assert second.stderr == (
            f"rung: the PLC 'plant' runs already (process {plc.process.pid}); "
            "stop that one first, or give this one another name in plc.toml\n"
        )
        scans = plc.value("Main.Scans")
        wait_for(lambda: plc.value("Main.Scans") != scans, "the first one to go on")
        assert plc.block.get("engine_starts") == 1
        assert "'other' runs here; these do: plant" in rung(tmp_path, "watch", "other").stderr
        assert plc.stop() == OK


# -------------------------------------------------------------------------------------------------------------- devices

HALF_FRAME = b"\xde\xad\xbe\xef" * 8
ODD_DEVICES = {
    # name: (reason of its input, state, words in the problem)
    "refusing": (Reason.NOT_CONNECTED, DeviceState.CONNECTING, "cannot be reached: Connection refused"),
    "babbling": (Reason.BAD_RESPONSE, DeviceState.CONNECTING, "received bytes that are no Modbus frame"),
    "mistaken": (Reason.BAD_RESPONSE, DeviceState.DEGRADED, "input 0 to 1: 2 bytes of data"),
    "late": (Reason.TIMEOUT, DeviceState.OFFLINE, "no answer within 100 ms"),
}


async def babble(_request: bytes) -> bytes:
    """No frame at all."""
    return HALF_FRAME


async def mistake(request: bytes) -> bytes:
    """A frame that answers this request with one register too few."""
    return request[:4] + b"\0\5" + request[6:8] + b"\2\0\0"


async def dawdle(request: bytes) -> bytes:
    """The right answer, three timeouts later."""
    await asyncio.sleep(0.3)
    return request[:4] + b"\0\7" + request[6:8] + b"\4\0\0\0\0"


@pytest.fixture(scope="module")
def beset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """A PLC with a good device and one of every odd kind."""
    tmp_path = tmp_path_factory.mktemp("devices")
    good = Unit(inputs=2)
    good.set_real("input", 0, 21.5)
    with ExitStack() as stack:
        ports = {
            "good": stack.enter_context(device(good)),
            "refusing": free_port(),
            "babbling": stack.enter_context(odd_device(babble)),
            "mistaken": stack.enter_context(odd_device(mistake)),
            "late": stack.enter_context(odd_device(dawdle)),
        }
        toml = TOML
        for name, port in ports.items():
            level = point("level", "input", 0, "REAL", f'to = "Main.{name.capitalize()}"\non_loss = {{ value = -1.0 }}')
            toml += CONNECTION.format(name=name, port=port) + level.replace("rack", name)
        names = ", ".join(name.capitalize() for name in ports)
        project = write_project(tmp_path, SOURCE.replace("Level", names), toml)
        plc = stack.enter_context(started(tmp_path, project))
        wait_for(lambda: plc.input("good.level") == (Quality.GOOD, Reason.NONE), "the good device's value")
        yield plc


@pytest.mark.parametrize("name", ODD_DEVICES)
def test_an_odd_device_costs_its_own_values_and_nothing_else(beset: Started, name: str) -> None:
    plc, (reason, state, problem) = beset, ODD_DEVICES[name]
    wait_for(lambda: plc.input(f"{name}.level") == (Quality.BAD, reason), f"the input to be bad: {reason.name}")
    wait_for(lambda: plc.device(name)[0] is state, f"the device to be {state.name}")
    wait_for(lambda: problem in plc.device(name)[1], f"its problem to be told: {problem}")
    wait_for(lambda: plc.value(f"Main.{name.capitalize()}") == -1.0, "what takes the place of a lost input")

    lost, scans = plc.block.get("lost_activations"), plc.block.get("scans")
    wait_for(lambda: plc.block.get("scans") > scans + 50, "fifty scans")
    assert plc.block.get("lost_activations") == lost
    assert plc.state is EngineState.RUN
    assert plc.input("good.level") == (Quality.GOOD, Reason.NONE)
    assert plc.value("Main.Good") == 21.5
    assert plc.block.get("io_starts") == 1


def test_the_view_shows_which_device_has_a_problem(beset: Started, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = Path(f"/proc/{beset.process.pid}/environ").read_bytes().split(b"\0")
    state = next(entry for entry in folder if entry.startswith(b"RUNG_STATE=")).split(b"=", 1)[1].decode()
    wait_for(lambda: beset.device("late")[0] is DeviceState.OFFLINE, "the silent device to be given up")
    view = rung(tmp_path_factory.mktemp("viewer"), "watch", "plant", "--once", RUNG_STATE=state)
    assert view.returncode == OK
    for name in ("good", *ODD_DEVICES):
        shown = next(line for line in view.stdout.splitlines() if line.startswith(f"│ {name} "))
        assert beset.device(name)[0].name.lower() in shown
        problems = [line for line in view.stdout.splitlines() if line.startswith(f"│ {name}: ")]
        assert len(problems) == (name in ODD_DEVICES)
        assert all(ODD_DEVICES[name][2] in line for line in problems)
