"""The press and the belt in virtual time: two scans of their own, and one plant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from programs.line import plant
from runtime.image.ring import Command
from runtime.testing import VirtualConfiguration, load_configuration

_STEP_S = 0.002


class Line:
    """Both resources with the plant between them."""

    def __init__(self, plcs: VirtualConfiguration) -> None:
        self.plcs, self.press, self.belt = plcs, plcs["Press"], plcs["Belt"]
        self.state = plant.State()

    def run(self, seconds: float) -> None:
        model = plant.Plant()
        for _ in range(round(seconds / _STEP_S)):
            model.state = self.state
            answers = model.answers()
            self.press.set_inputs({f"press.{name}": answers[name] for name in ("at_top", "at_bottom")})
            self.belt.set_input("belt.barrier", answers["barrier"])
            self.plcs.advance("2ms")
            commands = {name: bool(self.press.output(f"press.{name}")) for name in ("down", "up")}
            motor = bool(self.belt.output("belt.motor"))
            self.state = plant.step(self.state, commands["down"], commands["up"], motor, _STEP_S)


@pytest.fixture
def line() -> Iterator[Line]:
    plcs = load_configuration(Path(__file__).parent)
    yield Line(plcs)
    plcs.close()


def test_the_press_waits_for_room_on_the_belt(line: Line) -> None:
    line.run(3.0)
    assert line.press["Parts"] == line.belt["Parts"] >= 3
    assert line.belt["Conveyor.Carried"] == line.state.left > 0
    most = 0
    for _ in range(20):
        line.run(0.2)
        most = max(most, len(line.state.parts))
    assert 2 <= most <= 4
    assert line.belt["Conveyor.Carried"] in (line.state.left, line.state.left - 1)


def test_a_press_that_stands_still_lets_the_belt_run_empty(line: Line) -> None:
    line.run(3.0)
    line.press.order(Command.STOP)
    line.run(6.0)
    assert line.state.parts == ()
    assert line.belt["Conveyor.Carried"] == line.belt["Parts"] == line.state.left
    assert not line.belt.output("belt.motor")
    line.press.order(Command.START)
    line.run(2.0)
    assert line.belt["Parts"] > line.state.left


def test_halt_reaches_the_press(line: Line) -> None:
    line.run(1.0)
    line.belt["Conveyor.Carried"] = 1000
    line.run(1.5)
    parts = line.press["Parts"]
    assert line.press["Halt"]
    line.run(2.0)
    assert line.press["Parts"] == parts
