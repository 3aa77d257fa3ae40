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

from typing import Any, NamedTuple

from numba import njit

from runtime.engine import comparing, kernel
from runtime.engine.borrowing import borrowed
from runtime.image import cells, exchange
from runtime.image.block import WORD


class Answers(NamedTuple):
    """What the devices answer, a row for each input channel. `answering`: its value is as new as the tick."""

    raw: Any  # int64 [n]
    quality: Any  # uint8 [n]
    reason: Any  # uint8 [n]
    time_ns: Any  # int64 [n]
    answering: Any  # bool [n]


class Images(NamedTuple):
    """The part of the view by which answers reach the scan."""

    word: Any  # int64
    time_ns: Any  # int64 [3, n]
    raw: Any  # int64 [3, n]
    quality: Any  # uint8 [3, n]
    reason: Any  # uint8 [3, n]


class Recording(NamedTuple):
    """Samples of variables, taken behind a scan. `due` is the tick at or behind which a trace has its next one."""

    columns: Any  # int64 [columns, 4]
    period: Any  # int64 [traces], in ticks
    due: Any  # int64 [traces]
    used: Any  # int64 [traces]: samples taken
    time_ns: Any  # int64 [traces, room]
    values: Any  # int64 [columns, room]


class Condition(NamedTuple):
    """Terms that shall all hold at once; a run without any goes on."""

    terms: Any  # int64 [terms, 6]


class Clock(NamedTuple):
    """`delay_ns`: how late the next tick comes."""

    start_ns: int
    tick_ns: int
    number: int
    end: int
    delay_ns: int


_TICKS, _OVERRUNS, _HEARTBEAT = WORD["ticks"], WORD["overruns"], WORD["heartbeat_ns"]


@njit(nogil=True, cache=True)
def run(view: kernel.View, answers: Answers, recording: Recording, condition: Condition, clock: Clock) -> int:
    """Tick from `clock.number` up to but not including `clock.end`, or until `condition` holds before a tick. Returns
    the number of the next tick. A delay longer than the tick skips the deadlines that have gone by, as in production,
    and the last of those, which is due at once, takes place no earlier than the late tick did.
    """
    v = borrowed(view)
    number, delay_ns = clock.number, clock.delay_ns
    asked, recorded = condition.terms.shape[0] > 0, recording.due.shape[0] > 0
    images = Images(v.input_word, v.input_time, v.input_raw, v.input_quality, v.input_reason)
    while number < clock.end and not (asked and holds(v.memory, condition)):
        now_ns = max(clock.start_ns + number * clock.tick_ns + delay_ns, v.control[_HEARTBEAT])
        _hand_over(images, answers, now_ns)
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
def _hand_over(images: Images, answers: Answers, now_ns: int) -> None:
    """All channels as one image, as `runtime.image.channels.InputWriter` does it for the I/O process."""
    slot = exchange.back_slot(images.word)
    for channel in range(answers.raw.shape[0]):
        if answers.answering[channel]:
            answers.time_ns[channel] = now_ns
        images.time_ns[slot, channel] = answers.time_ns[channel]
        images.raw[slot, channel] = answers.raw[channel]
        images.quality[slot, channel] = answers.quality[channel]
        images.reason[slot, channel] = answers.reason[channel]
    exchange.publish(images.word)


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
