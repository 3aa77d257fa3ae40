"""MIN, MAX and LIMIT of values that lie in memory: which pointer is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from iec61131.codegen import llvm, text
from iec61131.codegen.body import Body
from iec61131.codegen.llvm import Value
from iec61131.semantics.types import StringType


def of_texts(body: Body, name: str, operands: Sequence[Value], type_: StringType) -> Value:
    """One of the operands, all of one type."""

    def less(left: Value, right: Value) -> Value:
        order = text.ordering(body, left, type_, right, type_)
        return body.builder.icmp_signed("<", order, llvm.constant(llvm.I32, 0))

    def smaller(left: Value, right: Value) -> Value:
        return body.builder.select(less(right, left), right, left)

    def greater(left: Value, right: Value) -> Value:
        return body.builder.select(less(left, right), right, left)

    match name:
        case "MIN":
            return reduce(smaller, operands)
        case "MAX":
            return reduce(greater, operands)
        case "LIMIT":
            low, value, high = operands
            return smaller(body.builder.select(less(value, low), low, value), high)
        case _:
            raise AssertionError(f"{name} on {type_}")
