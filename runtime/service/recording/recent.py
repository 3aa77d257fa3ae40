"""The last scans before a fault, for its report: what came in, as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from iec61131.program import CompiledProgram, Target
from io_drivers.contract import Quality
from runtime.image.ring import Command
from runtime.service import literals, values
from runtime.service.bound import Bound
from runtime.service.recording import scans
from runtime.service.recording.scans import Scans

MOST_SCANS = 1000
MOST_INPUTS = 5000
"""That are written in all: a report is read whole."""


def rows(program: CompiledProgram, bound: Bound, stretches: Sequence[Scans], scan: int) -> list[dict[str, Any]]:
    """Up to and with the scan of this number, the oldest first: `tick`, `scan`, `now_ns`, the number of `commands` that
    came from outside and the `inputs` that were not as in the row before, by the names of their points: value, quality;
    in the first row all of them. Fewer where there are too many values to write.
    """
    joined = scans.join(stretches) if stretches else None
    if joined is None:
        return []
    count = int(np.searchsorted(joined.scans, scan, side="right"))
    joined, _ = scans.cut(joined, count)
    joined = scans.cut(joined, max(0, joined.ticks - MOST_SCANS))[1]
    image = np.cumsum(joined.has_image) - 1
    sent = np.append(0, np.cumsum(joined.commands[:, 0] != Command.TASK_RUN))
    commands = np.diff(sent[np.append(0, np.cumsum(joined.command_counts))])
    targets = [Target(row.path, program.find(row.path).type, 0, None, False, "") for row in bound.inputs]
    channels = np.array([row.channel for row in bound.inputs], np.int64)
    made, written = list[dict[str, Any]](), 0
    for tick in range(joined.ticks - 1, -1, -1):  # from the end, so that what is left out is old
        changed = np.zeros(0, np.int64)
        at, before = int(image[tick]), int(image[tick - 1]) if tick else -1
        if at >= 0 and at != before:
            changed = np.arange(len(channels))
            if before >= 0:
                raw, quality = joined.raw[:, channels], joined.quality[:, channels]
                changed = np.flatnonzero((raw[at] != raw[before]) | (quality[at] != quality[before]))
        written += len(changed)
        if written > MOST_INPUTS and made:
            break
        inputs = {
            bound.input_names[int(channels[number])]: [
                _text(program, targets[int(number)], int(joined.raw[at, channels[number]])),
                Quality(int(joined.quality[at, channels[number]])).name.lower(),
            ]
            for number in changed
        }
        made.append(
            {
                "tick": int(joined.tick[tick]),
                "scan": int(joined.scans[tick]),
                "now_ns": int(joined.now_ns[tick]),
                "commands": int(commands[tick]),
                "inputs": inputs,
            }
        )
    return made[::-1]


def _text(program: CompiledProgram, target: Target, raw: int) -> str:
    data = np.frombuffer(raw.to_bytes(8, "little", signed=True), np.uint8)
    return literals.of_target(program, target, values.read(program, target, data))
