"""The most that statements can charge the loop budget, where that is certain before they run.

A nest of counted loops whose bounds are known pays exactly like any other, loop by loop, but when the budget covers
the most that the nest can charge, none of its loops needs to look whether something is left. `loops` then runs a
version without those checks.
"""

from __future__ import annotations

from collections.abc import Iterable

from iec61131.codegen.ranges import Interval, Known, interval, whole
from iec61131.codegen.reach import Reach
from iec61131.codegen.types_ir import elementary
from iec61131.codegen.uses import Uses
from iec61131.semantics.model import (
    Case,
    ConstantExpression,
    For,
    If,
    Jump,
    Repeat,
    Statement,
    Variable,
    VariablePlace,
    While,
)

GREATEST = 1 << 20
"""More than this is no bound: nobody's budget covers it often enough to pay for a second version."""


def most_charged(statements: Iterable[Statement], known: Known, reach: Reach) -> int | None:
    """The greatest charge of one run of `statements`; None when it is not known or beyond GREATEST."""
    total = 0
    for statement in statements:
        charge = _most_of_one(statement, known, reach)
        if charge is None or total + charge > GREATEST:
            return None
        total += charge
    return total


def _most_of_one(node: Statement, known: Known, reach: Reach) -> int | None:
    match node:
        case While() | Repeat() | For(counted=False) | Jump(is_backward=True):
            return None
        case For():
            turns, variable = _most_turns(node, known), loop_variable(node)
            inside = dict(known)
            if variable is not None:
                inside[variable] = values_of(node, known)
            each = most_charged(node.body, inside, reach)
            return None if each is None or turns * (1 + each) > GREATEST else turns * (1 + each)
        case If():
            bodies = [body for _, body in node.branches] + [node.otherwise]
            conditions = Uses.of_expressions([condition for condition, _ in node.branches])
            return _greatest(bodies, known, reach) if not _call_loops(conditions, reach) else None
        case Case():
            bodies = [body for _, body in node.arms] + [node.otherwise]
            selector = Uses.of_expressions([node.selector])
            return _greatest(bodies, known, reach) if not _call_loops(selector, reach) else None
        case _:
            return None if _call_loops(Uses.of([node]), reach) else 0


def _greatest(bodies: Iterable[tuple[Statement, ...]], known: Known, reach: Reach) -> int | None:
    greatest = 0
    for body in bodies:
        charge = most_charged(body, known, reach)
        if charge is None:
            return None
        greatest = max(greatest, charge)
    return greatest


def _call_loops(uses: Uses, reach: Reach) -> bool:
    return any(reach.footprint([pou]).loops for pou, _ in uses.called)


def _most_turns(node: For, known: Known) -> int:
    start, end, step = interval(node.start, known), interval(node.end, known), constant_step(node)
    if step is None:
        span, size = whole(elementary(node.place.type)), 1
        return span.high - span.low + 1
    distance, size = (end.high - start.low, step) if step > 0 else (start.high - end.low, -step)
    return max(distance // size + 1, 0)


# ------------------------------------------------------------------------------------------------- facts of a FOR loop


def loop_variable(node: For) -> Variable | None:
    return node.place.variable if isinstance(node.place, VariablePlace) else None


def constant_step(node: For) -> int | None:
    """The step, if it is a constant; never 0, which the compiler rejects."""
    value = node.step.value if isinstance(node.step, ConstantExpression) else None
    return value if isinstance(value, int) and value != 0 else None


def values_of(node: For, known: Known) -> Interval:
    """The values that the variable of a counted loop has while the body runs."""
    type_, step = elementary(node.place.type), constant_step(node)
    if step is None:
        return whole(type_)
    start, end = interval(node.start, known), interval(node.end, known)
    found = Interval(start.low, end.high) if step > 0 else Interval(end.low, start.high)
    return found if found.low <= found.high else whole(type_)  # else the body never runs
