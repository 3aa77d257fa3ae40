"""What a program learns of its own tasks (TASK_INFO): numba functions that the kernel calls.

While a task runs, the kernel puts what it measured into the news of that task. Before the tasks of the next scan run,
`tell` makes a record of it, as of a command, and adds it to the row of the task in the program's memory. The record is
in the journal as every command is: how long a task took cannot be computed again, and a program that asks for it has to
see the same in a replay. There nothing is measured, and `take` is called with the records of the journal.

| word of the news | |
|---|---|
| 0 | Command.TASK_RUN |
| 1 | number of the task |
| 2 | 1 where it ran |
| 3, 4 | duration and latency in nanoseconds |
| 5 | 1 where it ended behind its next release |
| 6 | releases lost |

In virtual time a run takes no time, and it is as late as its tick.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from enum import IntEnum

from iec61131.program import TASK_ROW
from runtime.engine import journaling
from runtime.engine.arrays import View, called_natively
from runtime.engine.states import EngineState
from runtime.image.block import WORD, Words
from runtime.image.ring import RECORD_WORDS, Command

NEWS_WORDS = RECORD_WORDS
_TASK, _RAN, _DURATION, _LATENCY, _OVERRUN, _LOST = 1, 2, 3, 4, 5, 6
_ROW = {name: number for number, name in enumerate(TASK_ROW)}
_ROW_COUNT, _ROW_LOST, _ROW_OVERRUNS = _ROW["count"], _ROW["lost"], _ROW["overruns"]
_ROW_LAST, _ROW_LEAST, _ROW_MOST, _ROW_TOTAL = _ROW["last"], _ROW["least"], _ROW["most"], _ROW["total"]
_ROW_LATENCY, _ROW_LEAST_LATENCY = _ROW["latency"], _ROW["least_latency"]
_ROW_MOST_LATENCY = _ROW["most_latency"]
_STATE, _RUN = WORD["state"], int(EngineState.RUN)
TOLD = 2
"""Place of `Telling` in the limits of the view."""


class Telling(IntEnum):
    """What a program that asks is told of its tasks: nothing but what is replayed, what was measured, or what a scan
    takes in virtual time.
    """

    REPLAYED = 0
    MEASURED = 1
    VIRTUAL = 2


_REPLAYED, _VIRTUAL, _KIND = int(Telling.REPLAYED), int(Telling.VIRTUAL), int(Command.TASK_RUN)


@called_natively
def note_run(v: View, task: int, late_ns: int, latency_ns: int, duration_ns: int, overran: int) -> None:
    """`latency_ns` is on the machine's clock, `late_ns` that of its tick alone."""
    if task < v.task_news.shape[0]:
        news, virtual = v.task_news[task], v.limits[TOLD] == _VIRTUAL
        news[_RAN] = 1
        news[_DURATION] = 0 if virtual else duration_ns
        news[_LATENCY] = late_ns if virtual else latency_ns
        news[_OVERRUN] = 0 if virtual else overran


@called_natively
def note_lost(v: View, task: int, count: int) -> None:
    if task < v.task_news.shape[0]:
        v.task_news[task, _LOST] += count


@called_natively
def tell(v: View) -> None:
    """Of a program that stands still nothing changes: its memory is there for diagnosis."""
    is_told = v.control[_STATE] == _RUN and v.limits[TOLD] != _REPLAYED
    for task in range(v.task_news.shape[0]):
        news = v.task_news[task]
        if is_told and (news[_RAN] != 0 or news[_LOST] != 0):
            news[0], news[_TASK] = _KIND, task
            journaling.note_command(v, news)
            take(v, news)
        news[_RAN], news[_LOST] = 0, 0


@called_natively
def take(v: View, news: Words) -> bool:
    """Add it to the row of the task. False where there is none."""
    task = news[_TASK]
    if task < 0 or task >= v.task_rows.shape[0]:
        return False
    row = v.task_rows[task]
    row[_ROW_LOST] += news[_LOST]
    if news[_RAN] == 0:
        return True
    first = row[_ROW_COUNT] == 0
    duration_ns, latency_ns = news[_DURATION], news[_LATENCY]
    row[_ROW_COUNT] += 1
    row[_ROW_OVERRUNS] += news[_OVERRUN]
    row[_ROW_LAST], row[_ROW_LATENCY] = duration_ns, latency_ns
    row[_ROW_TOTAL] += duration_ns
    if first or duration_ns < row[_ROW_LEAST]:
        row[_ROW_LEAST] = duration_ns
    if first or duration_ns > row[_ROW_MOST]:
        row[_ROW_MOST] = duration_ns
    if first or latency_ns < row[_ROW_LEAST_LATENCY]:
        row[_ROW_LEAST_LATENCY] = latency_ns
    if first or latency_ns > row[_ROW_MOST_LATENCY]:
        row[_ROW_MOST_LATENCY] = latency_ns
    return True
