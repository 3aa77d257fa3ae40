"""Blocks with methods, properties and actions; what extends and implements what.

`Classes` works in three steps, between those of `resolve`: `add` makes symbols of everything that has a body,
`relate` finds bases and interfaces once all names are known, `check` looks at the finished interfaces. Methods,
accessors and actions are POUs like others; what they see around them is their block.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from iec61131.diagnostics.catalogue import classes
from iec61131.semantics.here import Choice, Here, Shared
from iec61131.semantics.model import Pou, Variable
from iec61131.semantics.references import full_name
from iec61131.semantics.scopes import (
    Globals,
    InterfaceSymbol,
    PouScope,
    PouSymbol,
    PropertySymbol,
)
from iec61131.semantics.types import ArrayType, BlockType, InterfaceType
from iec61131.semantics.variants import probe, with_bounds
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import Access, Modifier, PouKind, VarKind

CALLED_BY_THE_SYSTEM = frozenset({"FB_INIT", "FB_REINIT", "FB_EXIT"})
"""Methods that every block has for itself: nobody calls them through a base, and their result says nothing."""

_PASSED = (VarKind.INPUT, VarKind.OUTPUT, VarKind.IN_OUT)
_VISIBLE = (Access.PRIVATE, Access.PROTECTED, Access.INTERNAL, Access.PUBLIC)
"""From what fewest may call to what all may."""


class Classes:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._findings = shared.findings
        self.blocks: list[PouSymbol] = []
        self.interfaces: list[InterfaceSymbol] = []

    # ----------------------------------------------------------------------------------------------------------- add

    def add(self, symbol: PouSymbol) -> None:
        """Symbols for all that belongs to a block or program."""
        declaration = symbol.declaration
        symbol.access = declaration.access or Access.PUBLIC
        symbol.modifiers = declaration.modifiers
        self.blocks.append(symbol)
        taken: dict[str, tree.Name] = {}
        for method in declaration.methods:
            if self._is_new(taken, method.name):
                symbol.methods[method.name.key] = self._member(symbol, method, PouKind.METHOD)
        for action in declaration.actions:
            if self._is_new(taken, action.name):
                written = tree.MethodDeclaration(
                    action.name, None, frozenset(), None, (), action.body, action.pragmas, action.span
                )
                member = self._member(symbol, written, PouKind.ACTION)
                member.declaration = replace(member.declaration, chart=action.chart)
                symbol.actions[action.name.key] = member
        for declared in declaration.properties:
            if self._is_new(taken, declared.name):
                symbol.properties[declared.name.key] = self._property(symbol, declared)

    def _is_new(self, taken: dict[str, tree.Name], name: tree.Name) -> bool:
        first = taken.setdefault(name.key, name)
        if first is not name:
            finding = classes.DUPLICATE_MEMBER.at(name.span, name=name.text)
            self._findings.add(finding.also(first.span, "first declared here"))
        return first is name

    def _member(self, owner: PouSymbol, declared: tree.MethodDeclaration, kind: PouKind) -> PouSymbol:
        declaration = tree.PouDeclaration(
            kind, declared.name, declared.result, declared.variables, declared.body, declared.pragmas, declared.span
        )
        pou = Pou(f"{owner.pou.name}.{declared.name.text}", kind, declared.name.span, instance=owner.pou.instance)
        scope = PouScope(owner.scope.globals, needs_external=owner.scope.needs_external, outer=owner.scope)
        symbol = PouSymbol(declaration, pou, scope, owner=owner, access=declared.access or Access.PUBLIC)
        symbol.modifiers = declared.modifiers
        return symbol

    def _property(self, owner: PouSymbol, declared: tree.PropertyDeclaration) -> PropertySymbol:
        return PropertySymbol(
            declared,
            self._accessor(owner, declared, declared.getter, is_setter=False),
            self._accessor(owner, declared, declared.setter, is_setter=True),
        )

    def _accessor(
        self, owner: PouSymbol, declared: tree.PropertyDeclaration, accessor: tree.Accessor | None, *, is_setter: bool
    ) -> PouSymbol | None:
        """GET is a method with the property as result, SET one with the property as input."""
        if accessor is None:
            return None
        name, variables, result = declared.name, accessor.variables, None if is_setter else declared.type
        if is_setter:
            given = tree.VarDeclaration((name,), None, declared.type, None, None, (), declared.type.span)
            variables = (tree.VarBlock(VarKind.INPUT, frozenset(), (given,), name.span), *variables)
        access = accessor.access or declared.access
        method = tree.MethodDeclaration(
            name, access, declared.modifiers, result, variables, accessor.body, declared.pragmas, accessor.span
        )
        return self._member(owner, method, PouKind.METHOD)

    def add_interface(self, declaration: tree.InterfaceDeclaration, view: Globals) -> InterfaceSymbol:
        name = view.title + declaration.name.text
        symbol = InterfaceSymbol(declaration, InterfaceType(name), view)
        self._shared.interface_symbols[symbol.type] = symbol
        self.interfaces.append(symbol)
        stand_in = PouSymbol(
            tree.PouDeclaration(
                PouKind.FUNCTION_BLOCK, declaration.name, None, (), (), declaration.pragmas, declaration.span
            ),
            Pou(name, PouKind.FUNCTION_BLOCK, declaration.name.span, instance=BlockType(name)),
            PouScope(view),
        )
        for method in declaration.methods:
            symbol.methods[method.name.key] = self._member(stand_in, method, PouKind.METHOD)
        for declared in declaration.properties:
            symbol.properties[declared.name.key] = self._property(stand_in, declared)
        return symbol

    # -------------------------------------------------------------------------------------------------------- relate

    def relate(self) -> None:
        """Find what each block extends and implements. What would extend itself is left without a base."""
        for interface in self.interfaces:
            for name in interface.declaration.extends:
                base = self._interface(name, interface.globals)
                if base is not None and interface in _ancestors(base):
                    self._findings.add(classes.CIRCULAR_BASE.at(name.span, name=interface.declaration.name.text))
                elif base is not None:
                    interface.extends.append(base)
                    interface.type.extends.append(base.type)
        for symbol in self.blocks:
            self._relate_block(symbol)
        tagged: dict[PouSymbol, None] = {}
        for symbol in self.blocks:
            if symbol.base is not None or symbol.interfaces:
                tagged.update(dict.fromkeys(symbol.lineage()))
        for number, symbol in enumerate(tagged, start=1):
            assert symbol.pou.instance is not None
            symbol.pou.instance.tag = number

    def _relate_block(self, symbol: PouSymbol) -> None:
        declaration, block = symbol.declaration, symbol.pou.instance
        assert block is not None
        if declaration.extends is not None:
            base = self._base(declaration.extends, symbol.scope.globals)
            if base is not None and symbol in base.lineage():
                self._findings.add(classes.CIRCULAR_BASE.at(declaration.extends.span, name=symbol.pou.name))
                symbol.usable = False
            elif base is not None:
                symbol.base, block.base = base, base.pou.instance
                symbol.scope.outer = base.scope
                if Modifier.FINAL in base.modifiers:
                    self._findings.add(classes.FINAL_BASE.at(declaration.extends.span, name=base.pou.name))
        for name in declaration.implements:
            interface = self._interface(name, symbol.scope.globals)
            if interface is not None:
                symbol.interfaces.append(interface)
                block.interfaces.append(interface.type)

    def _base(self, spec: tree.TypeName, view: Globals) -> PouSymbol | None:
        name = full_name(spec)
        found = view.find_pou(name.key)
        Here(self._shared, PouScope(view)).check_name(name)
        if found is not None:
            self._shared.note(name.span, found)
        if found is not None and found.kind in (PouKind.FUNCTION_BLOCK, PouKind.CLASS):
            return found
        finding = classes.UNKNOWN_BASE.at(name.span, name=name.text)
        self._findings.add_near(finding, name.text, [symbol.pou.name for symbol in self.blocks])
        return None

    def _interface(self, spec: tree.TypeName, view: Globals) -> InterfaceSymbol | None:
        name = full_name(spec)
        found = view.find_interface(name.key)
        Here(self._shared, PouScope(view)).check_name(name)
        if found is not None:
            self._shared.note(name.span, found)
        else:
            finding = classes.UNKNOWN_INTERFACE.at(name.span, name=name.text)
            known = [symbol.declaration.name.text for symbol in self.interfaces]
            self._findings.add_near(finding, name.text, known)
        return found

    # --------------------------------------------------------------------------------------------------------- check

    def check(self) -> None:
        """Overriding, abstract and missing methods, once every interface is declared."""
        for interface in self.interfaces:
            self._check_conflicts(interface)
        for symbol in self.blocks:
            self._check_names(symbol)
            for key, method in _overridable(symbol):
                if key not in CALLED_BY_THE_SYSTEM:
                    self._check_override(symbol, key, method)
                if Modifier.ABSTRACT in method.modifiers and method.declaration.body:
                    name = method.declaration.name
                    self._findings.add(classes.ABSTRACT_BODY.at(name.span, name=name.text))
            self._check_complete(symbol)

    def _check_conflicts(self, interface: InterfaceSymbol) -> None:
        """What an interface asks for itself and what it inherits agree on each name."""
        known: dict[str, PouSymbol] = {}
        for each in _ancestors(interface):
            for key, found in _required(each):
                first = known.setdefault(key, found)
                if first is found:
                    continue
                other, wanted = probe(self._shared, first), probe(self._shared, found)
                if wanted.failed or other.failed or _look(other.pou) == _look(wanted.pou):
                    continue
                name, heading = other.declaration.name, interface.declaration.name
                place = name.span if interface is _interface_of(interface, first) else heading.span
                finding = classes.CONFLICTING_INTERFACES.at(place, name=name.text, interface=interface.type)
                self._findings.add(finding.also(wanted.pou.span, f"{each.type} declares it here"))

    def _check_names(self, symbol: PouSymbol) -> None:
        """A method, property or action is not called like a variable of the block."""
        for what, names in (
            ("method", [m.declaration.name for m in symbol.methods.values()]),
            ("action", [a.declaration.name for a in symbol.actions.values()]),
            ("property", [p.declaration.name for p in symbol.properties.values()]),
        ):
            for name in names:
                own = symbol.scope.find_own(name.key)
                if isinstance(own, Variable) and own.kind is not VarKind.GLOBAL:
                    finding = classes.MEMBER_AND_VARIABLE.at(name.span, name=name.text, what=what)
                    self._findings.add(finding.also(own.span, "the variable is declared here"))

    def _check_override(self, symbol: PouSymbol, key: str, method: PouSymbol) -> None:
        before = _find_overridden(symbol.base, key) if symbol.base is not None else None
        name = method.declaration.name
        if before is None or before.access is Access.PRIVATE:  # PRIVATE: not seen here, so two members of one name
            if Modifier.OVERRIDE in method.modifiers and symbol.base is not None:
                self._findings.add(classes.OVERRIDES_NOTHING.at(name.span, name=name.text, base=symbol.base.pou.name))
            return
        if Modifier.FINAL in before.modifiers:
            finding = classes.FINAL_METHOD.at(name.span, name=name.text)
            self._findings.add(finding.also(before.pou.span, "declared FINAL here"))
        if _VISIBLE.index(method.access) < _VISIBLE.index(before.access):
            finding = classes.WEAKER_ACCESS.at(
                name.span, name=name.text, access=method.access.value, wanted=before.access.value
            )
            self._findings.add(finding.also(before.pou.span, "declared here"))
        self._compare(method, before)

    def _compare(self, method: PouSymbol, wanted: PouSymbol) -> bool:
        """Whether a method looks like the one it stands for; a finding where it does not."""
        method, wanted = probe(self._shared, method), probe(self._shared, wanted)
        if method.failed or wanted.failed or not (method.usable and wanted.usable):
            return True
        if _look(method.pou) == _look(wanted.pou):
            return True
        name = method.declaration.name
        finding = classes.DIFFERENT_SIGNATURE.at(name.span, name=name.text, wanted=_described(wanted))
        self._findings.add(finding.also(wanted.pou.span, "declared here"))
        return False

    def _check_complete(self, symbol: PouSymbol) -> None:
        """A block that is not ABSTRACT has everything that its interfaces and abstract methods promise."""
        name = symbol.declaration.name
        is_abstract = Modifier.ABSTRACT in symbol.modifiers
        for interface in dict.fromkeys(ancestor for one in symbol.interfaces for ancestor in _ancestors(one)):
            for key, wanted in _required(interface):
                found = _find_overridden(symbol, key)
                if found is not None:
                    self._compare(found, wanted)
                elif not is_abstract:
                    finding = classes.NOT_IMPLEMENTED.at(
                        name.span, block=name.text, name=wanted.declaration.name.text, interface=interface.type
                    )
                    self._findings.add(finding.also(wanted.pou.span, "declared here"))
        if is_abstract:
            return
        for block in symbol.lineage():
            for key, method in _overridable(block):
                found = _find_overridden(symbol, key)
                if Modifier.ABSTRACT in method.modifiers and found is method:
                    finding = classes.STILL_ABSTRACT.at(
                        name.span, block=name.text, name=method.declaration.name.text, base=block.pou.name
                    )
                    self._findings.add(finding.also(method.pou.span, "declared here"))

    # ----------------------------------------------------------------------------------------------------- dispatches

    def is_as_promised(self, found: PouSymbol, choice: Choice) -> bool:
        """Whether what runs takes what a caller gives who knows the instance as `choice` says."""
        promised = self._promised(choice)
        return promised is None or _look(found.pou) == _look(promised.pou)

    def _promised(self, choice: Choice) -> PouSymbol | None:
        seen_as, key = choice.seen_as, choice.key
        if isinstance(seen_as, InterfaceType):
            found = _find_required(self._shared.interface_symbols[seen_as], key)
        else:
            symbol = self._shared.block_symbols[seen_as]
            found = implementation(symbol, key) if key else symbol
        is_variant = found is not None and bool(choice.bounds)
        return with_bounds(self._shared, found, dict(choice.bounds)) if found is not None and is_variant else found

    def refuse_body(self, found: PouSymbol, choice: Choice, call: Span) -> None:
        """A block that needs a VAR_IN_OUT which whoever calls it as its base does not know of."""
        promised = self._promised(choice)
        known = {v.key for v in promised.pou.of_kind(VarKind.IN_OUT)} if promised is not None else set[str]()
        for variable in found.pou.of_kind(VarKind.IN_OUT):
            if variable.key not in known:
                finding = classes.IN_OUT_ADDED.at(call, base=choice.seen_as, block=found.pou.name, name=variable.name)
                self._findings.add(finding.also(variable.span, "declared here"))


def _overridable(symbol: PouSymbol) -> Iterator[tuple[str, PouSymbol]]:
    """Methods and accessors of a block, each with a key that tells GET and SET of a property apart."""
    yield from symbol.methods.items()
    yield from _accessors(symbol.properties)


def _required(interface: InterfaceSymbol) -> Iterator[tuple[str, PouSymbol]]:
    yield from interface.methods.items()
    yield from _accessors(interface.properties)


def _interface_of(interface: InterfaceSymbol, member: PouSymbol) -> InterfaceSymbol | None:
    return next((each for each in _ancestors(interface) if any(m is member for _, m in _required(each))), None)


def _find_required(interface: InterfaceSymbol, key: str) -> PouSymbol | None:
    return next((found for each in _ancestors(interface) for name, found in _required(each) if name == key), None)


def _accessors(properties: dict[str, PropertySymbol]) -> Iterator[tuple[str, PouSymbol]]:
    for key, declared in properties.items():
        if declared.getter is not None:
            yield f"GET {key}", declared.getter
        if declared.setter is not None:
            yield f"SET {key}", declared.setter


def _find_overridden(symbol: PouSymbol, key: str) -> PouSymbol | None:
    """`key` as `_overridable` gives it."""
    what, _, name = key.rpartition(" ")
    for block in symbol.lineage():
        declared = block.properties.get(name) if what else None
        accessor = (declared.getter if what == "GET" else declared.setter) if declared is not None else None
        found = accessor if what else block.methods.get(name)
        if found is not None:
            return found
    return None


def _ancestors(interface: InterfaceSymbol) -> Iterator[InterfaceSymbol]:
    yield interface
    for base in interface.extends:
        yield from _ancestors(base)


def _look(pou: Pou) -> list[object]:
    """What must agree between a method and the one it stands for: result, and what is passed, in order. Of a block
    what is passed lies in the instance, apart from VAR_IN_OUT.
    """
    result = pou.result.type if pou.result is not None else None
    passed = pou.of_kind(VarKind.IN_OUT) if pou.is_block else _passed(pou)
    return [result, *((v.kind, v.key, v.type) for v in passed)]


def _passed(pou: Pou) -> list[Variable]:
    return [variable for variable in pou.variables if variable.kind in _PASSED and variable is not pou.result]


def _described(symbol: PouSymbol) -> str:
    pou = symbol.pou
    parts = ", ".join(f"{v.name} : {_type_of(symbol, v)}" for v in _passed(pou)) or "nothing"
    result = f", giving {pou.result.type}" if pou.result is not None else ""
    return f"{parts}{result}"


def _type_of(symbol: PouSymbol, variable: Variable) -> str:
    """As it is written, also where a variant has bounds of its own."""
    type_ = variable.type
    if variable.key not in symbol.scope.bounds or not isinstance(type_, ArrayType):
        return str(type_)
    return f"ARRAY[{', '.join('*' for _ in type_.ranges)}] OF {type_.element}"


def members_of(interface: InterfaceSymbol) -> Iterator[PouSymbol]:
    """Everything that an interface declares itself."""
    yield from (method for _, method in _required(interface))


def find_method(symbol: PouSymbol, key: str) -> PouSymbol | None:
    """The method or action `key` of a block, its own or inherited."""
    for block in symbol.lineage():
        found = block.methods.get(key) or block.actions.get(key)
        if found is not None:
            return found
    return None


def find_property(symbol: PouSymbol, key: str) -> PropertySymbol | None:
    for block in symbol.lineage():
        found = block.properties.get(key)
        if found is not None:
            return found
    return None


def find_interface_method(interface: InterfaceSymbol, key: str) -> PouSymbol | None:
    return next((a.methods[key] for a in _ancestors(interface) if key in a.methods), None)


def find_interface_property(interface: InterfaceSymbol, key: str) -> PropertySymbol | None:
    return next((a.properties[key] for a in _ancestors(interface) if key in a.properties), None)


def implementation(symbol: PouSymbol, key: str) -> PouSymbol | None:
    """What runs for `key` (with GET or SET before a property's) on an instance of exactly this block."""
    return _find_overridden(symbol, key) or find_method(symbol, key)
