"""Steps by lines: several statements on one line are one step, whatever they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from runtime.replay import live
from runtime.replay.debugger import Debugger
from runtime.replay.stops import Reason

SOURCE = """FUNCTION Twice : INT
VAR_INPUT x : INT; END_VAR
Twice := x;
Twice := Twice * 2;
END_FUNCTION
FUNCTION_BLOCK Count
VAR n : INT; END_VAR
n := n + 1; n := n + 1;
END_FUNCTION_BLOCK
PROGRAM Main
VAR i, sum, runs : INT; a, b : Count; END_VAR
runs := runs + 1; sum := 0;
FOR i := 0 TO 2 DO sum := sum + Twice(i); END_FOR;
a(); b();
IF sum > 3 THEN
    sum := 3; runs := runs;
END_IF;
END_PROGRAM
"""
RUNS, LOOP, CALLS, IF, LAST, BODY, TWICE = 12, 13, 14, 15, 16, 8, 3


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Debugger]:
    (tmp_path / "main.st").write_text(SOURCE)
    (tmp_path / "plc.toml").write_text(
        '[plc]\nname = "lines"\nsources = ["main.st"]\n[task.t]\nprogram = "Main"\ninterval = "10ms"\n'
    )
    going_on = live.start(tmp_path)
    made = Debugger(going_on.run, going_on)
    yield made
    made.close()


def line(session: Debugger) -> int:
    assert session.step_here is not None
    return session.step_here.statement.span.line


def lines(session: Debugger, step: Callable[[], object], count: int) -> list[int]:
    found = list[int]()
    for _ in range(count):
        step()
        found.append(line(session))
    return found


def test_over_goes_from_line_to_line_and_on_into_the_next_tick(session: Debugger):
    over = partial(session.step_over, by_line=True)
    assert lines(session, over, 5) == [LOOP, CALLS, IF, LAST, RUNS]
    assert session.tick == 1


def test_by_statements_each_of_them_is_a_step(session: Debugger):
    assert lines(session, session.step_over, 8) == [RUNS, LOOP, LOOP, LOOP, LOOP, CALLS, CALLS, IF]


def test_in_enters_each_call_and_leaves_it_for_the_line_of_the_caller(session: Debugger):
    into = partial(session.step_in, by_line=True)
    assert lines(session, into, 3) == [LOOP, TWICE, TWICE + 1]
    assert lines(session, into, 2) == [LOOP, TWICE], "the next turn of the loop calls again"
    while line(session) != CALLS:
        into()
    assert lines(session, into, 4) == [BODY, CALLS, BODY, IF]


def test_back_goes_to_the_first_statement_of_the_line_before(session: Debugger):
    back = partial(session.back_over, by_line=True)
    session.go(1)
    places = [session.position]
    for _ in range(4):
        session.step_over(by_line=True)
        places.append(session.position)
    for place in reversed(places[:-1]):
        assert back().reason is Reason.STEP
        assert session.position == place
    assert (session.tick, line(session)) == (1, RUNS)
    back()
    assert (session.tick, line(session)) == (0, LAST)


def test_back_from_the_midst_of_a_line_goes_to_its_beginning(session: Debugger):
    session.step_over()
    session.back_over(by_line=True)
    assert session.position.number == 0
    while line(session) != BODY:
        session.step_in()
    session.step_in()
    assert line(session) == BODY
    session.back_over(by_line=True)
    first = session.position
    session.step_in()
    assert line(session) == BODY
    assert session.position.number == first.number + 1
    session.back_over(by_line=True)
    assert session.position == first
    session.back_over(by_line=True)
    assert line(session) == CALLS


def test_the_ends_of_a_run(session: Debugger):
    assert session.back_over(by_line=True).reason is Reason.BEGINNING
