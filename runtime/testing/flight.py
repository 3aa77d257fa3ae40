"""The flight recorder of a PLC in virtual time: the real one, which looks when the test has let time go by."""

from __future__ import annotations

from pathlib import Path

from runtime.engine import journaling
from runtime.engine.arrays import View
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.image.journal import record_words
from runtime.service.plant import Plant
from runtime.service.recording.described import described
from runtime.service.recording.recorder import Recorder

_LIMIT_BYTES = 1 << 30


class CannotRecord(Exception):
    """The recording of a test cannot be written. The text is for people."""


class Flight:
    """Records what a PLC in virtual time does; the folder may be used by several, one after the other."""

    def __init__(self, built: Plant, path: Path) -> None:
        self._described, self._path = described(built), path
        self.ticks_at_once = 1
        self._unseen = 0
        self._recorder: Recorder | None = None

    def begin(self, block: Block, view: View, now_ns: int) -> None:
        """A new engine, with its memory as it is before the first tick."""
        self._recorder = Recorder(block, self._described, self._path, _LIMIT_BYTES, _complain, lambda: 0)
        self.ticks_at_once = max(1, block.layout.journal_words // record_words(block.layout.inputs) // 4)
        journaling.begin_epoch(view, now_ns, EngineState.STOP)
        self._recorder.turn(now_ns)

    def took_place(self, ticks: int, now_ns: int) -> None:
        """So many ticks, at most `ticks_at_once`, have gone by."""
        self._unseen += ticks
        if 2 * self._unseen > self.ticks_at_once:
            assert self._recorder is not None
            self._recorder.turn(now_ns)
            self._unseen = 0

    def end(self, now_ns: int) -> None:
        assert self._recorder is not None
        self._recorder.finish(now_ns)


def _complain(text: str) -> None:
    raise CannotRecord(text)
