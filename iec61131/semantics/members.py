"""Methods, actions and properties where they are used: `fb.Start()`, `Start()`, `THIS^.Start()`, `SUPER^.Start()`, a
variable of an interface, and properties, which look like variables and are calls.

Which POU a call runs is settled now where the type of the instance is certain, or where all types that it may have
share one implementation. Else the instance decides when the call is made (`model.Dispatch`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from iec61131.diagnostics.catalogue import classes as catalogue
from iec61131.semantics.classes import (
    find_interface_method,
    find_interface_property,
    find_method,
    find_property,
    implementation,
)
from iec61131.semantics.here import Here, is_behind_reference
from iec61131.semantics.model import (
    CallFunction,
    Dispatch,
    ElementPlace,
    FieldPlace,
    InstanceMemberPlace,
    Load,
    MemoryPlace,
    Place,
    Storage,
    TargetPlace,
    ThisPlace,
    VariablePlace,
)
from iec61131.semantics.scopes import PouSymbol, PropertySymbol
from iec61131.semantics.types import BlockType, Flavour, InterfaceType, PointerType, Type
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import Access, Modifier

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions


class Method(Struct, frozen=True):
    """A method or action, and the instance that it is called on."""

    symbol: PouSymbol
    instance: Place
    dispatch: Dispatch | None


class Property(Struct, frozen=True):
    symbol: PropertySymbol
    instance: Place
    is_fixed: bool  # named through SUPER^

    @property
    def name(self) -> str:
        return self.symbol.declaration.name.text


class Members:
    def __init__(self, here: Here, expressions_: Expressions) -> None:
        self._here = here
        self._findings = here.findings
        self._expressions = expressions_

    @property
    def block(self) -> PouSymbol | None:
        """The block that the running POU is or belongs to."""
        instance = self._here.pou.instance if self._here.pou is not None else None
        return self._here.shared.block_symbols.get(instance) if instance is not None else None

    # ------------------------------------------------------------------------------------------------ THIS and SUPER

    def this(self, span: Span) -> ThisPlace | None:
        block = self.block
        if block is None or block.pou.instance is None:
            self._findings.add(catalogue.NO_THIS.at(span, word="THIS"))
            return None
        return ThisPlace(block.pou.instance, span)

    def base(self, span: Span) -> ThisPlace | None:
        block = self.block
        if block is None or block.base is None or block.base.pou.instance is None:
            code = catalogue.NO_THIS if block is None else catalogue.NO_SUPER
            self._findings.add(code.at(span, word="SUPER"))
            return None
        return ThisPlace(block.base.pou.instance, span)

    # ------------------------------------------------------------------------------------------------------- methods

    def method(self, callee: tree.Expression) -> Method | None:
        """What `callee` names, if that is a method or action; without a finding if it is not."""
        match callee:
            case tree.NameExpression(name=name):
                block = self.block
                if block is None or self._is_local(name.key):
                    return None
                symbol = find_method(block, name.key)
                this = ThisPlace(block.pou.instance, name.span) if block.pou.instance is not None else None
                if symbol is None or this is None:
                    return None
                self._here.note(name.span, symbol)
                self._check_access(symbol, name)
                return Method(symbol, this, self._dispatch_of(symbol, this, name.key))
            case tree.MemberAccess(base=base, name=name):
                return self._method_of(base, name)
            case _:
                return None

    def _is_local(self, key: str) -> bool:
        """Whether the running POU has a variable of that name of its own, other than its result."""
        pou = self._here.pou
        own = self._here.scope.variables.get(key)
        return own is not None and pou is not None and own is not pou.result and pou.kind is tree.PouKind.METHOD

    def _method_of(self, base: tree.Expression, name: tree.Name) -> Method | None:
        if not self._may_have(base, name.key):
            return None
        place = self._expressions.places.resolve(base)
        if place is None:
            return None
        match place.type:
            case BlockType():
                symbol = find_method(self._here.shared.block_symbols[place.type], name.key)
                if symbol is None:
                    return None
                self._here.note(name.span, symbol)
                self._check_access(symbol, name)
                is_fixed = is_super(base)
                if is_fixed:
                    self._check_not_abstract(symbol, name)
                return Method(symbol, place, None if is_fixed else self._dispatch_of(symbol, place, name.key))
            case InterfaceType():
                symbol = find_interface_method(self._here.shared.interface_symbols[place.type], name.key)
                if symbol is None:
                    return None
                self._here.note(name.span, symbol)
                target = TargetPlace(Load(place, place.span), place.type, place.span)
                return Method(symbol, target, self._here.shared.dispatch(place.type, name.key))
            case _:
                return None

    def _may_have(self, base: tree.Expression, key: str) -> bool:
        """Whether any block has a method, action or property `key`: else `base` need not be looked at twice."""
        return key in self._here.shared.member_keys

    def _dispatch_of(self, symbol: PouSymbol, place: Place, key: str) -> Dispatch | None:
        """Nobody overrides what is PRIVATE: a derived block has a member of its own of that name."""
        return None if symbol.access is Access.PRIVATE else self._dispatch(place, key)

    def _dispatch(self, place: Place, key: str) -> Dispatch | None:
        """How the instance decides; None where it cannot make a difference."""
        block = place.type
        assert isinstance(block, BlockType)
        if is_exact(place):
            return None
        found = {implementation(symbol, key) for symbol in self._here.shared.kinds_of(block)}
        return None if len(found) <= 1 else self._here.shared.dispatch(block, key)

    def body_dispatch(self, place: Place, callee: tree.Expression) -> Dispatch | None:
        """The same for a call of the block itself."""
        block = place.type
        assert isinstance(block, BlockType)
        if is_exact(place) or is_super(callee) or len(self._here.shared.kinds_of(block)) <= 1:
            return None
        return self._here.shared.dispatch(block, "")

    def _check_access(self, symbol: PouSymbol, name: tree.Name) -> None:
        owner, block = symbol.owner, self.block
        if owner is None:
            return
        lineage = list(block.lineage()) if block is not None else []
        is_seen = {
            Access.PRIVATE: bool(lineage) and lineage[0] is owner,
            Access.PROTECTED: owner in lineage,
            Access.INTERNAL: self._here.scope.globals.prefix.startswith(owner.scope.globals.prefix),
        }.get(symbol.access, True)
        if not is_seen:
            finding = catalogue.NOT_VISIBLE.at(
                name.span, name=name.text, access=symbol.access.value, block=owner.pou.name
            )
            self._findings.add(finding.also(symbol.pou.span, "declared here"))

    def _check_not_abstract(self, symbol: PouSymbol, name: tree.Name) -> None:
        """SUPER^ runs what the base itself declares."""
        if Modifier.ABSTRACT in symbol.modifiers:
            block = symbol.owner.pou.name if symbol.owner is not None else ""
            finding = catalogue.ABSTRACT_CALL.at(name.span, name=name.text, block=block)
            self._findings.add(finding.also(symbol.pou.span, "declared here"))

    # ---------------------------------------------------------------------------------------------------- properties

    def property(self, expression: tree.Expression) -> Property | None:
        """What `expression` names, if that is a property; without a finding if it is not."""
        match expression:
            case tree.NameExpression(name=name):
                block = self.block
                if block is None or block.pou.instance is None or name.key in self._here.scope.variables:
                    return None
                found = find_property(block, name.key)
                this = ThisPlace(block.pou.instance, name.span)
                if found is not None:
                    self._here.note(name.span, found)
                return Property(found, this, False) if found is not None else None
            case tree.MemberAccess(base=base, name=name) if self._may_have(base, name.key):
                place = self._expressions.places.resolve(base)
                match place.type if place is not None else None:
                    case BlockType() as block_type:
                        found = find_property(self._here.shared.block_symbols[block_type], name.key)
                        if found is not None:
                            self._here.note(name.span, found)
                        return Property(found, place, is_super(base)) if found is not None and place else None
                    case InterfaceType() as interface:
                        found = find_interface_property(self._here.shared.interface_symbols[interface], name.key)
                        if found is None or place is None:
                            return None
                        self._here.note(name.span, found)
                        return Property(found, TargetPlace(Load(place, place.span), interface, place.span), False)
                    case _:
                        return None
            case _:
                return None

    def accessor(self, found: Property, *, is_setter: bool, span: Span) -> tuple[PouSymbol, Dispatch | None] | None:
        """The accessor to call, or None after a finding."""
        verb = "SET" if is_setter else "GET"
        symbol = found.symbol.setter if is_setter else found.symbol.getter
        key = f"{verb} {found.symbol.declaration.name.key}"
        type_ = found.instance.type
        if symbol is None and isinstance(type_, BlockType):  # one accessor may be inherited, the other overridden
            symbol = implementation(self._here.shared.block_symbols[type_], key)
        if symbol is None:
            code = catalogue.NOT_WRITABLE if is_setter else catalogue.NOT_READABLE
            self._findings.add(code.at(span, name=found.name))
            return None
        self._check_access(symbol, tree.Name(found.name, span))
        if found.is_fixed:
            self._check_not_abstract(symbol, tree.Name(found.name, span))
        if isinstance(type_, InterfaceType):
            return symbol, self._here.shared.dispatch(type_, key)
        return symbol, None if found.is_fixed else self._dispatch_of(symbol, found.instance, key)

    def read(self, found: Property, span: Span) -> CallFunction | None:
        accessor = self.accessor(found, is_setter=False, span=span)
        if accessor is None:
            return None
        symbol, dispatch = accessor
        self.note_call(symbol, dispatch, span)
        if symbol.pou.result is None:  # its declaration has an error
            return None
        return CallFunction(
            symbol.pou, (), (), (), (), symbol.pou.result.type, span, instance=found.instance, dispatch=dispatch
        )

    def note_call(
        self, symbol: PouSymbol, dispatch: Dispatch | None, span: Span, instance: Place | None = None
    ) -> None:
        if dispatch is None:
            self._here.calls.setdefault(symbol.pou, span)
            if instance is None or not is_behind_reference(instance):
                self._here.direct.setdefault(symbol.pou, span)
        else:
            self._here.dispatches.setdefault(dispatch, span)


def is_super(expression: tree.Expression) -> bool:
    """`SUPER^` or, as the standard writes it, `SUPER`."""
    if isinstance(expression, tree.Dereference):
        expression = expression.base
    return isinstance(expression, tree.NameExpression) and expression.name.key == "SUPER"


def is_exact(place: Place) -> bool:
    """Whether the instance at `place` is certain to be of the very type that the place has."""
    match place:
        case VariablePlace(variable=variable) | MemoryPlace(variable=variable):
            return variable.storage is not Storage.REFERENCE
        case InstanceMemberPlace() | FieldPlace():
            return True
        case ElementPlace():
            return is_exact(place.base)
        case _:
            return False


def may_be_taken_for(given: Type, wanted: Type) -> bool:
    """Whether an instance of one type can stand where one of the other is wanted by reference. It cannot stand for a
    variable of an interface, which holds a reference itself. POINTER TO and REF_TO with one target are the same.
    """
    if isinstance(given, PointerType) and isinstance(wanted, PointerType):
        is_address = Flavour.REFERENCE not in (given.flavour, wanted.flavour)
        return given == wanted or (is_address and given.target == wanted.target)
    return given == wanted or (isinstance(given, BlockType) and isinstance(wanted, BlockType) and given.is_a(wanted))
