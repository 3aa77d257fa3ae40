"""Requests: the fewest, within every limit, decoded right, taken apart where a device refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from io_drivers.contract import Channel, Device, Direction
from io_drivers.modbus import config
from io_drivers.modbus.config import Point
from io_drivers.modbus.plan import REJOIN_FIRST_NS, ReadBlock, ReadRegion, coalesce, read_regions, write_runs
from io_drivers.modbus.registers import to_bytes
from io_drivers.modbus.wire_types import BYTE_ORDERS, REGISTERS
from tests.drivers.harness import raw, registers, value

WIDTH = {1: "INT", 2: "DINT", 4: "LINT"}


def point(address: int, wire_type: str = "INT", area: str = "holding", order: str = "ABCD", bit: int = -1) -> Point:
    size = 1 if area in config.BIT_AREAS else REGISTERS[wire_type]
    channel = Channel(address, f"d.{area}{address}", Direction.INPUT, wire_type, wire_type)
    return Point(channel, area, address, size, order, bit)


def allowed(block: list[Point], max_gap: int, max_count: int) -> bool:
    """May these points share a request? Counted item by item."""
    needed = {item for p in block for item in range(p.address, p.end)}
    span = range(min(needed), max(needed) + 1)
    longest = run = 0
    for item in span:
        run = 0 if item in needed else run + 1
        longest = max(longest, run)
    return len(span) <= max_count and longest <= max_gap


def fewest(points: list[Point], max_gap: int, max_count: int) -> int:
    """Every way to distribute the points, tried."""
    best = len(points)
    blocks: list[list[Point]] = []

    def place(rest: list[Point]) -> None:
        nonlocal best
        if len(blocks) >= best and rest:
            return
        if not rest:
            if all(allowed(b, max_gap, max_count) for b in blocks):
                best = min(best, len(blocks))
            return
        for block in blocks:
            block.append(rest[0])
            place(rest[1:])
            block.pop()
        blocks.append([rest[0]])
        place(rest[1:])
        blocks.pop()

    place(points)
    return best


small_points = st.lists(
    st.tuples(st.integers(0, 10), st.sampled_from([1, 1, 2, 4])).map(lambda p: point(p[0], WIDTH[p[1]])),
    min_size=1,
    max_size=6,
)


@settings(max_examples=500)
@given(small_points, st.integers(0, 4), st.integers(4, 12))
def test_no_plan_needs_fewer_requests(points, max_gap, max_count):
    blocks = coalesce(points, max_gap, max_count)
    assert sorted(id(p) for block in blocks for p in block) == sorted(id(p) for p in points)
    assert all(allowed(block, max_gap, max_count) for block in blocks)
    assert len(blocks) == fewest(points, max_gap, max_count)


def test_a_thousand_registers_take_eight_requests_and_areas_are_kept_apart():
    limits = config.device_settings(Device("d", {}, ()))
    points = [point(n) for n in range(1000)] + [point(n, "BOOL", "coil") for n in range(2001)]
    regions = read_regions(points, limits)
    assert [(r.whole.area, r.whole.count) for r in regions] == [("coil", 2000), ("coil", 1)] + [("holding", 125)] * 8


numeric = st.sampled_from(sorted(set(REGISTERS) - {"BOOL"}))


@given(st.lists(st.tuples(numeric, st.sampled_from(BYTE_ORDERS), st.integers(0, 3)), min_size=1, max_size=8), st.data())
def test_decoding_in_every_order(kinds, data):
    points, image, expected = [], [], []
    for wire_type, order, gap in kinds:
        image += [0xDEAD] * gap
        points.append(point(len(image), wire_type, order=order))
        kind_bits = 8 * max(1, 2 * REGISTERS[wire_type])
        if wire_type in ("REAL", "LREAL"):
            number = data.draw(st.floats(-1e6, 1e6, width=32))
        elif wire_type in ("SINT", "USINT", "BYTE"):
            number = data.draw(st.integers(-128, 127) if wire_type == "SINT" else st.integers(0, 255))
        elif wire_type[0] in "UWDL" and wire_type not in ("DINT", "LINT"):
            number = data.draw(st.integers(0, 2**kind_bits - 1))
        else:
            number = data.draw(st.integers(-(2 ** (kind_bits - 1)), 2 ** (kind_bits - 1) - 1))
        wide = {"SINT": "INT", "USINT": "UINT", "BYTE": "UINT"}.get(wire_type, wire_type)
        words = registers(wide, number, order)
        image += words
        expected.append(number)
        row = np.frombuffer(raw(wire_type, number), np.uint8)
        assert to_bytes(row, wire_type, order) == b"".join(w.to_bytes(2, "big") for w in words), "and encoding"
    block = ReadBlock(points)
    values, fits = block.decode(b"".join(w.to_bytes(2, "big") for w in image[block.address :]))
    assert fits.all()
    assert [value(p.channel.type, v) for p, v in zip(points, values, strict=True)] == expected


@given(st.integers(0, 0xFFFF), st.sampled_from(BYTE_ORDERS))
def test_bits_of_a_register_are_numbered_in_its_value(number, order):
    block = ReadBlock([point(7, "BOOL", order=order, bit=bit) for bit in range(16)])
    (word,) = registers("UINT", number, order)
    values, _ = block.decode(word.to_bytes(2, "big"))
    assert values[:, 0].tolist() == [number >> bit & 1 for bit in range(16)]


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_coils_come_eight_to_a_byte(bits):
    block = ReadBlock([point(100 + n, "BOOL", "coil") for n in range(len(bits))])
    data = sum(bit << n for n, bit in enumerate(bits)).to_bytes((len(bits) + 7) // 8, "little")
    assert len(data) == block.request.data_bytes
    assert block.decode(data)[0][:, 0].tolist() == bits


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from([1, 2, 4])), min_size=1, max_size=20),
    st.sets(st.integers(0, 43), max_size=6),
    st.integers(0, 8),
)
def test_refused_blocks_come_apart_until_every_good_point_is_read(places, bad, max_gap):
    points = [point(address, WIDTH[size]) for address, size in places]
    number = {id(p): n for n, p in enumerate(points)}
    read: set[int] = set()
    for group in coalesce(points, max_gap, 125):
        region = ReadRegion(group)
        work = region.due(0)
        for _ in range(200):
            if not work:
                break
            block = work.pop()
            if bad & set(range(block.address, block.address + block.count)):
                work += region.take_apart(block, 0)
            else:
                region.accepted(block)
                read |= {number[id(p)] for p in block.points}
        assert not work, "taking apart comes to an end"
    hopeless = {n for n, p in enumerate(points) if bad & set(range(p.address, p.end))}
    assert not read & hopeless
    for _ in points:  # a point that shares a register with a bad one cannot be told from it
        hopeless |= {
            n
            for n, p in enumerate(points)
            if any(p.address < points[m].end and points[m].address < p.end for m in hopeless)
        }
    assert read >= set(range(len(points))) - hopeless


def test_joining_again_is_tried_seldom_and_ever_more_seldom():
    region = ReadRegion([point(0), point(5)])
    parts = region.take_apart(region.whole, 0)
    assert [str(b) for b in parts] == ["holding 0", "holding 5"]
    assert region.due(REJOIN_FIRST_NS - 1) == parts
    assert region.due(REJOIN_FIRST_NS) == [region.whole]
    assert region.due(REJOIN_FIRST_NS) == parts, "one trial"
    assert region.trial_failed(REJOIN_FIRST_NS) == parts
    assert region.due(2 * REJOIN_FIRST_NS) == parts
    assert region.due(3 * REJOIN_FIRST_NS) == [region.whole]
    region.accepted(region.whole)
    assert region.due(3 * REJOIN_FIRST_NS) == [region.whole]
    assert region.parts == []


# ------------------------------------------------------------------------------------------------------------- writing


def runs(points: list[Point], numbers: list[float], alone: set[int] | None = None, **device):
    values = np.frombuffer(
        b"".join(raw(p.channel.wire_type, n) for p, n in zip(points, numbers, strict=True)), np.uint8
    ).reshape(-1, 8)
    limits = config.device_settings(Device("d", device, ()))
    return write_runs(points, values, limits, lambda p: p.address in (alone or set()))


def test_neighbours_are_written_together_whatever_their_order():
    points = [point(3), point(1, "DINT"), point(5), point(0, "BOOL", "coil"), point(1, "BOOL", "coil")]
    found = runs(points, [7, 0x10002, 9, 1, 0])
    assert [(r.area, r.address, r.members, r.request.pdu.hex()) for r in found] == [
        ("coil", 0, (3, 4), "0f000000020101"),
        ("holding", 1, (1, 0), "100001000306000100020007"),
        ("holding", 5, (2,), "0600050009"),
    ]
    assert found[0].request.echo.hex() == "0f00000002"
    assert (found[2].request.echo.hex(), found[2].request.echo_bytes) == ("060005", 5)


def test_single_values_use_the_single_functions():
    (coil,) = runs([point(9, "BOOL", "coil")], [1])
    assert coil.request.pdu.hex() == "050009ff00"
    (real,) = runs([point(9, "REAL", order="CDAB")], [1.5])
    assert real.request.pdu.hex() == "10000900020400003fc0"


def test_runs_end_at_the_limits():
    assert [len(r.members) for r in runs([point(n) for n in range(130)], [0] * 130)] == [123, 7]
    assert [len(r.members) for r in runs([point(n) for n in range(10)], [0] * 10, max_registers=4)] == [4, 4, 2]
    coils = [point(n, "BOOL", "coil") for n in range(2000)]
    assert [len(r.members) for r in runs(coils, [0] * 2000)] == [1968, 32]


def test_points_that_failed_together_go_alone():
    assert [r.members for r in runs([point(n) for n in range(4)], [0] * 4, {1})] == [(0,), (1,), (2, 3)]


@pytest.mark.parametrize(("order", "expected"), [("ABCD", "ffda0005"), ("BADC", "daff0500")])
def test_bits_of_one_register_become_one_mask_write(order, expected):
    points = [point(4, "BOOL", order=order, bit=bit) for bit in (0, 2, 5)]
    (run,) = runs(points, [1, 1, 0])
    assert run.request.pdu.hex() == "160004" + expected
