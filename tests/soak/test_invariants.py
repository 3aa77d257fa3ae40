"""Each invariant can fail: it is shown what must not be, and what may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.soak.invariants import All
from tests.soak.invariants.answers import documented
from tests.soak.invariants.base import Violated
from tests.soak.invariants.counting import Counters

_REFUSAL = {"error": {"kind": "unknown_plc", "message": "there is no PLC 'x'"}}


def counters(all_: All, *seen: tuple[float, int, int, int], kind: str = "") -> None:
    """Readings of a PLC that scans every 10 ms and stores every second; `kind` explains what is before the last."""
    for number, (at_s, plain, kept, stays) in enumerate(seen, 1):
        if kind and number == len(seen):
            all_.retained.explain("a", kind, at_s - 0.05)
        all_.retained.see("a", "reader", 0.01, 1.0, Counters(at_s, at_s + 0.01, plain, kept, stays))


def edges_of(all_: All, edges: int, hits: int) -> None:
    all_.edges.see("a", edges, hits)


def scans(all_: All, *samples: tuple[list[int], list[int]]) -> None:
    for numbers, counts in samples:
        all_.scans.see("a", numbers, counts)


def descriptors(all_: All, first: int, then: int) -> None:
    all_.descriptors.see("service", {"descriptors": first})
    all_.descriptors.see("service", {"descriptors": then})


def memory(all_: All, first: float, then: float) -> None:
    all_.memory.see("service", 1, first)
    all_.memory.see("service", 1, then)


def explained_and_over(all_: All) -> None:
    """A reset that was over before the first of two readings explains nothing."""
    all_.retained.explain("a", "origin", 0.0)
    all_.retained.explained("a", 0.5)
    counters(all_, (1.0, 50, 50, 50), (2.0, 60, 0, 60))


def new_reset_is_not_ended_by_an_old_one(all_: All) -> None:
    """The end of what was explained before has no effect on what has begun since."""
    all_.retained.explain("a", "origin", 0.9)
    all_.retained.explained("a", 0.5)
    counters(all_, (1.0, 50, 50, 50), (2.0, 1, 1, 1))


HOLDS: dict[str, Callable[[All], Any]] = {
    "counters go on": lambda a: counters(a, (1.0, 10, 100, 200), (2.0, 110, 200, 300)),
    "a kill loses a second": lambda a: counters(a, (1.0, 500, 500, 500), (2.0, 3, 400, 400), kind="kill"),
    "a warm reset": lambda a: counters(a, (1.0, 500, 500, 500), (2.0, 3, 503, 503), kind="warm"),
    "a cold reset": lambda a: counters(a, (1.0, 500, 500, 500), (2.0, 3, 3, 503), kind="cold"),
    "a reset to the origin": lambda a: counters(a, (1.0, 500, 500, 500), (2.0, 3, 3, 3), kind="origin"),
    "a reset that goes on": new_reset_is_not_ended_by_an_old_one,
    "scans count": lambda a: scans(a, ([5, 6, 7], [5, 6, 7]), ([9, 10], [9, 10])),
    "an edge is due": lambda a: edges_of(a, 8, 7),
    "driven": lambda a: a.driven.see("a", 0.1, False),
    "safe for long": lambda a: a.driven.see("a", 1e6, True),
    "safe in time": lambda a: a.safe.taken("a", "a stop", 0.2, True),
    "safe ever after": lambda a: a.safe.kept("a", "a stop", 0),
    "good for a moment": lambda a: a.lost.see("a", "x", 0.3, "good"),
    "bad when lost": lambda a: a.lost.see("a", "x", 1e6, "bad"),
    "bad for a moment": lambda a: a.again.see("a", "x", 0.3, "bad"),
    "good again": lambda a: a.again.see("a", "x", 1e6, "good"),
    "forces as ordered": lambda a: a.forced.listed("a", {"x": 1}, {"x": 1}),
    "forced value": lambda a: a.forced.read("a", "x", 1, 1, True),
    "not forced": lambda a: a.forced.free("a", "x", False),
    "written and read": lambda a: a.written.read("a", "x", 1.5, 1.5),
    "values carried": lambda a: a.carries.see("a", {"x": 1, "y": [1, 2]}, {"x": 1, "y": [1, 2, 0], "new": 3}),
    "the same engine": lambda a: a.carries.same_engine("a", 1, 1),
    "news": lambda a: a.clients.see("a", 0.2),
    "back": lambda a: a.back.see("a", "a kill", 3.0, "run"),
    "nothing changed": lambda a: a.unchanged.see("a", "it", ("d", 1), ("d", 1)),
    "an answer": lambda a: a.documented.see("GET /x", 200, {}),
    "a refusal": lambda a: a.documented.see("GET /x", 404, _REFUSAL),
    "the right refusal": lambda a: a.refused.see("it", {404: "unknown_plc"}, 404, "unknown_plc"),
    "healthy": lambda a: a.answers.health(0.1, 200),
    "known processes": lambda a: a.processes.see([], []),
    "some connections": lambda a: descriptors(a, 20, 30),
    "warm caches": lambda a: memory(a, 200.0, 230.0),
    "a recording": lambda a: a.recordings.see("a", 1, None, 5),
    "read while it is written": lambda a: a.recordings.read("a", 0, "the same as recorded"),
    "a counted gap": lambda a: a.recordings.gaps("a", 1, 200),
    "stored values": lambda a: a.stored.read("a", 0, "generation 7\nMain.Kept 5"),
    "nothing stored yet": lambda a: a.stored.read("a", 3, "rung: nothing is stored of 'a'"),
    "a clean log": lambda a: a.log.see("the log", ["a: engine: fault[RUNG0901]\n"]),
    "nothing left": lambda a: a.nothing.see("processes are", []),
}

FAILS: dict[str, tuple[str, Callable[[All], Any]]] = {
    "a plain counter goes back": ("retained", lambda a: counters(a, (1.0, 10, 100, 200), (2.0, 9, 200, 300))),
    "RETAIN goes back": ("retained", lambda a: counters(a, (1.0, 10, 100, 200), (2.0, 20, 99, 300))),
    "PERSISTENT goes back": ("retained", lambda a: counters(a, (1.0, 10, 100, 200), (2.0, 20, 110, 199))),
    "a kill loses ten seconds": (
        "retained",
        lambda a: counters(a, (1.0, 2000, 2000, 2000), (2.0, 3, 1000, 1000), kind="kill"),
    ),
    "a warm reset loses RETAIN": (
        "retained",
        lambda a: counters(a, (1.0, 500, 500, 500), (2.0, 3, 499, 503), kind="warm"),
    ),
    "a cold reset loses PERSISTENT": (
        "retained",
        lambda a: counters(a, (1.0, 500, 500, 500), (2.0, 3, 3, 499), kind="cold"),
    ),
    "an orderly end loses a scan": (
        "retained",
        lambda a: counters(a, (1.0, 500, 500, 500), (2.0, 3, 499, 500), kind="orderly end"),
    ),
    "a counter runs ahead": ("retained", lambda a: counters(a, (1.0, 10, 100, 200), (2.0, 20, 900, 300))),
    "a reset that was over": ("retained", explained_and_over),
    "a scan is missing in a trace": ("scans", lambda a: scans(a, ([5, 7], [5, 7]))),
    "a scan ran twice": ("scans", lambda a: scans(a, ([5, 6], [5, 6]), ([7, 8], [8, 9]))),
    "an edge was lost": ("edges", lambda a: edges_of(a, 9, 7)),
    "a run without an edge": ("edges", lambda a: edges_of(a, 7, 8)),
    "nobody drives": ("driven", lambda a: a.driven.see("a", 9.0, False)),
    "not safe": ("safe", lambda a: a.safe.taken("a", "a stop", 5.0, False)),
    "safe and driven": ("safe", lambda a: a.safe.kept("a", "a stop", 1)),
    "good without a device": ("lost", lambda a: a.lost.see("a", "x", 9.0, "good")),
    "uncertain without a device": ("lost", lambda a: a.lost.see("a", "x", 9.0, "uncertain")),
    "bad with a device": ("again", lambda a: a.again.see("a", "x", 99.0, "bad")),
    "a force is missing": ("forced", lambda a: a.forced.listed("a", {"x": 1}, {})),
    "a force that nobody ordered": ("forced", lambda a: a.forced.listed("a", {}, {"x": 1})),
    "another value": ("forced", lambda a: a.forced.read("a", "x", 1, 2, True)),
    "not shown as forced": ("forced", lambda a: a.forced.read("a", "x", 1, 1, False)),
    "shown as forced": ("forced", lambda a: a.forced.free("a", "x", True)),
    "a write that was lost": ("written", lambda a: a.written.read("a", "x", 1, 2)),
    "a value lost in a change": ("carries", lambda a: a.carries.see("a", {"x": 1}, {"x": 0})),
    "an element lost in a change": ("carries", lambda a: a.carries.see("a", {"y": [1, 2]}, {"y": [1, 0, 0]})),
    "another engine": ("carries", lambda a: a.carries.same_engine("a", 1, 2)),
    "no news": ("clients", lambda a: a.clients.see("a", 100.0)),
    "away": ("back", lambda a: a.back.see("a", "a kill", 120.0, "starting")),
    "another version": ("unchanged", lambda a: a.unchanged.see("a", "it", ("d", 1), ("e", 1))),
    "a mistake of the service": (
        "documented",
        lambda a: a.documented.see("GET /x", 500, {"error": {"kind": "internal_error", "message": "so"}}),
    ),
    "an unknown kind": (
        "documented",
        lambda a: a.documented.see("GET /x", 404, {"error": {"kind": "gone_fishing", "message": "so"}}),
    ),
    "a kind of another status": (
        "documented",
        lambda a: a.documented.see("GET /x", 409, {"error": {"kind": "unknown_plc", "message": "so"}}),
    ),
    "a refusal without words": ("documented", lambda a: a.documented.see("GET /x", 404, {"detail": "Not Found"})),
    "an order that was obeyed": ("refused", lambda a: a.refused.see("it", {404: "unknown_plc"}, 200, "")),
    "another refusal": ("refused", lambda a: a.refused.see("it", {404: "unknown_plc"}, 404, "not_found")),
    "slow": ("answers", lambda a: a.answers.health(20.0, 200)),
    "unhealthy": ("answers", lambda a: a.answers.health(0.1, 503)),
    "a broken connection": ("answers", lambda a: a.answers.lost("GET /x", "ReadError")),
    "an unknown process": ("processes", lambda a: a.processes.see(["17 rung io of a"], [])),
    "a process is missing": ("processes", lambda a: a.processes.see([], ["io of a"])),
    "descriptors leak": ("descriptors", lambda a: descriptors(a, 20, 50)),
    "memory leaks": ("memory", lambda a: memory(a, 200.0, 400.0)),
    "another run": ("recordings", lambda a: a.recordings.see("a", 1, "4 bytes differ", 5)),
    "cannot be replayed": ("recordings", lambda a: a.recordings.read("a", 1, "not the same as recorded")),
    "a gap that nobody counted": ("recordings", lambda a: a.recordings.gaps("a", 1, 0)),
    "stored values cannot be read": ("stored", lambda a: a.stored.read("a", 1, "the file 'a' cannot be read: torn")),
    "a traceback": ("log", lambda a: a.log.see("the log", ["a\n", "Traceback (most recent call last):\n"])),
    "something forgotten": ("log", lambda a: a.log.see("the log", ["Task exception was never retrieved\n"])),
    "a process is left": ("nothing", lambda a: a.nothing.see("processes are", ["17"])),
}


@pytest.mark.parametrize("case", HOLDS)
def test_what_may_be_is_accepted(case: str) -> None:
    all_ = All()
    HOLDS[case](all_)
    assert sum(invariant.checked for invariant in all_) > 0


@pytest.mark.parametrize("case", FAILS)
def test_what_must_not_be_is_found(case: str) -> None:
    invariant, act = FAILS[case]
    all_ = All()
    with pytest.raises(Violated) as found:
        act(all_)
    assert found.value.invariant == getattr(all_, invariant).name


def test_every_invariant_is_shown_to_fail() -> None:
    assert {invariant for invariant, _ in FAILS.values()} == set(All.__struct_fields__)


def test_every_invariant_says_what_it_is() -> None:
    assert all(type(invariant).__doc__ for invariant in All())


def test_the_page_of_the_service_is_read() -> None:
    assert {(404, "unknown_plc"), (409, "busy"), (503, "unavailable")} <= documented()
