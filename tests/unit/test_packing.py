"""Stretches of ticks come back from their bytes as they were, bit for bit, and those bytes are few."""

from __future__ import annotations

from typing import Any, cast

import msgpack
import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from numpy.typing import NDArray

from io_drivers.codec import Conversion
from io_drivers.contract import Channel, Connection, Device, Direction
from io_drivers.numeric_types import TYPES
from runtime.service.bound import Bound
from runtime.service.recording import counts, frames, packing, prediction, scans
from runtime.service.recording.counts import AS_THEY_ARE, COUNTS, DECIMALS, STEPS, UNKNOWN, Scaling
from tests.unit import handmade
from tests.unit.stretches import any_stretch, differing, even_stretch

ODD = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-42, 3.4e38, 0.1, 1 / 3, 16777217.0, 1e15, 1e300, -1e-320])
WORDS = st.integers(-(1 << 63), (1 << 63) - 1)
FINITE = st.floats(-1e9, 1e9).filter(lambda x: abs(x) > 1e-9)
INTEGERS = [name for name, kind in TYPES.items() if not kind.is_float and not name.endswith("TIME")]


def short(values: Any) -> NDArray[np.int64]:
    """Of numbers as REAL, the raw values."""
    with np.errstate(over="ignore"):
        return np.asarray(values).astype(np.float32).view(np.uint32).astype(np.int64)


def of_size(size: int, count: int, scale: float = 1.0, offset: float = 0.0) -> Scaling:
    return Scaling(np.full(count, size, np.uint8), np.full(count, scale), np.full(count, offset))


def channel(index: int, wire_type: str, type_: str, scale: float, offset: float) -> Channel:
    return Channel(index, f"io.p{index}", Direction.INPUT, wire_type, type_, scale, offset)


def waves(points: int, noise: float, seed: int = 1) -> NDArray[np.int64]:
    """Counts of an analogue card for two seconds at 100 Hz."""
    rng = np.random.default_rng(seed)
    phase, period_s = rng.random(points) * 2 * np.pi, 10 + 100 * rng.random(points)
    at_s = np.arange(200)[:, None] / 100
    level = 2048 + 1500 * np.sin(phase + 2 * np.pi * at_s / period_s) + rng.normal(0, noise, (200, points))
    return np.round(level).astype(np.int64)


# --------------------------------------------------------------------------------------------------------------- counts


@st.composite
def converted(draw: st.DrawFn) -> tuple[list[Channel], NDArray[np.int64]]:
    """Channels, and what their driver has made of counts that wander about: raw values (rows, channels)."""
    channels = [
        channel(index, draw(st.sampled_from(INTEGERS)), draw(st.sampled_from(["REAL", "LREAL"])), draw(FINITE), offset)
        for index, offset in enumerate(draw(st.lists(st.one_of(st.just(0.0), FINITE), min_size=1, max_size=6)))
    ]
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    rows = draw(st.integers(1, 40))
    raw = np.zeros((rows, len(channels)), np.int64)
    decode = Conversion.to_block(channels)
    for row in range(rows):
        wire = np.zeros((len(channels), 8), np.uint8)
        for number, each in enumerate(channels):
            kind = TYPES[each.wire_type]
            count = int(rng.integers(max(kind.low, -30_000), min(kind.high, 30_000) + 1))
            wire[number, : kind.size] = np.array([count], kind.code).view(np.uint8)
        raw[row] = decode(wire)[0].view(np.int64)[:, 0]
    return channels, raw


@given(converted())
def test_what_a_driver_has_scaled_comes_back_bit_for_bit(made: tuple[list[Channel], NDArray[np.int64]]) -> None:
    channels, raw = made
    scaling = counts.scaling_of(handmade_bound(channels))
    kept = counts.whole(raw, scaling)
    assert np.array_equal(counts.raw_of(kept, scaling), raw)
    columns, forms = kept.columns, kept.forms
    for number, each in enumerate(channels):
        if abs(each.offset) < 1e3 * abs(each.scale):  # so that a REAL tells every count from its neighbours
            assert forms[number] == (DECIMALS if (each.scale, each.offset) == (1.0, 0.0) else COUNTS)
            assert np.abs(columns[:, number]).max() <= 30_000


def handmade_bound(channels: list[Channel]) -> Bound:
    bound = handmade.bound(handmade.program())
    output = Channel(0, "io.out", Direction.OUTPUT, "REAL", "REAL", 7.0)
    return replace(bound, connections=(Connection("line", {}, (Device("io", {}, (output, *reversed(channels))),)),))


def test_the_scaling_of_channels_is_in_their_order() -> None:
    of = counts.scaling_of(
        handmade_bound([channel(0, "INT", "REAL", 0.5, -3.0), channel(1, "INT", "INT", 2.0, 0.0),
                        channel(2, "UINT", "LREAL", 0.1, 1.0)])
    )  # fmt: skip
    assert (of.size.tolist(), of.scale.tolist(), of.offset.tolist()) == ([4, 0, 8], [0.5, 2.0, 0.1], [-3.0, 0.0, 1.0])


def test_numbers_with_few_decimals_are_whole_ones() -> None:
    rng = np.random.default_rng(4)
    numbers = rng.integers(-5000, 5000, 60)
    values = [numbers * 0.1, numbers / 1000, numbers + 0.5, rng.normal(size=60), np.resize(ODD, 60)]
    values += [numbers * 0.0, np.zeros(60)]  # of which the first has both zeros
    raw = short(np.array(values).T)
    kept = counts.whole(raw, of_size(4, 7))
    assert kept.forms.tolist() == [DECIMALS + 1, DECIMALS + 3, DECIMALS + 1, *[AS_THEY_ARE] * 3, DECIMALS]
    assert np.array_equal(kept.columns[:, 0], numbers)
    assert np.array_equal(counts.raw_of(kept, of_size(4, 7)), raw)
    long = np.array([numbers * 0.01 + 1e6, rng.normal(size=60), np.resize(ODD, 60)]).T.view(np.int64)
    kept = counts.whole(long, of_size(8, 3))
    assert kept.forms.tolist() == [DECIMALS + 2, AS_THEY_ARE, AS_THEY_ARE]
    assert np.array_equal(counts.raw_of(kept, of_size(8, 3)), long)


def test_one_value_that_was_no_count_leaves_its_column_as_it_is() -> None:
    scaling = of_size(4, len(ODD) + 1, 6 / 4095, -1.234567)
    raw = short(waves(len(ODD) + 1, 0.3) * (6 / 4095) - 1.234567)
    raw[117, : len(ODD)] = short(ODD)
    kept = counts.whole(raw, scaling)
    assert COUNTS not in kept.forms[:8]  # large numbers can be many counts
    assert kept.forms[-1] == COUNTS
    assert np.array_equal(counts.raw_of(kept, scaling), raw)


def test_forms_that_a_channel_cannot_have_are_refused() -> None:
    columns = np.zeros((3, 2), np.int64)
    for forms, scaling in (([0, 8], of_size(4, 2)), ([0, 1], of_size(0, 2)), ([0, 1], of_size(4, 1)), ([0], UNKNOWN)):
        with pytest.raises(ValueError, match="counts of channels that have none"):
            counts.raw_of(
                counts.Whole(columns, np.array(forms, np.uint8), np.zeros((2, 0)), np.zeros((3, 0), np.int64)), scaling
            )


@pytest.mark.parametrize("arithmetic", [np.float64, np.float32])
def test_a_scale_that_only_the_device_knows_is_found_in_its_values(arithmetic: type[np.floating[Any]]) -> None:
    rng = np.random.default_rng(3)
    scales, offsets = rng.uniform(0.0005, 0.05, 60), rng.choice([0.0, 20.0, -7.77], 60)
    levels = waves(60, 0.3)
    raw = short(levels.astype(arithmetic) * scales.astype(arithmetic) + offsets.astype(arithmetic))
    kept = counts.whole(raw, of_size(4, 60))
    assert (kept.forms == STEPS).mean() > 0.9
    assert np.array_equal(counts.raw_of(kept, of_size(4, 60)), raw)
    steps = np.round(scales[kept.forms == STEPS] / kept.lines[0], 5)
    assert (np.abs(steps - 1.0) < 1e-4).mean() > 0.9
    assert (kept.lines[1] == 0.0).sum() >= (offsets[kept.forms == STEPS] == 0.0).sum()
    size, left = (len(packing.pack(even_stretch(raw), each)) for each in (of_size(4, 60), UNKNOWN))
    assert size < 0.55 * left


def test_values_that_are_no_numbers_go_in_no_steps() -> None:
    raw = short(waves(len(ODD), 0.3) * 0.0123 + 0.4)
    raw[50] = short(ODD)
    raw[51] = short(np.random.default_rng(1).normal(size=len(ODD)))
    assert np.array_equal(counts.whole(raw, of_size(4, len(ODD))).columns, raw)
    noise = short(np.random.default_rng(1).normal(20, 1, (200, 50)))
    assert STEPS not in counts.whole(noise, of_size(4, 50)).forms


# ----------------------------------------------------------------------------------------------------------- prediction


@given(st.lists(st.lists(WORDS, min_size=25, max_size=25), max_size=4), st.integers(0, 25))
def test_any_column_is_expected_again(columns: list[list[int]], rows: int) -> None:
    made = np.ascontiguousarray(np.array(columns, np.int64).reshape(-1, 25)[:, :rows])
    found, ways, _ = prediction.unexpected(made)
    assert np.array_equal(prediction.expected_again(found, ways), made)
    for way in range(len(prediction.WAYS)):
        ways[:] = way
        again = prediction.expected_again(found, ways)
        assert again.shape == made.shape


def test_each_signal_has_its_way() -> None:
    rows, rng = np.arange(400), np.random.default_rng(1)
    level = np.full(400, 5000)
    made = np.array([level, rows * 1_000_003, np.cumsum(rng.integers(-9, 9, 400)), level + rng.integers(-9, 9, 400),
                     np.round(1e3 * np.sin(rows / 100) + rng.normal(0, 9, 400)).astype(np.int64)])  # fmt: skip
    _, ways, bits = prediction.unexpected(made)
    assert [prediction.WAYS[way] for way in ways] == [
        ("mean", 1), ("line", 2), ("mean", 1), ("mean", 16), ("line", 16)
    ]  # fmt: skip
    assert bits[0] == 0
    assert 0 < bits[1] < 0.1
    assert (bits[2:] < 5).all()


def test_what_is_expected_belongs_to_the_format() -> None:
    """Other weights would read every recording wrongly, and nothing would tell."""
    ways = np.arange(len(prediction.WAYS), dtype=np.uint8)
    impulses = np.zeros((len(ways), 20), np.int64)
    impulses[:, [0, 9]] = 2 << 20
    again = prediction.expected_again(impulses, ways)
    assert (again[:, :9] == 1 << 20).all()
    assert again[:, 9:14].tolist() == [
        [2097152, 2097152, 2097152, 2097152, 2097152],
        [2097152, 3145728, 4194304, 5242880, 6291456],
        [2097152, 1572864, 1722688, 1891200, 2071727],
        [2097152, 1468032, 1525206, 1582414, 1639611],
        [2097152, 1310720, 1376256, 1458176, 1560576],
        [2097152, 1153408, 1153463, 1153415, 1153413],
    ]


def test_a_way_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no such way"):
        prediction.expected_again(np.zeros((1, 3), np.int64), np.array([len(prediction.WAYS)], np.uint8))


# -------------------------------------------------------------------------------------------------------------- packing


@given(st.integers(0, 1 << 32), st.integers(1, 60), st.integers(0, 9))
def test_what_is_packed_is_the_same_when_it_is_unpacked(seed: int, ticks: int, inputs: int) -> None:
    made = any_stretch(seed, ticks, inputs)
    if made.raw.size and seed % 2:  # a few REALs, of which any two make steps
        made.raw[:] = short(np.random.default_rng(seed).choice([*ODD, 1.5, 1.25, -3.0], made.raw.shape))
    for scaling in (UNKNOWN, of_size(4, inputs, 0.3, 2.0), of_size(8, inputs), of_size(4, max(0, inputs - 1))):
        assert differing(made, packing.unpack(packing.pack(made, scaling), scaling)) == []


@settings(max_examples=60)
@given(st.data())
def test_values_of_every_kind_side_by_side_come_back_bit_for_bit(data: st.DataObject) -> None:
    """Counts, noise, what was never read, substitutes, and what is no number, in one stretch."""
    points = data.draw(st.integers(1, 12))
    noise = data.draw(st.sampled_from([0.0, 0.05, 0.3, 3.0, 400.0]))
    levels = waves(points, noise, data.draw(st.integers(0, 99)))
    scale, offset = data.draw(FINITE), data.draw(FINITE)
    sizes = np.array(data.draw(st.lists(st.sampled_from([0, 4, 8]), min_size=points, max_size=points)), np.uint8)
    scaling = Scaling(sizes, np.full(points, scale), np.full(points, offset))
    if data.draw(st.booleans()):  # by its device, and its channel does not know
        scaling = Scaling(sizes, np.ones(points), np.zeros(points))
    values = levels * scale + offset
    raw = np.where(sizes == 4, short(values), np.where(sizes == 8, values.view(np.int64), levels))
    for row, point in data.draw(st.lists(st.tuples(st.integers(0, 199), st.integers(0, points - 1)), max_size=5)):
        odd = data.draw(st.sampled_from([float(value) for value in ODD]))
        raw[row, point] = short(odd) if sizes[point] == 4 else np.float64(odd).view(np.int64)
    made = even_stretch(raw)
    made.quality[data.draw(st.integers(0, 199)) :] = data.draw(st.integers(0, 2))
    made.reason[data.draw(st.integers(0, 199)) :: 3] = data.draw(st.integers(0, 8))
    assert differing(made, packing.unpack(packing.pack(made, scaling), scaling)) == []


def test_a_real_takes_as_much_as_the_count_that_it_was() -> None:
    levels = waves(200, 0.3)
    size = len(packing.pack(even_stretch(levels), UNKNOWN))
    assert size * 8 / levels.size < 1.7
    for raw, scaling in (
        (short(levels * 0.0244140625 - 12.7), of_size(4, 200, 0.0244140625, -12.7)),
        (short(levels * -(6 / 4095)), of_size(4, 200, -(6 / 4095))),
        (short(levels * 0.1), of_size(4, 200)),
        (short(levels * np.float32(0.1)), of_size(4, 200, float(np.float32(0.1)))),
        ((levels * 0.1 - 7.3).view(np.int64), of_size(8, 200, 0.1, -7.3)),
    ):
        assert len(packing.pack(even_stretch(raw), scaling)) < size * 1.02


def test_what_stands_still_takes_next_to_nothing() -> None:
    rng = np.random.default_rng(1)
    still = np.repeat(rng.integers(-(1 << 63), (1 << 63) - 1, (1, 500)), 200, axis=0)
    first = len(packing.pack(even_stretch(still[:1]), UNKNOWN))
    assert len(packing.pack(even_stretch(still), UNKNOWN)) < first + 1000


def _parts(packed: bytes) -> tuple[list[Any], list[bytes]]:
    plain, *pieces = msgpack.unpackb(packed)
    return msgpack.unpackb(zstandard.ZstdDecompressor().decompress(plain)), pieces


def _whole(plain: Any, pieces: list[bytes]) -> bytes:
    return _as_bytes([zstandard.ZstdCompressor().compress(_as_bytes(plain)), *pieces])


def _as_bytes(plain: Any) -> bytes:
    return cast(bytes, msgpack.packb(plain))


def test_other_bytes_are_refused() -> None:
    packed = packing.pack(even_stretch(waves(5, 0.3)), UNKNOWN)
    plain, pieces = _parts(packed)
    assert packing.unpack(_whole(plain, pieces), UNKNOWN).ticks == 200
    wrong = [
        b"", b"x", _as_bytes(5), _as_bytes([]), _as_bytes(["x"]), packed[:-1],
        _whole(5, pieces), _whole(plain[:-1], pieces), _whole(plain, pieces[1:]), _whole(plain, [*pieces, b""]),
        _whole(plain, [b"x"] * len(pieces)), _whole(plain, pieces[::-1]),
    ]  # fmt: skip
    first_row = 9
    others: tuple[Any, ...] = (-1, 0, 1 << 20, 1 << 62, 2.5, None, b"", b"\xff" * 2)
    for place in range(1, len(plain)):
        longer = (plain[place] + b"\0",) if place > 4 else ()
        wrong += [
            _whole([*plain[:place], other, *plain[place + 1 :]], pieces)
            for other in (*others, *longer)
            if other != plain[place] and (place, other) != (first_row, b"")  # in which all is zero
        ]
    wrong += [_whole([other, *plain[1:]], pieces) for other in (2.5, None, b"")]
    for number, each in enumerate(wrong):
        try:
            packing.unpack(each, UNKNOWN)
        except scans.Damaged:
            continue
        raise AssertionError(f"number {number} was taken")


@settings(max_examples=300)
@given(st.data())
def test_whatever_bytes_say_nothing_but_damaged_is_raised(data: st.DataObject) -> None:
    """No file is believed: not in its sizes, not in the numbers of pieces and ways."""
    plain, pieces = _parts(packing.pack(even_stretch(waves(3, 0.3)[:20]), UNKNOWN))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(plain) - 1))
        if isinstance(plain[place], int):
            plain[place] = data.draw(st.one_of(st.integers(-5, 50), st.integers(-(1 << 63), (1 << 64) - 1)))
        elif plain[place]:
            changed = bytearray(plain[place])
            changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
            plain[place] = bytes(changed)
    try:
        found = packing.unpack(_whole(plain, pieces), of_size(4, 3))
    except scans.Damaged:
        return
    assert found.raw.shape == found.quality.shape


def test_what_would_be_larger_than_it_may_be_is_not_unpacked() -> None:
    packed = zstandard.ZstdCompressor().compress(bytes(1 << 20))
    assert frames.inflated(packed, 1 << 20) == bytes(1 << 20)
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(100))
    for each, most_bytes in (
        (packed, (1 << 20) - 1),
        (packed[:-1], 1 << 20),
        (b"", 9),
        (b"x" * 50, 99),
        (unsized, 999),
    ):
        with pytest.raises(frames.NotWhole):
            frames.inflated(each, most_bytes)
