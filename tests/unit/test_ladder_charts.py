"""Charts in ladder as text: what decides a transition whose condition is drawn."""

from __future__ import annotations

import pytest

from iec61131.compiler import check
from iec61131.conversion import convert
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.formatting.ladder import format_ladder
from iec61131.input_forms import parse
from iec61131.input_forms.drawings import drawings
from iec61131.source import SourceFile
from iec61131.syntax.tree import PouDeclaration

CHART = """\
PROGRAM Main
VAR
    a, b, c, z : BOOL;
END_VAR
INITIAL_STEP One:
END_STEP

TRANSITION {0}FROM One TO Two:
{1}
END_TRANSITION

STEP Two:
END_STEP

TRANSITION FROM Two TO One := b;
END_TRANSITION
END_PROGRAM
"""


def codes(text: str) -> list[str]:
    return [finding.code.id for finding in check([SourceFile("a.ld", text)])]


@pytest.mark.parametrize(
    ("name", "networks"),
    [
        ("", "NETWORK\n|--[ a ]--[/b ]--|"),
        ("", "NETWORK\n|--[ a ]--( z )--|\n|--[ b ]---------|"),
        ("", 'NETWORK\n|--[ a ]--( z )\n\nNETWORK "decides"\n|--[ z ]--|'),
        ("go ", "NETWORK\n|--[ a ]--( go )--|"),
        ("go ", "NETWORK\n|--[ a ]--[P b ]--( GO )"),
    ],
)
def test_a_drawn_condition_is_read_and_has_one_form(name: str, networks: str) -> None:
    text = CHART.format(name, networks)
    assert codes(text) == []
    once = format_ladder(text)
    assert format_ladder(once) == once
    assert f"TRANSITION {name}FROM One TO Two:\n" in once


@pytest.mark.parametrize(
    ("name", "networks", "code"),
    [
        ("", "NETWORK\n|--[ a ]--( z )", "RUNG0625"),
        ("", "NETWORK\n|", "RUNG0625"),
        ("", "{pragma}", "RUNG0150"),
        ("", "NETWORK\n|--[ a ]--( z )--|\n|--[ b ]--|", "RUNG0637"),
        ("", "NETWORK\n|--[ a b ]--|", "RUNG0633"),
        ("", "NETWORK\n|--[ unknown ]--|", "RUNG0301"),
    ],
)
def test_what_decides_nothing_is_a_finding(name: str, networks: str, code: str) -> None:
    assert codes(CHART.format(name, networks)) == [code]


def test_what_a_contact_gave_at_its_turn_decides() -> None:
    """The coil below stores into the variable of the contact; the condition is what the contact saw before."""
    text = CHART.format("", "NETWORK\n|--[ a ]--+--------------|\n|         +--[ b ]--( a )")
    unit, findings = parse(SourceFile("a.ld", text))
    assert findings == []
    (main,) = unit.declarations
    assert isinstance(main, PouDeclaration)
    assert main.chart is not None
    before = [type(statement).__name__ for statement in main.chart.transitions[0].before]
    assert before[0] == "Link", "the value of the contact is kept"
    assert before[-1] == "Assign"


def test_it_is_shown_under_its_transition() -> None:
    for name, title in (("", "transition from One"), ("go ", "transition go")):
        coil = "--( go )--" if name else "--"
        file = SourceFile("a.ld", CHART.format(name, f"NETWORK\n|--[ a ]{coil}|"))
        chart, condition = drawings(file)
        assert (chart.title, condition.title) == ("Main (sequential function chart)", f"Main, {title} (ladder)")
        assert (chart.is_condition, condition.is_condition) == (False, True)


def test_too_many_findings_are_findings_all_the_same() -> None:
    """The form and the other form were asked for, and the search that had given up came out of them."""
    networks = "NETWORK\n|--[ a ]--+\n\n" * 500
    text = f"PROGRAM Main\nVAR\n    a : BOOL;\nEND_VAR\n{networks}END_PROGRAM\n"
    with pytest.raises(CompileError):
        format_ladder(text)
    with pytest.raises(CompileError):
        convert(SourceFile("a.ld", text), "a.xml")
