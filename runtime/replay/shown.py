"""Values as people read them, as the language writes them, and what they consist of.

| type | text |
|---|---|
| BOOL, numbers | `TRUE`, `-3`, `1.5` |
| bit strings | `16#0F` |
| TIME, dates | `T#1.5s` as `T#1s500ms`, `D#2024-02-29` |
| strings, characters | `'text'`, in `"` what is wide |
| enumerations | `Mode#Busy` |
| references | `NULL`, or where they lead to, `-> 1024` |
| structures, blocks, arrays | their first parts |
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from math import isfinite

from iec61131.code_page import as_characters
from iec61131.interpreter.flow import Activation
from iec61131.interpreter.memory import Location
from iec61131.semantics.model import Pou, Storage
from iec61131.semantics.types import (
    ArrayType,
    BlockType,
    Elementary,
    EnumType,
    InterfaceType,
    Kind,
    PointerType,
    StringType,
    StructType,
    SubrangeType,
    Type,
)
from runtime.service.config.durations import format_duration
from runtime.service.dates import format_date

MOST_PARTS = 200
"""Of an array or a structure that are shown at once."""
_FIRST_PARTS = 4
_MOST_TEXT = 120
_CONTROL = 0x20


def text(place: Location) -> str:
    """The value at a place, in one line."""
    return _text(place, depth=1)


def _text(place: Location, depth: int) -> str:
    type_ = place.type
    if is_whole(type_):
        return _value(place)
    if depth < 0:
        return ".."
    shown = [f"{name} := {_text(part, depth - 1)}" for name, part in islice(_parts(place), _FIRST_PARTS)]
    more = ", .." if count(type_) > _FIRST_PARTS else ""
    if isinstance(type_, ArrayType):
        shown = [part.partition(" := ")[2] for part in shown]
        return _cut(f"[{', '.join(shown)}{more}]")
    return _cut(f"({', '.join(shown)}{more})")


def _cut(line: str) -> str:
    return line if len(line) <= _MOST_TEXT else f"{line[: _MOST_TEXT - 2]}.."


def is_whole(type_: Type) -> bool:
    """Whether a value has no parts."""
    return not isinstance(type_, ArrayType | StructType | BlockType)


def _value(place: Location) -> str:
    type_, value = place.type, place.load()
    match type_:
        case StringType():
            assert isinstance(value, bytes)
            return _quoted(value, type_)
        case EnumType():
            name = next((name for name, number in type_.members.items() if number == value), None)
            return f"{type_.name}#{name}" if name is not None else str(value)
        case PointerType() | InterfaceType():
            return "NULL" if value == 0 else f"-> {value}"
        case SubrangeType(base=base):
            return _elementary(value, base)
        case Elementary():
            return _elementary(value, type_)
        case _:
            return ""


def _elementary(value: object, type_: Elementary) -> str:
    assert isinstance(value, bool | int | float)
    match type_.kind:
        case Kind.BOOL:
            return "TRUE" if value else "FALSE"
        case Kind.BITS:
            return f"16#{int(value):0{type_.size * 2}X}"
        case Kind.REAL:
            return _real(float(value), single=type_.size == 4)
        case Kind.DURATION:
            sign = "-" if value < 0 else ""
            return f"{'L' * (type_.name[0] == 'L')}T#{sign}{format_duration(abs(int(value)))}"
        case Kind.DATE:
            prefix = {"DATE": "D", "LDATE": "LD"}.get(type_.name, type_.name)
            return f"{prefix}#{format_date(type_.name, int(value)).replace('T', '-')}"
        case Kind.CHARACTER:
            quote = "'" if type_.size == 1 else '"'
            return f"{quote}{_escaped(chr(int(value)), quote)}{quote}"
        case Kind.SIGNED | Kind.UNSIGNED:
            return str(int(value))


def _real(value: float, *, single: bool) -> str:
    """The shortest text that is this number in its own precision."""
    if single and isfinite(value):
        from numpy import float32

        return str(float32(value))
    return repr(value)


def _quoted(raw: bytes, type_: StringType) -> str:
    if type_.wide:
        found, quote = raw.decode("utf-16-le", "replace").partition("\0")[0], '"'
    else:
        found, quote = as_characters(raw.partition(b"\0")[0].decode("latin-1")), "'"
    cut = found if len(found) <= _MOST_TEXT else f"{found[:_MOST_TEXT]}.."
    return f"{quote}{''.join(_escaped(character, quote) for character in cut)}{quote}"


def _escaped(character: str, quote: str) -> str:
    if character in ("$", quote):
        return f"${character}"
    return f"${ord(character):02X}" if ord(character) < _CONTROL or ord(character) == 0x7F else character


# --------------------------------------------------------------------------------------------------------------- parts


def count(type_: Type) -> int:
    """How many parts a value has."""
    match type_:
        case ArrayType():
            return type_.count
        case StructType():
            return len(type_.fields)
        case BlockType():
            return sum("$" not in member.name for member in type_.members.values())
        case _:
            return 0


def parts(place: Location, start: int = 0, most: int = MOST_PARTS) -> list[tuple[str, Location]]:
    """Some of the parts of a value, from number `start` on, by name: `Level`, `[3, 4]`."""
    if isinstance(place.type, ArrayType):
        first = max(0, start)
        found = _elements(place, place.type, first, min(place.type.count, first + most))
    else:
        found = islice(_parts(place), max(0, start), max(0, start) + most)
    return list(found)


def _parts(place: Location) -> Iterator[tuple[str, Location]]:
    match place.type:
        case ArrayType() as type_:
            yield from _elements(place, type_, 0, type_.count)
        case StructType(fields=fields):
            yield from ((each.name, place.part(each.offset, each.type)) for each in fields.values())
        case BlockType(members=members):
            shown = [each for each in members.values() if "$" not in each.name]
            yield from ((each.name, place.part(each.offset, each.type)) for each in shown)
        case _:
            return


def _elements(place: Location, type_: ArrayType, first: int, end: int) -> Iterator[tuple[str, Location]]:
    indices = islice(product(*(range(low, high + 1) for low, high in type_.ranges)), first, end)
    for number, index in enumerate(indices, first):
        yield f"[{', '.join(map(str, index))}]", place.part(number * type_.element.size, type_.element)


def locals_of(pou: Pou, here: Activation, memory: memoryview) -> list[tuple[str, Location]]:
    """The variables of a call by name: its own, those at addresses, those of its instance, inherited ones too; THIS of
    a method.
    """
    found = dict[str, Location]()
    for variable in pou.variables:
        if variable in here.places:
            found[variable.name] = here.places[variable]
        elif variable.storage is Storage.INSTANCE and here.instance is not None:
            found[variable.name] = here.instance.part(variable.offset, variable.type)
        elif variable.storage is Storage.MEMORY and variable.offset >= 0:
            found[variable.name] = Location(memory, variable.offset, variable.type, variable.bit)
    if here.instance is not None and pou.is_block:
        found = {**dict(_parts(here.instance)), **found}
    elif here.instance is not None:
        found["THIS"] = here.instance
    return [(name, place) for name, place in found.items() if "$" not in name]
