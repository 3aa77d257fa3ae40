"""Names and what they mean: the scope around all POUs, the scope of one POU, and the library around both.

A name that could not be resolved where it was declared is present as `FAILED`: whoever uses it stays silent, because
the finding has been made already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeVar

from msgspec import Struct, field

from iec61131.semantics import charts
from iec61131.semantics.model import Constant, Pou, Variable
from iec61131.semantics.references import Reference, full_name, names_of
from iec61131.semantics.types import EnumType, InterfaceType, Type
from iec61131.source import Span
from iec61131.syntax.tree import (
    Access,
    Argument,
    Edge,
    EnumSpec,
    Expression,
    Initial,
    InterfaceDeclaration,
    MemberAccess,
    Modifier,
    Name,
    NamedType,
    NameExpression,
    PouDeclaration,
    PouKind,
    PropertyDeclaration,
    TypeDeclaration,
    VarDeclaration,
)


class Failed:
    """What a name means whose declaration has an error of its own."""


FAILED: Final = Failed()
Symbol = TypeVar("Symbol")


class Enumerator(Struct, frozen=True):
    """`span`: where it is declared."""

    name: str
    value: int
    type: EnumType
    span: Span


class TypeSymbol(Struct, eq=False):
    """A name of a TYPE block; `globals` is what it sees. `type` None before it is resolved, and for ever when it has an
    error; `initial` the default that the declaration gives its variables, None for that of the type.
    """

    declaration: TypeDeclaration
    globals: Globals
    type: Type | None = None
    initial: Constant | None = None


class EdgeTrigger(Struct, frozen=True):
    """What `input : BOOL R_EDGE` stands for: a trigger that the body runs first, and whose output the body sees."""

    input: Variable
    output: Variable
    last: Variable
    edge: Edge


class Running(Struct, frozen=True):
    """What a declaration asks to be done when its variable begins to exist (`starting`), and what it sees."""

    variable: Variable
    initial: Initial | None
    binds: bool
    arguments: tuple[tuple[Argument, ...], ...]
    span: Span
    scope: PouScope


class RunningField(Struct, frozen=True):
    """The same for a field of a STRUCT, in every variable of its type."""

    initial: Initial | None
    binds: bool
    span: Span
    scope: PouScope


class PropertySymbol(Struct, eq=False):
    """A PROPERTY: the accessors are methods. `type` None when its declaration has an error."""

    declaration: PropertyDeclaration
    getter: PouSymbol | None
    setter: PouSymbol | None
    type: Type | None = None


class InterfaceSymbol(Struct, eq=False):
    """An INTERFACE. `methods` have no bodies; those of `extends` are not among them."""

    declaration: InterfaceDeclaration
    type: InterfaceType
    globals: Globals
    methods: dict[str, PouSymbol] = field(default_factory=dict[str, "PouSymbol"])
    properties: dict[str, PropertySymbol] = field(default_factory=dict[str, PropertySymbol])
    extends: list[InterfaceSymbol] = field(default_factory=list["InterfaceSymbol"])


class PouSymbol(Struct, eq=False):
    """A POU and what is known about it besides the model.

    `owner`: the block that a method, accessor or action belongs to. `base`: the block that this one extends.

    `failed`: keys of variables whose declarations have an error. `optional`: inputs with an initial value of their own.
    `edges`: its R_EDGE and F_EDGE inputs. `usable` becomes False when no instance of it can exist.
    `chart`: what a body that is a chart keeps in the instance.
    """

    declaration: PouDeclaration
    pou: Pou
    scope: PouScope
    failed: set[str] = field(default_factory=set[str])
    optional: set[Variable] = field(default_factory=set[Variable])
    edges: list[EdgeTrigger] = field(default_factory=list[EdgeTrigger])
    chart: charts.Declared | None = None
    usable: bool = True
    running: list[Running] = field(default_factory=list[Running])
    owner: PouSymbol | None = None
    base: PouSymbol | None = None
    access: Access = Access.PUBLIC
    modifiers: frozenset[Modifier] = frozenset()
    interfaces: list[InterfaceSymbol] = field(default_factory=list[InterfaceSymbol])
    methods: dict[str, PouSymbol] = field(default_factory=dict[str, "PouSymbol"])
    actions: dict[str, PouSymbol] = field(default_factory=dict[str, "PouSymbol"])
    properties: dict[str, PropertySymbol] = field(default_factory=dict[str, PropertySymbol])

    def lineage(self) -> Iterator[PouSymbol]:
        """This block, what it extends, and so on."""
        symbol: PouSymbol | None = self
        while symbol is not None:
            yield symbol
            symbol = symbol.base

    def members(self) -> Iterator[PouSymbol]:
        """Everything with a body that belongs to it."""
        yield from self.methods.values()
        yield from self.actions.values()
        for each in self.properties.values():
            yield from (accessor for accessor in (each.getter, each.setter) if accessor is not None)

    @property
    def kind(self) -> PouKind:
        return self.pou.kind


class GlobalSymbol(Struct, eq=False):
    """One name of a VAR_GLOBAL section. `name` includes that of its list where it needs that; `of_list` the list."""

    declaration: VarDeclaration
    span: Span
    name: str
    of_list: str = ""
    variable: Variable | Failed | None = None


def enclosing(prefix: str) -> tuple[str, ...]:
    """The namespace with this prefix and those around it: "A.B.", "A.", ""."""
    parts = prefix.split(".")[:-1]
    return tuple("".join(f"{part}." for part in parts[:length]) for length in range(len(parts), -1, -1))


class Obstacle(Struct, frozen=True):
    """Why a name cannot be used: `meanings` are all that it may stand for, or it is `hidden` outside a namespace."""

    meanings: tuple[tuple[str, Span], ...]
    hidden: str | None = None


class Globals(Struct, eq=False):
    """Everything declared outside POUs, by key, as it is seen from one place. `outer` is the library, where names are
    looked up last.

    The tables are shared by all places of a program; their keys are full ones, `PUMPS.MOTOR` for what is in a
    namespace. `title` is the namespace of the place, "Pumps." or "", and `usings` has for it and those around it what
    USING opens there. Keys that are looked up may be full or begin with a namespace that is seen here.

    `lists` has for each list of global variables the keys of its variables, each with its key in `variables`. For
    those that need the name of their list this is `LIST.NAME`, which no name alone can be. `internal` has what is
    INTERNAL, with the prefix that has to be one's own; namespaces end in a point there, as in `namespaces`.

    `libraries` has what may stand before a point in front of any name, and means nothing.
    """

    outer: Globals | None = None
    types: dict[str, TypeSymbol] = field(default_factory=dict[str, TypeSymbol])
    pous: dict[str, PouSymbol] = field(default_factory=dict[str, PouSymbol])
    interfaces: dict[str, InterfaceSymbol] = field(default_factory=dict[str, InterfaceSymbol])
    variables: dict[str, GlobalSymbol] = field(default_factory=dict[str, GlobalSymbol])
    lists: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    enumerators: dict[str, list[Enumerator]] = field(default_factory=dict[str, list[Enumerator]])
    namespaces: dict[str, str] = field(default_factory=dict[str, str])
    internal: dict[str, str] = field(default_factory=dict[str, str])
    libraries: set[str] = field(default_factory=set[str])
    title: str = ""
    usings: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def prefix(self) -> str:
        return self.title.upper()

    def meanings(self, key: str) -> Iterator[tuple[str, ...]]:
        """The full keys that `key` may stand for; those of one group are equally near, the nearest group first. A name
        before a point that nothing has is a library's, whose sources are part of the project: `TcUnit.FB_TestSuite`.
        """
        if not self.namespaces:
            yield (key,)
        for prefix in enclosing(self.prefix) if self.namespaces else ():
            yield (prefix + key,)
            used = self.usings.get(prefix)
            if used:
                yield tuple(full for full in (other + key for other in used) if not self._hidden_outside(full))
        library, _, name = key.partition(".")
        while name and f"{library}." not in self.namespaces and library not in self.lists:
            yield (name,)
            library, _, name = name.partition(".")

    def find_type(self, key: str) -> TypeSymbol | PouSymbol | None:
        """A declared type, or the POU of that name."""
        for full in (full for group in self.meanings(key) for full in group):
            found = self.types.get(full) or self.pous.get(full)
            if found is not None:
                return found
        return self.outer.find_type(key) if self.outer is not None else None

    def find_interface(self, key: str) -> InterfaceSymbol | None:
        return self._find(self.interfaces, key)

    def find_pou(self, key: str) -> PouSymbol | None:
        found = self._find(self.pous, key)
        return found if found is not None or self.outer is None else self.outer.find_pou(key)

    def find_variable(self, key: str) -> GlobalSymbol | None:
        found = self._find(self.variables, key)
        return found if found is not None or self.outer is None else self.outer.find_variable(key)

    def variable(self, full: str) -> GlobalSymbol | None:
        """The variable with this full key, which `lists` has."""
        found = self.variables.get(full)
        return found if found is not None or self.outer is None else self.outer.variable(full)

    def find_list(self, key: str) -> dict[str, str] | None:
        found = self._find(self.lists, key)
        return found if found is not None or self.outer is None else self.outer.find_list(key)

    def find_enumerators(self, key: str) -> list[Enumerator]:
        for group in self.meanings(key):
            found = [enumerator for full in group for enumerator in self.enumerators.get(full, ())]
            if found:
                return found
        return self.outer.find_enumerators(key) if self.outer is not None else []

    def _find(self, table: Mapping[str, Symbol], key: str) -> Symbol | None:
        return next((table[full] for group in self.meanings(key) for full in group if full in table), None)

    def is_namespace(self, key: str) -> bool:
        return any(f"{full}." in self.namespaces for group in self.meanings(key) for full in group)

    def obstacle(self, key: str) -> Obstacle | None:
        """What keeps a name from being used here."""
        if not self.namespaces:
            return None
        for group in self.meanings(key):
            found = [(full, span) for full in group if (span := self._declared_at(full)) is not None]
            if len(found) > 1:
                return Obstacle(tuple((self._shown(full), span) for full, span in found))
            if found:
                hidden = self._hidden_outside(found[0][0])
                shown = tuple((self._shown(full), span) for full, span in found)
                return Obstacle(shown, hidden) if hidden is not None else None
        return None

    def _declared_at(self, full: str) -> Span | None:
        symbol = self.types.get(full) or self.pous.get(full) or self.interfaces.get(full)
        if symbol is not None:
            return symbol.declaration.name.span
        return self.variables[full].span if full in self.variables else None

    def _shown(self, full: str) -> str:
        """A full key as people write it."""
        symbol = self.types.get(full) or self.pous.get(full) or self.interfaces.get(full)
        if symbol is None:
            return self.variables[full].name if full in self.variables else full
        return self.namespaces.get(full[: full.rfind(".") + 1], "") + symbol.declaration.name.text

    def _hidden_outside(self, full: str) -> str | None:
        """The namespace that `full` is kept to, where this place is outside of it."""
        if not self.internal:
            return None
        for one in (full, *enclosing(full.rpartition(".")[0] + ".")):
            within = self.internal.get(one)
            if within is not None and not self.prefix.startswith(within):
                return self.namespaces[within].rstrip(".")
        return None

    def names_enumeration(self, reference: Reference) -> bool:
        """Whether `reference` is the `Colour` of `Colour.Red`: then a variable `colour` is not what it mentions.

        Asked before types are resolved, so other names for the type are followed in the tree.
        """
        seen: set[str] = set()
        key = reference.key
        while reference.is_before_point and key not in seen:
            seen.add(key)
            symbol = self.find_type(key)
            spec = symbol.declaration.spec if isinstance(symbol, TypeSymbol) else None
            if not isinstance(spec, NamedType):
                return isinstance(spec, EnumSpec)
            key = full_name(spec).key
        return False

    def lists_with(self, key: str) -> list[str]:
        """`Limits.high`, for every list that has a variable called `key`."""
        return [self.variables[keys[key]].name for keys in self.lists.values() if key in keys]

    def type_names(self) -> Iterator[str]:
        yield from (symbol.declaration.name.text for symbol in self.types.values())
        yield from (symbol.pou.name for symbol in self.pous.values() if symbol.kind is PouKind.FUNCTION_BLOCK)
        if self.outer is not None:
            yield from self.outer.type_names()


Bounds = dict[str, tuple[tuple[int, int], ...]]
"""The bounds of each ARRAY[*], by the key of the parameter."""


class PouScope(Struct, eq=False):
    """The names that a POU sees: its own, then the globals. The configuration has one as well, without a POU.

    `outer`: what is around it: of a method its block, of a block the one it extends. `external` holds the keys of
    VAR_EXTERNAL, `read_only` those of VAR_EXTERNAL CONSTANT; `reported` the unknown names that have had their
    finding in this POU.

    `siblings`: of a variable in a list of global variables, the others in it, as in `Globals.lists`.
    """

    globals: Globals
    variables: dict[str, Variable | Failed] = field(default_factory=dict[str, "Variable | Failed"])
    enumerators: dict[str, list[Enumerator]] = field(default_factory=dict[str, list[Enumerator]])
    external: set[str] = field(default_factory=set[str])
    read_only: set[str] = field(default_factory=set[str])
    needs_external: bool = False
    reported: set[str] = field(default_factory=set[str])
    outer: PouScope | None = None
    siblings: dict[str, str] = field(default_factory=dict[str, str])
    bounds: Bounds = field(default_factory=dict[str, tuple[tuple[int, int], ...]])

    def find_variable(self, key: str) -> Variable | Failed | None:
        own = self.find_own(key)
        if own is not None:
            return own
        sibling = self.siblings.get(key)
        globals_ = self.globals
        symbol = globals_.find_variable(key) if sibling is None else globals_.variables.get(sibling)
        return (symbol.variable or FAILED) if symbol is not None else None

    def find_own(self, key: str) -> Variable | Failed | None:
        """A variable of the POU, of the block that it belongs to, or of one that this extends."""
        scope: PouScope | None = self
        while scope is not None:
            found = scope.variables.get(key)
            if found is not None:
                return found
            scope = scope.outer
        return None

    def find_list(self, key: str) -> dict[str, str] | None:
        """The list of global variables called `key`, unless a variable has that name here."""
        return self.globals.find_list(key) if self.find_variable(key) is None else None

    def is_own(self, key: str) -> bool:
        return self.find_own(key) is not None or key in self.external

    def find_enumerators(self, key: str) -> list[Enumerator]:
        return self.enumerators.get(key) or self.globals.find_enumerators(key)

    def without_namespace(self, expression: Expression) -> Expression:
        """The expression, with the namespaces that it begins with drawn into one name: `Pumps.Motor` is such a name,
        which says what is behind the point and where that is. The names of libraries are left out.
        """
        known = self.globals
        if not isinstance(expression, MemberAccess) or not (known.namespaces or known.libraries):
            return expression
        names = names_of(expression)
        if names is None or self._is_value(names[0].key):
            return expression
        skipped = 0
        while skipped + 1 < len(names) and self._is_library(names[skipped].key):
            skipped += 1
        if skipped:
            return self.without_namespace(_chain(names[skipped:], names[0].span))
        length = 0
        while length + 1 < len(names) and known.is_namespace(".".join(name.key for name in names[: length + 1])):
            length += 1
        if length == 0:
            return expression
        head = Name(".".join(name.text for name in names[: length + 1]), names[0].span.to(names[length].span))
        return _chain([head, *names[length + 1 :]], head.span)

    def _is_library(self, key: str) -> bool:
        if key not in self.globals.libraries or self._is_value(key):
            return False
        return self.globals.find_type(key) is None and not self.find_enumerators(key)

    def _is_value(self, key: str) -> bool:
        """Whether a name that may be that of a namespace is one of something nearer."""
        return self.find_variable(key) is not None or self.find_list(key) is not None

    def value_names(self) -> Iterable[str]:
        """Names that may stand for a value here, for the near name."""
        yield from (v.name for v in self.variables.values() if isinstance(v, Variable))
        yield from (symbol.name for symbol in self.globals.variables.values())
        for table in (self.enumerators, self.globals.enumerators):
            yield from (found[0].name for found in table.values())


def _chain(names: list[Name], start: Span) -> Expression:
    """`a.b.c`, as a text that begins with `start`."""
    chain: Expression = NameExpression(names[0], start.to(names[0].span))
    for name in names[1:]:
        chain = MemberAccess(chain, name, start.to(name.span))
    return chain
