"""The start of a PLC: what is stored, made into the values that its retained variables begin with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from iec61131.program import CompiledProgram
from runtime.service.retain.carrying import Report, Row, carry
from runtime.service.retain.clocks import go_on
from runtime.service.retain.disk import Folder
from runtime.service.retain.generations import Generations
from runtime.service.retain.stored import OfNewerVersion, Stored, describe

FOLDER = "retained"
"""Within the folder of a PLC."""
_ROWS_SAID = 10


class CannotRecall(Exception):
    """What is stored must not be passed over, and cannot be read. The text is for people."""


class Recalled(Struct, frozen=True):
    """`values` to begin with; `stored` is what they were made of, None when there was nothing; `damaged` says of each
    file that cannot be read why.
    """

    generations: Generations
    values: bytes
    report: Report
    stored: Stored | None
    damaged: dict[str, str]


def recall(folder: Path, program: CompiledProgram, now_ns: int, utc_ns: int, *, cold: bool = False) -> Recalled:
    """For the PLC whose files are in `folder`, at `now_ns` of the scan clock, which is `utc_ns` of the day. Raises
    CannotRecall.
    """
    generations = Generations(Folder(folder / FOLDER))
    try:
        found = generations.read()
    except (OSError, OfNewerVersion) as error:
        cause = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        raise CannotRecall(f"the retained variables in {folder / FOLDER} cannot be read: {cause}") from error
    values, report = carry(found.newest, program, cold=cold)
    if found.newest is not None:
        values = go_on(values, describe(program), found.newest, now_ns, utc_ns)
    return Recalled(generations, values, report, found.newest, found.damaged)


def lines(recalled: Recalled) -> Iterator[str]:
    """What people may want to know of it."""
    if recalled.stored is None:
        for name, cause in recalled.damaged.items():
            yield f"retained variables begin with their initial values: the file '{name}' cannot be read, {cause}"
        return
    yield f"retained variables as of {time_text(recalled.stored.utc_ns)}: {summary(recalled.report)}"
    rows = recalled.report.rows
    yield from (row_text(row) for row in rows[:_ROWS_SAID])
    if len(rows) > _ROWS_SAID:
        yield "the others: `rung retain` shows them before a start, GET /api/plcs/NAME/retained after one"


def summary(report: Report) -> str:
    """The numbers, those that are not 0."""
    numbers = {name: getattr(report, name) for name in ("kept", "converted", "dropped", "new")}
    return ", ".join(f"{number:,} {name}" for name, number in numbers.items() if number) or "none"


def row_text(row: Row) -> str:
    return f"{row.path}: {row.became}" + (f" ({row.note})" if row.note else "")


def time_text(utc_ns: int) -> str:
    """A time of day, in UTC."""
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=utc_ns // 1000):%Y-%m-%d %H:%M:%S} UTC"
