"""What a declaration asks to be done rather than known: `p : POINTER TO INT := ADR(x)`, `r : REFERENCE TO INT REF= x`,
`fb : Motor(speed := 5)` and FB_Init.

A constant is written into the memory block beforehand; these are statements. Those of variables that are set anew at
each call run before the body. Those of instances and globals run once on the fresh memory block, before the program
ever does (`Model.start`): each block that has any gets a method of its own for them, which starts its base, then its
members in the order of their declaration.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from msgspec.structs import replace

from iec61131.diagnostics.catalogue import declarations
from iec61131.semantics.assignments import Assignments
from iec61131.semantics.calls import Calls
from iec61131.semantics.configured_variables import ConfiguredVariables
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.here import Here, Shared
from iec61131.semantics.layout import element_indices
from iec61131.semantics.model import (
    CallFunction,
    Constant,
    ConstantExpression,
    ElementPlace,
    Evaluate,
    FieldPlace,
    Place,
    Pou,
    Statement,
    Storage,
    ThisPlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.scopes import Globals, PouScope, PouSymbol, Running, RunningField
from iec61131.semantics.types import BOOL, LINT, ArrayType, BlockType, StructType, Type
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import AssignOperator, PouKind, VarKind

ELEMENTS_MAX = 4096
"""Elements of an array of instances that are started one by one."""

_CALLED_BY_THE_SYSTEM = {"BINITRETAINS": True, "BINCOPYCODE": False}


class Starting:
    """Makes the statements, and a `Pou` for each block that has some."""

    def __init__(self, shared: Shared, globals_: Globals) -> None:
        self._shared = shared
        self._globals = globals_
        self._of_block: dict[BlockType, Pou | None] = {}
        self._of_struct: dict[StructType, bool] = {}
        self.pous: dict[Pou, Here] = {}

    def before_body(self, here: Here, symbol: PouSymbol) -> tuple[Statement, ...]:
        """What begins to exist with each call of a POU."""
        statements: list[Statement] = []
        running = {each.variable: each for each in symbol.running}
        for variable in symbol.pou.variables:
            if variable.storage in (Storage.FRAME, Storage.STACK) and variable.kind is not VarKind.INPUT:
                statements += self._of_variable(here, variable, running.get(variable))
        return tuple(statements)

    def whole(
        self,
        variables: Iterable[Variable],
        running: Iterable[Running],
        statics: Iterable[PouSymbol],
        configured: ConfiguredVariables,
    ) -> Pou | None:
        """What is to be done once before the first scan: `variables` are globals and program instances in order,
        `statics` POUs with variables that have a place of their own.
        """
        if not self._shared.files:
            return None
        start = Pou("$start", PouKind.FUNCTION, Span(self._shared.files[0], 0, 0))
        here = Here(self._shared, PouScope(self._globals), start)
        by_variable = {each.variable: each for each in running}
        statements: list[Statement] = []
        for variable in variables:
            each = by_variable.get(variable)
            own = Here(self._shared, each.scope, start) if each is not None else here
            statements += self._of_variable(own, variable, each)
            here.calls |= own.calls
        for symbol in statics:
            own = Here(self._shared, symbol.scope, start)
            for each in symbol.running:
                if each.variable.storage is Storage.MEMORY:
                    statements += self._of_variable(own, each.variable, each)
            here.calls |= own.calls
        statements += configured.begin(here)
        start.body = tuple(statements)
        if not statements:
            return None
        self.pous[start] = here
        return start

    def _of_variable(self, here: Here, variable: Variable, running: Running | None) -> list[Statement]:
        """What lies in it is started, then the declaration's own wish is carried out."""
        place = VariablePlace(variable, variable.span)
        arguments = running.arguments if running is not None else ()
        statements: list[Statement] = []
        if running is None or not isinstance(running.initial, tree.ArrayInitial) or not _holds_structs(variable.type):
            statements += self.of_place(here, place, variable.initial, arguments)  # else the list does so itself
        if running is not None and running.initial is not None:
            statements += self._begin(here, place, _written(tree.Name(variable.name, variable.span), running))
        return statements

    def may_leave_out(self, type_: Type) -> bool:
        """Whether a list of values may leave out something that is computed when it begins."""
        return _holds_structs(type_) and self.starts(type_)

    def _begin(self, here: Here, place: Place, written: tree.Assign) -> list[Statement]:
        """The value of a declaration. Fields that begin with something computed keep it unless they are named."""
        value, type_ = written.value, place.type
        if isinstance(value, tree.StructInitial) and isinstance(type_, StructType) and self.starts(type_):
            fields = {name.key: type_.fields.get(name.key) for name, _ in value.fields}
            if len(fields) == len(value.fields) and all(fields.values()):
                statements: list[Statement] = []
                for (name, inner), field in zip(value.fields, fields.values(), strict=True):
                    assert field is not None
                    part = tree.Assign(tree.NameExpression(name, name.span), inner, written.span)
                    here.note(name.span, field)
                    statements += self._begin(here, FieldPlace(place, field, written.span), part)
                return statements
        return list(Assignments(here, Expressions(here)).begin(place, written))

    def starts(self, type_: Type) -> bool:
        """Whether anything is to be done when a variable of this type begins to exist."""
        match type_:
            case ArrayType():
                return self.starts(type_.element)
            case StructType(is_overlaid=False):
                known = self._of_struct.get(type_)
                if known is None:
                    fields = type_.fields.values()
                    known = any(field in self._shared.running_fields or self.starts(field.type) for field in fields)
                    self._of_struct[type_] = known
                return known
            case BlockType():
                return self._has_start(type_)
            case _:
                return False

    def of_place(
        self, here: Here, place: Place, given: Constant | None, arguments: tuple[tuple[tree.Argument, ...], ...]
    ) -> list[Statement]:
        """What begins at `place`. `given`: the constant that lies there already; `arguments` for FB_Init, of each
        element of an array.
        """
        type_ = place.type
        if not self.starts(type_):
            return []
        if isinstance(type_, StructType):
            return self._of_fields(here, place, type_, given if isinstance(given, dict) else {})
        if isinstance(type_, ArrayType):
            if type_.count > ELEMENTS_MAX:
                finding = declarations.TOO_MANY_STARTS.at(place.span, count=type_.count, limit=ELEMENTS_MAX)
                self._shared.findings.add(finding)
                return []
            statements: list[Statement] = []
            for number, indices in enumerate(element_indices(type_.ranges)):
                nodes = tuple(ConstantExpression(index, LINT, place.span) for index in indices)
                element = ElementPlace(place, nodes, type_.element, place.span)
                own = (arguments[number],) if number < len(arguments) else ()
                inside = given[number] if isinstance(given, tuple) else None
                statements += self.of_place(here, element, inside, own)
            return statements
        assert isinstance(type_, BlockType)
        return [*self._start(here, place, type_), *self._initialise(here, place, type_, arguments)]

    def _of_fields(self, here: Here, place: Place, struct: StructType, given: dict[str, Constant]) -> list[Statement]:
        """A field that the declaration gives a constant has that; else it begins as its own declaration says."""
        statements: list[Statement] = []
        for field in struct.fields.values():
            part = FieldPlace(place, field, place.span)
            inside = given.get(field.key, cast("Constant | None", field.initial))
            statements += self.of_place(here, part, inside, ())
            running = self._shared.running_fields.get(field)
            if running is not None and field.key not in given:
                own = Here(self._shared, running.scope, here.pou)
                statements += self._begin(own, part, _written(tree.Name(field.name, running.span), running))
                here.calls |= own.calls
        return statements

    def _has_start(self, block: BlockType) -> bool:
        return self._pou_of(block) is not None or bool(self._init_methods(block))

    def _start(self, here: Here, place: Place, block: BlockType) -> list[Statement]:
        pou = self._pou_of(block)
        if pou is None:
            return []
        here.calls.setdefault(pou, place.span)
        return [Evaluate(CallFunction(pou, (), (), (), (), None, place.span, instance=place), place.span)]

    def _pou_of(self, block: BlockType) -> Pou | None:
        """The method that starts an instance of a block, without FB_Init; None when there is nothing to do."""
        if block in self._of_block:
            return self._of_block[block]
        self._of_block[block] = None
        symbol = self._shared.block_symbols.get(block)
        if symbol is None:
            return None
        pou = Pou(f"{symbol.pou.name}.$start", PouKind.METHOD, symbol.pou.span, instance=block)
        here = Here(self._shared, symbol.scope, pou)
        statements: list[Statement] = []
        if block.base is not None:
            statements += self._start(here, ThisPlace(block.base, symbol.pou.span), block.base)
        running = {each.variable: each for each in symbol.running}
        inherited = block.base.members if block.base is not None else {}
        for member in block.members.values():
            if inherited.get(member.key) is not member:
                statements += self._of_variable(here, member, running.get(member))
        if statements:
            pou.body = tuple(statements)
            self._of_block[block] = pou
            self.pous[pou] = here
        return self._of_block[block]

    # -------------------------------------------------------------------------------------------------------- FB_Init

    def _init_methods(self, block: BlockType) -> list[PouSymbol]:
        """FB_Init of the base first, then that of the block."""
        symbol = self._shared.block_symbols.get(block)
        lineage = list(symbol.lineage()) if symbol is not None else []
        return [each.methods["FB_INIT"] for each in reversed(lineage) if "FB_INIT" in each.methods]

    def _initialise(
        self, here: Here, place: Place, block: BlockType, arguments: tuple[tuple[tree.Argument, ...], ...]
    ) -> list[Statement]:
        """Each FB_Init takes of the arguments what it declares."""
        given = arguments[0] if arguments else ()
        methods = self._init_methods(block)
        statements: list[Statement] = []
        known = {variable.key for method in methods for variable in method.pou.of_kind(VarKind.INPUT)}
        for method in methods:
            keys = {variable.key for variable in method.pou.of_kind(VarKind.INPUT)}
            taken = keys if method is not methods[-1] else keys | {a.name.key for a in given if a.name} - known | keys
            own = tuple(a for a in given if a.name is None or a.name.key in taken)
            own = _named(own, method)
            call = tree.Call(tree.NameExpression(method.declaration.name, place.span), own, place.span)
            expressions = Expressions(here)
            Assignments(here, expressions)  # tells it what lists of values mean
            node = Calls(here, expressions).start(method, call, place, constants_for(method, place.span))
            if node is not None:
                statements.append(Evaluate(node, place.span))
        return statements


def _holds_structs(type_: Type) -> bool:
    while isinstance(type_, ArrayType):
        type_ = type_.element
    return isinstance(type_, StructType)


def _written(name: tree.Name, running: Running | RunningField) -> tree.Assign:
    """The initial value of a declaration, as a statement."""
    assert running.initial is not None
    operator = AssignOperator.REFERENCE if running.binds else AssignOperator.ASSIGN
    return tree.Assign(tree.NameExpression(name, name.span), running.initial, running.span, operator)


def _named(arguments: tuple[tree.Argument, ...], method: PouSymbol) -> tuple[tree.Argument, ...]:
    """Arguments without a name stand for the inputs behind the two that nobody writes, in their order."""
    free = [v for v in method.pou.of_kind(VarKind.INPUT) if v.key not in _CALLED_BY_THE_SYSTEM]
    named: list[tree.Argument] = []
    for number, argument in enumerate(arguments):
        is_bare = argument.name is None and number < len(free)
        name = tree.Name(free[number].name, argument.span) if is_bare else argument.name
        named.append(replace(argument, name=name))
    return tuple(named)


def constants_for(method: PouSymbol, span: Span) -> dict[Variable, ConstantExpression]:
    """The arguments of FB_Init and FB_Exit that nobody writes."""
    inputs = method.pou.of_kind(VarKind.INPUT)
    return {
        variable: ConstantExpression(_CALLED_BY_THE_SYSTEM[variable.key], BOOL, span)
        for variable in inputs
        if variable.key in _CALLED_BY_THE_SYSTEM and variable.type == BOOL
    }
