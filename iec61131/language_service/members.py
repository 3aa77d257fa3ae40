"""What can stand behind a point, by the type of what stands before it; and what a call calls."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from iec61131.compiler import hard_at_work
from iec61131.language_service import standard
from iec61131.language_service.describe import parameters
from iec61131.language_service.program import Program, parse_fragment
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.model import Variable
from iec61131.semantics.operands import is_scalar
from iec61131.semantics.places import FROM_OUTSIDE
from iec61131.semantics.scopes import Enumerator, InterfaceSymbol, PouSymbol, PropertySymbol, TypeSymbol
from iec61131.semantics.types import BlockType, EnumType, Field, InterfaceType, StructType, Type
from iec61131.source import SourceFile
from iec61131.stdlib import BLOCKS, FUNCTIONS, standard_source
from iec61131.syntax import tree
from iec61131.syntax.tree import Access, PouKind

Member = Field | Variable | PouSymbol | PropertySymbol | Enumerator


def behind_point(program: Program, file: SourceFile, offset: int, text: str) -> list[Member]:
    """What `text`, which ends at `offset`, has as members there."""
    written = parse_fragment(text)
    if written is None:
        return []
    expressions = program.expressions_at(file, offset)
    here = expressions.here
    if isinstance(written, tree.NameExpression):
        key = written.name.key
        keys = here.scope.find_list(key)
        if keys is not None:
            symbols = [here.scope.globals.variable(unique) for unique in keys.values()]
            return [s.variable for s in symbols if s is not None and isinstance(s.variable, Variable)]
        variable = here.scope.find_variable(key)
        symbol = here.scope.globals.find_type(key)
        if isinstance(symbol, TypeSymbol) and (not isinstance(variable, Variable) or is_scalar(variable.type)):
            return list(enumerators(program, symbol))
    type_ = program.type_of(written, expressions)
    is_this = isinstance(written, tree.Dereference | tree.NameExpression) and text.upper().startswith(("THIS", "SUPER"))
    return list(_of_type(program, type_, expressions, is_this=is_this))


def enumerators(program: Program, symbol: TypeSymbol | PouSymbol | None) -> Iterator[Enumerator]:
    if isinstance(symbol, TypeSymbol) and isinstance(symbol.type, EnumType):
        yield from program.analysis.understood.shared.enumerators.get(symbol.type, {}).values()


def _of_type(program: Program, type_: Type | None, expressions: Expressions, *, is_this: bool) -> Iterator[Member]:
    shared = program.analysis.understood.shared
    match type_:
        case StructType():
            yield from type_.fields.values()
        case BlockType():
            symbol = shared.block_symbols[type_]
            own = expressions.members.block
            lineage = list(own.lineage()) if own is not None else []
            sees_all = is_this or expressions.here.in_test
            yield from (v for v in type_.members.values() if "$" not in v.name and (sees_all or v.kind in FROM_OUTSIDE))
            for block in symbol.lineage():
                yield from (m for m in _of_block(block) if _is_seen(m, block, lineage))
        case InterfaceType():
            yield from _of_interface(shared.interface_symbols[type_])
        case _:
            return


def _of_block(block: PouSymbol) -> Iterator[PouSymbol | PropertySymbol]:
    yield from block.methods.values()
    yield from block.actions.values()
    yield from block.properties.values()


def _is_seen(member: PouSymbol | PropertySymbol, owner: PouSymbol, lineage: list[PouSymbol]) -> bool:
    access = member.access if isinstance(member, PouSymbol) else member.declaration.access
    if access is Access.PRIVATE:
        return bool(lineage) and lineage[0] is owner
    return access is not Access.PROTECTED or owner in lineage


def _of_interface(interface: InterfaceSymbol) -> Iterator[PouSymbol | PropertySymbol]:
    yield from interface.methods.values()
    yield from interface.properties.values()
    for base in interface.extends:
        yield from _of_interface(base)


# --------------------------------------------------------------------------------------------------------------- calls


class Callee(Struct, frozen=True):
    """What is called: a POU, or a standard function of the executors."""

    symbol: PouSymbol | None
    standard: standard.Described | None = None

    @property
    def parameters(self) -> list[Variable]:
        return parameters(self.symbol) if self.symbol is not None else []


def callee_of(program: Program, file: SourceFile, offset: int, text: str) -> Callee | None:
    """What the call of `text`, which ends before `offset`, calls."""
    written = parse_fragment(text)
    if written is None:
        return None
    expressions = program.expressions_at(file, offset)
    with hard_at_work():
        method = expressions.members.method(written)
        if method is not None:
            return Callee(method.symbol)
        key = written.name.key if isinstance(written, tree.NameExpression) else ""
        variable = expressions.here.scope.find_variable(key)
        function = expressions.here.scope.globals.find_pou(key)
        if function is not None and function.kind is PouKind.FUNCTION:
            return Callee(function)
        described = standard.describe(key)
        if described is not None and not (isinstance(variable, Variable) and isinstance(variable.type, BlockType)):
            return Callee(None, described)
        type_ = program.type_of(written, expressions)
    if isinstance(type_, BlockType):
        return Callee(program.analysis.understood.shared.block_symbols[type_])
    return Callee(symbol) if variable is None and (symbol := library_pou(key)) is not None else None


def library_pou(key: str) -> PouSymbol | None:
    """A block or function of the standard library that the program does not use yet."""
    source = standard_source(key) if key in BLOCKS or key in FUNCTIONS else None
    if source is None:
        return None
    library = Program((source,))
    return library.globals.pous.get(key)
