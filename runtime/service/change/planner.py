"""What becomes of each variable when another version of a program takes over, as tables that the engine follows.

The rules are those of retained variables (`service.retain.carrying`): by name, alike or converted. An online change
keeps more than a restart, because both programs are there at the same instant:

- all variables, not only retained ones, and with them timers, edges and charts in the midst of what they do;
- what the compiler adds to a block, where it has the same name and type;
- references, which are led to where their targets lie now;
- inputs, outputs and markers, byte by byte, as addresses are the same in every program;
- objects of __NEW, where no reference can be in them, or where nothing but the code has changed.

A planner goes through the variables twice at once: it carries the values of one scan, which shows people what would
happen, and notes for the engine how it is done, which happens to the values of a later scan.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct

from iec61131.addresses import AREA_SECTION
from iec61131.program import NUMPY_FORMAT, CompiledProgram, DataType, Task, Variable
from io_drivers.numeric_types import whole_range
from runtime.engine import handover
from runtime.engine.handover import ANY_INSTANCE, CLASS_SHIFT, STRICT, Conversion, Plan, Sort
from runtime.service.dates import DAY_NS, TIMES_OF_DAY
from runtime.service.retain.carrying import (
    DROPPED,
    KEPT,
    NEW,
    Branch,
    Carrier,
    Place,
    Report,
    count_of,
    indices_of,
    number_of,
)
from runtime.service.retain.conversions import Form, form_of, known_labels
from runtime.service.retain.stored import Description, Stored
from runtime.service.texts import capacity

_AREAS = tuple(AREA_SECTION.values())
_BEGINS_ANEW = "its instance begins anew"


class Planned(Struct, frozen=True):
    """`tables` as `engine.handover` names them; `values` is the memory of the new program after the present scan."""

    tables: dict[str, Any]
    report: Report
    values: bytes

    @property
    def plan(self) -> Plan:
        return handover.make_plan(self.tables)


class _Pointer(Struct, frozen=True):
    path: str
    offset: int
    new_offset: int
    type: DataType


def plan(old: CompiledProgram, new: CompiledProgram, memory: bytes) -> Planned:
    """From `old`, whose memory after some scan is `memory`, to `new`."""
    planner = _Planner(old, new, memory)
    for variable in new.variables:
        planner.bring_root(variable)
    planner.bring_areas()
    planner.bring_heap()
    planner.note_dropped()
    tables = planner.tables()
    planner.note_pointers(handover.make_plan(tables))
    return Planned(tables, planner.report, bytes(planner.values))


def is_same_layout(old: CompiledProgram, new: CompiledProgram) -> bool:
    """Whether nothing but code, initial values and constants differ, so that references mean the same in both."""
    return old.types == new.types and old.variables == new.variables and old.sections == new.sections


_TASK_TABLE = "__TASKTABLE"


class _Planner(Carrier):
    """Offsets are those of the memory blocks, of either program."""

    hidden_by_name = True

    def __init__(self, old: CompiledProgram, new: CompiledProgram, memory: bytes) -> None:
        assert len(memory) >= old.memory_bytes
        stored = Stored(0, 0, 0, Description(old.name, old.digest, old.types, ()), memory[: old.memory_bytes])
        super().__init__(stored, Description(new.name, new.digest, new.types, ()), new.initial)
        self._old, self._new = old, new
        self._same_program = is_same_layout(old, new)
        self._old_roots = {v.path.upper(): v for v in old.variables if not v.constant}
        if [task.name.upper() for task in old.tasks] != [task.name.upper() for task in new.tasks]:
            self._old_roots.pop(_TASK_TABLE, None)  # whose rows are those of the tasks, by their order
        self._alike: dict[tuple[int, int], bool] = {}
        self._moves: list[tuple[int, int, int]] = []
        self._conversions: list[tuple[int, ...]] = []
        self._labels: list[tuple[int, int]] = []
        self._pointers: list[_Pointer] = []
        self._places: list[tuple[DataType, int, int]] = []  # of structures and instances that were not moved whole
        self._heap: list[tuple[int, int, int, int]] = []
        self._heap_pieces: list[tuple[int, int, int]] = []
        self._classes: dict[str, int] = {}
        self._old_named, self._new_named = _by_name(old.types), _by_name(new.types)

    # ------------------------------------------------------------------------------------------------------------ roots

    def bring_root(self, variable: Variable) -> None:
        """A global, a program instance or a variable with an address."""
        old = self._old_roots.get(variable.path.upper())
        source = None if old is None else Place(self._old.types[old.type], old.offset)
        if variable.constant:
            self._mark(source)
        elif variable.section in _AREAS or (old is not None and old.section in _AREAS):
            self._bring_located(variable, old, source)
        elif "$" in variable.path:
            self._mark(source)
            if source is not None and self._is_alike(source.type, self._types[variable.type]):
                self._copy(source, variable.offset)
        else:
            self._fill(variable.path, variable.type, variable.offset, source)

    def _bring_located(self, variable: Variable, old: Variable | None, source: Place | None) -> None:
        """Its bytes go with the area, if its address is the same."""
        self._mark(source)
        if old is None or old.address is None:
            self.report.add(variable.path, NEW, "" if old is None else "it has an address now")
        elif old.address == variable.address:
            self.report.add(variable.path, KEPT)
        else:
            there = f"{variable.address} is" if variable.address else "it begins"
            self.report.add(variable.path, DROPPED, f"it was {old.address}; {there} as it was, or anew")

    def bring_areas(self) -> None:
        """Inputs, outputs and markers, but what only the new program has a variable for: that has its initial value."""
        known = {(v.address or "").upper() for v in self._old.variables if v.address}
        for area in _AREAS:
            old, new = self._old.sections[area], self._new.sections[area]
            begin = new.offset
            added = sorted(
                (v.offset, v.offset + self._types[v.type].size)
                for v in self._new.variables
                if v.section == area and v.bit is None and (v.address or "").upper() not in known
            )
            end = new.offset + min(old.size, new.size)
            for start, stop in [*added, (end, end)]:
                if begin < min(start, end):
                    self._move(old.offset + begin - new.offset, begin, min(start, end) - begin)
                begin = max(begin, stop)

    def bring_heap(self) -> None:
        """Objects of __NEW, all or none."""
        old, new = self._old.sections["heap"], self._new.sections["heap"]
        table, new_table = self._old.sections["heap_table"], self._new.sections["heap_table"]
        if not old.size:
            return
        is_kept = new.size >= old.size and (self._same_program or self._is_heap_plain())
        if is_kept:
            self._heap.append((old.offset, new.offset, table.offset, new_table.offset))
            self._heap_pieces.append((old.offset, old.offset + old.size, new.offset))
        elif any(self._stored.values[table.offset : table.offset + 4]):
            why = (
                "there is less memory for them" if new.size < old.size else "their types, or references in them, differ"
            )
            self.report.add("objects of __NEW", DROPPED, f"{why}; references to them are NULL")

    def _is_heap_plain(self) -> bool:
        """Whether whatever may be an object holds no reference and is the same in both programs."""
        return all(
            (other := self._new_named.get(type_.name.upper())) is not None and self._is_alike(type_, other)
            for type_ in self._old.types
            if type_.members and type_.name not in self._program_types
        )

    @property
    def _program_types(self) -> set[str]:
        """Of program instances, which are no objects."""
        return {self._old.types[v.type].name for v in self._old.variables if v.section in ("instances", "retain")}

    # ------------------------------------------------------------------------------------------------------ the carrier

    def _is_alike(self, old: DataType, new: DataType) -> bool:
        key = id(old), id(new)
        known = self._alike.get(key)
        if known is None:
            known = self._alike[key] = self._are_bytes_alike(old, new)
        return known

    def _are_bytes_alike(self, old: DataType, new: DataType) -> bool:
        """Also of blocks, with what the compiler has put into them."""
        if any(m.constant for m in new.members):
            return False
        if old.kind == new.kind == "block":
            same = old.size == new.size and old.tag == new.tag and old.name.upper() == new.name.upper()
            return same and self._has_same_members(old, new)
        return super()._is_alike(old, new)

    def _fill(self, path: str, index: int, offset: int, source: Branch | Place | None) -> None:
        type_ = self._types[index]
        if isinstance(source, Place) and _is_other_block(source.type, type_):
            self._refuse(path, index, source, f"{source.type.name} does not become {type_.name}: {_BEGINS_ANEW}")
        else:
            super()._fill(path, index, offset, source)

    def _fill_members(self, path: str, type_: DataType, offset: int, source: Branch | Place) -> None:
        if isinstance(source, Place):
            self._places.append((source.type, source.offset, offset))
        super()._fill_members(path, type_, offset, source)

    def _fill_single(self, path: str, type_: DataType, offset: int, source: Place) -> None:
        if type_.kind == source.type.kind == "pointer":
            self._mark(source)
            self._point(path, source.type, source.offset, type_, offset)
        elif self._is_other_text(source.type, type_):
            self._mark(source)
            self.report.add(path, DROPPED, f"{source.type.name} does not become {type_.name} while it runs")
        else:
            super()._fill_single(path, type_, offset, source)
            self._convert(source.type, source.offset, type_, offset, 1)

    def _fill_table(self, path: str, type_: DataType, offset: int, source: Place) -> None:
        old, new = self._old_types[source.type.element], self._types[type_.element]
        is_led = old.kind == new.kind == "pointer"
        if self._is_other_text(old, new):
            self._mark(source)
            self.report.add(path, DROPPED, f"{old.name} does not become {new.name} while it runs")
            return
        if not is_led:
            super()._fill_table(path, type_, offset, source)
        self._mark(source)
        for at, there, count in _runs(source.type, old.size, type_, new.size):
            if is_led:
                for number in range(count):
                    self._point(path, old, source.offset + at + 8 * number, new, offset + there + 8 * number)
            elif self._is_alike(old, new):
                self._move(source.offset + at, offset + there, count * new.size)
            else:
                self._convert(old, source.offset + at, new, offset + there, count)

    def _copy(self, source: Place, offset: int) -> None:
        super()._copy(source, offset)
        self._moves.append((source.offset, offset, source.type.size))

    def _move(self, offset: int, new_offset: int, size: int) -> None:
        self.values[new_offset : new_offset + size] = self._stored.values[offset : offset + size]
        self._moves.append((offset, new_offset, size))

    def note_dropped(self) -> None:
        """Tell of what the new program has no counterpart for."""
        for root in self._old.variables:
            if root.constant or "$" in root.path or root.section in _AREAS:
                continue
            for path, index in self._left(root.path, root.type, root.offset):
                note = "the new version has no such variable"
                self.report.add(path, DROPPED, note, self._count_old(index))

    def _count_old(self, index: int) -> int:
        return count_of(self._old_types, index)

    # ------------------------------------------------------------------------------------------------------ conversions

    @staticmethod
    def _is_other_text(old: DataType, new: DataType) -> bool:
        """Whether characters would have to be looked up one by one."""
        return form_of(old, new) is Form.TEXT and _unit(old) != _unit(new)

    def _convert(self, old: DataType, offset: int, new: DataType, new_offset: int, count: int) -> None:
        """A row for the engine, if any value of one type can become one of the other."""
        form = form_of(old, new)
        if form is None:
            return
        if form is Form.TEXT:
            kind, low, high = Conversion.TEXT, capacity(new), _unit(new)
            if "string" not in (old.kind, new.kind):  # a CHAR has no zero behind it
                self._move(offset, new_offset, count * new.size)
                return
            if old.kind != "string" or new.kind != "string":
                return
            low = min(low, capacity(old))
        elif form is Form.LABEL or new.kind == "enum":
            known = known_labels(old, new) if form is Form.LABEL else [(n, n) for _, n in new.labels]
            kind, low, high = Conversion.LABEL, len(self._labels), len(self._labels) + len(known)
            self._labels += known
        else:
            kind = _KIND[form]
            low, high = _bounds(new)
        steps = (offset, old.size, new_offset, new.size, count)
        self._conversions.append((int(kind), *steps, _form_of(old), _form_of(new), low, high))

    # ------------------------------------------------------------------------------------------------------- references

    def _point(self, path: str, old: DataType, offset: int, new: DataType, new_offset: int) -> None:
        if old.name.upper() != new.name.upper():
            is_null = not any(self._stored.values[offset : offset + 8])
            self.report.add(path, KEPT if is_null else DROPPED, f"{old.name} does not become {new.name}")
            return
        self._pointers.append(_Pointer(path, offset, new_offset, old))

    def _class_of(self, pointer: DataType) -> int:
        """Of what a reference leads to: see `handover`."""
        _, is_typed, name = pointer.name.partition("TO ")
        if not is_typed:  # a variable of an interface
            return ANY_INSTANCE
        old, new = self._old_named.get(name.upper()), self._new_named.get(name.upper())
        if old is not None and new is not None and self._is_alike(old, new):
            return ANY_INSTANCE if old.kind == "block" else 0
        return self._class_named(name) | STRICT

    def _class_named(self, name: str) -> int:
        return self._classes.setdefault(name.upper(), len(self._classes) + ANY_INSTANCE + 1)

    def _targets(self) -> Iterator[tuple[int, int]]:
        for type_, offset, new_offset in self._places:
            yield (self._class_named(type_.name) << CLASS_SHIFT) + offset, new_offset
            if type_.kind == "block":
                yield (ANY_INSTANCE << CLASS_SHIFT) + offset, new_offset

    def note_pointers(self, made: Plan) -> None:
        """Tell what becomes of references as they are in the present scan."""
        for pointer in self._pointers:
            distance = int.from_bytes(self._stored.values[pointer.offset : pointer.offset + 8], "little", signed=True)
            led = handover.led_to(made, distance, self._class_of(pointer.type))
            self.values[pointer.new_offset : pointer.new_offset + 8] = int(led).to_bytes(8, "little")
            is_lost = led == 0 and distance != 0
            note = "what it leads to is not carried as it is; it is NULL" if is_lost else ""
            self.report.add(pointer.path, DROPPED if is_lost else KEPT, note)

    # ----------------------------------------------------------------------------------------------------------- tables

    def tables(self) -> dict[str, Any]:
        """For `handover.make_plan`."""
        moves = _merged(self._moves)
        references = [(p.offset, p.new_offset, self._class_of(p.type)) for p in self._pointers]
        pieces = sorted([(old, old + size, new) for old, new, size in moves] + self._heap_pieces)
        targets = dict(reversed(list(self._targets())))  # the outermost of several that begin at one place
        rows: dict[str, Any] = {
            "moves": moves,
            "conversions": self._conversions,
            "labels": self._labels,
            "references": references,
            "targets": sorted(targets.items()),
            "pieces": pieces,
            "heap": self._heap,
            "tasks": list(_tasks(self._old.tasks, self._new.tasks)),
        }
        return {name: np.array(rows[name], np.int64).reshape(-1, width) for name, width in handover.TABLES.items()}


_KIND = {
    Form.TRUTH: Conversion.WHOLE,
    Form.WHOLE: Conversion.WHOLE,
    Form.SAME: Conversion.REAL,
    Form.TO_REAL: Conversion.TO_REAL,
    Form.TO_WHOLE: Conversion.TO_WHOLE,
}


def _is_other_block(old: DataType, new: DataType) -> bool:
    return old.kind == new.kind == "block" and old.name.upper() != new.name.upper()


def _by_name(types: tuple[DataType, ...]) -> dict[str, DataType]:
    return {type_.name.upper(): type_ for type_ in types}


def _unit(type_: DataType) -> int:
    """Bytes of a code unit."""
    return 2 if type_.wide or type_.base == "WCHAR" else 1


def _form_of(type_: DataType) -> int:
    if not type_.base:
        return 0
    sort = {"i": Sort.SIGNED, "f": Sort.REAL}.get(NUMPY_FORMAT[type_.base][1], Sort.UNSIGNED)
    return type_.size * 4 + sort


def _bounds(type_: DataType) -> tuple[int, int]:
    """The least and the greatest value, as far as eight bytes with a sign can say."""
    if NUMPY_FORMAT[type_.base][1] == "f":
        return 0, 0
    if type_.kind == "subrange":
        low, high = type_.low, type_.high
    elif type_.base == "BOOL":
        low, high = 0, 1
    elif type_.base in TIMES_OF_DAY:
        low, high = 0, DAY_NS - 1
    else:
        low, high = whole_range(NUMPY_FORMAT[type_.base])
    return low, min(high, (1 << 63) - 1)


def _runs(old: DataType, old_size: int, new: DataType, new_size: int) -> Iterator[tuple[int, int, int]]:
    """The elements that two arrays have in common, in rows without gaps: offsets within either, and how many."""
    common = [(max(a, c), min(b, d)) for (a, b), (c, d) in zip(old.ranges, new.ranges, strict=True)]
    if any(low > high for low, high in common):
        return
    *outer, (low, high) = common
    for indices in indices_of(tuple(outer)):
        first = (*indices, low)
        yield (
            number_of(first, old.ranges) * old_size,
            number_of(first, new.ranges) * new_size,
            high - low + 1,
        )


def _merged(moves: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Neighbours that stay neighbours are moved in one go."""
    merged: list[tuple[int, int, int]] = []
    for old, new, size in sorted(move for move in moves if move[2] > 0):
        if merged:
            before, there, length = merged[-1]
            if before + length == old and there + length == new:
                merged[-1] = before, there, length + size
                continue
        merged.append((old, new, size))
    return merged


def _tasks(old: tuple[Task, ...], new: tuple[Task, ...]) -> Iterator[tuple[int, int, int]]:
    numbers = {task.name.upper(): number for number, task in enumerate(old)}
    for number, task in enumerate(new):
        before = numbers.get(task.name.upper())
        if before is not None:
            yield before, number, int(old[before].interval_ns == task.interval_ns)
