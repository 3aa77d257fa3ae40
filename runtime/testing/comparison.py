"""Two recordings of the same signals: where they differ by more than is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from runtime.service.tracing.signals import Signals

_ROUNDING_S = 1e-9  # the scan's clock counts nanoseconds

Exact = NDArray[np.longdouble]
"""64 bits of mantissa: whole numbers of every type, and REALs, are themselves."""


class Difference(Struct, frozen=True):
    """A signal that differs, `time_s` where. `text` says the first place."""

    name: str
    time_s: NDArray[np.float64]
    text: str


def differences(found: Signals, wanted: Signals, tolerance: Mapping[str, float], shift_s: float) -> list[Difference]:
    """Every signal that has a value at some time which the other one has not had within `shift_s` of it, give or take
    the tolerance. Both ways, so that neither a value too many nor one too few goes unseen.
    """
    ends = _ends(found.time_s, wanted.time_s, shift_s)
    differ = [_difference(found, wanted, name, tolerance.get(name, 0.0), shift_s) for name in found.values]
    return [*ends, *(each for each in differ if each is not None)]


def _ends(found_s: NDArray[np.float64], wanted_s: NDArray[np.float64], shift_s: float) -> list[Difference]:
    found, wanted = (float(times[-1]) if len(times) else 0.0 for times in (found_s, wanted_s))
    step_s = float(wanted_s[1] - wanted_s[0]) if len(wanted_s) > 1 else 0.0
    if (len(found_s) == 0) == (len(wanted_s) == 0) and abs(found - wanted) < shift_s + step_s + _ROUNDING_S:
        return []
    text = f"it ends at {found:g} s with {len(found_s)} samples, the reference at {wanted:g} s with {len(wanted_s)}"
    return [Difference("", np.zeros(0), text)]


def _difference(found: Signals, wanted: Signals, name: str, tolerance: float, shift_s: float) -> Difference | None:
    if not len(found.time_s) or not len(wanted.time_s):
        return None
    ours, theirs = found.values[name], wanted.values[name]
    too_many = _outside(found.time_s, ours, wanted.time_s, theirs, tolerance, shift_s)
    too_few = _outside(wanted.time_s, theirs, found.time_s, ours, tolerance, shift_s)
    at_s = np.union1d(found.time_s[too_many], wanted.time_s[too_few])
    if not len(at_s):
        return None
    first_s = float(at_s[0])
    values = f"{_at(found, name, first_s)} instead of {_at(wanted, name, first_s)}"
    allowed = f" (tolerance {tolerance:g})" if tolerance else ""
    return Difference(name, at_s, f"{name}: at {len(at_s)} times, first at {first_s:g} s: {values}{allowed}")


def _outside(
    time_s: NDArray[np.float64],
    values: NDArray[Any],
    other_s: NDArray[np.float64],
    others: NDArray[Any],
    tolerance: float,
    shift_s: float,
) -> NDArray[np.bool_]:
    """Which of the values lie outside of what the other signal was from `shift_s` before to `shift_s` after. Nothing is
    said where that was not recorded.
    """
    seen = (time_s >= other_s[0] + shift_s - _ROUNDING_S) & (time_s <= other_s[-1] - shift_s + _ROUNDING_S)
    first = np.searchsorted(other_s, time_s - shift_s + _ROUNDING_S, "right") - 1
    behind = np.searchsorted(other_s, time_s + shift_s + _ROUNDING_S, "right")
    first = np.maximum(first, 0)
    spans = np.stack([first, np.maximum(behind, first + 1)], axis=1).ravel()
    padded: Exact = np.append(others.astype(np.longdouble), others[-1:].astype(np.longdouble))
    low, high = np.minimum.reduceat(padded, spans)[::2], np.maximum.reduceat(padded, spans)[::2]
    exact = values.astype(np.longdouble)
    inside = (exact >= low - tolerance) & (exact <= high + tolerance)
    return seen & ~(inside | (np.isnan(exact) & np.isnan(low)))


def _at(signals: Signals, name: str, time_s: float) -> str:
    row = max(int(np.searchsorted(signals.time_s, time_s + _ROUNDING_S, "right")) - 1, 0)
    return str(signals.values[name][row])
