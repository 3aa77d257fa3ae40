"""Rendering: the look of a finding, what it does with awkward characters and long lines, and the form for tools."""

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iec61131.diagnostics.catalogue import CODES
from iec61131.diagnostics.diagnostic import Code, Severity
from iec61131.diagnostics.explain import find, markdown, nearest, page
from iec61131.diagnostics.render import render, to_json
from iec61131.source import SourceFile, Span

FOUND = Code("RUNG0999", "a title", "the message about {name}", "the remedy", "Why.", "wrong := 1", "right := 1;")
WARNED = Code("RUNG0998", "a title", "a warning", "", "Why.", "wrong := 1", "right := 1;", Severity.WARNING)


def at(text, marked, code=FOUND, name="main.st", start=0):
    """A finding at the first `marked` in `text` behind `start`."""
    file = SourceFile(name, text)
    begin = text.index(marked, start)
    return code.at(Span(file, begin, begin + len(marked)), name="x")


def shown(finding, width=None):
    return render([finding], colour=False, width=width).splitlines()


def test_the_look():
    finding = at("PROGRAM Main\n    level := Levl;\nEND_PROGRAM\n", "Levl")
    assert render([finding], colour=False) == (
        "error[RUNG0999]: the message about x\n"
        " --> main.st:2:14\n"
        "  |\n"
        "2 |     level := Levl;\n"
        "  |              ^^^^\n"
        "  |\n"
        "  = remedy: the remedy\n"
        "  = more: rung explain RUNG0999\n"
    )


def test_notes_are_shown_below_and_share_the_width_of_line_numbers():
    text = "first\n" * 9 + "IF\n" + "last\n" * 90 + "END\n"
    finding = at(text, "END").also(at(text, "IF").span, "opened here").also(at(text, "first").span, "and here")
    assert shown(finding)[1:] == [
        "   --> main.st:101:1",
        "    |",
        "101 | END",
        "    | ^^^",
        "    |",
        "   ::: main.st:10:1",
        "    |",
        " 10 | IF",
        "    | -- opened here",
        "    |",
        "   ::: main.st:1:1",
        "    |",
        "  1 | first",
        "    | ----- and here",
        "    |",
        "    = remedy: the remedy",
        "    = more: rung explain RUNG0999",
    ]


def test_a_note_in_another_file():
    finding = at("a", "a").also(at("b := 1", "b", name="other.st").span, "there")
    assert "  ::: other.st:1:1" in [" " + line for line in shown(finding)]


def test_several_findings_are_one_empty_line_apart():
    finding = at("a", "a")
    one = render([finding], colour=False)
    assert render([finding, finding], colour=False) == f"{one}\n{one}"
    assert render([], colour=False) == ""


def test_a_warning_without_remedy():
    lines = shown(at("a", "a", WARNED))
    assert lines[0] == "warning[RUNG0998]: a warning"
    assert not [line for line in lines if "remedy" in line]


def test_a_span_over_several_lines_shows_its_first_and_last():
    text = "x := f(a,\n       b,\n       c,\n       d);\n"
    assert shown(at(text, text[5:-2]))[2:9] == [
        "  |",
        "1 | x := f(a,",
        "  |      ^^^^",
        "...",
        "4 |        d);",
        "  |        ^^",
        "  |",
    ]


def test_a_span_over_two_lines_has_nothing_left_out():
    assert "..." not in shown(at("f(a,\nb);", "f(a,\nb)"))


@pytest.mark.parametrize("text", ["", "x", "x\n", "x := 1;\r\n"])
def test_the_end_of_the_file(text):
    file = SourceFile("main.st", text)
    lines = shown(FOUND.at(Span(file, len(text), len(text)), name="x"))
    assert lines[4].endswith("^")


def test_tabs_reach_to_the_next_stop_and_the_mark_with_them():
    lines = shown(at("\ta\tbcd\tx := 1;", "x"))
    assert lines[3] == "1 |     a   bcd x := 1;"
    assert lines[4] == "  |             ^"
    lines = shown(at("a\tb", "a\tb"))
    assert (lines[3], lines[4]) == ("1 | a   b", "  | ^^^^^")


def columns(text):
    """How many columns of a terminal a text takes, as far as these tests need it."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


@pytest.mark.parametrize("before", ["水位", "e\u0301", "'🚀'", "\u200b", "x\u202ey", "\x1b[31m", "\ud800", "𝔛"])
def test_the_mark_stands_below_its_place(before):
    lines = shown(at(f"{before} @ rest", "@"))
    line, mark = lines[3].removeprefix("1 | "), lines[4].removeprefix("  | ")
    assert columns(line[: line.index("@")]) == mark.index("^")


def test_what_a_terminal_would_obey_is_made_visible():
    file = SourceFile("a\x1b]0;b\x07.st", "x\x1b[2J\u202e := \x00;")
    code = Code("RUNG0999", "t", "{name}", "{name}", "", "", "")
    finding = code.at(Span(file, 0, 1), name="m\x1b[1m\nn").also(Span(file, 0, 1), "t\x1b[1m")
    text = render([finding], colour=False)
    assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"]
    assert text.count("\n") == 13


@pytest.mark.parametrize("position", [0, 40, 300, 999, 1990])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_long_lines_are_cut_around_the_place(position, width):
    text = "".join(f"{n:04}." for n in range(400))[:2000]
    text = text[:position] + "HERE" + text[position + 4 :]
    lines = shown(at(text, "HERE"), width=width)
    line, mark = lines[3], lines[4]
    assert len(line) <= width
    assert line[mark.index("^") :].startswith("HERE")
    assert mark.count("^") == 4
    assert line.removeprefix("1 | ").startswith("…") == (position > 30)
    assert line.endswith("…") == (position < 1900)


def test_a_mark_longer_than_the_screen_is_cut_with_the_line():
    lines = shown(at("x" * 500, "x" * 500), width=60)
    assert len(lines[3]) <= 60
    assert len(lines[4]) <= 60


def test_a_line_that_fits_is_not_cut():
    text = "x" * 50
    assert shown(at(text, "x"), width=60)[3] == f"1 | {text}"


def test_a_long_remedy_is_wrapped():
    code = Code("RUNG0999", "t", "m", "one two three four five six seven eight nine ten", "", "", "")
    lines = shown(at("a", "a", code), width=40)
    assert lines[6:9] == [
        "  = remedy: one two three four five six",
        "            seven eight nine ten",
        "  = more: rung explain RUNG0999",
    ]


def test_colours_change_nothing_else():
    text = "IF a\n  b;\n"
    finding = at(text, "b").also(at(text, "IF").span, "here")
    coloured = render([finding, at(text, "a", WARNED)], colour=True)
    assert "\x1b[1;31m" in coloured
    assert "\x1b[1;33m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render([finding, at(text, "a", WARNED)], colour=False)


@given(st.text(), st.data(), st.one_of(st.none(), st.integers(1, 200)))
def test_any_span_in_any_text(text, data, width):
    file = SourceFile("any.st", text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    finding = FOUND.at(Span(file, start, end), name=text).also(Span(file, 0, start), text)
    lines = shown(finding, width)
    assert lines[0].startswith("error[RUNG0999]")
    assert [line for line in lines if "^" in line]
    json.dumps(to_json([finding]))


# ----------------------------------------------------------------------------------------------------------- for tools


def test_json():
    text = "IF a\n  bcd;\n"
    finding = at(text, "bcd").also(at(text, "IF").span, "opened here")
    assert to_json([finding]) == [
        {
            "code": "RUNG0999",
            "severity": "error",
            "message": "the message about x",
            "remedy": "the remedy",
            "file": "main.st",
            "line": 2,
            "column": 3,
            "end_line": 2,
            "end_column": 6,
            "notes": [
                {"text": "opened here", "file": "main.st", "line": 1, "column": 1, "end_line": 1, "end_column": 3}
            ],
        }
    ]
    assert json.loads(json.dumps(to_json([finding]))) == to_json([finding])
    assert to_json([at("a", "a", WARNED)])[0]["severity"] == "warning"


# --------------------------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.id)
def test_every_code_has_a_page(code):
    text = page(code)
    assert text.startswith(f"{code.id}: {code.title}")
    assert text.endswith("\n")
    assert "Wrong:" in text
    assert "Right:" in text
    for field in (code.title, code.message, code.explanation, code.wrong, code.right):
        assert field.strip()


def test_the_documentation_has_every_code_once_in_its_area():
    text = markdown()
    assert re.findall(r"^### (RUNG\d{4})$", text, re.MULTILINE) == sorted(CODES)
    assert text.count("## Characters, tokens and grammar") == 1


def test_examples_stand_in_the_documentation():
    text = markdown([CODES["RUNG0121"]])
    assert "```iecst\nx := 1\ny := 2;\n```" in text
    assert "RUNG0122" not in text


@pytest.mark.parametrize("wanted", ["RUNG0121", "rung0121", " 0121 ", "121"])
def test_codes_are_found_as_people_write_them(wanted):
    assert find(wanted) is CODES["RUNG0121"]


@pytest.mark.parametrize("wanted", ["RUNG9999", "", "hello", "RUNG"])
def test_what_is_no_code_is_not_found(wanted):
    assert find(wanted) is None


def test_the_nearest_code_is_offered():
    assert nearest("RUGN0121") == "RUNG0121"
