"""The table of what happens at each change of state: in the documentation as in the program, each row with its tests.
RUNG_UPDATE_GOLDEN=1 writes the table of the page anew.
"""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest

from runtime.engine.states import STATES, TRANSITIONS, EngineState, Transition

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operation.md"
_MARKED = re.compile(r"(<!-- transitions -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def table() -> str:
    rows = [(t.happens, t.state, t.outputs, t.retained, t.drivers) for t in TRANSITIONS]
    head = ("what happens", "state", "outputs", "retained variables", "drivers")
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ("---",) * len(head), *rows)).replace(
        "| --- | --- | --- | --- | --- |", "|---|---|---|---|---|"
    )


def test_the_page_has_the_table():
    text = PAGE.read_text(encoding="utf-8")
    if os.environ.get("RUNG_UPDATE_GOLDEN"):
        text = _MARKED.sub(lambda match: f"{match[1]}{table()}{match[3]}", text)
        PAGE.write_text(text, encoding="utf-8")
    found = _MARKED.search(text)
    assert found is not None
    assert found[2] == table()


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda t: t.happens)
def test_what_is_said_of_the_outputs_is_shown_by_a_test(transition: Transition):
    assert transition.shown_by
    for shown_by in transition.shown_by:
        file, _, name = shown_by.partition("::")
        tree = ast.parse((ROOT / "tests" / "faults" / f"{file}.py").read_text(encoding="utf-8"))
        test = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
        assert any(isinstance(node, ast.Assert) for node in ast.walk(test)) or "await_safe" in ast.unparse(test)


def test_the_page_has_every_state_that_orders_lead_to():
    text = PAGE.read_text(encoding="utf-8")
    for state in {after for row in STATES.values() for after in row.accepts.values()} | {EngineState.FAULT}:
        assert f"| {state.name} |" in text
