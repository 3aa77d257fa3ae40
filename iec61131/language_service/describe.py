"""A meaning in words: its declaration as it would be written, what it belongs to, the comment about it."""

from __future__ import annotations

from iec61131.language_service import standard
from iec61131.language_service.declared import Declared, comment_about, find
from iec61131.language_service.program import Program
from iec61131.semantics.model import Variable
from iec61131.semantics.scopes import Enumerator, InterfaceSymbol, PouSymbol, PropertySymbol, TypeSymbol
from iec61131.semantics.types import Elementary, Field
from iec61131.semantics.uses import GlobalList, Meaning, StandardFunction, declared_at
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind, VarKind

PASSED = (VarKind.INPUT, VarKind.IN_OUT, VarKind.OUTPUT)
"""What a caller sees of a POU."""
_LINES_MAX = 40
"""Of a declaration or a comment."""


def heading(program: Program, meaning: Meaning) -> str:
    """The declaration, in structured text."""
    match meaning:
        case Variable():
            return _variable(program, meaning)
        case Field():
            found = find(program, meaning.span) if meaning.span is not None else None
            return declaration_text(meaning.name, found) if found is not None else f"{meaning.name} : {meaning.type}"
        case Enumerator():
            return f"{meaning.type}.{meaning.name} := {meaning.value}"
        case TypeSymbol():
            return f"TYPE {_shortened(meaning.declaration.span.text)}"
        case PouSymbol():
            return _pou(program, meaning)
        case InterfaceSymbol():
            return f"INTERFACE {meaning.declaration.name.text}{_bases('EXTENDS', meaning.declaration.extends)}"
        case PropertySymbol():
            accessors = [word for word, a in (("GET", meaning.getter), ("SET", meaning.setter)) if a is not None]
            declaration = meaning.declaration
            return f"PROPERTY {declaration.name.text} : {one_line(declaration.type.span)} ({', '.join(accessors)})"
        case GlobalList():
            return f"VAR_GLOBAL {meaning.name}"
        case tree.TaskDeclaration():
            return one_line(meaning.span)
        case Elementary():
            return str(meaning)
        case StandardFunction():
            described = standard.describe(meaning.name)
            return described.heading if described is not None else meaning.name


def remarks(program: Program, meaning: Meaning) -> list[str]:
    """What is said below the declaration, in plain words: where it belongs, what it does, the comment about it."""
    match meaning:
        case Elementary():
            range_ = standard.range_of(meaning)
            return [f"{meaning.size} byte{'s' if meaning.size > 1 else ''}{f', {range_}' if range_ else ''}"]
        case StandardFunction():
            described = standard.describe(meaning.name)
            return [described.semantics] if described is not None else []
        case _:
            found = [_value(meaning)] if isinstance(meaning, Variable) else []
            found += [_owner(meaning)] if isinstance(meaning, PouSymbol) else []
            return [text for text in (*found, _shortened(_comment(program, meaning))) if text]


def _comment(program: Program, meaning: Meaning) -> str:
    name = declared_at(meaning)
    if name is None:
        return ""
    match meaning:
        case Variable() | Field():
            found = find(program, name)
            return comment_about(program, found.declaration.span) if found is not None else ""
        case TypeSymbol() | PouSymbol() | InterfaceSymbol() | PropertySymbol():
            return comment_about(program, _whole(meaning))
        case Enumerator():
            return comment_about(program, name)
        case _:
            return ""


def _whole(meaning: TypeSymbol | PouSymbol | InterfaceSymbol | PropertySymbol) -> Span:
    """From the first word to the heading's end: a comment behind END_METHOD is about something else."""
    span = meaning.declaration.span
    if isinstance(meaning, TypeSymbol):
        line_start = span.file.text.rfind("\n", 0, span.start) + 1
        opening = span.file.text[line_start : span.start]
        return Span(span.file, line_start, span.end) if opening.strip().upper() == "TYPE" else span
    return Span(span.file, span.start, meaning.declaration.name.span.end)


# ---------------------------------------------------------------------------------------------------------------- kinds


def _variable(program: Program, variable: Variable) -> str:
    name = declared_at(variable)
    found = find(program, name) if name is not None else None
    if found is None or name is None:
        return f"{variable.name} : {variable.type}"
    section = section_text(found.block) if found.block is not None else variable.kind.value
    shown = (variable.edge_of or variable).name.rpartition("$")[2]  # VAR_INST has the name of its method before it
    return f"{section} {declaration_text(shown, found)}"


def section_text(block: tree.VarBlock) -> str:
    """`VAR_INPUT RETAIN`"""
    return " ".join([block.kind.value, *sorted(qualifier.value for qualifier in block.qualifiers)])


def declaration_text(name: str, found: Declared) -> str:
    """`speed AT %QW2 : INT := 5`"""
    declaration = found.declaration
    address = f" AT {declaration.address.span.text}" if declaration.address is not None else ""
    edge = f" {declaration.edge.value}" if declaration.edge is not None else ""
    sign = "REF=" if declaration.binds else ":="
    initial = f" {sign} {one_line(declaration.initial.span)}" if declaration.initial is not None else ""
    return _shortened(f"{name}{address} : {one_line(declaration.type.span)}{edge}{initial}")


def _value(variable: Variable) -> str:
    """What a constant is worth."""
    is_scalar = isinstance(variable.initial, bool | int | float | str)
    return f"value {variable.initial}" if variable.is_fixed and is_scalar else ""


def _pou(program: Program, symbol: PouSymbol) -> str:
    declaration = symbol.declaration
    words = [*sorted(modifier.value for modifier in symbol.modifiers), symbol.kind.value, declaration.name.text]
    result = f" : {one_line(declaration.result.span)}" if declaration.result is not None else ""
    extends = (declaration.extends,) if declaration.extends is not None else ()
    first = " ".join(words) + result + _bases("EXTENDS", extends) + _bases("IMPLEMENTS", declaration.implements)
    return "\n".join([first, *(f"    {line}" for line in parameter_lines(program, symbol))])


def _bases(word: str, names: tuple[tree.TypeName, ...]) -> str:
    return f" {word} {', '.join(name.name.text for name in names)}" if names else ""


def parameter_lines(program: Program, symbol: PouSymbol) -> list[str]:
    """Inputs and outputs of a POU, a line each."""
    return [_variable(program, variable) for variable in parameters(symbol)]


def parameters(symbol: PouSymbol) -> list[Variable]:
    """What a call can give or take, in the order of the declaration; of a block what it inherits first."""
    inherited = parameters(symbol.base) if symbol.base is not None and symbol.kind is not PouKind.METHOD else []
    own = [v for v in symbol.pou.variables if v.kind in PASSED and v is not symbol.pou.result and "$" not in v.name]
    return [*inherited, *own] if symbol.kind is not PouKind.ACTION else []


def _owner(symbol: PouSymbol) -> str:
    return f"of {symbol.owner.pou.name}" if symbol.owner is not None else ""


def one_line(span: Span) -> str:
    return " ".join(span.text.split())


def _shortened(text: str) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:_LINES_MAX], ".."] if len(lines) > _LINES_MAX else lines)
