"""Whole variables as values of Python: those of `service.values`, and what is made of them.

| IEC type | Python value |
|---|---|
| structure, block instance | dict of its members; to write some of them, a dict of those |
| array | list, one level for each dimension |
| enumeration | `Enumerator`, an int that knows its label; a label is accepted as text |
| TIME, LTIME | int, nanoseconds; a duration such as "1.5s" is accepted as text |
| anything else | as in `service.values` |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from iec61131.diagnostics.diagnostic import near_name
from iec61131.program import CompiledProgram, DataType, Target, UnknownPath
from runtime.image.ring import Write
from runtime.service import values
from runtime.service.config.durations import BadDuration, parse_duration
from runtime.service.errors import NotWritable, OutOfRange, WrongType
from runtime.service.exposure import known_names
from runtime.testing.errors import UnknownVariable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DURATIONS = ("TIME", "LTIME")


class Enumerator(int):
    """A value of an enumeration. It equals its number and its label: `plc["Main.State"] == "Filling"`."""

    type: DataType

    @classmethod
    def of(cls, type_: DataType, number: int) -> Enumerator:
        made = cls(number)
        made.type = type_
        return made

    @property
    def name(self) -> str:
        """The first label with this number; the number itself where it has none."""
        return next((label for label, number in self.type.labels if number == int(self)), str(int(self)))

    def __eq__(self, other: object) -> bool:
        """Raises ValueError for a text that is no label, since a misspelt one would never be equal."""
        if not isinstance(other, str):
            return int.__eq__(self, other)  # type: ignore[arg-type]
        for label, number in self.type.labels:
            if label.upper() == other.upper():
                return number == int(self)
        labels = [label for label, _ in self.type.labels]
        raise ValueError(f"'{other}' is no label of {self.type.name}; {_remedy(other, labels)}")

    __hash__ = int.__hash__

    def __repr__(self) -> str:
        return f"{self.type.name}.{self.name}"


def find(program: CompiledProgram, path: str) -> Target:
    """The variable of this name. Raises UnknownVariable with the nearest name."""
    try:
        return program.find(path)
    except UnknownPath as error:
        remedy = _remedy(error.part, known_names(program, error))
        raise UnknownVariable(f"no variable '{path}': '{error.part}' is not known here; {remedy}") from None


def _remedy(written: str, known: Iterable[str]) -> str:
    near = near_name(written, known)
    return f"did you mean '{near}'?" if near else f"there are: {', '.join(sorted(known)[:20]) or 'none'}"


def read(program: CompiledProgram, target: Target, memory: NDArray[np.uint8]) -> Any:
    """The value of `target` in `memory`."""
    type_ = target.type
    if type_.members:
        return {part.path: read(program, part, memory) for part in _members(program, target)}
    if type_.kind == "array":
        element = program.types[type_.element]
        if not element.is_single or element.kind == "enum":
            return _shaped(type_, _elements(program, target), lambda part: read(program, part, memory))
    value = values.read(program, target, memory)
    return Enumerator.of(type_, value) if type_.kind == "enum" else value


def _members(program: CompiledProgram, target: Target) -> Iterator[Target]:
    """Its members, as targets whose paths are their names."""
    for member in target.type.members:
        if not member.is_hidden:
            type_, offset = program.types[member.type], target.offset + member.offset
            yield Target(member.name, type_, offset, None, target.constant or member.constant, target.section)


def _elements(program: CompiledProgram, target: Target) -> Iterator[Target]:
    element = program.types[target.type.element]
    count = target.type.size // element.size if element.size else 0
    for number in range(count):
        yield Target(target.path, element, target.offset + number * element.size, None, target.constant, target.section)


def _shaped(type_: DataType, parts: Iterable[Target], value: Callable[[Target], Any]) -> list[Any]:
    found = [value(part) for part in parts]
    for low, high in reversed(type_.ranges[1:]):
        width = high - low + 1
        found = [found[start : start + width] for start in range(0, len(found), width)]
    return found


def write(program: CompiledProgram, target: Target, value: object) -> list[Write]:
    """What puts `value` into `target`. Raises NotWritable, WrongType, OutOfRange or UnknownVariable."""
    if target.constant:
        raise NotWritable(f"'{target.path}' is a constant; the compiler has used its value already")
    type_ = target.type
    if type_.members:
        return [row for part, item in _given(program, target, value) for row in write(program, part, item)]
    if type_.kind == "array" and not program.types[type_.element].is_single:
        items = values.flat(target.path, value, [high - low + 1 for low, high in type_.ranges])
        parts = zip(_elements(program, target), items, strict=True)
        return [row for part, item in parts for row in write(program, part, item)]
    if type_.base in DURATIONS and isinstance(value, str):
        value = _nanoseconds(target.path, value)
    return [values.write(program, target, value)]


def _given(program: CompiledProgram, target: Target, value: object) -> Iterator[tuple[Target, object]]:
    """The members that a dict names, with their values."""
    if not isinstance(value, Mapping):
        described = values.describe(value)
        raise WrongType(f"'{target.path}' is a {target.type.name}; a dict of its members is expected, not {described}")
    known = {part.path.upper(): part for part in _members(program, target)}
    for name, item in cast("Mapping[str, object]", value).items():
        part = known.get(name.upper())
        if part is None:
            remedy = _remedy(name, [each.path for each in known.values()])
            raise UnknownVariable(f"'{target.path}' has no member '{name}'; {remedy}")
        path = f"{target.path}.{part.path}"
        yield Target(path, part.type, part.offset, None, part.constant, part.section), item


def _nanoseconds(path: str, text: str) -> int:
    try:
        return parse_duration(text)
    except BadDuration as error:
        raise OutOfRange(f"'{path}' is a duration; '{text[:40]}' is none: {error}") from None
