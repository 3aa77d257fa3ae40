"""Output of programs that print with C's `printf`, which the language does not have.

Each call is replaced, in the text, by calls of small FUNCTIONs that note its arguments and its place in global arrays.
After the run the notes are put into words here, as C would.

    printf('level %d$N', n)   becomes   zz_whole(TO_LINT(n)); zz_print(3)

The place comes last, so that what is printed while an argument is evaluated is noted before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from iec61131.source import SourceFile
from iec61131.syntax.lexer import lex
from iec61131.syntax.tokens import TRIVIA, Kind, Token
from tests.conformance.session import Session
from tests.conformance.verdict import CaseFailed

NOTES_MAX = 2000
TEXT_NOTES_MAX = 200
_SPEC = re.compile(r"%(?P<flags>[-+ #0]*\d*(?:\.\d+)?)(?P<size>hh|h|ll|l|z)?(?P<letter>[diuxXcfFeEgGsp%])")
_WHOLE, _REAL, _TEXT = "whole", "real", "text"
_NOTE_OF = {**dict.fromkeys("diuxXc", _WHOLE), **dict.fromkeys("fFeEgG", _REAL), "s": _TEXT}
_BITS = {"hh": 8, "h": 16, "": 32, "l": 64, "ll": 64, "z": 64}
_CONVERTED = {_WHOLE: "TO_LINT({})", _REAL: "TO_LREAL({})", _TEXT: "{}"}
_TYPE = {_WHOLE: ("LINT", NOTES_MAX), _REAL: ("LREAL", NOTES_MAX), _TEXT: ("STRING[255]", TEXT_NOTES_MAX)}
_POINTED_TO = re.compile(r"(?:REF|ADR)\s*\((.*)\)", re.IGNORECASE | re.DOTALL)
_ESCAPES = {"N": "\n", "L": "\n", "R": "\r", "T": "\t", "P": "\f", "$": "$", "'": "'"}


@dataclass
class Capture:
    """The formats of all calls, by place, and the kinds of notes that they need."""

    formats: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)

    def output(self, session: Session) -> str:
        if not self.formats:
            return ""
        notes = {kind: iter(_noted(session, kind)) for kind in (*self.kinds, "print")}
        return "".join(_printed(self.formats[place], notes) for place in notes["print"])


def captured(sources: Sequence[SourceFile]) -> tuple[list[SourceFile], Capture]:
    """The sources without `printf`, and where to read what they would have printed. Raises CaseFailed."""
    capture = Capture()
    changed = [SourceFile(source.name, _without_printf(source, capture)) for source in sources]
    if not capture.formats:
        return list(sources), capture
    return [
        *changed,
        SourceFile("printf.st", "\n".join(_note_taker(kind) for kind in (*capture.kinds, "print"))),
    ], capture


def compare(output: str, checks: Sequence[tuple[str, str]]) -> None:
    """Each line expected must be a whole line of the output, in order. Raises CaseFailed."""
    lines = [_without_blanks(line) for line in output.splitlines()]
    at = 0
    for directive, text in checks:
        wanted = _without_blanks(text)
        match directive:
            case "CHECK":
                found = next((n for n in range(at, len(lines)) if lines[n] == wanted), None)
            case "CHECK-NEXT":
                found = at if lines[at : at + 1] == [wanted] else None
            case _:
                raise CaseFailed(f"the directive {directive} is not known")
        if found is None:
            raise CaseFailed(f"printed: expected {text!r}, got {' | '.join(lines[at : at + 3])!r}")
        at = found + 1


def _without_blanks(line: str) -> str:
    return " ".join(line.split())


# ---------------------------------------------------------------------------------------------------------- the sources


def _without_printf(source: SourceFile, capture: Capture) -> str:
    tokens = [token for token in lex(source)[0] if token.kind not in TRIVIA]
    text, done = "", 0
    for number, token in enumerate(tokens):
        if token.start >= done and token.key == "PRINTF" and tokens[number + 1].kind is Kind.LEFT_PARENTHESIS:
            arguments, end = _arguments(source, tokens[number + 1 :])
            text += source.text[done : token.start] + _notes(arguments, capture)
            done = end
    return text + source.text[done:]


def _arguments(source: SourceFile, tokens: Sequence[Token]) -> tuple[list[str], int]:
    """What stands between the commas of the brackets with which `tokens` begin, and where these end."""
    depth, start, found = 0, tokens[0].end, list[str]()
    for token in tokens:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        if depth == 0 or (depth == 1 and token.text == ","):
            found.append(source.text[start : token.start].strip())
            start = token.end
        if depth == 0:
            return found, token.end
    raise CaseFailed("a call of printf is not closed", compiled=False)


def _notes(arguments: list[str], capture: Capture) -> str:
    """Statements in place of one call; the semicolon behind it stays."""
    form, *values = arguments
    if form[:1] not in ("'", '"') or form[-1:] != form[:1]:
        raise CaseFailed(f"printf with a computed format: {form}", compiled=False)
    specs = [spec for spec in _SPEC.finditer(form) if spec["letter"] != "%"]
    if len(specs) != len(values) or any(spec["letter"] not in _NOTE_OF for spec in specs):
        raise CaseFailed(f"printf with a format that is not known here: {form}", compiled=False)
    statements: list[str] = []
    for spec, value in zip(specs, values, strict=True):
        kind = _NOTE_OF[spec["letter"]]
        pointed_to = _POINTED_TO.fullmatch(value) if kind == _TEXT else None
        note = _CONVERTED[kind].format(pointed_to[1] if pointed_to else value)
        statements.append(f"zz_{kind}({note}); ")
        capture.kinds.add(kind)
    capture.formats.append(_without_escapes(form[1:-1]))
    return "".join(statements) + f"zz_print({len(capture.formats) - 1})"


def _without_escapes(text: str) -> str:
    return re.sub(r"\$([0-9A-Fa-f]{2}|.)", lambda m: _ESCAPES.get(m[1].upper()) or chr(int(m[1], 16)), text)


def _note_taker(kind: str) -> str:
    """The FUNCTION that keeps notes of a kind. What is printed past the end of the array is lost."""
    type_, most = _TYPE.get(kind, ("DINT", NOTES_MAX))
    return (
        f"VAR_GLOBAL zz_{kind}_notes : ARRAY[1..{most}] OF {type_}; zz_{kind}_count : DINT; END_VAR\n"
        f"FUNCTION zz_{kind} VAR_INPUT note : {type_}; END_VAR\n"
        f"IF zz_{kind}_count < {most} THEN\n"
        f"zz_{kind}_count := zz_{kind}_count + 1; zz_{kind}_notes[zz_{kind}_count] := note;\n"
        "END_IF;\nEND_FUNCTION"
    )


# ----------------------------------------------------------------------------------------------------------- the output


def _noted(session: Session, kind: str) -> list[Any]:
    count = session.read(session.targets(f"zz_{kind}_count")[0])
    return [session.read(target) for target in session.targets(f"zz_{kind}_notes")[:count]]


def _printed(form: str, notes: dict[str, Iterator[Any]]) -> str:
    return _SPEC.sub(lambda spec: _formatted(spec, notes), form)


def _formatted(spec: re.Match[str], notes: dict[str, Iterator[Any]]) -> str:
    letter = spec["letter"]
    if letter == "%":
        return "%"
    note = next(notes[_NOTE_OF[letter]])
    if letter == "c":
        return chr(note & 0xFF)
    if _NOTE_OF[letter] == _WHOLE:
        bits = _BITS[spec["size"] or ""]
        note &= (1 << bits) - 1
        if letter in "di" and note >> bits - 1:
            note -= 1 << bits
    return f"%{spec['flags']}{letter.replace('u', 'd')}" % note
