"""Where everything of a trace lies: one row of 64-bit words for each, in the shared memory.

```
wanted      line of those who set traces up           read        line of those who read them
head        line of the engine
settings    two of them: the generation `wanted` is in the one of its lowest bit, with a description for people
captures    what was caught last, one row each
ring        samples: time_ns, scan, then a word for each channel; as many as fit
```

A setting is filled where nobody looks yet and comes into force by one store of `wanted`, which the engine finds before
it next samples. Only when the engine has noted that generation as `taken` may the next one be set up, so the setting in
force is never written to. The engine says `begun` before it writes a sample and `written` behind it; both count
samples from the first one ever. What a reader has copied is right unless the ring has come round by then.
"""

from __future__ import annotations

from enum import IntEnum

TRACES = 4
"""Traces of one PLC."""
CHANNELS = 64
"""Variables of one trace."""

_LINE = 8
_PAGE = 512

# line of those who set up; of those who read
WANTED = 0
READ_NS = _LINE

# head, written by the engine
TAKEN = 2 * _LINE  # generation in force; -1 while it changes
STATE = TAKEN + 1  # TraceState
FIRST = TAKEN + 2  # number of the first sample of this generation
BEGUN = TAKEN + 3
WRITTEN = TAKEN + 4
DUE = TAKEN + 5  # scans until the next sample
WAS = TAKEN + 6  # whether the trigger's condition held in the scan before; -1: nobody knows
LEFT = TAKEN + 7  # samples of the capture under way that are still to come
TRIGGER = TAKEN + 8  # number of the sample at or behind the trigger
TRIGGER_NS = TAKEN + 9
TRIGGER_SCAN = TAKEN + 10
CAPTURES = TAKEN + 11  # captures ever completed
FIRST_CAPTURE = TAKEN + 12  # the first of this generation
HEAD_WORDS = 6 * _LINE

# words of a setting
COUNT = 0  # channels; 0 for no trace
EVERY = 1  # scans
PRE = 2
POST = 3  # samples from the trigger on; 0 without end
REPEAT = 4
LEASE_NS = 5  # it ends when nobody has read for so long; 0: never
EDGE = 6  # TraceEdge
CONDITION = 7  # offset, size, bit, form, relation, limit
PROGRAM = 13  # which program the places are of: the control word `changes` when it was the one in charge
ROWS = 16  # of each channel: offset, size in bytes, bit or -1
TEXT_BYTES = ROWS + 3 * CHANNELS
TEXT = TEXT_BYTES + 1
DESCRIPTION_BYTES = 48 << 10
SETTING_WORDS = TEXT + DESCRIPTION_BYTES // 8

KEPT_CAPTURES = 8
CAPTURE_WORDS = 8  # first sample, trigger, end, trigger_ns, trigger_scan

SETTINGS = HEAD_WORDS
CAPTURE_ROWS = SETTINGS + 2 * SETTING_WORDS
RING = -(-(CAPTURE_ROWS + KEPT_CAPTURES * CAPTURE_WORDS) // _PAGE) * _PAGE
RING_WORDS = 1 << 18
TRACE_WORDS = RING + RING_WORDS

SAMPLE_HEAD = 2
"""Words of a sample before its channels."""


class TraceState(IntEnum):
    OFF = 0
    RUNNING = 1  # without end: whoever wants samples takes them in time
    ARMED = 2  # samples are taken, the trigger has not come yet
    TRIGGERED = 3
    DONE = 4  # what was wanted is in the ring, which stays as it is
    REFUSED = 5  # the setting has places that the program's memory does not have


class TraceEdge(IntEnum):
    """When a trigger fires."""

    NONE = 0  # at once
    HOLDS = 1  # in the first scan in which its condition holds; again when it has not held in between
    RISING = 2  # when it begins to hold
    FALLING = 3  # when it ends to hold


def capacity(channels: int) -> int:
    """Samples that the ring holds."""
    return RING_WORDS // (SAMPLE_HEAD + channels)
