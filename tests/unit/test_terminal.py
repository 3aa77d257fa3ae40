"""The status view: what a person sees of a PLC in a terminal, on a plant that scans in real time."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from rich.console import Console

from runtime.service.bound import Bound
from runtime.service.terminal import StatusView, shown_value
from tests.faults.rig import wait_for
from tests.unit import handmade


def picture(view: StatusView) -> str:
    console = Console(width=120, color_system=None)
    with console.capture() as capture:
        console.print(view.render())
    return capture.get()


def lines(text: str) -> list[str]:
    """What stands under the heading of the variables, without the frame."""
    found = [line.strip("│ \n") for line in text.splitlines()]
    return found[next(n for n, line in enumerate(found) if line.startswith("variable ")) + 1 : -1]


def test_without_expose_the_variables_of_the_points_are_shown() -> None:
    """A PLC without OPC UA was shown with a heading of five columns and not one variable under it."""
    compiled = handmade.program()
    binding = replace(handmade.bound(compiled), exposed=(), opcua=None)
    with handmade.running(compiled, binding) as block:
        view = StatusView(block, compiled, binding)
        wait_for(lambda: "Main.REAL" in picture(view), "the engine's answer to the view's question")
        shown = [line.split()[0] for line in lines(picture(view))]
        assert shown == ["Main.REAL", "Main.UDINT"]
        assert "bad never read" in picture(view)


@pytest.mark.parametrize("exposed", ["nothing", "an array"])
def test_where_no_variable_can_be_shown_it_says_why(exposed: str) -> None:
    compiled = handmade.program()
    bound: Bound = handmade.bound(compiled)
    array = tuple(e for e in bound.exposed if e.target.path == "Main.Numbers" and exposed == "an array")
    binding = replace(bound, exposed=array, inputs=(), outputs=())
    with handmade.running(compiled, binding) as block:
        text = picture(StatusView(block, compiled, binding))
    assert "no single variables: those under [opcua] expose in plc.toml are shown here" in text
    assert "quality" not in text


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        ("Main.Text", "it's", "'it$'s'"),
        ("Main.Wide", 'a"\t\u20ac', '"a$"$0009\u20ac"'),
        ("Main.CHAR", "\x80", "'$80'"),
        ("Main.Text", "x" * 50, "'" + "x" * 40 + "'\u2026"),
    ],
)
def test_texts_are_shown_as_literals(path: str, value: str, shown: str) -> None:
    exposed = next(e for e in handmade.bound(handmade.program()).exposed if e.target.path == path)
    assert shown_value(exposed, value) == shown


def test_what_is_exposed_comes_before_the_points() -> None:
    compiled = handmade.program()
    bound = handmade.bound(compiled)
    binding = replace(bound, exposed=tuple(e for e in bound.exposed if e.target.path in ("Main.INT", "Main.Colour")))
    with handmade.running(compiled, binding) as block:
        view = StatusView(block, compiled, binding)
        wait_for(lambda: "Main.INT" in picture(view), "the engine's answer to the view's question")
        assert [line.split()[:2] for line in lines(picture(view))][:2] == [["Main.INT", "0"], ["Main.Colour", "Red"]]


def test_what_is_wrong_with_a_device_can_be_read_in_80_columns() -> None:
    """The problem was the last column of the table of devices. On a terminal of 80 columns there was room for eleven
    characters of it: "127.0.0.1:1", and not that the connection was refused.
    """
    program = handmade.program()
    bound = handmade.bound(program)
    block, _ = handmade.make(program, bound)
    problem = "192.168.100.200:502 cannot be reached: Connection refused"
    block.devices[0]["problem"] = problem.encode()
    console = Console(width=80, height=50)
    with console.capture() as shown:
        console.print(StatusView(block, program, bound).render())
    assert f"device: {problem}" in shown.get()
