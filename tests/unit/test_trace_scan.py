"""Traces in the scan, in virtual time: which samples are taken, when triggers fire, what a reader finds."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from runtime.engine import view
from runtime.engine.relations import Form, Relation
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.image.ring import Command
from runtime.image.trace import Samples, Setting, TraceBusy, TraceSlot, TraceStatus, slots, turn
from runtime.image.trace_layout import CHANNELS, TraceEdge, TraceState, capacity
from runtime.testing import VirtualPlc, load

SOURCE = """
PROGRAM Main
VAR
    scans : DINT;
    small : SINT;
    big : ULINT := 16#FFFF_FFFF_FFFF_FF00;
    level : REAL;
    far : LREAL;
    pump : BOOL;
    flag AT %QX0.3 : BOOL;
END_VAR
scans := scans + 1;
small := DINT_TO_SINT(-scans);
big := big + 1;
level := DINT_TO_REAL(scans) / 10.0;
far := -level;
pump := scans MOD 8 >= 4;
flag := pump;
END_PROGRAM
"""
PROJECT = """
[plc]
name = "scoped"
sources = ["main.st"]
[task.main]
program = "Main"
interval = "10ms"
"""
MS = 1_000_000
START_NS = 1_000 * MS
ALL = ("scans", "small", "big", "level", "far", "pump", "flag")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scoped")
    (folder / "main.st").write_text(SOURCE)
    (folder / "plc.toml").write_text(PROJECT)
    return folder


@pytest.fixture
def plc(folder: Path) -> Iterator[VirtualPlc]:
    plc = load(folder)
    yield plc
    plc.close()


def place(plc: VirtualPlc, name: str) -> tuple[int, int, int]:
    target = plc.program.find(f"Main.{name}")
    return target.offset, target.type.size, -1 if target.bit is None else target.bit


def channels(plc: VirtualPlc, names: Sequence[str] = ("scans",)) -> list[tuple[int, int, int]]:
    return [place(plc, name) for name in names]


def when(plc: VirtualPlc, name: str, form: Form, relation: Relation, limit: int) -> list[int]:
    return [*place(plc, name), form, relation, limit]


def set_up(plc: VirtualPlc, setting: Setting, number: int = 0) -> TraceSlot:
    slot = slots(plc.block)[number]
    with turn(plc.block):
        slot.set_up(setting, plc.now_ns)
    return slot


def status(slot: TraceSlot) -> TraceStatus:
    found = slot.status()
    assert found is not None
    return found


def samples(slot: TraceSlot, start: int = 0, most: int = 1 << 20, end: int | None = None) -> Samples:
    found = slot.read(status(slot), start, most, end)
    assert found is not None
    return found


def scans_of(slot: TraceSlot, start: int = 0, end: int | None = None) -> list[int]:
    """The values of Main.scans, the first channel."""
    return samples(slot, start, end=end).raw[:, 0].tolist()


def caught(slot: TraceSlot) -> list[list[int]]:
    found = status(slot)
    return [scans_of(slot, each.first, each.end) for each in slot.captures(found)]


# ------------------------------------------------------------------------------------------------------- which samples


def test_every_scan_is_sampled_at_its_end_from_the_next_one_on(plc: VirtualPlc) -> None:
    plc.cycle(3)
    slot = set_up(plc, Setting(channels(plc, ALL), b"what it is"))
    plc.cycle(4)
    found = samples(slot)
    assert found.raw[:, 0].tolist() == [4, 5, 6, 7]
    assert found.scan.tolist() == [4, 5, 6, 7]
    assert found.time_ns.tolist() == [START_NS + n * 10 * MS for n in (3, 4, 5, 6)]
    assert (found.first, found.next, found.lost) == (0, 4, 0)
    last = [int(word) & (1 << 64) - 1 for word in found.raw[-1]]
    real, lreal = struct.pack("<f", 0.7), struct.pack("<d", struct.unpack("<f", struct.pack("<f", -0.7))[0])
    wanted = [7, 0xF9, 0xFFFF_FFFF_FFFF_FF07, *(int.from_bytes(each, "little") for each in (real, lreal)), 1, 1]
    assert last == wanted
    assert status(slot).text == b"what it is"


def test_every_nth_scan(plc: VirtualPlc) -> None:
    slot = set_up(plc, Setting(channels(plc), b"", every=3))
    plc.cycle(10)
    assert scans_of(slot) == [1, 4, 7, 10]


def test_a_scan_that_does_not_run_is_not_sampled(plc: VirtualPlc) -> None:
    slot = set_up(plc, Setting(channels(plc), b""))
    plc.cycle(2)
    plc.order(Command.STOP)
    plc.cycle(5)
    plc.order(Command.START)
    plc.cycle(1)
    assert scans_of(slot) == [1, 2, 3]


def test_a_trace_is_taken_over_by_a_plc_that_stands_still(plc: VirtualPlc) -> None:
    plc.order(Command.STOP)
    plc.cycle(1)
    slot = slots(plc.block)[1]
    generation = slot.set_up(Setting(channels(plc), b""), plc.now_ns)
    assert not slot.is_taken(generation)
    with pytest.raises(TraceBusy):
        slot.set_up(Setting(channels(plc), b""), plc.now_ns)
    plc.cycle(1)
    assert slot.is_taken(generation)
    assert status(slot).state is TraceState.RUNNING


def test_another_setting_begins_behind_the_samples_of_the_one_before(plc: VirtualPlc) -> None:
    slot = set_up(plc, Setting(channels(plc), b"one"))
    plc.cycle(5)
    before = status(slot)
    set_up(plc, Setting(channels(plc, ("pump", "scans")), b"two"))
    plc.cycle(2)
    assert slot.read(before, 0, 100) is None
    found = samples(slot)
    assert (found.first, found.raw[:, 1].tolist(), status(slot).text) == (5, [6, 7], b"two")


def test_all_traces_go_on_side_by_side(plc: VirtualPlc) -> None:
    each = [set_up(plc, Setting(channels(plc), b"", every=n + 1), n) for n in range(4)]
    plc.cycle(4)
    assert [scans_of(slot) for slot in each] == [[1, 2, 3, 4], [1, 3], [1, 4], [1]]


def test_without_a_trace_the_scan_looks_at_one_word(plc: VirtualPlc) -> None:
    slot = set_up(plc, Setting(channels(plc), b""))
    plc.cycle(1)
    assert plc.block.get("traces") == 1
    with turn(plc.block):
        slot.remove()
    plc.cycle(1)
    assert plc.block.get("traces") == 0
    assert slot.status() is None


def test_who_is_not_read_for_the_time_of_its_lease_ends(plc: VirtualPlc) -> None:
    slot = set_up(plc, Setting(channels(plc), b"", lease_ns=50 * MS))
    plc.cycle(4)
    slot.touch(plc.now_ns)
    plc.cycle(6)
    assert status(slot).state is TraceState.RUNNING
    plc.cycle(1)
    assert status(slot).state is TraceState.OFF
    assert status(slot).is_free(plc.now_ns)
    assert plc.block.get("traces") == 0


# ------------------------------------------------------------------------------------------------------------ triggers


@pytest.mark.parametrize(
    ("name", "form", "relation", "limit", "first"),
    [
        ("scans", Form.SIGNED, Relation.EQUAL, 9, 9),
        ("small", Form.SIGNED, Relation.LESS, -6, 7),
        ("small", Form.UNSIGNED, Relation.AT_MOST, 0xF9, 7),
        ("big", Form.UNSIGNED, Relation.AT_LEAST, -0xFA, 6),
        ("level", Form.REAL, Relation.MORE, int.from_bytes(struct.pack("<f", 0.5), "little"), 6),
        ("far", Form.LREAL, Relation.AT_MOST, int.from_bytes(struct.pack("<d", -0.75), "little", signed=True), 8),
        ("flag", Form.UNSIGNED, Relation.EQUAL, 1, 4),
        ("scans", Form.SIGNED, Relation.DIFFERENT, 1, 2),
    ],
)
def test_a_trigger_compares_in_the_type_of_its_variable(
    plc: VirtualPlc, name: str, form: Form, relation: Relation, limit: int, first: int
) -> None:
    condition = when(plc, name, form, relation, limit)
    slot = set_up(plc, Setting(channels(plc), b"", post=2, edge=TraceEdge.HOLDS, condition=condition))
    plc.cycle(first - 1)
    assert status(slot).state is TraceState.ARMED
    plc.cycle(1)
    found = status(slot)
    assert (found.state, found.trigger_scan) == (TraceState.TRIGGERED, first)
    assert found.trigger_ns == START_NS + (first - 1) * 10 * MS
    plc.cycle(1)
    assert status(slot).state is TraceState.DONE
    assert caught(slot) == [[first, first + 1]]


def edge(plc: VirtualPlc, edge: TraceEdge, pre: int, post: int, *, repeat: bool = False, every: int = 1) -> Setting:
    condition = when(plc, "pump", Form.UNSIGNED, Relation.EQUAL, 1)
    return Setting(channels(plc), b"", every, pre, post, repeat, 0, edge, condition)


def test_a_capture_has_what_was_before_its_trigger(plc: VirtualPlc) -> None:
    slot = set_up(plc, edge(plc, TraceEdge.FALLING, 3, 2))
    plc.cycle(30)
    assert caught(slot) == [[5, 6, 7, 8, 9]]  # the pump is on in 4, 5, 6 and 7
    (capture,) = slot.captures(status(slot))
    assert (capture.trigger - capture.first, capture.trigger_scan) == (3, 8)
    assert scans_of(slot) == list(range(1, 10))  # and nothing came behind it
    assert plc.block.get("traces") == 0


def test_a_trigger_that_comes_early_has_less_before_it(plc: VirtualPlc) -> None:
    slot = set_up(plc, edge(plc, TraceEdge.RISING, 10, 2))
    plc.cycle(20)
    assert caught(slot) == [[1, 2, 3, 4, 5]]


def test_an_edge_needs_the_scan_before(plc: VirtualPlc) -> None:
    plc.cycle(4)
    assert plc["Main.pump"]
    slot = set_up(plc, edge(plc, TraceEdge.RISING, 0, 1))
    level = set_up(plc, edge(plc, TraceEdge.HOLDS, 0, 1), 1)
    plc.cycle(20)
    assert (caught(slot), caught(level)) == ([[12]], [[5]])


def test_a_repeated_capture_is_armed_again_at_once(plc: VirtualPlc) -> None:
    slot = set_up(plc, edge(plc, TraceEdge.HOLDS, 1, 2, repeat=True))
    plc.cycle(30)
    assert caught(slot) == [[3, 4, 5], [11, 12, 13], [19, 20, 21], [27, 28, 29]]
    assert status(slot).state is TraceState.ARMED


def test_an_edge_within_a_capture_starts_no_other(plc: VirtualPlc) -> None:
    slot = set_up(plc, edge(plc, TraceEdge.RISING, 0, 10, repeat=True))
    plc.cycle(35)
    assert [part[0] for part in caught(slot)] == [4, 20]


def test_a_trigger_between_two_samples_is_found_in_its_scan(plc: VirtualPlc) -> None:
    slot = set_up(plc, edge(plc, TraceEdge.RISING, 1, 2, every=5))
    plc.cycle(20)
    (capture,) = slot.captures(status(slot))
    assert (capture.trigger_scan, caught(slot)) == (4, [[1, 6, 11]])


def test_only_the_last_captures_are_known(plc: VirtualPlc) -> None:
    slot = set_up(plc, edge(plc, TraceEdge.RISING, 0, 1, repeat=True))
    plc.cycle(8 * 20)
    found = status(slot)
    assert found.captures == 20
    assert [each.number for each in slot.captures(found)] == list(range(14, 20))
    assert caught(slot)[-1] == [156]


def test_so_many_samples_and_no_trigger(plc: VirtualPlc) -> None:
    slot = set_up(plc, Setting(channels(plc), b"", post=3))
    plc.cycle(10)
    assert status(slot).state is TraceState.DONE
    assert caught(slot) == [[1, 2, 3]]


# ---------------------------------------------------------------------------------------------- a ring that comes round


def test_a_slow_reader_loses_the_oldest_and_is_told_how_many(plc: VirtualPlc) -> None:
    slot = set_up(plc, Setting(channels(plc, ("scans",) * CHANNELS), b""))
    room = capacity(CHANNELS)
    plc.cycle(10)
    assert samples(slot, 4, 3).raw[:, 0].tolist() == [5, 6, 7]
    plc.cycle(room)
    found = samples(slot, 7, 5)
    assert (found.lost, found.first, found.next) == (3, 10, 15)
    assert found.raw[:, 0].tolist() == [11, 12, 13, 14, 15]
    assert status(slot).oldest == 10
    whole = samples(slot)
    assert whole.raw.shape == (room, CHANNELS)
    assert (whole.raw == np.arange(11, room + 11).reshape(-1, 1)).all()


def test_who_asks_for_what_is_to_come_gets_nothing_yet(plc: VirtualPlc) -> None:
    slot = set_up(plc, Setting(channels(plc), b""))
    plc.cycle(2)
    found = samples(slot, 2)
    assert (found.next, found.lost, len(found.raw)) == (2, 0, 0)


# ------------------------------------------------------------------------------------------------- what is not believed


@pytest.mark.parametrize(
    "wrong",
    [
        {"channels": [(-8, 8, -1)]},
        {"channels": [(1 << 40, 8, -1)]},
        {"channels": [(200, 3, -1)]},
        {"channels": [(201, 4, -1)]},
        {"channels": [(200, 1, 8)]},
        {"channels": [(200, 1, -1)], "every": 0},
        {"channels": [(200, 1, -1)], "pre": capacity(1), "post": 1},
        {"channels": [(200, 1, -1)], "pre": (1 << 63) - 1, "post": (1 << 63) - 1},
        {"channels": [(200, 1, -1)], "post": -1},
        {"channels": [(200, 1, -1)], "edge": TraceEdge.RISING},
        {"channels": [(200, 1, -1)], "post": 1, "edge": TraceEdge.RISING, "condition": (1 << 40, 1, -1, 0, 0, 0)},
    ],
)
def test_a_setting_that_leads_out_of_the_memory_is_refused(plc: VirtualPlc, wrong: dict[str, object]) -> None:
    slot = set_up(plc, Setting(**{"text": b"", **wrong}))  # pyright: ignore[reportArgumentType]
    plc.cycle(2)
    assert status(slot).state is TraceState.REFUSED
    assert plc.block.get("traces") == 0
    set_up(plc, Setting(channels(plc), b""))
    plc.cycle(1)
    assert scans_of(slot) == [3]


# ------------------------------------------------------------------------------------------------ another engine begins


def test_another_engine_goes_on_with_what_was_set_up(plc: VirtualPlc) -> None:
    running = set_up(plc, Setting(channels(plc), b"kept"))
    done = set_up(plc, Setting(channels(plc), b"", post=2), 1)
    plc.cycle(5)
    view.prepare(plc.block, plc.program, plc.now_ns)
    plc.block.set("state", EngineState.RUN)
    plc.cycle(2)
    assert (status(running).text, scans_of(running), status(running).first) == (b"kept", [1, 2], 5)
    assert caught(done) == [[1, 2]]  # the values before the end of the engine, which is what people look for
    assert status(done).state is TraceState.DONE


def test_another_process_sets_up_and_reads(plc: VirtualPlc) -> None:
    other = Block.attach(plc.block.fd)
    with turn(other):
        slots(other)[2].set_up(Setting(channels(plc), b"from elsewhere"), plc.now_ns)
    plc.cycle(3)
    assert scans_of(slots(other)[2]) == [1, 2, 3]
