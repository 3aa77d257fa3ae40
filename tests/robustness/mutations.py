"""Ways to damage a text: a row of `MUTATIONS` each. Which, where and how often is drawn from a seed.

Words, not characters, are cut and exchanged for the most part: what comes out is nearer to a program, and gets further
into the compiler before somebody objects.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from itertools import accumulate

from iec61131.syntax.tokens import FOREIGN_OPERATORS, KEYWORDS, SIGNS
from tests.robustness.corpus import Text

WORD = re.compile(r"\w+|:=|=>|\.\.|\*\*|<>|<=|>=|\s+|.", re.DOTALL)
CHANGES_MAX = 4


def damaged(choice: random.Random, texts: Sequence[Text]) -> Text:
    """One of `texts` after a few changes."""
    seed = choice.choice(texts)
    text = seed.text
    for _ in range(choice.randint(1, CHANGES_MAX)):
        text = choice.choice(MUTATIONS)(choice, text, texts)
    return Text(seed.name, text)


# --------------------------------------------------------------------------------------------------- words and lines


def _cut(choice: random.Random, parts: list[str]) -> list[str]:
    start, end = _stretch(choice, parts)
    return parts[:start] + parts[end:]


def _repeat(choice: random.Random, parts: list[str]) -> list[str]:
    start, end = _stretch(choice, parts)
    return parts[:end] + parts[start:end] * choice.choice((1, 1, 1, 50)) + parts[end:]


def _swap(choice: random.Random, parts: list[str]) -> list[str]:
    """Two neighbouring stretches, or two single parts anywhere."""
    if choice.random() < 0.5:
        start, end = _stretch(choice, parts)
        middle = choice.randint(start, end)
        return parts[:start] + parts[middle:end] + parts[start:middle] + parts[end:]
    one, other = choice.randrange(len(parts)), choice.randrange(len(parts))
    parts[one], parts[other] = parts[other], parts[one]
    return parts


def _stretch(choice: random.Random, parts: list[str]) -> tuple[int, int]:
    start = choice.randrange(len(parts))
    return start, min(len(parts), start + choice.choice((1, 1, 2, 3, 8, 30)))


Parts = Callable[[random.Random, list[str]], list[str]]
Mutation = Callable[[random.Random, str, Sequence[Text]], str]


def _of_words(change: Parts) -> Mutation:
    return lambda choice, text, _: "".join(change(choice, WORD.findall(text) or [" "]))


def _of_lines(change: Parts) -> Mutation:
    return lambda choice, text, _: "".join(change(choice, text.splitlines(keepends=True) or [" "]))


def _truncate(choice: random.Random, text: str, _: Sequence[Text]) -> str:
    return text[: choice.randint(0, len(text))]


def _splice(choice: random.Random, text: str, texts: Sequence[Text]) -> str:
    """The beginning of this text and the end of another, at ends of lines; or another one behind."""
    other = choice.choice(texts).text
    if choice.random() < 0.3:
        return f"{text}\n{other}"
    return text[: _end_of_line(choice, text)] + other[_end_of_line(choice, other) :]


def _end_of_line(choice: random.Random, text: str) -> int:
    return choice.choice(list(accumulate(map(len, text.splitlines(keepends=True)))) or [0])


# ------------------------------------------------------------------------------------------------- what is put in


def _put_word(choice: random.Random, text: str, texts: Sequence[Text]) -> str:
    """A word of the language or of another text, in front of a word or in its place."""
    words = WORD.findall(text) or [" "]
    others = WORD.findall(choice.choice(texts).text[:5000]) or [" "]
    place = choice.randrange(len(words))
    words[place : place + choice.randint(0, 1)] = [choice.choice((choice.choice(others), choice.choice(LANGUAGE)))]
    return "".join(words)


def _put(pieces: Callable[[random.Random], str]) -> Mutation:
    """Somewhere between two words."""

    def put(choice: random.Random, text: str, _: Sequence[Text]) -> str:
        words = WORD.findall(text) or [" "]
        words.insert(choice.randint(0, len(words)), pieces(choice))
        return "".join(words)

    return put


LANGUAGE = [
    *KEYWORDS,
    *SIGNS,
    *FOREIGN_OPERATORS,
    *("METHOD", "PROPERTY", "ACTION", "INTERFACE", "EXTENDS", "IMPLEMENTS", "NAMESPACE", "UNION", "STEP", "TRANSITION"),
    *(
        "THIS^.",
        "SUPER^.",
        "POINTER TO",
        "REFERENCE TO",
        "REF_TO",
        "ADR(",
        "SIZEOF(",
        "REF=",
        "S=",
        "R=",
        "ARRAY[*] OF",
    ),
    *(
        "ARRAY[0..1] OF",
        "STRING(3)",
        "STRUCT",
        "x.3",
        "%IX0.0",
        "%MD3",
        "AT %QW1",
        "AT %I*",
        "1",
        "0",
        "-1",
        "1.5",
        "T#1s",
    ),
    *(
        "'$N'",
        '"$20AC"',
        "D#2024-02-30",
        "[3(1)]",
        "(a := 1)",
        "{IF defined (x)}",
        "{ELSE}",
        "{END_IF}",
        "{x}",
        "EN",
        "ENO",
    ),
    *(
        "JMP x;",
        "x:",
        "EXIT;",
        "CONTINUE;",
        "RETURN;",
        "__ISVALIDREF(",
        "__QUERYINTERFACE(",
        "^",
        "<ST>",
        "</ST>",
        "]]>",
    ),
    *(
        'refLocalId="1"',
        'localId="1"',
        'formalParameter="OUT"',
        'executionOrderId="1"',
        'negated="true"',
        "/>",
        "</block>",
    ),
    *(
        '<connection refLocalId="2"/>',
        "<connectionPointIn>",
        "</connectionPointIn>",
        "<variable>a</variable>",
        "<addData>",
    ),
    *("ABSTRACT", "FINAL", "PRIVATE", "OVERRIDE", "VAR_INST", "VAR_STAT", "CONSTANT", "RETAIN", "R_EDGE", "WITH", "ON"),
]
ODD = (
    *("\0", "\ud800", "\udfff", "\ufeff", "\r", "\v", "\f", "\x1a", "\x85", "\u2028", "\u00a0", "\u200b", "\U0001f600"),
    *(
        "\u0663",
        "\u00b2",
        "\u216b",
        "\uff11",
        "\u0131",
        "\u017f",
        "\u00df",
        "\u0130",
        "e\u0301",
        "\u00b5",
        "“",
        "’",
        "\\",
    ),
)
NESTED = (
    *(("(", ")"), ("[", "]"), ("(* ", " *)"), ("/* ", " */"), ("IF x THEN ", " END_IF; "), ("NOT ", ""), ("-", "")),
    *(
        ("f(", ")"),
        ("a[", "]"),
        ("(a := ", ")"),
        ("2(", ")"),
        ("x.", ""),
        ("^", ""),
        ("{", "}"),
        ("'", "'"),
        ("ELSE ", ""),
    ),
    *(("ARRAY[0..1] OF ", ""), ("POINTER TO ", ""), ("STRUCT a : ", " END_STRUCT;"), ("CASE x OF 1: ", " END_CASE; ")),
    *(
        ("FOR i := 1 TO 2 DO ", " END_FOR; "),
        ("x := ", ""),
        ("1 + ", ""),
        ("NAMESPACE n ", " END_NAMESPACE "),
        ("1, ", ""),
    ),
    *(("{IF defined (x)} ", " {END_IF} "), ("ELSIF x THEN ", ""), ("<ST>", "</ST>"), ("METHOD m ", " END_METHOD ")),
    *(("<pointer><baseType>", "</baseType></pointer>"), ("<action><inline>", "</inline></action>"), ("<a>", "</a>")),
)
NUMBERS = (
    *(
        "9" * 30,
        "9" * 5000,
        "16#" + "F" * 40,
        "2#" + "1" * 5000,
        "1.0E999999999",
        "1.0E-999999999",
        "0." + "0" * 5000 + "1",
    ),
    *(
        "9223372036854775808",
        "18446744073709551616",
        "-9223372036854775808",
        "2147483648",
        "4294967296",
        "32768",
        "65536",
    ),
    *("T#99999999999999999999d", "T#106751d", "T#-1.5e300s", "D#9999-99-99", "DT#1677-09-21-00:12:43", "TOD#24:00:00"),
    *(
        "LTIME#9223372036854775807ns",
        "0..9223372036854775807",
        "%MX99999999.9",
        "%IW1.2.3.4.5.6.7.8.9",
        "x.64",
        "5(",
        "36#Z",
    ),
    *(
        "ARRAY[0..2147483647] OF LREAL",
        "STRING(65536)",
        "STRING(2147483648)",
        "STRING[0]",
        "INT(5..1)",
        "1e5",
        "1_",
        "0x1F",
    ),
)


def _nest(choice: random.Random) -> str:
    opening, closing = choice.choice(NESTED)
    times = choice.choice((3, 50, 190, 210, 3000))
    return (
        opening * times + choice.choice(("", "x", "1", "INT;", "x := 1;")) + closing * choice.choice((times, times, 0))
    )


def _long_word(choice: random.Random) -> str:
    piece = choice.choice(
        ("a", "_", "9", "A1_", "'", "$", "#", ".", "é", " ", "\n", "%", "-", "@", "..", "<", "&", ";", "x:=1;")
    )
    return piece * choice.choice((300, 5000, 60_000))


MUTATIONS: tuple[Mutation, ...] = (
    *(_of_words(change) for change in (_cut, _repeat, _swap)),
    *(_of_lines(change) for change in (_cut, _repeat, _swap)),
    *(_truncate, _splice, _put_word, _put_word, _put_word),
    *(_put(piece) for piece in (_nest, _long_word)),
    *(_put(lambda choice, pieces=pieces: choice.choice(pieces)) for pieces in (ODD, NUMBERS)),
)
