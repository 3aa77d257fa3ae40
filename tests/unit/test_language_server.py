"""`rung lsp` as an editor meets it: a process, a pipe, a project on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.editor import Editor
from tests.unit.marked import PUMP

TOML = """[plc]
name = "plant"
sources = ["main.st", "blocks/*.st"]

[task.main]
program = "Main"
interval = "10ms"
"""
MAIN = """PROGRAM Main
VAR
    pump : Pump;
    timer : TON;
    on : BOOL;
END_VAR
(* 😀 *) on := pump.running;
timer(IN := on, PT := T#1s);
pump(start := TRUE, wanted := 1.0);
END_PROGRAM
"""


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    (tmp_path / "blocks").mkdir()
    (tmp_path / "plc.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "main.st").write_text(MAIN, encoding="utf-8")
    (tmp_path / "blocks" / "pump.st").write_text(PUMP, encoding="utf-8")
    with Editor(tmp_path) as started:
        yield started


def labels(answer: dict[str, Any]) -> set[str]:
    return {item["label"] for item in answer["result"]["items"]}


def test_a_session_over_two_files(editor: Editor):
    editor.open("main.st")
    # Beyond the basic plane a character has two units, and the name begins behind it.
    hover = editor.ask("textDocument/hover", editor.at("main.st", 6, 20))["result"]
    assert hover["range"] == {"start": {"line": 6, "character": 20}, "end": {"line": 6, "character": 27}}
    assert "VAR_OUTPUT running : BOOL" in hover["contents"]["value"]

    place = editor.ask("textDocument/definition", editor.at("main.st", 8, 25))["result"]
    assert place["uri"] == editor.uri("blocks/pump.st")
    assert place["range"]["start"] == {"line": 6, "character": 4}
    place = editor.ask("textDocument/definition", editor.at("main.st", 7, 8))["result"]
    assert place["uri"].endswith("/stdlib/blocks/TON.st")
    assert (
        "IN : BOOL"
        in Path(place["uri"].removeprefix("file://")).read_text().splitlines()[place["range"]["start"]["line"]]
    )

    where = editor.at("main.st", 8, 25) | {"context": {"includeDeclaration": True}}
    assert len(editor.ask("textDocument/references", where)["result"]) == 4
    where["context"]["includeDeclaration"] = False
    assert len(editor.ask("textDocument/references", where)["result"]) == 3
    assert len(editor.ask("textDocument/documentHighlight", editor.at("main.st", 2, 4))["result"]) == 3

    help_ = editor.ask("textDocument/signatureHelp", editor.at("main.st", 8, 32))["result"]
    assert help_["signatures"][0]["label"] == "Pump(start : BOOL, wanted : REAL, running => : BOOL)"
    assert help_["activeParameter"] == 1

    symbols = editor.ask("textDocument/documentSymbol", {"textDocument": {"uri": editor.uri("main.st")}})["result"]
    assert [child["name"] for child in symbols[0]["children"]] == ["pump", "timer", "on"]
    assert editor.end() == 0


def test_a_name_is_changed_in_all_files_or_in_none(editor: Editor):
    editor.open("main.st")
    where = editor.at("main.st", 8, 25)
    assert editor.ask("textDocument/prepareRename", where)["result"]["start"] == {"line": 8, "character": 20}
    changes = editor.ask("textDocument/rename", where | {"newName": "target"})["result"]["changes"]
    assert {uri.rpartition("/")[2]: len(edits) for uri, edits in changes.items()} == {"main.st": 1, "pump.st": 3}
    refused = editor.ask("textDocument/rename", where | {"newName": "END_IF"})
    assert refused["error"]["message"] == "'END_IF' is a keyword"
    refused = editor.ask("textDocument/rename", where | {"newName": "start"})
    assert "would make the program wrong" in refused["error"]["message"]
    assert editor.ask("textDocument/prepareRename", editor.at("main.st", 7, 8))["result"] is None


def test_findings_follow_the_text_in_all_files(editor: Editor):
    editor.open("main.st")
    editor.open("blocks/pump.st")
    version = editor.change("blocks/pump.st", PUMP.replace("wanted", "target"))
    (found,) = editor.findings("main.st")
    assert (found["code"], found["source"], found["severity"]) == ("RUNG0358", "rung", 1)
    assert found["range"]["start"] == {"line": 8, "character": 20}
    version = editor.change("blocks/pump.st", PUMP)
    assert editor.findings("main.st") == []
    version = editor.change("main.st", MAIN.replace("on := ", "on := nowhere; on := "))
    assert "nowhere" in editor.findings("main.st", version)[0]["message"]


def test_typing_behind_a_point(editor: Editor):
    editor.open("main.st")
    editor.change("main.st", MAIN.replace("timer(IN", "pump.\ntimer(IN"))
    members = editor.ask("textDocument/completion", editor.at("main.st", 7, 5))
    assert labels(members) == {"start", "wanted", "running", "Run", "Speed"}
    editor.change("main.st", MAIN.replace("timer(IN", "pu\ntimer(IN"))
    assert "pump" in labels(editor.ask("textDocument/completion", editor.at("main.st", 7, 2)))


def test_an_editor_that_types_faster_than_anybody_reads(editor: Editor):
    """Every request has an answer, be it that nobody wants it any more, and the last one is about the last text."""
    editor.open("main.st")
    numbers: list[int] = []
    for length in range(30):
        editor.change("main.st", MAIN[: len(MAIN) - 3 * length])
        numbers.append(editor.send("textDocument/completion", editor.at("main.st", 8, 5)))
        if length % 3 == 0:
            editor.tell("$/cancelRequest", {"id": numbers[-1]})
    version = editor.change("main.st", MAIN)
    numbers.append(editor.send("textDocument/completion", editor.at("main.st", 8, 5)))
    answers = [editor.answer(number) for number in numbers]
    assert {answer.get("error", {}).get("code") for answer in answers} <= {None, -32800, -32801}
    assert "result" in answers[-1]
    assert "wanted :=" in labels(answers[-1])
    assert version == 32


def test_the_form_of_a_document(editor: Editor):
    editor.open("main.st", "program Main\r\nvar a:INT;end_var\r\na:=1;\r\nend_program\r\n")
    options = {"textDocument": {"uri": editor.uri("main.st")}, "options": {"tabSize": 4, "insertSpaces": True}}
    (edit,) = editor.ask("textDocument/formatting", options)["result"]
    assert edit["newText"] == "PROGRAM Main\r\nVAR\r\n    a : INT;\r\nEND_VAR\r\na := 1;\r\nEND_PROGRAM\r\n"
    editor.change("main.st", "PROGRAM Main IF")
    assert editor.ask("textDocument/formatting", options)["result"] is None


def test_a_project_file_with_an_error_keeps_its_sources(editor: Editor):
    editor.open("main.st")
    editor.open("plc.toml", TOML)
    editor.change("plc.toml", TOML.replace("interval", "intervall"))
    assert any("intervall" in found["message"] for found in editor.findings("plc.toml"))
    assert editor.ask("textDocument/definition", editor.at("main.st", 8, 25))["result"] is not None
    editor.change("plc.toml", TOML)
    assert editor.findings("plc.toml") == []


def test_files_that_change_on_disk(editor: Editor):
    editor.open("main.st")
    (editor.folder / "blocks" / "pump.st").write_text(PUMP.replace("running", "turning"), encoding="utf-8")
    change = {"uri": editor.uri("blocks/pump.st"), "type": 2}
    editor.tell("workspace/didChangeWatchedFiles", {"changes": [change]})
    assert editor.findings("main.st") != []


def test_documents_without_a_project(editor: Editor):
    (editor.folder / "plc.toml").unlink()
    editor.open("main.st")
    assert editor.findings("main.st") != []
    editor.open("pump.st", PUMP)
    assert editor.findings("main.st") == []
    editor.tell("textDocument/didClose", {"textDocument": {"uri": editor.uri("pump.st")}})
    assert editor.findings("main.st") != []
    assert editor.hang_up() == 0


def test_what_is_no_source_is_nobodys_concern(editor: Editor):
    editor.open("readme.md", "# PROGRAM")
    assert editor.ask("textDocument/hover", editor.at("readme.md", 0, 3))["result"] is None
    assert editor.ask("textDocument/hover", editor.at("never_opened.st", 0, 3))["result"] is None
    untitled = {"textDocument": {"uri": "untitled:1"}, "position": {"line": 0, "character": 0}}
    assert editor.ask("textDocument/hover", untitled)["result"] is None


TESTS = """FUNCTION_BLOCK Fake EXTENDS Pump
END_FUNCTION_BLOCK
TEST_SUITE 'pump'
    VAR
        own : Pump;
    END_VAR
    MOCK Main.pump WITH Fake;
    TEST 'runs'
        own(start := TRUE);
        ASSERT_TRUE(own.running);
        ASSERT_TRUE(Main.on);
        Main.on := 5;
    END_TEST
END_TEST_SUITE
"""


def test_a_file_of_tests_is_understood_with_the_project(editor: Editor):
    """Its findings, hovers and completions; and the outline has its tests."""
    (editor.folder / "test_plant.st").write_text(TESTS, encoding="utf-8")
    editor.open("test_plant.st")
    assert [(finding["code"], finding["range"]["start"]["line"]) for finding in editor.findings("test_plant.st")] == [
        ("RUNG0321", 11)
    ]
    hover = editor.ask("textDocument/hover", editor.at("test_plant.st", 9, 25))["result"]
    assert "VAR_OUTPUT running : BOOL" in hover["contents"]["value"]
    hover = editor.ask("textDocument/hover", editor.at("test_plant.st", 9, 10))["result"]
    assert "ASSERT_TRUE(CONDITION, MESSAGE)" in hover["contents"]["value"]
    place = editor.ask("textDocument/definition", editor.at("test_plant.st", 10, 26))["result"]
    assert place["uri"] == editor.uri("main.st")
    found = editor.ask("textDocument/completion", editor.at("test_plant.st", 10, 8))
    assert {"ASSERT_NEAR", "ADVANCE_TIME", "END_TEST", "Main", "own"} <= labels(found)
    found = editor.ask("textDocument/completion", editor.at("test_plant.st", 11, 13))
    assert {"pump", "timer", "on"} <= labels(found)
    outline = editor.ask("textDocument/documentSymbol", {"textDocument": {"uri": editor.uri("test_plant.st")}})
    (suite,) = (entry for entry in outline["result"] if entry["name"] == "pump")
    assert [entry["name"] for entry in suite["children"]] == ["own", "runs"]


def test_programs_are_not_offered_what_is_for_tests(editor: Editor):
    editor.open("main.st")
    assert not {"ASSERT_NEAR", "END_TEST"} & labels(editor.ask("textDocument/completion", editor.at("main.st", 7, 0)))
