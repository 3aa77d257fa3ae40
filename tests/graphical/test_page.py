"""docs/graphical.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from iec61131.compiler import CompileOptions, check
from iec61131.diagnostics.catalogue import CODES
from iec61131.input_forms.plcopen.elements import ELEMENTS
from iec61131.source import SourceFile
from tests.graphical.build import Drawing, Pou
from tests.graphical.run import Run

PAGE = (Path(__file__).parents[2] / "docs" / "graphical.md").read_text(encoding="utf-8")


def test_the_example_compiles():
    (example,) = re.findall(r"```xml\n(.*?)```", PAGE, re.DOTALL)
    assert check([SourceFile("page.xml", example)]) == []


def test_the_table_has_every_element():
    table = PAGE.partition("| element | does |")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split(" | ")[0])}
    assert named == ELEMENTS


def test_every_code_exists():
    for code in re.findall(r"RUNG\d{4}", PAGE):
        assert code in CODES or code in ("RUNG0610", "RUNG0619", "RUNG0620", "RUNG0629"), code


def test_drawings_are_taken_as_placed_or_as_stored():
    """The lower coil is stored first, and reads what the upper one stores."""
    drawing = Drawing("LD")
    power = drawing.rail()
    drawing.coil("y", drawing.contact("x", power), at=(300, 500))
    drawing.coil("x", drawing.contact("a", power), at=(300, 100))
    main = Pou("Main", "a, x, y : BOOL", drawing)
    placed, stored = Run(main), Run(main, options=CompileOptions(drawings="stored"))
    for run in (placed, stored):
        run.scan({"a": True})
    assert (placed.get("y"), stored.get("y")) == (True, False)


def test_numbers_win_over_places_and_storage():
    """Of two that store one variable, the one with the larger number has the last word."""
    for first, second, last in ((1, 2, 2), (2, 1, 1), (0, 0, 2), (0, 1, 1)):
        drawing = Drawing("FBD")
        drawing.store("n", drawing.value("1"), order=first, at=(300, 100))
        drawing.store("n", drawing.value("2"), order=second, at=(300, 500))
        run = Run(Pou("Main", "n : INT", drawing))
        run.scan()
        assert run.get("n") == last, (first, second)


def test_outputs_are_kept_while_a_block_is_not_called():
    """Also what is stored from them."""
    drawing = Drawing("LD")
    counter = drawing.block(
        "CTU", {"EN": drawing.contact("on", drawing.rail()), "CU": "a", "PV": "9"}, "k", ("ENO", "Q", "CV")
    )
    drawing.store("n", counter["CV"])
    run = Run(Pou("Main", "on, a : BOOL; k : CTU; n : INT := 7", drawing))
    seen: list[tuple[int, int]] = []
    for on, a in ((0, 1), (1, 1), (1, 0), (0, 1), (1, 1)):
        run.scan({"on": on, "a": a})
        seen.append((run.get("k.CV"), run.get("n")))
    assert seen == [(0, 7), (1, 1), (1, 1), (1, 1), (2, 2)]
