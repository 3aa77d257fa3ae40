"""A recording as it is read: runs, each of one program and one engine, without a gap.

A run begins with a keyframe and ends where the tick that follows is not known: at the end of the recording, at a gap,
or where another engine began. At first only the heads of frames are read; what they hold, when it is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from runtime.engine.view import block_layout
from runtime.image.block import BlockLayout
from runtime.image.journal import Keyframe, split_keyframe
from runtime.service.recording import packing, scans
from runtime.service.recording.counts import Scaling, scaling_of
from runtime.service.recording.described import Described, digest_of
from runtime.service.recording.folder import NAME, files_of, program_of
from runtime.service.recording.frames import Frame, Kind, NotWhole, frames, inflated
from runtime.service.recording.scans import Scans

_MOST_BYTES = 1 << 30
_DIGEST_BYTES = 64


class CannotReplay(Exception):
    """There is nothing that could be replayed. The text is for people."""


class Run(Struct, frozen=True, dict=True):
    """`keys` are its keyframes, of which it begins with the first; `parts` its stretches of ticks, in order; `why` it
    ends. `utc_offset_ns` leads from its times to UTC.
    """

    program: Described
    utc_offset_ns: int
    keys: Sequence[Frame]
    parts: Sequence[Frame]
    why: str

    @property
    def epoch(self) -> int:
        return self.keys[0].reach.epoch

    @property
    def first_tick(self) -> int:
        """The first that can be replayed."""
        return self.keys[0].reach.last + 1

    @property
    def last_tick(self) -> int:
        return self.parts[-1].reach.last if self.parts else self.keys[0].reach.last

    @property
    def begins_ns(self) -> int:
        return self.keys[0].reach.last_ns

    @property
    def ends_ns(self) -> int:
        return self.parts[-1].reach.last_ns if self.parts else self.begins_ns

    @property
    def key_ticks(self) -> list[int]:
        """Of its keyframes."""
        return self._ticks_of_keys

    @cached_property
    def _ticks_of_keys(self) -> list[int]:
        return [key.reach.last for key in self.keys]

    def tick_at(self, now_ns: int) -> int:
        """The last that was not later than this time; that of the first keyframe when all were."""
        tick = self.keys[0].reach.last
        for number, part in enumerate(self.parts):
            if part.reach.first_ns > now_ns:
                break
            if part.reach.last_ns <= now_ns:
                tick = part.reach.last
                continue
            stretch = self.stretch(number)
            count = int(np.searchsorted(stretch.now_ns, now_ns, side="right"))
            return int(stretch.tick[count - 1]) if count else tick
        return tick

    def keyframe(self, number: int) -> Keyframe:
        """Raises NotWhole, OSError."""
        layout, whole = self.layout, self._bytes_of_key(number)
        if len(whole) != layout.keyframe_bytes:
            raise NotWhole("a keyframe has another size than what its program needs")
        return split_keyframe(whole, layout.tasks, layout.image_bytes, layout.points_bytes)

    def _bytes_of_key(self, number: int) -> NDArray[np.uint8]:
        return np.frombuffer(inflated(self.keys[number].data(), _MOST_BYTES), np.uint8)

    @cached_property
    def layout(self) -> BlockLayout:
        """Of the block in which it is run once more. A PLC in virtual time that has no input has room for one."""
        found = self._layout_for(len(self.program.bound.input_names))
        if self.program.bound.input_names or len(self._bytes_of_key(0)) == found.keyframe_bytes:
            return found
        return self._layout_for(1)

    @cached_property
    def scaling(self) -> Scaling:
        """Of its input channels."""
        return scaling_of(self.program.bound)

    def _layout_for(self, inputs: int) -> BlockLayout:
        bound = self.program.bound
        return block_layout(self.program.program, inputs, len(bound.output_names), 0, len(bound.signals))

    def stretch(self, number: int) -> Scans:
        """The ticks of part `number` that are behind the first keyframe. Raises NotWhole, OSError."""
        try:
            found = packing.unpack(self.parts[number].data(), self.scaling)
        except scans.Damaged as error:
            raise NotWhole(str(error)) from error
        already = int(np.searchsorted(found.tick, self.first_tick))
        return scans.cut(found, already)[1] if already else found


def read(path: Path) -> list[Run]:
    """The runs of a recording: a file of one, its folder, or the folder of a PLC. Raises CannotReplay."""
    return read_what_can_be(path)[0]


def read_what_can_be(path: Path) -> tuple[list[Run], list[str]]:
    """The same, and for people which files could not be read: after an update of rung, the older ones of a folder.
    Raises CannotReplay where there is no run at all.
    """
    left_out = list[str]()
    try:
        files = [path] if path.is_file() else files_of(path / NAME if (path / NAME).is_dir() else path)
        runs = list(_runs(files, left_out))
    except OSError as error:
        raise CannotReplay(f"{path} cannot be read: {error.strerror or error}") from error
    if not runs:
        raise CannotReplay(left_out[-1] if left_out else f"{path} holds no recording that could be replayed")
    return runs, left_out


def _runs(files: Iterable[Path], left_out: list[str]) -> Iterator[Run]:
    programs = dict[str, Described]()
    open_run: _OpenRun | None = None
    for file in files:
        try:
            digest, utc_offset_ns = "", 0
            for frame in frames(file):
                if frame.kind is Kind.PROGRAM:
                    digest, utc_offset_ns = _learn(file, frame.data(), programs), frame.reach.first_ns
                elif frame.kind is Kind.KEYFRAME and digest:
                    if open_run is not None and open_run.is_continued_by(frame, digest):
                        open_run.keys.append(frame)
                        continue
                    if open_run is not None:
                        yield open_run.ended("another engine, or another program, began")
                    open_run = _OpenRun(digest, programs[digest], utc_offset_ns, frame)
                elif open_run is not None and frame.kind is Kind.GAP:
                    yield open_run.ended("ticks are missing behind it")
                    open_run = None
                elif open_run is not None and frame.reach.last > open_run.keys[0].reach.last:
                    open_run.parts.append(frame)
        except (OSError, NotWhole) as error:
            left_out.append(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}")
            if open_run is not None:
                yield open_run.ended("the file behind it cannot be read")
                open_run = None
    if open_run is not None:
        yield open_run.ended("the recording ends")


class _OpenRun:
    """A run that is being read."""

    def __init__(self, digest: str, program: Described, utc_offset_ns: int, first: Frame) -> None:
        self._digest, self._program, self._utc_offset_ns = digest, program, utc_offset_ns
        self.keys = [first]
        self.parts = list[Frame]()

    def is_continued_by(self, key: Frame, digest: str) -> bool:
        """Whether a keyframe is of the tick that was read last."""
        last = (self.parts or self.keys)[-1].reach
        same_engine = key.reach.epoch == last.epoch and digest == self._digest
        return same_engine and key.reach.last == last.last and key.reach.last_ns == last.last_ns

    def ended(self, why: str) -> Run:
        return Run(self._program, self._utc_offset_ns, tuple(self.keys), tuple(self.parts), why)


def _learn(file: Path, data: bytes, programs: dict[str, Described]) -> str:
    """Read the program that a file names, unless it is known. Returns its digest."""
    digest, described = data[:_DIGEST_BYTES].decode("ascii", "replace"), data[_DIGEST_BYTES:]
    if digest not in programs:
        described = described or program_of(file).read_bytes()
        if digest_of(described) != digest:
            raise NotWhole(f"the program of {file.name} is not the one it was recorded with")
        programs[digest] = Described.from_bytes(described)
    return digest
