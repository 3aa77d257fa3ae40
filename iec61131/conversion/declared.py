"""Types, variables and configurations as Structured Text. Expressions are as they were written."""

from __future__ import annotations

from collections.abc import Mapping

from iec61131.graphical.ladder import NotDrawable
from iec61131.graphical.ladder.words import expression_text
from iec61131.syntax.tree import (
    ArrayInitial,
    ArraySpec,
    ConfigurationDeclaration,
    DurationLiteral,
    EnumMember,
    EnumSpec,
    Expression,
    GlobalDeclaration,
    Initial,
    NamedType,
    PointerSpec,
    Qualifier,
    ReferenceSpec,
    RefToSpec,
    ResourceDeclaration,
    StringSpec,
    StructInitial,
    StructSpec,
    SubrangeSpec,
    TypeDeclaration,
    TypeSpec,
    UnionSpec,
    VarBlock,
    VarDeclaration,
)

Notes = Mapping[int, str]
_UNITS_NS = (("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1))
_QUALIFIERS = (Qualifier.CONSTANT, Qualifier.RETAIN, Qualifier.NON_RETAIN, Qualifier.PERSISTENT)


def type_text(declared: TypeDeclaration, notes: Notes) -> str:
    initial = f" := {initial_text(declared.initial)}" if declared.initial is not None else ""
    return f"TYPE\n{declared.name.text} : {spec_text(declared.spec, notes)}{initial};\nEND_TYPE\n"


def spec_text(spec: TypeSpec, notes: Notes | None = None) -> str:
    match spec:
        case NamedType():
            return ".".join(name.text for name in (*spec.qualifier, spec.name))
        case StringSpec():
            length = f"[{expression_text(spec.length)}]" if spec.length is not None else ""
            return f"{'WSTRING' if spec.wide else 'STRING'}{length}"
        case SubrangeSpec():
            return f"{spec.base.text}({expression_text(spec.low)}..{expression_text(spec.high)})"
        case ArraySpec():
            ranges = (
                f"{expression_text(r[0])}..{expression_text(r[1])}" if r is not None else "*" for r in spec.ranges
            )
            return f"ARRAY[{', '.join(ranges)}] OF {spec_text(spec.element)}"
        case EnumSpec():
            base = f" {spec.base.text}" if spec.base is not None else ""
            return f"({', '.join(_member(member) for member in spec.members)}){base}"
        case StructSpec():
            return f"STRUCT\n{_fields(spec.fields, notes or {})}END_STRUCT"
        case UnionSpec():
            return f"UNION\n{_fields(spec.fields, notes or {})}END_UNION"
        case PointerSpec():
            return f"POINTER TO {spec_text(spec.target)}"
        case ReferenceSpec():
            return f"REFERENCE TO {spec_text(spec.target)}"
        case RefToSpec():
            return f"REF_TO {spec_text(spec.target)}"
        case _:
            raise NotDrawable("it has a type without a name")


def _member(member: EnumMember) -> str:
    return f"{member.name.text} := {expression_text(member.value)}" if member.value is not None else member.name.text


def _fields(fields: tuple[VarDeclaration, ...], notes: Notes) -> str:
    return "".join(f"{_noted(field, notes)}\n" for field in fields)


def _noted(variable: VarDeclaration, notes: Notes) -> str:
    note = notes.get(variable.names[0].span.start, "")
    return variable_text(variable) + (f" // {note}" if note else "")


def initial_text(initial: Initial) -> str:
    match initial:
        case ArrayInitial():
            values = ((count, initial_text(value) if value is not None else "") for count, value in initial.items)
            parts = (value if count is None else f"{expression_text(count)}({value})" for count, value in values)
            return f"[{', '.join(parts)}]"
        case StructInitial():
            return f"({', '.join(f'{name.text} := {initial_text(value)}' for name, value in initial.fields)})"
        case _:
            return expression_text(initial)


def variable_text(variable: VarDeclaration) -> str:
    """`a, b AT %IX0.0 : BOOL := FALSE;`"""
    if variable.place is not None or variable.binds or variable.arguments:
        raise NotDrawable(f"the variable {variable.names[0].text} is declared in a way that has no form there")
    names = ", ".join(name.text for name in variable.names)
    address = f" AT {expression_text(variable.address)}" if variable.address is not None else ""
    edge = f" {variable.edge.value}" if variable.edge is not None else ""
    initial = f" := {initial_text(variable.initial)}" if variable.initial is not None else ""
    return f"{names}{address} : {spec_text(variable.type)}{edge}{initial};"


def section_text(block: VarBlock, notes: Notes) -> str:
    qualifiers = "".join(f" {qualifier.value}" for qualifier in _QUALIFIERS if qualifier in block.qualifiers)
    lines = [f"{block.kind.value}{qualifiers}", *(_noted(variable, notes) for variable in block.variables)]
    return "\n".join([*lines, "END_VAR\n"])


def global_text(declared: GlobalDeclaration, notes: Notes) -> str:
    if declared.list_name is not None or declared.qualified_only:
        raise NotDrawable("it is a list of globals with a name, which is not converted")
    return section_text(declared.block, notes)


def configuration_text(declared: ConfigurationDeclaration, notes: Notes) -> str:
    parts = [f"CONFIGURATION {declared.name.text}\n"]
    parts += [section_text(block, notes) for block in declared.variables]
    parts += [_resource(resource, notes) for resource in declared.resources]
    return "".join([*parts, "END_CONFIGURATION\n"])


def _resource(declared: ResourceDeclaration, notes: Notes) -> str:
    processor = declared.processor.text if declared.processor is not None else "PLC"
    parts = [f"RESOURCE {declared.name.text} ON {processor}\n"] if declared.name is not None else []
    parts += [section_text(block, notes) for block in declared.variables]
    for task in declared.tasks:
        settings = ", ".join(f"{name.text} := {_setting(value)}" for name, value in task.settings)
        parts.append(f"TASK {task.name.text}({settings});\n")
    for program in declared.programs:
        task_name = f" WITH {program.task.text}" if program.task is not None else ""
        parts.append(f"PROGRAM {program.name.text}{task_name} : {program.type_name.text};\n")
    return "".join([*parts, "END_RESOURCE\n"] if declared.name is not None else parts)


def _setting(value: Expression) -> str:
    """An interval of XML may be in a form of its own, such as PT0.02S."""
    if isinstance(value, DurationLiteral) and "#" not in value.span.text:
        amount, unit = next((value.value_ns // ns, unit) for unit, ns in _UNITS_NS if value.value_ns % ns == 0)
        return f"T#{amount}{unit}"
    return expression_text(value)
