"""`rung read`, `write`, `force`, `unforce` on a PLC of a service, by HTTP and through its memory: the same words,
the same answers, the same exit statuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.cli import main
from tests.faults.command_line import CANNOT, OK, PLC, USAGE, WRONG
from tests.faults.rig import free_port, wait_for
from tests.faults.served import Service

pytestmark = pytest.mark.xdist_group("real plant")

SOURCE = """\
TYPE State : (Idle, Busy, Done); END_TYPE
PROGRAM Main
VAR
    Flag : BOOL; Count : DINT; Turns : ULINT; Part : INT(0..10); Table : ARRAY[1..3] OF INT; Delay : TON;
    Mode : State; Name : STRING; Wide : WSTRING; Ratio : REAL; Pause : TIME; Day : DATE; Clock : TOD; Moment : DT;
END_VAR
VAR CONSTANT Fixed : INT := 3; END_VAR
Turns := Turns + 1;
Flag := FALSE;
END_PROGRAM
"""
TOML = PLC.format(more="") + '\n[opcua]\nendpoint = "opc.tcp://127.0.0.1:{port}"\nexpose = ["Main.*"]\n'
TOML += 'writable = ["Main.*"]\n'

Say = Callable[..., tuple[int, str, str]]


class Plc:
    """The PLC, and both of its doors: what is typed for the name of each."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.doors = {"local": "plant", "remote": f"{service.url}/plant"}


@pytest.fixture(scope="module")
def plc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plc]:
    service = Service(tmp_path_factory.mktemp("operating") / "state")
    service.start()
    try:
        files = {"plc.toml": TOML.format(port=free_port()), "main.st": SOURCE}
        service.ask("POST", "/api/plcs/plant/activate", {"digest": service.upload("plant", files)})
        yield Plc(service)
        assert service.stop() == 0
    finally:
        service.close()


@pytest.fixture(params=["local", "remote"])
def say(
    plc: Plc, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Say:
    """Type a command for the PLC: exit status, output, complaint."""
    monkeypatch.setenv("RUNG_TOKEN", plc.service.token)
    monkeypatch.setenv("RUNG_STATE", str(plc.service.state))

    def typed(command: str, *words: str, plc_name: str = plc.doors[request.param]) -> tuple[int, str, str]:
        status = main([command, plc_name, *words])
        said = capsys.readouterr()
        return status, said.out, said.err

    return typed


VALUES = {
    "Main.Count": "-12", "Main.Part": "10", "Main.Table": "[1, 2, 3]", "Main.Delay.PT": "T#2s", "Main.Mode": "Busy",
    "Main.Name": "'it$'s'", "Main.Wide": '"wide"', "Main.Ratio": "0.5", "Main.Pause": "T#-1m30s",
    "Main.Day": "D#2024-02-29", "Main.Clock": "TOD#12:30:15.5", "Main.Moment": "DT#2024-02-29-12:30:15",
}  # fmt: skip


def test_values_are_written_and_read_as_in_structured_text(say: Say) -> None:
    written = [f"{path}={text}" for path, text in VALUES.items()]
    lines = [f"{path} = {text}" for path, text in VALUES.items()]
    assert say("write", *written) == (OK, "".join(f"{line}\n" for line in lines), "")
    assert say("read", *VALUES)[1].splitlines() == lines
    assert say("write", "Main.Count=16#FF", "Main.Mode=State#Done")[1] == "Main.Count = 255\nMain.Mode = Done\n"
    everything = say("read")[1].splitlines()
    assert "Main.Count = 255" in everything
    assert "Main.Delay.PT = T#2s" in everything


def test_what_is_forced_stays_and_is_seen_by_everybody(say: Say, plc: Plc) -> None:
    expected = ["Main.Flag = TRUE", "Main.Table[2] = 7", "Main.Mode = Busy"]
    status, out, _ = say("force", "Main.Flag=TRUE", "Main.Table[2]=7", "Main.Mode:=Busy")
    assert (status, out.splitlines()) == (OK, expected)
    assert say("force", "--list")[1].splitlines() == say("force")[1].splitlines() == expected
    assert say("read", "Main.Flag", "Main.Count")[1].splitlines()[0] == "Main.Flag = TRUE  (forced)"
    detail = plc.service.detail("plant")
    assert [force["path"] for force in detail["running"]["forces"]] == ["Main.Flag", "Main.Table[2]", "Main.Mode"]
    assert plc.service.ask("GET", "/api/plcs/plant/variables/Main.Flag")["forced"] is True
    assert plc.service.ask("GET", "/api/plcs/plant/variables/Main.Table")["forced"] is True
    assert plc.service.ask("GET", "/api/plcs/plant/variables/Main.Count")["forced"] is False
    wait_for(lambda: any(" forces Main.Flag" in e["text"] for e in plc.service.detail("plant")["events"]), "the event")
    assert say("unforce", "Main.Table[2]")[1].splitlines() == ["Main.Flag = TRUE", "Main.Mode = Busy"]
    assert say("unforce", "--all")[1] == "nothing is forced\n"
    wait_for(lambda: any(" frees all" in e["text"] for e in plc.service.detail("plant")["events"]), "the event")
    assert say("read", "Main.Flag")[1] == "Main.Flag = FALSE\n"


def test_a_set_with_something_wrong_in_it_changes_nothing(say: Say) -> None:
    assert say("write", "Main.Count=1", "Main.Ratio=1.0")[0] == OK
    for wrong, words in (
        ("Main.Ratio=T#2s", "is of another type"),
        ("Main.Part=11", "0 to 10"),
        ("Main.Pause=5", "T#1m30s"),
        ("Main.Flag=5", "TRUE or FALSE"),
        ("Main.Mode=Gone", "Idle, Busy, Done"),
        ("Main.Table=[1, 2]", "has 3 elements, and 2 are written"),
        ("Main.Name=it", "'text'"),
        ("Main.Nothing=1", "Main.Nothing"),
        ("Main.Fixed=1", "constant"),
    ):
        for command in ("write", "force"):
            status, out, complaint = say(command, "Main.Count=2", wrong)
            assert (status, out) == (WRONG, ""), complaint
            assert words in complaint
    assert say("force")[1] == "nothing is forced\n"
    assert say("read", "Main.Count", "Main.Ratio")[1] == "Main.Count = 1\nMain.Ratio = 1.0\n"


def test_what_makes_no_sense_is_said_before_anything_is_asked(say: Say) -> None:
    for command, words, text in (
        ("write", ("Main.Count",), "VARIABLE=VALUE"),
        ("write", ("Main.Count=1", "main.count=2"), "stands there twice"),
        ("unforce", (), "--all"),
        ("unforce", ("Main.Count", "--all"), "--all"),
        ("force", ("Main.Count=1", "--list"), "--list"),
    ):
        status, _, complaint = say(command, *words)
        assert (status, text in complaint) == (USAGE, True), complaint


def test_a_plc_that_is_not_there(say: Say, plc: Plc) -> None:
    assert say("read", plc_name="nobody")[0] == CANNOT
    assert say("read", plc_name="../plant")[0] == CANNOT
    assert say("read", plc_name=f"{plc.service.url}/nobody")[0] == CANNOT
    assert say("read", plc_name=f"http://127.0.0.1:{free_port()}/plant")[0] == CANNOT
    assert say("read", plc_name="http://127.0.0.1:1/")[0] == USAGE


def test_inputs_and_reports_that_are_not_there(say: Say, tmp_path: Path) -> None:
    assert say("fault")[1] == "no fault is kept\n"
    status, _, complaint = say("fault", "--report", "20240101T000000.000000Z")
    assert status == WRONG
    assert "no report" in complaint
