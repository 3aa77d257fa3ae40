"""What a piece of the model touches, read off its text: places, calls, loops, and whether it can fault.

`Uses.of` walks statements, `Uses.of_run` the arguments of a program instance. This is the flat view of one body; what
its calls touch in turn is put together in `reach`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from iec61131.codegen.types_ir import elementary
from iec61131.semantics.heap import HeapOperation
from iec61131.semantics.model import (
    AddressOf,
    Assign,
    BinaryExpression,
    BitPlace,
    CallBlock,
    CallFunction,
    Case,
    ConstantExpression,
    Continue,
    ConversionKind,
    Convert,
    ElementPlace,
    Evaluate,
    Exit,
    Expression,
    FieldPlace,
    For,
    HeapCall,
    If,
    InstanceMemberPlace,
    IntrinsicCall,
    Jump,
    Label,
    Load,
    MemoryPlace,
    OutputBinding,
    Place,
    Pou,
    ProgramRun,
    Repeat,
    Return,
    SignalOf,
    Statement,
    Stepwise,
    TargetPlace,
    ThisPlace,
    UnaryExpression,
    ValuePlace,
    Variable,
    VariablePlace,
    While,
)
from iec61131.semantics.types import BYTE, ArrayType, Kind, StringType
from iec61131.semantics.walk import targets
from iec61131.syntax.tree import BinaryOperator, VarKind


class Uses(Struct):
    """`handed` are places given away by reference, with the VAR_IN_OUT that receives them; `called` the POUs called,
    each with the number of loops around the call; `deepest` the greatest number of loops around anything; `most_arms`
    the arms of the largest CASE; `size` counts statements and parts of expressions.

    With `certain_only`, what lies in branches that need not run is left out, apart from branches in loops.
    """

    read: list[Place] = field(default_factory=list[Place])
    written: list[Place] = field(default_factory=list[Place])
    handed: list[tuple[Variable, Place]] = field(default_factory=list[tuple[Variable, Place]])
    called: list[tuple[Pou, int]] = field(default_factory=list[tuple[Pou, int]])
    depth: int = 0  # loops around the place that the walk has reached
    deepest: int = 0
    most_arms: int = 0
    size: int = 0
    faults: bool = False
    certain_only: bool = False

    @property
    def changes_something(self) -> bool:
        """Whether variables may have other values afterwards."""
        return bool(self.called or self.written)

    @classmethod
    def of(cls, statements: Iterable[Statement], *, certain_only: bool = False) -> Uses:
        uses = cls(certain_only=certain_only)
        _statements(statements, uses)
        return uses

    @classmethod
    def of_expressions(cls, expressions: Iterable[Expression]) -> Uses:
        uses = cls()
        for expression in expressions:
            _expression(expression, uses)
        return uses

    @classmethod
    def of_run(cls, run: ProgramRun) -> Uses:
        uses = cls()
        instance = VariablePlace(run.variable, run.span)
        _block_call(instance, [run.program], run.inputs, run.outputs, uses)
        return uses


def finding_changes(place: Place) -> bool:
    """Whether finding `place` can change variables: it runs a user function, or takes several steps."""
    uses = Uses()
    _indices(place, uses)
    return uses.changes_something


def _statements(statements: Iterable[Statement], uses: Uses) -> None:
    for statement in statements:
        _statement(statement, uses)


def _statement(node: Statement, uses: Uses) -> None:
    uses.size += 1
    match node:
        case Assign():
            _expression(node.value, uses)
            _write(node.place, uses)
        case CallBlock():
            _indices(node.instance, uses)
            blocks = targets(node)
            uses.faults |= node.dispatch is not None
            for target in blocks:
                _hand_out(target, node.in_outs, uses)
            _block_call(node.instance, blocks, node.inputs, node.outputs, uses)
        case Evaluate():
            _expression(node.call, uses)
        case If():
            _expression(node.branches[0][0], uses)
            if not uses.certain_only:
                for condition, _ in node.branches[1:]:
                    _expression(condition, uses)
                _branches([*(body for _, body in node.branches), node.otherwise], uses)
        case Case():
            _expression(node.selector, uses)
            uses.most_arms = max(uses.most_arms, len(node.arms))
            if not uses.certain_only:
                _branches([*(body for _, body in node.arms), node.otherwise], uses)
        case For():
            for expression in (node.start, node.end, node.step):
                _expression(expression, uses)
            _write(node.place, uses)
            uses.read.append(node.place)
            _loop(node.body, uses)
        case While():
            _loop(node.body, uses, node.condition)
        case Repeat():
            _loop(node.body, uses, node.until)
        case Jump(is_backward=True):
            uses.faults = True  # the budget can run out
            uses.deepest = max(uses.deepest, uses.depth + 1)
        case Exit() | Continue() | Return() | Label() | Jump():
            pass


def _branches(bodies: Iterable[tuple[Statement, ...]], uses: Uses) -> None:
    for body in bodies:
        _statements(body, uses)


def _loop(body: tuple[Statement, ...], uses: Uses, *conditions: Expression) -> None:
    uses.faults = True  # the budget can run out
    outside, uses.certain_only = uses.certain_only, False
    uses.depth += 1
    uses.deepest = max(uses.deepest, uses.depth)
    for condition in conditions:
        _expression(condition, uses)
    _statements(body, uses)
    uses.depth -= 1
    uses.certain_only = outside


def _block_call(
    instance: Place,
    blocks: Iterable[Pou],
    inputs: Iterable[tuple[Variable, Expression]],
    outputs: Iterable[OutputBinding],
    uses: Uses,
) -> None:
    for variable, value in inputs:
        _expression(value, uses)
        uses.written.append(InstanceMemberPlace(instance, variable, value.span))
    uses.called.extend((block, uses.depth) for block in blocks)
    for binding in outputs:
        uses.read.append(InstanceMemberPlace(instance, binding.output, binding.span))
        _output(binding, uses)


def _hand_out(pou: Pou, in_outs: Sequence[Place], uses: Uses) -> None:
    for variable, place in zip(pou.of_kind(VarKind.IN_OUT), in_outs, strict=True):
        uses.handed.append((variable, place))
        _indices(place, uses)


def _output(binding: OutputBinding, uses: Uses) -> None:
    uses.faults |= any(kind is ConversionKind.SUBRANGE for kind, _ in binding.chain)
    _write(binding.place, uses)


def _expression(node: Expression, uses: Uses) -> None:
    uses.size += 1
    match node:
        case ConstantExpression():
            pass
        case Load():
            uses.read.append(node.place)
            _indices(node.place, uses)
        case AddressOf() | SignalOf():
            _indices(node.place, uses)
        case Convert():
            uses.faults |= node.kind is ConversionKind.SUBRANGE
            _expression(node.operand, uses)
        case UnaryExpression():
            _expression(node.operand, uses)
        case BinaryExpression():
            uses.faults |= can_divide_by_zero(node)
            _expression(node.left, uses)
            _expression(node.right, uses)
        case IntrinsicCall():
            for argument in node.arguments:
                _expression(argument, uses)
        case CallFunction():
            for argument in node.inputs:
                _expression(argument, uses)
            for target in targets(node):
                _hand_out(target, node.in_outs, uses)
            if node.instance is not None:
                _indices(node.instance, uses)
            if node.dispatch is not None:
                uses.faults = True
            uses.called.extend((target, uses.depth) for target in targets(node))
            for binding in node.outputs:
                _output(binding, uses)
        case HeapCall():
            _expression(node.operand, uses)
            uses.faults |= node.operation is not HeapOperation.TAKE
            if node.operation is HeapOperation.TAKE:  # the zeros: of what was there, a stale reference may know
                uses.written.append(TargetPlace(node.operand, BYTE, node.span))
        case Stepwise():
            _statements(node.statements, uses)
            _expression(node.value, uses)


def can_divide_by_zero(node: BinaryExpression) -> bool:
    if node.operator not in (BinaryOperator.DIVIDE, BinaryOperator.MODULO):
        return False
    if isinstance(node.left.type, StringType) or elementary(node.left.type).kind is Kind.REAL:
        return False
    return not (isinstance(node.right, ConstantExpression) and node.right.value != 0)


def _write(place: Place, uses: Uses) -> None:
    uses.written.append(place)
    if isinstance(place, BitPlace):
        uses.read.append(place)
    _indices(place, uses)


def _indices(place: Place, uses: Uses) -> None:
    match place:
        case VariablePlace() | MemoryPlace():
            pass
        case ThisPlace():
            pass
        case ValuePlace():
            _expression(place.value, uses)
        case TargetPlace():
            uses.faults = True  # it may be NULL
            _expression(place.pointer, uses)
        case FieldPlace() | InstanceMemberPlace() | BitPlace():
            _indices(place.base, uses)
        case ElementPlace():
            _indices(place.base, uses)
            uses.faults |= not constant_element(place)
            for index in place.indices:
                _expression(index, uses)


def constant_element(place: ElementPlace) -> bool:
    """Whether all indices are constants within bounds."""
    array = place.base.type
    assert isinstance(array, ArrayType | StringType)
    return all(
        isinstance(index, ConstantExpression) and isinstance(index.value, int) and low <= index.value <= high
        for index, (low, high) in zip(place.indices, array.ranges, strict=True)
    )
