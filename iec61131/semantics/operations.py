"""Operations: what an operator makes of its operands.

`Operations.unary` and `Operations.chain` are the ways in. A computation is judged in one order: literals take a type
from what stands beside them, both sides meet in one type, the row of the table (`operators.py`) is found, what the
standard would refuse is noted, both sides are converted, and the node is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from iec61131.diagnostics.catalogue import expressions
from iec61131.semantics.constants import (
    LiteralTooLarge,
    combine_literals,
    elementary,
)
from iec61131.semantics.conversions import IMPLICIT, Verdict, bits_of, clock_steps, common_type, number_of
from iec61131.semantics.model import (
    BinaryExpression,
    ConstantExpression,
    Expression,
    UnaryExpression,
)
from iec61131.semantics.operands import (
    Form,
    Literal,
    Operand,
    Typed,
    apply_steps,
    as_character,
    as_type,
    clock_example,
    coerce,
    is_scalar,
    literal_node,
    literal_type,
    note_conversion,
)
from iec61131.semantics.operators import (
    BINARY,
    COMPARISONS,
    DATE_SUMS,
    DURATION_SCALING,
    UNARY,
    computation_type,
)
from iec61131.semantics.pointers import as_interface
from iec61131.semantics.types import (
    BOOL,
    DINT,
    INT,
    LINT,
    LREAL,
    REAL,
    UDINT,
    UINT,
    USINT,
    BlockType,
    Elementary,
    EnumType,
    InterfaceType,
    Kind,
    PointerType,
    StringType,
    SubrangeType,
    Type,
    storage_type,
)
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import BinaryOperator, UnaryOperator

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions

_Reference = PointerType | InterfaceType


class Operations:
    def __init__(self, expressions_: Expressions) -> None:
        self._expressions = expressions_
        self._findings = expressions_.findings

    def unary(self, expression: tree.Unary, hint: Type | None) -> Operand | None:
        operand = self._expressions.resolve(expression.operand, hint)
        operator, span = expression.operator, expression.span
        if operand is None:
            return None
        if isinstance(operand, Literal):
            return self._unary_literal(operator, operand, span, hint)
        static = _scalar(operand.type)
        if static is None:
            return self._no_operator(operator.value, operand.type, None, span)
        if operator is UnaryOperator.NEGATE:
            static = _NEGATED.get(number_of(static), static)
        row = UNARY.get((operator, static.kind))
        if row is None:
            return self._no_operator(operator.value, operand.type, None, span)
        mixes = row.mixes or isinstance(operand.type, EnumType)
        if mixes and not self.may_mix(operator.value, operand.type, span):
            return None
        computed = computation_type(static, row.computes)
        node = as_type(operand.node, computed)
        if operator is UnaryOperator.PLUS:
            return Typed(node, static)
        return Typed(_as_number(UnaryExpression(operator, node, computed, span), static), static)

    def _unary_literal(
        self, operator: UnaryOperator, literal: Literal, span: Span, hint: Type | None
    ) -> Operand | None:
        match operator:
            case UnaryOperator.PLUS:
                return replace(literal, span=span)
            case UnaryOperator.NEGATE:
                text = _negated(literal.text) if literal.text is not None else None
                form = Form.COMPUTED if literal.form is Form.COMPUTED else Form.NUMBER
                return Literal(-literal.value, span, text, form)
            case UnaryOperator.NOT:
                wanted = _scalar(hint) if hint is not None else None
                if (
                    literal.is_real
                    or wanted is None
                    or not (wanted.is_integer or wanted.kind in (Kind.BITS, Kind.BOOL))
                ):
                    return self._no_operator("NOT", f"the number {literal}", None, span)
                typed = self._expressions.of_type(literal, wanted)
                if not isinstance(typed, Typed):
                    return None
                bits = bits_of(wanted)
                complement = UnaryExpression(operator, as_type(typed.node, bits), bits, span)
                return Typed(_as_number(complement, wanted), wanted)

    def chain(self, expression: tree.Binary, hint: Type | None) -> Operand | None:
        """A long sum leans to the left; its operators are taken one after the other, not one inside the other."""
        chain: list[tree.Binary] = []
        leftmost: tree.Expression = expression
        while isinstance(leftmost, tree.Binary):
            chain.append(leftmost)
            leftmost = leftmost.left
        links = [(binary.operator, binary.right, binary.span) for binary in reversed(chain)]
        return self._linked(leftmost, links, hint)

    def fold(
        self, operator: BinaryOperator, operands: Sequence[tree.Expression], span: Span, hint: Type | None
    ) -> Operand | None:
        """`operator` between all operands, from the left: a standard function such as ADD."""
        return self._linked(operands[0], [(operator, operand, span) for operand in operands[1:]], hint)

    def _linked(
        self, first: tree.Expression, links: Sequence[tuple[BinaryOperator, tree.Expression, Span]], hint: Type | None
    ) -> Operand | None:
        inner_hint = None if links[-1][0] in COMPARISONS else hint
        left = self._expressions.resolve(first, inner_hint)
        for operator, expression, span in links:
            right_hint = left.type if isinstance(left, Typed) and isinstance(left.type, EnumType) else inner_hint
            right = self._expressions.resolve(expression, right_hint)
            if left is not None:
                left = self.binary(operator, left, right, span, inner_hint) if right is not None else None
        return left

    def binary(
        self, operator: BinaryOperator, left: Operand, right: Operand, span: Span, hint: Type | None
    ) -> Operand | None:
        """What `operator` makes of two operands."""
        if self._findings.is_strict and operator in (BinaryOperator.AND_THEN, BinaryOperator.OR_ELSE):
            self._findings.add(expressions.EXTENSION.at(span, what=operator.value))
        if isinstance(left, Literal) and isinstance(right, Literal):
            return self._combine(operator, left, right, span)
        if operator is not BinaryOperator.POWER and _is_number(left) and _is_number(right):
            return self._between(operator, left, right, span, hint)  # the usual case
        if isinstance(left, Typed) and isinstance(right, Typed) and _are_texts(left.type, right.type):
            if operator not in COMPARISONS:
                return self._no_operator(operator.value, left.type, right.type, span)
            return Typed(BinaryExpression(operator, left.node, right.node, BOOL, span), BOOL)
        if pointers := self._pointers(left, right):
            return self._with_pointer(operator, left, right, span, pointers)
        if operator is BinaryOperator.POWER:
            return self._power(left, right, span, hint)
        if operator in DURATION_SCALING and _is_duration(left) is not _is_duration(right):
            return self._scale(operator, left, right, span)
        date_sum = _date_sum(operator, left, right, span)
        if date_sum is not None:
            return date_sum
        return self._between(operator, left, right, span, hint)

    def _between(
        self, operator: BinaryOperator, left: Operand, right: Operand, span: Span, hint: Type | None
    ) -> Operand | None:
        """Two operands that meet in a common type."""
        described = _described(left), _described(right)
        left, right = _character_beside(left, right), _character_beside(right, left)
        left, right = self._adapted(left, right, hint), self._adapted(right, left, hint)
        left_type, right_type = _scalar(left.type), _scalar(right.type)
        common = common_type(left_type, right_type) if left_type is not None and right_type is not None else None
        row = BINARY.get((operator, common.kind)) if common is not None else None
        if common is None or row is None or _are_different_enumerations(left.type, right.type):
            return self._no_operator(operator.value, *described, span)
        if not self._check_mixing(operator, row.mixes, (left, right), common, span):
            return None
        computed = computation_type(common, row.computes)
        nodes = as_type(left.node, computed), as_type(right.node, computed)
        if operator in (BinaryOperator.DIVIDE, BinaryOperator.MODULO) and self._divides_by_zero(nodes[1]):
            return None
        if row.compares:
            return Typed(BinaryExpression(operator, *nodes, BOOL, span), BOOL)
        return Typed(_as_number(BinaryExpression(operator, *nodes, computed, span), common), common)

    def _combine(self, operator: BinaryOperator, left: Literal, right: Literal, span: Span) -> Operand | None:
        try:
            value = combine_literals(operator, left.value, right.value)
        except LiteralTooLarge:
            self._expressions.literal_range(span, span.text, "any integer type")
            return None
        except ZeroDivisionError:
            self._findings.add(expressions.DIVISION_BY_ZERO.at(right.span))
            return None
        if value is None:
            return self._no_operator(operator.value, f"the number {left}", f"the number {right}", span)
        if isinstance(value, bool):
            return Typed(ConstantExpression(value, BOOL, span), BOOL)
        return Literal(value, span, form=Form.COMPUTED)

    def _adapted(self, operand: Operand, other: Operand, hint: Type | None) -> Typed:
        """A literal beside something typed takes a type."""
        if isinstance(operand, Typed):
            return operand
        assert isinstance(other, Typed)
        type_ = literal_type(operand, _scalar(other.type), hint)
        return Typed(literal_node(operand, type_), type_)

    def _check_mixing(
        self, operator: BinaryOperator, mixes: bool, operands: tuple[Typed, Typed], common: Elementary, span: Span
    ) -> bool:
        """Note what meets here; False when it does not go together after all."""
        if operands[0].type is operands[1].type is common and not mixes:
            return True  # the usual case
        enumerations = [o for o in operands if isinstance(o.type, EnumType)]
        is_comparison_of_one = len(enumerations) == 2 and operator in COMPARISONS
        if enumerations and not is_comparison_of_one:
            return self.may_mix(operator.value, enumerations[0].type, span)
        if mixes:
            return self.may_mix(operator.value, common, span)
        for operand in operands:
            verdict = IMPLICIT[elementary(operand.type), common]
            if verdict is Verdict.EXPLICIT:
                self._no_operator(operator.value, operands[0].type, operands[1].type, span)
                return False
            if not note_conversion(self._findings, operand.span, operand.type, common, verdict):
                return False
        return True

    def _divides_by_zero(self, divisor: Expression) -> bool:
        is_zero = isinstance(divisor, ConstantExpression) and divisor.value == 0
        if is_zero and elementary(divisor.type).kind is not Kind.REAL:
            self._findings.add(expressions.DIVISION_BY_ZERO.at(divisor.span))
            return True
        return False

    @staticmethod
    def _pointers(left: Operand, right: Operand) -> list[_Reference]:
        types = [operand.type for operand in (left, right) if isinstance(operand, Typed)]
        return [type_ for type_ in types if isinstance(type_, PointerType | InterfaceType)]

    def _with_pointer(
        self,
        operator: BinaryOperator,
        left: Operand,
        right: Operand,
        span: Span,
        pointers: list[PointerType | InterfaceType],
    ) -> Operand | None:
        """Pointers are compared, moved by a number of bytes, and two of them have a distance."""
        left, right = _object_beside(left, pointers[0]), _object_beside(right, pointers[0])
        nodes = [self._address(operand) for operand in (left, right)]
        first, second = nodes
        if first is None or second is None or operator not in (*COMPARISONS, *_MOVES):
            return self._no_operator(operator.value, _described(left), _described(right), span)
        if self._findings.is_strict and operator not in (BinaryOperator.EQUAL, BinaryOperator.NOT_EQUAL):
            self._findings.add(expressions.EXTENSION.at(span, what="arithmetic with a pointer"))
        if operator in COMPARISONS:
            return Typed(BinaryExpression(operator, first, second, BOOL, span), BOOL)
        moved = BinaryExpression(operator, first, second, LINT, span)
        if len(pointers) == 2:
            return Typed(moved, DINT)
        return Typed(as_type(moved, pointers[0]), pointers[0])

    def _address(self, operand: Operand) -> Expression | None:
        """A pointer or a whole number, as LINT."""
        if isinstance(operand, Literal):
            return None if operand.is_real else coerce(self._findings, operand, LINT)
        scalar = _scalar(operand.type)
        is_whole = scalar is not None and (scalar.is_integer or scalar.kind is Kind.BITS)
        return as_type(operand.node, LINT) if is_whole else None

    def _power(self, left: Operand, right: Operand, span: Span, hint: Type | None) -> Operand | None:
        """In the wider of the operands' REAL types; without one in the type that is wanted, else in LREAL."""
        types = [_scalar(o.type) for o in (left, right) if isinstance(o, Typed)]
        if any(t is None or not (t.kind in (Kind.REAL, Kind.BITS) or t.is_integer) for t in types):
            return self._no_operator("**", _described(left), _described(right), span)
        reals = {t for t in types if t is not None and t.kind is Kind.REAL}
        wanted = _scalar(hint) if hint is not None else None
        if not reals:
            reals = {wanted if wanted is not None and wanted.kind is Kind.REAL else LREAL}
        computed = LREAL if LREAL in reals else REAL
        nodes = [
            as_type(o.node, computed) if isinstance(o, Typed) else literal_node(o, computed) for o in (left, right)
        ]
        return Typed(BinaryExpression(BinaryOperator.POWER, nodes[0], nodes[1], computed, span), computed)

    def _scale(self, operator: BinaryOperator, left: Operand, right: Operand, span: Span) -> Operand | None:
        """TIME * number, number * TIME, TIME / number."""
        duration, number = (left, right) if _is_duration(left) else (right, left)
        assert isinstance(duration, Typed)
        kind = _scalar(number.type) if isinstance(number, Typed) else (LREAL if number.is_real else LINT)
        if (
            kind is None
            or kind.kind is Kind.BOOL
            or kind.is_clock
            or (operator is BinaryOperator.DIVIDE and number is left)
        ):
            return self._no_operator(operator.value, _described(left), _described(right), span)
        static = number.type if isinstance(number, Typed) else LINT
        mixes = kind.kind is Kind.BITS or isinstance(static, EnumType)
        if mixes and not self.may_mix(operator.value, static, span):
            return None
        computed = LREAL if kind.kind is Kind.REAL else LINT
        if isinstance(number, Literal) and coerce(self._findings, number, computed) is None:
            return None
        nodes = [
            as_type(o.node, computed) if isinstance(o, Typed) else literal_node(o, computed) for o in (left, right)
        ]
        if operator is BinaryOperator.DIVIDE and self._divides_by_zero(nodes[1]):
            return None
        scaled = BinaryExpression(operator, nodes[0], nodes[1], computed, span)
        return Typed(as_type(scaled, duration.type), duration.type)

    # ------------------------------------------------------------------------------------------------------ findings

    def _no_operator(self, operator: str, left: object, right: object | None, span: Span) -> None:
        operands = str(left) if right is None else f"{left} and {right}"
        remedy = _operator_remedy(operator, left, right)
        self._findings.add(expressions.OPERATOR_TYPES.at(span, operator=operator, operands=operands, remedy=remedy))

    def may_mix(self, operator: str, type_: Type, span: Span) -> bool:
        """Whether an operator may be used on operands it is not made for: common in existing code, but not standard."""
        if self._findings.is_strict:
            self._findings.add(expressions.OPERATOR_MIXES.at(span, operator=operator, type=type_))
        return not self._findings.is_strict


_MOVES = (BinaryOperator.ADD, BinaryOperator.SUBTRACT)
_NEGATED = {USINT: INT, UINT: DINT, UDINT: LINT}
"""The type of a negated unsigned number: the signed one that holds it."""


def _negated(digits: str) -> str:
    """Two signs are none: `- -1.0`."""
    return digits[1:] if digits.startswith("-") else f"-{digits}"


def _scalar(type_: Type) -> Elementary | None:
    return elementary(type_) if is_scalar(type_) else None


def _as_number(node: Expression, static: Elementary) -> Expression:
    """What was computed bit by bit for integers is an integer again, with its sign."""
    is_bits = elementary(node.type).kind is Kind.BITS
    return as_type(node, static) if is_bits and static.kind is not Kind.BITS else node


def _character_beside(operand: Operand, other: Operand) -> Operand:
    """A text of one character in quotes beside a CHAR is a CHAR."""
    if isinstance(operand, Typed) and isinstance(other, Typed):
        return as_character(operand, storage_type(other.type)) or operand
    return operand


def _described(operand: Operand) -> object:
    """An operand as a message names it."""
    return operand.type if isinstance(operand, Typed) else f"the number {operand}"


_NUMBERS = (Kind.SIGNED, Kind.UNSIGNED, Kind.REAL)


def _is_number(operand: Operand) -> bool:
    return isinstance(operand, Typed) and isinstance(operand.type, Elementary) and operand.type.kind in _NUMBERS


def _is_duration(operand: Operand) -> bool:
    return isinstance(operand, Typed) and isinstance(operand.type, Elementary) and operand.type.kind is Kind.DURATION


def _object_beside(operand: Operand, other: _Reference) -> Operand:
    """An instance beside a variable of an interface that it can be assigned to: a reference to it."""
    if not (isinstance(operand, Typed) and isinstance(operand.type, BlockType) and isinstance(other, InterfaceType)):
        return operand
    node = as_interface(operand.node, other)
    return Typed(node, other) if node is not None else operand


def _are_texts(left: Type, right: Type) -> bool:
    return isinstance(left, StringType) and isinstance(right, StringType) and left.wide is right.wide


def _date_sum(operator: BinaryOperator, left: Operand, right: Operand, span: Span) -> Operand | None:
    """A row of `DATE_SUMS`; None when it is none."""
    if not (isinstance(left, Typed) and isinstance(right, Typed)):
        return None
    left_type, right_type = _scalar(left.type), _scalar(right.type)
    if left_type is None or right_type is None:
        return None
    result = DATE_SUMS.get((operator, left_type, right_type))
    if result is None:
        return None
    nodes = as_type(left.node, LINT), as_type(right.node, LINT)
    total = BinaryExpression(operator, *nodes, LINT, span)
    return Typed(apply_steps(total, clock_steps(LINT, result)), result)


def _are_different_enumerations(left: Type, right: Type) -> bool:
    return isinstance(left, EnumType) and isinstance(right, EnumType) and left is not right


def _operator_remedy(operator: str, left: object, right: object | None) -> str:
    """What to do instead, for the mixtures that people write."""
    types = [t.base if isinstance(t, SubrangeType) else t for t in (left, right)]
    if any(isinstance(t, StringType) for t in types) and operator in ("+", "AND"):
        return "join texts with CONCAT(a, b)"
    if all(isinstance(t, StringType) for t in types):
        return "single quotes make a STRING, double quotes a WSTRING: both sides have to be the same"
    kinds = {t.kind for t in types if isinstance(t, Elementary)}
    if Kind.BOOL in kinds and operator in ("AND", "OR", "XOR", "NOT", "AND_THEN", "OR_ELSE"):
        return "compare the number first, for example with '<> 0'"
    if isinstance(left, Elementary) and left.kind is Kind.BOOL and operator in ("<", ">", "<=", ">="):
        return "a comparison gives a BOOL: write a < b AND b < c"
    if Kind.BOOL in kinds and len(kinds) > 1:
        return "convert the BOOL with BOOL_TO_INT, or compare the number with '<> 0'"
    if Kind.DATE in kinds:
        return _date_remedy(operator, [t for t in types if isinstance(t, Elementary)])
    if Kind.DURATION in kinds and operator in ("+", "-", "=", "<>", "<", ">", "<=", ">="):
        return "write the other side as a duration such as T#5s"
    if Kind.DURATION in kinds:
        return "convert durations with TIME_TO_LREAL (milliseconds) first"
    if operator == "-" and right is None and Kind.UNSIGNED in kinds:
        return "convert it to a signed type first, for example with ULINT_TO_LINT"
    if Kind.REAL in kinds and operator == "MOD":
        return "convert to an integer first, or subtract TRUNC(x / y) * y"
    if isinstance(types[0], EnumType) and isinstance(types[1], EnumType):
        return "compare enumerators of one enumeration"
    return next(remedy for operators, remedy in _MADE_FOR if operator in operators)


def _date_remedy(operator: str, types: list[Elementary]) -> str:
    dates = [type_ for type_ in types if type_.kind is Kind.DATE]
    if len(dates) > 1 and dates[0].name.removeprefix("L") != dates[1].name.removeprefix("L"):
        return "bring both to one type, for example with DT_TO_DATE or DT_TO_TOD"
    if operator in ("=", "<>", "<", ">", "<=", ">="):
        return f"write the other side as {clock_example(dates[0])}"
    if dates[0].name in ("DATE", "LDATE"):
        return "convert with DATE_TO_DT first: a span can be added to a DT, and a date subtracted from a date"
    return "add or subtract a duration such as T#5s, or subtract what has the same type"


_MADE_FOR = (
    (("AND", "OR", "XOR", "NOT"), "it is for BOOL, and for bit strings such as WORD"),
    (("AND_THEN", "OR_ELSE"), "it is for BOOL"),
    (("+", "-"), "it is for numbers, and for durations among each other"),
    (("*", "/", "MOD", "**"), "it is for numbers"),
    (("=", "<>", "<", ">", "<=", ">="), "compare single values of one type"),
)
"""What to say of an operator when nothing better is known."""
