"""From a declared variable to a `Variable` of the model: type, initial value, where it lives, and whether all that
may be.

`Declarer` serves the sections of POUs and the globals alike; what differs is a row of `STORAGE`.
"""

from __future__ import annotations

from msgspec.structs import replace

from iec61131.diagnostics.catalogue import classes, configuration, declarations
from iec61131.semantics.any_inputs import ANY_TYPES, type_in
from iec61131.semantics.here import Here, address_text
from iec61131.semantics.model import Storage, Variable
from iec61131.semantics.operands import is_scalar
from iec61131.semantics.references import full_name
from iec61131.semantics.rules import located_type
from iec61131.semantics.running_values import IsOwn, has_to_run
from iec61131.semantics.scopes import PouSymbol, Running
from iec61131.semantics.type_specs import Spec, TypeSpecs
from iec61131.semantics.types import BOOL, ArrayType, BlockType, Type
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import Modifier, PouKind, Qualifier, VarKind

_INSTANCE = {VarKind.LOCAL: Storage.INSTANCE, VarKind.INPUT: Storage.INSTANCE, VarKind.OUTPUT: Storage.INSTANCE}
_FRAME = {VarKind.LOCAL: Storage.FRAME, VarKind.INPUT: Storage.FRAME, VarKind.OUTPUT: Storage.FRAME}
_ALWAYS = {
    VarKind.TEMP: Storage.FRAME,
    VarKind.IN_OUT: Storage.REFERENCE,
    VarKind.GLOBAL: Storage.MEMORY,
    VarKind.STAT: Storage.MEMORY,
    VarKind.INST: Storage.INSTANCE,
}

STORAGE: dict[PouKind | None, dict[VarKind, Storage]] = {
    PouKind.PROGRAM: {**_INSTANCE, **_ALWAYS},
    PouKind.FUNCTION_BLOCK: {**_INSTANCE, **_ALWAYS},
    PouKind.FUNCTION: {**_FRAME, **_ALWAYS},
    PouKind.CLASS: {**_INSTANCE, **_ALWAYS},
    PouKind.METHOD: {**_FRAME, **_ALWAYS},
    PouKind.ACTION: _ALWAYS,
    None: _ALWAYS,
}
"""Where the variables of a section live, by the kind of POU. A located variable lives at its address."""


_OPEN = (PouKind.PROGRAM, PouKind.FUNCTION_BLOCK, PouKind.CLASS, None)
_OPEN_SECTIONS = (VarKind.LOCAL, VarKind.INPUT, VarKind.OUTPUT, VarKind.GLOBAL)
"""Where `AT %I*` may stand: an instance of a block may have what a block itself cannot have an address for."""


class Declarer:
    def __init__(self, here: Here, pou: PouKind | None, own: frozenset[str] = frozenset()) -> None:
        """`own`: the names of the variables of the POU."""
        self._here = here
        self._own = own
        self.running: list[Running] = []
        self._findings = here.findings
        self._pou = pou
        self._specs = TypeSpecs(here)

    def declare(
        self, block: tree.VarBlock, declaration: tree.VarDeclaration, owner: str, names: list[tree.Name]
    ) -> list[Variable] | None:
        """The variables called `names` of one declaration, or None when it has no usable type."""
        written, declaration = declaration, self._known_part(block, declaration)
        owned = f"{owner}.{names[0].text}" if owner else names[0].text
        if written.arguments and not self._has_init(written.type):
            declaration = written = replace(declaration, initial=_as_initial(written), arguments=())
        takes = self._any_type(block, declaration)
        any_type = type_in(self._here.scope.globals) if takes else None
        spec = Spec(any_type) if any_type is not None else self._specs.declared(declaration, owned)
        if spec is None:
            return None
        constant = Qualifier.CONSTANT in block.qualifiers
        if not self._may_hold(block, declaration, spec.type) or (constant and not spec.is_sound):
            return None
        located = self._is_located(block, declaration, spec)
        self._check_value(block, declaration, spec.type)
        storage = Storage.MEMORY if located else STORAGE[self._pou].get(block.kind, Storage.FRAME)
        if constant and storage is Storage.FRAME and not is_scalar(spec.type) and block.kind is VarKind.LOCAL:
            storage = Storage.MEMORY  # a table: not to be filled in anew at every call
        variables = [self._variable(name, block, declaration, spec, storage, located) for name in names]
        address = declaration.address
        if address is not None and (address.is_incomplete or address.is_of_channel):
            self._here.shared.open_places.update((variable, address) for variable in variables)
        if address is not None and address.is_of_channel and located:
            self._channel(address, variables)
        for variable in variables:
            variable.takes = takes
        if written is not declaration:
            initial = written.initial if declaration.initial is None else None
            arguments = written.arguments
            self.running += [
                Running(v, initial, written.binds, arguments, written.span, self._here.scope) for v in variables
            ]
        return variables

    def _channel(self, address: tree.DirectAddress, variables: list[Variable]) -> None:
        for variable in variables:
            first = self._here.shared.channels.setdefault(address_text(address), variable)
            if first is not variable:
                found = address.span.text
                finding = configuration.CHANNEL_TWICE.at(variable.span, name=variable.name, address=found)
                self._findings.add(finding.also(first.span, f"'{first.name}' has it"))

    def _any_type(self, block: tree.VarBlock, declaration: tree.VarDeclaration) -> str:
        """ANY, ANY_NUM .. of an input that may have it, else empty."""
        spec = declaration.type
        if self._pou not in (PouKind.FUNCTION, PouKind.METHOD) or block.kind is not VarKind.INPUT:
            return ""
        key = spec.name.key if isinstance(spec, tree.NamedType) and not spec.qualifier else ""
        return key if key in ANY_TYPES and declaration.initial is None else ""

    def _has_init(self, spec: tree.TypeSpec) -> bool:
        """Whether arguments behind a type are for FB_Init; else they are initial values of inputs."""
        while isinstance(spec, tree.ArraySpec):
            spec = spec.element
        found = self._here.scope.globals.find_pou(full_name(spec).key) if isinstance(spec, tree.NamedType) else None
        return found is not None and any("FB_INIT" in block.methods for block in found.lineage())

    def _known_part(self, block: tree.VarBlock, declaration: tree.VarDeclaration) -> tree.VarDeclaration:
        """The declaration without what has to run when the variable begins to exist."""
        if Qualifier.CONSTANT in block.qualifiers:
            return declaration
        initial = declaration.initial
        runs = initial is not None and has_to_run(self._here.scope, self._own_but(declaration), initial)
        if not (runs or declaration.binds or declaration.arguments):
            return declaration
        return replace(declaration, initial=None if runs or declaration.binds else initial, binds=False, arguments=())

    def _own_but(self, declaration: tree.VarDeclaration) -> IsOwn:
        """`twice : INT := Twice` means the global one."""
        declared = {name.key for name in declaration.names}
        return lambda key: key in self._own and key not in declared

    def _variable(
        self,
        name: tree.Name,
        block: tree.VarBlock,
        declaration: tree.VarDeclaration,
        spec: Spec,
        storage: Storage,
        located: bool,
    ) -> Variable:
        qualifiers = block.qualifiers
        variable = Variable(
            name.text,
            spec.type,
            block.kind,
            storage,
            name.span,
            initial=None if storage is Storage.REFERENCE else spec.default,
            constant=Qualifier.CONSTANT in qualifiers,
            retain=Qualifier.RETAIN in qualifiers,
            persistent=Qualifier.PERSISTENT in qualifiers,
            non_retain=Qualifier.NON_RETAIN in qualifiers,
            address=_address(declaration.address) if located else None,
        )
        variable = self._as_before(variable)
        self._here.note(name.span, variable)
        return variable

    def _as_before(self, variable: Variable) -> Variable:
        """The same variable of the last version, where others may refer to it."""
        pou = self._here.pou
        known = self._here.shared.declared_before.get((pou, variable.key)) if pou is not None else None
        if known is None or known.type != variable.type or known.storage is not variable.storage:
            return variable
        for part in variable.__struct_fields__:
            setattr(known, part, getattr(variable, part))
        return known

    # -------------------------------------------------------------------------------------------------------- checks

    def _may_hold(self, block: tree.VarBlock, declaration: tree.VarDeclaration, type_: Type) -> bool:
        """An instance needs a place of its own, which may last for one call only."""
        if block.kind is VarKind.IN_OUT or not self._here.shared.facts.holds_block(type_):
            return True
        reason = None
        abstract = self._abstract_block(type_)
        if abstract is not None:
            name = abstract.declaration.name
            finding = classes.ABSTRACT_INSTANCE.at(declaration.type.span, block=name.text)
            self._findings.add(finding.also(name.span, "declared here"))
            return False
        is_result = self._here.pou is not None and declaration.names[0].span == self._here.pou.span
        if self._pou in (PouKind.FUNCTION, PouKind.METHOD) and block.kind is VarKind.OUTPUT and not is_result:
            reason = "it would end with the call"
        elif Qualifier.CONSTANT in block.qualifiers:
            reason = "an instance changes whenever it is called"
        if reason is None:
            return True
        finding = declarations.INSTANCE_NOT_ALLOWED.at(declaration.type.span, block=type_, reason=reason)
        self._findings.add(finding)
        return False

    def _abstract_block(self, type_: Type) -> PouSymbol | None:
        while isinstance(type_, ArrayType):
            type_ = type_.element
        symbol = self._here.shared.block_symbols.get(type_) if isinstance(type_, BlockType) else None
        return symbol if symbol is not None and Modifier.ABSTRACT in symbol.modifiers else None

    def _is_located(self, block: tree.VarBlock, declaration: tree.VarDeclaration, spec: Spec) -> bool:
        address = declaration.address
        if address is None:
            return False
        if address.is_incomplete and self._pou in _OPEN and block.kind in _OPEN_SECTIONS:
            return False  # the variable has a place of its own, which others bind or VAR_CONFIG copies
        if self._pou in (PouKind.FUNCTION, PouKind.FUNCTION_BLOCK) or block.kind not in (
            VarKind.LOCAL,
            VarKind.GLOBAL,
        ):
            where = f"a {self._pou.value}" if self._pou not in (None, PouKind.PROGRAM) else block.kind.value
            self._findings.add(declarations.LOCATED_NOT_ALLOWED.at(address.span, where=where))
            return False
        retained = bool(block.qualifiers & {Qualifier.RETAIN, Qualifier.PERSISTENT})
        sound = True
        for finding in located_type.check(address, spec.type, self._here.shared.facts, retained=retained):
            self._findings.add(finding)
            sound = sound and not finding.is_error
        return sound

    def _check_value(self, block: tree.VarBlock, declaration: tree.VarDeclaration, type_: Type) -> None:
        initial, edge = declaration.initial, declaration.edge
        if initial is not None and block.kind is VarKind.EXTERNAL:
            self._findings.add(declarations.INITIAL_NOT_ALLOWED.at(initial.span, section=block.kind.value))
        if initial is not None and block.kind is VarKind.IN_OUT:
            code = self._findings.lenient(declarations.IN_OUT_VALUE)
            self._findings.add(code.at(initial.span, name=declaration.names[0].text))
        if initial is None and Qualifier.CONSTANT in block.qualifiers and block.kind in (VarKind.LOCAL, VarKind.GLOBAL):
            name = declaration.names[0]
            self._findings.add(declarations.CONSTANT_WITHOUT_VALUE.at(name.span, name=name.text))
        if edge is not None:
            is_input = block.kind is VarKind.INPUT and self._pou in (PouKind.FUNCTION_BLOCK, PouKind.PROGRAM)
            if not is_input or type_ != BOOL:
                self._findings.add(declarations.EDGE_NOT_ALLOWED.at(declaration.span, edge=edge.value))


def _address(address: tree.DirectAddress | None) -> str | None:
    """Where a variable lies that has an address; None for a channel, whose variable has a place of its own."""
    return address_text(address) if address is not None and not address.is_of_channel else None


def _as_initial(written: tree.VarDeclaration) -> tree.Initial:
    """`t : TON(PT := T#1s)` says the same as `t : TON := (PT := T#1s)`; an array has a list for each element."""
    lists = [_as_members(arguments, written.span) for arguments in written.arguments]
    if isinstance(written.type, tree.ArraySpec):
        return tree.ArrayInitial(tuple((None, members) for members in lists), written.span)
    return lists[0]


def _as_members(arguments: tuple[tree.Argument, ...], span: Span) -> tree.StructInitial:
    given = [(a.name, a.value) for a in arguments if a.name is not None and a.value is not None]
    fields = tuple((name, value.list if isinstance(value, tree.ListValue) else value) for name, value in given)
    return tree.StructInitial(fields, span)
