"""Which PLCs of a service are resources of one CONFIGURATION, and the globals that these share.

They find each other by their names, `line-Press` and `line-Belt`, and by what they share: versions of a project whose
globals differ have nothing to say to each other, which is said of the one that comes later. What they share is there
for as long as one of them runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from msgspec import Struct, field

from iec61131.program import CompiledProgram
from runtime.image.shared_globals import SharedGlobals, digest_of, shared_values
from runtime.service.bound import Bound


class _Room(Struct, eq=False):
    shared: SharedGlobals
    line: str
    names: set[str] = field(default_factory=set[str])


class Rooms:
    """Of one service; used by the threads of its supervisors."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rooms: dict[tuple[str, int, int], _Room] = {}

    @contextmanager
    def part(
        self, name: str, bound: Bound, program: CompiledProgram, say: Callable[[str], None]
    ) -> Generator[SharedGlobals | None]:
        """What the PLC `name` shares with others while it runs; None for one that is no resource of several. Raises
        CannotShare.
        """
        resource = bound.resource
        if resource is None:
            yield None
            return
        values = shared_values(program)
        line = name.removesuffix(f"-{resource.name}")
        key = line, resource.count, digest_of(values)
        with self._lock:
            if key not in self._rooms:
                self._rooms[key] = _Room(SharedGlobals.create(resource.count, values, line), line)
            room = self._rooms[key]
            room.names.add(name)
            apart = sorted(
                each for one in self._rooms.values() if one.line == line and one is not room for each in one.names
            )
        if apart:
            say(f"nothing is shared with {', '.join(apart)}, of another version: the globals there are others")
        try:
            yield room.shared
        finally:
            with self._lock:
                room.names.discard(name)
                if not room.names:
                    self._rooms.pop(key).shared.close()
