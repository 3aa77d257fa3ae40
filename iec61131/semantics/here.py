"""Where an expression or statement stands: what it may see, and what is noted about it on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, cast

from msgspec import Struct, field

from iec61131.addresses import locate
from iec61131.diagnostics.catalogue import namespaces
from iec61131.semantics.findings import Findings
from iec61131.semantics.layout import default_constant
from iec61131.semantics.model import (
    Dispatch,
    InstanceMemberPlace,
    MemoryPlace,
    Place,
    Pou,
    Storage,
    TargetPlace,
    ThisPlace,
    ValuePlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.scopes import Bounds, Enumerator, InterfaceSymbol, PouScope, PouSymbol, RunningField
from iec61131.semantics.suites import is_of_suite
from iec61131.semantics.type_facts import TypeFacts
from iec61131.semantics.types import (
    BOOL,
    BYTE,
    DWORD,
    LWORD,
    WORD,
    BlockType,
    EnumType,
    Field,
    InterfaceType,
    StructType,
    Type,
)
from iec61131.semantics.uses import GlobalList, Meaning, Uses, last_name
from iec61131.source import SourceFile, Span
from iec61131.syntax import tree
from iec61131.syntax.tree import VarKind

if TYPE_CHECKING:
    from iec61131.semantics.dynamic_memory import DynamicMemory
    from iec61131.semantics.starting import Starting

ADDRESS_TYPE = {"X": BOOL, "B": BYTE, "W": WORD, "D": DWORD, "L": LWORD}
"""The type of a direct address that is used without a declaration."""


def _no_library(name: str) -> PouSymbol:
    raise AssertionError(f"{name} is asked of no program")


class Choice(NamedTuple):
    """What an instance decides: what runs for `key` where it is known as `seen_as`; for an ARRAY[*], with `bounds`."""

    seen_as: BlockType | InterfaceType
    key: str
    bounds: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = ()


class Shared(Struct, eq=False):
    """What one run of the compiler collects from all places.

    `failed_members`: keys of parts of a struct or block whose declaration has an error. `direct`: the variables behind
    direct addresses in the text, one for each address. `enumerators`: those of each enumeration, by key.
    `converter` gives one of the functions behind the conversions.
    """

    findings: Findings
    facts: TypeFacts = field(default_factory=TypeFacts)
    failed_members: dict[StructType | BlockType, set[str]] = field(
        default_factory=dict["StructType | BlockType", set[str]]
    )
    direct: dict[tuple[str, str, tuple[int, ...]], Variable] = field(
        default_factory=dict[tuple[str, str, tuple[int, ...]], Variable]
    )
    enumerators: dict[EnumType, dict[str, Enumerator]] = field(default_factory=dict[EnumType, "dict[str, Enumerator]"])
    block_symbols: dict[BlockType, PouSymbol] = field(default_factory=dict[BlockType, PouSymbol])
    interface_symbols: dict[InterfaceType, InterfaceSymbol] = field(
        default_factory=dict[InterfaceType, InterfaceSymbol]
    )
    files: list[SourceFile] = field(default_factory=list[SourceFile])
    member_keys: set[str] = field(default_factory=set[str])  # of all methods, actions and properties
    derived: dict[BlockType, list[PouSymbol]] = field(default_factory=dict[BlockType, "list[PouSymbol]"])
    dispatches: dict[Choice, Dispatch] = field(default_factory=dict["Choice", Dispatch])
    converter: Callable[[str], PouSymbol] = _no_library

    running_fields: dict[Field, RunningField] = field(default_factory=dict["Field", "RunningField"])
    open_places: dict[Variable | Field, tree.DirectAddress] = field(
        default_factory=dict["Variable | Field", tree.DirectAddress]
    )  # what is declared AT %I*, or at a channel
    channels: dict[str, Variable] = field(default_factory=dict[str, "Variable"])  # by address, what is declared there
    instances: list[Variable] = field(default_factory=list[Variable])  # of programs, in the order of their declaration
    uses: Uses | None = None  # what names mean, for who asks
    lists: dict[int, GlobalList] = field(default_factory=dict[int, GlobalList])  # by identity in `Globals.lists`
    later: list[Callable[[], None]] = field(default_factory=list["Callable[[], None]"])
    types_are_known: bool = False

    dynamic_memory: DynamicMemory = cast("DynamicMemory", None)  # `resolve` fills it in
    starting: Starting = cast("Starting", None)  # the same
    variants: dict[PouSymbol, dict[object, PouSymbol]] = field(
        default_factory=dict["PouSymbol", "dict[object, PouSymbol]"]
    )  # of POUs with ARRAY[*], by the bounds
    handed_on: dict[PouSymbol, tuple[tuple[Variable, ...], list[Variable]]] = field(
        default_factory=dict["PouSymbol", "tuple[tuple[Variable, ...], list[Variable]]"]
    )  # of a block, the variables that its actions are handed, and which it had then
    declared_before: dict[tuple[Pou, str], Variable] = field(
        default_factory=dict["tuple[Pou, str]", Variable]
    )  # of a POU that is declared again: what has to stay what it is
    declare_variant: Callable[[PouSymbol, bool], None] = field(default=lambda _, has_body: None)

    def note(self, span: Span, meaning: Meaning) -> None:
        """The name at `span` means `meaning`."""
        if self.uses is not None:
            self.uses.note(span, meaning)

    def note_list(self, name: tree.Name, keys: dict[str, str]) -> None:
        """`name` is that of a list of global variables, `keys` what it has in `Globals.lists`."""
        if self.uses is not None:
            known = GlobalList(name.text, last_name(name.span))
            self.uses.note(name.span, self.lists.setdefault(id(keys), known))

    def resolve_later(self, work: Callable[[], None]) -> None:
        """Do `work` when every type of the program is known: at once, if that is so."""
        if self.types_are_known:
            work()
        else:
            self.later.append(work)

    def finish_types(self) -> None:
        """Do what was put off. Targets may hold further references."""
        self.types_are_known = True
        for work in self.later:
            work()
        self.later.clear()

    def program_instance(self, program: Pou) -> Variable | None:
        """The one instance of a PROGRAM, which other POUs may use by its name; None where it has several. One that no
        task runs gets its instance here.
        """
        found = [instance for instance in self.instances if instance.type is program.instance]
        if not found and program.instance is not None:
            name, type_ = program.name, program.instance
            found = [Variable(name, type_, VarKind.GLOBAL, Storage.MEMORY, program.span, initial={})]
            self.instances += found
        return found[0] if len(found) == 1 else None

    def kinds_of(self, block: BlockType) -> list[PouSymbol]:
        """The blocks that an instance seen as `block` may be of: itself and what extends it."""
        return self.derived.get(block, [])

    def dispatch(self, seen_as: BlockType | InterfaceType, key: str) -> Dispatch:
        """The choice between what runs for `key` on an instance that is known as `seen_as`. `key` "" is the body."""
        return self._dispatch(Choice(seen_as, key))

    def dispatch_for(self, dispatch: Dispatch, bounds: Bounds) -> Dispatch:
        """The same choice, between the variants for `bounds`."""
        chosen = next(choice for choice, known in self.dispatches.items() if known is dispatch)
        return self._dispatch(chosen._replace(bounds=tuple(sorted(bounds.items()))))

    def _dispatch(self, choice: Choice) -> Dispatch:
        found = self.dispatches.get(choice)
        if found is None:
            found = self.dispatches[choice] = Dispatch(f"{choice.seen_as.name}.{choice.key or 'body'}")
        return found

    def direct_variable(self, address: tree.DirectAddress) -> Variable | None:
        """The variable behind `%MW4`; None when there is no such address."""
        key = (address.area, address.size, address.path)
        if locate(*key) is None:
            return None
        variable = self.direct.get(key)
        if variable is None:
            text = address_text(address)
            variable = Variable(
                text, ADDRESS_TYPE[address.size], VarKind.GLOBAL, Storage.MEMORY, address.span, address=text
            )
            self.direct[key] = variable
        return variable


def address_text(address: tree.DirectAddress) -> str:
    """The address in one spelling, whatever the source looks like."""
    return f"%{address.area}{address.size}{'.'.join(map(str, address.path))}"


class Loop(Struct, eq=False):
    """A loop around the statement that is being resolved. `variable` of a FOR over a plain variable."""

    variable: Variable | None = None
    written: bool = False
    span: Span | None = None


class Here(Struct, eq=False):
    """The surroundings of one body, or of the constants of one section.

    `pou` None: outside any POU. `calls` maps each POU called here to the first call, `direct` those of them that are
    not called through a reference; `writes_result` tells whether the result of a FUNCTION is ever assigned.
    """

    shared: Shared
    scope: PouScope
    pou: Pou | None = None
    loops: list[Loop] = field(default_factory=list[Loop])
    calls: dict[Pou, Span] = field(default_factory=dict[Pou, Span])
    direct: dict[Pou, Span] = field(default_factory=dict[Pou, Span])
    writes_result: bool = False
    dispatches: dict[Dispatch, Span] = field(default_factory=dict[Dispatch, Span])
    made: dict[Variable, Variable] = field(default_factory=dict[Variable, Variable])  # ENO of instances, by these
    links: dict[str, Variable | None] = field(default_factory=dict[str, "Variable | None"])  # None: its value failed
    linked: list[Variable] = field(default_factory=list[Variable])  # those of them that the POU has not got yet

    @property
    def findings(self) -> Findings:
        return self.shared.findings

    @property
    def in_test(self) -> bool:
        """Whether this is the text of a test, or of a method of its suite."""
        return self.pou is not None and is_of_suite(self.pou.name)

    @property
    def in_library(self) -> bool:
        """Whether this is the text of a standard block or function."""
        return self.scope.globals.outer is None

    def temporary(self, type_: Type, span: Span) -> Variable | None:
        """A variable of the body that nobody can name, set anew at each call; None outside of bodies."""
        variable = self._unnamed(type_, span)
        if variable is not None and self.pou is not None:
            self.pou.variables = (*self.pou.variables, variable)
        return variable

    def _unnamed(self, type_: Type, span: Span) -> Variable | None:
        if self.pou is None:
            return None
        name = f"{len(self.pou.variables) + len(self.linked)}$"
        initial = default_constant(type_)
        return Variable(name, type_, VarKind.TEMP, Storage.FRAME, span, initial=initial)

    def outcome(self, instance: Place, span: Span) -> Variable | None:
        """Whether the last call of an instance, of a block without an ENO of its own, was made; TRUE before the first
        one in a call of this body. None for instances without a name of their own.
        """
        if not isinstance(instance, VariablePlace):
            return None
        found = self.made.get(instance.variable)
        if found is None:
            kept = self.temporary(BOOL, span)
            if kept is None:
                return None
            kept.initial = True
            found = self.made[instance.variable] = kept
        return found

    def begin_link(self, name: tree.Name, type_: Type | None) -> Variable | None:
        """The variable for what a wire carries; None where that is not known."""
        found = self.links.get(name.key)
        if found is None:
            found = self.links[name.key] = self._unnamed(type_, name.span) if type_ is not None else None
            if found is not None:
                self.linked.append(found)
        return found

    def end_links(self) -> None:
        """Hand them to the POU, all at once: a drawing may have many thousands of them."""
        if self.pou is not None and self.linked:
            self.pou.variables = (*self.pou.variables, *self.linked)
            self.linked = []

    def check_name(self, name: tree.Name) -> None:
        """The finding that a global name may mean several things, or is not for this place."""
        obstacle = self.scope.globals.obstacle(name.key)
        if obstacle is None:
            return
        (first, span), *others = obstacle.meanings
        if obstacle.hidden is not None:
            finding = namespaces.INTERNAL_NAME.at(name.span, name=first, where=obstacle.hidden)
            self.findings.add(finding.also(span, "declared here"))
            return
        full = " or ".join(meaning for meaning, _ in obstacle.meanings)
        finding = namespaces.AMBIGUOUS_NAME.at(name.span, name=name.text, full=full).also(span, f"{first} is here")
        for other, other_span in others:
            finding = finding.also(other_span, f"{other} is here")
        self.findings.add(finding)

    def note(self, span: Span, meaning: Meaning) -> None:
        self.shared.note(span, meaning)

    def note_write(self, place: Place) -> Variable | None:
        """The variable that `place` is a part of has been written. Returns it when it belongs to a FOR around this
        place.
        """
        root = root_variable(place)
        if self.pou is not None and root is self.pou.result:
            self.writes_result = True
        around = [loop for loop in self.loops if loop.variable is root and root is not None]
        for loop in around:  # several FORs inside each other may have one variable
            loop.written = True
        return root if around else None


def is_behind_reference(place: Place) -> bool:
    """Whether a reference is followed on the way to `place`."""
    while not isinstance(place, VariablePlace | MemoryPlace | ThisPlace | ValuePlace):
        if isinstance(place, TargetPlace):
            return True
        place = place.base
    return False


def root_variable(place: Place) -> Variable | None:
    """The variable that holds `place`; None when an instance seen from outside or a reference lies
    between."""
    while not isinstance(place, VariablePlace | MemoryPlace):
        if isinstance(place, InstanceMemberPlace | TargetPlace | ThisPlace | ValuePlace):
            return None
        place = place.base
    return place.variable
