"""The I/O process' ends of the two image exchanges, for the drivers' blocks."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from io_drivers.contract import InputBlock
from runtime.image import exchange
from runtime.image.block import SLOT_HEAD_WORDS, WORD, Block
from runtime.image.snapshot import NOW_NS, SCAN, SEQUENCE, STATE

_HEAD_BYTES = SLOT_HEAD_WORDS * 8


class InputWriter:
    """Publishes the drivers' inputs, all channels as one image. Takes the exchange over from a predecessor that was
    killed.
    """

    def __init__(self, block: Block) -> None:
        layout = block.layout
        n = layout.inputs

        def slots(start: int, count: int, dtype: str) -> NDArray[np.generic]:
            return block.slot_views("input_slots", layout.input_slot_bytes, start, count, dtype, 3)

        self._control = block.control
        self._word = block.words("input_word")
        self._head = slots(0, SLOT_HEAD_WORDS, "<i8")
        self._time = slots(_HEAD_BYTES, n, "<i8")
        self._raw = slots(_HEAD_BYTES + n * 8, n, "<u8")
        self._quality = slots(_HEAD_BYTES + n * 16, n, "|u1")
        self._reason = slots(_HEAD_BYTES + n * 17, n, "|u1")
        self._slot = exchange.back_slot(self._word)

    def publish(self, inputs: InputBlock, now_ns: int) -> None:
        """Copy the block into the back slot and hand it over."""
        slot = self._slot
        self._time[slot] = inputs.time_ns
        self._raw[slot] = inputs.raw.view("<u8")[:, 0]
        self._quality[slot] = inputs.quality
        self._reason[slot] = inputs.reason
        published = int(self._control[WORD["io_published"]]) + 1
        self._head[slot, SEQUENCE], self._head[slot, NOW_NS] = published, now_ns
        self._control[WORD["io_published"]] = published
        self._slot = exchange.publish(self._word)


class OutputImage(Struct, frozen=True):
    """`raw` uint8 (m, 8) is a view of the reader's slot: valid until the next `take`."""

    state: int
    scan: int
    time_ns: int
    raw: NDArray[np.uint8]


class OutputReader:
    """Takes the program's outputs, the newest image."""

    def __init__(self, block: Block) -> None:
        layout = block.layout
        self._word = block.words("output_word")
        self._head = block.slot_views("output_slots", layout.output_slot_bytes, 0, SLOT_HEAD_WORDS, "<i8", 3)
        region = block.region("output_slots")
        starts = [slot * layout.output_slot_bytes + _HEAD_BYTES for slot in range(3)]
        self._raw = [region[start : start + layout.outputs * 8].reshape(-1, 8) for start in starts]

    def take(self) -> OutputImage:
        slot = exchange.take(self._word)
        head = self._head[slot]
        return OutputImage(int(head[STATE]), int(head[SCAN]), int(head[NOW_NS]), self._raw[slot])
