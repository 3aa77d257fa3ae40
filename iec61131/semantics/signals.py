"""What a program may ask about a variable that inputs fill: quality, reason and age. Both executors follow this page,
each with code of its own.

The engine latches the inputs before each scan and says in the table of signals (`program.SIGNAL_COLUMNS`) what it found
of each. A row says something about a place when they share a bit. That may be one row, for a variable that a point
fills; none, for one that the program alone writes; or several, for a STRUCT, an array, or a word whose bits are points.

    QUALITY     the least quality among the rows; GOOD for no row
    REASON      that of the first row, in the order of the memory, which has this quality; NONE for no row
    AGE         the greatest age among the rows, as TIME; T#0s for no row

The age of a row is `now_ns` of the scan less the time of its last good read, and never below 0: a driver may have read
after the scan began to count. What was never read has the greatest TIME for its age.
"""

from __future__ import annotations

from enum import Enum

QUALITY_GOOD = 2
STATE_GOOD = QUALITY_GOOD
"""The state of a row without a reason, and of no row: GOOD, NONE."""
REASON_SHIFT = 8
"""Quality is in the bits of `state` below it."""
NEVER = 0
"""The time of what was never read."""
AGE_MAX = (1 << 63) - 1


class Signal(Enum):
    """What is asked."""

    QUALITY = "QUALITY"
    REASON = "QUALITY_REASON"
    AGE = "AGE"
