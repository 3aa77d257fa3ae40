"""Expressions: from a node of the model to a value in a register, operands before operator and left to right.

The value of a scalar is in its register form; of an aggregate it is a pointer to storage that holds the value until
the next statement of the program changes it: who needs it for longer takes a `memory.snapshot`.
"""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.codegen import (
    calls,
    choice,
    decimals,
    faults,
    heap,
    llvm,
    memory,
    narrow,
    places,
    signals,
    statements,
    text,
)
from iec61131.codegen.body import Body
from iec61131.codegen.conversions import CONVERT
from iec61131.codegen.intrinsics import CHOICES, INTRINSIC, TESTS
from iec61131.codegen.llvm import Value
from iec61131.codegen.memory import is_narrow
from iec61131.codegen.operators import BINARY, UNARY
from iec61131.codegen.types_ir import constant_bytes, elementary, register_type, scalar, scalar_constant
from iec61131.codegen.uses import Uses
from iec61131.program import FaultCode
from iec61131.semantics.intrinsics import INTRINSICS, Operands
from iec61131.semantics.model import (
    AddressOf,
    BinaryExpression,
    CallFunction,
    ConstantExpression,
    ConversionKind,
    Convert,
    Expression,
    HeapCall,
    IntrinsicCall,
    Load,
    SignalOf,
    Stepwise,
    UnaryExpression,
)
from iec61131.semantics.types import DINT, StringType, SubrangeType, Type
from iec61131.source import Span
from iec61131.syntax.tree import BinaryOperator


def evaluate(body: Body, node: Expression) -> Value:
    match node:
        case ConstantExpression():
            if scalar(node.type) is None:
                return body.unit.constant_bytes(constant_bytes(node.value, node.type))
            return scalar_constant(node.value, node.type)
        case Load():
            return _load(body, node)
        case AddressOf():
            return places.distance_of(body, node.place)
        case SignalOf():
            return signals.ask(body, node)
        case Convert(kind=ConversionKind.STRING):
            return text.convert(body, node)
        case Convert(kind=ConversionKind.CHARACTER):
            return text.character(body, node)
        case Convert():
            return _convert(body, node)
        case UnaryExpression():
            type_ = elementary(node.type)
            return UNARY[node.operator, type_.kind](body.builder, evaluate(body, node.operand), type_)
        case BinaryExpression(operator=BinaryOperator.AND_THEN | BinaryOperator.OR_ELSE):
            return _short_circuit(body, node)
        case BinaryExpression() if isinstance(node.left.type, StringType):
            return text.compare(body, node)
        case BinaryExpression():
            left = evaluate(body, node.left)
            right = evaluate(body, node.right)
            return BINARY[node.operator, elementary(node.left.type).kind](body, left, right, node)
        case IntrinsicCall() if node.name in text.FUNCTIONS:
            return text.call(body, node)
        case IntrinsicCall():
            return _intrinsic(body, node)
        case CallFunction():
            result = calls.call_function(body, node)
            assert result is not None, "a function without result is no expression"
            return result
        case HeapCall():
            taken = heap.call(body, node)
            assert taken is not None, "what is given back is no expression"
            return taken
        case Stepwise():
            statements.lower(body, node.statements)
            return evaluate(body, node.value)


def _intrinsic(body: Body, node: IntrinsicCall) -> Value:
    operands = in_order(body, node.arguments)
    if node.name in CHOICES:
        return CHOICES[node.name](body, operands)
    if node.name in decimals.FUNCTIONS:
        return decimals.call(body, operands, node.arguments[0].type, node.type)
    if isinstance(node.type, StringType):
        return choice.of_texts(body, node.name, operands, node.type)
    if INTRINSICS[node.name].operands in (Operands.TEST_REAL, Operands.COMPARED):
        return TESTS[node.name](body, operands, elementary(node.arguments[0].type))
    return INTRINSIC[node.name](body, operands, elementary(node.type))


def in_order(body: Body, nodes: Sequence[Expression]) -> list[Value]:
    """The values of operands, from the left. One that lies in memory is copied when a later one could change it."""
    values: list[Value] = []
    for number, node in enumerate(nodes):
        value = evaluate(body, node)
        if scalar(node.type) is None and Uses.of_expressions(nodes[number + 1 :]).changes_something:
            assert node.type is not None, "a function without result is no operand"
            value = memory.snapshot(body, value, node.type, "operand")
        values.append(value)
    return values


def _load(body: Body, node: Load) -> Value:
    """The variable of a counted loop is derived from the loop's own 64-bit counter, which LLVM understands best."""
    counter, type_ = narrow.counter_of(body, node), scalar(node.type)
    if counter is not None and type_ is not None:
        return counter if type_.bits == 64 else body.builder.trunc(counter, register_type(type_))
    return memory.load(body, places.locate(body, node.place))


def _convert(body: Body, node: Convert) -> Value:
    source = scalar(node.operand.type)
    if node.kind is ConversionKind.RESIZE and source is not None:
        target = elementary(node.type)
        if is_narrow(source) and target.size == DINT.size:
            return narrow.extended(body, node.operand)
        counter = narrow.counter_of(body, node.operand)
        if counter is not None:
            # It holds the value itself, so any width of it is a truncation: nothing to extend.
            return counter if target.bits == 64 else body.builder.trunc(counter, register_type(target))
    return convert(body, evaluate(body, node.operand), node.operand.type, node.kind, node.type, node.span)


def convert(body: Body, value: Value, source: Type | None, kind: ConversionKind, target: Type, span: Span) -> Value:
    """One conversion of a value; `span` is what a subrange fault points at."""
    if kind is ConversionKind.STRING:
        assert isinstance(source, StringType), "a character is no output that is converted"
        assert isinstance(target, StringType)
        return text.resize(body, value, source, target)
    if kind is ConversionKind.SUBRANGE:
        assert isinstance(target, SubrangeType)
        return _check_subrange(body, value, target, span)
    if scalar(source) is None:
        assert kind is ConversionKind.RELABEL
        return value
    return CONVERT[kind](body, value, elementary(source), elementary(target))


def _check_subrange(body: Body, value: Value, type_: SubrangeType, span: Span) -> Value:
    """One unsigned compare of the distance from the lower bound."""
    register = register_type(type_.base)
    distance = body.builder.sub(value, llvm.constant(register, type_.low))
    fine = body.builder.icmp_unsigned("<=", distance, llvm.constant(register, type_.high - type_.low))
    faults.check(body, fine, FaultCode.SUBRANGE, span)
    return value


def _short_circuit(body: Body, node: BinaryExpression) -> Value:
    """The right side in a block of its own, skipped when the left side decides."""
    left = evaluate(body, node.left)
    right_block, joined = body.block("right"), body.block("joined")
    left_end = body.builder.block
    if node.operator is BinaryOperator.AND_THEN:
        body.builder.cbranch(left, right_block, joined)
    else:
        body.builder.cbranch(left, joined, right_block)
    body.enter(right_block)
    right = evaluate(body, node.right)
    right_end = body.builder.block
    body.builder.branch(joined)
    body.enter(joined)
    result = body.builder.phi(llvm.I1)
    result.add_incoming(llvm.constant(llvm.I1, node.operator is BinaryOperator.OR_ELSE), left_end)
    result.add_incoming(right, right_end)
    return result
