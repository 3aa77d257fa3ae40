"""A drawn chart as text: its steps and transitions in their order, conditions that are drawn as networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard

from msgspec.structs import replace

from iec61131.conversion.conditions import at_rail, stored_under
from iec61131.conversion.names import Names
from iec61131.conversion.project import Code, Pou
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.graphical.chart_ways import Ways
from iec61131.graphical.conditions import beside, condition_pin, rung_of
from iec61131.graphical.diagram import BlockAction, Diagram, Element, Language, Step, Transition
from iec61131.graphical.ladder import NotDrawable
from iec61131.graphical.ladder.words import expression_text
from iec61131.graphical.rows import rows
from iec61131.syntax.charts import QUALIFIERS
from iec61131.syntax.tree import Name, NameExpression

CodeText = Callable[[Code], str]
"""Writes what is no chart. Raises NotDrawable."""


class ChartTexts:
    """The charts of one POU. `actions` are what stands in them, as ACTIONs."""

    def __init__(self, pou: Pou, code_text: CodeText) -> None:
        self.actions: list[str] = []
        self._named = {name.upper(): (name, code) for name, code in pou.transitions}
        self._code_text = code_text
        self._names = Names(pou.name, pou.sections)
        self._names.take(name for name, _ in (*pou.actions, *pou.transitions))
        charts = [code for code in (pou.body, *(code for _, code in pou.actions)) if _is_chart(code)]
        self._uses: dict[str, int] = {}
        for chart in charts:
            for element in chart.elements:
                if isinstance(element, Step):
                    self._names.take((element.name.text,))
                key = self._key(element) if isinstance(element, Transition) else None
                if key is not None:
                    self._uses[key] = self._uses.get(key, 0) + 1

    def text(self, code: Code) -> str:
        """Of a body in any language. Raises NotDrawable."""
        if not _is_chart(code):
            return self._code_text(code)
        ways = Ways(code, _refuse)
        chart = beside(replace(code, elements=tuple(self._drawn_inside(e) for e in code.elements)))
        inside = {element.id: element for element in chart.elements if isinstance(element, Transition)}
        transitions = [element for element in rows(code.elements) if isinstance(element, Transition)]
        written: set[str] = set()
        parts: list[str] = []
        for step in (element for element in code.elements if isinstance(element, Step)):
            parts.append(self._step(step, ways))
            written.add(step.name.key)
            while transitions and all(name.key in written for name in ways.before(transitions[0])):
                parts.append(self._transition(inside[transitions.pop(0).id], chart, ways))
        parts += (self._transition(inside[left.id], chart, ways) for left in transitions)
        return "".join(parts)

    # --------------------------------------------------------------------------------------------------------- steps

    def _step(self, step: Step, ways: Ways) -> str:
        word = "INITIAL_STEP" if step.is_initial else "STEP"
        actions = [action for block in ways.blocks(step) for action in block.actions]
        lines = [f"    {self._action(step, action)}\n" for action in actions]
        return f"{word} {step.name.text}:\n{''.join(lines)}END_STEP\n\n"

    def _action(self, step: Step, action: BlockAction) -> str:
        has_time = QUALIFIERS.get(action.qualifier)
        if has_time is None or (has_time and action.time is None):
            raise NotDrawable(f"an action of the step {step.name.text} has a qualifier that is none, or no duration")
        parts = [action.qualifier]
        parts += [expression_text(action.time)] if has_time and action.time is not None else []
        parts += [expression_text(action.indicator)] if action.indicator is not None else []
        name = action.action.text if action.action is not None else self._body(step, action)
        return f"{name}({', '.join(parts)});"

    def _body(self, step: Step, action: BlockAction) -> str:
        """Makes an ACTION of what is written in the chart itself, and gives its name."""
        name = self._names.new(f"{step.name.text}_{action.qualifier}")
        body = action.body or ()
        if isinstance(body, Diagram):
            if body.language is Language.FBD:
                raise NotDrawable(f"an action of the step {step.name.text} is written as {body.language.value}")
            text = self.text(body)
        else:
            text = body[0].span.file.text[body[0].span.start : body[-1].span.end] if body else ""
            text += ";" if text and not text.endswith(";") else ""
        self.actions.append(f"ACTION {name}:\n{text}\nEND_ACTION\n\n")
        return name

    # --------------------------------------------------------------------------------------------------- transitions

    def _key(self, transition: Transition) -> str | None:
        """Of a transition of the POU that decides this one."""
        condition = transition.condition
        is_named = isinstance(condition, NameExpression) and condition.name.key in self._named
        return condition.name.key if is_named and isinstance(condition, NameExpression) else None

    def _drawn_inside(self, element: Element) -> Element:
        """With what decides several transitions inside of each, since the name would be that of one."""
        key = self._key(element) if isinstance(element, Transition) else None
        if key is None or not isinstance(element, Transition) or self._uses[key] < 2:
            return element
        code = self._named[key][1]
        return element if isinstance(code, str) else replace(element, condition=None, inline=code, result=key)

    def _transition(self, transition: Transition, chart: Diagram, ways: Ways) -> str:
        before, after = ways.before(transition), ways.after(transition)
        if not before or not after:
            raise NotDrawable(f"a transition {'leaves' if not before else 'enters'} no step")
        name, decides = self._decides(transition, chart, f"{before[0].text}_{after[0].text}")
        priority = f"(PRIORITY := {transition.priority}) " if transition.priority is not None else ""
        named = f"{name} " if name else ""
        return f"TRANSITION {named}{priority}FROM {_steps(before)} TO {_steps(after)} {decides}\nEND_TRANSITION\n\n"

    def _decides(self, transition: Transition, chart: Diagram, wish: str) -> tuple[str, str]:
        """The name, empty for none, and the condition."""
        key = self._key(transition)
        if key is not None:
            name, code = self._named[key]
            if isinstance(code, Diagram):
                return name, f":\n{self._code_text(code)}"
            return name if self._uses[key] == 1 else "", f":= {code.removesuffix(';').strip()};"
        if transition.condition is not None:
            return "", f":= {expression_text(transition.condition)};"
        pin = condition_pin(transition)
        if pin is None or not pin.sources:
            raise NotDrawable("a transition has no condition")
        rung = rung_of(chart, transition)
        if not pin.negated and pin.edge is None:
            return "", f":\n{self._code_text(at_rail(rung, pin))}"
        name = self._names.new(wish)
        return name, f":\n{self._code_text(stored_under(name, rung, pin))}"


def _is_chart(code: Code) -> TypeGuard[Diagram]:
    return isinstance(code, Diagram) and code.language is Language.SFC


def _steps(names: tuple[Name, ...]) -> str:
    return names[0].text if len(names) == 1 else f"({', '.join(name.text for name in names)})"


def _refuse(finding: Diagnostic) -> None:
    raise NotDrawable(finding.message)
