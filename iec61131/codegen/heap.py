"""Objects that are taken and given back at run time: `HeapCall`, and whether a reference leads to a living object.

The steps are those of `semantics.heap`, as three internal functions of the module, defined at their first use. What
they read and write in the table has an alias class of its own, since no place of a program can be there: LLVM may keep
an entry that it has loaded across any store, up to the next call of one of them.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from iec61131.codegen import expressions, faults, llvm
from iec61131.codegen.body import Body, Unit
from iec61131.codegen.llvm import Builder, Function, IrType, Value
from iec61131.program import FaultCode
from iec61131.semantics import heap
from iec61131.semantics.heap import HeapOperation
from iec61131.semantics.model import HeapCall
from iec61131.semantics.types import PointerType
from iec61131.source import Span

_I32, _I64 = llvm.I32, llvm.I64


def call(body: Body, node: HeapCall) -> Value | None:
    operand = expressions.evaluate(body, node.operand)
    match node.operation:
        case HeapOperation.TAKE:
            return _machinery(body, "take", [_bytes_of(body, node, operand)])
        case HeapOperation.SIZE:
            size = _machinery(body, "size", [operand])
            is_object = body.builder.icmp_unsigned("!=", size, llvm.constant(_I64, 0))
            faults.check(body, is_object, FaultCode.WRONG_DELETE, node.span)
            return size
        case HeapOperation.FREE:
            is_object = _machinery(body, "free", [operand])
            faults.check(body, is_object, FaultCode.WRONG_DELETE, node.span)
            return None


def _bytes_of(body: Body, node: HeapCall, count: Value) -> Value:
    """Of `count` objects; 0 where they are certain to be more than there is room for, or none."""
    assert isinstance(node.type, PointerType)
    assert node.type.target is not None
    size = max(node.type.target.size, 1)
    most = body.unit.common.sections["heap"].size // size
    known = llvm.known(count)
    if known is not None:
        return llvm.constant(_I64, known * size if 1 <= known <= most else 0)
    build = body.builder
    fits = build.icmp_unsigned("<=", count, llvm.constant(_I64, most))
    return build.select(fits, build.mul(count, llvm.constant(_I64, size)), llvm.constant(_I64, 0))


def check_live(body: Body, reference: Value, span: Span) -> None:
    """A fault when `reference`, which lies in the block, leads into the heap and there to no object. It costs what does
    not lead into the heap a compare, and programs without __NEW nothing.
    """
    section, build = body.unit.common.sections["heap"], body.builder
    if section.size == 0:
        return
    distance = build.sub(reference, llvm.constant(_I64, section.offset))
    inside, proceed = body.block("heap"), body.block("heap.no")
    is_inside = build.icmp_signed(">=", distance, llvm.constant(_I64, 0))  # in the block, and nothing else is behind
    build.cbranch(is_inside, inside, proceed)
    body.enter(inside)
    table = _Table(body.unit, build, body.memory)
    is_live = table.is_live(table.load(table.entry(table.unit_at(distance))))
    faults.check(body, is_live, FaultCode.NULL_REFERENCE, span)
    build.branch(proceed)
    body.enter(proceed)


# ------------------------------------------------------------------------------------------------------------ the table


class _Table(Struct, frozen=True):
    """The section `heap_table` of the block at `memory`."""

    unit: Unit
    build: Builder
    memory: Value

    def at(self, offset: int) -> Value:
        start = self.unit.common.sections["heap_table"].offset
        return self.build.gep(self.memory, [llvm.constant(_I64, start + offset)], True, "table", llvm.I8)

    def list_of(self, class_: Value) -> Value:
        return self.build.gep(self.at(heap.LISTS_AT), [class_], True, "list", _I32)

    def entry(self, unit: Value) -> Value:
        return self.build.gep(self.at(heap.ENTRIES_AT), [unit], True, "entry", _I32)

    def load(self, place: Value) -> Value:
        value = self.build.load(place, "", typ=_I32)
        value.set_metadata("tbaa", self.unit.tags.heap_table)
        return value

    def store(self, value: Value, place: Value) -> None:
        self.build.store(value, place).set_metadata("tbaa", self.unit.tags.heap_table)

    def fill(self, first: Value, units: Value, byte: int) -> None:
        """Every byte of some entries."""
        count = self.build.mul(units, llvm.constant(_I64, heap.ENTRY_BYTES))
        _fill(self.unit, self.build, self.entry(first), count, byte)

    def unit_at(self, distance: Value) -> Value:
        return self.build.lshr(distance, llvm.constant(_I64, _UNIT_BITS))

    def is_live(self, entry: Value) -> Value:
        return self.build.icmp_signed("<", entry, llvm.constant(_I32, 0))


_UNIT_BITS = heap.UNIT.bit_length() - 1


def _fill(unit: Unit, build: Builder, place: Value, count: Value, byte: int) -> None:
    setter = unit.declared("llvm.memset.p0.i64", llvm.VOID, [llvm.POINTER, llvm.I8, _I64, llvm.I1])
    build.call(setter, [place, llvm.constant(llvm.I8, byte), count, llvm.constant(llvm.I1, 0)])


def _units_of(build: Builder, size: Value) -> Value:
    """The units that an object of at least one byte uses."""
    last = build.lshr(build.sub(size, llvm.constant(_I64, 1)), llvm.constant(_I64, _UNIT_BITS))
    return build.add(last, llvm.constant(_I64, 1))


def _class_of(unit: Unit, build: Builder, units: Value) -> Value:
    """The bits of the number before `units`."""
    zeros = unit.declared("llvm.ctlz.i64", _I64, [_I64, llvm.I1])
    before = build.sub(units, llvm.constant(_I64, 1))
    leading = build.call(zeros, [before, llvm.constant(llvm.I1, 0)])
    return build.sub(llvm.constant(_I64, 64), leading)


# ------------------------------------------------------------------------------------------------------------ machinery


def _machinery(body: Body, name: str, operands: list[Value]) -> Value:
    return body.builder.call(_function(body.unit, name), [body.memory, *operands])


def _function(unit: Unit, name: str) -> Function:
    """One of `_MACHINERY`."""
    full_name = f"rung.heap.{name}"
    function = unit.runtime.get(full_name)
    if function is None:
        result, define = _MACHINERY[name]
        function = llvm.new_function(unit.module, full_name, result, [llvm.POINTER, _I64])
        function.linkage = "internal"
        for attribute in ("nounwind", "noinline"):
            function.attributes.add(attribute)
        unit.runtime[full_name] = function
        define(unit, function)
    return function


def _define_take(unit: Unit, function: Function) -> None:
    memory, size = function.args
    section = unit.common.sections["heap"]
    names = ("entry", "sized", "listed", "behind", "fits", "found", "none")
    entry, sized, listed, behind, fits, found, none = (function.append_basic_block(name) for name in names)
    build = llvm.new_builder(entry)
    table = _Table(unit, build, memory)
    zero, one = llvm.constant(_I32, 0), llvm.constant(_I32, 1)
    before = build.sub(size, llvm.constant(_I64, 1))
    build.cbranch(build.icmp_unsigned("<", before, llvm.constant(_I64, section.size)), sized, none)

    build.position_at_end(sized)
    units = _units_of(build, size)
    class_ = _class_of(unit, build, units)
    list_ = table.list_of(class_)
    first = table.load(list_)
    build.cbranch(build.icmp_unsigned("!=", first, zero), listed, behind)

    build.position_at_end(listed)
    from_list = build.sub(first, one)
    table.store(table.load(table.entry(build.zext(from_list, _I64))), list_)
    build.branch(found)

    build.position_at_end(behind)
    in_use = table.load(table.at(0))
    end = build.add(build.zext(in_use, _I64), build.shl(llvm.constant(_I64, 1), class_))
    has_room = build.icmp_unsigned("<=", end, llvm.constant(_I64, section.size // heap.UNIT))
    build.cbranch(has_room, fits, none)

    build.position_at_end(fits)
    table.store(build.trunc(end, _I32), table.at(0))
    build.branch(found)

    build.position_at_end(found)
    chosen = build.phi(_I32)
    chosen.add_incoming(from_list, listed)
    chosen.add_incoming(in_use, fits)
    number = build.zext(chosen, _I64)
    table.fill(number, units, 0xFF)
    mark = build.or_(build.trunc(size, _I32), llvm.constant(_I32, heap.FIRST))
    table.store(mark, table.entry(number))
    bits = llvm.constant(_I64, _UNIT_BITS)
    start = build.add(build.shl(number, bits), llvm.constant(_I64, section.offset))
    place = build.gep(memory, [start], True, "object", llvm.I8)
    _fill(unit, build, place, build.shl(units, bits), 0)
    build.ret(start)

    build.position_at_end(none)
    build.ret(llvm.constant(_I64, 0))


def _define_size(unit: Unit, function: Function) -> None:
    """0 for what is no object."""
    memory, reference = function.args
    section = unit.common.sections["heap"]
    entry, inside, none = (function.append_basic_block(name) for name in ("entry", "inside", "none"))
    build = llvm.new_builder(entry)
    table = _Table(unit, build, memory)
    distance = build.sub(reference, llvm.constant(_I64, section.offset))
    rest = build.and_(distance, llvm.constant(_I64, heap.UNIT - 1))
    is_inside = build.icmp_unsigned("<", distance, llvm.constant(_I64, section.size))
    begins = build.icmp_unsigned("==", rest, llvm.constant(_I64, 0))
    build.cbranch(build.and_(is_inside, begins), inside, none)
    build.position_at_end(inside)
    found = table.load(table.entry(table.unit_at(distance)))
    is_other = build.icmp_unsigned("==", found, llvm.constant(_I32, heap.INSIDE))
    is_first = build.and_(table.is_live(found), build.not_(is_other))
    size = build.zext(build.and_(found, llvm.constant(_I32, heap.SIZE_MASK)), _I64)
    build.ret(build.select(is_first, size, llvm.constant(_I64, 0)))
    build.position_at_end(none)
    build.ret(llvm.constant(_I64, 0))


def _define_free(unit: Unit, function: Function) -> None:
    """Whether it was an object."""
    memory, reference = function.args
    entry, inside, none = (function.append_basic_block(name) for name in ("entry", "object", "none"))
    build = llvm.new_builder(entry)
    table = _Table(unit, build, memory)
    size = build.call(_function(unit, "size"), [memory, reference])
    build.cbranch(build.icmp_unsigned("!=", size, llvm.constant(_I64, 0)), inside, none)
    build.position_at_end(inside)
    start = llvm.constant(_I64, unit.common.sections["heap"].offset)
    number = table.unit_at(build.sub(reference, start))
    units = _units_of(build, size)
    table.fill(number, units, 0)
    list_ = table.list_of(_class_of(unit, build, units))
    table.store(table.load(list_), table.entry(number))
    table.store(build.trunc(build.add(number, llvm.constant(_I64, 1)), _I32), list_)
    build.ret(llvm.constant(llvm.I1, 1))
    build.position_at_end(none)
    build.ret(llvm.constant(llvm.I1, 0))


_MACHINERY: dict[str, tuple[IrType, Callable[[Unit, Function], None]]] = {
    "take": (_I64, _define_take),
    "size": (_I64, _define_size),
    "free": (llvm.I1, _define_free),
}
