"""Types, variables and configurations as PLCopen XML."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from iec61131.graphical.ladder import NotDrawable
from iec61131.graphical.ladder.words import expression_text
from iec61131.syntax.tree import (
    ArrayInitial,
    ArraySpec,
    ConfigurationDeclaration,
    EnumSpec,
    Expression,
    Initial,
    NamedType,
    PointerSpec,
    Qualifier,
    ReferenceSpec,
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
    VarKind,
)

SECTIONS = {
    VarKind.LOCAL: "localVars",
    VarKind.TEMP: "tempVars",
    VarKind.INPUT: "inputVars",
    VarKind.OUTPUT: "outputVars",
    VarKind.IN_OUT: "inOutVars",
    VarKind.EXTERNAL: "externalVars",
    VarKind.GLOBAL: "globalVars",
}
_QUALIFIERS = {
    Qualifier.CONSTANT: "constant",
    Qualifier.RETAIN: "retain",
    Qualifier.NON_RETAIN: "nonretain",
    Qualifier.PERSISTENT: "persistent",
}
_ELEMENTARY = frozenset(
    {
        *("BOOL", "BYTE", "WORD", "DWORD", "LWORD", "SINT", "INT", "DINT", "LINT", "USINT", "UINT", "UDINT", "ULINT"),
        *("REAL", "LREAL", "TIME", "DATE", "DT", "TOD"),
    }
)
_LONG_NAMES = {"TIME_OF_DAY": "TOD", "DATE_AND_TIME": "DT"}
_UNSIGNED = frozenset({"USINT", "UINT", "UDINT", "ULINT", "BYTE", "WORD", "DWORD", "LWORD"})
XHTML = "http://www.w3.org/1999/xhtml"


def attributes(**values: str | int | None) -> str:
    """` a="1" b="2"`, those without a value left out; a final `_` keeps names off Python's keywords."""
    return "".join(f" {key.rstrip('_')}={_quoted(str(value))}" for key, value in values.items() if value is not None)


def _quoted(text: str) -> str:
    return quoteattr(text, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def words(text: str) -> str:
    """What an element says to people."""
    return f'<xhtml:p xmlns:xhtml="{XHTML}">{escape(text)}</xhtml:p>'


def spec_xml(spec: TypeSpec, notes: Mapping[int, str] | None = None) -> str:
    match spec:
        case NamedType():
            return _named(".".join(name.text for name in (*spec.qualifier, spec.name)))
        case StringSpec():
            return f"<{'wstring' if spec.wide else 'string'}{attributes(length=_text(spec.length))}/>"
        case SubrangeSpec():
            kind = "subrangeUnsigned" if spec.base.key in _UNSIGNED else "subrangeSigned"
            limits = attributes(lower=_text(spec.low), upper=_text(spec.high))
            return f"<{kind}><range{limits}/><baseType>{_named(spec.base.text)}</baseType></{kind}>"
        case ArraySpec():
            return f"<array>{_dimensions(spec)}<baseType>{spec_xml(spec.element)}</baseType></array>"
        case EnumSpec():
            values = (f"<value{attributes(name=each.name.text, value=_text(each.value))}/>" for each in spec.members)
            base = f"<baseType>{_named(spec.base.text)}</baseType>" if spec.base is not None else ""
            return f"<enum><values>{''.join(values)}</values>{base}</enum>"
        case StructSpec() | UnionSpec():
            kind = "struct" if isinstance(spec, StructSpec) else "union"
            return f"<{kind}>{''.join(variable_xml(field, notes or {}) for field in spec.fields)}</{kind}>"
        case PointerSpec():
            return f"<pointer><baseType>{spec_xml(spec.target)}</baseType></pointer>"
        case ReferenceSpec():
            return f"<reference><baseType>{spec_xml(spec.target)}</baseType></reference>"
        case _:
            raise NotDrawable("the standard's XML has no type of that kind")


def _named(name: str) -> str:
    key = _LONG_NAMES.get(name.upper(), name.upper())
    return f"<{key}/>" if key in _ELEMENTARY else f"<derived{attributes(name=name)}/>"


def _dimensions(spec: ArraySpec) -> str:
    found: list[str] = []
    for each in spec.ranges:
        if each is None:
            raise NotDrawable("an array without bounds has no form in the standard's XML")
        found.append(f"<dimension{attributes(lower=_text(each[0]), upper=_text(each[1]))}/>")
    return "".join(found)


def _text(expression: Expression | None) -> str | None:
    return expression_text(expression) if expression is not None else None


def initial_xml(initial: Initial | None) -> str:
    return f"<initialValue>{_value(initial)}</initialValue>" if initial is not None else ""


def _value(initial: Initial | None) -> str:
    match initial:
        case None:
            raise NotDrawable("a repeated value that is left out has no form in the standard's XML")
        case ArrayInitial():
            items = (
                f"<value{attributes(repetitionValue=_text(count))}>{_value(value)}</value>"
                for count, value in initial.items
            )
            return f"<arrayValue>{''.join(items)}</arrayValue>"
        case StructInitial():
            fields = (f"<value{attributes(member=name.text)}>{_value(value)}</value>" for name, value in initial.fields)
            return f"<structValue>{''.join(fields)}</structValue>"
        case _:
            return f"<simpleValue{attributes(value=_text(initial))}/>"


def variable_xml(variable: VarDeclaration, notes: Mapping[int, str]) -> str:
    """One element for each name."""
    if variable.place is not None or variable.binds or variable.arguments or variable.edge is not None:
        raise NotDrawable(f"the variable {variable.names[0].text} is declared in a way that the standard's XML lacks")
    note = notes.get(variable.names[0].span.start, "")
    documentation = f"<documentation>{words(note)}</documentation>" if note else ""
    inner = f"<type>{spec_xml(variable.type)}</type>{initial_xml(variable.initial)}{documentation}"
    address = expression_text(variable.address) if variable.address is not None else None
    return "".join(
        f"<variable{attributes(name=name.text, address=address)}>{inner}</variable>\n" for name in variable.names
    )


def section_xml(block: VarBlock, notes: Mapping[int, str]) -> str:
    name = SECTIONS.get(block.kind)
    if name is None or block.access is not None:
        raise NotDrawable(f"{block.kind.value} has no form in the standard's XML")
    flags = "".join(f' {text}="true"' for flag, text in _QUALIFIERS.items() if flag in block.qualifiers)
    return f"<{name}{flags}>\n{''.join(variable_xml(each, notes) for each in block.variables)}</{name}>\n"


def type_xml(declared: TypeDeclaration, notes: Mapping[int, str]) -> str:
    if declared.extends is not None:
        raise NotDrawable("a STRUCT that extends another one has no form in the standard's XML")
    inner = f"<baseType>{spec_xml(declared.spec, notes)}</baseType>{initial_xml(declared.initial)}"
    return f"<dataType{attributes(name=declared.name.text)}>{inner}</dataType>\n"


def configuration_xml(declared: ConfigurationDeclaration, notes: Mapping[int, str]) -> str:
    resources = "".join(_resource(resource, notes) for resource in declared.resources)
    sections = "".join(section_xml(block, notes) for block in declared.variables)
    return f"<configuration{attributes(name=declared.name.text)}>\n{resources}{sections}</configuration>\n"


def _resource(declared: ResourceDeclaration, notes: Mapping[int, str]) -> str:
    if declared.name is None:
        raise NotDrawable("it has no RESOURCE")
    instances: dict[str, list[str]] = {}
    for program in declared.programs:
        if program.arguments or program.blocks or program.qualifier or program.retain:
            raise NotDrawable(f"the program {program.name.text} has arguments")
        task = program.task.key if program.task is not None else ""
        named = attributes(name=program.name.text, typeName=program.type_name.text)
        instances.setdefault(task, []).append(f"<pouInstance{named}/>\n")
    tasks: list[str] = []
    for task in declared.tasks:
        settings = {name.text.lower(): expression_text(value) for name, value in task.settings}
        settings.setdefault("priority", "0")
        inner = "".join(instances.get(task.name.key, []))
        tasks.append(f"<task{attributes(name=task.name.text, **settings)}>\n{inner}</task>\n")
    sections = "".join(section_xml(block, notes) for block in declared.variables)
    loose = "".join(instances.get("", []))
    return f"<resource{attributes(name=declared.name.text)}>\n{''.join(tasks)}{sections}{loose}</resource>\n"
