"""A session of the debugger, on a recording and on a simulation that goes on: places, steps, searches, values."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from iec61131.language_service.questions import BadQuestion
from iec61131.program import HEADER
from runtime.replay import export, live, screen, shown, tape
from runtime.replay.debugger import Debugger, Position, Refused
from runtime.replay.places import NoPlace
from runtime.replay.replay import Replay
from runtime.replay.stops import Reason
from runtime.replay.tape import CannotReplay, Run
from runtime.testing import load
from tests.unit.debugged import line_of, make

TICKS = 400
FAULTY_TICK = 300


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("debugged"))


@pytest.fixture(scope="module")
def run(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    recording = tmp_path_factory.mktemp("recording")
    plc = load(project, recording=recording)
    plc.set_input("io.level", 1.5)
    plc.cycle(FAULTY_TICK)
    plc["Main.divisor"] = 0
    plc.cycle(TICKS - FAULTY_TICK)
    plc.close()
    (found,) = tape.read(recording)
    return found


@pytest.fixture
def session(run: Run) -> Iterator[Debugger]:
    made = Debugger(run)
    yield made
    made.close()


@pytest.fixture
def simulation(project: Path) -> Iterator[Debugger]:
    going_on = live.start(project, project / "model.py")
    made = Debugger(going_on.run, going_on)
    yield made
    made.close()


def line(session: Debugger) -> int:
    assert session.step_here is not None
    return session.step_here.statement.span.line


def value(session: Debugger, text: str, frame: int = 0) -> str:
    return shown.text(session.ask(text, frame))


# -------------------------------------------------------------------------------------------------------------- places


def test_it_begins_at_the_first_statement_of_the_first_tick(session: Debugger):
    assert session.position == Position(0, 0)
    assert line(session) == line_of("n := n + 1")
    assert [frame.pou.name for frame in session.frames] == ["Main"]


def test_every_place_shows_what_the_statements_before_it_have_done(session: Debugger):
    session.go(5)
    assert value(session, "n") == "5"  # before its sixth addition
    session.step_in()
    assert value(session, "n") == "6"
    assert value(session, "t") == "0"  # VAR_TEMP: new in each call
    session.step_in()
    assert value(session, "t") == "60"


def test_the_end_of_a_tick_is_what_the_replay_has_there(session: Debugger, run: Run):
    replay = Replay(run)
    for tick in (0, 17, 150):
        session.go(tick, 10_000)
        replay.to(tick)
        assert session.step_here is None
        assert (session.halt.memory == replay.block.memory)[HEADER.itemsize :].all()
    replay.close()


def test_in_steps_into_calls_over_past_them_out_behind_them(session: Debugger):
    session.go(1)
    while line(session) != line_of("outer(go"):
        assert session.step_over().reason is Reason.STEP
    at_call = session.position
    session.step_in()
    assert line(session) == line_of("IF go THEN")
    session.step_over()
    session.step_in()
    assert line(session) == line_of("sum := sum")
    session.step_in()
    assert line(session) == line_of("doubled := x")
    assert [frame.pou.name for frame in session.frames] == ["Twice", "Inner", "Outer", "Main"]
    assert [frame.span.line for frame in session.frames][1:] == [
        line_of("sum := sum"), line_of("inner(step"), line_of("outer(go")
    ]  # fmt: skip
    assert [next(session.path_of(frame), "") for frame in session.frames] == [
        "", "Main.outer.inner", "Main.outer", "Main"
    ]  # fmt: skip
    session.back_out()
    assert line(session) == line_of("sum := sum")
    session.step_in()
    session.step_out()
    assert line(session) == line_of("calls := calls")
    session.back_over()
    assert line(session) == line_of("inner(step")
    session.go(at_call.tick, at_call.number)
    session.step_over()
    assert line(session) == line_of("timer(IN")
    session.back_over()
    assert session.position == at_call


def test_the_standard_blocks_are_no_place(session: Debugger):
    while line(session) != line_of("timer(IN"):
        session.step_over()
    session.step_in()
    assert line(session) == line_of("IF n = 7")


def test_steps_go_from_program_to_program_and_from_tick_to_tick(session: Debugger):
    session.step_out()
    assert line(session) == line_of("runs := runs")
    assert session.program.tasks[session.step_here.task].name == "slow"  # type: ignore[union-attr]
    assert session.position.tick == 0
    session.step_over()
    assert (session.position.tick, line(session)) == (1, line_of("n := n + 1"))
    session.back_over()
    assert (session.position.tick, line(session)) == (0, line_of("runs := runs"))
    session.back_over()
    assert line(session) == line_of("late := AGE")


@pytest.mark.parametrize("seed", range(4))
def test_back_undoes_a_step(session: Debugger, seed: int):
    chance = random.Random(seed)
    session.go(chance.randrange(1, 200))
    for _ in range(40):
        before, memory = session.position, session.halt.memory.tobytes()
        session.step_in()
        session.back_in()
        assert session.position == before
        assert session.halt.memory.tobytes() == memory
        chance.choice((session.step_in, session.step_over, session.step_out, session.back_over, session.back_out))()


def test_the_ends_of_a_run(session: Debugger):
    assert session.back_in().reason is Reason.BEGINNING
    assert session.position == Position(0, 0)
    session.stops_at_faults = False
    assert session.resume().reason is Reason.END
    assert session.tick == TICKS - 1
    assert session.step_in().reason is Reason.END
    with pytest.raises(Refused, match="ends with tick 399"):
        session.go(TICKS)


def test_ticks_and_times(session: Debugger):
    session.scan(20)
    assert session.tick == 20
    session.scan(-3)
    assert session.tick == 17
    session.go_to_time(1_000_000_000)
    assert session.now_ns - session.run.begins_ns <= 1_000_000_000
    assert 98 <= session.tick <= 100


# --------------------------------------------------------------------------------------------------------- breakpoints


def test_a_breakpoint_is_met_forwards_and_backwards(session: Debugger):
    made = session.add_line("main.st", line_of("calls := calls"))
    ticks = [(session.resume(), session.tick)[1] for _ in range(5)]
    assert ticks == [1, 3, 5, 7, 9]
    assert [(session.resume(backwards=True), session.tick)[1] for _ in range(3)] == [7, 5, 3]
    assert session.resume().number == made.number


def test_a_condition_is_asked_in_the_scope_of_the_statement(session: Debugger):
    session.add_line("main.st", line_of("sum := sum"), "sum > 30 AND Main.mode = Mode#Busy AND step = 3")
    assert session.resume().reason is Reason.BREAKPOINT
    assert value(session, "sum") == "36"
    assert value(session, "n", 2) == "14"


def test_the_nth_time(session: Debugger):
    session.add_line("main.st", line_of("counts[t] :="), hits=5)
    session.resume()
    assert (session.tick, value(session, "t")) == (1, "1")
    session.go(5)
    session.resume(backwards=True)
    assert (session.tick, value(session, "t")) == (3, "1")


def test_a_condition_that_has_no_value_stops_and_says_so(session: Debugger):
    session.add_line("main.st", line_of("t := n * 10"), "counts[n + 295] > 0")
    stop = session.resume()
    assert "no value here: index out of bounds" in stop.text
    assert value(session, "n") == "5"


def test_a_line_without_a_statement_means_the_next_one(session: Debugger):
    made = session.add_line("main.st", line_of("VAR_TEMP"))
    assert made.spot.line == line_of("n := n + 1")
    with pytest.raises(NoPlace, match="no statement begins on line 900"):
        session.add_line("main.st", 900)
    with pytest.raises(NoPlace, match=r"did you mean 'main\.st'"):
        session.add_line("mian.st", 3)
    assert session.add_line("/somewhere/else/main.st", 30).spot.file == "main.st"


@pytest.mark.parametrize("with_line", [False, True])
def test_a_change_is_found_where_it_is_made(session: Debugger, with_line: bool):
    if with_line:  # then the interpreter looks for it, else machine code
        session.add_line("main.st", line_of("IF n = 7"), "n > 1000")
    session.stops_at_faults = False
    session.add_change("Main.mode")
    assert session.resume().text == "Main.mode has changed"
    assert (session.tick, value(session, "Main.mode")) == (6, "Mode#Busy")
    session.back_in()
    assert line(session) == line_of("mode := Busy")
    assert value(session, "Main.mode") == "Mode#Idle"
    session.go(200)
    assert session.resume(backwards=True).reason is Reason.CHANGE
    assert session.tick == 6
    assert session.resume(backwards=True).reason is Reason.BEGINNING


def test_what_is_as_before_at_the_end_of_the_tick_has_not_changed(session: Debugger):
    session.stops_at_faults = False
    session.add_change("Main.toggled")
    assert session.resume().reason is Reason.END


def test_what_a_device_or_somebody_changes_has_changed_before_the_first_statement(session: Debugger):
    session.add_change("Main.divisor")
    assert session.resume().reason is Reason.CHANGE
    assert session.position == Position(FAULTY_TICK, 0)


def test_only_single_values_can_be_watched(session: Debugger):
    with pytest.raises(Refused, match="name one number or BOOL"):
        session.add_change("Main.text")
    with pytest.raises(Refused, match="did you mean"):
        session.add_change("Main.levl")


def test_a_fault_stops_at_the_statement_that_has_it(session: Debugger):
    stop = session.resume()
    assert stop.reason is Reason.FAULT
    assert "RUNG0901" in stop.text
    assert (session.tick, line(session)) == (FAULTY_TICK, line_of("quotient :="))
    assert session.resume().reason is Reason.END
    assert session.resume(backwards=True).reason is Reason.FAULT


def test_a_search_can_be_interrupted(session: Debugger):
    session.add_line("main.st", line_of("n := n + 1"), "n > 1000000")
    asked = iter([False] * 20)
    session.interrupted = lambda: next(asked, True)
    assert session.resume().reason is Reason.PAUSE
    assert 10 <= session.tick <= 25
    session.interrupted = lambda: False
    session.step_in()
    assert value(session, "n") == str(session.tick + 1)


def test_until_stands_at_the_end_of_the_tick(session: Debugger):
    assert session.until("Main.n > 41").reason is Reason.CONDITION
    assert (session.tick, session.step_here) == (41, None)
    with pytest.raises(Refused, match="did not come true"):
        session.until("Main.n > 1000")
    assert session.tick == 41


# -------------------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("n", "8"),
        ("n + 1", "9"),
        ("n > 3 AND NOT (mode = Busy)", "FALSE"),
        ("mode", "Mode#Busy"),
        ("pair", "(a := 0, b := 1.5)"),
        ("counts[2]", "16"),
        ("ABS(-level)", "1.5"),
        ("text", "'a$'b'"),
        ("timer.PT", "T#50ms"),
        ("Slow.runs", "3"),
        ("outer.inner.sum", "24"),
        ("T#1s + T#500ms", "T#1s500ms"),
        ("n.3", "TRUE"),
    ],
)
def test_expressions(session: Debugger, asked: str, answer: str):
    session.go(8)
    assert value(session, asked) == answer


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("", "there is no expression"),
        ("lvel", "'lvel' is not declared"),
        ("Twice(3)", "calls 'Twice'"),
        ("outer(go := TRUE)", "outer"),
        ("n := 3", "assigns something"),
        ("n +", "a value is missing"),
        ("n n", "what is 'n' behind it"),
        ("counts[300]", "300"),
        ("counts[n + 300]", "index out of bounds"),
        ("1 / (n - n)", "divide by zero"),
        ("ADR(n)", "asks for an address"),
        ("THIS^.sum", "sum"),
        ("(" * 999, "missing"),
        ("1" * 1001, "at most 1000 characters"),
        ("%MW4", "%MW4"),
        ("__NEW(INT)", "__NEW"),
    ],
)
def test_what_cannot_be_asked(session: Debugger, asked: str, why: str):
    with pytest.raises(BadQuestion) as caught:
        session.ask(asked)
    assert why in str(caught.value) or "nest" in str(caught.value)
    session.step_in()
    assert value(session, "n") == "1"  # nothing was changed


def test_a_condition_is_a_bool(session: Debugger):
    with pytest.raises(BadQuestion, match="is DINT, and no condition"):
        session.add_line("main.st", line_of("t := n"), "n + 1")


def test_parts_come_in_pieces(session: Debugger):
    place = session.ask("counts")
    assert shown.count(place.type) == 300
    assert [name for name, _ in shown.parts(place, 298, 10)] == ["[298]", "[299]"]
    assert len(shown.parts(place)) == shown.MOST_PARTS


# --------------------------------------------------------------------------------------------------------- simulations


def test_a_simulation_goes_on_beyond_its_end(simulation: Debugger):
    assert simulation.is_at_head
    simulation.scan(50)
    assert simulation.tick == 50
    assert float(value(simulation, "level")) == pytest.approx(0.51, abs=0.011)
    simulation.add_line("main.st", line_of("calls := calls"), "Main.n = 60")
    simulation.resume()
    assert (simulation.tick, simulation.run.last_tick) == (59, 59)
    simulation.scan(-30)
    assert value(simulation, "n") == "29"


def test_what_is_written_is_taken_with_the_next_tick_and_recorded(simulation: Debugger, tmp_path: Path):
    simulation.scan(10)
    simulation.write("n", "500 + 1")
    simulation.write("mode", "Busy")
    simulation.write("Main.counts[7]", "n")
    assert value(simulation, "n") == "10"
    simulation.scan(1)
    assert [value(simulation, each) for each in ("n", "mode", "counts[7]")] == ["501", "Mode#Busy", "10"]
    simulation.scan(5)
    export.write(simulation.run, tmp_path / "a.rec")
    (again,) = tape.read(tmp_path / "a.rec")
    replay = Replay(again)
    replay.to(again.last_tick)
    assert replay["Main.n"] == 507
    replay.close()


def test_what_cannot_be_written(simulation: Debugger, session: Debugger):
    with pytest.raises(Refused, match="only a simulation"):
        session.write("n", "3")
    simulation.scan(5)
    with pytest.raises(Refused, match="lives in one call only"):
        simulation.write("t", "3")
    with pytest.raises(Refused, match="is computed"):
        simulation.write("n + 1", "3")
    with pytest.raises(BadQuestion):
        simulation.write("n", "'text'")
    simulation.scan(-2)
    with pytest.raises(Refused, match="tick 3 is over"):
        simulation.write("n", "3")


def test_a_simulation_that_never_stops_is_given_up(simulation: Debugger, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("runtime.replay.searching.MOST_LIVE_TICKS", 30)
    simulation.add_change("Main.divisor")
    assert simulation.resume().reason is Reason.END
    assert 25 <= simulation.tick <= 32


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("x = 1", "0 classes"),
        ("class M:\n    def step(self, c, d): raise KeyError('pump')\n    def answers(self): return {}", "KeyError"),
    ],
)
def test_a_plant_that_fails_is_said(project: Path, tmp_path: Path, text: str, why: str):
    (tmp_path / "model.py").write_text(text)
    with pytest.raises(CannotReplay, match=why):
        live.start(project, tmp_path / "model.py")


CLASSES = """
FUNCTION_BLOCK Base
VAR inherited : INT := 5; END_VAR
METHOD PUBLIC Count : INT
VAR_INPUT more : INT; END_VAR
inherited := inherited + more;
Count := inherited;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Derived EXTENDS Base
VAR own : INT; END_VAR
VAR_IN_OUT shared : INT; END_VAR
own := THIS^.Count(more := 2);
shared := shared + own;
END_FUNCTION_BLOCK
FUNCTION Down : INT
VAR_INPUT x : INT; END_VAR
IF x > 0 THEN Down := Down(x - 1) + x; END_IF;
END_FUNCTION
PROGRAM Main
VAR block : Derived; total, sum : INT; marker AT %MW3 : WORD; p : POINTER TO INT; END_VAR
block(shared := total);
sum := Down(3);
marker := 16#2A;
p := ADR(total);
total := p^;
END_PROGRAM
"""


@pytest.fixture
def classes(tmp_path: Path) -> Iterator[Debugger]:
    (tmp_path / "main.st").write_text(CLASSES)
    (tmp_path / "plc.toml").write_text(
        '[plc]\nname = "c"\nsources = ["main.st"]\n[task.t]\nprogram = "Main"\ninterval = "10ms"\n'
    )
    going_on = live.start(tmp_path)
    made = Debugger(going_on.run, going_on)
    yield made
    made.close()


def shown_locals(session: Debugger, frame: int = 0) -> dict[str, str]:
    here = session.frames[frame]
    found = shown.locals_of(here.pou, here.activation, session.halt.moment.memory)
    return {name: shown.text(place) for name, place in found}


def test_methods_inherited_variables_and_in_outs(classes: Debugger):
    line = next(n for n, text in enumerate(CLASSES.split("\n"), 1) if "Count := inherited" in text)
    classes.add_line("main.st", line)
    classes.resume()
    assert shown_locals(classes) == {"more": "2", "Count": "0", "THIS": "(inherited := 7, own := 0)"}
    assert shown_locals(classes, 1) == {"inherited": "7", "own": "0", "shared": "0"}
    assert value(classes, "THIS^.inherited + more") == "9"
    assert value(classes, "inherited") == "7"
    classes.step_out()
    assert value(classes, "shared + own") == "7"


def test_recursion_addresses_and_references(classes: Debugger):
    line = next(n for n, text in enumerate(CLASSES.split("\n"), 1) if "IF x > 0" in text)
    classes.add_line("main.st", line, "x = 0")
    classes.resume()
    assert [value(classes, "x", frame) for frame in range(4)] == ["0", "1", "2", "3"]
    classes.go(1)
    shown_now = shown_locals(classes)
    assert (shown_now["marker"], shown_now["p"][:3]) == ("16#002A", "-> ")
    assert value(classes, "p^ = total") == "TRUE"
    assert list(screen.value(classes, "%MW3", 0)) == ["%MW3 = 42"]
    classes.write("p^", "100")
    classes.write("marker", "16#FF")
    classes.go(2)
    assert (value(classes, "total"), value(classes, "marker")) == ("100", "16#00FF")
    classes.go(0)
    with pytest.raises(BadQuestion, match="null reference"):
        classes.ask("p^")
