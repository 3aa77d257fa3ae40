"""The charts of a POU in ladder as text, as drawings.

A transition that has a name or a drawn condition becomes one of the POU, which the chart names: other tools read a
drawn condition there, with a coil of the name of the transition.
"""

from __future__ import annotations

from iec61131.conversion.conditions import stored_under
from iec61131.conversion.names import Names
from iec61131.conversion.project import Code
from iec61131.graphical.charts import result_of
from iec61131.graphical.conditions import led_out
from iec61131.graphical.diagram import Diagram
from iec61131.graphical.ladder import NotDrawable
from iec61131.graphical.ladder.words import expression_text
from iec61131.graphical.written_charts import Decides, drawn_chart
from iec61131.input_forms.ladder.reading import LadderFile
from iec61131.source import SourceFile, Span
from iec61131.syntax import tree
from iec61131.syntax.tree import Name, NameExpression, PouDeclaration


class WrittenCharts:
    """`transitions` are those of the POU, as `Pou` has them."""

    def __init__(self, declared: PouDeclaration, file: LadderFile) -> None:
        self.transitions: list[tuple[str, Code]] = []
        self._file = file
        self._charts = [c for c in (declared.chart, *(each.chart for each in declared.actions)) if c is not None]
        self._names = Names(declared.name.text, declared.variables)
        self._names.take(action.name.text for action in declared.actions)
        self._names.take(step.name.text for chart in self._charts for step in chart.steps)
        self._given = [each.name.key for chart in self._charts for each in chart.transitions if each.name is not None]
        self._names.take(self._given)

    def drawn(self, chart: tree.Chart) -> Diagram:
        """Raises NotDrawable."""
        for step in chart.steps:
            if any(len(association.indicators) > 1 for association in step.associations):
                raise NotDrawable(f"an action of the step {step.name.text} has several indicators")
        return drawn_chart(chart, self._decides)

    def _decides(self, transition: tree.Transition) -> Decides:
        if not isinstance(transition.priority, tree.IntegerLiteral | None):
            raise NotDrawable("the PRIORITY of a transition is no number")
        diagram = self._file.diagram_of(transition.before)
        name = transition.name
        is_own = name is not None and self._given.count(name.key) == 1
        if diagram is None and not is_own:
            return Decides(transition.condition)
        if name is None or not is_own:
            ends = transition.sources[0].text, transition.targets[0].text
            name = _name(self._names.new("_".join(ends)))
        if diagram is None:
            self.transitions.append((name.text, expression_text(transition.condition)))
        elif is_own and result_of(diagram, name) is not None:
            self.transitions.append((name.text, diagram))
        else:
            rung, pin = led_out(diagram, result_of(diagram, transition.name))
            self.transitions.append((name.text, stored_under(name.text, rung, pin, diagram.networks)))
        return Decides(NameExpression(name, name.span))


def _name(text: str) -> Name:
    return Name(text, Span(SourceFile("", text), 0, len(text)))
