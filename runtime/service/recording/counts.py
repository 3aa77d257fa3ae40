"""Values of instruments, which were whole numbers before they were scaled, as those whole numbers.

A REAL in an odd scale, or in tenths, has bits that look like noise, while the counts behind it change little. A column
is kept as counts where every one of its values comes back with the very same bits; others are left as they are. What
made a value of a count is tried in this order:

| form | value of a count |
|---|---|
| COUNTS | count * scale + offset, as the project file has them for the channel and as `io_drivers.codec` computes it |
| DECIMALS + n | count / 10**n, of devices that scale themselves |
| STEPS | count * step + origin, found in the values (`steps`); then some units in the last place; REAL only |

All are computed in LREAL and rounded to REAL where that is the channel's type. The formulas belong to the format of a
recording and are not those of the drivers: should these come to compute in another way, columns are left as they are,
and what was recorded before is read as it was written.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from io_drivers.contract import Direction
from runtime.service.bound import Bound
from runtime.service.recording.steps import lines_through

AS_THEY_ARE, COUNTS, DECIMALS = range(3)
_DIGITS = 5
_FORMS = (COUNTS, *range(DECIMALS, DECIMALS + _DIGITS))
STEPS = DECIMALS + _DIGITS
_BELOW = float(1 << 52)
"""Larger counts are none: up to here LREAL has all whole numbers, and halves."""
_PROBES = 4
"""Rows of a column that are tried before all of them are."""
_MOST_BITS = 3.0
"""Of a correction, the mean: with more of them steps are none."""
_SIZES = {"REAL": 4, "LREAL": 8}


class Scaling(Struct, frozen=True, eq=False):
    """Of each input channel: `size` uint8, the bytes of its REAL or LREAL, 0 for other types; `scale` and `offset`
    float64. There may be fewer than a stretch has columns: a PLC in virtual time without inputs has room for one.
    """

    size: NDArray[np.uint8]
    scale: NDArray[np.float64]
    offset: NDArray[np.float64]


UNKNOWN = Scaling(np.zeros(0, np.uint8), np.zeros(0), np.zeros(0))
"""Of channels that nothing is known of."""


def scaling_of(bound: Bound) -> Scaling:
    channels = [c for one in bound.connections for device in one.devices for c in device.channels]
    inputs = sorted((c for c in channels if c.direction is Direction.INPUT), key=lambda channel: channel.index)
    return Scaling(
        np.array([_SIZES.get(channel.type, 0) for channel in inputs], np.uint8),
        np.array([channel.scale for channel in inputs], np.float64),
        np.array([channel.offset for channel in inputs], np.float64),
    )


class Whole(Struct, frozen=True, eq=False):
    """Columns as they are kept (rows, columns), and the form of each. Of those with the form STEPS, k in all: step and
    origin of each (2, k), and the corrections (rows, k).
    """

    columns: NDArray[np.int64]
    forms: NDArray[np.uint8]
    lines: NDArray[np.float64]
    corrections: NDArray[np.int64]


def whole(raw: NDArray[np.int64], scaling: Scaling) -> Whole:
    """Raw values in the form that suits each column."""
    columns, forms = raw.copy(), np.zeros(raw.shape[1], np.uint8)
    if not len(raw):
        return Whole(columns, forms, np.zeros((2, 0)), raw[:, :0])
    probes = raw[:: max(1, len(raw) // _PROBES)]
    is_scaled = (scaling.scale != 1.0) | (scaling.offset != 0.0)
    for size in _SIZES.values():
        untried = np.flatnonzero(scaling.size[: raw.shape[1]] == size)
        for form in _FORMS:
            likely = untried[is_scaled[untried]] if form == COUNTS else untried
            likely = likely[_counted(probes, likely, form, scaling)[1]]
            counts, fits = _counted(raw, likely, form, scaling)
            columns[:, likely[fits]], forms[likely[fits]] = counts[:, fits], form
            untried = untried[forms[untried] == AS_THEY_ARE]
    return _in_steps(raw, columns, forms, scaling)


def _in_steps(raw: NDArray[np.int64], columns: NDArray[np.int64], forms: NDArray[np.uint8], scaling: Scaling) -> Whole:
    """The same `columns` and `forms`, with those that go in steps."""
    is_left = (scaling.size[: raw.shape[1]] == _SIZES["REAL"]) & (forms[: len(scaling.size)] == AS_THEY_ARE)
    chosen = np.flatnonzero(is_left)
    chosen = chosen[(raw[:, chosen] != raw[0, chosen]).any(axis=0)]
    lines = np.array(lines_through(_values_of(raw[:, chosen])))
    counts = _steps_of(raw[:, chosen], lines)
    corrections = raw[:, chosen] - _raw_on(lines, counts)
    is_right = (lines[0] > 0) & (np.log2(1 + 2.0 * np.abs(corrections)).mean(axis=0) < _MOST_BITS)
    columns[:, chosen[is_right]], forms[chosen[is_right]] = counts[:, is_right], STEPS
    return Whole(columns, forms, lines[:, is_right], corrections[:, is_right])


def raw_of(kept: Whole, scaling: Scaling) -> NDArray[np.int64]:
    """The reverse. Raises ValueError for forms that these channels cannot have."""
    raw, forms = kept.columns.copy(), kept.forms
    sizes = np.zeros(raw.shape[1], np.uint8)
    known = scaling.size[: len(sizes)]
    sizes[: len(known)] = known
    if forms.shape != sizes.shape or (forms > STEPS).any() or (sizes[forms != AS_THEY_ARE] == 0).any():
        raise ValueError("counts of channels that have none")
    for form, size in sorted(set(zip(forms.tolist(), sizes.tolist(), strict=True))):
        chosen = np.flatnonzero((forms == form) & (sizes == size))
        if form in _FORMS:
            raw[:, chosen] = _raw(raw[:, chosen], chosen, form, scaling)
    chosen = forms == STEPS
    if chosen.any():
        raw[:, chosen] = _raw_on(kept.lines, raw[:, chosen]) + kept.corrections
    return raw


def _counted(
    raw: NDArray[np.int64], chosen: NDArray[np.intp], form: int, scaling: Scaling
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Counts of the `chosen` columns, all of one size; and which of these columns they are right for."""
    bits = raw[:, chosen]
    is_short = bool((scaling.size[chosen] == _SIZES["REAL"]).any())
    with np.errstate(all="ignore"):  # some are no numbers
        values = _values_of(bits) if is_short else bits.view(np.float64)
        if form == COUNTS:
            numbers = np.rint((values - scaling.offset[chosen]) / scaling.scale[chosen])
        else:
            numbers = np.rint(values * 10.0 ** (form - DECIMALS))
        fits = (np.abs(numbers) < _BELOW).all(axis=0)  # NaN is not
        counts = np.where(fits, numbers, 0.0).astype(np.int64)
    return counts, fits & (_raw(counts, chosen, form, scaling) == bits).all(axis=0)


def _steps_of(raw: NDArray[np.int64], lines: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many of them lead to each value of REAL; 0 where there are none."""
    with np.errstate(all="ignore"):
        numbers = np.rint((_values_of(raw) - lines[1]) / lines[0])
        return np.where(lines[0] > 0, numbers, 0.0).astype(np.int64)


def _raw_on(lines: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    with np.errstate(all="ignore"):  # what a damaged file says
        return _bits_of(counts.astype(np.float64) * lines[0] + lines[1])


def _values_of(raw: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of REAL."""
    with np.errstate(invalid="ignore"):  # a signalling NaN
        return raw.astype(np.uint32).view(np.float32).astype(np.float64)


def _bits_of(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """As REAL."""
    return values.astype(np.float32).view(np.uint32).astype(np.int64)


def _raw(counts: NDArray[np.int64], chosen: NDArray[np.intp], form: int, scaling: Scaling) -> NDArray[np.int64]:
    """What counts of the `chosen` columns, all of one size, are as raw values."""
    numbers = counts.astype(np.float64)
    with np.errstate(all="ignore"):  # damaged counts may be far too large
        if form == COUNTS:
            values = numbers * scaling.scale[chosen] + scaling.offset[chosen]
        else:
            values = numbers / 10.0 ** (form - DECIMALS)
        if (scaling.size[chosen] == _SIZES["REAL"]).any():
            return _bits_of(values)
    return values.view(np.int64)
