"""Types as they are written, to types: names, arrays, structs, enumerations, subranges.

`TypeSpecs.resolve` gives a `Spec`: the type, and the default that a declaration on the way gave it (`TYPE Speed : INT
:= 5`). Types refer only to what comes before them in `graph.in_dependency_order`, so everything a spec names is
resolved already or has failed.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from iec61131.diagnostics.catalogue import declarations, expressions, graphical
from iec61131.semantics import limits
from iec61131.semantics.any_inputs import ANY_TYPES
from iec61131.semantics.constants import elementary, wrap
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.findings import Findings
from iec61131.semantics.here import Here, Shared
from iec61131.semantics.initial_values import InitialValues
from iec61131.semantics.layout import default_constant
from iec61131.semantics.model import Constant
from iec61131.semantics.operands import Literal, literal_type
from iec61131.semantics.references import full_name
from iec61131.semantics.scopes import Enumerator, PouSymbol, TypeSymbol
from iec61131.semantics.struct_specs import StructSpecs
from iec61131.semantics.types import (
    ELEMENTARY_NAMES,
    INT,
    STRING_LENGTH,
    STRING_LENGTH_MAX,
    ArrayType,
    BlockType,
    Elementary,
    EnumType,
    Flavour,
    Kind,
    PointerType,
    StringType,
    StructType,
    SubrangeType,
    Type,
)
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind

ARRAY_ELEMENTS_MAX = 1 << 20
BLOCK_BYTES_MAX = 256 << 20
"""No variable, and no program as a whole, takes more memory than this."""

TYPE_DEPTH_MAX = 100
"""Levels of arrays, STRUCTs and instances inside each other. Whatever walks through types does so recursively."""

UNSUPPORTED_TYPES = ANY_TYPES
"""Types that no variable has, but inputs of a FUNCTION or METHOD (`any_inputs`)."""


class Spec(Struct, frozen=True):
    """A resolved type. `initial` None: the type's own default. `is_sound` False: a value was given, with an error."""

    type: Type
    initial: Constant | None = None
    is_sound: bool = True

    @property
    def default(self) -> Constant:
        return default_constant(self.type) if self.initial is None else self.initial


_FLAVOURS = {
    tree.PointerSpec: Flavour.POINTER,
    tree.ReferenceSpec: Flavour.REFERENCE,
    tree.RefToSpec: Flavour.REF_TO,
}


class TypeSpecs:
    def __init__(self, here: Here) -> None:
        self._here = here
        self._findings = here.findings
        self._expressions = Expressions(here)
        self._initials = InitialValues(here, self._expressions)
        self._declaring: tree.TypeDeclaration | None = None  # the name of a TYPE block that is being resolved

    def resolve(self, spec: tree.TypeSpec, name: str) -> Spec | None:
        """`spec` as a type, or None after a finding. `name` is what a type without a name of its own is called."""
        match spec:
            case tree.NamedType():
                return self._named(full_name(spec))
            case tree.ArraySpec():
                return self._array(spec, name)
            case tree.StructSpec() | tree.UnionSpec():
                return self._struct(spec, name)
            case tree.EnumSpec():
                return self._enumeration(spec, name)
            case tree.SubrangeSpec():
                return self._subrange(spec, name)
            case tree.StringSpec():
                return self._string(spec)
            case tree.PointerSpec() | tree.ReferenceSpec() | tree.RefToSpec():
                return self._pointer(spec, name)
            case tree.TypeOf():
                return self._type_of(spec)

    def _type_of(self, spec: tree.TypeOf) -> Spec | None:
        """Of the first candidate that has one. What is wrong with them is said where they stand in the body."""
        aside = replace(self._here.shared, findings=Findings("rung"), uses=None)
        expressions = Expressions(Here(aside, self._here.scope))
        for candidate in spec.candidates:
            found = self._result_of(candidate, aside)
            operand = expressions.resolve(candidate) if found is None else None
            if found is not None:
                return Spec(found.type)
            if operand is not None:
                is_literal = isinstance(operand, Literal)
                return Spec(literal_type(operand, None, None) if is_literal else operand.type)
        self._findings.add(graphical.UNKNOWN_FEEDBACK.at(spec.span))
        return None

    def _result_of(self, candidate: tree.Expression, aside: Shared) -> Spec | None:
        """What a FUNCTION of the program is declared to return, since it cannot be called yet."""
        if not (isinstance(candidate, tree.Call) and isinstance(candidate.callee, tree.NameExpression)):
            return None
        symbol = self._here.scope.globals.find_pou(candidate.callee.name.key)
        result = symbol.declaration.result if symbol is not None and symbol.kind is PouKind.FUNCTION else None
        if symbol is None or result is None:
            return None
        return TypeSpecs(Here(aside, symbol.scope)).resolve(result, symbol.pou.name)

    # --------------------------------------------------------------------------------------------------------- names

    def _named(self, name: tree.Name) -> Spec | None:
        elementary_type = ELEMENTARY_NAMES.get(name.key)
        if elementary_type is not None:
            self._here.note(name.span, elementary_type)
            return Spec(elementary_type)
        self._here.check_name(name)
        symbol = self._here.scope.globals.find_type(name.key)
        if symbol is not None:
            self._here.note(name.span, symbol)
        match symbol:
            case TypeSymbol():
                return Spec(symbol.type, symbol.initial) if symbol.type is not None else None
            case PouSymbol() if symbol.kind in (PouKind.FUNCTION_BLOCK, PouKind.CLASS):
                block = symbol.pou.instance
                return Spec(block) if block is not None and symbol.usable else None
            case PouSymbol():
                what = f"a {symbol.kind.value}"
                finding = declarations.NOT_A_TYPE.at(name.span, name=name.text, what=what)
                self._findings.add(finding.also(symbol.pou.span, "declared here"))
            case None if (interface := self._here.scope.globals.find_interface(name.key)) is not None:
                self._here.note(name.span, interface)
                return Spec(interface.type)
            case None if name.key in UNSUPPORTED_TYPES:
                self._findings.add(declarations.UNSUPPORTED_TYPE.at(name.span, name=name.key))
            case None:
                self._expressions.unknown_type(name)
        return None

    # ---------------------------------------------------------------------------------------------------- aggregates

    def _array(self, spec: tree.ArraySpec, name: str) -> Spec | None:
        open_bounds = self._here.scope.bounds.get(name.rpartition(".")[2].upper())
        is_open = None in spec.ranges
        if is_open and open_bounds is None:
            limits.report(self._here, limits.ARRAY_OF_ANY_LENGTH, spec.span)
            return None
        written = [self._bounds(*bounds) for bounds in spec.ranges if bounds is not None]
        ranges = open_bounds if is_open and open_bounds is not None else written
        element = self.resolve(spec.element, f"{name}[]")
        sound = [bounds for bounds in ranges if bounds is not None]
        if element is None or len(sound) < len(ranges) or not ranges:
            return None
        array = ArrayType(element.type, tuple(sound))
        if array.count > ARRAY_ELEMENTS_MAX:
            self._findings.add(declarations.ARRAY_TOO_LARGE.at(spec.span, count=array.count, limit=ARRAY_ELEMENTS_MAX))
            return None
        if not self.check_size(array, spec.span):
            return None
        return Spec(array, (element.initial,) * array.count if element.initial is not None else None)

    def check_size(self, type_: Type, span: Span) -> bool:
        """Whether a type stays within the limits: those who work on types later may rely on it."""
        if self._here.shared.facts.depth(type_) > TYPE_DEPTH_MAX:
            self._findings.add(declarations.TYPE_TOO_DEEP.at(span, limit=TYPE_DEPTH_MAX))
            return False
        if type_.size > BLOCK_BYTES_MAX:
            self._findings.add(declarations.TYPE_TOO_LARGE.at(span, size=type_.size, limit=BLOCK_BYTES_MAX))
            return False
        return True

    def _pointer(self, spec: tree.PointerSpec | tree.ReferenceSpec | tree.RefToSpec, name: str) -> Spec:
        """The target is resolved when all types are known: nothing of it is needed before."""
        if self._findings.is_strict and not isinstance(spec, tree.RefToSpec):
            what = "POINTER TO" if isinstance(spec, tree.PointerSpec) else "REFERENCE TO"
            self._findings.add(expressions.EXTENSION.at(spec.span, what=what))
        pointer = PointerType(_FLAVOURS[type(spec)])
        self._here.shared.resolve_later(lambda: self._resolve_target(pointer, spec.target, name))
        return Spec(pointer)

    def _resolve_target(self, pointer: PointerType, target: tree.TypeSpec, name: str) -> None:
        spec = self.resolve(target, f"{name}^")
        found = spec.type if spec is not None else None
        flavours = (pointer.flavour, found.flavour if isinstance(found, PointerType) else None)
        if flavours == (Flavour.REFERENCE, Flavour.REFERENCE):
            self._findings.add(declarations.REFERENCE_TO_REFERENCE.at(target.span))
            return
        pointer.target = found

    def _string(self, spec: tree.StringSpec) -> Spec | None:
        length = STRING_LENGTH if spec.length is None else self._expressions.whole_number(spec.length)
        if length is None:
            return None
        if not 0 < length <= STRING_LENGTH_MAX:
            place = spec.length.span if spec.length is not None else spec.span
            self._findings.add(declarations.STRING_LENGTH.at(place, length=length, limit=STRING_LENGTH_MAX))
            return None
        return Spec(StringType(length, spec.wide))

    def _bounds(self, low: tree.Expression, high: tree.Expression) -> tuple[int, int] | None:
        first, last = self._expressions.whole_number(low), self._expressions.whole_number(high)
        if first is None or last is None:
            return None
        if first > last:
            self._findings.add(declarations.ARRAY_BOUNDS.at(low.span.to(high.span), low=first, high=last))
            return None
        return first, last

    def declared(self, declaration: tree.VarDeclaration, name: str) -> Spec | None:
        """The type of a declaration together with its initial value. A wrong initial value counts as the default."""
        spec = self.resolve(declaration.type, name)
        if spec is None:
            if declaration.initial is not None:
                self._initials.look_through(declaration.initial)
            return None
        if declaration.initial is None:
            return spec
        initial = self._initials.resolve(declaration.initial, spec.type, spec.initial)
        return Spec(spec.type, initial) if initial is not None else replace(spec, is_sound=False)

    def declared_type(self, symbol: TypeSymbol) -> Spec | None:
        """A name of a TYPE block."""
        declaration = symbol.declaration
        self._declaring = declaration
        spec = self._extended(declaration) if declaration.extends is not None else None
        if declaration.extends is None:
            spec = self.resolve(declaration.spec, symbol.globals.title + declaration.name.text)
        self._declaring = None
        if spec is None or declaration.initial is None:
            return spec
        initial = self._initials.resolve(declaration.initial, spec.type, spec.initial)
        return Spec(spec.type, initial) if initial is not None else spec

    def _extended(self, declaration: tree.TypeDeclaration) -> Spec | None:
        """`TYPE Name EXTENDS Base : STRUCT`. What the base says about its initial value holds here too."""
        extends, spec = declaration.extends, declaration.spec
        assert extends is not None
        base = self.resolve(extends, declaration.name.text)
        if base is None:
            return None
        if not isinstance(base.type, StructType) or not isinstance(spec, tree.StructSpec):
            finding = declarations.NOT_A_TYPE.at(extends.span, name=extends.span.text, what="no base of a STRUCT")
            self._findings.add(finding)
            return None
        extended = self._struct(spec, declaration.name.text, base.type)
        return replace(extended, initial=base.initial) if extended is not None else None

    def _struct(self, spec: tree.StructSpec | tree.UnionSpec, name: str, base: StructType | None = None) -> Spec | None:
        struct = StructSpecs(self._here, self).resolve(spec, name, base)
        return Spec(struct) if struct is not None else None

    # ------------------------------------------------------------------------------------------------------- scalars

    def _enumeration(self, spec: tree.EnumSpec, name: str) -> Spec | None:
        base = ELEMENTARY_NAMES.get(spec.base.key) if spec.base is not None else INT
        if spec.base is not None and (base is None or not (base.is_integer or base.kind is Kind.BITS)):
            self._findings.add(declarations.INTEGER_BASE.at(spec.base.span, name=spec.base.text, what="an enumeration"))
            base = INT
        assert base is not None
        if spec.base is not None:
            self._here.note(spec.base.span, base)
        enumeration = EnumType(name, base, {})
        declared: dict[str, tree.Name] = {}
        value = 0
        for member in spec.members:
            first = declared.setdefault(member.name.key, member.name)
            if first is not member.name:
                finding = declarations.DUPLICATE_NAME.at(member.name.span, name=member.name.text)
                self._findings.add(finding.also(first.span, "first declared here"))
                continue
            given = self._expressions.whole_number(member.value, enumeration) if member.value is not None else None
            value = value if given is None else given
            if not base.minimum <= value <= base.maximum:
                self._findings.add(
                    declarations.ENUMERATOR_RANGE.at(member.span, name=member.name.text, value=value, base=base)
                )
                value = wrap(value, base)
            enumeration.members[member.name.text] = value
            self._declare_enumerator(Enumerator(member.name.text, value, enumeration, member.name.span))
            value += 1
        return Spec(enumeration) if enumeration.members else None

    def _declare_enumerator(self, enumerator: Enumerator) -> None:
        """Known by its bare name from here on: in the POU it is declared in, else everywhere."""
        scope = self._here.scope
        by_key = self._here.shared.enumerators.setdefault(enumerator.type, {})
        by_key[enumerator.name.upper()] = enumerator
        self._here.note(enumerator.span, enumerator)
        is_global = self._here.pou is None
        table = scope.globals.enumerators if is_global else scope.enumerators
        key = (scope.globals.prefix if is_global else "") + enumerator.name.upper()
        pragmas = self._declaring.pragmas if self._declaring is not None else ()
        if not any("qualified_only" in pragma.text.lower() for pragma in pragmas):
            table.setdefault(key, []).append(enumerator)

    def _subrange(self, spec: tree.SubrangeSpec, name: str) -> Spec | None:
        base = self._base(full_name(spec))
        low, high = self._expressions.whole_number(spec.low), self._expressions.whole_number(spec.high)
        if base is None or low is None or high is None:
            return None
        if low > high or low < base.minimum or high > base.maximum:
            span = spec.low.span.to(spec.high.span)
            limits = {"smallest": base.minimum, "largest": base.maximum}
            self._findings.add(declarations.SUBRANGE_BOUNDS.at(span, low=low, high=high, base=base, **limits))
            return None
        is_named = self._declaring is not None and spec is self._declaring.spec
        return Spec(SubrangeType(name if is_named else f"{base}({low}..{high})", base, low, high))

    def _base(self, name: tree.Name) -> Elementary | None:
        """The integer type before the brackets of a subrange."""
        spec = self._named(name)
        if spec is None:
            return None
        if isinstance(spec.type, Elementary | SubrangeType) and elementary(spec.type).is_integer:
            return elementary(spec.type)
        what = "an instance of" if isinstance(spec.type, BlockType) else "a subrange"
        self._findings.add(declarations.INTEGER_BASE.at(name.span, name=name.text, what=what))
        return None
