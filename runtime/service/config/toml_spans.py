"""TOML with places: `tomllib` says what the values are, a scanner says where each key and value stands in the text.

`tomllib` keeps no positions and the libraries that keep a document's layout (tomlkit) give none out, hence the
scanner. It knows only as much of TOML as it takes to find the ends of things; what the text means is `tomllib`'s
alone, and a property test holds the two together: for any document, reading the text at each place gives the value at
that path.

    document = parse(file)                           raises CompileError with one finding
    document.values["plc"]["name"]                   "tank"
    document.key(("plc", "name"))                    Span of `name`
    document.value(("plc", "name"))                  Span of `"tank"`

A path is a tuple of keys and, inside arrays, numbers from 0: `("device", "tank", "point", 3, "to")`. A table's key is
its name where it was first written, its value the whole header line or inline table. An array of tables has a header
for each element: key and value of `(..., 3)` are that header.

The scanner runs first, because it also bounds what `tomllib` is asked to do: dotted keys and nested arrays cost it
the square of their depth, or its stack.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from iec61131.diagnostics.catalogue.project import DUPLICATE_KEY, TOML_SYNTAX, TOO_LARGE
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.source import SourceFile, Span

Path = tuple[str | int, ...]

MAX_DEPTH = 32
"""Parts of a path."""
MAX_ENTRIES = 250_000
"""Keys and array elements in one text."""
MAX_SCALAR_CHARACTERS = 400
"""Characters of a number, a truth value or a date. Python refuses to read integers of more than 4,300 digits."""


class Place(NamedTuple):
    """Character offsets."""

    key_start: int
    key_end: int
    value_start: int
    value_end: int


class Document(Struct, frozen=True):
    """A TOML text that was read. `places` has every path of `values`."""

    file: SourceFile
    values: dict[str, Any]
    places: Mapping[Path, Place]

    def __repr__(self) -> str:
        return f"Document({self.file!r})"

    def key(self, path: Path) -> Span:
        """Where the name of `path` stands; for a path that was not written, of the nearest table around it."""
        place = self._nearest(path)
        return Span(self.file, place.key_start, place.key_end)

    def value(self, path: Path) -> Span:
        """Where the value of `path` stands; for a path that was not written, as `key`."""
        place = self.places.get(path)
        return self.key(path) if place is None else Span(self.file, place.value_start, place.value_end)

    def _nearest(self, path: Path) -> Place:
        for length in range(len(path), 0, -1):
            place = self.places.get(path[:length])
            if place is not None:
                return place
        return Place(0, 0, 0, 0)


def parse(file: SourceFile) -> Document:
    """Read `file`. Raises CompileError with the one finding that stopped the reading."""
    scanner = _Scanner(file.text)
    complete = True
    try:
        scanner.scan()
    except _TooLarge as large:
        span = Span(file, large.at, min(large.at + 1, len(file.text)))
        raise CompileError([TOO_LARGE.at(span, what=large.what, limit=large.limit)]) from None
    except _NotToml:
        complete = False
    try:
        values = tomllib.loads(file.text)
    except tomllib.TOMLDecodeError as error:
        raise CompileError([_syntax_finding(file, str(error), scanner.duplicates)]) from None
    assert complete, f"{file.name} is TOML that the scanner does not understand"
    return Document(file, values, scanner.places)


# -------------------------------------------------------------------------------------------------------- syntax errors

_PLACE = re.compile(r"(?P<cause>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)

_WORD = re.compile(r"[\w.:+-]+")
_QUOTES = 'text stands in quotes, as in name = "tank" or poll = "10ms"; numbers, true and false stand without'
_CAUSES = (
    # what tomllib's message starts with; the cause in plain words, or None for tomllib's own; the remedy
    ("Invalid value", "this is no value", _QUOTES),
    (
        "Expected newline or end of document after a statement",
        "something follows the value",
        f"one key to a line; {_QUOTES}",
    ),
    ("Expected '=' after a key", "a '=' is missing after the key", "write key = value, or [name] for a table"),
    ("Expected ']' at the end", "the ']' of this table is missing", "write [name], and the keys on the lines below"),
    (
        "Expected ']]' at the end",
        "the ']]' of this table is missing",
        "write [[name]], and the keys on the lines below",
    ),
    (
        "Invalid initial character for a key",
        "a key cannot begin like this",
        "keys are made of letters, digits, _ and -",
    ),
    ("Unterminated string", "this text has no closing quote", "close it with the quote that it began with"),
    ("Illegal character '\\n'", "this text has no closing quote", "close it on the line that it began on"),
    ("Illegal character", None, "write it as an escape such as \\t, or remove it"),
    ("Unescaped '\\'", "this escape does not exist", "write two backslashes for one, or use single quotes"),
    ("Unclosed array", "the ']' of this list is missing", "close the list"),
    ("Unclosed inline table", "the '}' of this table is missing", "close it on the line that it began on"),
    ("Cannot overwrite a value", "this key has a value already", "remove one of the two"),
    ("Duplicate inline table key", "this key has a value already", "remove one of the two"),
    ("Cannot declare", "this table exists already", "put the keys of both into one"),
    ("Cannot redefine", "this table exists already", "put the keys of both into one"),
    ("Cannot mutate", "this table was closed where it was written", "put all of its keys in one place"),
)


def _syntax_finding(file: SourceFile, message: str, duplicates: list[tuple[Place, Place]]) -> Diagnostic:
    found = _PLACE.fullmatch(message)
    offset = len(file.text)
    if found and found["line"]:
        offset = min(file.line_starts[int(found["line"]) - 1] + int(found["column"]) - 1, len(file.text))
    stem = found["cause"] if found else message
    known = ((cause, remedy) for start, cause, remedy in _CAUSES if stem.startswith(start))
    cause, remedy = next(known, (None, "see toml.io for the form of the file"))
    if "already" in (cause or ""):
        for first, second in duplicates:
            if second.key_start <= offset:
                span = Span(file, second.key_start, second.key_end)
                name, remedy = span.text, "remove one of the two, or give it another name"
                if second.value_start < second.key_start:  # a header
                    name = Span(file, second.value_start, second.value_end).text
                    remedy = f"put the keys of both into one; in a list of tables each begins with [{name}]"
                finding = DUPLICATE_KEY.at(span, name=name, remedy=remedy)
                return finding.also(Span(file, first.key_start, first.key_end), "first written here")
    word = _WORD.match(file.text, offset)
    span = Span(file, offset, word.end() if word else min(offset + 1, len(file.text)))
    return TOML_SYNTAX.at(span, cause=cause or stem[:1].lower() + stem[1:200], remedy=remedy)


# -------------------------------------------------------------------------------------------------------------- scanner


class _NotToml(Exception):
    """The text is not TOML; `tomllib` will say why."""


class _TooLarge(Exception):
    def __init__(self, at: int, what: str, limit: int) -> None:
        super().__init__(at, what, limit)
        self.at, self.what, self.limit = at, what, limit


class _Part(NamedTuple):
    """One part of a dotted key."""

    name: str
    start: int
    end: int


# Only repeats of single characters: repeated groups would cost memory for every character of a long text.
_BLANK = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"[ \t\r\n]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPE_OR_QUOTE = re.compile(r'\\.|"', re.DOTALL)
_ESCAPE_OR_THREE_QUOTES = re.compile(r'\\.|"""', re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\r\n]*[^,\]}#\r\n \t]")


class _Scanner:
    """One pass over the text. Raises _NotToml or _TooLarge, and nothing else, whatever the text is."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.places: dict[Path, Place] = {}
        self.duplicates: list[tuple[Place, Place]] = []
        """Keys and tables that were written before: the first and the second place."""
        self._counts: dict[Path, int] = {}
        """Elements so far of each array of tables that is written with [[headers]]."""
        self._headers: set[Path] = set()
        """Tables that were opened with a [header]."""

    def scan(self) -> None:
        table: Path = ()
        while self._skip_lines() < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._assignment(table)
            self._end_of_line()

    # ------------------------------------------------------------------------------------------------- statements

    def _header(self) -> Path:
        """`[a.b]` or `[[a.b]]`. Returns the path of the table that it opens."""
        start = self._at
        brackets = 2 if self._text.startswith("[[", start) else 1
        self._at += brackets
        parts = self._dotted_key()
        if not self._text.startswith("]" * brackets, self._at):
            raise _NotToml
        self._at += brackets
        end = self._at
        path: Path = ()
        for part in parts[:-1]:
            path = self._inside((*path, part.name))
            self._record(path, Place(part.start, part.end, start, end), keep=True)
        last = parts[-1]
        path = (*path, last.name)
        here = Place(last.start, last.end, start, end)
        if brackets == 2:
            number = self._counts.get(path, 0)
            self._counts[path] = number + 1
            self._record(path, here, keep=True)
            path = (*path, number)
            here = Place(start, end, start, end)
        elif path in self._headers:
            self.duplicates.append((self.places[path], here))
        self._headers.add(path)
        self._record(path, here)
        return path

    def _inside(self, path: Path) -> Path:
        """A header that leads through an array of tables means its last element."""
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def _assignment(self, table: Path) -> None:
        """`a.b = value`."""
        parts = self._dotted_key()
        if not self._text.startswith("=", self._at):
            raise _NotToml
        self._at += 1
        self._skip(_BLANK)
        path = table
        for part in parts[:-1]:
            path = (*path, part.name)
            self._record(path, Place(part.start, part.end, part.start, part.end), keep=True)
        last = parts[-1]
        path = (*path, last.name)
        first = self.places.get(path)
        start = self._at
        self._record(path, Place(last.start, last.end, start, start))
        self._value(path)
        here = Place(last.start, last.end, start, self._at)
        self.places[path] = here
        if first is not None:
            self.duplicates.append((first, here))

    def _end_of_line(self) -> None:
        self._skip(_BLANK)
        if self._at < len(self._text) and self._text[self._at] not in "\r\n#":
            raise _NotToml

    def _dotted_key(self) -> list[_Part]:
        """Ends after the blanks that follow the key."""
        parts: list[_Part] = []
        while True:
            start = self._skip(_BLANK)
            parts.append(_Part(self._simple_key(), start, self._at))
            if len(parts) > MAX_DEPTH:
                raise _TooLarge(start, "parts in a key", MAX_DEPTH)
            self._skip(_BLANK)
            if not self._text.startswith(".", self._at):
                return parts
            self._at += 1

    def _simple_key(self) -> str:
        if self._text.startswith('"', self._at):
            return _decoded(self._basic_string())
        if self._text.startswith("'", self._at):
            return _decoded(self._literal_string())
        return self._take(_BARE_KEY)

    # ----------------------------------------------------------------------------------------------------- values

    def _value(self, path: Path) -> None:
        """Go to the end of the value that begins here, and record what is inside it."""
        text, at = self._text, self._at
        if text.startswith("[", at):
            self._array(path)
        elif text.startswith("{", at):
            self._inline_table(path)
        elif text.startswith('"', at):
            self._basic_string(long=text.startswith('"""', at))
        elif text.startswith("'", at):
            self._literal_string(long=text.startswith("'''", at))
        elif len(self._take(_SCALAR)) > MAX_SCALAR_CHARACTERS:
            raise _TooLarge(at, "characters in a number", MAX_SCALAR_CHARACTERS)

    def _basic_string(self, *, long: bool = False) -> str:
        """Go past a string in double quotes, or in three of them. Returns it with its quotes."""
        start = self._at
        pattern, width = (_ESCAPE_OR_THREE_QUOTES, 3) if long else (_ESCAPE_OR_QUOTE, 1)
        self._at += width
        while (found := pattern.search(self._text, self._at)) is not None:
            self._at = found.end()
            if not found.group().startswith("\\"):
                return self._closed(start, '"', long)
        raise _NotToml

    def _literal_string(self, *, long: bool = False) -> str:
        """The same for single quotes, where nothing is an escape."""
        start = self._at
        width = 3 if long else 1
        end = self._text.find("'" * width, start + width)
        if end < 0:
            raise _NotToml
        self._at = end + width
        return self._closed(start, "'", long)

    def _closed(self, start: int, quote: str, long: bool) -> str:
        """The string from `start`, whose closing quotes have just been passed. Up to two more before these are part
        of a long one."""
        for _ in range(2 if long else 0):
            if self._text.startswith(quote, self._at):
                self._at += 1
        string = self._text[start : self._at]
        if not long and "\n" in string:
            raise _NotToml
        return string

    def _array(self, path: Path) -> None:
        self._at += 1
        number = 0
        while self._skip_lines() < len(self._text) and self._text[self._at] != "]":
            start = self._at
            element = (*path, number)
            self._record(element, Place(start, start, start, start))
            self._value(element)
            self.places[element] = Place(start, self._at, start, self._at)
            number += 1
            self._skip_lines()
            self._comma_or("]")
        self._close("]")

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while self._skip_lines() < len(self._text) and self._text[self._at] != "}":
            self._assignment(path)
            self._skip_lines()
            self._comma_or("}")
        self._close("}")

    def _comma_or(self, closing: str) -> None:
        if self._text.startswith(",", self._at):
            self._at += 1
        elif not self._text.startswith(closing, self._at):
            raise _NotToml

    def _close(self, closing: str) -> None:
        if not self._text.startswith(closing, self._at):
            raise _NotToml
        self._at += 1

    # ----------------------------------------------------------------------------------------------------- pieces

    def _record(self, path: Path, place: Place, *, keep: bool = False) -> None:
        """`keep` leaves the place of a path that has one."""
        if len(path) > MAX_DEPTH:
            raise _TooLarge(place.key_start, "levels of tables and lists", MAX_DEPTH)
        if keep:
            self.places.setdefault(path, place)
        else:
            self.places[path] = place
        if len(self.places) > MAX_ENTRIES:
            raise _TooLarge(place.key_start, "keys and list elements", MAX_ENTRIES)

    def _skip_lines(self) -> int:
        """Go past blanks, line ends and comments. Returns the new place."""
        while self._text.startswith("#", self._skip(_BLANK_LINES)):
            end = self._text.find("\n", self._at)
            self._at = len(self._text) if end < 0 else end
        return self._at

    def _skip(self, pattern: re.Pattern[str]) -> int:
        """Go past what `pattern` matches, which may be nothing. Returns the new place."""
        found = pattern.match(self._text, self._at)
        assert found is not None
        self._at = found.end()
        return self._at

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise _NotToml
        self._at = found.end()
        return found.group()


def _decoded(quoted: str) -> str:
    """The text that a quoted key means."""
    try:
        return str(tomllib.loads(f"key = {quoted}")["key"])
    except tomllib.TOMLDecodeError:
        raise _NotToml from None
