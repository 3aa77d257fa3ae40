"""The scanner beside `tomllib`: for any document, the text at each place is the value at that path."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iec61131.diagnostics.diagnostic import CompileError
from iec61131.source import SourceFile
from runtime.service.config import toml_spans
from runtime.service.config.toml_spans import Document, Path, parse
from tests.unit.project_world import errors_of


def read(text: str) -> Document:
    return parse(SourceFile("plc.toml", text))


def leaves(value: Any, path: Path = ()) -> list[tuple[Path, Any]]:
    """Every path below `value`, tables and lists included."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pair for name, inner in items for pair in [((*path, name), inner), *leaves(inner, (*path, name))]]


def same(one: Any, other: Any) -> bool:
    """Equal, also where they hold NaN, which equals nothing."""
    return repr(one) == repr(other)


def check_places(document: Document) -> None:
    """Reading the text at each place gives the value at its path. Headers hold no value: they name the table."""
    values = leaves(document.values)
    assert {path for path, _ in values} == set(document.places)
    for path, value in values:
        key, text = document.key(path).text, document.value(path).text
        if isinstance(path[-1], str):
            assert tomllib.loads(f"{key} = 0") == {path[-1]: 0}
        is_list_of_tables = isinstance(value, list) and value and isinstance(value[0], dict)
        if text.startswith("[[") and (isinstance(value, dict) or is_list_of_tables):
            assert key_names(text) == names_of(path) or path[-1] in key_names(text)
        elif isinstance(value, dict) and text.startswith("["):
            assert path[-1] in key_names(text)
        elif isinstance(value, dict) and not text.startswith("{"):
            assert text == key  # a table that a dotted key made
        else:
            assert same(tomllib.loads(f"value = {text}")["value"], value)


def names_of(path: Path) -> list[str]:
    return [part for part in path if isinstance(part, str)]


def key_names(header: str) -> list[str]:
    """The parts of the key in `[a.b]` or `[[a.b]]`."""
    return names_of(leaves(tomllib.loads(header))[-1][0])


# ----------------------------------------------------------------------------------------------------- random documents

bare_keys = st.text("abcXYZ019_-", min_size=1, max_size=6)
any_text = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\"'\\\t#=[]{},."), max_size=12)


def basic(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'


keys = st.one_of(
    bare_keys.map(lambda k: (k, k)),
    any_text.map(lambda k: (basic(k), k)),
    any_text.filter(lambda k: "'" not in k).map(lambda k: (f"'{k}'", k)),
)
blanks = st.sampled_from(["", " ", "\t", "   "])
breaks = st.sampled_from(["\n", "\r\n", "\n\n", " # a 'comment' with [brackets] and \"quotes\"\n", "\t\n"])
scalars = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr).map(lambda t: t if "." in t or "e" in t else t + ".0"),
    st.sampled_from(
        ["true", "false", "inf", "-nan", "0xFF", "1_000", "1979-05-27", "07:32:00", "1979-05-27 07:32:00Z"]
    ),
    any_text.map(basic),
    any_text.filter(lambda t: "'" not in t).map(lambda t: f"'{t}'"),
    any_text.map(lambda t: '"' * 3 + t.replace("\\", "\\\\").replace('"', '\\"') + '\nnext\r\n""""' + '"'),
    any_text.filter(lambda t: "'" not in t).map(lambda t: f"'''\n{t}''''"),
)


def lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    gaps = st.lists(breaks | blanks, max_size=2).map("".join)
    comma = st.sampled_from(["", ","])

    def written(items: list[str], gap: str, last: str) -> str:
        return "[" + ",".join(gap + item + gap for item in items) + (last if items else "") + gap + "]"

    return st.builds(written, st.lists(inner, max_size=4), gaps, comma)


def tables(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def written(pairs: list[tuple[tuple[str, str], str]], blank: str) -> str:
        return "{" + blank + ", ".join(f"{key} ={blank}{value}" for (key, _), value in pairs) + blank + "}"

    return st.builds(written, st.lists(st.tuples(keys, inner), max_size=3, unique_by=lambda pair: pair[0][1]), blanks)


values = st.recursive(scalars, lambda inner: lists(inner) | tables(inner), max_leaves=6)
assignments = st.builds(
    lambda parts, value, blank, end: f"{blank}{'.'.join(p for p, _ in parts)}{blank}={blank}{value}{end}",
    st.lists(keys, min_size=1, max_size=3),
    values,
    blanks,
    breaks,
)
headers = st.builds(
    lambda parts, brackets, blank, end: (
        f"{blank}{'[' * brackets}{blank}{f'{blank}.{blank}'.join(p for p, _ in parts)}{']' * brackets}{end}"
    ),
    st.lists(keys, min_size=1, max_size=3),
    st.sampled_from([1, 2]),
    blanks,
    breaks,
)
documents = st.lists(assignments | headers | breaks, max_size=8).map("".join)


@given(documents)
def test_the_text_at_each_place_is_the_value_at_its_path(text: str):
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # a key twice, for the most part
        findings = errors_of(read, text)
        assert [finding.code.id in ("RUNG0505", "RUNG0506") for finding in findings] == [True]
        return
    check_places(read(text))


SOUP = [
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    "\n",
    "\r",
    ",",
    "=",
    ".",
    "#",
    " ",
    "a",
    "1",
    "é",
]


@given(st.lists(st.sampled_from(SOUP), max_size=40).map("".join))
def test_any_text_is_read_or_gets_one_finding(text: str):
    found = errors_of(read, text)
    assert len(found) <= 1
    for finding in found:
        assert 0 <= finding.span.start <= finding.span.end <= len(text)
        assert finding.message
        assert finding.remedy


def test_places_of_a_whole_document():
    text = (
        'a.b = 1 # one\r\n"c d" = { e = [1, { f = 2 }], g.h = "x" }\n'
        "[[device.tank.point]]\nname = 'one'\n[[device.tank.point]]\nname = '''two'''\n"
        "[device.tank.point.more]\nx = 1\n"
    )
    document = read(text)
    check_places(document)

    def places(*path: str | int) -> tuple[str, str]:
        return document.key(path).text, document.value(path).text

    assert places("a") == ("a", "a")
    assert places("a", "b") == ("b", "1")
    assert places("c d", "e", 1, "f") == ("f", "2")
    assert places("c d", "g", "h") == ("h", '"x"')
    assert places("device", "tank", "point") == ("point", "[[device.tank.point]]")
    assert places("device", "tank", "point", 1) == ("[[device.tank.point]]", "[[device.tank.point]]")
    assert document.value(("device", "tank", "point", 1)).line == 5
    assert places("device", "tank", "point", 1, "name") == ("name", "'''two'''")
    assert places("device", "tank", "point", 1, "more", "x") == ("x", "1")


def test_what_was_not_written_has_the_place_of_what_is_around_it():
    document = read("[engine]\ncpu = 1\n")
    assert document.value(("engine", "priority")).text == "engine"
    assert document.value(("opcua", "expose", 3)).text == ""


def test_a_header_in_full_wins_over_one_that_only_leads_through():
    document = read("[device.tank.more]\nx = 1\n[device.tank]\ny = 2\n")
    assert document.value(("device", "tank")).text == "[device.tank]"
    assert document.value(("device",)).text == "[device.tank.more]"


# --------------------------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a = " + "[" * 100_000, "levels of tables and lists"),
        ("a = " + "{ a = " * 100_000, "levels of tables and lists"),
        (".".join("a" * 100_000) + " = 1", "parts in a key"),
        ("[" + ".".join("a" * 100_000) + "]", "parts in a key"),
        ("a = [" + "1," * 300_000 + "]", "keys and list elements"),
        ("a = " + "9" * 10_000, "characters in a number"),
    ],
    ids=["lists", "tables", "dotted key", "dotted header", "elements", "digits"],
)
def test_what_would_cost_too_much_is_refused_with_its_place(text: str, what: str):
    with pytest.raises(CompileError) as error:
        read(text)
    (finding,) = error.value.diagnostics
    assert finding.code.id == "RUNG0507"
    assert what in finding.message
    assert finding.span.line == 1


def test_long_texts_and_comments_are_read():
    long = "x" * 500_000
    document = read(f'#{long}\na = "{long}"\nb = """{long}"""\n' + "\n" * 100_000)
    assert document.value(("b",)).text == f'"""{long}"""'


def test_a_large_number_of_points_has_all_its_places():
    text = "".join(f"[[p]]\nname = 'p{n}'\n" for n in range(20_000))
    document = read(text)
    assert document.value(("p", 19_999, "name")).text == "'p19999'"


def test_the_deepest_document_that_is_allowed_is_read():
    depth = toml_spans.MAX_DEPTH - 1
    document = read("a = " + "[" * depth + "]" * depth)
    check_places(document)
