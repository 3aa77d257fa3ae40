"""What is said about names of namespaces, and where declarations may stand."""

from __future__ import annotations

import pytest

from tests.unit.resolved import build, codes, main, only

PUMPS = "NAMESPACE Pumps TYPE Speed : REAL; END_TYPE VAR_GLOBAL gSpeed : Speed; END_VAR END_NAMESPACE "
FANS = "NAMESPACE Fans TYPE Speed : INT; END_TYPE END_NAMESPACE "


def test_two_places_are_shown_for_a_name_of_two_namespaces():
    finding = only("USING Pumps, Fans; " + PUMPS + FANS + main("s : Speed;", "s := 1;"))
    assert (finding.code.id, finding.span.text) == ("RUNG0291", "Speed")
    assert [(note.span.text, note.text) for note in finding.notes] == [
        ("Speed", "Pumps.Speed is here"),
        ("Speed", "Fans.Speed is here"),
    ]


def test_near_names_of_namespaces_are_full():
    finding = only(PUMPS + main("s : Pumps.Sped;"))
    assert finding.span.text == "Pumps.Sped"
    assert "Pumps.Speed" in finding.remedy or finding.code.id == "RUNG0202"


@pytest.mark.parametrize(
    "text",
    [
        "USING Pumps; " + PUMPS + main("s : Speed;", "s := gSpeed;"),
        PUMPS + "NAMESPACE Pumps " + main("s : Speed;", "s := gSpeed; gSpeed := 1.0;") + " END_NAMESPACE",
        PUMPS + "NAMESPACE Pumps.Deep " + main("s : Speed;", "s := gSpeed;") + " END_NAMESPACE",
        PUMPS + "NAMESPACE Pumps FUNCTION f : Speed USING Fans; f := gSpeed; END_FUNCTION END_NAMESPACE " + FANS,
        PUMPS + main("Pumps : STRUCT gSpeed : BOOL; END_STRUCT;", "Pumps.gSpeed := TRUE;"),
        PUMPS + "TYPE Low EXTENDS Pumps.High : STRUCT y : INT; END_STRUCT; END_TYPE "
        "NAMESPACE Pumps TYPE High : STRUCT x : INT; END_STRUCT; END_TYPE END_NAMESPACE "
        + main("l : Low;", "l.x := l.y;"),
        "NAMESPACE A FUNCTION_BLOCK TON VAR_OUTPUT x : INT; END_VAR x := 1; END_FUNCTION_BLOCK END_NAMESPACE "
        + main("a : A.TON; t : TON;", "a(); t(IN := TRUE, PT := T#1s); a.x := a.x;".replace("a.x := a.x;", "")),
    ],
)
def test_names_are_found(text):
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PUMPS + main("s : Speed;"), "RUNG0202"),
        (PUMPS + main("n : INT;", "n := Pumps;"), "RUNG0301"),
        (PUMPS + main("n : INT;", "n := Pumps.gSped;"), "RUNG0301"),
        (PUMPS + "FUNCTION_BLOCK B USING Pump; END_FUNCTION_BLOCK", "RUNG0290"),
        (PUMPS + "NAMESPACE Pumps TYPE speed : INT; END_TYPE END_NAMESPACE", "RUNG0201"),
        (PUMPS + "VAR_GLOBAL pumps : INT; END_VAR", "RUNG0201"),
        (
            "NAMESPACE A TYPE T : B.T; END_TYPE END_NAMESPACE NAMESPACE B TYPE T : A.T; END_TYPE END_NAMESPACE",
            "RUNG0210",
        ),
    ],
)
def test_names_are_not_found(text, found):
    assert codes(text) == [found]


def test_what_is_declared_has_its_full_name():
    model, memory = build(PUMPS + "NAMESPACE Pumps " + main("s : Speed;", "s := gSpeed;") + " END_NAMESPACE")
    assert [pou.name for pou in model.pous] == ["Pumps.Main"]
    assert [root.path for root in memory.variables] == ["Pumps.gSpeed", "Pumps.Main"]
