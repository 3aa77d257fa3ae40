"""Samples as values of their types, a column for each variable.

| IEC type | column |
|---|---|
| BOOL | bool |
| integers, bit strings, REAL, LREAL | numbers of that type |
| TIME, LTIME | double, in milliseconds, and the name says so: `Main.Wait (ms)` |
| enumeration | its number, with the labels beside it |
| DATE, TOD, DT and their long forms | nanoseconds; text where people read it |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from iec61131.program import NUMPY_FORMAT, Target
from runtime.service.conditions import DURATIONS
from runtime.service.dates import CALENDAR, format_date

MS = 1_000_000


class Kind(Struct, frozen=True):
    """How a column is read: the name and elementary type of its variable, and the labels of an enumeration."""

    path: str
    base: str
    labels: dict[int, str] = field(default_factory=dict[int, str])

    @classmethod
    def of(cls, target: Target) -> Kind:
        labels = dict[int, str]()
        for label, number in target.type.labels:
            labels.setdefault(number, label)
        return cls(target.path, target.type.base, labels)

    @property
    def title(self) -> str:
        return f"{self.path} (ms)" if self.base in DURATIONS else self.path

    @property
    def format(self) -> str:
        """Of its values, for numpy."""
        return "|b1" if self.is_bool else NUMPY_FORMAT[self.base]

    @property
    def is_bool(self) -> bool:
        return self.base == "BOOL"


class Column(Struct, frozen=True):
    """`values` (n,) in the type of the variable, BOOL as bool, TIME as nanoseconds."""

    kind: Kind
    values: NDArray[Any]

    @property
    def shown(self) -> NDArray[Any]:
        """As it is written and drawn: TIME in milliseconds."""
        return self.values / MS if self.kind.base in DURATIONS else self.values

    def texts(self) -> list[str]:
        """Each value as people write it."""
        if self.kind.is_bool:
            return ["TRUE" if value else "FALSE" for value in self.values]
        if self.kind.labels:
            return [self.kind.labels.get(value, str(value)) for value in self.values.tolist()]
        if self.kind.base in CALENDAR:
            return [format_date(self.kind.base, value) for value in self.values.tolist()]
        if self.values.dtype == np.float32:
            return [str(value) for value in self.values]
        return [str(value) for value in self.shown.tolist()]


class Table(Struct, frozen=True):
    """(n,) samples of several variables. `time_s` counts from the trigger, or the first sample; `utc_ns` since 1970."""

    time_s: NDArray[np.float64]
    utc_ns: NDArray[np.int64]
    scan: NDArray[np.int64]
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.time_s)


def typed(kind: Kind, raw: NDArray[np.int64]) -> NDArray[Any]:
    """From words as the scan copied them."""
    if kind.is_bool:
        return raw != 0
    format_ = NUMPY_FORMAT[kind.base]
    return raw.astype(f"<u{format_[2]}").view(format_)


def table(
    kinds: Sequence[Kind],
    time_ns: NDArray[np.int64],
    scan: NDArray[np.int64],
    values: Sequence[NDArray[Any]],
    *,
    zero_ns: int,
    utc_offset_ns: int,
) -> Table:
    """`time_ns` on the clock of the scan, on which `zero_ns` is where time is counted from."""
    columns = tuple(Column(kind, column) for kind, column in zip(kinds, values, strict=True))
    return Table((time_ns - zero_ns) / 1e9, time_ns + utc_offset_ns, scan, columns)
