"""How steps and transitions of a chart hang together.

Accepted                                          Rejected
    INITIAL_STEP a: END_STEP                          INITIAL_STEP a: END_STEP
    STEP b: END_STEP                                  INITIAL_STEP b: END_STEP
    TRANSITION FROM a TO b := x; END_TRANSITION       TRANSITION FROM a TO c := x; END_TRANSITION

Why: the state of a chart begins at its one initial step and goes on through steps that are there.

What can be reached is found by playing the chart through, as though every condition could hold at any time. That finds
every state the chart can have, and more: so a transition that is never enabled in the play never is, which is an
error, while a step that is entered twice in the play may be kept from it by the conditions, which is a warning. A chart
with more than `STATES_MAX` states is only asked which steps can be reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from iec61131.diagnostics.catalogue import charts as catalogue
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.semantics.findings import listed
from iec61131.syntax.tree import Chart, Name, Step, Transition

STATES_MAX = 2000

State = frozenset[str]


def check(chart: Chart) -> Iterator[Diagnostic]:
    steps: dict[str, Step] = {}
    for step in chart.steps:
        first = steps.setdefault(step.name.key, step)
        if first is not step:
            finding = catalogue.DUPLICATE_STEP.at(step.name.span, name=step.name.text)
            yield finding.also(first.name.span, "first declared here")
    names = list(_wrong_names(chart, steps))
    yield from names
    initial = [step for step in steps.values() if step.is_initial]
    yield from _initial(chart, initial)
    if names or len(initial) != 1 or len(steps) < len(chart.steps):
        return  # what can be reached is not to be said
    play = _play(initial[0].name.key, chart.transitions)
    reached = play.reached if play.is_complete else _reachable(initial[0].name.key, chart.transitions)
    for key, step in steps.items():
        if key not in reached:
            yield catalogue.UNREACHABLE_STEP.at(step.name.span, name=step.name.text)
    if play.is_complete:
        yield from _unbalanced(chart, play)


def _initial(chart: Chart, initial: Sequence[Step]) -> Iterator[Diagnostic]:
    if not initial:
        first = min((*chart.steps, *chart.transitions), key=lambda element: element.span.start)
        span = first.name.span if isinstance(first, Step) else first.sources[0].span
        yield catalogue.NO_INITIAL_STEP.at(span)
    for step in initial[1:]:
        finding = catalogue.SEVERAL_INITIAL_STEPS.at(step.name.span, name=step.name.text)
        yield finding.also(initial[0].name.span, "the first one")


def _wrong_names(chart: Chart, steps: dict[str, Step]) -> Iterator[Diagnostic]:
    named: dict[str, Name] = {}
    for transition in chart.transitions:
        if transition.name is not None:
            first = named.setdefault(transition.name.key, transition.name)
            if first is not transition.name:
                finding = catalogue.DUPLICATE_TRANSITION.at(transition.name.span, name=transition.name.text)
                yield finding.also(first.span, "first declared here")
        for names in (transition.sources, transition.targets):
            seen: dict[str, Name] = {}
            for name in names:
                if name.key not in steps:
                    finding = catalogue.UNKNOWN_STEP.at(name.span, name=name.text)
                    yield finding.near(name.text, [step.name.text for step in steps.values()])
                elif seen.setdefault(name.key, name) is not name:
                    yield catalogue.STEP_NAMED_TWICE.at(name.span, name=name.text)


# --------------------------------------------------------------------------------------------------------------- play


class _Play(Struct, frozen=True):
    """`enabled`: the transitions that were so in some state. `twice`: a step that a transition entered while it was
    active, for each such transition.
    """

    reached: frozenset[str]
    enabled: frozenset[Transition]
    twice: dict[Transition, str]
    is_complete: bool


def _play(start: str, transitions: Sequence[Transition]) -> _Play:
    """All states from `start` on. One transition at a time: what several do at once they also do one by one."""
    moves = [(t, frozenset(n.key for n in t.sources), frozenset(n.key for n in t.targets)) for t in transitions]
    by_source: dict[str, list[tuple[Transition, State, State]]] = {}
    for move in moves:
        by_source.setdefault(min(move[1]), []).append(move)
    first = frozenset({start})
    seen, work = {first}, [first]
    enabled: set[Transition] = set()
    twice: dict[Transition, str] = {}
    while work and len(seen) <= STATES_MAX:
        state = work.pop()
        for key in state:
            for transition, sources, targets in by_source.get(key, ()):
                if not sources <= state:
                    continue
                enabled.add(transition)
                rest = state - sources
                if rest & targets:
                    twice.setdefault(transition, min(rest & targets))
                following = rest | targets
                if following not in seen:
                    seen.add(following)
                    work.append(following)
    reached = frozenset(key for state in seen for key in state)
    return _Play(reached, frozenset(enabled), twice, not work)


def _reachable(start: str, transitions: Sequence[Transition]) -> frozenset[str]:
    """The steps that some way of transitions leads to, as though one step before each were enough."""
    behind: dict[str, list[str]] = {}
    for transition in transitions:
        for source in transition.sources:
            behind.setdefault(source.key, []).extend(target.key for target in transition.targets)
    found, work = {start}, [start]
    while work:
        fresh = [key for key in behind.get(work.pop(), ()) if key not in found]
        found.update(fresh)
        work.extend(fresh)
    return frozenset(found)


def _unbalanced(chart: Chart, play: _Play) -> Iterator[Diagnostic]:
    names = {step.name.key: step.name.text for step in chart.steps}
    for transition in chart.transitions:
        sources = [name.key for name in transition.sources]
        if transition not in play.enabled and all(key in play.reached for key in sources):
            steps = listed(names[key] for key in sources)
            yield catalogue.NEVER_CLEARED.at(transition.sources[0].span.to(transition.sources[-1].span), steps=steps)
        elif transition in play.twice:
            key = play.twice[transition]
            span = next(name.span for name in transition.targets if name.key == key)
            yield catalogue.ENTERED_TWICE.at(span, name=names[key])
