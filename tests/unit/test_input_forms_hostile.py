"""Files that somebody damaged on purpose: a source or findings come of them, in time that grows with the file."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iec61131.compiler import check
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.diagnostics.render import render
from iec61131.input_forms import read
from iec61131.syntax.lexer import lex
from tests.unit.resolved import errors_of_form

ROOT = Path(__file__).parents[2]
OBJECT = (ROOT / "programs/silo/POUs/FB_Silo.TcPOU").read_text(encoding="utf-8-sig")
EXPORT = (
    "(* @NESTEDCOMMENTS := 'No' *)\n(* @GLOBAL_VARIABLE_LIST := 'G' *)\nVAR_GLOBAL\n x : INT;\nEND_VAR\n"
    "(* @OBJECT_END := 'G' *)\nLIBRARY\nStandard.lib\n(* @NESTEDCOMMENTS := 'Yes' *)\nFUNCTION_BLOCK P\n;\n"
    "END_FUNCTION_BLOCK\nACTION A:\n(* (* *) *) x := 'a$'';\nEND_ACTION\n_WORKSPACE\nx\n"
)
PIECES = st.sampled_from(
    [
        *(
            "<",
            ">",
            "</ST>",
            "<ST>",
            "<![CDATA[",
            "]]>",
            "&lt;",
            "&#0;",
            "&x;",
            "<!--",
            "-->",
            '"',
            "'",
            "\n",
            "\r",
            "\0",
        ),
        *("<Action Name='A'>", "</Action>", "<Method/>", "<Get/>", "</POU>", "<!DOCTYPE a>", "<?a?>", "€", "\ud800"),
        *("(*", "*)", "_FBD_BODY", "ACTION B:", "END_ACTION", "END_VAR", "PROGRAM", "{", "}", "//", "_x", "LIBRARY"),
    ]
)


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        text = text[:start] + draw(PIECES) + text[end:]
    return text


def read_and_render(name: str, text: str) -> None:
    try:
        source = read(name, text)
    except CompileError as error:
        findings = error.diagnostics
    else:
        assert source.shown == text or not text
        assert len(source.text) >= len(text)
        tokens, _ = lex(source)
        assert "".join(token.text for token in tokens) == source.text
        findings = tuple(check([source]))
    for finding in findings:
        assert 0 <= finding.span.start <= finding.span.end
    render(findings, colour=False)


@given(damaged(OBJECT))
def test_damaged_objects(text: str):
    read_and_render("a.TcPOU", text)


@given(damaged(EXPORT))
def test_damaged_exports(text: str):
    read_and_render("a.EXP", text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.EXP", "_a " * 500_000),
        ("a.EXP", "PROGRAM P " + "_FBD_BODX " * 100_000),
        ("a.EXP", "(* @NESTEDCOMMENTS := 'No' *)" + "(* (* *)" * 200_000),
        ("a.EXP", "(* @NESTEDCOMMENTS := 'No' *)" + "(* " * 500_000),
        ("a.EXP", "LIBRARY\n" * 200_000),
        ("a.EXP", "FUNCTION_BLOCK P\nEND_FUNCTION_BLOCK\n" + "ACTION A:\nEND_ACTION\n" * 50_000),
        ("a.EXP", "'" * 1_000_000),
        ("a.TcPOU", "<TcPlcObject><POU>" + "<Get/>" * 19_000 + " " * 2_000_000 + "</POU></TcPlcObject>"),
        ("a.TcPOU", "<TcPlcObject><POU><Declaration>" + "=&gt;" * 300_000 + "</Declaration></POU></TcPlcObject>"),
        ("a.TcPOU", "<TcPlcObject><POU><Declaration>" + "'&amp;'\n" * 100_000 + "</Declaration></POU></TcPlcObject>"),
        ("a.TcPOU", "<TcPlcObject>" + "<!---->" * 300_000 + "</TcPlcObject>"),
        ("a.TcPOU", "<TcPlcObject a='" + "<" * 500_000),
    ],
    ids=range(12),
)
def test_time_grows_with_the_file(name: str, text: str):
    """The slowest of these takes a second; with a square in it, hours."""
    start = time.process_time()
    errors_of_form(name, text)
    assert time.process_time() - start < 20
