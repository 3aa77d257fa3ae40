"""The work of the service: PLCs come back, and what was refused has changed nothing."""

from __future__ import annotations

from tests.soak.invariants.base import Invariant

BACK_S = 120.0


class ComesBack(Invariant):
    """A PLC that is wanted running runs again after whatever has happened to its processes, or to all of them."""

    unit = "s"

    def see(self, plc: str, why: str, waited_s: float, state: str) -> None:
        self.measure(waited_s)
        self.require(
            state == "run", f"{plc}: {waited_s:.1f} s after {why} it is in state {state}; at most {BACK_S:g} s"
        )


class RefusalChangesNothing(Invariant):
    """What runs goes on when an order, a change or a program is refused: the same version, the same engine."""

    def see(self, plc: str, what: str, before: tuple[str, int], after: tuple[str, int]) -> None:
        """(digest of the active version, process of the engine)."""
        self.require(before == after, f"{plc}: {what} was refused; before it was {before}, now it is {after}")
