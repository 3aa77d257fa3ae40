"""Wire values to block values and back, for many channels at once.

Both sides are tables of 8-byte rows, uint8 (n, 8), each value little-endian at the start of its row and the unused
bytes zero: on the wire side in the channel's `wire_type`, on the block side in its `type`. A `Conversion` is prepared
once for a fixed list of channels, in one direction, and then applied to whole tables:

    decode = Conversion.to_block(channels)      block = wire * scale + offset
    encode = Conversion.to_wire(channels)       wire = (block - offset) / scale
    values, fits = decode(table)                fits (n,): False where the result is no value of the target type; then 0

Rules: an integer result is rounded half to even. Nothing saturates and nothing wraps: what does not fit, does not fit.
A number that is not finite is no measurement and no command, so NaN and infinity never fit, in either direction.
Integers without scale and offset are converted exactly over 64 bits; every other conversion passes through LREAL and
is exact to 53 bits.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from io_drivers.contract import Channel
from io_drivers.numeric_types import TYPES, NumericType

Rows = NDArray[np.uint8]
"""Values as 8-byte rows, (n, 8)."""


class Conversion:
    """See the module's text. Calling it allocates its two results and touches nothing else."""

    def __init__(self, channels: Sequence[Channel], *, to_block: bool) -> None:
        members: dict[tuple[str, str, bool], list[int]] = defaultdict(list)
        for number, channel in enumerate(channels):
            _check(channel)
            scaled = channel.scale != 1.0 or channel.offset != 0.0
            ends = (channel.wire_type, channel.type) if to_block else (channel.type, channel.wire_type)
            members[(*ends, scaled)].append(number)
        self._count = len(channels)
        self._groups = [
            _Group(
                rows=np.array(numbers, np.intp),
                source=TYPES[source],
                target=TYPES[target],
                scale=np.array([channels[n].scale for n in numbers]) if scaled else None,
                offset=np.array([channels[n].offset for n in numbers]) if scaled else None,
                to_block=to_block,
            )
            for (source, target, scaled), numbers in members.items()
        ]

    @classmethod
    def to_block(cls, channels: Sequence[Channel]) -> Conversion:
        return cls(channels, to_block=True)

    @classmethod
    def to_wire(cls, channels: Sequence[Channel]) -> Conversion:
        return cls(channels, to_block=False)

    def __call__(self, table: Rows) -> tuple[Rows, NDArray[np.bool_]]:
        """Convert (n, 8) rows; see the module's text. Raises nothing."""
        result = np.zeros((self._count, 8), np.uint8)
        fits = np.ones(self._count, np.bool_)
        for group in self._groups:
            group.convert(table, result, fits)
        return result, fits


class _Group(Struct, frozen=True, eq=False):
    """The channels that are converted alike."""

    rows: NDArray[np.intp]
    source: NumericType
    target: NumericType
    scale: NDArray[np.float64] | None
    offset: NDArray[np.float64] | None
    to_block: bool

    def convert(self, table: Rows, result: Rows, fits: NDArray[np.bool_]) -> None:
        values: NDArray[Any] = table[self.rows].view(self.source.code)[:, 0]
        if self.source.name == "BOOL":
            values = (values != 0).view(np.uint8)
        with np.errstate(all="ignore"):
            if self.scale is not None and self.offset is not None:
                numbers = values.astype(np.float64)
                values = numbers * self.scale + self.offset if self.to_block else (numbers - self.offset) / self.scale
            good, fit = _into(values, self.target)
        raw = np.zeros((len(good), 8), np.uint8)
        raw[:, : self.target.size] = good.view(np.uint8).reshape(len(good), self.target.size)
        result[self.rows] = raw
        fits[self.rows] = fit


def _into(values: NDArray[Any], target: NumericType) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """`values` of any numeric dtype as `target`'s dtype, contiguous, with zeros where they do not fit."""
    if target.is_float:
        result = np.ascontiguousarray(values, np.dtype(target.code))
        fits: NDArray[np.bool_] = np.isfinite(result)
    else:
        if values.dtype.kind == "f":
            values = np.rint(values)
            # The upper bound is exclusive because 2**63 - 1 is no LREAL, while high + 1 always is.
            fits = (values >= float(target.low)) & (values < float(target.high + 1))
        else:
            fits = (values >= target.low) & (values <= target.high)
        result = np.where(fits, values, 0).astype(target.code)
    if not fits.all():
        result = np.where(fits, result, result.dtype.type(0))
    return result, fits


def _check(channel: Channel) -> None:
    for name in (channel.wire_type, channel.type):
        if name not in TYPES:
            raise ValueError(
                f"{channel.name}: {name} is not a type that drivers convert; they convert {', '.join(TYPES)}"
            )
    if channel.scale == 0.0 or not math.isfinite(channel.scale) or not math.isfinite(channel.offset):
        raise ValueError(
            f"{channel.name}: scale {channel.scale} and offset {channel.offset} must be finite, and the scale not 0"
        )
