"""Expressions: what each one means and of which type it is.

`Expressions.resolve` takes an expression of the tree to an `Operand`; `value`, `condition` and `constant` go on to
what a statement or a declaration wants. Operators are tables (`operators.py`); what is here is the order in which a
computation is judged: meet in one type, find the row, convert both sides, compute.
"""

from __future__ import annotations

from iec61131.diagnostics.catalogue import declarations, expressions
from iec61131.program import FaultCode
from iec61131.semantics.calls import Calls
from iec61131.semantics.constants import (
    ConstantFault,
    LiteralTooLarge,
    NotConstant,
    checked,
    combine_literals,
    elementary,
    fold,
)
from iec61131.semantics.conversions import IMPLICIT, Verdict, bits_of, common_type, number_of
from iec61131.semantics.here import Here
from iec61131.semantics.model import (
    BinaryExpression,
    Constant,
    ConstantExpression,
    Expression,
    Load,
    UnaryExpression,
    Variable,
    VariablePlace,
)
from iec61131.semantics.operands import (
    Literal,
    Operand,
    Typed,
    as_type,
    coerce,
    is_scalar,
    literal_node,
    literal_type,
    note_conversion,
)
from iec61131.semantics.operators import (
    BINARY,
    COMPARISONS,
    DURATION_SCALING,
    UNARY,
    computation_type,
)
from iec61131.semantics.places import Places
from iec61131.semantics.scopes import Enumerator, Failed, PouSymbol, TypeSymbol
from iec61131.semantics.types import (
    BOOL,
    DINT,
    ELEMENTARY,
    INT,
    LINT,
    LREAL,
    LTIME,
    REAL,
    TIME,
    UDINT,
    UINT,
    USINT,
    Elementary,
    EnumType,
    Kind,
    SubrangeType,
    Type,
)
from iec61131.source import Span
from iec61131.stdlib import BLOCKS
from iec61131.syntax import tree
from iec61131.syntax.tree import BinaryOperator, PouKind, UnaryOperator


class Expressions:
    def __init__(self, here: Here) -> None:
        self.here = here
        self.findings = here.findings
        self.places = Places(here, self)
        self.calls = Calls(here, self)

    # -------------------------------------------------------------------------------------------- what others want

    def value(self, expression: tree.Expression, target: Type) -> Expression | None:
        """`expression` as a value of `target`."""
        return coerce(self.findings, self.resolve(expression, target), target)

    def condition(self, expression: tree.Expression, what: str) -> Expression | None:
        """`expression` as the BOOL that `what` (an IF, a WHILE) decides by."""
        operand = self.resolve(expression, BOOL)
        if operand is None:
            return None
        if isinstance(operand, Literal) and operand.value not in (0, 1):
            self.findings.add(expressions.CONDITION.at(operand.span, what=what, type=f"the number {operand}"))
            return None
        if isinstance(operand, Typed) and operand.type != BOOL:
            self.findings.add(expressions.CONDITION.at(operand.span, what=what, type=operand.type))
            return None
        return coerce(self.findings, operand, BOOL)

    def constant(self, expression: tree.Expression, target: Type) -> Constant | None:
        """The value of `expression` as a `target`, known before the program runs."""
        node = self.value(expression, target)
        return self.fold(node) if node is not None else None

    def whole_number(self, expression: tree.Expression, hint: Type | None = None) -> int | None:
        """The value of a constant expression of any integer type or enumeration."""
        operand = self.resolve(expression, hint)
        if operand is None:
            return None
        is_whole = isinstance(operand.value, int) if isinstance(operand, Literal) else _is_whole(operand.type)
        if not is_whole:
            type_ = operand.type if isinstance(operand, Typed) else "a number with a point"
            self.findings.add(expressions.WHOLE_NUMBER.at(operand.span, type=type_))
            return None
        if isinstance(operand, Literal):
            return int(operand.value)
        value = self.fold(operand.node)
        assert value is None or isinstance(value, int)
        return value

    def coerce(self, operand: Operand | None, target: Type) -> Expression | None:
        """An operand as a value of `target`."""
        return coerce(self.findings, operand, target)

    def fold(self, node: Expression) -> Constant | None:
        try:
            return fold(node)
        except NotConstant as error:
            self.findings.add(declarations.NOT_CONSTANT.at(error.span))
        except ConstantFault as error:
            self.findings.add(_FAULT[error.code].at(error.span))
        return None

    # ----------------------------------------------------------------------------------------------------- resolving

    def resolve(self, expression: tree.Expression, hint: Type | None = None) -> Operand | None:
        """What `expression` is. `hint` is the type its value will be used as, for what the text alone leaves open."""
        match expression:
            case tree.Binary():
                return self._binary_chain(expression, hint)
            case tree.Unary():
                return self._unary(expression, hint)
            case tree.NameExpression():
                return self._name(expression, hint)
            case tree.Call():
                return self.calls.value(expression, hint)
            case tree.QualifiedEnum():
                return self._qualified(expression.type_name, expression.member, expression.span)
            case tree.MemberAccess():
                return self._member(expression)
            case tree.IndexAccess() | tree.BitAccess() | tree.DirectAddress():
                place = self.places.resolve(expression)
                return Typed(Load(place, expression.span), place.type) if place is not None else None
            case tree.IntegerLiteral():
                return self._integer(expression)
            case tree.RealLiteral():
                return self._real(expression)
            case tree.BoolLiteral():
                return Typed(ConstantExpression(expression.value, BOOL, expression.span), BOOL)
            case tree.DurationLiteral():
                type_ = LTIME if expression.long else TIME
                if not type_.minimum <= expression.value_ns <= type_.maximum:
                    self._literal_range(expression.span, expression.span.text, type_)
                    return None
                return Typed(ConstantExpression(expression.value_ns, type_, expression.span), type_)
            case tree.StringLiteral():
                what = "WSTRING" if expression.wide else "STRING"
                self.findings.add(declarations.UNSUPPORTED_TYPE.at(expression.span, name=what))
                return None

    # ------------------------------------------------------------------------------------------------------ literals

    def _integer(self, literal: tree.IntegerLiteral) -> Operand | None:
        if literal.prefix is None:
            return self._checked(literal.value, literal.span)
        type_ = self._prefix_type(literal.prefix)
        return self._of_type(Literal(literal.value, literal.span), type_) if type_ is not None else None

    def _real(self, literal: tree.RealLiteral) -> Operand | None:
        operand = Literal(literal.value, literal.span, literal.text)
        if literal.prefix is None:
            return operand if coerce(self.findings, operand, LREAL) is not None else None
        type_ = self._prefix_type(literal.prefix)
        return self._of_type(operand, type_) if type_ is not None else None

    def _of_type(self, literal: Literal, type_: Type) -> Operand | None:
        node = coerce(self.findings, literal, type_)
        return Typed(node, type_) if node is not None else None

    def _checked(self, value: int, span: Span) -> Literal | None:
        try:
            return Literal(checked(value), span)
        except LiteralTooLarge:
            self._literal_range(span, span.text, "any integer type")
            return None

    def _literal_range(self, span: Span, value: str, target: object) -> None:
        limits = target if isinstance(target, Elementary) else ELEMENTARY["ULINT"]
        low = limits.minimum if limits is target else LINT.minimum
        self.findings.add(expressions.LITERAL_RANGE.at(span, value=value, target=target, low=low, high=limits.maximum))

    def _prefix_type(self, name: tree.Name) -> Type | None:
        """The type before the `#` of a literal."""
        elementary_type = ELEMENTARY.get(name.key)
        if elementary_type is not None:
            return elementary_type
        symbol = self.here.scope.globals.find_type(name.key)
        if isinstance(symbol, TypeSymbol):
            if symbol.type is None or is_scalar(symbol.type):
                return symbol.type
            self.findings.add(declarations.NOT_A_TYPE.at(name.span, name=name.text, what="no type of single values"))
            return None
        self.unknown_type(name)
        return None

    # --------------------------------------------------------------------------------------------------------- names

    def _name(self, expression: tree.NameExpression, hint: Type | None) -> Operand | None:
        name = expression.name
        found = self.places.find_variable(name)
        if isinstance(found, Failed):
            return None
        if isinstance(found, Variable):
            return self._variable(found, expression.span)
        enumerators = self.here.scope.find_enumerators(name.key)
        if len(enumerators) > 1:
            enumerators = [e for e in enumerators if e.type is hint] or enumerators
        if len(enumerators) > 1:
            owners = [str(e.type) for e in enumerators]
            finding = expressions.AMBIGUOUS_ENUMERATOR.at(
                name.span, name=name.text, types=" and ".join(owners), qualified=f"{owners[0]}#{enumerators[0].name}"
            )
            self.findings.add(finding)
            return None
        if enumerators:
            return _enumerator(enumerators[0], expression.span)
        self.unknown_name(name)
        return None

    def _variable(self, variable: Variable, span: Span) -> Operand:
        """A scalar constant is its value; everything else is read where it lives."""
        scalar = variable.initial
        if variable.constant and scalar is not None and not isinstance(scalar, tuple | dict):
            return Typed(ConstantExpression(scalar, variable.type, span), variable.type)
        return Typed(Load(VariablePlace(variable, span), span), variable.type)

    def unknown_name(self, name: tree.Name) -> None:
        """The finding about a name that is no variable and no enumerator; once for each name in a POU."""
        scope = self.here.scope
        if name.key in scope.reported:
            return
        scope.reported.add(name.key)
        symbol = scope.globals.find_type(name.key)
        if isinstance(symbol, PouSymbol) and symbol.kind is PouKind.FUNCTION:
            self.findings.add(expressions.FUNCTION_WITHOUT_CALL.at(name.span, name=symbol.pou.name))
        elif symbol is not None or name.key in ELEMENTARY or name.key in BLOCKS:
            self.findings.add(expressions.TYPE_AS_VALUE.at(name.span, name=name.text))
        else:
            finding = expressions.UNKNOWN_NAME.at(name.span, name=name.text)
            self.findings.add_near(finding, name.text, scope.value_names())

    def unknown_type(self, name: tree.Name) -> None:
        """The finding about a name that should be a type and is none."""
        scope = self.here.scope
        finding = declarations.UNKNOWN_TYPE.at(name.span, name=name.text)
        self.findings.add_near(finding, name.text, [*ELEMENTARY, *BLOCKS, *scope.globals.type_names()])

    def _member(self, expression: tree.MemberAccess) -> Operand | None:
        """`Colour.Red`, or a part of a variable."""
        base = expression.base
        if isinstance(base, tree.NameExpression) and self.here.scope.find_variable(base.name.key) is None:
            symbol = self.here.scope.globals.find_type(base.name.key)
            if isinstance(symbol, TypeSymbol) and (symbol.type is None or isinstance(symbol.type, EnumType)):
                return self._qualified(base.name, expression.name, expression.span)
        place = self.places.resolve(expression)
        return Typed(Load(place, expression.span), place.type) if place is not None else None

    def _qualified(self, type_name: tree.Name, member: tree.Name, span: Span) -> Operand | None:
        symbol = self.here.scope.globals.find_type(type_name.key)
        if not isinstance(symbol, TypeSymbol):
            self.unknown_type(type_name)
            return None
        if symbol.type is None:
            return None
        if not isinstance(symbol.type, EnumType):
            self.findings.add(
                declarations.NOT_A_TYPE.at(type_name.span, name=type_name.text, what="not an enumeration")
            )
            return None
        for name, value in symbol.type.members.items():
            if name.upper() == member.key:
                return _enumerator(Enumerator(name, value, symbol.type), span)
        names = list(symbol.type.members)
        finding = expressions.UNKNOWN_ENUMERATOR.at(
            member.span, name=member.text, type=symbol.type, known=", ".join(names[:20])
        )
        self.findings.add_near(finding, member.text, names)
        return None

    # ----------------------------------------------------------------------------------------------------- operators

    def _unary(self, expression: tree.Unary, hint: Type | None) -> Operand | None:
        operand = self.resolve(expression.operand, hint)
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
                return Literal(literal.value, span, literal.text)
            case UnaryOperator.NEGATE:
                return Literal(-literal.value, span, f"-{literal.text}" if literal.text is not None else None)
            case UnaryOperator.NOT:
                wanted = _scalar(hint) if hint is not None else None
                if (
                    literal.is_real
                    or wanted is None
                    or not (wanted.is_integer or wanted.kind in (Kind.BITS, Kind.BOOL))
                ):
                    return self._no_operator("NOT", f"the number {literal}", None, span)
                typed = self._of_type(literal, wanted)
                if not isinstance(typed, Typed):
                    return None
                bits = bits_of(wanted)
                complement = UnaryExpression(operator, as_type(typed.node, bits), bits, span)
                return Typed(_as_number(complement, wanted), wanted)

    def _binary_chain(self, expression: tree.Binary, hint: Type | None) -> Operand | None:
        """A long sum leans to the left; its operators are taken one after the other, not one inside the other."""
        chain: list[tree.Binary] = []
        leftmost: tree.Expression = expression
        while isinstance(leftmost, tree.Binary):
            chain.append(leftmost)
            leftmost = leftmost.left
        inner_hint = None if chain[0].operator in COMPARISONS else hint
        left = self.resolve(leftmost, inner_hint)
        for binary in reversed(chain):
            right_hint = left.type if isinstance(left, Typed) and isinstance(left.type, EnumType) else inner_hint
            right = self.resolve(binary.right, right_hint)
            left = self._binary(binary, left, right, inner_hint) if left is not None and right is not None else None
        return left

    def _binary(self, expression: tree.Binary, left: Operand, right: Operand, hint: Type | None) -> Operand | None:
        operator, span = expression.operator, expression.span
        if self.findings.is_strict and operator in (BinaryOperator.AND_THEN, BinaryOperator.OR_ELSE):
            self.findings.add(expressions.EXTENSION.at(span, what=operator.value))
        if isinstance(left, Literal) and isinstance(right, Literal):
            return self._combine(operator, left, right, span)
        if operator is BinaryOperator.POWER:
            return self._power(left, right, span, hint)
        if operator in DURATION_SCALING and _is_duration(left) is not _is_duration(right):
            return self._scale(operator, left, right, span)
        described = _described(left), _described(right)
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
            self._literal_range(span, span.text, "any integer type")
            return None
        except ZeroDivisionError:
            self.findings.add(expressions.DIVISION_BY_ZERO.at(right.span))
            return None
        if value is None:
            return self._no_operator(operator.value, f"the number {left}", f"the number {right}", span)
        if isinstance(value, bool):
            return Typed(ConstantExpression(value, BOOL, span), BOOL)
        return Literal(value, span)

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
            if not note_conversion(self.findings, operand.span, operand.type, common, verdict):
                return False
        return True

    def _divides_by_zero(self, divisor: Expression) -> bool:
        is_zero = isinstance(divisor, ConstantExpression) and divisor.value == 0
        if is_zero and elementary(divisor.type).kind is not Kind.REAL:
            self.findings.add(expressions.DIVISION_BY_ZERO.at(divisor.span))
            return True
        return False

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
            or kind.kind in (Kind.BOOL, Kind.DURATION)
            or (operator is BinaryOperator.DIVIDE and number is left)
        ):
            return self._no_operator(operator.value, _described(left), _described(right), span)
        if isinstance(number, Typed) and (kind.kind is Kind.BITS or isinstance(number.type, EnumType)):
            if not self.may_mix(operator.value, number.type, span):
                return None
        computed = LREAL if kind.kind is Kind.REAL else LINT
        if isinstance(number, Literal) and coerce(self.findings, number, computed) is None:
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
        self.findings.add(expressions.OPERATOR_TYPES.at(span, operator=operator, operands=operands, remedy=remedy))

    def may_mix(self, operator: str, type_: Type, span: Span) -> bool:
        """Whether an operator may be used on operands it is not made for: common in existing code, but not standard."""
        if self.findings.is_strict:
            self.findings.add(expressions.OPERATOR_MIXES.at(span, operator=operator, type=type_))
        return not self.findings.is_strict


_NEGATED = {USINT: INT, UINT: DINT, UDINT: LINT}
"""The type of a negated unsigned number: the signed one that holds it."""

_FAULT = {
    FaultCode.DIVIDE_BY_ZERO: expressions.DIVISION_BY_ZERO,
    FaultCode.SUBRANGE: expressions.CONSTANT_OUTSIDE_SUBRANGE,
    FaultCode.INDEX_OUT_OF_BOUNDS: expressions.CONSTANT_INDEX,
}


def _enumerator(enumerator: Enumerator, span: Span) -> Typed:
    return Typed(ConstantExpression(enumerator.value, enumerator.type, span), enumerator.type)


def _scalar(type_: Type) -> Elementary | None:
    return elementary(type_) if is_scalar(type_) else None


def _as_number(node: Expression, static: Elementary) -> Expression:
    """What was computed bit by bit for integers is an integer again, with its sign."""
    is_bits = elementary(node.type).kind is Kind.BITS
    return as_type(node, static) if is_bits and static.kind is not Kind.BITS else node


def _described(operand: Operand) -> object:
    """An operand as a message names it."""
    return operand.type if isinstance(operand, Typed) else f"the number {operand}"


def _is_whole(type_: Type) -> bool:
    scalar = _scalar(type_)
    return scalar is not None and (scalar.is_integer or scalar.kind is Kind.BITS)


def _is_duration(operand: Operand) -> bool:
    return isinstance(operand, Typed) and isinstance(operand.type, Elementary) and operand.type.kind is Kind.DURATION


def _are_different_enumerations(left: Type, right: Type) -> bool:
    return isinstance(left, EnumType) and isinstance(right, EnumType) and left is not right


def _operator_remedy(operator: str, left: object, right: object | None) -> str:
    """What to do instead, for the mixtures that people write."""
    types = [t.base if isinstance(t, SubrangeType) else t for t in (left, right)]
    kinds = {t.kind for t in types if isinstance(t, Elementary)}
    if Kind.BOOL in kinds and operator in ("AND", "OR", "XOR", "NOT", "AND_THEN", "OR_ELSE"):
        return "compare the number first, for example with '<> 0'"
    if Kind.BOOL in kinds and len(kinds) > 1:
        return "convert the BOOL with BOOL_TO_INT, or compare the number with '<> 0'"
    if Kind.DURATION in kinds and operator in ("+", "-", "=", "<>", "<", ">", "<=", ">="):
        return "write the other side as a duration such as T#5s"
    if Kind.DURATION in kinds:
        return "convert durations with TIME_TO_LREAL (milliseconds) first"
    if operator == "-" and right is None and Kind.UNSIGNED in kinds:
        return "convert it to a signed type first, for example with ULINT_TO_LINT"
    if Kind.REAL in kinds and operator == "MOD":
        return "convert to an integer first, or subtract TRUNC(x / y) * y"
    return "the operands need types that the operator is made for"
