"""Who may call itself.

Accepted                                   Rejected
    FUNCTION f : INT                           FUNCTION_BLOCK Walker
    ... f := n * f(n - 1); ...                 VAR_IN_OUT next : Walker; END_VAR
    END_FUNCTION                               next();
                                               END_FUNCTION_BLOCK

Why: a FUNCTION has variables of its own for each call, up to the depth limit; a block works on one instance and would
find its own state half changed. Under dialect "iec" a FUNCTION may not call itself either, as the standard says.

`calls` also puts the POUs in an order for the model, callees before callers.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from iec61131.diagnostics.catalogue.declarations import RECURSION_NOT_ALLOWED, RECURSIVE_CALL
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.semantics.findings import Findings
from iec61131.semantics.graph import in_dependency_order
from iec61131.semantics.model import Dispatch, Pou
from iec61131.source import Span

Calls = dict[Pou, dict[Pou, Span]]
"""For each POU the POUs it calls, and where it does so first."""


def check(findings: Findings, calls: Calls, direct: Calls, dispatches: Iterable[Dispatch]) -> list[Pou]:
    """All POUs, callees first; marks those that are recursive and finds those that must not be. `direct` are the calls
    that do not go through a reference. Where an instance chooses between POUs, all of them count as recursive when one
    is.
    """
    ordered: list[Pou] = []
    for pou in calls:
        pou.recursive = False
    for group in in_dependency_order(calls, lambda pou: calls.get(pou, {})):
        ordered.extend(group)
        if len(group) == 1 and group[0] not in calls.get(group[0], {}):
            continue
        for pou in group:
            pou.recursive = True
        on_itself = _blocks_on_themselves(group, direct)
        if on_itself:
            findings.add(_finding(on_itself[0], on_itself, direct, is_block=True))
        elif findings.is_strict:
            findings.add(_finding(group[0], group, calls, is_block=False))
    choices = [list(dispatch.targets.values()) for dispatch in dispatches]
    changed = True
    while changed:
        changed = False
        for targets in choices:
            if any(pou.recursive for pou in targets) and not all(pou.recursive for pou in targets):
                for pou in targets:
                    pou.recursive = changed = True
    return ordered


def _blocks_on_themselves(group: Iterable[Pou], direct: Calls) -> list[Pou]:
    """Blocks that call each other in a circle without a method or a reference between them: surely one instance."""
    blocks = {pou for pou in group if pou.is_block}

    def needs(pou: Pou) -> list[Pou]:
        return [callee for callee in direct.get(pou, {}) if callee in blocks]

    circles = in_dependency_order([pou for pou in group if pou in blocks], needs)
    found = [circle for circle in circles if len(circle) > 1 or circle[0] in needs(circle[0])]
    return found[0] if found else []


def _finding(pou: Pou, group: Iterable[Pou], calls: Calls, *, is_block: bool) -> Diagnostic:
    """Points at the call in `pou` with which the circle begins, and at the calls that close it."""
    circle = _circle(pou, set(group), calls)
    code = RECURSIVE_CALL if is_block else RECURSION_NOT_ALLOWED
    steps = list(pairwise([*circle, pou]))
    caller, callee = steps[0]
    finding = code.at(calls[caller][callee], name=pou.name, kind=pou.kind.value)
    for caller, callee in steps[1:]:
        finding = finding.also(calls[caller][callee], f"{caller.name} calls {callee.name} here")
    return finding


def _circle(start: Pou, group: set[Pou], calls: Calls) -> list[Pou]:
    """A shortest way from `start` back to itself, inside the group."""
    came_from: dict[Pou, Pou] = {}
    wave = [start]
    while wave:
        following: list[Pou] = []
        for pou in wave:
            for callee in calls[pou]:
                if callee is start:
                    path = [pou]
                    while path[-1] is not start:
                        path.append(came_from[path[-1]])
                    return path[::-1]
                if callee in group and callee not in came_from:
                    came_from[callee] = pou
                    following.append(callee)
        wave = following
    raise AssertionError(f"{start.name} is in no circle")
