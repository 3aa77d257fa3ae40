"""References of traces: tables as text (CSV), which a person can read and a version control system compare.

time_s,Main.Level,Main.Pump
0.0,1.25,FALSE
0.1,1.26,TRUE
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.service.tracing.signals import Signals
from runtime.testing.errors import BadReference

_TIME = "time_s"
_BOOLS = {"TRUE": True, "FALSE": False}


def text(signals: Signals) -> str:
    """Numbers in the shortest form that reads back as the same."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([_TIME, *signals.values])
    columns = [[f"{value}" for value in signals.time_s], *(_words(column) for column in signals.values.values())]
    writer.writerows(zip(*columns, strict=True))
    return written.getvalue()


def _words(column: NDArray[Any]) -> list[str]:
    return [str(value).upper() if column.dtype == np.bool_ else str(value) for value in column]


def read(path: Path, like: Signals) -> Signals:
    """The reference of a trace that has these signals, in their types. Raises BadReference."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
    except FileNotFoundError:
        raise BadReference(f"there is no reference {path}; pytest --rung-update-traces writes it") from None
    except (ValueError, csv.Error):
        raise BadReference(f"{path} is empty, or no table") from None
    wanted = [_TIME, *like.values]
    if head != wanted:
        raise BadReference(f"{path} has the columns {', '.join(head)}; the trace has {', '.join(wanted)}")
    try:
        columns = [*zip(*rows, strict=True)] or [() for _ in wanted]
        types = [np.dtype(np.float64), *(column.dtype for column in like.values.values())]
        time_s, *values = (_column(words, dtype) for words, dtype in zip(columns, types, strict=True))
    except (ValueError, KeyError, OverflowError) as error:
        raise BadReference(f"{path} has a row or value that does not belong there: {error}") from None
    return Signals(time_s, dict(zip(like.values, values, strict=True)))


def _column(words: Sequence[str], dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype == np.bool_:
        return np.array([_BOOLS[word] for word in words], np.bool_)
    return np.array([float(word) if dtype.kind == "f" else int(word) for word in words], dtype)
