"""A run in one file, complete in itself: its program, its keyframes, its ticks."""

from __future__ import annotations

from pathlib import Path

from runtime.replay.tape import Run
from runtime.service.artifacts import write_atomically
from runtime.service.recording.described import digest_of
from runtime.service.recording.frames import MAGIC, Kind, clock_of, framed


def write(run: Run, path: Path) -> None:
    """Raises OSError, NotWhole."""
    program = run.program.to_bytes()
    parts = [MAGIC, framed(Kind.PROGRAM, clock_of(run.utc_offset_ns), digest_of(program).encode() + program)]
    in_order = sorted((*run.keys, *run.parts), key=lambda frame: (frame.reach.last, frame.kind is Kind.KEYFRAME))
    parts += [framed(frame.kind, frame.reach, frame.data()) for frame in in_order]
    write_atomically(path, b"".join(parts), mode=0o600)
