"""From what is stored to the retained variables of a program, which may be another than the one that stored them.

The same program takes the values as they are. Into another each variable is carried by its name: what has the same type
is copied, what has another is converted, arrays element by element, structures and instances member by member. What has
no counterpart, or one that cannot take the value, begins with its initial value. `Report` says what became of what.

Two things mean something to their own program alone: references, and the variables that the compiler adds to a block,
whose names are numbers. The first are left out; the second are carried where the block has the very same members.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import numpy as np
from msgspec import Struct, field

from iec61131.program import CompiledProgram, DataType, Member, Range, split_path
from runtime.service.retain.conversions import CannotConvert, convert
from runtime.service.retain.image import gather
from runtime.service.retain.stored import Description, Stored, describe

MOST_ROWS = 1000
"""Of a report; beyond them only the numbers are right."""

KEPT, CONVERTED, DROPPED, NEW = "kept", "converted", "dropped", "new"


class Row(Struct, frozen=True):
    """What became of one variable or of a whole one with all its parts."""

    path: str
    became: str
    note: str = ""


class Report(Struct):
    """How many variables were kept as they are, converted, dropped, and begin as new ones; an array of single values
    counts as one. `rows` are those that were not simply kept.
    """

    kept: int = 0
    converted: int = 0
    dropped: int = 0
    new: int = 0
    rows: list[Row] = field(default_factory=list[Row])

    def add(self, path: str, became: str, note: str = "", count: int = 1) -> None:
        setattr(self, became, getattr(self, became) + count)
        if became != KEPT and len(self.rows) < MOST_ROWS:
            self.rows.append(Row(path, became, note))


def carry(stored: Stored | None, program: CompiledProgram, *, cold: bool = False) -> tuple[bytes, Report]:
    """The values with which the retained variables of `program` begin, as `image.scatter` takes them, and what became
    of those that are stored. A `cold` start takes over what is persistent alone.
    """
    initial = gather(program.retained, np.frombuffer(program.initial, np.uint8))
    target = describe(program)
    if stored is None:
        report = Report(new=sum(count_of(target.types, part.type) for part in target.ranges))
        return initial, report
    if stored.description == target and not cold:
        return stored.values, Report(kept=sum(count_of(target.types, part.type) for part in target.ranges))
    carrier = Carrier(stored, target, initial)
    for part in target.ranges:
        carrier.bring(part, cold=cold)
    carrier.note_dropped()
    return bytes(carrier.values), carrier.report


class Place(Struct, frozen=True):
    """A variable among the stored values."""

    type: DataType
    offset: int


class Branch(Struct):
    """A variable of which only parts are stored, by name in capitals or by indices."""

    parts: dict[str | tuple[int, ...], Branch | Place]


class Carrier:
    """See the module's text. `values` are those of the new program, as far as they are known by now.

    An online change (`service.change.planner`) goes by the same rules and keeps more: it overrides what is protected.
    """

    hidden_by_name = False

    def __init__(self, stored: Stored, target: Description, initial: bytes) -> None:
        self.values = bytearray(initial)
        self.report = Report()
        self._stored = stored
        self._old_types, self._types = stored.description.types, target.types
        self._same_program = stored.description.digest == target.digest
        self._members: dict[int, dict[str, Member]] = {}
        self._used = bytearray(len(stored.values))
        self._root = Branch({})
        for part in stored.description.ranges:
            _plant(self._root, part, self._old_types)

    def bring(self, part: Range, *, cold: bool) -> None:
        """Give one retained variable its value."""
        source: Branch | Place | None = self._root
        for name in split_path(part.path):
            source = self._part_of(source, name)
        if "$" in part.path:  # the compiler's own, numbered anew with every change
            self._mark(source)
            if self._same_program and isinstance(source, Place):
                self._copy(source, part.offset)
            return
        if cold and not part.persistent and source is not None:
            self._mark(source)
            self.report.add(part.path, DROPPED, "a cold start keeps what is PERSISTENT", self._count(part.type))
            return
        self._fill(part.path, part.type, part.offset, source)

    def _part_of(self, source: Branch | Place | None, name: str | tuple[int, ...]) -> Branch | Place | None:
        if isinstance(source, Branch):
            return source.parts.get(name.upper() if isinstance(name, str) else name)
        if source is None:
            return None
        type_ = source.type
        if isinstance(name, str):
            member = self._members_of(type_).get(name.upper())
            return None if member is None else Place(self._old_types[member.type], source.offset + member.offset)
        if len(name) != len(type_.ranges):
            return None
        if not all(low <= index <= high for index, (low, high) in zip(name, type_.ranges, strict=True)):
            return None
        element = self._old_types[type_.element]
        return Place(element, source.offset + number_of(name, type_.ranges) * element.size)

    def _members_of(self, type_: DataType) -> dict[str, Member]:
        """By name in capitals; found once for each type, of which there may be thousands of values."""
        known = self._members.get(id(type_))
        if known is None:
            known = self._members[id(type_)] = {m.name.upper(): m for m in type_.members}
        return known

    # --------------------------------------------------------------------------------------------- variable by variable

    def _fill(self, path: str, index: int, offset: int, source: Branch | Place | None) -> None:
        """The variable of type number `index` at `offset`, from its counterpart."""
        type_ = self._types[index]
        if source is None:
            self.report.add(path, NEW, count=self._count(index))
        elif isinstance(source, Place) and self._is_alike(source.type, type_):
            self._copy(source, offset)
            self.report.add(path, KEPT, count=self._count(index))
        elif isinstance(source, Place) and _form(source.type) != _form(type_):
            self._refuse(path, index, source, f"{source.type.name} does not become {type_.name}")
        elif type_.kind == "array":
            self._fill_array(path, type_, offset, source)
        elif isinstance(source, Place) and type_.is_single:
            self._fill_single(path, type_, offset, source)
        elif type_.is_single:
            self._refuse(path, index, source, f"it had members, and {type_.name} has none")
        else:
            self._fill_members(path, type_, offset, source)

    def _fill_members(self, path: str, type_: DataType, offset: int, source: Branch | Place) -> None:
        hidden_too = isinstance(source, Place) and self._has_same_members(source.type, type_)
        for member in type_.members:
            found = self._part_of(source, member.name)
            if member.constant or (member.is_hidden and not (hidden_too or self.hidden_by_name)):
                continue
            if not member.is_hidden:
                self._fill(f"{path}.{member.name}", member.type, offset + member.offset, found)
            elif isinstance(found, Place) and self._is_alike(found.type, self._types[member.type]):
                self._copy(found, offset + member.offset)

    def _fill_array(self, path: str, type_: DataType, offset: int, source: Branch | Place) -> None:
        element = self._types[type_.element]
        if isinstance(source, Place) and element.is_single and self._old_types[source.type.element].is_single:
            self._fill_table(path, type_, offset, source)
            return
        for number, indices in enumerate(indices_of(type_.ranges)):
            at = offset + number * element.size
            self._fill(f"{path}[{written(indices)}]", type_.element, at, self._part_of(source, indices))

    def _fill_table(self, path: str, type_: DataType, offset: int, source: Place) -> None:
        """An array of single values is told of as one variable: it may have a hundred thousand."""
        self._mark(source)
        old, new = self._old_types[source.type.element], self._types[type_.element]
        common = [(max(a, c), min(b, d)) for (a, b), (c, d) in zip(type_.ranges, source.type.ranges, strict=True)]
        notes = dict[str, int]()
        if type_.ranges != source.type.ranges:
            notes[f"{source.type.name} became {type_.name}: the elements that both have"] = 1
        for indices in indices_of(tuple(common)):
            at = source.offset + number_of(indices, source.type.ranges) * old.size
            try:
                raw, note = self._single(f"{path}[{written(indices)}]", old, at, new)
            except CannotConvert as error:
                note = f"{error}; elements like this one have their initial values"
            else:
                start = offset + number_of(indices, type_.ranges) * new.size
                self.values[start : start + new.size] = raw
            if note and len(notes) < _MOST_NOTES:
                notes[note] = 1
        self.report.add(path, CONVERTED, "; ".join(notes))

    def _fill_single(self, path: str, type_: DataType, offset: int, source: Place) -> None:
        self._mark(source)
        if type_.kind == source.type.kind == "pointer":
            is_null = not any(self._stored.values[source.offset : source.offset + source.type.size])
            note = "" if is_null else "a reference means nothing to another program"
            self.report.add(path, KEPT if is_null else DROPPED, note)
            return
        try:
            raw, note = self._single(path, source.type, source.offset, type_)
        except CannotConvert as error:
            self.report.add(path, DROPPED, str(error))
            return
        self.values[offset : offset + type_.size] = raw
        was = "" if source.type.name == type_.name else f"{source.type.name} became {type_.name}"
        self.report.add(path, CONVERTED, "; ".join(filter(None, (was, note))))

    def _single(self, path: str, old: DataType, offset: int, new: DataType) -> tuple[bytes, str]:
        raw = self._stored.values[offset : offset + old.size]
        return (raw, "") if self._is_alike(old, new) else convert(path, old, raw, new)

    def _refuse(self, path: str, index: int, source: Branch | Place, note: str) -> None:
        self._mark(source)
        self.report.add(path, DROPPED, note, self._count(index))

    def _copy(self, source: Place, offset: int) -> None:
        self._mark(source)
        size = source.type.size
        self.values[offset : offset + size] = self._stored.values[source.offset : source.offset + size]

    def _count(self, index: int) -> int:
        return count_of(self._types, index)

    # ----------------------------------------------------------------------------------------------------- types alike

    def _is_alike(self, old: DataType, new: DataType) -> bool:
        """Whether the bytes of one are the same value of the other."""
        if old.kind != new.kind or old.size != new.size:
            return False
        if old.kind in _OF_ITS_PROGRAM:
            return self._same_program and old.name == new.name
        if old.kind == "array":
            elements = self._old_types[old.element], self._types[new.element]
            return old.ranges == new.ranges and self._is_alike(*elements)
        if old.members or new.members:
            return self._has_same_members(old, new)
        return _what_it_is(old) == _what_it_is(new)

    def _has_same_members(self, old: DataType, new: DataType) -> bool:
        return len(old.members) == len(new.members) and all(
            a.name.upper() == b.name.upper()
            and a.offset == b.offset
            and self._is_alike(self._old_types[a.type], self._types[b.type])
            for a, b in zip(old.members, new.members, strict=True)
        )

    # ------------------------------------------------------------------------------------------------ what is left over

    def _mark(self, source: Branch | Place | None) -> None:
        """Something became of this one."""
        if isinstance(source, Branch):
            for part in source.parts.values():
                self._mark(part)
        elif source is not None:
            self._used[source.offset : source.offset + source.type.size] = b"\1" * source.type.size

    def note_dropped(self) -> None:
        """Tell of what is stored and has no counterpart."""
        types = self._old_types
        for part in self._stored.description.ranges:
            for path, index in self._left(part.path, part.type, part.offset):
                self.report.add(path, DROPPED, "the program has no such variable", count_of(types, index))

    def _left(self, path: str, index: int, offset: int) -> list[tuple[str, int]]:
        """The largest parts of a stored variable, with the numbers of their types, that nothing became of."""
        type_ = self._old_types[index]
        if not any(self._used[offset : offset + type_.size]):
            return [(path, index)] if count_of(self._old_types, index) else []
        if type_.kind == "array" and not self._old_types[type_.element].is_single:
            size = self._old_types[type_.element].size
            return [
                left
                for number, indices in enumerate(indices_of(type_.ranges))
                for left in self._left(f"{path}[{written(indices)}]", type_.element, offset + number * size)
            ]
        return [
            left
            for m in type_.members
            if not (m.is_hidden or m.constant)
            for left in self._left(f"{path}.{m.name}", m.type, offset + m.offset)
        ]


_MOST_NOTES = 3
_OF_ITS_PROGRAM = ("pointer", "block")
"""Kinds of which a value holds what means nothing to another program: a place in its memory, or which type it is."""


def _plant(branch: Branch, part: Range, types: tuple[DataType, ...]) -> None:
    """Enter a stored range into the tree of names."""
    *around, last = (name.upper() if isinstance(name, str) else name for name in split_path(part.path))
    for name in around:
        inner = branch.parts.setdefault(name, Branch({}))
        if not isinstance(inner, Branch):  # it is stored as a whole as well, and found there
            return
        branch = inner
    branch.parts[last] = Place(types[part.type], part.offset)


def _form(type_: DataType) -> tuple[bool, int]:
    """Whether it has one value, and how many dimensions: only like forms become each other."""
    return type_.is_single, len(type_.ranges)


def _what_it_is(type_: DataType) -> tuple[object, ...]:
    labels = tuple((label.upper(), number) for label, number in type_.labels)
    return type_.kind, type_.base, labels, type_.low, type_.high, type_.wide


def indices_of(ranges: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, ...]]:
    return product(*(range(low, high + 1) for low, high in ranges))


def written(indices: tuple[int, ...]) -> str:
    return ", ".join(map(str, indices))


def number_of(indices: tuple[int, ...], ranges: tuple[tuple[int, int], ...]) -> int:
    """The place of an element in the order of the memory."""
    number = 0
    for index, (low, high) in zip(indices, ranges, strict=True):
        number = number * (high - low + 1) + index - low
    return number


def count_of(types: tuple[DataType, ...], index: int) -> int:
    """The variables for people in one of this type: single values, and arrays of such."""
    type_ = types[index]
    if type_.kind == "array" and not types[type_.element].is_single:
        return prod(high - low + 1 for low, high in type_.ranges) * count_of(types, type_.element)
    if type_.is_single or type_.kind == "array":
        return 1
    return sum(count_of(types, m.type) for m in type_.members if not (m.is_hidden or m.constant))
