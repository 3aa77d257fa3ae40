"""A short soak with a fixed seed, so that it is known to work before somebody needs the long one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.soak.invariants.answers import AnswersAreDocumented
from tests.soak.soak import Soak
from tests.soak.world import marked

pytestmark = [pytest.mark.xdist_group("real plant"), pytest.mark.timeout(600)]

SECONDS = 4.0
ALWAYS_LOOKED_AT = (
    "retained",
    "answers",
    "documented",
    "forced",
    "written",
    "processes",
    "recordings",
    "log",
    "nothing",
)


def test_a_short_soak_holds(tmp_path: Path) -> None:
    """Two PLCs, a few seconds of everything but the end of the service in the midst of it."""
    soak = Soak(tmp_path, seed=1, seconds=SECONDS, only=("counter", "press"), without=("Ends", "Readers"))
    failure = soak.run()
    assert failure is None, (f"seed {soak.seed}", failure, soak.story.last())
    looked_at = {name: getattr(soak.world.invariants, name).checked for name in ALWAYS_LOOKED_AT}
    assert all(looked_at.values()), looked_at
    told = [json.loads(line) for line in (tmp_path / "story.jsonl").read_text().splitlines()]
    times = [event["at_s"] for event in told]
    assert times == sorted(times)
    assert {"who", "what"} <= set(told[-1])


def test_a_soak_that_fails_says_what_and_leaves_nothing(tmp_path: Path) -> None:
    """Somebody breaks the rules: the story ends with what was violated."""
    soak = Soak(tmp_path, seed=1, seconds=60.0, only=("counter",))
    soak.world.invariants.documented = _Complaining()
    failure = soak.run()
    assert failure is not None
    assert "a mistake that was put there" in str(failure.error)
    assert any("a mistake that was put there" in line for line in soak.story.last())
    assert soak.world.service.process is None
    assert marked(soak.mark) == []


class _Complaining(AnswersAreDocumented):
    """Of the first answer."""

    def see(self, request: str, status: int, body: Any) -> None:
        self.require(False, "a mistake that was put there")
