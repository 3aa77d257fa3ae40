"""The recording of a PLC on the disk: a folder of files that never takes more than its limit.

```
recording/
  00000001-<program>.rec   frames (frames.py); each begins with the program's digest and a keyframe
  00000002-<program>.rec
  <program>.program        the program that files of this digest were recorded with (described.py)
```

Files follow each other without a gap, each is complete in itself. The oldest go when there is no room for more, and a
program goes with the last file that was recorded with it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from runtime.service.artifacts import write_atomically
from runtime.service.recording.frames import MAGIC, Kind, Reach, clock_of, framed

NAME = "recording"
"""Of the folder, in that of the PLC."""
FILES = 16
"""Into which the room is divided: what is lost at once when it is full is one of them."""
_DIGITS = 16
_FILE = re.compile(r"([0-9]{8})-([0-9a-f]{16})\.rec")


def files_of(folder: Path) -> list[Path]:
    """The files of a recording, the oldest first."""
    return sorted(path for path in folder.glob("*.rec") if _FILE.fullmatch(path.name))


def program_of(file: Path) -> Path:
    """Where the program is that a file was recorded with."""
    return file.with_name(f"{file.stem.partition('-')[2]}.program")


class Folder:
    """The writer's side. All of it may raise OSError, behind which `begin` starts afresh."""

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self.path = path
        self._limit, self._most = limit_bytes, max(1, limit_bytes // FILES)
        self._descriptor = -1
        self._size = 0
        self._blank: Path | None = None  # the present file, while no run has begun in it

    @property
    def is_open(self) -> bool:
        return self._descriptor >= 0

    @property
    def is_full(self) -> bool:
        """Whether the present file is large enough."""
        return self._size >= self._most

    def begin(self, digest: str, program: bytes, utc_offset_ns: int) -> None:
        """A new file, of a run of this program."""
        self.close()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = files_of(self.path)
        number = int(known[-1].name[:8]) + 1 if known else 1
        path = self.path / f"{number:08d}-{digest[:_DIGITS]}.rec"
        if not program_of(path).exists():
            write_atomically(program_of(path), program, mode=0o600)
        self._make_room(program_of(path))
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._size, self._blank = 0, path
        self._append(MAGIC + framed(Kind.PROGRAM, clock_of(utc_offset_ns), digest.encode()))

    def write(self, kind: Kind, reach: Reach, data: bytes) -> int:
        """Append a frame. Returns how many bytes it takes."""
        frame = framed(kind, reach, data)
        self._append(frame)
        self._blank = None
        return len(frame)

    def flush(self) -> None:
        """Have the disk take what was written."""
        if self._descriptor >= 0:
            os.fdatasync(self._descriptor)

    def close(self) -> None:
        """No file is open behind this, also when it raises OSError. One in which no run could begin goes, or attempts
        on a full disk would leave one each.
        """
        descriptor, self._descriptor = self._descriptor, -1
        blank, self._blank = self._blank, None
        try:
            if blank is not None:
                blank.unlink(missing_ok=True)
        finally:
            if descriptor >= 0:
                os.close(descriptor)

    def _append(self, data: bytes) -> None:
        while data:
            written = os.write(self._descriptor, data)
            self._size += written
            data = data[written:]

    def _make_room(self, program: Path) -> None:
        """For one more file, recorded with `program`."""
        files = files_of(self.path)
        sizes = {path: path.stat().st_size for path in (*files, *self.path.glob("*.program"))}
        while files and sum(sizes.values()) + self._most > self._limit:
            gone = [files.pop(0)]
            needed = {program, *map(program_of, files)}
            gone += [path for path in sizes if path.suffix == ".program" and path not in needed]
            for path in gone:
                path.unlink(missing_ok=True)
                del sizes[path]
