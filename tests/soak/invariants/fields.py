"""Devices in the field: outputs that have to be safe, and inputs that get lost."""

from __future__ import annotations

from tests.soak.invariants.base import Invariant

OUTPUTS_S = 5.0
"""`outputs_timeout` is half a second, a device is polled every 10 ms; the rest is for a machine that others load."""
LOST_S = 5.0
"""An input is bad when it is older than `max_age`, half a second."""
AGAIN_S = 15.0
"""The longest pause between two attempts to connect is 0.3 s (the tank: 2 s)."""


class OutputsAreDrivenOrSafe(Invariant):
    """An output that nobody drives any more is safe within the documented time: whatever stands in a device that can be
    reached is the safe value, or a value that changes with the program.
    """

    unit = "s unchanged"

    def see(self, plc: str, unchanged_s: float, is_safe: bool) -> None:
        """How long the output has had the same value, during which nothing kept the driver from writing."""
        if is_safe:
            self.require(True, "")
            return
        self.within(unchanged_s, OUTPUTS_S, f"{plc}: an output that is not safe stands still")


class OutputsAreSafe(Invariant):
    """Outputs take their safe values within the documented time of a stop, a reset, a fault or the end of the service,
    and keep them until the next start.
    """

    unit = "s"

    def taken(self, plc: str, why: str, waited_s: float, is_safe: bool) -> None:
        self.measure(waited_s)
        self.require(is_safe, f"{plc}: {waited_s:.3f} s after {why} the outputs are not safe; at most {OUTPUTS_S:g} s")

    def kept(self, plc: str, why: str, unsafe_writes: int) -> None:
        self.require(not unsafe_writes, f"{plc}: {unsafe_writes} outputs were driven although it stands still ({why})")


class LostInputIsBad(Invariant):
    """The inputs of a device that does not answer, or wrongly, are bad once they are older than `max_age`."""

    unit = "s"

    def see(self, plc: str, path: str, lost_for_s: float, quality: str) -> None:
        """The quality that was read, and how long the device has been lost for certain."""
        if quality != "bad":
            self.measure(lost_for_s)
            self.require(lost_for_s <= LOST_S, f"{plc}: {path} is {quality}; its device is lost for {lost_for_s:.1f} s")
        else:
            self.require(True, "")


class InputIsGoodAgain(Invariant):
    """The inputs of a device that is back are good again."""

    unit = "s"

    def see(self, plc: str, path: str, well_for_s: float, quality: str) -> None:
        """The quality that was read, and how long the device has answered well."""
        if quality != "good":
            self.measure(well_for_s)
            self.require(
                well_for_s <= AGAIN_S, f"{plc}: {path} is {quality}; its device is well for {well_for_s:.1f} s"
            )
        else:
            self.require(True, "")
