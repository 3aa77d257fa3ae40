"""Checks tables of the project file against their keys and gives the values, complete with defaults.

The keys come as tables: `io_drivers.contract.Key` for what has one of the common kinds, `SpecialKey` for the few
settings with a form of their own. `Checker.table` takes one table of the document through all checks that need no
other table: unknown keys, missing keys, kind, range, choice. What is wrong is added to the findings and replaced by
the default, so that checking goes on; `Checked.sound` says whether anything was.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeGuard, cast

from msgspec import Struct

from iec61131.diagnostics.catalogue.project import (
    BAD_DURATION,
    BAD_NAME,
    DUPLICATE_NAME,
    MISSING_KEY,
    OUT_OF_RANGE,
    UNKNOWN_CHOICE,
    UNKNOWN_KEY,
    WRONG_TYPE,
)
from iec61131.diagnostics.diagnostic import Code
from iec61131.source import Span
from io_drivers.contract import Key, KeyKind
from runtime.service.config.durations import BadDuration, format_duration, parse_duration
from runtime.service.config.findings import Findings, listed
from runtime.service.config.toml_spans import Document, Path

NAME_FORM = "letters, digits, _ and -, up to 64"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

KIND_WORDS = {
    KeyKind.TEXT: "text",
    KeyKind.INTEGER: "a whole number",
    KeyKind.NUMBER: "a number",
    KeyKind.BOOLEAN: "true or false",
    KeyKind.DURATION: "a duration",
    KeyKind.CHOICE: "one of a few words",
    KeyKind.TABLE: "a table",
}


class SpecialKey(Struct, frozen=True):
    """A setting with a form of its own. `read(checker, path, value)` gives its value, or None after it has added a
    finding.

    `form` and `written_default` are for people; `example` is a right value as written.
    """

    name: str
    form: str
    help: str
    read: Callable[[Checker, Path, object], Any]
    example: str
    required: bool = False
    default: Any = None
    written_default: str = ""


AnyKey = Key | SpecialKey


class Checked(Struct):
    """The values of one table by key, defaults filled in; `written` are the keys that the file has."""

    path: Path
    values: dict[str, Any]
    written: frozenset[str] = frozenset()
    sound: bool = True

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


class Checker:
    """The checks over one document. Findings are added to `findings`."""

    def __init__(self, document: Document, findings: Findings) -> None:
        self.document = document
        self.findings = findings

    # -------------------------------------------------------------------------------------------------------- tables

    def table(
        self, path: Path, keys: Sequence[AnyKey], where: str, *, more: Sequence[str] = (), strict: bool = True
    ) -> Checked:
        """Check the table at `path`, which `where` names to people. `more` are further keys that it may have, checked
        elsewhere; without `strict` any unknown key is passed over."""
        written = self.at(path)
        if written is None:
            written = {}
        elif not is_table(written):
            header = f"[{path_text(path)}]"
            self.wrong_type(path, path_text(path), "a table", f"[{header}]" if isinstance(path[-1], int) else header)
            return Checked(path, {key.name: key.default for key in keys}, sound=False)
        checked = Checked(path, {}, frozenset(written))
        if strict:
            checked.sound = self._no_unknown_keys(path, written, [*(key.name for key in keys), *more], where)
        for key in keys:
            checked.values[key.name] = self._value_of(key, checked, written, where)
        return checked

    def at(self, path: Path) -> object:
        """The raw value at `path`, None when nothing is written there."""
        value: Any = self.document.values
        for part in path:
            value = value[part] if isinstance(part, int) else value.get(part) if is_table(value) else None
        return value

    def names(self, path: Path, what: str) -> list[str]:
        """The names of the tables in the table at `path` (`[device.NAME]`), in the file's order, without those that
        are no names."""
        tables = self.at(path)
        if tables is None:
            return []
        if not is_table(tables):
            self.wrong_type(path, path_text(path), "tables with names", f"[{path_text(path)}.name]")
            return []
        seen: dict[str, Span] = {}
        named = f"the name of a {what}"
        return [
            name
            for name in tables
            if self.is_name(name, self.document.key((*path, name)), named)
            and self.is_new(name, seen, self.document.key((*path, name)), what)
        ]

    # --------------------------------------------------------------------------------------------------------- names

    def is_name(self, text: str, span: Span, what: str) -> bool:
        """Whether `text`, which stands at `span`, is a name; if not, a finding."""
        if _NAME.fullmatch(text):
            return True
        self.findings.add(BAD_NAME.at(span, found=text[:80], what=what, form=NAME_FORM))
        return False

    def is_new(self, name: str, seen: dict[str, Span], span: Span, what: str) -> bool:
        """Whether `name` is not yet in `seen`, where it is put; if it is, a finding."""
        first = seen.setdefault(name.upper(), span)
        if first is not span:
            self.findings.add(DUPLICATE_NAME.at(span, what=what, name=name).also(first, "first used here"))
        return first is span

    # ---------------------------------------------------------------------------------------------------------- keys

    def _no_unknown_keys(self, path: Path, written: dict[str, Any], known: list[str], where: str) -> bool:
        sound = True
        for name in written:
            if name not in known:
                sound = False
                span = self.document.key((*path, name))
                finding = UNKNOWN_KEY.at(span, where=where, name=name[:80], known=listed(known, 30))
                self.findings.add_near(finding, name, known)
        return sound

    def _value_of(self, key: AnyKey, checked: Checked, written: dict[str, Any], where: str) -> Any:
        path = (*checked.path, key.name)
        if key.name not in written:
            if key.required:
                checked.sound = False
                self.missing(key, checked.path, where)
                return None
            if isinstance(key, Key) and key.kind is KeyKind.TABLE:
                return {inner.name: inner.default for inner in key.keys}
            return key.default
        value = self._read(key, path, written[key.name], checked)
        if value is None:
            checked.sound = False
            return key.default
        return value

    def missing(self, key: AnyKey, path: Path, where: str) -> None:
        """The finding that the table at `path` lacks `key`."""
        span = self.document.value(path)
        self.findings.add(
            MISSING_KEY.at(span, where=where, name=key.name, help=key.help, example=f"{key.name} = {example(key)}")
        )

    def _read(self, key: AnyKey, path: Path, value: object, checked: Checked) -> Any:
        """The value of a key that was written, or None after a finding."""
        if isinstance(key, SpecialKey):
            return key.read(self, path, value)
        match key.kind:
            case KeyKind.TEXT if isinstance(value, str):
                return value
            case KeyKind.BOOLEAN if isinstance(value, bool):
                return value
            case KeyKind.CHOICE if isinstance(value, str):
                return self.choice(path, key.name, value, key.choices)
            case KeyKind.DURATION if isinstance(value, str):
                duration_ns = self.duration(path, value)
                return None if duration_ns is None else self._in_range(key, path, duration_ns)
            case KeyKind.INTEGER if isinstance(value, int) and not isinstance(value, bool):
                return self._in_range(key, path, value)
            case KeyKind.NUMBER if isinstance(value, int | float) and not isinstance(value, bool):
                number = self.number(path, key.name, value)
                return None if number is None else self._in_range(key, path, number)
            case KeyKind.TABLE if is_table(value):
                inner = self.table(path, key.keys, f"'{key.name}'")
                checked.sound = checked.sound and inner.sound
                return inner.values
            case _:
                expected = f"one of {quoted(key.choices)}" if key.kind is KeyKind.CHOICE else KIND_WORDS[key.kind]
                self.wrong_type(path, key.name, expected, example(key))
                return None

    # -------------------------------------------------------------------------------------------------------- values

    def wrong_type(self, path: Path, name: str, expected: str, example: str) -> None:
        """A finding: the value at `path` is of another kind than `expected`."""
        found = describe(self.at(path))
        self.findings.add(
            WRONG_TYPE.at(self.document.value(path), name=name, expected=expected, found=found, example=example)
        )

    def refuse(self, code: Code, path: Path, **arguments: object) -> None:
        """A finding about the value at `path`."""
        self.findings.add(code.at(self.document.value(path), **arguments))

    def choice(self, path: Path, name: str, value: str, choices: Sequence[str]) -> str | None:
        if value in choices:
            return value
        finding = UNKNOWN_CHOICE.at(self.document.value(path), name=name, found=value[:80], known=quoted(choices))
        self.findings.add_near(finding, value, choices)
        return None

    def duration(self, path: Path, value: str) -> int | None:
        """Nanoseconds."""
        try:
            return parse_duration(value)
        except BadDuration as why:
            self.refuse(BAD_DURATION, path, found=value[:80], cause=why)
            return None

    def number(self, path: Path, name: str, value: float) -> float | None:
        """`value` as a finite double."""
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
        self.refuse(OUT_OF_RANGE, path, name=name, found=str(value)[:40], range="finite numbers")
        return None

    def texts(self, path: Path, name: str, value: object, most: int) -> list[str] | None:
        """A list of at most `most` texts."""
        if not isinstance(value, list):
            self.wrong_type(path, name, "a list of texts", '["...", "..."]')
            return None
        items = cast("list[object]", value)
        if len(items) > most:
            self.refuse(OUT_OF_RANGE, path, name=name, found=f"a list of {len(items)}", range=f"up to {most} entries")
            return None
        texts: list[str] = []
        for number, item in enumerate(items):
            if isinstance(item, str):
                texts.append(item)
            else:
                self.wrong_type((*path, number), name, "a list of texts", '["...", "..."]')
        return texts if len(texts) == len(items) else None

    def _in_range(self, key: Key, path: Path, value: float) -> Any:
        low, high = key.minimum, key.maximum
        if (low is None or value >= low) and (high is None or value <= high):
            return value
        self.refuse(OUT_OF_RANGE, path, name=key.name, found=number_text(key, value), range=range_text(key))
        return None


# ----------------------------------------------------------------------------------------------------- words for people


def is_table(value: object) -> TypeGuard[dict[str, Any]]:
    """TOML tables have text for keys."""
    return isinstance(value, dict)


def path_text(path: Path) -> str:
    """`device.tank`, as in a header."""
    return ".".join(str(part) for part in path if isinstance(part, str))


def quoted(choices: Sequence[str]) -> str:
    """Words as they stand in the file."""
    return ", ".join(f'"{choice}"' for choice in choices)


def describe(value: object) -> str:
    """A TOML value in a message: its kind and a short form of it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"the text {_short(value)}"
        case int():
            return f"the whole number {_short(value)}"
        case float():
            return f"the number {_short(value)}"
        case list():
            return "a list"
        case dict():
            return "a table"
        case datetime.date() | datetime.time():
            return f"the date or time {_short(str(value))}"
        case _:
            return "nothing"


def _short(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def number_text(key: Key, value: float) -> str:
    """A number in the unit in which the key is written."""
    if key.kind is KeyKind.DURATION:
        return format_duration(int(value))
    return f"{value:g}" if isinstance(value, float) and not value.is_integer() else _short(int(value))


def range_text(key: Key) -> str:
    """The range of a number or duration, empty when any will do."""
    low = None if key.minimum is None else number_text(key, key.minimum)
    high = None if key.maximum is None else number_text(key, key.maximum)
    if low is not None and high is not None:
        return low if low == high else f"{low} to {high}"
    if low is not None:
        return f"{low} or more"
    return "" if high is None else f"up to {high}"


def written(key: Key, value: Any) -> str:
    """A value of `key` as it stands in the file."""
    match key.kind:
        case KeyKind.DURATION:
            return f'"{format_duration(value)}"'
        case KeyKind.TEXT | KeyKind.CHOICE:
            return f'"{value}"'
        case KeyKind.BOOLEAN:
            return "true" if value else "false"
        case _:
            return str(value)


def example(key: AnyKey) -> str:
    """A right value of `key` as it stands in the file."""
    if isinstance(key, SpecialKey):
        return key.example
    if key.default is not None:
        return written(key, key.default)
    match key.kind:
        case KeyKind.TEXT:
            return '"..."'
        case KeyKind.CHOICE:
            return f'"{key.choices[0]}"'
        case KeyKind.BOOLEAN:
            return "true"
        case KeyKind.DURATION:
            return written(key, int(min(max(1_000_000_000, key.minimum or 0), key.maximum or math.inf)))
        case KeyKind.TABLE:
            return "{ " + ", ".join(f"{inner.name} = {example(inner)}" for inner in key.keys) + " }"
        case KeyKind.INTEGER | KeyKind.NUMBER:
            return f"{key.minimum or 0:g}"
