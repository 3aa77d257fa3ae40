"""Which steps a transition of a drawn chart leaves and enters: through the lines of branches, as the wires say."""

from __future__ import annotations

from iec61131.diagnostics.catalogue import graphical as catalogue
from iec61131.graphical.diagram import (
    CONDITION,
    ActionBlock,
    Branch,
    BranchLine,
    Diagram,
    Element,
    JumpStep,
    Step,
    Transition,
)
from iec61131.graphical.statements import Report
from iec61131.syntax.tree import Name

_LEAVES = frozenset({Branch.SELECTION_DIVERGENCE, Branch.SIMULTANEOUS_CONVERGENCE, Branch.SELECTION_CONVERGENCE})
"""Lines between a transition and the steps before it."""
_ENTERS = frozenset({Branch.SELECTION_CONVERGENCE, Branch.SIMULTANEOUS_DIVERGENCE})
"""Lines between a transition and the steps behind it."""


class Ways:
    """`lines` counts what has been followed: each transition follows the lines anew."""

    def __init__(self, diagram: Diagram, report: Report) -> None:
        self._diagram = diagram
        self._report = report
        self.lines = 0
        self._behind: dict[str, list[Element]] = {}
        for element in diagram.elements:
            for pin in element.inputs:
                for source in pin.sources:
                    if pin.name != CONDITION:
                        self._behind.setdefault(source.element, []).append(element)

    def blocks(self, step: Step) -> list[ActionBlock]:
        """What a step does."""
        return [element for element in self._behind.get(step.id, ()) if isinstance(element, ActionBlock)]

    def before(self, transition: Transition) -> tuple[Name, ...]:
        """The steps that have to be active."""
        found: dict[str, Name] = {}
        seen: set[str] = set()
        work: list[Element] = [transition]
        while work:
            element = work.pop()
            self.lines += 1
            for pin in element.inputs:
                for source in pin.sources if pin.name != CONDITION else ():
                    begin = self._diagram.by_id.get(source.element)
                    if begin is None:
                        self._report(catalogue.DANGLING_WIRE.at(source.span, id=source.element[:40]))
                    elif isinstance(begin, Step):
                        found[begin.name.key] = begin.name
                    elif isinstance(begin, BranchLine) and begin.kind in _LEAVES and begin.id not in seen:
                        seen.add(begin.id)
                        work.append(begin)
        return tuple(found.values())

    def after(self, transition: Transition) -> tuple[Name, ...]:
        """The steps that become active."""
        found: dict[str, Name] = {}
        seen: set[str] = set()
        work: list[Element] = [transition]
        while work:
            self.lines += 1
            for element in self._behind.get(work.pop().id, ()):
                if isinstance(element, Step):
                    found[element.name.key] = element.name
                elif isinstance(element, JumpStep):
                    found[element.target.key] = element.target
                elif isinstance(element, BranchLine) and element.kind in _ENTERS and element.id not in seen:
                    seen.add(element.id)
                    work.append(element)
        return tuple(found.values())
