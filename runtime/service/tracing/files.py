"""Samples in files: CSV, which everything reads, and Parquet, which keeps the types.

    time_s,utc,scan,Main.Level,Main.Pump,Main.Wait (ms),Main.State
    -0.010000000,2026-03-01T12:00:00.120000000Z,41,1.25,FALSE,12.5,Filling

`time_s` counts from the trigger, or from the first sample; `scan` is the number of the scan behind which a sample was
taken: where samples were lost, it leaps.
"""

from __future__ import annotations

import csv
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.service.dates import CALENDAR, DAY_NS, format_date
from runtime.service.refused import Refused
from runtime.service.tracing.columns import Column, Kind, Table

WRONG, USAGE, CANNOT = 1, 2, 3
HEAD = ("time_s", "utc", "scan")
SUFFIXES = (".csv", ".parquet")
MAX_VALUES = 50_000_000
"""Of a file that is read."""
_UNIT = " (ms)"
_BOOLS = {"TRUE": True, "FALSE": False}


class Writer(Protocol):
    def write(self, table: Table) -> None: ...

    def close(self) -> None: ...


def writer(path: Path, kinds: Sequence[Kind]) -> Writer:
    """By the suffix of the name. Raises Refused."""
    try:
        if path.suffix.lower() == ".parquet":
            return ParquetWriter(path, kinds)
        file = path.open("w", encoding="utf-8", newline="")
        return CsvWriter(file, kinds, file.close)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror or error}", CANNOT) from error


def check_suffix(path: Path) -> None:
    """Raises Refused."""
    if path.suffix.lower() not in SUFFIXES:
        raise Refused(f"'{path}' ends neither in .csv nor in .parquet", USAGE)
    if path.suffix.lower() == ".parquet":
        _pyarrow()


# ------------------------------------------------------------------------------------------------------------------ CSV


class CsvWriter:
    """Rows as they come. `close` is what is done at the end."""

    def __init__(self, file: IO[str], kinds: Sequence[Kind], close: Callable[[], None] = lambda: None) -> None:
        self._file, self._close = file, close
        self._rows = csv.writer(file, lineterminator="\n")
        self._rows.writerow([*HEAD, *(kind.title for kind in kinds)])

    def write(self, table: Table) -> None:
        times = [f"{value:.9f}" for value in table.time_s.tolist()]
        moments = [f"{format_utc(value)}Z" for value in table.utc_ns.tolist()]
        columns = [column.texts() for column in table.columns]
        self._rows.writerows(zip(times, moments, table.scan.tolist(), *columns, strict=True))
        self._file.flush()

    def close(self) -> None:
        self._close()


def format_utc(utc_ns: int) -> str:
    """Always with nine decimals, so that the columns are straight."""
    text = format_date("DT", utc_ns // 10**9 * 10**9)
    return f"{text}.{utc_ns % 10**9:09}"


# -------------------------------------------------------------------------------------------------------------- Parquet


def _pyarrow() -> tuple[Any, Any]:
    """The library is 150 MB large, and few need it."""
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise Refused("Parquet needs a further library: pip install 'rung[parquet]'", CANNOT) from None


class ParquetWriter:
    """A group of rows for each call."""

    def __init__(self, path: Path, kinds: Sequence[Kind]) -> None:
        self._arrow, parquet = _pyarrow()
        fields = [("time_s", self._arrow.float64()), ("utc", self._arrow.timestamp("ns", tz="UTC"))]
        fields += [("scan", self._arrow.int64()), *((kind.title, self._type(kind)) for kind in kinds)]
        self._schema = self._arrow.schema(fields)
        self._writer = parquet.ParquetWriter(str(path), self._schema)

    def _type(self, kind: Kind) -> Any:
        if kind.labels or kind.base in CALENDAR:
            return self._arrow.string()
        empty = Column(kind, np.zeros(0, kind.format))
        return self._arrow.from_numpy_dtype(empty.shown.dtype)

    def write(self, table: Table) -> None:
        columns: list[Any] = [table.time_s, table.utc_ns, table.scan]
        columns += [c.texts() if c.kind.labels or c.kind.base in CALENDAR else c.shown for c in table.columns]
        arrays = [
            self._arrow.array(column, type=field.type) for column, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


# ----------------------------------------------------------------------------------------------------------------- read


def read(path: Path) -> Table:
    """What `writer` wrote. Raises Refused."""
    try:
        names, columns = _read_parquet(path) if path.suffix.lower() == ".parquet" else _read_csv(path)
        if tuple(names[:3]) != HEAD:
            raise Refused(f"{path} is no trace: its first columns are not {', '.join(HEAD)}", WRONG)
        time_s, utc, scan, *values = columns
        return Table(
            np.array(time_s, np.float64),
            np.array([_utc_ns(each) for each in utc], np.int64),
            np.array(scan, np.int64),
            tuple(_column(name, words) for name, words in zip(names[3:], values, strict=True)),
        )
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror or error}", CANNOT) from error
    except (ValueError, OverflowError, csv.Error) as error:
        raise Refused(f"{path} is no trace: {error}", WRONG) from error


def _read_csv(path: Path) -> tuple[list[str], list[Sequence[Any]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        names = next(reader, list[str]())
        rows, count = list[list[str]](), 0
        for row in reader:
            count += len(row)
            if count > MAX_VALUES:
                raise ValueError(f"it has more than {MAX_VALUES:,} values")
            if len(row) != len(names):
                raise ValueError(f"row {len(rows) + 2} has {len(row)} values instead of {len(names)}")
            rows.append(row)
    return names, [*zip(*rows, strict=True)] if rows else [() for _ in names]


def _read_parquet(path: Path) -> tuple[list[str], list[Sequence[Any]]]:
    arrow, parquet = _pyarrow()
    try:
        found = parquet.read_table(str(path))
    except arrow.ArrowInvalid as error:
        raise ValueError(error) from error
    if found.num_rows * found.num_columns > MAX_VALUES:
        raise ValueError(f"it has more than {MAX_VALUES:,} values")
    names = list(found.column_names)
    columns = [found.column(name) for name in names]
    moments = [arrow.types.is_timestamp(column.type) for column in columns]
    plain = [
        column.cast(arrow.int64()) if is_moment else column for column, is_moment in zip(columns, moments, strict=True)
    ]
    return names, [column.to_pylist() for column in plain]


def _utc_ns(moment: object) -> int:
    if isinstance(moment, int):
        return moment
    text = str(moment)
    seconds, _, decimals = text.removesuffix("Z").partition(".")
    day, _, clock = seconds.partition("T")
    days = int(np.datetime64(day, "D").astype(np.int64))
    hour, minute, second = (int(part) for part in clock.split(":"))
    return days * DAY_NS + (hour * 3600 + minute * 60 + second) * 10**9 + int(decimals.ljust(9, "0"))


def _column(name: str, words: Sequence[Any]) -> Column:
    """In the simplest type that all of it has: BOOL, whole numbers, numbers, else labels."""
    path, base = (name.removesuffix(_UNIT), "TIME") if name.endswith(_UNIT) else (name, "")
    if base:
        return Column(Kind(path, base), np.round(np.array(words, np.float64) * 1e6).astype(np.int64))
    if words and all(isinstance(word, bool) or word in _BOOLS for word in words):
        return Column(Kind(path, "BOOL"), np.array([_BOOLS.get(word, word) for word in words], np.bool_))
    numbers = _numbers(words)
    if numbers is not None:
        return Column(Kind(path, "LREAL" if numbers.dtype.kind == "f" else "LINT"), numbers)
    labels = [*dict.fromkeys(str(word) for word in words)]
    number_of = {label: number for number, label in enumerate(labels)}
    numbers = np.array([number_of[str(word)] for word in words], np.int64)
    return Column(Kind(path, "LINT", dict(enumerate(labels))), numbers)


def _numbers(words: Sequence[Any]) -> NDArray[Any] | None:
    try:
        whole = [int(word) for word in words if not isinstance(word, float)]
        if len(whole) == len(words):
            return np.array(whole, np.uint64 if whole and max(whole) >= 1 << 63 else np.int64)
    except ValueError:
        pass
    try:
        return np.array([float(word) for word in words], np.float64)
    except ValueError:
        return None
