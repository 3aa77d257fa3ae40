"""From a trace by names to places of the program's memory. Light: also the check of a project needs it."""

from __future__ import annotations

from functools import partial

from msgspec import Struct

from iec61131.diagnostics.diagnostic import near_name
from iec61131.program import CompiledProgram, Target, UnknownPath
from runtime.image.trace_layout import TraceEdge
from runtime.service import conditions
from runtime.service.errors import BadTrace, UnknownVariable
from runtime.service.exposure import known_names
from runtime.service.tracing.request import (
    MAX_EVERY,
    MAX_VARIABLES,
    BadWindow,
    TraceRequest,
    window,
)

_EDGES = {"RISING": TraceEdge.RISING, "FALLING": TraceEdge.FALLING}


class Trigger(Struct, frozen=True):
    edge: TraceEdge
    term: conditions.Term


class Resolved(Struct, frozen=True):
    targets: tuple[Target, ...]
    trigger: Trigger | None
    pre: int
    post: int


def resolve(request: TraceRequest, program: CompiledProgram) -> Resolved:
    """Raises UnknownVariable, BadTrace, WrongType, OutOfRange."""
    if not 1 <= len(request.variables) <= MAX_VARIABLES:
        raise BadTrace(f"{len(request.variables)} variables; a trace has 1 to {MAX_VARIABLES}")
    if not 1 <= request.every <= MAX_EVERY:
        raise BadTrace(f"every {request.every} scans; 1 to {MAX_EVERY} is possible")
    targets = tuple(target_of(program, path) for path in request.variables)
    if len({target.path.upper() for target in targets}) < len(targets):
        raise BadTrace("a variable is named twice")
    try:
        pre, post = window(request)
    except BadWindow as error:
        raise BadTrace(str(error)) from None
    trigger = None if request.trigger is None else trigger_of(program, request.trigger)
    return Resolved(targets, trigger, pre, post)


def target_of(program: CompiledProgram, path: str) -> Target:
    """A variable that can be traced. Raises UnknownVariable or BadTrace."""
    try:
        target = program.find(path)
    except UnknownPath as error:
        near = near_name(error.part, known_names(program, error)[:1000])
        hint = f"; did you mean '{near}'?" if near else ""
        raise UnknownVariable(f"no variable '{path[:200]}': '{error.part[:80]}' is not known{hint}") from None
    if not target.type.base:
        raise BadTrace(f"'{target.path}' is {target.type.name or target.type.kind}, and {_remedy(target)}")
    if target.offset % target.type.size:
        raise BadTrace(f"'{target.path}' does not lie on a boundary of its size")
    return target


def _remedy(target: Target) -> str:
    if target.type.kind == "string":
        return "a trace has numbers, BOOLs and enumerations, no texts"
    return "a trace has single values; name a part of it"


def trigger_of(program: CompiledProgram, text: str) -> Trigger:
    """Of `rising Main.Pump`, `falling Main.Level > 2.0`, or a condition alone. Raises as `target_of`, and WrongType,
    OutOfRange.
    """
    word, _, rest = text.strip().partition(" ")
    edge = _EDGES.get(word.upper())
    condition = text.strip() if edge is None else rest.strip()
    try:
        term = conditions.parse_term(condition, partial(target_of, program))
    except conditions.BadCondition as error:
        raise BadTrace(str(error)) from None
    return Trigger(TraceEdge.HOLDS if edge is None else edge, term)
