"""What can be typed at a place, and the parameters of the call around it."""

from __future__ import annotations

import pytest

from iec61131.language_service.completion import Kind, complete
from iec61131.language_service.signatures import signature
from tests.unit.marked import PUMP, at, main

TYPES = """
TYPE
    Mode : (Idle, Busy);
    Axis : STRUCT position : LREAL; limit : INT; END_STRUCT;
    Machine : STRUCT axes : ARRAY[1..3] OF Axis; mode : Mode; END_STRUCT;
END_TYPE
"""
SHAPES = """
INTERFACE Shape
METHOD Area : REAL
END_METHOD
PROPERTY Name : INT GET END_GET END_PROPERTY
END_INTERFACE
FUNCTION Fetch : Axis
END_FUNCTION
"""


def offered(text: str, *others: str) -> list[str]:
    program, file, offset = at(text, *others)
    return [item.text for item in complete(program, file, offset).items]


def after_point(declarations: str, body: str) -> set[str]:
    return set(offered(main(declarations, body), PUMP, TYPES, SHAPES))


@pytest.mark.parametrize(
    ("declarations", "body", "members"),
    [
        ("p : Pump;", "p.|", {"start", "wanted", "running", "Run", "Speed"}),
        ("p : Pump;", "p.| \np(start := TRUE);", {"start", "wanted", "running", "Run", "Speed"}),
        ("p : Pump;", "IF p.r| THEN", {"running", "Run"}),
        ("m : Machine;", "m.|", {"axes", "mode"}),
        ("m : Machine;", "m.axes[1].|", {"position", "limit"}),
        ("m : Machine; n : INT;", "n := 1 + m . axes[ n + 1 ].li|;", {"limit"}),
        ("m : POINTER TO Machine;", "m^.axes[2].|", {"position", "limit"}),
        ("m : REFERENCE TO Machine;", "m.|", {"axes", "mode"}),
        ("s : Shape;", "s.|", {"Area", "Name"}),
        ("m : Mode;", "m := Mode.|", {"Idle", "Busy"}),
        ("m : Mode;", "m := Mode#B|", {"Busy"}),
        ("t : TON;", "t.|", {"IN", "PT", "Q", "ET"}),
        ("x : LREAL;", "x := Fetch().|", {"position", "limit"}),
        ("n : INT;", "n.|", set()),
        ("n : INT;", "nowhere.|", set()),
        ("n : INT;", "n := (n + 1).|", set()),
        ("m : Machine;", "m.axes[.|", set()),
        ("m : Machine;", "(* m.| *)", set()),
        ("m : STRING;", "m := 'm.|';", set()),
        ("x : REAL;", "x := 1.|;", set()),
    ],
)
def test_members_behind_a_point(declarations: str, body: str, members: set[str]):
    assert after_point(declarations, body) == members


def test_the_members_of_this_are_all_of_them():
    found = offered(PUMP.replace("running := start;", "THIS^.| \nrunning := start;"))
    assert {"hidden", "start", "Run", "Inner", "Speed"} <= set(found)


def test_variables_come_in_the_order_of_their_distance():
    text = main("level : INT;", "le|", "VAR_GLOBAL left : INT; END_VAR FUNCTION leak : INT leak := 1; END_FUNCTION")
    assert offered(text) == ["level", "left", "leak", "LE", "LEFT", "LEN"]


def test_what_a_method_sees():
    found = offered(PUMP.replace("Run := level > wanted;", "Run := |;"))
    assert {"level", "wanted", "hidden", "Run", "Inner", "Speed", "TRUE", "NOT", "SQRT"} <= set(found)
    assert "END_IF" not in found


def test_what_begins_a_statement():
    found = offered(main("a : INT; m : Mode;", "a := 1;\n|"), TYPES)
    assert {"IF", "CASE", "FOR", "END_PROGRAM", "a", "m", "Idle"} <= set(found)
    assert "INT" not in found


@pytest.mark.parametrize(
    "text",
    [
        "PROGRAM Main\nVAR\n  a : |\nEND_VAR\nEND_PROGRAM",
        "PROGRAM Main\nVAR\n  a : ARRAY[1..2] OF |\nEND_VAR\nEND_PROGRAM",
        "PROGRAM Main\nVAR\n  a : POINTER TO |",
        "TYPE A : STRUCT x : |",
        "FUNCTION F : |",
    ],
)
def test_types_in_declarations(text: str):
    found = offered(text, PUMP, TYPES, SHAPES)
    assert {"INT", "STRING", "Mode", "Axis", "Pump", "Shape", "TON", "CTU_DINT", "ARRAY"} <= set(found)
    assert "SQRT" not in found


def test_values_in_declarations():
    found = offered("TYPE Mode : (Idle, Busy); END_TYPE PROGRAM P VAR m : Mode := |; END_VAR END_PROGRAM")
    assert {"Idle", "Busy"} <= set(found)


def test_names_to_be_are_not_guessed():
    assert offered("PROGRAM |") == []
    assert offered(main("a|")) == []
    assert "PROGRAM" in offered("|")


def test_parameters_of_a_call_come_first():
    text = main("p : Pump; t : TON;", "p(start := TRUE, |);")
    assert offered(text, PUMP)[:3] == ["running => ", "wanted := ", "p"]
    assert offered(main("t : TON;", "t(|"))[:4] == ["ET => ", "IN := ", "PT := ", "Q => "]
    assert "IN := " not in offered(main("t : TON;", "t(IN := |"))


def test_conversions_are_offered_when_asked_for():
    assert "INT_TO_REAL" not in offered(main("a : REAL;", "a := IN|;"))
    assert "INT_TO_REAL" in offered(main("a : REAL;", "a := INT_|;"))
    assert "TO_REAL" in offered(main("a : REAL;", "a := TO|;"))


def test_broken_declarations_are_offered_all_the_same():
    program, file, offset = at(main("abc : Unknown;", "ab|"))
    found = complete(program, file, offset).items
    assert [(item.text, item.kind) for item in found][:1] == [("ABC", Kind.VARIABLE)]


@pytest.mark.parametrize(
    ("body", "active"),
    [
        ("p(|", "start : BOOL"),
        ("p(TRUE, |);", "wanted : REAL"),
        ("p(wanted := |", "wanted : REAL"),
        ("p(start := TRUE, running => |", "running => : BOOL"),
        ("p(wanted := (1.0 + |), start := TRUE);", "wanted : REAL"),
        ("b := p.Run(|", "level : REAL"),
        ("b := p.Run(ABS(1.0), |", None),
    ],
)
def test_the_parameter_being_given(body: str, active: str | None):
    found = signature(*at(main("p : Pump; b : BOOL;", body), PUMP))
    assert found is not None
    assert (found.parameters[found.active] if found.active is not None else None) == active
    assert all(parameter in found.label for parameter in found.parameters)


def test_the_signature_of_a_standard_function():
    found = signature(*at(main("a : INT;", "a := LIMIT(0, |")))
    assert found is not None
    assert (found.label, found.active) == ("LIMIT(MN, IN, MX)", 1)
    assert "x := IN < MN" in found.remarks[0]
    found = signature(*at(main("a : INT;", "a := MAX(1, 2, 3, |")))
    assert found is not None
    assert (found.label, found.active) == ("MAX(IN1, IN2, ..)", 1)


def test_the_signature_of_a_library_function_that_is_not_used_yet():
    found = signature(*at(main("d : DATE;", "d := CONCAT_DATE(|")))
    assert found is not None
    assert found.label.startswith("CONCAT_DATE(YEAR : INT, ")


@pytest.mark.parametrize("body", ["a := (1 + |", "|", "a := 1; |", "b(a := 1); a := |", "IF (|", "nowhere(|"])
def test_no_call_around(body: str):
    assert signature(*at(main("a : INT;", body))) is None
