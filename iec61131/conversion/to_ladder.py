"""A project as ladder in text: declarations and statements as Structured Text, ladders as networks, charts as steps and
transitions.

A drawing is read again, and compared, before it counts. Networks come in the order of evaluation; those that are
evaluated by turns become one.
"""

from __future__ import annotations

from msgspec.structs import replace

from iec61131.conversion.chart_text import ChartTexts
from iec61131.conversion.declared import configuration_text, global_text, section_text, spec_text, type_text
from iec61131.conversion.project import Code, Converted, Pou, Project
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.formatting.ladder import format_ladder
from iec61131.graphical.diagram import Diagram, Network
from iec61131.graphical.ladder import NotDrawable, Pictures
from iec61131.graphical.networks import joined
from iec61131.graphical.order import EFFECTS, schedule
from iec61131.graphical.same import fingerprint
from iec61131.input_forms.ladder.reading import LadderFile
from iec61131.source import SourceFile

_OWN_FINDINGS = "RUNG063"


def to_ladder(project: Project) -> Converted:
    parts: list[str] = []
    for declared in project.types:
        with project.leaving_out(f"the type {declared.name.text}"):
            parts.append(type_text(declared, project.notes))
    for block in project.globals:
        with project.leaving_out("VAR_GLOBAL"):
            parts.append(global_text(block, project.notes))
    for pou in project.pous:
        with project.leaving_out(f"the {pou.kind.value} {pou.name}"):
            parts.append(_pou(pou, project))
    for configuration in project.configurations:
        with project.leaving_out(f"the CONFIGURATION {configuration.name.text}"):
            parts.append(configuration_text(configuration, project.notes))
    text = "\n".join(parts)
    try:
        text = format_ladder(text)
    except CompileError as error:
        project.left_out += [f"line {finding.span.line}: {finding.message}" for finding in error.diagnostics]
    return Converted(text, tuple(project.left_out))


def _pou(pou: Pou, project: Project) -> str:
    result = f" : {spec_text(pou.result)}" if pou.result is not None else ""
    parts = [f"{pou.kind.value} {pou.name}{result}\n"]
    parts += [section_text(block, project.notes) for block in pou.sections if block.variables]
    texts = ChartTexts(pou, _code)
    actions = [f"ACTION {name}:\n{texts.text(code)}\nEND_ACTION\n\n" for name, code in pou.actions]
    body = texts.text(pou.body)
    return "".join([*parts, *actions, *texts.actions, f"{body}\nEND_{pou.kind.value}\n"])


def _code(code: Code) -> str:
    if isinstance(code, str):
        return code
    diagram = orderly(code)
    wanted = fingerprint(diagram)
    for strict in (False, True):
        pictures = Pictures(diagram, strict)
        text = "\n\n".join(pictures.text(network) for network in diagram.networks)
        if _read(text) == wanted:
            return text
    raise NotDrawable("no rows say all of what is drawn, or in the order in which it is evaluated")


def _read(text: str) -> object:
    """What is drawn in networks; None where they are wrong, or none."""
    file = LadderFile(SourceFile("", f"PROGRAM p\n{text}\nEND_PROGRAM\n"), lowers=False)
    file.unit()
    if any(finding.code.id.startswith(_OWN_FINDINGS) for finding in file.findings.in_source_order()):
        return None
    return fingerprint(file.diagrams[0]) if file.diagrams else None


def orderly(diagram: Diagram) -> Diagram:
    """The same with its networks in the order of evaluation."""
    places = {
        element.id: number
        for number, element in enumerate(e for e in schedule(diagram).elements if isinstance(e, EFFECTS))
    }
    spans: list[tuple[int, int, Network]] = []
    last = -1
    for network in diagram.networks:
        found = [places[key] for key in network.elements if key in places]
        first, last = (min(found), max(found)) if found else (last, last)
        spans.append((first, last, network))
    ordered: list[tuple[int, Network]] = []
    for first, end, network in sorted(spans, key=lambda span: span[:2]):
        if ordered and first < ordered[-1][0]:
            before, other = ordered.pop()
            ordered.append((max(before, end), joined(other, network)))
        else:
            ordered.append((end, network))
    return replace(diagram, networks=tuple(network for _, network in ordered))
