"""Numbers with few decimals, as most values of instruments are once they are scaled, as whole numbers.

A REAL in tenths has bits that look like noise, while the tenths themselves change little. A column is kept as whole
numbers where every one of its values comes back with the very same bits; others are left as they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_DIGITS = 5
_LREAL = 16
"""Added to a form of LREAL."""
AS_THEY_ARE = 0
_LEAST, _MOST = 1e-5, 1e9


def whole(raw: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """The columns of raw values, and the form of each: `AS_THEY_ARE`, or 1 + its decimals."""
    forms = np.zeros(raw.shape[1], np.uint8)
    if not len(raw):
        return raw, forms
    columns = raw.copy()
    is_short = ~(raw >> 32).any(axis=0)
    for short in (True, False):
        untried = np.flatnonzero(is_short == short)
        for digits in range(_DIGITS):
            values = _values(raw[:, untried], short=short)
            largest = np.abs(values).max(axis=0, initial=0.0)
            untried = untried[(largest > _LEAST) & (largest < _MOST)]  # NaN is neither
            numbers = np.rint(_values(raw[:, untried], short=short) * 10.0**digits).astype(np.int64)
            fits = (_bits(numbers, digits, short=short) == raw[:, untried]).all(axis=0)
            columns[:, untried[fits]] = numbers[:, fits]
            forms[untried[fits]] = digits + 1 + (0 if short else _LREAL)
            untried = untried[~fits]
    return columns, forms


def raw_of(columns: NDArray[np.int64], forms: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The reverse. Raises ValueError for a form that there is not."""
    raw = columns.copy()
    for form in np.unique(forms[forms != AS_THEY_ARE]).tolist():
        digits = form % _LREAL - 1
        if not 0 <= digits < _DIGITS or form > 2 * _LREAL:
            raise ValueError(f"no form {form}")
        chosen = forms == form
        raw[:, chosen] = _bits(columns[:, chosen], digits, short=form < _LREAL)
    return raw


def _values(raw: NDArray[np.int64], *, short: bool) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # a signalling NaN among what may be no number at all
        return raw.astype(np.uint32).view(np.float32).astype(np.float64) if short else raw.view(np.float64)


def _bits(numbers: NDArray[np.int64], digits: int, *, short: bool) -> NDArray[np.int64]:
    values = numbers / 10.0**digits
    return values.astype(np.float32).view(np.uint32).astype(np.int64) if short else values.view(np.int64)
