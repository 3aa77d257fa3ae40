"""Standard functions that become instructions: a row for each name of `semantics.intrinsics.INTRINSICS`, whose table
says what each means, bit for bit. Those of strings are in `text` and `choice`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise

from iec61131.codegen import libm, llvm
from iec61131.codegen.body import Body
from iec61131.codegen.llvm import Value
from iec61131.codegen.operators import comparison
from iec61131.codegen.types_ir import register_type
from iec61131.semantics.intrinsics import INTRINSICS
from iec61131.semantics.types import Elementary, Kind
from iec61131.syntax.tree import BinaryOperator

Emit = Callable[[Body, Sequence[Value], Elementary], Value]
"""The operands in their register form, and the type of the result."""


def _less(body: Body, left: Value, right: Value, type_: Elementary) -> Value:
    if type_.kind is Kind.REAL:
        return body.builder.fcmp_ordered("<", left, right)
    return (body.builder.icmp_signed if type_.is_signed else body.builder.icmp_unsigned)("<", left, right)


def _abs(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
    register, (value,) = register_type(type_), operands
    if type_.kind is Kind.REAL:
        return body.builder.call(body.unit.declared(f"llvm.fabs.f{type_.bits}", register, [register]), [value])
    if not type_.is_signed:
        return value
    function = body.unit.declared(f"llvm.abs.i{type_.bits}", register, [register, llvm.I1])
    return body.builder.call(function, [value, llvm.constant(llvm.I1, 0)])  # the least value wraps


def _sqrt(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
    register = register_type(type_)
    return body.builder.call(body.unit.declared(f"llvm.sqrt.f{type_.bits}", register, [register]), operands)


def _smaller(body: Body, left: Value, right: Value, type_: Elementary) -> Value:
    return body.builder.select(_less(body, right, left, type_), right, left)


def _greater(body: Body, left: Value, right: Value, type_: Elementary) -> Value:
    return body.builder.select(_less(body, left, right, type_), right, left)


def _min(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
    return reduce(lambda a, b: _smaller(body, a, b, type_), operands)


def _max(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
    return reduce(lambda a, b: _greater(body, a, b, type_), operands)


def _limit(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
    low, value, high = operands
    raised = body.builder.select(_less(body, value, low, type_), low, value)
    return _smaller(body, raised, high, type_)


def _sel(body: Body, operands: Sequence[Value]) -> Value:
    chosen, when_false, when_true = operands
    return body.builder.select(chosen, when_true, when_false)


def _mux(body: Body, operands: Sequence[Value]) -> Value:
    number, *choices = operands
    chosen = choices.pop()
    for position, value in enumerate(choices):
        is_chosen = body.builder.icmp_unsigned("==", number, llvm.constant(llvm.I64, position))
        chosen = body.builder.select(is_chosen, value, chosen)
    return chosen


def _libm(function: str) -> Emit:
    return lambda body, operands, type_: libm.call(body, function, operands, type_)


def _rounded(direction: str) -> Emit:
    def emit(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
        register = register_type(type_)
        function = body.unit.declared(f"llvm.{direction}.f{type_.bits}", register, [register])
        return body.builder.call(function, operands)

    return emit


def _is_valid(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
    """Its size is below infinity; a NaN is below nothing."""
    infinity = llvm.constant(register_type(type_), math.inf)
    return body.builder.fcmp_ordered("<", _abs(body, operands, type_), infinity)


def _compared(operator: BinaryOperator) -> Emit:
    """Between each operand and the next."""

    def emit(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
        results = [comparison(body, operator, left, right, type_) for left, right in pairwise(operands)]
        return reduce(body.builder.and_, results)

    return emit


def _reversed(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
    if type_.size == 1:
        return operands[0]
    register = register_type(type_)
    return body.builder.call(body.unit.declared(f"llvm.bswap.i{type_.bits}", register, [register]), operands)


def _same(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
    return operands[0]


def _shift(instruction: str) -> Emit:
    """A count outside of the width gives 0; LLVM gives nothing certain for it, which select then does not choose."""

    def emit(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
        value, count = operands
        zero = llvm.constant(register_type(type_), 0)
        inside = body.builder.icmp_unsigned("<", count, llvm.constant(llvm.I32, type_.bits))
        shifted = getattr(body.builder, instruction)(value, _count(body, count, type_))
        return body.builder.select(inside, shifted, zero)

    return emit


def _rotate(direction: str) -> Emit:
    """A funnel shift of the value with itself takes the count modulo the width, a power of two, hence of a negative
    count too.
    """

    def emit(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
        value, count = operands
        register = register_type(type_)
        function = body.unit.declared(f"llvm.fsh{direction}.i{type_.bits}", register, [register] * 3)
        return body.builder.call(function, [value, value, _count(body, count, type_)])

    return emit


def _count(body: Body, count: Value, type_: Elementary) -> Value:
    """A DINT count in the width of the value: LLVM wants both operands of one type."""
    register = register_type(type_)
    if type_.bits == 32:
        return count
    return body.builder.trunc(count, register) if type_.bits < 32 else body.builder.zext(count, register)


def _time(body: Body, operands: Sequence[Value], type_: Elementary) -> Value:
    """The time stays as it is all through a scan, so LLVM may load it once."""
    return body.read_header("now_ns")


CHOICES: dict[str, Callable[[Body, Sequence[Value]], Value]] = {"SEL": _sel, "MUX": _mux}
"""Of operands in their register form, or of pointers to where they lie in memory."""

TESTS: dict[str, Emit] = {
    "IS_VALID": _is_valid,
    **{name: _compared(row.operator) for name, row in INTRINSICS.items() if row.operator is not None},
}
"""Those whose result is a BOOL; here the type is that of the operands."""

INTRINSIC: dict[str, Emit] = {
    "ABS": _abs,
    "SQRT": _sqrt,
    **{name: _libm(row.libm) for name, row in INTRINSICS.items() if row.libm},
    "FLOOR": _rounded("floor"),
    "CEIL": _rounded("ceil"),
    "MIN": _min,
    "MAX": _max,
    "LIMIT": _limit,
    "SHL": _shift("shl"),
    "SHR": _shift("lshr"),
    "ROL": _rotate("l"),
    "ROR": _rotate("r"),
    "TO_BIG_ENDIAN": _reversed,
    "FROM_BIG_ENDIAN": _reversed,
    "TO_LITTLE_ENDIAN": _same,
    "FROM_LITTLE_ENDIAN": _same,
    "TIME": _time,
    "LTIME": _time,
}
