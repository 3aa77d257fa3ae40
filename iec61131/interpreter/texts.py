"""Strings: how a text lies in bytes, and the standard functions of texts, on Python's own strings.

A character of the Python string is one byte of a STRING or one UTF-16 code unit of a WSTRING.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from iec61131.interpreter.memory import Value
from iec61131.semantics.model import Expression
from iec61131.semantics.types import Elementary, StringType, Type

Operands = Sequence[str | int]


def text_of(value: Value, type_: Type | None) -> str:
    """What stands before the first zero, or all of it when there is none; a CHAR or WCHAR is a text of one character,
    or, zero, of none.
    """
    if isinstance(value, int):
        return chr(value) if value else ""
    assert isinstance(type_, StringType)
    assert isinstance(value, bytes)
    unit = type_.unit
    units = [int.from_bytes(value[at : at + unit], "little") for at in range(0, type_.length * unit, unit)]
    end = units.index(0) if 0 in units else len(units)
    return "".join(map(chr, units[:end]))


def bytes_of(text: str, type_: StringType) -> bytes:
    """The text as far as it fits, then zeros."""
    numbers = [_number(character, type_.unit) for character in text[: type_.length]]
    return b"".join(number.to_bytes(type_.unit, "little") for number in numbers).ljust(type_.size, b"\0")


def convert(value: Value, source: Type | None, target: Type) -> Value:
    """A string or character as another one."""
    text = text_of(value, source)
    if isinstance(target, StringType):
        return bytes_of(text, target)
    assert isinstance(target, Elementary)
    return character_of(text, target)


def character_of(text: str, type_: Elementary) -> int:
    """The first character of a text as CHAR or WCHAR; zero of an empty one."""
    return _number(text[0], type_.size) if text else 0


def _number(character: str, size: int) -> int:
    """A question mark for what has no place in one byte."""
    return ord(character) if ord(character) < 1 << 8 * size else ord("?")


def call(name: str, arguments: Sequence[Expression], values: Sequence[Value], type_: Type) -> Value:
    """One of the functions of texts: `values` are those of `arguments`."""
    operands: list[str | int] = []
    for argument, value in zip(arguments, values, strict=True):
        is_text = isinstance(argument.type, StringType)
        operands.append(text_of(value, argument.type) if is_text else _count(value))
    result = TEXT[name](operands)
    if isinstance(result, int):
        return result
    assert isinstance(type_, StringType)
    return bytes_of(result, type_)


def choose(name: str, values: Sequence[Value], type_: StringType) -> Value:
    """MIN, MAX, LIMIT of strings: one of the operands, whole, chosen by what their texts say."""
    keyed = [(text_of(value, type_), value) for value in values]
    if name == "MIN":
        return reduce(lambda a, b: b if b[0] < a[0] else a, keyed)[1]
    if name == "MAX":
        return reduce(lambda a, b: b if a[0] < b[0] else a, keyed)[1]
    low, value, high = keyed
    raised = low if value[0] < low[0] else value
    return (high if high[0] < raised[0] else raised)[1]


def _count(value: Value) -> int:
    assert isinstance(value, int)
    return value


def _len(operands: Operands) -> int:
    (text,) = operands
    assert isinstance(text, str)
    return len(text)


def _left(operands: Operands) -> str:
    text, count = _text_and_counts(operands, 1)
    return text[: max(count[0], 0)]


def _right(operands: Operands) -> str:
    text, count = _text_and_counts(operands, 1)
    return text[len(text) - min(max(count[0], 0), len(text)) :]


def _mid(operands: Operands) -> str:
    text, (count, position) = _text_and_counts(operands, 2)
    return text[position - 1 :][: max(count, 0)] if position >= 1 else ""


def _concat(operands: Operands) -> str:
    return "".join(str(text) for text in operands)


def _insert(operands: Operands) -> str:
    text, inserted, position = operands
    assert isinstance(text, str)
    assert isinstance(position, int)
    at = min(max(position, 0), len(text))
    return f"{text[:at]}{inserted}{text[at:]}"


def _delete(operands: Operands) -> str:
    text, (count, position) = _text_and_counts(operands, 2)
    return _replaced(text, "", count, position)


def _replace(operands: Operands) -> str:
    text, replacement, count, position = operands
    assert isinstance(text, str)
    return _replaced(text, str(replacement), int(count), int(position))


def _replaced(text: str, replacement: str, count: int, position: int) -> str:
    if position < 1:
        return text
    start = min(position - 1, len(text))
    return text[:start] + replacement + text[start + max(count, 0) :]


def _find(operands: Operands) -> int:
    text, part = operands
    assert isinstance(text, str)
    assert isinstance(part, str)
    return text.find(part) + 1 if part else 0


def _text_and_counts(operands: Operands, number: int) -> tuple[str, list[int]]:
    text, *counts = operands
    assert isinstance(text, str)
    assert len(counts) == number
    return text, [int(count) for count in counts]


TEXT: dict[str, Callable[[Operands], str | int]] = {
    "LEN": _len,
    "LEFT": _left,
    "RIGHT": _right,
    "MID": _mid,
    "CONCAT": _concat,
    "INSERT": _insert,
    "DELETE": _delete,
    "REPLACE": _replace,
    "FIND": _find,
}
