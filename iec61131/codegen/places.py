"""Where a place lies: from a `Place` of the model to an `Address`, with bounds checks on the way.

Offsets that are known add up and become one `getelementptr`; an index that is not known gives one more. A check is
left out where `ranges` proves the index inside. Indices are computed in 64 bits from the start where nothing in them
can wrap, so that LLVM sees how an address moves from turn to turn of a loop.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from iec61131.codegen import expressions, faults, heap, llvm, memory, narrow
from iec61131.codegen.body import Address, Body
from iec61131.codegen.llvm import Value
from iec61131.codegen.memory import extend, is_narrow
from iec61131.codegen.ranges import Interval, exact, interval
from iec61131.codegen.types_ir import elementary, scalar
from iec61131.program import HEADER_BYTES, FaultCode
from iec61131.semantics.model import (
    BinaryExpression,
    BitPlace,
    ConstantExpression,
    ConversionKind,
    Convert,
    ElementPlace,
    Expression,
    FieldPlace,
    InstanceMemberPlace,
    Load,
    MemoryPlace,
    Place,
    Storage,
    TargetPlace,
    ThisPlace,
    ValuePlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.types import BYTE, ArrayType, StringType
from iec61131.syntax.tree import BinaryOperator


class _Spot(NamedTuple):
    """`offset` bytes after `pointer`; the offset is not yet added."""

    pointer: Value
    offset: int

    def after(self, offset: int) -> _Spot:
        return _Spot(self.pointer, self.offset + offset)


def locate(body: Body, place: Place) -> Address:
    """Evaluates the indices and checks them."""
    kept = slot_of(body, place)
    if kept is not None:
        return kept
    if isinstance(place, VariablePlace | MemoryPlace) and place.variable.bit is not None:
        return _located_bit(body, place.variable)
    if isinstance(place, BitPlace):
        base = locate(body, place.base)
        assert base.container is None
        return replace(base, bit=place.bit, bits=place.type.bits, container=elementary(place.base.type))
    spot = _find(body, place)
    parts = body.unit.reach.parts(place)
    tag = body.unit.tags.of(parts) if scalar(place.type) else None
    pointer = body.at(spot.pointer, spot.offset, _name(place))
    return Address(pointer, place.type, tag, certain=body.unit.reach.is_certain(parts))


def slot_of(body: Body, place: Place) -> Address | None:
    """The slot of a variable that is in a register at the moment."""
    return body.registers.get(place.variable) if isinstance(place, VariablePlace) else None


def _located_bit(body: Body, variable: Variable) -> Address:
    pointer = body.at(body.memory, variable.offset, variable.name)
    tag = body.unit.tags.of(body.unit.reach.parts_of_variable(variable))
    return Address(pointer, BYTE, tag, bit=variable.bit, container=BYTE)


def _name(place: Place) -> str:
    match place:
        case VariablePlace() | MemoryPlace():
            return place.variable.name
        case FieldPlace():
            return place.field.name
        case InstanceMemberPlace():
            return place.member.name
        case ElementPlace() | BitPlace():
            return _name(place.base)
        case TargetPlace() | ValuePlace():
            return "target"
        case ThisPlace():
            return "this"


def _find(body: Body, place: Place) -> _Spot:
    match place:
        case VariablePlace(variable=variable):
            return _variable(body, variable)
        case MemoryPlace(variable=variable):
            return _Spot(body.memory, variable.offset)
        case FieldPlace():
            return _find(body, place.base).after(place.field.offset)
        case InstanceMemberPlace():
            return _find(body, place.base).after(place.member.offset)
        case ElementPlace():
            return _element(body, place)
        case TargetPlace():
            return _Spot(_target(body, place), 0)
        case ThisPlace():
            assert body.instance is not None
            return _Spot(body.instance, 0)
        case ValuePlace():
            return _Spot(_computed(body, place), 0)
        case BitPlace():
            raise AssertionError("a bit has no address: bits are neither indexed nor handed out by reference")


def _computed(body: Body, place: ValuePlace) -> Value:
    """An aggregate lies somewhere already; a reference is put where it can be read like one of a variable."""
    value = expressions.evaluate(body, place.value)
    if scalar(place.type) is None:
        return value
    kept = body.temporary(place.type.size, "computed")
    memory.store(body, Address(kept, place.type), value)
    return kept


def _variable(body: Body, variable: Variable) -> _Spot:
    match variable.storage:
        case Storage.FRAME | Storage.REFERENCE | Storage.STACK:
            return _Spot(body.frame[variable], 0)
        case Storage.INSTANCE:
            assert body.instance is not None
            return _Spot(body.instance, variable.offset)
        case Storage.MEMORY:
            return _Spot(body.memory, variable.offset)


def _target(body: Body, place: TargetPlace) -> Value:
    """Behind the header and wholly inside of what can be referred to: one unsigned compare, since NULL is before."""
    distance = expressions.evaluate(body, place.pointer)
    first = HEADER_BYTES
    room = body.unit.common.sections["heap_table"].offset - max(place.type.size, 1) - first
    behind = body.builder.sub(distance, llvm.constant(llvm.I64, first))
    fine = body.builder.icmp_unsigned("<=", behind, llvm.constant(llvm.I64, max(room, 0)))
    faults.check(body, fine, FaultCode.NULL_REFERENCE, place.span)
    heap.check_live(body, distance, place.span)
    return body.builder.gep(body.memory, [distance], True, "target", llvm.I8)


def distance_of(body: Body, place: Place) -> Value:
    """Where `place` lies, in bytes from the start of the block: a reference to it."""
    spot = _find(body, place)
    if spot.pointer is body.memory:
        return llvm.constant(llvm.I64, spot.offset)
    pointer = body.at(spot.pointer, spot.offset, _name(place))
    start = body.builder.ptrtoint(body.memory, llvm.I64)
    return body.builder.sub(body.builder.ptrtoint(pointer, llvm.I64), start)


# ------------------------------------------------------------------------------------------------------------ elements


def _element(body: Body, place: ElementPlace) -> _Spot:
    """All indices are evaluated before the first is checked."""
    spot = _find(body, place.base)
    array = place.base.type
    assert isinstance(array, ArrayType | StringType)
    values = [None if _is_constant(index) else wide(body, index) for index in place.indices]
    bounds = [interval(index, body.known) for index in place.indices]
    rows = zip(values, bounds, array.ranges, strict=True)
    steps = [_checked(body, place, value, bound, low, high) for value, bound, (low, high) in rows]

    stride = array.size
    for step, (low, high) in zip(steps, array.ranges, strict=True):
        stride //= high - low + 1
        if isinstance(step, int):
            spot = spot.after(step * stride)
            continue
        start = body.at(spot.pointer, spot.offset, _name(place.base))
        spot = _Spot(body.builder.gep(start, [step], True, "", llvm.byte_array(stride)), 0)
    return spot


def _is_constant(index: Expression) -> bool:
    while isinstance(index, Convert) and index.kind in (ConversionKind.RESIZE, ConversionKind.RELABEL):
        index = index.operand
    return isinstance(index, ConstantExpression)


def _checked(body: Body, place: ElementPlace, value: Value | None, bound: Interval, low: int, high: int) -> Value | int:
    """The distance from the lower bound, inside for certain or checked. A `value` of None is the constant that
    `bound` says.
    """
    inside = bound.inside(low, high)
    if value is None:
        if inside:
            return bound.low - low
        value = llvm.constant(llvm.I64, bound.low)
    distance = value
    if low != 0:
        distance = body.builder.sub(value, llvm.constant(llvm.I64, low), "", ("nsw",) if inside else ())
    if inside:
        return distance
    if bound.high >= 1 << 63 and low < 0:
        # Near 2^64 a ULINT minus a negative bound wraps into the array; the index itself, which has no sign, does not.
        fine = body.builder.icmp_unsigned("<", value, llvm.constant(llvm.I64, max(high + 1, 0)))
    else:
        fine = body.builder.icmp_unsigned("<", distance, llvm.constant(llvm.I64, high - low + 1))
    faults.check(body, fine, FaultCode.INDEX_OUT_OF_BOUNDS, place.span)
    return distance


_WIDE_OPERATORS = (BinaryOperator.ADD, BinaryOperator.SUBTRACT, BinaryOperator.MULTIPLY)


def wide(body: Body, node: Expression) -> Value:
    """The value of an integer expression as i64, computed in 64 bits as far down as nothing can wrap."""
    match node:
        case ConstantExpression(value=int() as value):
            return llvm.constant(llvm.I64, value)
        case Load(place=VariablePlace(variable=variable)) if variable in body.counters:
            return body.counters[variable].value
        case Convert(kind=ConversionKind.RESIZE | ConversionKind.RELABEL) if exact(node, body.known):
            return wide(body, node.operand)
        case BinaryExpression() if _stays_small(body, node):
            left, right = wide(body, node.left), wide(body, node.right)
            match node.operator:
                case BinaryOperator.ADD:
                    return body.builder.add(left, right, "", ("nsw",))
                case BinaryOperator.SUBTRACT:
                    return body.builder.sub(left, right, "", ("nsw",))
                case _:
                    return body.builder.mul(left, right, "", ("nsw",))
        case _:
            type_ = elementary(node.type)
            value = narrow.extended(body, node) if is_narrow(type_) else expressions.evaluate(body, node)
            return value if type_.size == 8 else extend(body, value, type_, llvm.I64)


def _stays_small(body: Body, node: BinaryExpression) -> bool:
    """Whether the result is certain to lie in its type, and the type leaves room in a signed 64-bit number."""
    return node.operator in _WIDE_OPERATORS and elementary(node.type).size < 8 and exact(node, body.known)
