"""Traces by name, over a scan that runs in real time: who sets them up, who reads them, what is refused."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from iec61131.program import CompiledProgram
from runtime import clock
from runtime.image.block import Block
from runtime.image.trace import TraceBusy, slots, turn
from runtime.image.trace_layout import TRACES, TraceState
from runtime.service.errors import (
    BadTrace,
    OutOfRange,
    RequestError,
    Unavailable,
    UnknownTrace,
    UnknownVariable,
    WrongState,
)
from runtime.service.tracing.request import TraceRequest
from runtime.service.tracing.traces import Trace, Traces, begin
from tests.faults.rig import wait_for
from tests.unit import handmade

PROGRAM = handmade.program()
COUNT = ("Main.DINT",)


@pytest.fixture
def block() -> Iterator[Block]:
    with handmade.running(PROGRAM, handmade.bound(PROGRAM)) as block:
        yield block


@pytest.fixture
def traces(block: Block) -> Traces:
    return Traces(block, PROGRAM)


def counts(traces: Traces, trace: Trace, start: int = 0, end: int | None = None) -> list[int]:
    return traces.read(trace, start, 100_000, end).raw[:, 0].tolist()


def names(traces: Traces) -> list[str]:
    return [trace.request.name for trace in traces.listed()]


def test_a_trace_has_every_scan_until_it_is_removed(traces: Traces) -> None:
    traces.set_up(TraceRequest("all", COUNT))
    wait_for(lambda: traces.find("all").status.next >= 50, "fifty samples")
    found = counts(traces, traces.find("ALL"))
    assert found == list(range(found[0], found[0] + len(found)))
    traces.remove("all")
    assert names(traces) == []
    with pytest.raises(UnknownTrace, match="there is none"):
        traces.find("all")


def test_a_capture_by_names(traces: Traces) -> None:
    request = TraceRequest("caught", (*COUNT, "Main.Colour"), trigger="Main.DINT >= 40", pre="25%", samples=40)
    traces.set_up(request)
    wait_for(lambda: traces.find("caught").captures, "a capture")
    found = traces.find("caught")
    (capture,) = found.captures
    caught = counts(traces, found, capture.first, capture.end)
    at = caught[capture.trigger - capture.first]
    assert at >= 40  # more than that where the engine was faster than the test
    assert caught == list(range(at - (capture.trigger - capture.first), at + 30))
    assert (found.request, [target.path for target in traces.targets(found)]) == (request, [*request.variables])


def test_there_is_room_for_four_and_a_name_is_used_again(traces: Traces) -> None:
    for number in range(TRACES):
        traces.set_up(TraceRequest(f"t{number}", COUNT))
    with pytest.raises(WrongState, match="these are there: t0, t1, t2, t3; remove one"):
        traces.set_up(TraceRequest("t4", COUNT))
    traces.set_up(TraceRequest("T2", ("Main.REAL",)))
    assert names(traces) == ["t0", "t1", "T2", "t3"]
    traces.remove("t0")
    traces.set_up(TraceRequest("t4", COUNT))
    assert names(traces) == ["t4", "t1", "T2", "t3"]


def test_a_trace_that_nobody_reads_gives_its_place_away(traces: Traces) -> None:
    traces.set_up(TraceRequest("short", COUNT, lease_ns=20_000_000))
    traces.set_up(TraceRequest("done", COUNT, samples=3, lease_ns=20_000_000))
    traces.set_up(TraceRequest("long", COUNT, lease_ns=60_000_000_000))
    wait_for(lambda: names(traces) == ["long"], "the lease to end")


def test_whoever_reads_keeps_it(traces: Traces) -> None:
    traces.set_up(TraceRequest("read", COUNT, lease_ns=200_000_000))
    until_ns = clock.monotonic_ns() + 500_000_000
    while clock.monotonic_ns() < until_ns:
        traces.read(traces.find("read"), 0, 1)
    assert names(traces) == ["read"]


def test_a_trace_that_was_set_up_anew_is_not_read_as_the_old_one(traces: Traces) -> None:
    traces.set_up(TraceRequest("again", COUNT))
    old = traces.find("again")
    traces.set_up(TraceRequest("again", ("Main.REAL", *COUNT)))
    with pytest.raises(WrongState, match="set up anew"):
        traces.read(old, 0, 10)


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        ({"name": "a b"}, BadTrace, "cannot be called"),
        ({"variables": ()}, BadTrace, "0 variables"),
        ({"variables": ("Main.DINT",) * 65}, BadTrace, "65 variables"),
        ({"variables": ("Main.DINT", "main.dint")}, BadTrace, "named twice"),
        ({"variables": ("Main.DNIT",)}, UnknownVariable, "no variable 'Main.DNIT'"),
        ({"variables": ("Main.Text",)}, BadTrace, "no texts"),
        ({"variables": ("Main.Numbers",)}, BadTrace, "name a part of it"),
        ({"every": 0}, BadTrace, "every 0 scans"),
        ({"trigger": "Main.REAL"}, BadTrace, "say to what"),
        ({"trigger": "rising"}, BadTrace, "is no condition"),
        ({"trigger": "rising Main.Pump"}, UnknownVariable, "Main.Pump"),
        ({"trigger": "Main.SINT > 200"}, OutOfRange, "-128 to 127"),
        ({"trigger": "Main.Colour = Pink"}, OutOfRange, "Red, Green, Blue"),
        ({"trigger": "Main.BOOL", "pre": "101%"}, BadTrace, "leaves none"),
        ({"trigger": "Main.BOOL", "pre": "-1"}, BadTrace, "neither a number"),
        ({"trigger": "Main.BOOL", "samples": 10**6}, BadTrace, "can be kept"),
        ({"pre": "10%"}, BadTrace, "need a trigger"),
        ({"repeat": True}, BadTrace, "needs a trigger"),
    ],
)
def test_what_cannot_be_is_said(traces: Traces, wrong: dict[str, Any], error: type[RequestError], text: str) -> None:
    with pytest.raises(error, match=text):
        traces.set_up(TraceRequest(**{"name": "wrong", "variables": COUNT, **wrong}))
    assert names(traces) == []


def test_several_at_a_time_wait_for_one_another(block: Block, traces: Traces) -> None:
    async def all_at_once() -> None:
        each = (Traces(block, PROGRAM).set_up_soon(TraceRequest(f"t{n}", COUNT)) for n in range(TRACES))
        await asyncio.gather(*each)

    asyncio.run(all_at_once())
    assert sorted(names(traces)) == [f"t{n}" for n in range(TRACES)]


def test_an_engine_that_does_not_answer_is_said_in_time() -> None:
    block, _ = handmade.make(PROGRAM, handmade.bound(PROGRAM))
    with pytest.raises(Unavailable, match="in time"):
        Traces(block, PROGRAM).set_up(TraceRequest("never", COUNT))


def test_the_turn_of_another_process_is_waited_for_and_ends_with_it(block: Block, traces: Traces) -> None:
    held = (
        "import fcntl, sys; fcntl.lockf(int(sys.argv[1]), fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", held, str(block.fd)]
    os.set_inheritable(block.fd, True)
    with subprocess.Popen(command, pass_fds=(block.fd,), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(TraceBusy), turn(block):
            pass
        process.kill()
        process.wait()
    traces.set_up(TraceRequest("after", COUNT))
    assert names(traces) == ["after"]
    fcntl.lockf(block.fd, fcntl.LOCK_UN)


# ----------------------------------------------------------------------------------------------- engines and programs


def test_traces_of_the_project_are_armed_before_the_first_scan() -> None:
    block, _ = handmade.make(PROGRAM, handmade.bound(PROGRAM))
    begin(block, PROGRAM, [TraceRequest("first", COUNT), TraceRequest("second", COUNT, every=2)])
    assert [slot.is_under_way for slot in slots(block)] == [True, True, False, False]


def test_another_engine_does_not_arm_twice_what_is_there(block: Block, traces: Traces) -> None:
    traces.set_up(TraceRequest("kept", COUNT, every=5))
    begin(block, PROGRAM, [TraceRequest("KEPT", COUNT), TraceRequest("new", COUNT)])
    wait_for(lambda: len(names(traces)) == 2, "the new one")
    assert [(trace.request.name, trace.request.every) for trace in traces.listed()] == [("kept", 5), ("new", 1)]


def test_after_a_change_of_the_program_places_are_found_anew(block: Block, traces: Traces) -> None:
    traces.set_up(TraceRequest("goes", ("Main.REAL",)))
    traces.set_up(TraceRequest("stays", COUNT))
    changed = _renamed(PROGRAM, {"Main.REAL": "Main.Other", "Main.DINT": "Main.SINT", "Main.SINT": "Main.DINT"})
    block.set("changes", 1)  # from here on, places of the program before mean nothing
    taken = traces.find("stays").status.next
    scans = block.get("scans")
    wait_for(lambda: block.get("scans") > scans + 5, "some scans")
    assert traces.find("stays").status.next <= taken + 1
    (said,) = begin(block, changed, [TraceRequest("new", COUNT), TraceRequest("stays", COUNT, every=7)])
    assert said.startswith("the trace 'goes' has ended: no variable 'Main.REAL'")
    again = Traces(block, changed)
    wait_for(lambda: sorted(names(again)) == ["new", "stays"], "the new program's traces")
    assert again.find("stays").request == TraceRequest("stays", COUNT)
    assert again.targets(again.find("stays"))[0].offset == PROGRAM.find("Main.SINT").offset
    wait_for(lambda: again.find("stays").status.next > again.find("stays").status.first + 5, "samples")


def test_what_was_caught_stays_through_changes_where_it_means_the_same(block: Block, traces: Traces) -> None:
    """It was lost: what a trigger had caught in the night was gone after a change that did not touch its variables."""
    traces.set_up(TraceRequest("same", COUNT, samples=20, trigger="Main.DINT >= 0"))
    traces.set_up(TraceRequest("other", ("Main.REAL",), samples=20, trigger="Main.DINT >= 0"))
    wait_for(lambda: all(trace.status.state is TraceState.DONE for trace in traces.listed()), "two captures")
    caught = traces.read(traces.find("same"), *_range(traces.find("same")))
    other = traces.find("other").status.generation
    changed = _renamed(PROGRAM, {"Main.REAL": "Main.LREAL", "Main.LREAL": "Main.REAL"})
    again = Traces(block, changed)
    for changes, before in ((1, PROGRAM), (2, changed), (2, None)):  # the last is another engine of the same program
        block.set("changes", changes)
        assert begin(block, changed, [], before) == []
        wait_for(lambda: len(again.listed()) == 2, "the engine to have both")
        kept = again.find("same")
        assert (kept.status.state, kept.status.program) == (TraceState.DONE, changes)
        found = again.read(kept, *_range(kept))
        assert (found.raw.tolist(), found.scan.tolist()) == (caught.raw.tolist(), caught.scan.tolist())
    assert again.find("other").status.generation > other


def test_what_the_engine_has_not_taken_over_yet_is_not_kept() -> None:
    """A second change, right behind the first: what was set up for that one would have run for neither."""
    block, _ = handmade.make(PROGRAM, handmade.bound(PROGRAM))
    begin(block, PROGRAM, [TraceRequest("first", COUNT)])
    with pytest.raises(TraceBusy):
        slots(block)[0].keep(1)


def _range(trace: Trace) -> tuple[int, int]:
    (capture,) = trace.captures
    return capture.first, capture.end - capture.first


def _renamed(program: CompiledProgram, names_: dict[str, str]) -> CompiledProgram:
    from msgspec.structs import replace

    variables = tuple(replace(v, path=names_.get(v.path, v.path)) for v in program.variables)
    return replace(program, variables=variables)
