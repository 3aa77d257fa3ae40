"""Offsets and the positions of editors, which count UTF-16 code units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iec61131.language_service.positions import Lines

TEXT = "a := 'é';\n(* 😀 *) b;\r\nc\rd"


@pytest.mark.parametrize(
    ("found", "position"),
    [("a", (0, 0)), ("é", (0, 6)), ("😀", (1, 3)), (" *) b", (1, 5)), ("b;", (1, 9)), ("c", (2, 0)), ("d", (3, 0))],
)
def test_lines_and_columns(found: str, position: tuple[int, int]):
    lines = Lines(TEXT)
    assert lines.position(TEXT.index(found)) == position
    assert lines.offset(*position) == TEXT.index(found)


def test_positions_beyond_the_text_are_its_ends():
    lines = Lines(TEXT)
    assert lines.offset(99, 0) == len(TEXT)
    assert lines.offset(1, 99) == TEXT.index("\r\n")
    assert lines.offset(-1, 5) == 0
    assert lines.position(10_000) == (3, 1)
    assert Lines("").position(0) == (0, 0)
    assert Lines("").offset(3, 3) == 0


def test_a_column_inside_a_character_of_two_units_is_behind_it():
    lines = Lines("😀x")
    assert [lines.offset(0, column) for column in range(4)] == [0, 1, 1, 2]


def test_what_ends_a_line_of_python_only_is_an_ordinary_character():
    assert Lines("a\x0bb\u2028c").position(4) == (0, 4)


@given(st.text(alphabet=st.sampled_from("ab\n\ré😀")), st.integers(0, 20))
def test_every_offset_comes_back(text: str, number: int):
    lines = Lines(text)
    offset = min(number, len(text))
    if 0 < offset < len(text) and text[offset - 1 : offset + 1] == "\r\n":
        return  # between the two is no place of an editor
    assert lines.offset(*lines.position(offset)) == offset
    line, column = lines.position(offset)
    last_line = text[:offset].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert line == len(last_line) - 1
    assert column == len(last_line[-1].encode("utf-16-le")) // 2
