"""Operators: a table, operator x kind of operand, of functions that emit the instructions.

No flag of LLVM promises anything here that the language does not: integers wrap (no `nsw`), REAL is IEEE 754 in its
own precision (no fast-math, no contraction). AND_THEN and OR_ELSE branch and are lowered in `expressions`; reaching
the table, both sides are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from iec61131.codegen import faults, libm, llvm
from iec61131.codegen.body import Body
from iec61131.codegen.llvm import Builder, Value
from iec61131.codegen.types_ir import elementary, register_type
from iec61131.program import FaultCode
from iec61131.semantics.model import BinaryExpression, ConstantExpression
from iec61131.semantics.types import Elementary, Kind
from iec61131.syntax.tree import BinaryOperator, UnaryOperator

Emit = Callable[[Body, Value, Value, BinaryExpression], Value]
"""Left and right operand in their register form; the node for its types and its place."""

EmitUnary = Callable[[Builder, Value, Elementary], Value]


def _plain(name: str) -> Emit:
    """An operator that is one instruction of the builder."""

    def emit(body: Body, left: Value, right: Value, node: BinaryExpression) -> Value:
        return getattr(body.builder, name)(left, right)

    return emit


def _signed_division(instruction: str) -> Emit:
    """Signed `/` and MOD.

    The processor traps on the least value divided by -1 as it does on zero, so both are kept from it. The two
    divisors are told from all others by one compare, since divisor + 1 is 0 or 1 for them; what is to be done for -1
    is out of the way.
    """

    def emit(body: Body, left: Value, right: Value, node: BinaryExpression) -> Value:
        divide = getattr(body.builder, instruction)
        constant = node.right.value if isinstance(node.right, ConstantExpression) else None
        by_minus_one = _negated(body, left) if instruction == "sdiv" else llvm.constant(left.type, 0)
        if constant == -1:
            return by_minus_one
        if constant is not None and constant != 0:
            return divide(left, right)

        one = llvm.constant(left.type, 1)
        usual, special, joined = body.block("divide"), body.block("divide.special"), body.block("divided")
        is_special = body.builder.icmp_unsigned("<=", body.builder.add(right, one), one)
        body.builder.cbranch(is_special, special, usual).set_weights((1, 4000))
        body.enter(special)
        _check_divisor(body, right, node)
        special_end = body.builder.block
        body.builder.branch(joined)
        body.enter(usual)
        result = getattr(body.builder, instruction)(left, right)
        body.builder.branch(joined)
        body.enter(joined)
        phi = body.builder.phi(left.type)
        phi.add_incoming(by_minus_one, special_end)
        phi.add_incoming(result, usual)
        return phi

    return emit


def _unsigned_division(instruction: str) -> Emit:
    def emit(body: Body, left: Value, right: Value, node: BinaryExpression) -> Value:
        if not (isinstance(node.right, ConstantExpression) and node.right.value != 0):
            _check_divisor(body, right, node)
        return getattr(body.builder, instruction)(left, right)

    return emit


def _check_divisor(body: Body, divisor: Value, node: BinaryExpression) -> None:
    fine = body.builder.icmp_unsigned("!=", divisor, llvm.constant(divisor.type, 0))
    faults.check(body, fine, FaultCode.DIVIDE_BY_ZERO, node.span)


def _negated(body: Body, value: Value) -> Value:
    return body.builder.sub(llvm.constant(value.type, 0), value)


def _power(body: Body, left: Value, right: Value, node: BinaryExpression) -> Value:
    return libm.call(body, "pow", [left, right], elementary(node.left.type))


_COMPARISONS = {
    BinaryOperator.EQUAL: "==",
    BinaryOperator.NOT_EQUAL: "!=",
    BinaryOperator.LESS: "<",
    BinaryOperator.GREATER: ">",
    BinaryOperator.LESS_EQUAL: "<=",
    BinaryOperator.GREATER_EQUAL: ">=",
}
_SIGNED = (Kind.SIGNED, Kind.DURATION, Kind.DATE)
_UNSIGNED = (Kind.UNSIGNED, Kind.BITS)
_WHOLE = (*_SIGNED, *_UNSIGNED)
_LOGIC = (Kind.BOOL, *_WHOLE)


def _rows(operator: BinaryOperator, kinds: Iterable[Kind], emit: Emit) -> dict[tuple[BinaryOperator, Kind], Emit]:
    return {(operator, kind): emit for kind in kinds}


def _comparison_rows() -> dict[tuple[BinaryOperator, Kind], Emit]:
    def emit_of(operator: BinaryOperator) -> Emit:
        return lambda body, left, right, node: comparison(body, operator, left, right, elementary(node.left.type))

    return {
        (operator, kind): emit_of(operator)
        for operator in _COMPARISONS
        for kind in (*_LOGIC, Kind.REAL, Kind.CHARACTER)
    }


def comparison(body: Body, operator: BinaryOperator, left: Value, right: Value, type_: Elementary) -> Value:
    """Of two values of one type. IEEE 754: with a NaN only `<>` is true."""
    sign = _COMPARISONS[operator]
    if type_.kind is Kind.REAL:
        return (body.builder.fcmp_unordered if sign == "!=" else body.builder.fcmp_ordered)(sign, left, right)
    return (body.builder.icmp_signed if type_.is_signed else body.builder.icmp_unsigned)(sign, left, right)


BINARY: dict[tuple[BinaryOperator, Kind], Emit] = {
    **_comparison_rows(),
    **_rows(BinaryOperator.ADD, _WHOLE, _plain("add")),
    **_rows(BinaryOperator.SUBTRACT, _WHOLE, _plain("sub")),
    **_rows(BinaryOperator.MULTIPLY, _WHOLE, _plain("mul")),
    **_rows(BinaryOperator.DIVIDE, _SIGNED, _signed_division("sdiv")),
    **_rows(BinaryOperator.DIVIDE, _UNSIGNED, _unsigned_division("udiv")),
    **_rows(BinaryOperator.MODULO, _SIGNED, _signed_division("srem")),
    **_rows(BinaryOperator.MODULO, _UNSIGNED, _unsigned_division("urem")),
    **_rows(BinaryOperator.AND, _LOGIC, _plain("and_")),
    **_rows(BinaryOperator.OR, _LOGIC, _plain("or_")),
    **_rows(BinaryOperator.XOR, _LOGIC, _plain("xor")),
    (BinaryOperator.ADD, Kind.REAL): _plain("fadd"),
    (BinaryOperator.SUBTRACT, Kind.REAL): _plain("fsub"),
    (BinaryOperator.MULTIPLY, Kind.REAL): _plain("fmul"),
    (BinaryOperator.DIVIDE, Kind.REAL): _plain("fdiv"),
    (BinaryOperator.POWER, Kind.REAL): _power,
}


def _same(build: Builder, value: Value, type_: Elementary) -> Value:
    return value


def _negate(build: Builder, value: Value, type_: Elementary) -> Value:
    return build.sub(llvm.constant(register_type(type_), 0), value)


UNARY: dict[tuple[UnaryOperator, Kind], EmitUnary] = {
    **{(UnaryOperator.PLUS, kind): _same for kind in (*_WHOLE, Kind.REAL)},
    **{(UnaryOperator.NEGATE, kind): _negate for kind in _WHOLE},
    (UnaryOperator.NEGATE, Kind.REAL): lambda build, value, type_: build.fneg(value),
    **{(UnaryOperator.NOT, kind): lambda build, value, type_: build.not_(value) for kind in _LOGIC},
}
