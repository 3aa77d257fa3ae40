"""The drawings in a PLCopen file, each with the POU that it belongs to, for those who want to see them."""

from __future__ import annotations

from collections.abc import Iterator

from iec61131.graphical.diagram import Diagram
from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.elements import LANGUAGES, Elements
from iec61131.input_forms.xml_tree import Element, local
from iec61131.source import SourceFile
from iec61131.syntax.findings import TooManyFindings

_PARTS = {"action": "action", "transition": "transition", "Method": "method", "Property": "property"}


def drawings(file: SourceFile) -> Iterator[tuple[str, str, Diagram, int, int, bool]]:
    """Name of the POU, which part of it (`action fill`, empty for its body), the drawing, where it begins and ends in
    the file, and whether it is a condition in a chart. Raises CompileError when the file is no XML.
    """
    document = Document(file)
    elements = Elements(document)
    work: list[tuple[Element, str, str, bool]] = [(document.root, "", "", False)]
    while work:
        element, pou, part, is_condition = work.pop()
        kind, name = local(element.name), " ".join(element.attributes.get("name", "").split())
        if kind == "pou":
            pou, part = name, ""
        elif kind in _PARTS and name:
            part = f"{_PARTS[kind]} {name}"
        if kind in LANGUAGES and pou:
            try:
                yield pou, part, elements.diagram(element), element.start, element.end, is_condition
            except TooManyFindings:
                return
        is_condition |= kind == "condition"
        work += ((child, pou, part, is_condition) for child in reversed(element.children))
