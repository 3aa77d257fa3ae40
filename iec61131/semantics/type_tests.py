"""References that are assigned only where the object fits: `?=`, __QUERYINTERFACE and __QUERYPOINTER.

    drive ?= thing                        NULL where the object is no IDrive
    found := __QUERYINTERFACE(thing, drive)    the same, and whether it is one
    found := __QUERYPOINTER(thing, motor)      the same for a POINTER TO a block

Which object is of which type is asked of its tag: the tags of all blocks that a type takes are known when the first
body is resolved. So nothing is needed that programs could not do themselves, if they could read the tag.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from iec61131.diagnostics.catalogue import calls, declarations, expressions
from iec61131.semantics.model import (
    Assign,
    BinaryExpression,
    Case,
    ConstantExpression,
    ConversionKind,
    Convert,
    Expression,
    If,
    Load,
    Place,
    Statement,
    Stepwise,
    TargetPlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.operands import Operand, Typed, as_type
from iec61131.semantics.pointers import address_of
from iec61131.semantics.types import (
    BOOL,
    LINT,
    UDINT,
    BlockType,
    Flavour,
    InterfaceType,
    PointerType,
)
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import BinaryOperator, Modifier

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions

_Reference = PointerType | InterfaceType


class TypeTests:
    def __init__(self, expressions_: Expressions) -> None:
        self._expressions = expressions_
        self._here = expressions_.here
        self._findings = expressions_.findings

    def attempt(self, place: Place, operand: Operand | None, span: Span) -> tuple[Statement, ...]:
        """`place ?= operand`"""
        fitting = self._fitting("?=", place, operand, span)
        return (*fitting[0], Assign(place, fitting[1], span)) if fitting is not None else ()

    def call(self, name: str, call: tree.Call) -> Operand | None:
        """A call of __QUERYINTERFACE or __QUERYPOINTER."""
        span = call.span
        if self._findings.is_strict:
            self._findings.add(expressions.EXTENSION.at(span, what=name))
        given = [argument.value for argument in call.arguments if argument.value is not None and not argument.output]
        if len(given) != 2 or len(call.arguments) != 2:
            finding = calls.ARGUMENT_COUNT.at(
                span, name=name, given=len(call.arguments), wanted="2 parameters", parameters="from, to"
            )
            self._findings.add(finding)
            return None
        operand, place = self._expressions.resolve(given[0]), self._expressions.places.named(given[1])
        if operand is None or place is None:
            return None
        is_right = isinstance(place.type, InterfaceType if name == "__QUERYINTERFACE" else PointerType)
        if not is_right:
            wanted = "a variable of an interface" if name == "__QUERYINTERFACE" else "a pointer"
            finding = calls.ARGUMENT_TYPE.at(given[1].span, name=name, given=place.type, wanted=wanted)
            self._findings.add(finding)
            return None
        fitting = self._fitting(name, place, operand, span)
        if fitting is None:
            return None
        steps, value, found = fitting
        is_set = _is_set(found, span)
        return Typed(Stepwise((*steps, Assign(place, value, span)), is_set, span), BOOL)

    def _fitting(
        self, name: str, place: Place, operand: Operand | None, span: Span
    ) -> tuple[tuple[Statement, ...], Expression, Variable] | None:
        """What has to run before, then the value for `place`, and where it is kept."""
        source = self._reference(name, operand) if operand is not None else None
        target = place.type
        if source is None or not self._can_take(target, place.span):
            return None
        if not self._expressions.places.check_writable(place):
            return None
        assert isinstance(target, _Reference)
        kept = self._here.temporary(target, span)
        if kept is None:
            self._findings.add(declarations.NOT_CONSTANT.at(span))
            return None
        whole = VariablePlace(kept, span)
        steps: list[Statement] = [Assign(whole, Convert(source, ConversionKind.RELABEL, target, span), span)]
        test = self._test(source, target, kept, span)
        if test is not None:
            steps.append(If(((_is_set(kept, span), (test,)),), (), span))
        return tuple(steps), Load(whole, span), kept

    def _test(self, source: Expression, target: _Reference, kept: Variable, span: Span) -> Statement | None:
        """Sets `kept` to NULL where the object does not fit; None when it is certain to fit."""
        wanted = target if isinstance(target, InterfaceType) else target.target
        seen_as = source.type.target if isinstance(source.type, PointerType) else source.type
        if not isinstance(wanted, BlockType | InterfaceType) or not isinstance(seen_as, BlockType | InterfaceType):
            return None
        if seen_as.is_a(wanted):
            return None
        clear = Assign(VariablePlace(kept, span), ConstantExpression(0, target, span), span)
        tags = sorted(self._tags(wanted))
        if not tags or (isinstance(seen_as, BlockType) and not seen_as.tag):
            return clear
        tag = Load(TargetPlace(Load(VariablePlace(kept, span), span), UDINT, span), span)
        return Case(tag, ((tuple(_ranges(tags)), ()),), (clear,), span)

    def _tags(self, wanted: BlockType | InterfaceType) -> set[int]:
        symbols = self._here.shared.block_symbols
        return {
            block.tag
            for block, symbol in symbols.items()
            if block.tag and block.is_a(wanted) and Modifier.ABSTRACT not in symbol.modifiers
        }

    # ----------------------------------------------------------------------------------------------------------- types

    def _reference(self, name: str, operand: Operand) -> Expression | None:
        """An object as a reference to it: a variable of an interface, a pointer to a block, an instance."""
        if isinstance(operand, Typed):
            node, type_ = operand.node, operand.type
            if isinstance(type_, BlockType) and isinstance(node, Load):
                return address_of(node.place, PointerType(Flavour.POINTER, type_), node.span)
            is_pointer = isinstance(type_, PointerType) and (
                type_.target is None or isinstance(type_.target, BlockType)
            )
            if is_pointer or isinstance(type_, InterfaceType):
                return node
        given = operand.type if isinstance(operand, Typed) else f"the number {operand}"
        finding = calls.ARGUMENT_TYPE.at(
            operand.span, name=name, given=given, wanted="an object, or a reference to one"
        )
        self._findings.add(finding)
        return None

    def _can_take(self, target: object, span: Span) -> bool:
        if isinstance(target, InterfaceType):
            return True
        if isinstance(target, PointerType):
            return target.target is not None
        finding = expressions.NOT_A_REFERENCE.at(span, type=target)
        self._findings.add(finding)
        return False


def _is_set(reference: Variable, span: Span) -> Expression:
    value = as_type(Load(VariablePlace(reference, span), span), LINT)
    return BinaryExpression(BinaryOperator.NOT_EQUAL, value, ConstantExpression(0, LINT, span), BOOL, span)


def _ranges(numbers: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Rising numbers, those without a gap together."""
    first = last = None
    for number in numbers:
        if first is not None and last is not None and number != last + 1:
            yield first, last
            first = None
        first, last = number if first is None else first, number
    if first is not None and last is not None:
        yield first, last
