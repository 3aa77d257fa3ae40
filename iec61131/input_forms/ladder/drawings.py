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


def drawings(file: SourceFile) -> Iterator[tuple[str, str, Diagram, int, int, bool]]:
    """Name of the POU, which part of it (`action fill`, empty for its body), the drawing, where it begins and ends in
    the file, and whether it is a condition in a chart.
    """
    read = LadderFile(file)
    names: list[tuple[int, str, str]] = []
    charts: list[Chart] = []
    with suppress(TooManyFindings):
        read.unit()
        names = sorted(name for declared in read.outline.declarations for name in _names(declared))
        charts = [chart for declared in read.outline.declarations for chart in _charts(declared)]
    conditions = {
        diagram.span.start
        for chart in charts
        for transition in chart.transitions
        if (diagram := read.diagram_of(transition.before)) is not None
    }
    networks = sorted(read.diagrams, key=lambda diagram: diagram.span.start)
    starts = [*(diagram.span.start for diagram in networks), len(file.text) + 1]
    found = list(zip(networks, pairwise(starts), strict=True))
    found += [(read.drawn_chart(chart), (chart.span.start, chart.span.end)) for chart in charts]
    for diagram, (start, end) in sorted(found, key=lambda each: each[1]):
        _, pou, part = max((name for name in names if name[0] < start), default=(0, "", ""))
        yield pou, part, diagram, start, end, start in conditions


def _charts(declared: Declaration) -> Iterator[Chart]:
    if isinstance(declared, NamespaceDeclaration):
        for inner in declared.declarations:
            yield from _charts(inner)
    elif isinstance(declared, PouDeclaration):
        for chart in (declared.chart, *(action.chart for action in declared.actions)):
            if chart is not None:
                yield chart


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
