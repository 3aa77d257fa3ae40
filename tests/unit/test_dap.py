"""`rung dap`, spoken to by a small client over real pipes: every request, and what is no request."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.replay.dap import wire
from runtime.testing import load
from tests.unit.dap_client import DapClient
from tests.unit.debugged import SOURCE, line_of, make


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("debugged"))


@pytest.fixture(scope="module")
def recording(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    plc = load(project, recording=folder)
    plc.set_input("io.level", 1.5)
    plc.cycle(100)
    plc["Main.divisor"] = 0
    plc.cycle(20)
    plc.close()
    return folder


@pytest.fixture(params=[False])
def client(request: pytest.FixtureRequest) -> Iterator[DapClient]:
    with DapClient(alone=request.param) as made:
        yield made
        assert b"Traceback" not in made.errors


alone = pytest.mark.parametrize("client", [True], indirect=True)


@pytest.fixture
def started(client: DapClient, recording: Path, project: Path) -> DapClient:
    client.start(recording=str(recording), sources=str(project))
    return client


def values(client: DapClient, reference: int, **more: Any) -> dict[str, Any]:
    found = client.ask("variables", variablesReference=reference, **more)["variables"]
    return {each["name"]: each for each in found}


def scope(client: DapClient, name: str, frame: int = 0) -> int:
    scopes = client.ask("scopes", frameId=frame)["scopes"]
    return next(each["variablesReference"] for each in scopes if each["name"] == name)


def set_lines(client: DapClient, project: Path, *lines: dict[str, Any]) -> list[dict[str, Any]]:
    return client.ask("setBreakpoints", source={"path": str(project / "main.st")}, breakpoints=lines)["breakpoints"]


@alone
def test_a_session_from_beginning_to_end(client: DapClient, recording: Path, project: Path):
    can = client.ask("initialize", adapterID="rung")
    for name in ("supportsStepBack", "supportsConditionalBreakpoints", "supportsHitConditionalBreakpoints",
                 "supportsDataBreakpoints", "supportsEvaluateForHovers", "supportsSetVariable",
                 "supportsSteppingGranularity"):  # fmt: skip
        assert can[name] is True
    client.ask("launch", recording=str(recording), sources=str(project))
    client.event("initialized")
    wanted = line_of("sum := sum")
    (made,) = set_lines(client, project, {"line": wanted})
    assert (made["verified"], made["line"]) == (True, wanted)
    client.ask("setExceptionBreakpoints", filters=["fault"])
    client.ask("configurationDone")
    assert client.event("stopped")["reason"] == "entry"
    assert [each["name"] for each in client.ask("threads")["threads"]] == ["fast", "slow"]
    stop = client.go("continue")
    assert (stop["reason"], stop["hitBreakpointIds"], stop["allThreadsStopped"]) == ("breakpoint", [made["id"]], True)
    stack = client.ask("stackTrace", threadId=1)
    assert [each["name"] for each in stack["stackFrames"]] == ["Inner (Main.outer.inner)", "Outer (Main.outer)", "Main"]
    assert stack["stackFrames"][0]["source"]["path"] == str(project / "main.st")
    assert stack["stackFrames"][0]["line"] == wanted
    assert client.ask("stackTrace", threadId=2)["stackFrames"] == []
    assert len(client.ask("stackTrace", threadId=1, startFrame=1, levels=1)["stackFrames"]) == 1
    client.ask("terminate")
    client.event("terminated")
    assert "it is over" in client.refused("stackTrace", threadId=1)
    client.ask("disconnect")
    assert client.ended() == 0


def test_steps(started: DapClient):
    lines = list[int]()
    for command in ("next", "stepIn", "stepBack", "next", "next", "next"):
        assert started.go(command)["reason"] == "step"
        lines.append(started.top()["line"])
    names = ("t := n", "toggled := 1", "t := n", "toggled := 1", "toggled := 0", "outer(go")
    assert lines == [line_of(each) for each in names]
    started.go("stepIn")
    assert started.top()["line"] == line_of("IF go")
    started.go("stepOut")
    assert started.top()["line"] == line_of("timer(IN")


def test_steps_by_statement_by_line_and_by_what_is_smaller(started: DapClient, project: Path):
    """Two statements of a line are one step by lines; there is nothing smaller than a statement."""
    set_lines(started, project, {"line": line_of("IF n = 7"), "condition": "n = 7"})
    started.go("continue")
    places = list[tuple[int, int]]()
    for command, granularity in (
        ("next", "instruction"), ("stepBack", "statement"), ("next", "line"), ("stepBack", None), ("next", "line"),
        ("stepBack", "line"), ("stepIn", "line"), ("stepOut", "line"),
    ):  # fmt: skip
        more = {"granularity": granularity} if granularity else {}
        started.ask(command, threadId=1, **more)
        assert started.event("stopped")["reason"] == "step"
        places.append((started.top()["line"], started.top()["column"]))
    first, second, behind = (line_of("IF n = 7"), 1), (line_of("IF n = 7"), 15), (line_of("FOR t"), 1)
    assert places[:-1] == [second, first, behind, second, behind, first, behind]
    assert "Invalid enum value 'word'" in started.refused("next", threadId=1, granularity="word")


def test_what_ends_a_session_is_answered_in_its_order(client: DapClient, project: Path):
    """Editors say `disconnect` when they have heard that all is over; nobody was there to answer, their pipe broke."""
    client.start(project=str(project))
    set_lines(client, project, {"line": line_of("n := n"), "condition": "n < 0"})
    client.ask("continue", threadId=1)
    client.ask("terminate")
    client.event("terminated")
    assert "it is over" in client.refused("threads")
    assert "debugged already" in client.refused("launch", project=str(project))
    assert client.ask("disconnect", terminateDebuggee=True) == {}
    assert client.ended() == 0


def test_breakpoints_with_conditions_forwards_and_backwards(started: DapClient, project: Path):
    found = set_lines(
        started,
        project,
        {"line": line_of("calls := calls"), "condition": "Main.n > 10", "hitCondition": "2"},
        {"line": 9000},
        {"line": line_of("t := n"), "condition": "nothing > 1"},
        {"line": line_of("t := n"), "hitCondition": "often"},
        {"line": line_of("t := n"), "logMessage": "n is {n}"},
    )
    assert [each["verified"] for each in found] == [True, False, False, False, False]
    assert "'nothing' is not declared" in found[2]["message"]
    assert started.go("continue")["reason"] == "breakpoint"
    assert started.ask("evaluate", expression="Main.n", frameId=0, context="watch")["result"] == "14"
    set_lines(started, project, {"line": line_of("calls := calls")})
    assert started.go("reverseContinue")["reason"] == "breakpoint"
    assert started.ask("evaluate", expression="Main.n", frameId=0)["result"] == "12"
    set_lines(started, project)
    assert started.go("reverseContinue")["reason"] == "entry"
    lines = started.ask("breakpointLocations", source={"path": str(project / "main.st")}, line=1, endLine=7)
    assert [each["line"] for each in lines["breakpoints"]] == [6, 7]


def test_a_file_that_is_none_of_the_program(started: DapClient):
    found = started.ask("setBreakpoints", source={"path": "/x/other.st"}, breakpoints=[{"line": 3}])
    assert found["breakpoints"][0]["verified"] is False
    assert "no file" in found["breakpoints"][0]["message"]


def test_a_fault_and_the_end(started: DapClient):
    stop = started.go("continue")
    assert stop["reason"] == "exception"
    assert "RUNG0901" in stop["text"]
    assert started.top()["line"] == line_of("quotient :=")
    assert "end of the run" in started.go("continue")["text"]
    assert started.top()["presentationHint"] == "label"
    started.ask("setExceptionBreakpoints", filters=[])
    assert started.go("reverseContinue")["reason"] == "entry"
    assert "end of the run" in started.go("continue")["text"]


def test_data_breakpoints(started: DapClient):
    of_local = started.ask("dataBreakpointInfo", name="mode", variablesReference=scope(started, "Locals"))
    assert of_local["dataId"] == "Main.mode"
    assert started.ask("dataBreakpointInfo", name="t", variablesReference=scope(started, "Locals"))["dataId"] is None
    assert started.ask("dataBreakpointInfo", name="Main.text")["dataId"] is None
    found = started.ask("setDataBreakpoints", breakpoints=[{"dataId": "Main.mode"}, {"dataId": "Main.x"}])
    assert [each["verified"] for each in found["breakpoints"]] == [True, False]
    by_name = started.ask("dataBreakpointInfo", name="mode", frameId=0)
    assert by_name["dataId"] == "Main.mode", "a name of the call that is looked at"
    for more in ({"condition": "n > 3"}, {"hitCondition": "2"}, {"accessType": "read"}):
        refused = started.ask("setDataBreakpoints", breakpoints=[{"dataId": "Main.mode", **more}])["breakpoints"]
        assert (refused[0]["verified"], "stops every time" in refused[0]["message"]) == (False, True)
    started.ask("setDataBreakpoints", breakpoints=[{"dataId": "Main.mode", "accessType": "write"}])
    assert started.go("continue")["reason"] == "data breakpoint"
    assert started.ask("evaluate", expression="mode", frameId=0)["result"] == "Mode#Busy"
    started.ask("setDataBreakpoints", breakpoints=[])
    assert started.go("reverseContinue")["reason"] == "entry"


def test_values_unfold(started: DapClient, project: Path):
    set_lines(started, project, {"line": line_of("sum := sum"), "condition": "sum = 12"})
    started.go("continue")
    assert values(started, scope(started, "Locals"))["sum"]["value"] == "12"
    main = values(started, scope(started, "Locals", 2))
    assert main["text"]["value"] == "'a$'b'"
    counts = main["counts"]
    assert (counts["indexedVariables"], counts["type"]) == (300, "ARRAY[0..299] OF DINT")
    assert values(started, counts["variablesReference"], start=2, count=1)["[2]"]["evaluateName"] == "counts[2]"
    assert values(started, counts["variablesReference"])[".."]["value"] == "100 more"
    assert values(started, counts["variablesReference"], filter="named") == {}
    assert values(started, main["pair"]["variablesReference"], filter="indexed") == {}
    assert list(values(started, main["pair"]["variablesReference"], filter="named")) == ["a", "b"]
    inner = values(started, main["outer"]["variablesReference"])["inner"]
    assert values(started, inner["variablesReference"])["sum"]["evaluateName"] == "outer.inner.sum"
    points = values(started, scope(started, "Inputs and outputs"))
    assert points["io.level"]["value"] == "1.5 (good, 0s)"
    assert values(started, scope(started, "Task"))["task"]["value"] == "fast"
    assert values(started, scope(started, "Globals"))["Slow"]["variablesReference"] > 0
    hover = started.ask("evaluate", expression="pair", frameId=2, context="hover")
    assert set(hover) == {"result", "type", "variablesReference", "namedVariables"}, "what the protocol knows there"
    assert values(started, hover["variablesReference"])["b"]["value"] == "1.5"
    old = main["outer"]["variablesReference"]
    started.go("next")
    assert "earlier stop" in started.refused("variables", variablesReference=old)


def test_what_is_recorded_cannot_be_written(started: DapClient):
    where = scope(started, "Locals")
    assert "only a simulation" in started.refused("setVariable", variablesReference=where, name="n", value="3")
    assert "there is no 'x'" in started.refused("setVariable", variablesReference=where, name="x", value="3")


def test_a_simulation_is_written_to(client: DapClient, project: Path):
    client.start(project=str(project), plant="model.py", cwd=str(project))
    where = scope(client, "Locals")
    set_to = client.ask("setVariable", variablesReference=where, name="n", value="50 + 50")
    assert set_to == {"value": "100", "type": "DINT"}
    pair = values(client, where)["pair"]["variablesReference"]
    assert client.ask("setVariable", variablesReference=pair, name="b", value="1")["value"] == "1.0"
    counts = values(client, where)["counts"]["variablesReference"]
    assert client.ask("setVariable", variablesReference=counts, name="[299]", value="7")["value"] == "7"
    assert "'Idel'" in client.refused("setVariable", variablesReference=where, name="mode", value="Idel")
    assert "tick 1" in client.ask("evaluate", expression="mode := Busy", context="repl")["result"]
    while client.top()["line"] != line_of("n := n") or client.ask("evaluate", expression="n")["result"] == "0":
        client.go("next")
    assert client.ask("evaluate", expression="n")["result"] == "100"
    assert client.ask("evaluate", expression="mode")["result"] == "Mode#Busy"
    assert client.ask("evaluate", expression="counts[299] + 1")["result"] == "8"
    client.go("stepBack")
    assert "is over" in client.refused("evaluate", expression="Main.n := 5", context="repl")


@alone
def test_a_search_without_end_is_paused_and_sees_new_breakpoints(client: DapClient, project: Path):
    client.start(project=str(project))
    set_lines(client, project, {"line": line_of("n := n"), "condition": "n < 0"})
    client.ask("continue", threadId=1)
    assert len(client.ask("threads")["threads"]) == 2
    assert "pause it first" in client.refused("stackTrace", threadId=1)
    client.ask("pause", threadId=1)
    assert client.event("stopped")["reason"] == "pause"
    client.ask("continue", threadId=1)
    set_lines(client, project, {"line": line_of("t := n")})
    assert client.event("stopped")["reason"] == "breakpoint"
    assert client.top()["line"] == line_of("t := n")
    client.ask("continue", threadId=1)
    client.event("stopped")
    set_lines(client, project, {"line": line_of("n := n"), "condition": "n < 0"})
    client.ask("continue", threadId=1)
    client.ask("disconnect")
    assert client.ended() == 0


def test_sources_that_are_not_at_hand_come_from_the_recording(client: DapClient, recording: Path, tmp_path: Path):
    (tmp_path / "main.st").write_text(SOURCE + "\n// changed\n")
    client.start(recording=str(recording), sources=str(tmp_path))
    source = client.top()["source"]
    assert "path" not in source
    assert client.ask("source", sourceReference=source["sourceReference"])["content"] == SOURCE
    found = client.ask("setBreakpoints", source=source, breakpoints=[{"line": 6}])["breakpoints"][0]
    assert found["verified"]
    assert "as it was recorded" in found["message"]
    assert "no such source" in client.refused("source", sourceReference=77)


def test_lines_may_begin_at_0(client: DapClient, recording: Path, project: Path):
    client.ask("initialize", adapterID="x", linesStartAt1=False)
    client.ask("launch", recording=str(recording), sources=str(project), stopOnEntry=False)
    client.event("initialized")
    (made,) = set_lines(client, project, {"line": line_of("t := n") - 1})
    assert made["line"] == line_of("t := n") - 1
    client.ask("configurationDone")
    assert client.event("stopped")["reason"] == "breakpoint"
    assert client.top()["line"] == line_of("t := n") - 1
    assert client.top()["column"] == 1


def test_columns_may_begin_at_0_and_are_counted_in_halves_of_characters(client: DapClient, tmp_path: Path):
    """They were counted as lines are, and in whole characters; the protocol counts them as UTF-16 does."""
    text = "PROGRAM Main\nVAR n : INT; END_VAR\n(* \N{WATER WAVE} *) n := 1; n := 2;\nEND_PROGRAM\n"
    (tmp_path / "main.st").write_text(text)
    toml = '[plc]\nname = "c"\nsources = ["main.st"]\n[task.t]\nprogram = "Main"\ninterval = "10ms"\n'
    (tmp_path / "plc.toml").write_text(toml)
    client.ask("initialize", adapterID="x", columnsStartAt1=False)
    client.ask("launch", project=str(tmp_path))
    client.ask("configurationDone")
    client.event("stopped")
    top = client.top()
    assert (top["line"], top["column"], top["endColumn"]) == (3, 9, 15)
    client.go("next")
    assert client.top()["column"] == 17


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({}, 'needs either "recording" or "project"'),
        ({"recording": "a", "project": "b"}, "needs either"),
        ({"recording": "/no/such/file"}, "there is no file"),
        ({"project": "/no/such/folder"}, "is no folder with a plc.toml"),
        ({"recording": 3}, "Expected `str | null`, got `int`"),
        ({"project": "{project}", "plant": "no.py"}, "is no Python program"),
        ({"project": "{broken}"}, "'x' is not declared"),
    ],
)
def test_a_launch_that_cannot_be(client: DapClient, project: Path, tmp_path: Path, arguments: dict[str, Any], why: str):
    (tmp_path / "plc.toml").write_text('[plc]\nname = "x"\nsources = ["a.st"]\n')
    (tmp_path / "a.st").write_text("PROGRAM Main\nx := 1;\nEND_PROGRAM\n")
    places = {"{project}": str(project), "{broken}": str(tmp_path)}
    client.ask("initialize", adapterID="rung")
    assert why in client.refused("launch", **{name: places.get(str(each), each) for name, each in arguments.items()})
    assert "`launch` comes first" in client.refused("threads")


REQUESTS = (
    "initialize", "launch", "configurationDone", "setBreakpoints", "breakpointLocations", "setExceptionBreakpoints",
    "dataBreakpointInfo", "setDataBreakpoints", "continue", "reverseContinue", "next", "stepIn", "stepOut", "stepBack",
    "pause", "threads", "stackTrace", "scopes", "variables", "evaluate", "setVariable", "source", "nonsense",
)  # fmt: skip
_FIELDS = (
    "threadId", "frameId", "variablesReference", "expression", "source", "breakpoints", "name", "value", "line",
    "endLine", "filters", "startFrame", "levels", "start", "count", "dataId", "sourceReference", "recording",
)  # fmt: skip


def _anything(chance: random.Random, depth: int = 0) -> Any:
    made: list[Any] = [
        None, True, -1, 0, 1, 3, 1 << 70, -5.5, "", "n", "Main.outer", "x" * 5000, "n +", "\x00\ud800", [], {},
    ]  # fmt: skip
    if depth < 3 and chance.random() < 0.4:
        inner = [_anything(chance, depth + 1) for _ in range(3)]
        return inner if chance.random() < 0.5 else dict(zip(chance.sample(_FIELDS, 3), inner, strict=True))
    return chance.choice(made)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_requests_say_there_is_an_answer(started: DapClient, seed: int):
    chance = random.Random(seed)
    for _ in range(250):
        arguments = {name: _anything(chance) for name in chance.sample(_FIELDS, chance.randrange(5))}
        answer = started.answer(started.send(chance.choice(REQUESTS), **arguments))
        assert answer["success"] or "could not be done" not in answer["message"], (seed, answer, started.errors)
    assert started.ask("threads")["threads"]


@pytest.mark.parametrize("seed", range(3))
def test_messages_that_are_none_are_refused_and_the_next_is_answered(client: DapClient, seed: int):
    chance = random.Random(seed)
    good = json.dumps({"seq": 7000, "type": "request", "command": "threads"}).encode()
    bodies = [b"", b"null", b"[]", b"{}", b"{" * 10_000, b"[" * 100_000, b"\xff\xfe", b'{"seq": "x"}',
              b'{"seq": 900, "type": "event", "command": "x"}', b'{"seq": 1e400, "command": 3}', b"NaN"]  # fmt: skip
    for _ in range(100):
        damaged = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        client.write(chance.choice([*bodies, bytes(damaged)]))
    assert "`launch` comes first" in client.refused("threads")


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: -3\r\n\r\n",
        b"Content-Length: 99999999999\r\n\r\n",
        b"x" * 5000,
        b"a: b\r\n" * 50,
        b"\r\n\r\n\r\n\r\n",
    ],
)
def test_who_does_not_speak_the_protocol_is_told_so_and_left(client: DapClient, data: bytes):
    client.write_raw(data)
    assert "rung: the head of a message" in (said := client.event("output")["output"]) or "longer than any" in said
    assert client.ended() == 1


@alone
def test_an_editor_that_is_gone_is_no_error(client: DapClient):
    client.ask("initialize", adapterID="x")
    assert client.hang_up() == 0


def test_a_message_that_ends_too_early_is_the_end(client: DapClient):
    client.write_raw(b"Content-Length: 100\r\n\r\n{")
    assert client.hang_up() == 0
    assert wire.MOST_BYTES > 100
