"""Declarations, uses, new names, and what a file declares."""

from __future__ import annotations

import pytest

from iec61131.language_service.navigation import definition, references
from iec61131.language_service.outline import Entry, outline
from iec61131.language_service.program import Program
from iec61131.language_service.renaming import Refused, renamable, rename
from iec61131.source import SourceFile, Span
from iec61131.syntax.parser import parse
from tests.unit.marked import PUMP, at, main

SHAPES = """
INTERFACE Shape
METHOD Area : REAL
END_METHOD
END_INTERFACE
FUNCTION_BLOCK Square IMPLEMENTS Shape
VAR_INPUT side : REAL; END_VAR
METHOD Area : REAL
Area := side * side;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Cube EXTENDS Square
METHOD Area : REAL
Area := SUPER^.Area() * 6.0;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Other
METHOD Area : REAL
Area := 1.0;
END_METHOD
END_FUNCTION_BLOCK
"""


def place(span: Span | None) -> str:
    assert span is not None
    return f"{span.file.name}:{span.line}:{span.text}"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (main("a : INT;", "|a := 1;"), "main.st:4:a"),
        (main("p : Pump;", "p(w|anted := 1.0);"), "other0.st:7:wanted"),
        (main("p : Pu|mp;"), "other0.st:3:Pump"),
        (main("p : Pump; b : BOOL;", "b := p.R|un(1.0);"), "other0.st:15:Run"),
        (main("p : Pump; r : REAL;", "r := p.Spe|ed;"), "other0.st:24:Speed"),
        (main("t : TON;", "t(P|T := T#1s);"), "stdlib/TON.st:18:PT"),
        (main("d : DATE;", "d := CONCAT_|DATE(2020, 1, 1);"), "stdlib/CONCAT_DATE.st"),
    ],
)
def test_where_it_is_declared(text: str, where: str):
    assert place(definition(*at(text, PUMP))).startswith(where)


def test_what_the_language_has_is_declared_nowhere():
    assert definition(*at(main("a : I|NT;"))) is None
    assert definition(*at(main("a : REAL;", "a := A|BS(a);"))) is None


def used(text: str, *others: str) -> list[str]:
    return [f"{use.span.file.name}:{use.span.line}" for use in references(*at(text, *others))]


def test_uses_in_all_files():
    text = main("p : Pump;\nwanted : INT;", "p(wan|ted := 1.0);\np.wanted := 2.0;")
    assert used(text, PUMP) == ["main.st:7", "main.st:8", "other0.st:7", "other0.st:19", "other0.st:26"]


def test_uses_of_a_function_are_those_of_its_result_too():
    assert used("FUNCTION F| : INT\nF := 1;\nEND_FUNCTION" + main("a : INT;", "a := F();")) == [
        "main.st:1",
        "main.st:2",
        "main.st:8",
    ]


def test_methods_that_stand_for_each_other_are_one():
    assert used("FUNCTION_BLOCK X END_FUNCTION_BLOCK" + main("c : Cube; r : REAL;", "r := c.A|rea();"), SHAPES) == [
        "main.st:6",
        *(f"other0.st:{line}" for line in (3, 8, 9, 13, 14, 14)),
    ]


def test_uses_of_a_standard_function():
    assert used(main("a : REAL;", "a := AB|S(a);\na := abs(a) + SQRT(a);")) == ["main.st:6", "main.st:7"]


def renamed(text: str, name: str, *others: str) -> list[str]:
    """The files with the new name."""
    program, file, offset = at(text, *others)
    renaming = rename(program, file, offset, name)
    texts = {each: each.text for each in program.files}
    for span in sorted(renaming.places, key=lambda span: span.start, reverse=True):
        texts[span.file] = texts[span.file][: span.start] + name + texts[span.file][span.end :]
    return list(texts.values())


def test_a_new_name_in_all_files():
    text, pump = renamed(main("p : Pump;", "p(wan|ted := 1.0);\np.WANTED := 2.0;"), "target", PUMP)
    assert "wanted" not in (text + pump).lower()
    assert (text + pump).count("target") == 5


def test_a_new_name_for_an_enumerator_and_a_field():
    before = "TYPE Mode : (Idle, Busy); Axis : STRUCT pos : INT; END_STRUCT; END_TYPE"
    (text,) = renamed(main("m : Mode := Idle;", "m := Mode#Id|le;\nm := Mode.idle;", before), "Off")
    assert text.count("Off") == 4
    (text,) = renamed(main("a : Axis := (pos := 1);", "a.po|s := 2;", before), "position")
    assert text.count("position") == 3


@pytest.mark.parametrize("name", ["END_IF", "while", "INT", "2x", "a b", "ä", "", "_", "this"])
def test_what_is_no_name(name: str):
    with pytest.raises(Refused):
        rename(*at(main("a : INT;", "|a := 1;")), name)


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        (main("a, b : INT;", "a| := b;"), "B", "would make the program wrong"),
        # A local variable would hide the global one that the body means.
        (main("a : INT;", "a| := g;", "VAR_GLOBAL g : INT; END_VAR"), "g", "something else already"),
        # The global would be hidden by the local one.
        (main("a : INT;", "a := g|;", "VAR_GLOBAL g : INT; END_VAR"), "a", "something else already"),
        (main("p : Pump; b : BOOL;", "b := p.runn|ing;", PUMP), "start", "would make the program wrong"),
        (main("t : TON;", "t(I|N := TRUE);"), "X", "standard library"),
        (main("a : IN|T;"), "X", "belongs to the language"),
        (main("a : INT;", "a := nowh|ere;"), "X", "nothing with a name"),
    ],
)
def test_a_name_that_would_change_the_meaning(text: str, name: str, reason: str):
    with pytest.raises(Refused, match=reason):
        rename(*at(text), name)


def test_a_program_with_errors_can_be_renamed():
    (text,) = renamed(main("a : INT;", "|a := nowhere;"), "b")
    assert "b := nowhere" in text


def test_this_keeps_its_name():
    program, file, offset = at(PUMP.replace("running := start;", "THI|S^.running := start;"))
    assert renamable(program, file, offset) is None


def test_files_of_tools_are_left_alone():
    file = SourceFile("Valve.TcPOU", "FUNCTION_BLOCK Valve VAR a : INT; END_VAR a := 1; END_FUNCTION_BLOCK")
    program = Program((file,))
    with pytest.raises(Refused, match="engineering tool"):
        rename(program, file, file.text.index("a :="), "b")


def lines(entries: list[Entry], depth: int = 0) -> list[str]:
    found: list[str] = []
    for entry in entries:
        assert entry.whole.start <= entry.name.start <= entry.name.end <= entry.whole.end
        found.append(f"{'  ' * depth}{entry.kind.value} {entry.text}{f' : {entry.detail}' if entry.detail else ''}")
        found += lines(list(entry.children), depth + 1)
    return found


def test_the_outline_of_a_file():
    unit, _ = parse(
        SourceFile(
            "a.st",
            PUMP
            + "TYPE Mode : (Idle, Busy); Axis : STRUCT pos : INT; END_STRUCT; N : INT; END_TYPE"
            + " VAR_GLOBAL CONSTANT c : INT := 1; END_VAR"
            + " CONFIGURATION C TASK t(INTERVAL := T#1ms); PROGRAM m WITH t : Main; END_CONFIGURATION",
        )
    )
    assert lines(outline(unit)) == [
        "function block Pump",
        *(
            "  variable start : BOOL",
            "  variable wanted : REAL",
            "  variable running : BOOL",
            "  variable hidden : INT",
        ),
        *("  method Run : BOOL", "    variable level : REAL", "  method Inner : BOOL", "  property Speed : REAL"),
        *("enumeration Mode", "  enumerator Idle", "  enumerator Busy", "struct Axis", "  field pos : INT"),
        *("type N : INT", "constant c : INT", "configuration C", "  task t", "  variable m : Main"),
    ]


def test_the_outline_of_half_a_file():
    unit, _ = parse(SourceFile("a.st", "FUNCTION_BLOCK Half VAR a : INT; b : ; END_VAR IF a THEN"))
    assert lines(outline(unit))[:2] == ["function block Half", "  variable a : INT"]
