"""Expressions: what each one means and of which type it is.

`Expressions.resolve` takes an expression of the tree to an `Operand`; `value`, `condition` and `constant` go on to
what a statement or a declaration wants. Names and literals are here; operators are in `operations.py`, calls in
`calls.py`, variables and their parts in `places.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from iec61131.code_page import as_bytes
from iec61131.diagnostics.catalogue import calls, declarations, expressions
from iec61131.program import FaultCode
from iec61131.semantics import foreign_names, pointers
from iec61131.semantics.calls import Calls
from iec61131.semantics.constants import (
    ConstantFault,
    LiteralTooLarge,
    NotConstant,
    checked,
    elementary,
    fold,
)
from iec61131.semantics.here import Here
from iec61131.semantics.members import Members, Property
from iec61131.semantics.model import (
    Constant,
    ConstantExpression,
    Expression,
    Load,
    TargetPlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.operands import (
    Form,
    Literal,
    Operand,
    Typed,
    coerce,
    is_scalar,
)
from iec61131.semantics.operations import Operations
from iec61131.semantics.places import Places
from iec61131.semantics.references import full_name
from iec61131.semantics.scopes import Enumerator, Failed, PouSymbol, TypeSymbol
from iec61131.semantics.types import (
    BOOL,
    ELEMENTARY,
    ELEMENTARY_NAMES,
    LINT,
    LREAL,
    LTIME,
    TIME,
    Elementary,
    EnumType,
    Flavour,
    Kind,
    PointerType,
    StringType,
    Type,
)
from iec61131.source import Span
from iec61131.stdlib import BLOCKS
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind


class Expressions:
    """`lists` is how a list of values becomes a value, for those who work on statements."""

    def __init__(self, here: Here) -> None:
        self.here = here
        self.findings = here.findings
        self.places = Places(here, self)
        self.operations = Operations(self)
        self.calls = Calls(here, self)
        self.members = Members(here, self)
        self.lists: Callable[[tree.ArrayInitial | tree.StructInitial, Type], Operand | None] | None = None

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

    def exact(self, expression: tree.Expression, target: Type) -> Expression | None:
        """The same as `value` for what is compared or counted with, and stored nowhere: numbers are not cut off."""
        operand = self.resolve(expression, target)
        return self.coerce(operand.exact if isinstance(operand, Literal) else operand, target)

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
        expression = self.here.scope.without_namespace(expression)
        match expression:
            case tree.Binary():
                return self.operations.chain(expression, hint)
            case tree.Unary():
                return self.operations.unary(expression, hint)
            case tree.NameExpression():
                return self._name(expression, hint)
            case tree.Call():
                return self.calls.value(expression, hint)
            case tree.QualifiedEnum():
                return self._qualified(full_name(expression), expression.member, expression.span)
            case tree.MemberAccess():
                return self._member(expression)
            case tree.IndexAccess() | tree.BitAccess() | tree.PartAccess() | tree.Dereference() | tree.DirectAddress():
                place = self.places.resolve(expression)
                return Typed(Load(place, expression.span), place.type) if place is not None else None
            case tree.IntegerLiteral():
                return self._integer(expression)
            case tree.RealLiteral():
                return self._real(expression)
            case tree.BoolLiteral():
                return Typed(ConstantExpression(expression.value, BOOL, expression.span), BOOL)
            case tree.DurationLiteral():
                return self._clock(expression.value_ns, LTIME if expression.long else TIME, expression.span)
            case tree.DateLiteral():
                return self._clock(expression.value_ns, ELEMENTARY_NAMES[expression.type_name], expression.span)
            case tree.StringLiteral():
                return self._text(expression)
            case tree.ListValue():
                return self._list(expression, hint)
            case tree.LinkValue():
                place = self.places.resolve(expression)
                return Typed(Load(place, expression.span), place.type) if place is not None else None

    def _list(self, written: tree.ListValue, hint: Type | None) -> Operand | None:
        """A list for a parameter, whose type says what it means."""
        if self.lists is not None and hint is not None:
            return self.lists(written.list, hint)
        self.findings.add(expressions.LIST_WITHOUT_TYPE.at(written.span))
        return None

    # ------------------------------------------------------------------------------------------------------ literals

    def _integer(self, literal: tree.IntegerLiteral) -> Operand | None:
        if literal.prefix is None:
            operand = self._checked(literal.value, literal.span)
            is_based = operand is not None and "#" in literal.span.text
            return replace(operand, form=Form.BITS) if is_based and operand is not None else operand
        type_ = self._prefix_type(literal.prefix)
        return self.of_type(Literal(literal.value, literal.span), type_) if type_ is not None else None

    def _real(self, literal: tree.RealLiteral) -> Operand | None:
        operand = Literal(literal.value, literal.span, literal.text)
        if literal.prefix is None:
            return operand if coerce(self.findings, operand, LREAL) is not None else None
        type_ = self._prefix_type(literal.prefix)
        return self.of_type(operand, type_) if type_ is not None else None

    def _text(self, literal: tree.StringLiteral) -> Operand | None:
        """A text in quotes: as long as it is. A character of a STRING is one byte."""
        text = code_units(literal.value) if literal.wide else as_bytes(literal.value)
        foreign = next((character for character in text if ord(character) > 0xFF), "") if not literal.wide else ""
        if foreign:
            self.findings.add(expressions.STRING_CHARACTER.at(literal.span, character=foreign))
            return None
        type_ = StringType(len(text), literal.wide)
        typed = Typed(ConstantExpression(text, type_, literal.span), type_)
        return typed if literal.prefix is None else self._prefixed(typed, literal.prefix)

    def _prefixed(self, text: Typed, prefix: tree.Name) -> Typed | None:
        """`CHAR#'a'`, `WSTRING#"text"`."""
        assert isinstance(text.type, StringType)
        if prefix.key == text.type.family:
            return text
        if prefix.key in ("STRING", "WSTRING"):
            quotes = "double" if prefix.key == "WSTRING" else "single"
            hint = f"a {prefix.key} stands in {quotes} quotes"
            finding = expressions.NO_CONVERSION.at(text.span, source=text.type, target=prefix.key, hint=hint)
            self.findings.add(finding)
            return None
        type_ = self._prefix_type(prefix)
        node = coerce(self.findings, text, type_) if type_ is not None else None
        return Typed(node, type_) if node is not None and type_ is not None else None

    def _clock(self, value_ns: int, type_: Elementary, span: Span) -> Operand | None:
        """A duration or a date."""
        if type_.minimum <= value_ns <= type_.maximum:
            return Typed(ConstantExpression(value_ns, type_, span), type_)
        self.literal_range(span, span.text, type_)
        return None

    def of_type(self, literal: Literal, type_: Type) -> Operand | None:
        node = coerce(self.findings, literal, type_)
        return Typed(node, type_) if node is not None else None

    def _checked(self, value: int, span: Span) -> Literal | None:
        try:
            return Literal(checked(value), span)
        except LiteralTooLarge:
            self.literal_range(span, span.text, "any integer type")
            return None

    def literal_range(self, span: Span, value: str, target: object) -> None:
        limits = target if isinstance(target, Elementary) else ELEMENTARY["ULINT"]
        low = limits.minimum if limits is target else LINT.minimum
        self.findings.add(expressions.LITERAL_RANGE.at(span, value=value, target=target, low=low, high=limits.maximum))

    def _prefix_type(self, name: tree.Name) -> Type | None:
        """The type before the `#` of a literal."""
        elementary_type = ELEMENTARY_NAMES.get(name.key)
        if elementary_type is not None:
            self.here.note(name.span, elementary_type)
            return elementary_type
        self.here.check_name(name)
        symbol = self.here.scope.globals.find_type(name.key)
        if isinstance(symbol, TypeSymbol):
            self.here.note(name.span, symbol)
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
        if found is None and name.key == "THIS":
            return self._this(name.span)
        named = self.members.property(expression) if found is None else None
        if named is not None:
            return self.read_property(named, expression.span)
        if isinstance(found, Variable):
            return self._variable(found, expression.span)
        if name.key == "NULL":
            return Typed(pointers.null(name.span), pointers.NULL)
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
            self.here.note(name.span, enumerators[0])
            return _enumerator(enumerators[0], expression.span)
        self.unknown_name(name)
        return None

    def _variable(self, variable: Variable, span: Span) -> Operand | None:
        """A scalar constant is its value; everything else is read where it lives."""
        scalar = variable.initial
        if variable.is_fixed and scalar is not None and not isinstance(scalar, tuple | dict):
            return Typed(ConstantExpression(scalar, variable.type, span), variable.type)
        place = self.places.followed(VariablePlace(variable, span))
        return Typed(Load(place, span), place.type) if place is not None else None

    def _this(self, span: Span) -> Operand | None:
        place = self.members.this(span)
        if place is None:
            return None
        type_ = PointerType(Flavour.POINTER, place.type)
        return Typed(pointers.address_of(place, type_, span), type_)

    def read_property(self, named: Property, span: Span) -> Operand | None:
        """The value that GET gives; of a REFERENCE TO, what it refers to."""
        node = self.members.read(named, span)
        if node is None or node.type is None:
            return None
        if isinstance(node.type, PointerType) and node.type.flavour is Flavour.REFERENCE:
            target = node.type.target
            return Typed(Load(TargetPlace(node, target, span), span), target) if target is not None else None
        return Typed(node, node.type)

    def unknown_name(self, name: tree.Name) -> None:
        """The finding about a name that is no variable and no enumerator; once for each name in a POU."""
        scope = self.here.scope
        if name.key in scope.reported:
            return
        scope.reported.add(name.key)
        symbol = scope.globals.find_type(name.key)
        if symbol is not None:
            self.here.note(name.span, symbol)
        if isinstance(symbol, PouSymbol) and symbol.pou is self.here.pou and symbol.kind is PouKind.FUNCTION:
            self.findings.add(calls.NO_RESULT.at(name.span, name=symbol.pou.name))
        elif isinstance(symbol, PouSymbol) and symbol.kind is PouKind.FUNCTION:
            self.findings.add(expressions.FUNCTION_WITHOUT_CALL.at(name.span, name=symbol.pou.name))
        elif isinstance(symbol, PouSymbol) and symbol.kind is PouKind.PROGRAM:
            remedy = "name a variable of it, or use VAR_GLOBAL where several instances run"
            finding = expressions.TYPE_AS_VALUE.at(name.span, name=name.text, what="PROGRAM", remedy=remedy)
            self.findings.add(finding)
        elif symbol is not None or name.key in ELEMENTARY_NAMES or name.key in BLOCKS:
            remedy = "declare a variable of this type and use the variable"
            self.findings.add(expressions.TYPE_AS_VALUE.at(name.span, name=name.text, what="type", remedy=remedy))
        elif lists := scope.globals.lists_with(name.key):
            self.findings.add(expressions.NEEDS_LIST.at(name.span, name=name.text, known=" or ".join(lists)))
        else:
            finding = expressions.UNKNOWN_NAME.at(name.span, name=name.text)
            meant = self._meant(name)
            if meant is not None:
                self.findings.add(finding.meaning(meant))
            else:
                self.findings.add_near(finding, name.text, scope.value_names())

    def _meant(self, name: tree.Name) -> str | None:
        """What somebody means who is used to another language."""
        pou = self.here.pou
        if pou is not None and pou.result is not None and name.key in foreign_names.RESULTS:
            return pou.result.name
        return "ELSE" if name.key in foreign_names.OTHERWISE else None

    def unknown_type(self, name: tree.Name) -> None:
        """The finding about a name that should be a type and is none."""
        scope = self.here.scope
        finding = declarations.UNKNOWN_TYPE.at(name.span, name=name.text)
        known = [*ELEMENTARY_NAMES, *BLOCKS, *scope.globals.type_names()]
        self.findings.add_near(finding, name.text, known, foreign_names.meant_type(name.key))

    def _member(self, expression: tree.MemberAccess) -> Operand | None:
        """`Colour.Red`, also beside a variable `colour` that has no members, or a part of a variable."""
        base = expression.base
        if isinstance(base, tree.NameExpression):
            variable = self.here.scope.find_variable(base.name.key)
            symbol = self.here.scope.globals.find_type(base.name.key)
            may_be_type = not isinstance(variable, Variable) or is_scalar(variable.type)
            if may_be_type and isinstance(symbol, TypeSymbol) and _may_be_enumeration(symbol, variable):
                if self.findings.is_strict:
                    self.findings.add(expressions.EXTENSION.at(expression.span, what="an enumerator behind a point"))
                return self._qualified(base.name, expression.name, expression.span)
        listed = self.places.find_listed(expression)
        if listed is not None:
            return self._variable(listed, expression.span) if isinstance(listed, Variable) else None
        named = self.members.property(expression)
        if named is not None:
            return self.read_property(named, expression.span)
        place = self.places.resolve(expression)
        return Typed(Load(place, expression.span), place.type) if place is not None else None

    def _qualified(self, type_name: tree.Name, member: tree.Name, span: Span) -> Operand | None:
        self.here.check_name(type_name)
        symbol = self.here.scope.globals.find_type(type_name.key)
        if not isinstance(symbol, TypeSymbol):
            self.unknown_type(type_name)
            return None
        self.here.note(type_name.span, symbol)
        if symbol.type is None:
            return None
        if not isinstance(symbol.type, EnumType):
            self.findings.add(
                declarations.NOT_A_TYPE.at(type_name.span, name=type_name.text, what="not an enumeration")
            )
            return None
        found = self.here.shared.enumerators.get(symbol.type, {}).get(member.key)
        if found is not None:
            self.here.note(member.span, found)
            return _enumerator(found, span)
        names = list(symbol.type.members)
        finding = expressions.UNKNOWN_ENUMERATOR.at(
            member.span, name=member.text, type=symbol.type, known=", ".join(names[:20])
        )
        self.findings.add_near(finding, member.text, names)
        return None


_FAULT = {
    FaultCode.DIVIDE_BY_ZERO: expressions.DIVISION_BY_ZERO,
    FaultCode.SUBRANGE: expressions.CONSTANT_OUTSIDE_SUBRANGE,
    FaultCode.INDEX_OUT_OF_BOUNDS: expressions.CONSTANT_INDEX,
}


def _enumerator(enumerator: Enumerator, span: Span) -> Typed:
    return Typed(ConstantExpression(enumerator.value, enumerator.type, span), enumerator.type)


def _may_be_enumeration(symbol: TypeSymbol, variable: Variable | Failed | None) -> bool:
    """A type that has an error may have been one, where nothing else has the name."""
    return isinstance(symbol.type, EnumType) or (symbol.type is None and variable is None)


def code_units(text: str) -> str:
    """A character for each UTF-16 code unit of `text`."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(raw[at] | raw[at + 1] << 8) for at in range(0, len(raw), 2))


def _is_whole(type_: Type) -> bool:
    if not is_scalar(type_):
        return False
    stored = elementary(type_)
    return stored.is_integer or stored.kind is Kind.BITS
