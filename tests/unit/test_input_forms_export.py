"""Exports of CODESYS 2.3: sections of the tool, lists of globals, bodies in other languages."""

from __future__ import annotations

import re

import pytest

from iec61131.input_forms import read
from iec61131.syntax.lexer import lex
from iec61131.syntax.parser import parse
from iec61131.syntax.tokens import TRIVIA
from iec61131.syntax.tree import PouDeclaration
from tests.unit.resolved import errors_of_form

HEADER = "\n(* @NESTEDCOMMENTS := 'Yes' *)\n(* @PATH := '\\/Pumps' *)\n(* @OBJECTFLAGS := '0, 8' *)\n"
DECLARED = "(* @END_DECLARATION := '0' *)\n"


def words(text: str) -> str:
    """What the parser sees of a file: its tokens with one blank between them."""
    source = read("pumps.EXP", text)
    assert source.shown == text
    assert len(source.text.splitlines()[: text.count("\n")]) == text.count("\n")
    tokens, found = lex(source)
    assert not found
    return " ".join(token.text for token in tokens if token.kind not in TRIVIA).rstrip()


def test_several_declarations_are_read_as_they_stand():
    text = (
        f"{HEADER}PROGRAM Main\nVAR\n    x : INT;\nEND_VAR\n{DECLARED}x := 1;\n\nEND_PROGRAM\n"
        f"{HEADER}TYPE Mode :\n(Idle, Run);\nEND_TYPE\n(* @END_DECLARATION := '0' *)\n"
    )
    assert read("a.exp", text).text == text
    assert (
        words(text) == "PROGRAM Main VAR x : INT ; END_VAR x := 1 ; END_PROGRAM TYPE Mode : ( Idle , Run ) ; END_TYPE"
    )


def test_a_function_block_may_be_written_in_one_word():
    text = f"{HEADER}FUNCTIONBLOCK A\nVAR\n    _x : INT;\nEND_VAR\n{DECLARED}_x := 1;\nEND_FUNCTION_BLOCK\n"
    assert words(text) == "FUNCTIONBLOCK A VAR _x : INT ; END_VAR _x := 1 ; END_FUNCTION_BLOCK"


def test_a_list_of_globals_keeps_its_name():
    text = (
        "(* @NESTEDCOMMENTS := 'Yes' *)\n(* @GLOBAL_VARIABLE_LIST := 'Levels' *)\n(* @PATH := '' *)\nVAR_GLOBAL\n"
        "    high : REAL;\nEND_VAR\n\n(* @OBJECT_END := 'Levels' *)\n(* @CONNECTIONS := Levels\nFILENAME : ''\n"
        "FILETIME : 0\nEXPORT : 0\nNUMOFCONNECTIONS : 0\n*)\n"
    )
    source = read("g.EXP", text)
    assert re.search(r"^\{list_name Levels +\}$", source.text, re.MULTILINE)
    assert re.search(r"^\{list_name +\}$", source.text, re.MULTILINE)
    assert len(source.text) == len(text)
    assert words(text) == "VAR_GLOBAL high : REAL ; END_VAR"


@pytest.mark.parametrize(
    "section",
    [
        "LIBRARY\nStandard.lib 5.10.98 12:10:06\n(* @LIBRARYSYMFILEINFO := '0' *)\nNumOfPOUs: 2\nCONCAT: 0\nIt's: 0\n",
        "PLC_CONFIGURATION\n_GLOBAL\n_VERSION: 3\n_END_GLOBAL\nPLC_END\n",
        "_WORKSPACE\n_GLOBALVISUALSETTINGS\n_END_GLOBALVISUALSETTINGS\n_END_WORKSPACE\n",
        "TASKCONFIG\n_TASK : 'Main', 1\n_POU: 'PLC_PRG()'\nEND_TASKCONFIG\n",
        "RESOURCE\n{event_task : 'Stop','',''}\nEND_RESOURCE\n",
    ],
)
def test_sections_of_the_tool_are_blank(section: str):
    program = f"{HEADER}PROGRAM Main\n{DECLARED};\nEND_PROGRAM\n"
    assert words(section + program) == words(program + section) == "PROGRAM Main ; END_PROGRAM"
    assert words(f"{section}PROGRAM Main\nEND_PROGRAM\n{section}") == "PROGRAM Main END_PROGRAM"


def test_what_is_no_section_is_left_for_the_parser():
    assert words("PROGRM Main\nEND_PROGRAM\n") == "PROGRM Main END_PROGRAM"


def test_names_of_sections_are_names_inside():
    text = "FUNCTION_BLOCK F\nVAR\nresource : INT;\nEND_VAR\n_init();\nLIBRARY := 1;\nEND_FUNCTION_BLOCK\n"
    assert read("f.exp", text).text == text


ACTIONS = f"ACTION Start:\n{HEADER}x := 1; (* END_ACTION *)\nEND_ACTION\n\nACTION Stop:\nx := 0;\nEND_ACTION\n"


def test_actions_stay_behind_their_pou():
    block = f"{HEADER}FUNCTION_BLOCK Pump\nVAR\nEND_VAR\n{DECLARED};\nEND_FUNCTION_BLOCK\n\n{ACTIONS}"
    source = read("pump.EXP", f"{block}{HEADER}PROGRAM Main\nEND_PROGRAM\n")
    unit, found = parse(source)
    assert not found
    pump, main = unit.declarations
    assert isinstance(pump, PouDeclaration)
    assert isinstance(main, PouDeclaration)
    assert [action.name.text for action in pump.actions] == ["Start", "Stop"]


@pytest.mark.parametrize(("body", "language"), [("_FBD_BODY", "function block"), ("_LD_BODY", "ladder")])
def test_a_body_that_is_a_drawing(body: str, language: str):
    network = "_NETWORKS : 1\n_NETWORK\n_COMMENT\n''\n_END_COMMENT\n"
    text = f"PROGRAM Main\nVAR\nEND_VAR\n{DECLARED}{body}\n{network}END_PROGRAM\n"
    (finding,) = errors_of_form("main.EXP", text)
    assert (finding.code.id, finding.span.text) == ("RUNG0604", body)
    assert "'Main'" in finding.message
    assert language in finding.message


def test_comments_that_do_not_nest():
    text = "(* @NESTEDCOMMENTS := 'No' *)\nPROGRAM Main\n(* a (* b *)\n;\nEND_PROGRAM\n"
    assert words(text) == "PROGRAM Main ; END_PROGRAM"
    nested = text.replace("'No'", "'Yes'").replace("b *)", "b *) *)")
    assert words(nested + text) == "PROGRAM Main ; END_PROGRAM PROGRAM Main ; END_PROGRAM"


def test_a_comment_that_becomes_a_pragma_is_not_changed_inside():
    text = "(* @NESTEDCOMMENTS := 'No' *)\n(* @OBJECT_END := '(* (* (*' *)\nPROGRAM Q\nEND_PROGRAM\n"
    assert words(text) == "PROGRAM Q END_PROGRAM"
    assert len(read("a.EXP", text).text) == len(text)


def test_signs_in_strings_open_nothing():
    text = "PROGRAM Main\ns := '(* $' END_PROGRAM';\nt := \"(*\";\nEND_PROGRAM\nLIBRARY\nx\n"
    assert words(text).endswith("END_PROGRAM")
    assert "LIBRARY" not in words(text)
