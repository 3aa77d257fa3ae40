"""The body of a POU: its statements, what it calls, and the triggers of its edge inputs, which run first."""

from __future__ import annotations

from msgspec import Struct

from iec61131.diagnostics.catalogue import declarations
from iec61131.diagnostics.catalogue.charts import CHART_IN_FUNCTION
from iec61131.semantics import chart_bodies
from iec61131.semantics.classes import CALLED_BY_THE_SYSTEM
from iec61131.semantics.execution_control import before_body
from iec61131.semantics.here import Here, Shared
from iec61131.semantics.model import (
    Assign,
    BinaryExpression,
    Dispatch,
    Expression,
    Load,
    Pou,
    Statement,
    UnaryExpression,
    Variable,
    VariablePlace,
)
from iec61131.semantics.scopes import EdgeTrigger, PouSymbol
from iec61131.semantics.starting import Starting
from iec61131.semantics.statements import Statements
from iec61131.semantics.types import BOOL
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import BinaryOperator, Edge, Modifier, UnaryOperator


class Body(Struct, frozen=True):
    """`calls`: each POU called, and where first. `direct`: those of them that are not called through a reference."""

    symbol: PouSymbol
    calls: dict[Pou, Span]
    direct: dict[Pou, Span]
    dispatches: dict[Dispatch, Span]


def all_calls(calls: dict[Pou, Span], dispatches: dict[Dispatch, Span]) -> dict[Pou, Span]:
    """With everything that an instance may choose; complete once the dispatches are."""
    chosen = {pou: span for dispatch, span in dispatches.items() for pou in dispatch.targets.values()}
    return {**chosen, **calls}


def resolve_body(shared: Shared, symbol: PouSymbol, starting: Starting) -> Body:
    """Give `symbol.pou` its statements."""
    here = Here(shared, symbol.scope, symbol.pou)
    first = starting.before_body(here, symbol)
    statements = Statements(here).body(symbol.declaration.body)
    if symbol.declaration.chart is not None:
        statements = (*statements, *_resolve_chart(symbol, symbol.declaration.chart, here))
    here.end_links()
    triggers = tuple(assign for edge in symbol.edges for assign in _run_trigger(edge))
    controls = before_body(symbol.pou, symbol.pou.span)
    symbol.pou.body = (*first, *controls, *triggers, *statements)
    result = symbol.pou.result
    is_empty = Modifier.ABSTRACT in symbol.modifiers or symbol.declaration.name.key in CALLED_BY_THE_SYSTEM
    if result is not None and not here.writes_result and not is_empty:
        shared.findings.add(declarations.RESULT_NOT_ASSIGNED.at(result.span, name=symbol.pou.name, type=result.type))
    return Body(symbol, here.calls, here.direct, here.dispatches)


def _resolve_chart(symbol: PouSymbol, chart: tree.Chart, here: Here) -> list[Statement]:
    if symbol.chart is None:
        first = min((*chart.steps, *chart.transitions), key=lambda element: element.span.start)
        span = first.name.span if isinstance(first, tree.Step) else first.sources[0].span
        here.findings.add(CHART_IN_FUNCTION.at(span, kind=symbol.kind.value))
        return []
    statements, variables = chart_bodies.resolve(chart, symbol.chart, here)
    symbol.pou.variables = (*symbol.pou.variables, *variables)
    return statements


def _run_trigger(trigger: EdgeTrigger) -> tuple[Statement, Statement]:
    """R_TRIG or F_TRIG of the standard on the input: `edge := CLK AND NOT last; last := CLK`, with CLK inverted for a
    falling edge. So the first call sees an edge when the input is TRUE (R_EDGE) or FALSE (F_EDGE)."""
    span = trigger.input.span
    clock: Expression = _load(trigger.input, span)
    if trigger.edge is Edge.FALLING:
        clock = UnaryExpression(UnaryOperator.NOT, clock, BOOL, span)
    was_off = UnaryExpression(UnaryOperator.NOT, _load(trigger.last, span), BOOL, span)
    edge = BinaryExpression(BinaryOperator.AND, clock, was_off, BOOL, span)
    return (
        Assign(VariablePlace(trigger.output, span), edge, span),
        Assign(VariablePlace(trigger.last, span), clock, span),
    )


def _load(variable: Variable, span: Span) -> Load:
    return Load(VariablePlace(variable, span), span)
