"""Virtual time: the loop of `runtime.loop` without the sleep, as fast as the machine can.

`run` lets ticks of the base period go by. Each is what it is in production: the devices' answers are handed over as one
image, `kernel.tick` scans, deadlines are `start + n * tick`. Nothing else takes time, so a scan ends when it begins.

What a test wants to know without being asked in each tick is done here as well: `Recording` takes samples, and a
`Condition` ends the run. Neither changes what the program sees. Tables:

| table | columns |
|---|---|
| columns of a recording | trace, offset, size in bytes, bit or -1 |
| terms of a condition | offset, size in bytes, bit or -1, `Form`, `Relation`, limit (see `comparing`) |
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from numba import njit

from runtime.engine import comparing, kernel
from runtime.engine.by_reference import BYTES, FLAGS, TABLE, WORDS, Arrays
from runtime.image import cells, exchange
from runtime.image.block import WORD


class Answers(Arrays):
    """What the devices answer, a row for each input channel. `answering`: its value is as new as the tick."""

    raw: Annotated[Any, WORDS]  # [n]
    quality: Annotated[Any, BYTES]  # [n]
    reason: Annotated[Any, BYTES]  # [n]
    time_ns: Annotated[Any, WORDS]  # [n]
    answering: Annotated[Any, FLAGS]  # [n]


class Recording(Arrays):
    """Samples of variables, taken behind a scan. `due` is the tick at or behind which a trace has its next one."""

    columns: Annotated[Any, TABLE]  # [columns, 4]
    period: Annotated[Any, WORDS]  # [traces], in ticks
    due: Annotated[Any, WORDS]  # [traces]
    used: Annotated[Any, WORDS]  # [traces]: samples taken
    time_ns: Annotated[Any, TABLE]  # [traces, room]
    values: Annotated[Any, TABLE]  # [columns, room]


class Condition(Arrays):
    """Terms that shall all hold at once; a run without any goes on."""

    terms: Annotated[Any, TABLE]  # [terms, 6]


class Clock(NamedTuple):
    """`delay_ns`: how late the next tick comes."""

    start_ns: int
    tick_ns: int
    number: int
    end: int
    delay_ns: int


_TICKS, _OVERRUNS, _HEARTBEAT = WORD["ticks"], WORD["overruns"], WORD["heartbeat_ns"]


@njit(nogil=True, cache=True)
def run(v: kernel.View, answers: Answers, recording: Recording, condition: Condition, clock: Clock) -> int:
    """Tick from `clock.number` up to but not including `clock.end`, or until `condition` holds before a tick. Returns
    the number of the next tick. A delay longer than the tick skips the deadlines that have gone by, as in production,
    and the last of those, which is due at once, takes place no earlier than the late tick did.
    """
    number, delay_ns = clock.number, clock.delay_ns
    asked, recorded = condition.terms.shape[0] > 0, recording.due.shape[0] > 0
    while number < clock.end and not (asked and holds(v.memory, condition)):
        now_ns = max(clock.start_ns + number * clock.tick_ns + delay_ns, v.control[_HEARTBEAT])
        _hand_over(v, answers, now_ns)
        kernel.tick(v, now_ns, number)
        if recorded:
            sample(v.memory, recording, now_ns, number)
        if delay_ns >= clock.tick_ns:
            v.control[_OVERRUNS] += 1
        number = max(number + 1, (now_ns - clock.start_ns) // clock.tick_ns)
        v.control[_TICKS] = number
        delay_ns = 0
    return number


@njit(nogil=True, cache=True)
def _hand_over(v: kernel.View, answers: Answers, now_ns: int) -> None:
    """All channels as one image, as `runtime.image.channels.InputWriter` does it for the I/O process."""
    slot = exchange.back_slot(v.input_word)
    for channel in range(answers.raw.shape[0]):
        if answers.answering[channel]:
            answers.time_ns[channel] = now_ns
        v.input_time[slot, channel] = answers.time_ns[channel]
        v.input_raw[slot, channel] = answers.raw[channel]
        v.input_quality[slot, channel] = answers.quality[channel]
        v.input_reason[slot, channel] = answers.reason[channel]
    exchange.publish(v.input_word)


@njit(nogil=True, cache=True)
def sample(memory: Any, r: Recording, now_ns: int, number: int) -> None:
    for column in range(r.columns.shape[0]):
        trace = r.columns[column, 0]
        if number >= r.due[trace]:
            value = cells.get(memory, r.columns[column, 1], r.columns[column, 2], r.columns[column, 3])
            r.values[column, r.used[trace]] = value
    for trace in range(r.due.shape[0]):
        late = number - r.due[trace]
        if late >= 0:
            r.time_ns[trace, r.used[trace]] = now_ns
            r.used[trace] += 1
            r.due[trace] += (late // r.period[trace] + 1) * r.period[trace]


@njit(nogil=True, cache=True)
def holds(memory: Any, c: Condition) -> bool:
    """Whether all terms hold."""
    for row in range(c.terms.shape[0]):  # noqa: SIM110 - numba knows no `all`
        if not _term_holds(memory, c, row):
            return False
    return True


@njit(nogil=True, cache=True)
def _term_holds(memory: Any, c: Condition, row: int) -> bool:
    size = c.terms[row, 1]
    word = cells.get(memory, c.terms[row, 0], size, c.terms[row, 2])
    return comparing.holds(word, size, c.terms[row, 3], c.terms[row, 4], c.terms[row, 5])
