"""A disk that fails: it loses, tears and reorders what was not flushed, and stops at any operation.

What processes see (`_seen`) and what a power cut leaves (`_safe`) are kept apart. Of each change that was not flushed a
power cut leaves any sectors, whatever their order; a new length and a new name count as changes of their own, and some
are written back before anybody asks. A kill leaves everything that was seen.
"""

from __future__ import annotations

from random import Random

SECTOR = 64
"""Small, so that few bytes make many sectors."""


class Cut(BaseException):
    """The process or the machine ends at this instant."""


class FailingDisk:
    """`steps_left` operations are done, the one behind them happens in part. `full` refuses to let files grow."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._seen: dict[str, bytes] = {}
        self._safe: dict[str, bytes] = {}
        self._safe_names: set[str] = set()
        self.steps_left = 1 << 60
        self.full = False

    # -------------------------------------------------------------------------------------------- as of runtime's Disk

    def read(self, name: str) -> bytes | None:
        return self._seen.get(name)

    def write(self, name: str, data: bytes) -> None:
        old = self._seen.get(name, b"")
        if self._chance.random() < 0.3:
            self._safe[name] = _mixed(self._chance, self._safe.get(name, b""), old)
        if self.full and len(data) > len(old):
            self._seen[name] = data[: len(old)]
            raise OSError(28, "No space left on device")
        if self._ends():
            self._seen[name] = _mixed(self._chance, old, data)
            raise Cut
        self._seen[name] = data

    def sync(self, name: str) -> None:
        if self._ends():
            if name in self._seen and self._chance.random() < 0.5:
                self._safe[name] = _mixed(self._chance, self._safe.get(name, b""), self._seen[name])
            raise Cut
        self._safe[name] = self._seen[name]

    def sync_folder(self) -> None:
        if self._ends():
            raise Cut
        self._safe_names = set(self._seen)

    def _ends(self) -> bool:
        self.steps_left -= 1
        return self.steps_left < 0

    # --------------------------------------------------------------------------------------------------------- the ends

    def cut_power(self) -> None:
        """What is there when the machine comes up again."""
        names = {name for name in self._seen if name in self._safe_names or self._chance.random() < 0.5}
        self._seen = {name: _mixed(self._chance, self._safe.get(name, b""), self._seen[name]) for name in names}
        self._safe, self._safe_names = dict(self._seen), set(names)


def _mixed(chance: Random, old: bytes, new: bytes) -> bytes:
    """Any sectors of the new, the others of the old, or nothing but zeros where there was none; either length."""
    if old == new:
        return new
    length = len(chance.choice((old, new)))
    likely = chance.choice((0.05, 0.5, 0.95, 1))
    mixed = bytearray()
    for start in range(0, length, SECTOR):
        sector = (new if chance.random() < likely else old)[start : start + SECTOR]
        mixed += sector.ljust(min(SECTOR, length - start), b"\0")
    return bytes(mixed[:length])
