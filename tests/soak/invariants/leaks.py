"""What processes hold. Looked at in a calm, when nothing is under way: what is there then is needed, or forgotten."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tests.soak.invariants.base import Invariant

DESCRIPTORS_BAND = 24
"""More than at the first calm: connections that clients keep open come and go."""
GROWTH_MIB = 120.0
"""Of one process since it was first seen in a calm: allocators and caches warm up."""


class ProcessesAreKnown(Invariant):
    """In a calm there is one process for each role of each PLC, at most one in waiting, and compilers that remember;
    nothing else, and no zombie.
    """

    def see(self, unknown: Collection[str], missing: Collection[str]) -> None:
        self.require(not unknown, f"processes that nobody knows: {sorted(unknown)}")
        self.require(not missing, f"processes that are not there: {sorted(missing)}")


class DescriptorsStay(Invariant):
    """The descriptors and threads of a process return to a band around those of the first calm."""

    unit = "more than at first"

    def __init__(self) -> None:
        super().__init__()
        self._first: dict[str, Mapping[str, int]] = {}

    def see(self, role: str, held: Mapping[str, int]) -> None:
        """`role` names a process and its successors: `service`, `engine of tank`."""
        first = self._first.setdefault(role, held)
        more = {what: count - first.get(what, 0) for what, count in held.items() if count > first.get(what, 0)}
        for what in ("descriptors", "threads"):
            self.within(more.get(what, 0), DESCRIPTORS_BAND, f"{role} holds {held.get(what)} {what}, more are {more}")


class MemoryStays(Invariant):
    """The resident memory of a process is bounded: it grows by less than what caches explain."""

    unit = "MiB more than at first"

    def __init__(self) -> None:
        super().__init__()
        self.first_mib: dict[tuple[str, int], float] = {}
        self.last_mib: dict[tuple[str, int], float] = {}

    def see(self, role: str, pid: int, resident_mib: float) -> None:
        first = self.first_mib.setdefault((role, pid), resident_mib)
        self.last_mib[role, pid] = resident_mib
        self.within(resident_mib - first, GROWTH_MIB, f"{role} grows")

    def report(self) -> dict[str, str]:
        """What it was and is, of those that grew most."""
        grown = sorted(self.last_mib, key=lambda key: self.last_mib[key] - self.first_mib[key], reverse=True)
        return {
            f"{role} {pid}": f"{self.first_mib[role, pid]:.0f} -> {self.last_mib[role, pid]:.0f}" for role, pid in grown
        }
