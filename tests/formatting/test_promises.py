"""Whatever the text: all words, comments and pragmas are kept in their order, the tree is the same, and a second run
changes nothing. Or the text is refused with a finding; nothing else is ever raised.

Read `test_programs_in_any_layout` first: programs of the generator, with their white space thrown about and notes put
between any two tokens.
"""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iec61131.diagnostics.diagnostic import CompileError
from iec61131.formatting.formatter import format_text
from iec61131.source import SourceFile
from iec61131.syntax.lexer import lex
from iec61131.syntax.tokens import FOREIGN_OPERATORS, KEYWORDS, SIGNS, Kind
from tests.differential.generator import program
from tests.formatting.promises import formatted, is_understood, words_of
from tests.formatting.test_golden import HERE, NAMES
from tests.repository.tree import ROOT

SOURCES = sorted(
    path
    for folder in ("tests/language", "tests/diagnostics", "programs", "iec61131/stdlib/blocks")
    for path in (ROOT / folder).rglob("*.st")
)
GAPS = (" ", "  ", "\n", "\n\n\n", "\t", "\r\n", "\n        ", "\n\t\t")
ONE_LINE = frozenset(
    {"METHOD", "PROPERTY", "ACTION", "INTERFACE", "CLASS", "GET", "SET", "ABSTRACT", "FINAL", "OVERRIDE", "PUBLIC"}
    | {"PRIVATE", "PROTECTED", "INTERNAL", "EXTENDS", "IMPLEMENTS", "STEP", "INITIAL_STEP", "TRANSITION"}
)
"""Words that mean something only with what follows on their line: as names they are free. The type behind a list of
enumerators, and what stands around the `:=` of an assignment inside another one, have to stand on one line too.
"""
NOTES = (
    *(" (* n *) ", "(* n *)", " /* x */\n", "\n(* own *)\n", "\n    (* own, further in *)\n", "(* a\n   b *)"),
    *(" // n\n", "\n// own\n", "\n// one\n    // two\n\n", " {p} ", "\n{attribute 'x'}\n"),
)


@settings(max_examples=25)
@given(seed=st.integers(0, 100_000), layout=st.integers(0, 100_000), notes=st.sampled_from([0, 3, 20]))
def test_programs_in_any_layout(seed: int, layout: int, notes: int):
    text = thrown_about(program(seed).text, Random(layout), notes)
    assert is_understood(text)
    assert formatted(text) is not None


@pytest.mark.parametrize("name", [name for name in NAMES if name != "instruction_list"])  # whose lines mean something
@pytest.mark.parametrize("layout", range(6))
def test_the_golden_texts_in_any_layout(name: str, layout: int):
    """These have the constructs that the generator lacks."""
    formatted(thrown_about((HERE / "before" / f"{name}.st").read_text("utf-8"), Random(layout), 5))


def test_the_sources_of_the_repository():
    taken = [path for path in SOURCES if formatted(path.read_bytes().decode()) is not None]
    assert len(taken) > len(SOURCES) // 2


def thrown_about(text: str, choices: Random, notes_percent: int) -> str:
    """The same tokens with other white space, and notes between some of them."""
    tokens, _ = lex(SourceFile("", text))
    keeps = choices.random() < 0.3  # most of the white space
    parts: list[str] = []
    stays = False  # what follows has to stand on the same line
    for token, following in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        if token.kind is not Kind.WHITESPACE:
            parts.append(token.text)
            stays = token.kind in (Kind.RIGHT_PARENTHESIS, Kind.ASSIGN) or token.key in ONE_LINE
        elif parts and parts[-1].startswith("//"):
            parts.append("\n" + choices.choice(("", "  ", "\n")))
        elif stays or following.kind is Kind.ASSIGN:
            parts.append(" ")
        else:
            parts.append(token.text if keeps and choices.random() < 0.9 else choices.choice(GAPS))
        if choices.randrange(100) < notes_percent and not parts[-1].startswith("//"):
            parts.append(" (* n *) " if stays else choices.choice(NOTES))
    return "".join(parts)


# ------------------------------------------------------------------------------------------- texts that are no programs

WORDS = (
    *KEYWORDS,
    *SIGNS,
    *FOREIGN_OPERATORS,
    *("x", "y", "S", "REF", "1", "1.", "2.5", "1..2", "'s'", "T#1s", "%IX0.0", "%I*", "Colour#Red", "bool#true"),
    *("METHOD", "END_METHOD", "PROPERTY", "GET", "END_PROPERTY", "INTERFACE", "END_INTERFACE", "NAMESPACE", "LD"),
    *("STEP", "END_STEP", "TRANSITION", "END_TRANSITION", "FROM", "ACTION", "END_ACTION", "UNION", "END_UNION"),
    *("RESOURCE", "TASK", "WITH", "AT", "EXTENDS", "POINTER", "__TRY", "__CATCH", "__ENDTRY", "JMP", "USING"),
    *("(* c *)", "// c\n", "{p}", "\n", "\n\n", "(*", "{", "@", "\r"),
)
LIMIT = "METHOD m END_METHOD"
"""A construct that the parser may not know: then the grammar of the rest is not looked at either."""


def keeps_its_promises_or_refuses(text: str) -> None:
    try:
        once = format_text(text)
    except CompileError:
        return
    assert [word.upper() for word in words_of(once)] == [word.upper() for word in words_of(text)]
    # Text that is only half understood may become text that is understood better, and is wrong.
    with suppress(CompileError):
        assert format_text(once) == once


@settings(max_examples=150)
@given(st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join), st.sampled_from(["", LIMIT, "%I*"]))
def test_word_salad(text: str, limit: str):
    keeps_its_promises_or_refuses(text + limit)


@settings(max_examples=100)
@given(st.text(alphabet="abIF01 \n\t\r;:=.,()[]{}*/+-<>^%#'\"$_&\ufeffé", max_size=80))
def test_any_characters(text: str):
    keeps_its_promises_or_refuses(text)


@pytest.mark.parametrize(
    "opening", ["(", "[", "IF a THEN ", "STRUCT x : ", "-", "CASE x OF 1: ", "f(a, ", "REF_TO ", "a."]
)
@pytest.mark.parametrize("is_closed", [False, True])
def test_depth_without_end(opening: str, is_closed: bool):
    closing = {"(": ")", "[": "]", "IF a THEN ": "END_IF; ", "STRUCT x : ": "END_STRUCT; ", "f(a, ": ")"}.get(
        opening, ""
    )
    for before in ("x := ", "VAR x : ", "METHOD n : "):
        keeps_its_promises_or_refuses(f"METHOD m\n{before}{opening * 1500}a{closing * 1500 * is_closed};\nEND_METHOD\n")
