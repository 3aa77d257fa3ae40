"""PLCopen XML to ladder as text and back: nothing is lost but places, numbers and rails, or it is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from iec61131.compiler import check
from iec61131.conversion import convert
from iec61131.conversion.from_ladder import project_of_ladder
from iec61131.conversion.from_plcopen import project_of_plcopen
from iec61131.conversion.project import Pou, Project
from iec61131.conversion.to_ladder import orderly, to_ladder
from iec61131.conversion.to_plcopen import to_plcopen
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.graphical.diagram import Diagram, Language
from iec61131.graphical.same import Fingerprint, fingerprint
from iec61131.source import SourceFile
from iec61131.syntax.tree import PouKind
from runtime.cli import main
from tests.unit.ladders import diagrams
from tests.unit.test_ladder_round_trip import as_text, read

OK, WRONG, CANNOT = 0, 1, 3
LADDERS = sorted((Path(__file__).parents[1] / "language" / "ladder").glob("*.ld"))
MATERIAL = os.environ.get("RUNG_PLCOPEN_FILES", "")
DECLARED = """TYPE
    Mode : (Idle, Running := 4) INT;
    Level : INT(0..100) := 50;
    Tank : STRUCT
        level : Level; // percent
        name : STRING[20] := 'it$'s <full> & "done"';
    END_STRUCT;
    Numbers : ARRAY[1..2, 0..3] OF REAL;
END_TYPE

FUNCTION_BLOCK Pump
VAR_INPUT
    on : BOOL; // what somebody wants & <asks> for
END_VAR
VAR_OUTPUT RETAIN
    runs : BOOL;
END_VAR
VAR CONSTANT
    limits : ARRAY[0..3] OF INT := [1, 2(5), 7];
    tank : Tank := (level := 3, name := 'a');
    delay : TIME := T#1s500ms;
END_VAR
VAR
    word : WORD := 16#FF;
END_VAR
ACTION Stop:
    // statements, and signs that XML has for itself
    IF runs AND word < 3 THEN
        runs := FALSE; (* <&amp;> *)
    END_IF;
END_ACTION

NETWORK
|--[ on ]--( runs )--|
END_FUNCTION_BLOCK

PROGRAM Main
VAR
    pump : Pump;
    where AT %QX0.1 : BOOL;
END_VAR
// a call
pump(on := TRUE);
END_PROGRAM

CONFIGURATION Plant
VAR_GLOBAL
    gCount : INT;
END_VAR
RESOURCE One ON PLC
TASK Fast(INTERVAL := T#10ms, PRIORITY := 1);
PROGRAM main1 WITH Fast : Main;
END_RESOURCE
END_CONFIGURATION
"""


def drawn(project: Project) -> dict[tuple[str, str], Fingerprint]:
    bodies = [((pou.name, name), code) for pou in project.pous for name, code in [("", pou.body), *pou.actions]]
    ladders = {key: code for key, code in bodies if isinstance(code, Diagram) and code.language is Language.LD}
    return {key: fingerprint(orderly(code)) for key, code in ladders.items()}


def to_xml(text: str) -> str:
    converted = convert(SourceFile("a.ld", text), "a.xml")
    assert converted.left_out == ()
    return converted.text


def to_text(xml: str) -> str:
    converted = convert(SourceFile("a.xml", xml), "a.ld")
    assert converted.left_out == ()
    return converted.text


def test_declarations_and_statements_go_both_ways():
    xml = to_xml(DECLARED)
    assert check([SourceFile("a.xml", xml)]) == []
    text = to_text(xml)
    assert check([SourceFile("a.ld", text)]) == []
    assert to_xml(text) == xml
    for line in ("level : Level; // percent", "IF runs AND word < 3 THEN", "runs := FALSE; (* <&amp;> *)", "// a call"):
        assert line in text
    for part in ("limits : ARRAY[0..3] OF INT := [1, 2(5), 7];", "VAR_OUTPUT RETAIN", "where AT %QX0.1 : BOOL;"):
        assert part in text


@pytest.mark.parametrize("path", LADDERS, ids=lambda path: path.stem)
def test_the_ladders_of_the_language_tests(path: Path):
    source = SourceFile("a.ld", path.read_text("utf-8"))
    try:
        before = project_of_ladder(source)
    except CompileError:
        assert path.stem == "findings"
        return
    xml = to_plcopen(before, "a").text
    after = project_of_plcopen(SourceFile("a.xml", xml))
    assert drawn(after) == drawn(before)
    assert drawn(project_of_ladder(SourceFile("a.ld", to_ladder(after).text))) == drawn(before)


@settings(max_examples=40, deadline=None)
@given(diagrams())
def test_a_drawing_goes_to_xml_and_back(diagram: Diagram):
    placed = read(as_text(diagram, strict=True))
    before = Project(pous=[Pou(PouKind.PROGRAM, "p", None, (), placed)])
    xml = to_plcopen(before, "a").text
    assert drawn(project_of_plcopen(SourceFile("a.xml", xml))) == drawn(before)


def test_what_has_no_form_is_named_with_the_reason():
    method = "METHOD m\nEND_METHOD\n"
    wrong = DECLARED.replace("ACTION Stop:", f"{method}ACTION Stop:") + "VAR_GLOBAL\n    g : INT;\nEND_VAR\n"
    converted = convert(SourceFile("a.ld", wrong), "a.xml")
    assert converted.left_out == (
        "the FUNCTION_BLOCK Pump: it has a METHOD or a PROPERTY",
        "VAR_GLOBAL: the standard's XML has globals in a CONFIGURATION only",
    )
    xml = to_xml(DECLARED).replace("<LD>", "<FBD>").replace("</LD>", "</FBD>")
    converted = convert(SourceFile("a.xml", xml), "a.ld")
    assert converted.left_out == ("the FUNCTION_BLOCK Pump: its body is written as function block diagram",)
    assert "PROGRAM Main" in converted.text


def test_networks_by_turns_become_one():
    text = "PROGRAM p\nNETWORK\n|--[ a ]--( a )--|\n\nNETWORK\n|--[ b ]--( b )--|\nEND_PROGRAM\n"
    diagram = project_of_ladder(SourceFile("a.ld", text)).pous[0].body
    assert isinstance(diagram, Diagram)
    moved = tuple(
        replace(element, order=number)
        for number, element in zip((0, 0, 2, 0, 0, 0, 1, 0), diagram.elements, strict=True)
    )
    turned = orderly(replace(diagram, elements=moved))
    assert [network.elements for network in turned.networks] == [("2.1", "2.2"), ("1.1", "1.2")]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    source, target = tmp_path / "a.ld", tmp_path / "b.xml"
    source.write_text(DECLARED)
    assert main(["convert", str(source), str(target)]) == OK
    assert main(["convert", str(target), str(tmp_path / "c.ld")]) == OK
    assert main(["check", str(tmp_path / "c.ld")]) == OK
    capsys.readouterr()
    source.write_text(DECLARED.replace("( runs )", "( runs "))
    assert main(["convert", str(source), str(target)]) == WRONG
    assert "RUNG0632" in capsys.readouterr().err
    assert main(["convert", str(source), str(tmp_path / "c.st")]) == WRONG
    assert main(["convert", str(tmp_path / "d.ld"), str(target)]) == WRONG
    source.write_text(DECLARED + "VAR_GLOBAL\n    g : INT;\nEND_VAR\n")
    assert main(["convert", str(source), str(target)]) == WRONG
    assert "left out: VAR_GLOBAL" in capsys.readouterr().err
    assert main(["convert", str(source), str(tmp_path / "no" / "b.xml")]) == CANNOT


@pytest.mark.skipif(not MATERIAL, reason="RUNG_PLCOPEN_FILES names a folder of PLCopen files")
def test_ladders_that_other_tools_wrote():
    compared = 0
    for path in sorted(Path(MATERIAL or ".").rglob("*.xml")):
        source = SourceFile("a.xml", path.read_text("utf-8", errors="replace"))
        try:
            before = project_of_plcopen(source)
        except CompileError:
            continue
        text = to_ladder(before).text
        try:
            between = project_of_ladder(SourceFile("a.ld", text))
        except CompileError:
            continue
        after = project_of_plcopen(SourceFile("a.xml", to_plcopen(between, "a").text))
        known = drawn(between)
        assert drawn(after) == known, path
        wanted = drawn(before)
        assert {key: wanted[key] for key in known} == known, path
        compared += len(known)
    assert compared
