"""The memory for __NEW and __DELETE, step by step as `semantics.heap` says it."""

from __future__ import annotations

from iec61131.interpreter.flow import Faulted
from iec61131.program import FaultCode, Section
from iec61131.semantics import heap
from iec61131.semantics.heap import HeapOperation
from iec61131.semantics.model import HeapCall
from iec61131.semantics.types import PointerType


class Heap:
    """Works on the sections of a memory block and keeps nothing itself."""

    def __init__(self, memory: memoryview, objects: Section, table: Section) -> None:
        self._memory = memory
        self._objects = objects
        self._table = table

    def call(self, node: HeapCall, operand: int) -> int:
        """What `node` gives, 0 where it gives nothing."""
        match node.operation:
            case HeapOperation.TAKE:
                assert isinstance(node.type, PointerType)
                assert node.type.target is not None
                return self.take(max(operand, 0) * max(node.type.target.size, 1))
            case HeapOperation.SIZE:
                size = self.size_of(operand)
                if size is None:
                    raise Faulted(FaultCode.WRONG_DELETE, node.span)
                return size
            case HeapOperation.FREE:
                if not self.free(operand):
                    raise Faulted(FaultCode.WRONG_DELETE, node.span)
                return 0

    def take(self, size: int) -> int:
        """A reference to a new object of `size` zeros, or 0 when there is no room."""
        if not 1 <= size <= self._objects.size:
            return 0
        class_ = _class_of(size)
        unit = self._from_list(class_)
        if unit is None:
            unit = self._from_behind(class_)
        if unit is None:
            return 0
        used = _units_of(size)
        for number in range(used):
            self._write(_entry_of(unit + number), heap.INSIDE)
        self._write(_entry_of(unit), heap.FIRST | size)
        start = self._objects.offset + unit * heap.UNIT
        self._memory[start : start + used * heap.UNIT] = bytes(used * heap.UNIT)
        return start

    def size_of(self, reference: int) -> int | None:
        """The size of the object that begins at `reference`; None when none does."""
        distance = reference - self._objects.offset
        if not 0 <= distance < self._objects.size or distance % heap.UNIT != 0:
            return None
        entry = self._read(_entry_of(distance // heap.UNIT))
        if not entry & heap.LIVE or entry == heap.INSIDE:
            return None
        return entry & heap.SIZE_MASK

    def free(self, reference: int) -> bool:
        """End the object that begins at `reference`; False when none does."""
        size = self.size_of(reference)
        if size is None:
            return False
        unit = (reference - self._objects.offset) // heap.UNIT
        for number in range(_units_of(size)):
            self._write(_entry_of(unit + number), 0)
        list_ = _list_of(_class_of(size))
        self._write(_entry_of(unit), self._read(list_))
        self._write(list_, unit + 1)
        return True

    def is_dangling(self, reference: int) -> bool:
        """Whether it leads into the heap, to where no object is."""
        distance = reference - self._objects.offset
        if not 0 <= distance < self._objects.size:
            return False
        return not self._read(_entry_of(distance // heap.UNIT)) & heap.LIVE

    def _from_list(self, class_: int) -> int | None:
        first = self._read(_list_of(class_))
        if first == 0:
            return None
        unit = first - 1
        self._write(_list_of(class_), self._read(_entry_of(unit)))
        return unit

    def _from_behind(self, class_: int) -> int | None:
        unit = self._read(0)
        end = unit + (1 << class_)
        if end > self._objects.size // heap.UNIT:
            return None
        self._write(0, end)
        return unit

    def _read(self, offset: int) -> int:
        at = self._table.offset + offset
        return int.from_bytes(self._memory[at : at + heap.ENTRY_BYTES], "little")

    def _write(self, offset: int, value: int) -> None:
        at = self._table.offset + offset
        self._memory[at : at + heap.ENTRY_BYTES] = value.to_bytes(heap.ENTRY_BYTES, "little")


def _units_of(size: int) -> int:
    return -(-size // heap.UNIT)


def _class_of(size: int) -> int:
    """The least for which 2 ** class units hold `size` bytes."""
    return (_units_of(size) - 1).bit_length()


def _list_of(class_: int) -> int:
    return heap.LISTS_AT + class_ * heap.ENTRY_BYTES


def _entry_of(unit: int) -> int:
    return heap.ENTRIES_AT + unit * heap.ENTRY_BYTES
