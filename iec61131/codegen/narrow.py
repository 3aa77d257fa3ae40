"""Integers and bit strings of 8 and 16 bits, computed in registers of 32.

`extended` gives the value of such an expression as i32, extended by its sign. Operators that work in the own width of
bit strings are carried out on the extended form where the result is the same, so that a loop over a WORD does not cut
and extend it at each step.
"""

from __future__ import annotations

from collections.abc import Callable

from iec61131.codegen import expressions, llvm, memory, places
from iec61131.codegen.body import Body
from iec61131.codegen.llvm import Value
from iec61131.codegen.ranges import exact
from iec61131.codegen.types_ir import elementary
from iec61131.semantics.model import (
    BinaryExpression,
    ConstantExpression,
    ConversionKind,
    Convert,
    Expression,
    IntrinsicCall,
    Load,
    UnaryExpression,
    VariablePlace,
)
from iec61131.semantics.types import Elementary
from iec61131.syntax.tree import BinaryOperator, UnaryOperator


def extended(body: Body, node: Expression) -> Value:
    """The value of `node`, whose type has 8 or 16 bits, as i32."""
    type_ = elementary(node.type)
    match node:
        case ConstantExpression(value=int() as value):
            return llvm.constant(llvm.I32, value)
        case Load():
            counter, slot = counter_of(body, node), places.slot_of(body, node.place)
            if counter is not None:
                return body.builder.trunc(counter, llvm.I32)
            if slot is not None:
                return memory.load_extended(body, slot)
        case Convert(kind=ConversionKind.RESIZE | ConversionKind.RELABEL) if exact(node, body.known):
            operand = elementary(node.operand.type)
            if memory.is_narrow(operand):
                return extended(body, node.operand)
            value = expressions.evaluate(body, node.operand)
            return value if operand.bits == 32 else body.builder.trunc(value, llvm.I32)
        case BinaryExpression() if node.operator in _BITWISE and not type_.is_signed:
            left, right = extended(body, node.left), extended(body, node.right)
            return _BITWISE[node.operator](body.builder, left, right)
        case UnaryExpression(operator=UnaryOperator.NOT) if not type_.is_signed:
            return body.builder.xor(extended(body, node.operand), llvm.constant(llvm.I32, type_.maximum))
        case IntrinsicCall(name="SHL" | "SHR") if not type_.is_signed:
            value = extended(body, node.arguments[0])
            return _shifted(body, node.name, value, expressions.evaluate(body, node.arguments[1]), type_)
        case _:
            pass
    return memory.extend(body, expressions.evaluate(body, node), type_, llvm.I32)


def counter_of(body: Body, node: Expression) -> Value | None:
    """The 64-bit value of the variable of a counted loop around, if `node` is that."""
    match node:
        case Load(place=VariablePlace(variable=variable)) if variable in body.counters:
            return body.counters[variable].value
        case _:
            return None


_BITWISE: dict[BinaryOperator, Callable[[llvm.Builder, Value, Value], Value]] = {
    BinaryOperator.AND: lambda build, left, right: build.and_(left, right),
    BinaryOperator.OR: lambda build, left, right: build.or_(left, right),
    BinaryOperator.XOR: lambda build, left, right: build.xor(left, right),
}


def _shifted(body: Body, name: str, value: Value, count: Value, type_: Elementary) -> Value:
    """As in `intrinsics`: a count outside of the width gives 0."""
    build = body.builder
    moved = build.lshr(value, count) if name == "SHR" else build.shl(value, count)
    kept = moved if name == "SHR" else build.and_(moved, llvm.constant(llvm.I32, type_.maximum))
    inside = build.icmp_unsigned("<", count, llvm.constant(llvm.I32, type_.bits))
    return build.select(inside, kept, llvm.constant(llvm.I32, 0))
