"""A project as PLCopen XML, TC6 2.01. The file says nothing of when it was made, so that it is the same each time."""

from __future__ import annotations

from collections.abc import Collection

from iec61131.conversion.plcopen_bodies import body_xml
from iec61131.conversion.plcopen_types import attributes, configuration_xml, section_xml, spec_xml, type_xml
from iec61131.conversion.project import Code, Converted, Pou, Project
from iec61131.graphical.ladder import NotDrawable
from iec61131.syntax.tree import PouKind

_KINDS = {PouKind.PROGRAM: "program", PouKind.FUNCTION: "function", PouKind.FUNCTION_BLOCK: "functionBlock"}
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n<project xmlns="http://www.plcopen.org/xml/tc6_0201">\n'
    '<fileHeader companyName="" productName="rung" productVersion="1" creationDateTime="1970-01-01T00:00:00"/>\n'
    "<contentHeader{name}>\n<coordinateInfo>\n"
    '<fbd><scaling x="10" y="10"/></fbd>\n<ld><scaling x="10" y="10"/></ld>\n<sfc><scaling x="10" y="10"/></sfc>\n'
    "</coordinateInfo>\n</contentHeader>\n"
)


def to_plcopen(project: Project, name: str) -> Converted:
    types: list[str] = []
    for declared in project.types:
        with project.leaving_out(f"the type {declared.name.text}"):
            types.append(type_xml(declared, project.notes))
    for _ in project.globals:
        with project.leaving_out("VAR_GLOBAL"):
            raise NotDrawable("the standard's XML has globals in a CONFIGURATION only")
    pous: list[str] = []
    for pou in project.pous:
        with project.leaving_out(f"the {pou.kind.value} {pou.name}"):
            pous.append(_pou(pou, project))
    configurations: list[str] = []
    for configuration in project.configurations:
        with project.leaving_out(f"the CONFIGURATION {configuration.name.text}"):
            configurations.append(configuration_xml(configuration, project.notes))
    text = (
        f"{_HEAD.format(name=attributes(name=name))}"
        f"<types>\n<dataTypes>\n{''.join(types)}</dataTypes>\n<pous>\n{''.join(pous)}</pous>\n</types>\n"
        f"<instances>\n<configurations>\n{''.join(configurations)}</configurations>\n</instances>\n</project>\n"
    )
    return Converted(text, tuple(project.left_out))


def _pou(pou: Pou, project: Project) -> str:
    result = f"<returnType>{spec_xml(pou.result)}</returnType>\n" if pou.result is not None else ""
    sections = "".join(section_xml(block, project.notes) for block in pou.sections)
    keys = {name.upper() for name, _ in pou.transitions}
    members = "".join(
        f"<{kind}s>\n{''.join(_member(kind, name, code, keys) for name, code in held)}</{kind}s>\n"
        for kind, held in (("action", pou.actions), ("transition", pou.transitions))
        if held
    )
    kind = attributes(name=pou.name, pouType=_KINDS[pou.kind])
    return f"<pou{kind}>\n<interface>\n{result}{sections}</interface>\n{members}{body_xml(pou.body, keys)}</pou>\n"


def _member(kind: str, name: str, code: Code, keys: Collection[str]) -> str:
    return f"<{kind}{attributes(name=name)}>\n{body_xml(code, keys)}</{kind}>\n"
