"""Generated ladders: every coil gets what the boolean expression of its rung gives, for all inputs."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from tests.graphical.ladders import INPUTS, OUTPUTS, Ladder, Play, all_inputs, ladders, pou
from tests.graphical.run import Run

INTERPRETED = 40
"""Scans; the search of `make fuzz` has the interpreter do all."""
EXAMPLES = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@EXAMPLES
@given(ladders())
def test_a_ladder_is_its_boolean_expression(ladder: Ladder):
    follow(ladder)


@EXAMPLES
@given(ladders(edges=True, rungs=3))
def test_edges_are_seen_once(ladder: Ladder):
    follow(ladder)


def follow(ladder: Ladder, interpreted: int = INTERPRETED) -> None:
    run, play = Run(pou(ladder), interpreted=interpreted), Play(ladder)
    for inputs in all_inputs():
        given_values = dict(zip(INPUTS, inputs, strict=True))
        play.values |= given_values
        play.scan()
        run.scan(given_values)
        found = {name: run.get(name) for name in OUTPUTS}
        assert found == {name: play.values[name] for name in OUTPUTS}, given_values
