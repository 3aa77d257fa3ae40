"""Variables as people have written, forced and read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.soak.invariants.base import Invariant

GOOD_FORCED = "GoodLocalOverride"
CLIENT_S = 60.0


class ForcedStaysForced(Invariant):
    """A forced variable has that value and is shown as forced until it is free again, and the list of forces is what
    was ordered.
    """

    def listed(self, plc: str, ordered: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        self.require(dict(told) == dict(ordered), f"{plc}: forced is {dict(told)}, ordered was {dict(ordered)}")

    def read(self, plc: str, path: str, ordered: Any, told: Any, shown: object) -> None:
        """What a reader was told of a variable that is forced to `ordered`; `shown` says that it is forced, if so."""
        self.require(
            told == ordered and bool(shown), f"{plc}: {path} is forced to {ordered}; read was {told} ({shown})"
        )

    def free(self, plc: str, path: str, shown: object) -> None:
        self.require(not shown, f"{plc}: {path} is shown as forced, and nobody has forced it")


class WrittenIsRead(Invariant):
    """What was written and acknowledged is read by everybody afterwards."""

    def read(self, plc: str, path: str, written: Any, told: Any) -> None:
        self.require(told == written, f"{plc}: {path} was written as {written!r} and read as {told!r}")


class ChangeCarries(Invariant):
    """After an online change everything that both versions know has the value that it had before, and the engine is
    the same.
    """

    unit = "ms between two scans"

    def see(self, plc: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Variables that nobody writes meanwhile; an array is compared as far as both reach."""
        for path, was in before.items():
            is_ = after.get(path, was)
            if isinstance(was, list) and isinstance(is_, list):
                common = min(len(was), len(is_))
                was, is_ = was[:common], is_[:common]  # noqa: PLW2901 - what both have
            self.require(is_ == was, f"{plc}: {path} was {was!r} before the change and is {is_!r} behind it")

    def same_engine(self, plc: str, before: int, after: int) -> None:
        self.require(before == after, f"{plc}: the change has ended engine {before}; it is {after} now")


class ClientsSeeThePlc(Invariant):
    """An OPC UA client is told of a PLC that runs, and again soon after its gateway was killed."""

    unit = "s without news"

    def see(self, plc: str, silent_s: float) -> None:
        """While gateway and PLC could have told it."""
        self.within(silent_s, CLIENT_S, f"{plc}: a client hears nothing")
