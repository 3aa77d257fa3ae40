"""What a name is, shown at the name."""

from __future__ import annotations

import pytest

from iec61131.language_service.hover import hover
from tests.unit.marked import PUMP, at, main

LIMITS = """
{list_name Limits}
{attribute 'qualified_only'}
VAR_GLOBAL CONSTANT
    STEPS : INT := 3; // of the machine
    LAST : INT := STEPS - 1;
END_VAR
"""
TYPES = """
TYPE
    // What it does.
    Mode : (Idle, Busy := 5 (* at work *));
    Axis : STRUCT
        position : LREAL; // in mm
    END_STRUCT;
END_TYPE
"""


@pytest.mark.parametrize(
    ("text", "declaration", "remarks"),
    [
        (main("a : INT := 3; // how many", "a| := 1;"), "VAR a : INT := 3", ["how many"]),
        (main("a : INT := 3;", "|a := 1;"), "VAR a : INT := 3", []),
        (main("// what\n// counts\na, b : INT;", "b| := 1;"), "VAR b : INT", ["what\ncounts"]),
        (main("(* x *)\n\na : INT;", "a| := 1;"), "VAR a : INT", []),
        (main("x : INT; // of x\na : INT;", "a| := 1;"), "VAR a : INT", []),
        (main("a AT %QW0 : INT;", "a| := 1;"), "VAR a AT %QW0 : INT", []),
        (main("p : Pump;", "p(wan|ted := 1.0);", PUMP), "VAR_INPUT wanted : REAL := 50.0", ["in percent"]),
        (main("p : Pump; b : BOOL;", "b := p.runn|ing;", PUMP), "VAR_OUTPUT running : BOOL", []),
        (
            main("p : Pu|mp;", "", PUMP),
            "FUNCTION_BLOCK Pump\n    VAR_INPUT start : BOOL\n    VAR_INPUT wanted : REAL := 50.0\n"
            "    VAR_OUTPUT running : BOOL",
            ["Lifts water."],
        ),
        (
            main("p : Pump; b : BOOL;", "b := p.R|un(1.0);", PUMP),
            "METHOD Run : BOOL\n    VAR_INPUT level : REAL",
            ["of Pump"],
        ),
        (main("p : Pump; r : REAL;", "r := p.Sp|eed;", PUMP), "PROPERTY Speed : REAL (GET)", []),
        (main("m : Mode;", "m := Bu|sy;", TYPES), "Mode.Busy := 5", ["at work"]),
        (main("m : Mode;", "m := Mode#Id|le;", TYPES), "Mode.Idle := 0", []),
        (main("m : Mo|de;", "", TYPES), "TYPE Mode : (Idle, Busy := 5 (* at work *))", ["What it does."]),
        (main("a : Axis;", "a.posi|tion := 1.0;", TYPES), "position : LREAL", ["in mm"]),
        (
            main("a : INT;", "a := Limits.LA|ST;", LIMITS),
            "VAR_GLOBAL CONSTANT Limits.LAST : INT := STEPS - 1",
            ["value 2"],
        ),
        (main("a : INT;", "a := Lim|its.LAST;", LIMITS), "VAR_GLOBAL Limits", []),
        (main("a : I|NT;"), "INT", ["2 bytes, -32768 to 32767"]),
        (main("a : REAL;", "a := SQ|RT(a);"), "SQRT(IN)", ["square root of IEEE 754, correctly rounded; NaN below 0"]),
        (main("a : INT;", "a := REAL_TO_|INT(1.5);"), "REAL_TO_INT(IN : REAL) : INT", []),
        (main("x : REAL; t : TIME;", "t := AG|E(x);"), "AGE(variable) : TIME", ["the time since the last good read"]),
        (
            main("x : REAL; b : BOOL;", "b := QUAL|ITY(x) = BAD;"),
            "QUALITY(variable) : QUALITY_CODE",
            ["how far the input that fills it can be trusted"],
        ),
        (main("x : REAL; b : BOOL;", "b := QUALITY(x) = B|AD;"), "QUALITY_CODE.BAD := 0", []),
    ],
)
def test_the_thing_under_the_cursor(text: str, declaration: str, remarks: list[str]):
    found = hover(*at(text))
    assert found is not None
    assert found.declaration == declaration
    assert all(any(wanted in said for said in found.remarks) for wanted in remarks), found.remarks


@pytest.mark.parametrize(
    "text",
    [
        main("a : INT;", "a| := nowhere + 1; IF"),
        main("a : INT; b : Unknown;", "b := 1; a| := b;"),
    ],
)
def test_a_program_with_errors_is_known_as_far_as_it_goes(text: str):
    found = hover(*at(text))
    assert found is not None
    assert found.declaration == "VAR a : INT"


@pytest.mark.parametrize(
    "text", [main("a : INT;", "a := 1; | "), "|", main("(* a| *) a : INT;"), main("a : INT;", "a := nowh|ere;")]
)
def test_nothing_to_say(text: str):
    assert hover(*at(text)) is None


def test_a_standard_block_opens_with_what_it_does():
    found = hover(*at(main("t : TO|N;", "t();")))
    assert found is not None
    assert found.declaration.startswith("FUNCTION_BLOCK TON\n    VAR_INPUT IN : BOOL\n    VAR_INPUT PT : TIME")
    assert "ET counts while IN is TRUE" in found.remarks[0]


def test_an_edge_input_is_shown_as_declared():
    text = "FUNCTION_BLOCK B VAR_INPUT go : BOOL R_EDGE; END_VAR VAR b : BOOL; END_VAR b := g|o; END_FUNCTION_BLOCK"
    found = hover(*at(text))
    assert found is not None
    assert found.declaration == "VAR_INPUT go : BOOL R_EDGE"


def test_names_of_another_file():
    found = hover(*at(main("p : Pump; b : BOOL;", "b := p.run|ning;"), PUMP))
    assert found is not None
    assert found.declaration == "VAR_OUTPUT running : BOOL"
