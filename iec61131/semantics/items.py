"""The declarations outside POU bodies as one graph, so that each is resolved after everything it is made of.

`Items` collects them from the tree and knows, from the names alone, who needs whom: a STRUCT its field types, an
array the constants in its bounds, a block the blocks inside it, a constant the constants and enumerators it is
computed from.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from iec61131.diagnostics.catalogue.declarations import CIRCULAR_VALUE, DUPLICATE_NAME, ELEMENTARY_NAME, RECURSIVE_TYPE
from iec61131.semantics import references
from iec61131.semantics.findings import Findings
from iec61131.semantics.graph import in_dependency_order
from iec61131.semantics.scopes import Globals, GlobalSymbol, InterfaceSymbol, PouSymbol, TypeSymbol
from iec61131.semantics.types import ELEMENTARY_NAMES
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind, VarKind

_CONTAINED = (VarKind.INPUT, VarKind.OUTPUT, VarKind.LOCAL)


class GlobalItem(Struct, eq=False):
    """One declaration in a VAR_GLOBAL section. `siblings`: the variables of its list, as in `Globals.lists`; `globals`
    is what it sees.
    """

    block: tree.VarBlock
    declaration: tree.VarDeclaration
    symbols: list[GlobalSymbol]
    siblings: dict[str, str]
    globals: Globals


Item = TypeSymbol | PouSymbol | GlobalItem


class Items(Struct, eq=False):
    """`all` in the order of the sources. `globals` has the tables that they are entered in, under their full keys."""

    findings: Findings
    globals: Globals
    all: list[Item] = field(default_factory=list[Item])
    _ambiguous: set[str] = field(default_factory=set[str])
    _by_variable: dict[str, GlobalItem] = field(default_factory=dict[str, GlobalItem])
    _by_enumerator: dict[str, list[Item]] = field(default_factory=dict[str, list[Item]])

    # ------------------------------------------------------------------------------------------------------ collect

    def add_type(self, symbol: TypeSymbol) -> None:
        name, prefix = symbol.declaration.name, symbol.globals.prefix
        if self._is_new(name, prefix):
            self.globals.types[prefix + name.key] = symbol
            self.all.append(symbol)
            self._note_enumerators(symbol.declaration.spec, symbol, prefix)

    def add_interface(self, symbol: InterfaceSymbol) -> None:
        name, prefix = symbol.declaration.name, symbol.globals.prefix
        if self._is_new(name, prefix):
            self.globals.interfaces[prefix + name.key] = symbol

    def add_pou(self, symbol: PouSymbol) -> None:
        """A POU whose name is taken is still resolved, for the errors in it, but nobody can name it."""
        name, prefix = symbol.declaration.name, symbol.scope.globals.prefix
        if self._is_new(name, prefix):
            self.globals.pous[prefix + name.key] = symbol
        self.all.append(symbol)

    def add_globals(
        self, block: tree.VarBlock, view: Globals, of_list: tree.Name | None = None, qualified_only: bool = False
    ) -> None:
        """The variables of a VAR_GLOBAL section. `of_list` is the list they belong to, whose name they may need."""
        keys = self.globals.lists.setdefault(view.prefix + of_list.key, {}) if of_list is not None else {}
        for declaration in block.variables:
            symbols: list[GlobalSymbol] = []
            for name in declaration.names:
                unique = self._unique_name(name, view.title, of_list, qualified_only)
                first = self.globals.variables.get(unique.upper())
                if first is not None:
                    self._duplicate(name, first.span)
                else:
                    symbol = GlobalSymbol(declaration, name.span, unique, of_list.text if of_list is not None else "")
                    self.globals.variables[unique.upper()] = symbol
                    symbols.append(symbol)
                keys[name.key] = unique.upper()
            if symbols:
                item = GlobalItem(block, declaration, symbols, keys, view)
                self.all.append(item)
                self._by_variable.update((symbol.name.upper(), item) for symbol in symbols)
                self._note_enumerators(declaration.type, item, view.prefix)

    def _unique_name(self, name: tree.Name, title: str, of_list: tree.Name | None, qualified_only: bool) -> str:
        """What a global variable is known by: with the name of its list where it needs that.

        Two lists may have variables of one name. From then on neither is seen without the name of its list.
        """
        if of_list is None:
            return title + name.text
        key = title.upper() + name.key
        first = self.globals.variables.get(key)
        if first is not None and first.of_list and first.of_list.upper() != of_list.key:
            self._ambiguous.add(key)
            first.name = f"{title}{first.of_list}.{first.name[len(title) :]}"
            unique = first.name.upper()
            self.globals.variables[unique] = self.globals.variables.pop(key)
            self.globals.lists[title.upper() + first.of_list.upper()][name.key] = unique
            self._by_variable[unique] = self._by_variable.pop(key)
        needs_list = qualified_only or key in self._ambiguous
        return f"{title}{of_list.text}.{name.text}" if needs_list else title + name.text

    def inside(self, globals_: Globals) -> Items:
        """The same collection, for what is declared in another scope."""
        return replace(self, globals=globals_)

    def has_enumerator(self, key: str) -> bool:
        return key in self._by_enumerator

    def find_clashes(self) -> None:
        """A FUNCTION and a global variable of one name could not be told apart in an expression. A type and a variable
        can, and a PROGRAM is named in the configuration only.
        """
        for key, symbol in self.globals.variables.items():
            pou = self.globals.pous.get(key)
            if pou is not None and pou.kind is PouKind.FUNCTION:
                name = tree.Name(symbol.name, symbol.span)
                self._duplicate(name, pou.declaration.name.span)

    def _is_new(self, name: tree.Name, prefix: str) -> bool:
        if name.key in ELEMENTARY_NAMES:
            self.findings.add(ELEMENTARY_NAME.at(name.span, name=name.key))
            return False
        known, key = self.globals, prefix + name.key
        symbol = known.types.get(key) or known.pous.get(key) or known.interfaces.get(key)
        if symbol is None:
            return True
        self._duplicate(name, symbol.declaration.name.span)
        return False

    def _duplicate(self, name: tree.Name, first: Span) -> None:
        self.findings.add(DUPLICATE_NAME.at(name.span, name=name.text).also(first, "first declared here"))

    def _note_enumerators(self, spec: tree.TypeSpec, item: Item, prefix: str) -> None:
        for key in references.enumerators(spec):
            self._by_enumerator.setdefault(prefix + key, []).append(item)

    # -------------------------------------------------------------------------------------------------------- order

    def in_order(self) -> list[Item]:
        """Every item after those it needs. What needs itself has its finding and is marked as failed; blocks among it
        are still there, for the sake of their bodies.
        """
        ordered: list[Item] = []
        for group in in_dependency_order(self.all, self._needs):
            if len(group) == 1 and not self._needs_itself(group[0]):
                ordered.append(group[0])
                continue
            self._circle(group)
            for item in group:
                if isinstance(item, PouSymbol):
                    item.usable = False
                    ordered.append(item)
        return ordered

    def _needs_itself(self, item: Item) -> bool:
        return item in self._needs(item)

    def _needs(self, item: Item) -> Iterator[Item]:
        match item:
            case TypeSymbol():
                found = references.of_type(item.declaration.spec)
                yield from self._targets(item, found)
                if item.declaration.extends is not None:
                    yield from self._targets(item, references.of_type(item.declaration.extends))
                if item.declaration.initial is not None:
                    yield from self._targets(item, references.of_initial(item.declaration.initial))
            case GlobalItem():
                yield from self._targets(item, references.of_variable(item.declaration))
            case PouSymbol():
                yield from self._pou_needs(item)

    def _pou_needs(self, symbol: PouSymbol) -> Iterator[Item]:
        if symbol.base is not None:
            yield symbol.base
        declaration = symbol.declaration
        own = {name.key for block in declaration.variables for v in block.variables for name in v.names}
        external = {
            name.key
            for block in declaration.variables
            if block.kind is VarKind.EXTERNAL
            for v in block.variables
            for name in v.names
        }
        for block in _contained(declaration):
            for variable in block.variables:
                for reference in references.of_variable(variable):
                    if reference.is_type or reference.key not in own or reference.key in external:
                        yield from self._targets(symbol, (reference,))

    def _targets(
        self, item: Item, found: Iterator[references.Reference] | tuple[references.Reference, ...]
    ) -> Iterator[Item]:
        scope = item.scope.globals if isinstance(item, PouSymbol) else item.globals
        for reference in found:
            if reference.is_target:
                continue
            if reference.is_type:
                target = scope.find_type(reference.key)
                if isinstance(target, TypeSymbol) or (target is not None and target.kind is PouKind.FUNCTION_BLOCK):
                    yield target
            elif (key := self._variable_key(item, scope, reference)) in self._by_variable:
                target = self._by_variable[key]
                if target is not item or not scope.names_enumeration(reference):
                    yield target
            else:
                for full in (full for group in scope.meanings(reference.key) for full in group):
                    owners = self._by_enumerator.get(full, ())
                    if item not in owners:  # its own enumerator is the one it means
                        yield from owners

    @staticmethod
    def _variable_key(item: Item, scope: Globals, reference: references.Reference) -> str:
        """The key of the variable that is mentioned: of the item's own list, of none, or as in `Limits.high`."""
        if isinstance(item, GlobalItem) and reference.key in item.siblings:
            return item.siblings[reference.key]
        found = scope.find_variable(reference.key)
        if found is not None:
            return found.name.upper()
        return (scope.find_list(reference.key) or {}).get(reference.member, reference.key)

    def _circle(self, group: list[Item]) -> None:
        names = sorted((_name(item) for item in group), key=lambda name: (name.span.file.name, name.span.start))
        is_type = any(isinstance(item, TypeSymbol | PouSymbol) for item in group)
        code = RECURSIVE_TYPE if is_type else CIRCULAR_VALUE
        finding = code.at(names[0].span, name=names[0].text)
        for name in names[1:4]:
            finding = finding.also(name.span, f"{name.text} is part of the circle")
        self.findings.add(finding)


def _contained(declaration: tree.PouDeclaration) -> Iterator[tree.VarBlock]:
    """The sections whose variables are part of an instance, those of its members among them."""
    if declaration.kind is PouKind.FUNCTION:
        return
    yield from (block for block in declaration.variables if block.kind in _CONTAINED)
    accessors = [each for declared in declaration.properties for each in (declared.getter, declared.setter)]
    for member in (*declaration.methods, *(each for each in accessors if each is not None)):
        yield from (block for block in member.variables if block.kind is VarKind.INST)


def _name(item: Item) -> tree.Name:
    return item.declaration.names[0] if isinstance(item, GlobalItem) else item.declaration.name
