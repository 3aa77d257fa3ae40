"""Points to requests: the fewest reads, and the runs of writes.

Reading. Points of one area are joined into blocks. Two neighbours may share a request when at most `max_gap` items
between them belong to nobody, and when the block stays within the protocol's and the device's limit. Going through the
points by address and closing a block only when the next point does not fit in gives the fewest blocks: a point that
does not fit would begin the next block in any plan, and whatever else that plan put into the first block ends before
it does (tests compare with an exhaustive search).

A gap may hold addresses that the device refuses. A refused block is taken apart, first at its gaps, then by halves,
until the good points get through:

    ReadRegion      one planned block, whole or as the parts that proved necessary
      ReadBlock     one request and how its answer becomes values

The parts are remembered. Seldom, and each time more seldom, the whole block is tried again.

Writing. `write_runs` joins neighbours without any gap; bits of registers become mask writes, one for each register.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from io_drivers.codec import Conversion, Rows
from io_drivers.modbus import client
from io_drivers.modbus.config import BIT_AREAS, REGISTER_AREAS, DeviceSettings, Point
from io_drivers.modbus.registers import Gather, Place, to_bytes

REJOIN_FIRST_NS = 60_000_000_000
REJOIN_LONGEST_NS = 3_600_000_000_000
_OVERLAPPING = -1


def coalesce(points: Sequence[Point], max_gap: int, max_count: int) -> list[list[Point]]:
    """Points of one area into the fewest blocks. A `max_gap` of -1 joins only points that share an item."""
    blocks: list[list[Point]] = []
    start = end = 0
    for point in sorted(points, key=lambda p: (p.address, p.end)):
        if blocks and point.address - end <= max_gap and max(end, point.end) - start <= max_count:
            blocks[-1].append(point)
            end = max(end, point.end)
        else:
            blocks.append([point])
            start, end = point.address, point.end
    return blocks


class ReadBlock:
    """One read request. `rows` are the points' rows in the input block."""

    def __init__(self, points: Sequence[Point]) -> None:
        self.points = tuple(points)
        self.area = points[0].area
        self.address = min(p.address for p in points)
        self.count = max(p.end for p in points) - self.address
        self.request = client.read_request(self.area, self.address, self.count)
        self.rows: NDArray[np.intp] = np.array([p.channel.index for p in points], np.intp)
        places = [Place(p.address - self.address, p.channel.wire_type, p.byte_order, p.bit) for p in points]
        self._gather = Gather(places, self.request.data_bytes, registers=self.area in REGISTER_AREAS)
        self._to_block = Conversion.to_block([p.channel for p in points])
        self.silent = 0  # unanswered requests in a row
        self.resume_ns = 0  # left out until then: it was refused or stays unanswered, while the device answers others
        self.problem = ""

    def __str__(self) -> str:
        last = self.address + self.count - 1
        return f"{self.area} {self.address}" + (f" to {last}" if last > self.address else "")

    def decode(self, data: bytes) -> tuple[Rows, NDArray[np.bool_]]:
        """Data of an answer of the expected length -> block values (n, 8), and which of them fit their types."""
        return self._to_block(self._gather(data))

    def split(self) -> list[ReadBlock]:
        """Smaller blocks for the same points, or none when it is all one piece."""
        without_gaps = coalesce(self.points, 0, self.count)
        if len(without_gaps) > 1:
            return [ReadBlock(points) for points in without_gaps]
        pieces = coalesce(self.points, _OVERLAPPING, self.count)
        if len(pieces) == 1:
            return []
        half = len(pieces) // 2
        return [ReadBlock([p for piece in part for p in piece]) for part in (pieces[:half], pieces[half:])]


class ReadRegion:
    """A planned block and what experience made of it."""

    def __init__(self, points: Sequence[Point]) -> None:
        self.whole = ReadBlock(points)
        self.parts: list[ReadBlock] = []
        self._rejoin_ns = 0
        self._patience_ns = REJOIN_FIRST_NS

    @property
    def blocks(self) -> list[ReadBlock]:
        """What is read of the region when nothing is tried."""
        return self.parts or [self.whole]

    def due(self, now_ns: int) -> list[ReadBlock]:
        """What to read now. Where the region is in parts and the time has come, the whole block instead: a trial,
        once.
        """
        if self.parts and now_ns >= self._rejoin_ns:
            self._rejoin_ns = now_ns + self._patience_ns
            return [self.whole]
        return [block for block in self.blocks if now_ns >= block.resume_ns]

    def on_trial(self, block: ReadBlock) -> bool:
        return block is self.whole and bool(self.parts)

    def accepted(self, block: ReadBlock) -> None:
        """The device answered the block."""
        if block is self.whole:
            self.parts = []
            self._patience_ns = REJOIN_FIRST_NS

    def trial_failed(self, now_ns: int) -> list[ReadBlock]:
        """The device still refuses the whole block: wait longer until the next trial. What to read now instead."""
        self._patience_ns = min(2 * self._patience_ns, REJOIN_LONGEST_NS)
        self._rejoin_ns = now_ns + self._patience_ns
        return [part for part in self.parts if now_ns >= part.resume_ns]

    def take_apart(self, block: ReadBlock, now_ns: int) -> list[ReadBlock]:
        """The device does not know all addresses of the block: what to read instead, nothing when it is one piece."""
        pieces = block.split()
        if pieces and block is self.whole:
            self._rejoin_ns = now_ns + self._patience_ns
            self.parts = pieces
        elif pieces:
            at = self.parts.index(block)
            self.parts[at : at + 1] = pieces
        return pieces


def read_regions(points: Sequence[Point], settings: DeviceSettings) -> list[ReadRegion]:
    """The fewest reads for a device's input points."""
    regions: list[ReadRegion] = []
    for area in (*BIT_AREAS, *REGISTER_AREAS):
        members = [p for p in points if p.area == area]
        limit = settings.max_bits if area in BIT_AREAS else settings.max_registers
        regions += [ReadRegion(block) for block in coalesce(members, settings.max_gap, limit)]
    return regions


# ------------------------------------------------------------------------------------------------------------- writing


class MaskWrite(Struct, frozen=True):
    """Bits of one register. `set_bits` within `bits`: which of them are to be 1."""

    bits: int
    set_bits: int


class WriteRun(Struct, frozen=True):
    """Neighbouring outputs that go in one request. `members` index what `write_runs` was given; `mask` where they are
    bits of one register.
    """

    area: str
    address: int
    members: tuple[int, ...]
    request: client.Request
    mask: MaskWrite | None = None


def write_runs(
    points: Sequence[Point], values: Rows, settings: DeviceSettings, alone: Callable[[Point], bool]
) -> list[WriteRun]:
    """The requests that write `values` (n, 8) to `points` (n,), by area and address. Points that are `alone` are not
    joined with others.
    """
    order = sorted(range(len(points)), key=lambda n: (points[n].area, points[n].address, points[n].bit))
    bits = [n for n in order if points[n].bit >= 0]
    runs = [_mask_run(points, values, list(group)) for _, group in groupby(bits, key=lambda n: points[n].address)]
    current: list[int] = []
    for n in (n for n in order if points[n].bit < 0):
        if current and not _joins(points, current, n, settings, alone):
            runs.append(_run(points, values, current))
            current = []
        current.append(n)
    if current:
        runs.append(_run(points, values, current))
    return runs


def _joins(
    points: Sequence[Point], current: list[int], n: int, settings: DeviceSettings, alone: Callable[[Point], bool]
) -> bool:
    first, last, point = points[current[0]], points[current[-1]], points[n]
    if point.area in BIT_AREAS:
        limit = min(client.MAX_WRITE_BITS, settings.max_bits)
    else:
        limit = min(client.MAX_WRITE_REGISTERS, settings.max_registers)
    return (
        point.area == last.area
        and point.address == last.end
        and point.end - first.address <= limit
        and not alone(point)
        and not alone(last)
    )


def _run(points: Sequence[Point], values: Rows, members: list[int]) -> WriteRun:
    first = points[members[0]]
    if first.area in BIT_AREAS:
        request = client.write_bits_request(first.address, [bool(values[n, 0]) for n in members])
    else:
        data = b"".join(to_bytes(values[n], points[n].channel.wire_type, points[n].byte_order) for n in members)
        request = client.write_registers_request(first.address, data)
    return WriteRun(first.area, first.address, tuple(members), request)


def _mask_run(points: Sequence[Point], values: Rows, members: list[int]) -> WriteRun:
    bits = set_bits = 0
    for n in members:
        point = points[n]
        bit = point.bit ^ 8 if point.byte_order in ("BADC", "DCBA") else point.bit
        bits |= 1 << bit
        set_bits |= bool(values[n, 0]) << bit
    address = points[members[0]].address
    request = client.mask_request(address, ~bits & 0xFFFF, set_bits)
    return WriteRun("holding", address, tuple(members), request, MaskWrite(bits, set_bits))
