"""The interface of a POU: its variables, the instance they make up, and the scope its body will see.

Two steps, because blocks contain each other. `declare_members` resolves what lives in the instance, in an order in
which every contained block is finished before; `declare_rest` adds what only refers to other blocks (VAR_IN_OUT,
VAR_EXTERNAL, VAR_TEMP) once all blocks are finished. A FUNCTION has no instance, so all of it belongs to the second
step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from iec61131.diagnostics.catalogue import declarations
from iec61131.semantics import chart_bodies, execution_control, references
from iec61131.semantics.graph import in_dependency_order
from iec61131.semantics.here import Here, Shared
from iec61131.semantics.model import Storage, Variable
from iec61131.semantics.rules import sections
from iec61131.semantics.scopes import FAILED, EdgeTrigger, Failed, PouSymbol
from iec61131.semantics.type_specs import TypeSpecs
from iec61131.semantics.types import BOOL, TAG_BYTES, BlockType, place_fields, round_up
from iec61131.semantics.variables import Declarer
from iec61131.semantics.variants import is_open_array, of_base
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind, Qualifier, VarKind

FRAME_BYTES_MAX = 256 << 10
"""Variables of one call of one POU. They live on the stack of the scan, once for each level of recursion."""

_MEMBERS = (VarKind.INPUT, VarKind.OUTPUT, VarKind.LOCAL)
_PARAMETERS = (VarKind.INPUT, VarKind.OUTPUT, VarKind.IN_OUT)


class _Slot(Struct, eq=False):
    """One declaration, with the names in it that are not declared twice."""

    block: tree.VarBlock
    declaration: tree.VarDeclaration
    names: list[tree.Name]
    variables: list[Variable] | None = None
    hidden: tuple[Variable, ...] = ()

    @property
    def is_local_constant(self) -> bool:
        return Qualifier.CONSTANT in self.block.qualifiers and self.block.kind is VarKind.LOCAL


class Interface:
    def __init__(self, shared: Shared, symbol: PouSymbol) -> None:
        self._here = Here(shared, symbol.scope, symbol.pou)
        self._findings = shared.findings
        self._symbol = symbol
        self._slots = list(self._collect())
        self._declarer = Declarer(self._here, symbol.kind, self._names())
        self._result: Variable | None = None
        self._handed_on: list[Variable] = []
        self.members: dict[PouSymbol, Interface] = {}

    def _names(self) -> frozenset[str]:
        """What the body may change."""
        fixed = [slot.is_local_constant or slot.block.kind is VarKind.EXTERNAL for slot in self._slots]
        return frozenset(
            name.key for slot, is_fixed in zip(self._slots, fixed, strict=True) if not is_fixed for name in slot.names
        )

    def _collect(self) -> Iterator[_Slot]:
        """The declarations in order, after the rules about sections and about names declared twice."""
        pou = self._symbol.declaration
        has_result = pou.result is not None and pou.kind in (PouKind.FUNCTION, PouKind.METHOD)
        first: dict[str, tree.Name] = {pou.name.key: pou.name} if has_result else {}
        for block in pou.variables:
            for finding in sections.check(block, pou.kind, is_strict=self._findings.is_strict):
                self._findings.add(finding)
            for declaration in block.variables:
                names: list[tree.Name] = []
                for name in declaration.names:
                    before = first.setdefault(name.key, name)
                    if before is name:
                        names.append(name)
                    else:
                        finding = declarations.DUPLICATE_NAME.at(name.span, name=name.text)
                        self._findings.add(finding.also(before.span, "first declared here"))
                if block.kind is VarKind.EXTERNAL:
                    self._symbol.scope.external.update(name.key for name in names)
                if is_open_array(declaration.type):  # each may have bounds of its own
                    yield from (_Slot(block, declaration, [name]) for name in names)
                elif names:
                    yield _Slot(block, declaration, names)

    # --------------------------------------------------------------------------------------------------------- steps

    def declare_members(self) -> None:
        """The instance of a PROGRAM or FUNCTION_BLOCK."""
        members = [slot for slot in self._slots if slot.block.kind in _MEMBERS]
        self._declare(members)
        block = self._symbol.pou.instance
        assert block is not None
        inside = [v for slot in members for v in (*(slot.variables or ()), *slot.hidden)]
        inside = [v for v in inside if v.storage is Storage.INSTANCE]
        inside += self._declare_chart("")
        for member in self._symbol.members():
            self.members[member] = Interface(self._here.shared, member)
            inside += self.members[member].declare_kept()
        self._inherit(block)
        place_members(block, inside)
        for variable in inside:
            while variable.key in block.members:  # VAR_INST of a method that overrides, or of GET and SET
                variable.name += "$"
            block.members[variable.key] = variable
        self._here.shared.failed_members[block] = self._symbol.failed
        if not TypeSpecs(self._here).check_size(block, self._symbol.declaration.name.span):
            self._symbol.usable = False

    def declare_kept(self) -> list[Variable]:
        """VAR_INST of a method, and the steps of an action: kept in the instance, seen by the member alone."""
        slots = [slot for slot in self._slots if slot.block.kind is VarKind.INST]
        self._declare(slots)
        kept = [variable for slot in slots for variable in slot.variables or ()]
        for variable in kept:
            variable.name = f"{self._symbol.declaration.name.text}${variable.name}"
        return [*kept, *self._declare_chart(f"{self._symbol.declaration.name.text}$")]

    def _declare_chart(self, prefix: str) -> list[Variable]:
        """The steps of a chart, which are seen like variables, and what else it keeps."""
        symbol = self._symbol
        if symbol.declaration.chart is None:
            return []
        taken = {name.key: name.span for slot in self._slots for name in slot.names}
        base = symbol.pou.instance.base if symbol.pou.instance is not None else None
        inherited = {member.key: member.span for member in base.members.values()} if base is not None else {}
        symbol.chart = chart_bodies.declare(
            symbol.declaration.chart, symbol.pou.name, prefix, {**inherited, **taken}, self._findings
        )
        for key, variable in symbol.chart.steps.items():
            symbol.scope.variables.setdefault(key, variable)
        return symbol.chart.variables

    def _inherit(self, block: BlockType) -> None:
        if block.base is None:
            return
        for member in block.base.members.values():
            block.members[member.key] = member
            self._refuse_again(member, block.base.name)

    def take_members(self) -> None:
        """Of a variant: what lives in the instance is declared already."""
        block = self._symbol.pou.instance
        if self._symbol.pou.is_block and block is not None:
            for slot in self._slots:
                if slot.block.kind in _MEMBERS:
                    slot.variables = [block.members[n.key] for n in slot.names if n.key in block.members]

    def declare_rest(self) -> None:
        """Everything else; after this the POU can be called."""
        pou = self._symbol.pou
        if pou.kind in (PouKind.FUNCTION, PouKind.METHOD):
            self._declare_result()
            self._declare([slot for slot in self._slots if slot.block.kind is not VarKind.INST])
        elif pou.kind is PouKind.ACTION:
            self._hand_on()
        else:
            self._declare([slot for slot in self._slots if slot.block.kind not in _MEMBERS])
        declared = [v for slot in self._slots for v in (*(slot.variables or ()), *slot.hidden)]
        own = [*self._inherit_parameters(), *(v for v in declared if v.kind is not VarKind.GLOBAL)]
        own += self._handed_on
        own += self._symbol.chart.variables if self._symbol.chart is not None else []
        pou.variables = tuple([self._result, *own] if self._result is not None else own)
        controls = execution_control.declared(pou)
        if controls is not None and controls[0] not in self._symbol.optional:
            controls[0].initial = True
        self._check_frame()

    def _inherit_parameters(self) -> list[Variable]:
        """What callers hand to the block that this one extends, they hand to this one too, before what it adds."""
        base = of_base(self._here.shared, self._symbol)
        if base is None:
            return []
        scope = self._symbol.scope
        self._symbol.failed |= base.failed
        self._symbol.optional |= base.optional
        inherited = [variable for variable in base.pou.variables if variable.kind in _PARAMETERS]
        for variable in inherited:
            if variable.kind is VarKind.IN_OUT:
                self._refuse_again(variable, base.pou.name)
                scope.variables.setdefault(variable.key, variable)
        return inherited

    def _refuse_again(self, inherited: Variable, base: str) -> None:
        for slot in self._slots:
            for name in slot.names:
                if name.key == inherited.key:
                    finding = declarations.DUPLICATE_NAME.at(name.span, name=name.text)
                    self._findings.add(finding.also(inherited.span, f"inherited from {base}"))

    def _hand_on(self) -> None:
        """An action sees everything that the body of its block does: what exists only while that runs is handed on to
        it, as a VAR_IN_OUT that nobody wrote.
        """
        owner = self._symbol.owner
        assert owner is not None
        for variable in self._passing(owner):
            handed = Variable(
                variable.name,
                variable.type,
                VarKind.IN_OUT,
                Storage.REFERENCE,
                variable.span,
                constant=variable.constant,
            )
            self._symbol.scope.variables[handed.key] = handed
            self._handed_on.append(handed)

    def _passing(self, owner: PouSymbol) -> list[Variable]:
        """The variables of a block that exist only while it runs, looked for once for all its actions."""
        known = self._here.shared.handed_on.get(owner)
        if known is None or known[0] is not owner.pou.variables:
            found = [v for v in owner.pou.variables if v.storage in (Storage.FRAME, Storage.REFERENCE)]
            known = self._here.shared.handed_on[owner] = owner.pou.variables, found
        return known[1]

    def _declare_result(self) -> None:
        """The variable that is named like the FUNCTION."""
        declaration, symbol = self._symbol.declaration, self._symbol
        if declaration.result is None:
            return
        result = tree.VarDeclaration(
            (declaration.name,), None, declaration.result, None, None, (), declaration.result.span
        )
        block = tree.VarBlock(VarKind.OUTPUT, frozenset(), (result,), declaration.result.span)
        variables = self._declarer.declare(block, result, "", [declaration.name])
        if variables is None:
            symbol.usable = False
            symbol.scope.variables[declaration.name.key] = FAILED
            return
        self._result = symbol.pou.result = variables[0]
        self._result.kind = VarKind.LOCAL
        symbol.scope.variables[declaration.name.key] = self._result

    def _check_frame(self) -> None:
        end = 0
        for variable in self._symbol.pou.variables:
            if variable.storage is Storage.FRAME:
                end = round_up(end, variable.type.align) + variable.type.size
        if end > FRAME_BYTES_MAX:
            name = self._symbol.declaration.name
            finding = declarations.FRAME_TOO_LARGE.at(name.span, name=name.text, size=end, limit=FRAME_BYTES_MAX)
            self._findings.add(finding)

    # ----------------------------------------------------------------------------------------------------- variables

    def _declare(self, slots: list[_Slot]) -> None:
        """Constants before what may use them, in an order in which they may use each other; then the others as
        written.
        """
        scope = self._symbol.scope.globals
        constants = [slot for slot in slots if slot.is_local_constant]
        owner = {name.key: slot for slot in constants for name in slot.names}

        def needs(slot: _Slot) -> Iterable[_Slot]:
            for r in references.of_variable(slot.declaration):
                target = owner.get(r.key)
                if target is None or r.is_type or r.is_target or (target is slot and scope.names_enumeration(r)):
                    continue
                yield target

        for slot in constants:
            self._fail(slot)  # whoever meets a constant before its turn is part of a circle
        for group in in_dependency_order(constants, needs):
            if len(group) > 1 or group[0] in needs(group[0]):
                self._circle(group)
                continue
            self._declare_slot(group[0])
        for slot in slots:
            if not slot.is_local_constant:
                self._declare_slot(slot)

    def _circle(self, group: list[_Slot]) -> None:
        group.sort(key=lambda slot: slot.declaration.span.start)
        name = group[0].names[0]
        finding = declarations.CIRCULAR_VALUE.at(name.span, name=name.text)
        for slot in group[1:]:
            finding = finding.also(slot.names[0].span, f"{slot.names[0].text} is part of the circle")
        self._findings.add(finding)

    def _declare_slot(self, slot: _Slot) -> None:
        scope, pou = self._symbol.scope, self._symbol.pou
        if slot.block.kind is VarKind.EXTERNAL:
            self._external(slot)
            return
        slot.variables = self._declarer.declare(slot.block, slot.declaration, pou.name, slot.names)
        self._symbol.running += self._declarer.running
        self._declarer.running.clear()
        if slot.variables is None:
            self._fail(slot)
            return
        for variable in slot.variables:
            scope.variables[variable.key] = variable
            self._symbol.failed.discard(variable.key)
        if slot.declaration.initial is not None:
            self._symbol.optional.update(slot.variables)
        edge = slot.declaration.edge
        if edge is not None and slot.block.kind is VarKind.INPUT and pou.is_block:
            for variable in slot.variables:
                trigger = _edge_trigger(variable, edge)
                self._symbol.edges.append(trigger)
                slot.hidden = (*slot.hidden, trigger.output, trigger.last)
                scope.variables[variable.key] = trigger.output  # the body sees the edge, not the input

    def _fail(self, slot: _Slot) -> None:
        for name in slot.names:
            self._symbol.scope.variables[name.key] = FAILED
            self._symbol.failed.add(name.key)

    def _external(self, slot: _Slot) -> None:
        """Names of globals that this POU wants to see, each with its type."""
        scope, declaration = self._symbol.scope, slot.declaration
        spec = TypeSpecs(self._here).resolve(declaration.type, self._symbol.pou.name)
        if declaration.initial is not None:
            section = VarKind.EXTERNAL.value
            self._findings.add(declarations.INITIAL_NOT_ALLOWED.at(declaration.initial.span, section=section))
        for name in slot.names:
            self._here.check_name(name)
            symbol = scope.globals.find_variable(name.key)
            found = symbol.variable if symbol is not None else None
            scope.variables[name.key] = found or FAILED
            if isinstance(found, Variable):
                self._here.note(name.span, found)
            if Qualifier.CONSTANT in slot.block.qualifiers:
                scope.read_only.add(found.key if isinstance(found, Variable) else name.key)
            if symbol is None:
                finding = declarations.UNKNOWN_GLOBAL.at(name.span, name=name.text)
                self._findings.add_near(finding, name.text, [s.name for s in scope.globals.variables.values()])
            elif spec is not None and found is not None and not isinstance(found, Failed) and found.type != spec.type:
                finding = declarations.EXTERNAL_TYPE.at(
                    declaration.type.span, name=found.name, given=spec.type, wanted=found.type
                )
                self._findings.add(finding.also(found.span, "the global is declared here"))


def place_members(block: BlockType, own: Sequence[Variable]) -> None:
    """Offsets for what a block adds to what its instance begins with: the base, or a tag, or nothing."""
    before = [(TAG_BYTES, TAG_BYTES)] if block.tag and block.base is None else []
    if block.base is not None:
        before = [(block.base.size, block.base.align)]
    offsets, block.size, block.align = place_fields([*before, *((v.type.size, v.type.align) for v in own)])
    for variable, offset in zip(own, offsets[len(before) :], strict=True):
        variable.offset = offset


def _edge_trigger(variable: Variable, edge: tree.Edge) -> EdgeTrigger:
    """The hidden variables behind an R_EDGE or F_EDGE input. A `$` is in no name that a program can write."""
    hidden = [
        Variable(f"{variable.name}${what}", BOOL, VarKind.LOCAL, Storage.INSTANCE, variable.span, initial=False)
        for what in ("edge", "last")
    ]
    for one in hidden:
        one.edge_of = variable
    return EdgeTrigger(variable, hidden[0], hidden[1], edge)
