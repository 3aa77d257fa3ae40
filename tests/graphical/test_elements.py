"""Every kind of element of ladder and function block diagrams, alone: what it does, scan by scan.

A row draws something; each line of its history is a scan: what is set before it, and what must be so after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.graphical.build import Drawing, Pou
from tests.graphical.run import Run

BOOLS = "a, b, c, x, y : BOOL"


@dataclass(frozen=True)
class Row:
    draw: Callable[[Drawing], object]
    history: str
    declared: str = BOOLS
    language: str = "LD"


def _contact(**options: object) -> Callable[[Drawing], object]:
    return lambda d: d.coil("x", d.contact("a", d.rail(), **options))  # pyright: ignore[reportArgumentType]


def _coil(**options: object) -> Callable[[Drawing], object]:
    return lambda d: d.coil("x", d.contact("a", d.rail()), **options)  # pyright: ignore[reportArgumentType]


def _two_rails(d: Drawing) -> None:
    d.coil("x", d.contact("a", d.rail()))
    d.row()
    d.coil("y", d.contact("b", d.rail()))


def _coils_in_line(d: Drawing) -> None:
    d.right_rail(d.coil("y", d.contact("b", d.coil("x", d.contact("a", d.rail())))))


def _jump(d: Drawing) -> None:
    power = d.rail()
    d.jump("behind", d.contact("a", power))
    d.row()
    d.coil("x", power)
    d.row()
    d.label("behind")
    d.row()
    d.coil("y", d.contact("b", power))


def _return(d: Drawing) -> None:
    power = d.rail()
    d.leave(d.contact("a", power))
    d.row()
    d.coil("x", d.contact("b", power))


def _top_to_bottom(d: Drawing) -> None:
    """The lower coil is stored first."""
    power = d.rail()
    d.coil("y", d.contact("x", power))
    d.elements[-1].at = (300, 500)
    d.coil("x", d.contact("a", power))
    d.elements[-1].at = (300, 100)


def _timer_in_a_rung(d: Drawing) -> None:
    timer = d.block("TON", {"IN": d.contact("a", d.rail()), "PT": "T#20ms"}, "t", ("Q", "ET"))
    d.coil("x", timer["Q"])


def _enabled(d: Drawing) -> None:
    added = d.block("ADD", {"EN": d.contact("a", d.rail()), "IN1": "n", "IN2": "1"}, outputs=("ENO", "OUT"))
    d.store("n", added["OUT"])
    d.coil("x", added["ENO"])


def _enabled_instance(d: Drawing) -> None:
    timer = d.block("CTU", {"EN": d.contact("a", d.rail()), "CU": "b", "PV": "2"}, "k", ("ENO", "Q", "CV"))
    d.coil("x", timer["Q"])
    d.coil("y", timer["ENO"])


def _edge_at_a_pin(d: Drawing) -> None:
    d.store("x", d.block("AND", [d.value("a").rising(), "b"]).out)


def _negated_pins(d: Drawing) -> None:
    d.store("x", d.block("AND", [d.value("a").inverted(), "b"]).out)
    d.store("y", d.block("OR", ["a", "b"], negated_outputs=("OUT",)).out)


def _connector(d: Drawing) -> None:
    d.connector("K", d.block("AND", ["a", "b"]).out)
    d.store("x", d.continuation("K"))
    d.store("y", d.block("NOT", {"IN": d.continuation("K")}).out)


def _feedback(d: Drawing) -> None:
    added = d.block("ADD", {"IN2": "1"})
    added.lead(added.out, pin="IN1")
    d.store("n", added.out)


def _twice(d: Drawing) -> None:
    """What one function gives is computed once, and taken by two."""
    counted = d.block("Next", {}, outputs=("OUT",))
    d.store("n", counted.out)
    d.row()
    d.store("m", counted.out)


ROWS = {
    "contact": Row(_contact(), "a=0:x=0 a=1:x=1 a=0:x=0"),
    "negated contact": Row(_contact(negated=True), "a=0:x=1 a=1:x=0"),
    "contact for rising edges": Row(_contact(edge="rising"), "a=0:x=0 a=1:x=1 a=1:x=0 a=0:x=0 a=1:x=1"),
    "contact for falling edges": Row(_contact(edge="falling"), "a=1:x=0 a=0:x=1 a=0:x=0 a=1:x=0 a=0:x=1"),
    "coil": Row(_coil(), "a=0:x=0 a=1:x=1 a=0:x=0"),
    "negated coil": Row(_coil(negated=True), "a=0:x=1 a=1:x=0"),
    "coil that sets": Row(_coil(storage="set"), "a=0:x=0 a=1:x=1 a=0:x=1"),
    "coil that resets": Row(_coil(storage="reset"), "a=0,x=1:x=1 a=1:x=0 a=0:x=0"),
    "coil for rising edges": Row(_coil(edge="rising"), "a=0:x=0 a=1:x=1 a=1:x=0"),
    "coil for falling edges": Row(_coil(edge="falling"), "a=1:x=0 a=0:x=1 a=0:x=0"),
    "two power rails": Row(_two_rails, "a=1:x=1,y=0 a=0,b=1:x=0,y=1"),
    "coils in line hand the power on": Row(_coils_in_line, "a=1:x=1,y=0 b=1:x=1,y=1 a=0:x=0,y=0"),
    "jump and label": Row(_jump, "a=0,b=1:x=1,y=1 a=1,x=0:x=0,y=1"),
    "return": Row(_return, "b=1:x=1 a=1,b=0:x=1 a=0:x=0"),
    "from top to bottom": Row(_top_to_bottom, "a=1:x=1,y=1 a=0:x=0,y=0"),
    "timer in a rung": Row(_timer_in_a_rung, "a=0:x=0 a=1:x=0 a=1:x=0 a=1:x=1 a=0:x=0", f"{BOOLS}; t : TON"),
    "function with EN": Row(_enabled, "a=0:n=0,x=0 a=1:n=1,x=1 a=1:n=2 a=0:n=2,x=0", f"{BOOLS}; n : INT"),
    "instance with EN": Row(
        _enabled_instance, "b=1:k.CV=0,y=0 a=1:k.CV=1,y=1 b=0:x=0 b=1:k.CV=2,x=1 a=0:y=0", f"{BOOLS}; k : CTU"
    ),
    "edge at a pin": Row(_edge_at_a_pin, "a=0,b=1:x=0 a=1:x=1 a=1:x=0", language="FBD"),
    "negated pins": Row(_negated_pins, "a=0,b=1:x=1,y=0 a=1:x=0,y=0 a=0,b=0:x=0,y=1", language="FBD"),
    "connector and continuations": Row(_connector, "a=1,b=1:x=1,y=0 b=0:x=0,y=1", language="FBD"),
    "a wire that leads back": Row(_feedback, "-:n=1 -:n=2 -:n=3", "n : INT", "FBD"),
    "a function that two take": Row(_twice, "-:n=1,m=1 -:n=2,m=2", "n, m : INT", "FBD"),
}
NEXT = Pou("Next", {"externalVars": "gCount : INT"}, "gCount := gCount + 1; Next := gCount;", "function", "INT")


@pytest.mark.parametrize("name", ROWS)
def test_an_element_does_what_it_is_for(name: str):
    row = ROWS[name]
    drawing = Drawing(row.language)
    row.draw(drawing)
    main = Pou("Main", row.declared, drawing)
    run = Run(*([NEXT, main] if row.draw is _twice else [main]), globals_="gCount : INT")
    for number, line in enumerate(row.history.split(), 1):
        given, _, expected = line.partition(":")
        run.scan({key: int(value) for key, value in _pairs(given)})
        found = {key: int(run.get(key)) for key, _ in _pairs(expected)}
        assert found == {key: int(value) for key, value in _pairs(expected)}, f"scan {number} of {row.history}"


def _pairs(text: str) -> list[tuple[str, str]]:
    found = [part.partition("=") for part in text.split(",") if part != "-"]
    return [(key, value) for key, _, value in found]
