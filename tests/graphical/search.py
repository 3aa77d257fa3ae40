"""Looks for drawings that do not do what they mean: `python -m tests.graphical.search --seconds 60`.

Ladders, function block diagrams and charts are made at random, numbers `--seed`, the next, and so on, until the time is
over, and run against what the tests of this folder expect of them; here the interpreter does every scan. The first
difference is made smaller, printed with its seed, and ends the search with status 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from random import Random

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, seed, settings

from tests.graphical import test_blocks, test_charts, test_ladders
from tests.graphical.ladders import Ladder, ladders
from tests.unit.chart_reference import Chart
from tests.unit.test_charts import charts

EXAMPLES = 5
SCANS = 400


ONCE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@ONCE
@given(ladders(rungs=6))
def _ladders(ladder: Ladder) -> None:
    test_ladders.follow(ladder, interpreted=1 << 20)


@ONCE
@given(ladders(edges=True, rungs=6))
def _edges(ladder: Ladder) -> None:
    test_ladders.follow(ladder, interpreted=1 << 20)


@ONCE
@given(test_blocks.graphs(), st.integers(0, 1 << 30), st.booleans())
def _blocks(nodes: list[test_blocks.Node], number: int, numbered: bool) -> None:
    test_blocks.follow(nodes, Random(number), numbered, interpreted=1 << 20)


@ONCE
@given(charts(), st.integers(0, 1 << 30))
def _charts(chart: Chart, number: int) -> None:
    test_charts.follow_chart(chart, Random(number), SCANS, interpreted=SCANS)


SEARCHES: dict[str, Callable[[], None]] = {"ladders": _ladders, "edges": _edges, "blocks": _blocks, "charts": _charts}


def main() -> int:
    parser = argparse.ArgumentParser(description="Look for a drawing that does not do what it means.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to look")
    parser.add_argument("--seed", type=int, default=1, help="of the first drawings; those that follow count one up")
    options = parser.parse_args()
    ends_s = time.monotonic() + options.seconds
    number = options.seed
    while True:
        for name, search in SEARCHES.items():
            try:
                seed(number)(search)()
            except AssertionError as error:
                notes = "\n".join(getattr(error, "__notes__", ()))
                say(f"seed {number}, {name}: {error}\n{notes}")
                return 1
            if time.monotonic() >= ends_s:
                say(f"seeds {options.seed} to {number}: drawings do what they mean")
                return 0
        number += 1


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
