"""The drawings in a file of ladder, each with the POU that it belongs to, for those who want to see them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

from iec61131.graphical.diagram import Diagram
from iec61131.input_forms.ladder.reading import LadderFile
from iec61131.source import SourceFile
from iec61131.syntax.findings import TooManyFindings
from iec61131.syntax.tree import Chart, Declaration, NamespaceDeclaration, PouDeclaration


def drawings(file: SourceFile) -> Iterator[tuple[str, str, Diagram, int, int]]:
    """Name of the POU, which part of it (`action fill`, empty for its body), the drawing, and where it begins and ends
    in the file.
    """
    read = LadderFile(file)
    names: list[tuple[int, str, str]] = []
    with suppress(TooManyFindings):
        names = sorted(name for declared in read.unit().declarations for name in _names(declared))
    found = sorted(read.diagrams, key=lambda diagram: diagram.span.start)
    starts = [*(diagram.span.start for diagram in found), len(file.text) + 1]
    for diagram, (start, end) in zip(found, pairwise(starts), strict=True):
        _, pou, part = max((name for name in names if name[0] < start), default=(0, "", ""))
        yield pou, part, diagram, start, end


def _names(declared: Declaration) -> Iterator[tuple[int, str, str]]:
    """Where what has a body is named, and how it is called."""
    if isinstance(declared, NamespaceDeclaration):
        for inner in declared.declarations:
            yield from _names(inner)
    elif isinstance(declared, PouDeclaration):
        pou = declared.name.text
        yield declared.name.span.start, pou, ""
        yield from _transitions(pou, declared.chart)
        for action in declared.actions:
            yield action.name.span.start, pou, f"action {action.name.text}"
            yield from _transitions(pou, action.chart)
        for method in declared.methods:
            yield method.name.span.start, pou, f"method {method.name.text}"
        for each in declared.properties:
            yield each.name.span.start, pou, f"property {each.name.text}"


def _transitions(pou: str, chart: Chart | None) -> Iterator[tuple[int, str, str]]:
    for transition in chart.transitions if chart is not None else ():
        sources = ", ".join(name.text for name in transition.sources)
        name = transition.name.text if transition.name is not None else f"from {sources}"
        yield transition.span.start, pou, f"transition {name}"
