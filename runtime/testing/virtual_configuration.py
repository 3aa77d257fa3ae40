"""A CONFIGURATION of several RESOURCEs in virtual time: each a PLC of its own, with the globals that they share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from iec61131.diagnostics.diagnostic import CompileError
from iec61131.diagnostics.render import render
from runtime.engine.sharing import Sharing
from runtime.image.shared_globals import SharedGlobals, shared_values
from runtime.service import plant
from runtime.service.config.durations import parse_duration
from runtime.testing.virtual_plc import VirtualPlc


class VirtualConfiguration:
    """`configuration["Press"]` is the PLC of a resource. Time passes for all of them together, here only: of ticks that
    are due at the same time, those of the resource that is declared first come first.
    """

    def __init__(self, plants: Sequence[plant.Plant], recording: Path | None = None) -> None:
        named = {built.project.resource.name if built.project.resource else "": built for built in plants}
        self._shared = SharedGlobals.create(len(plants), shared_values(plants[0].program), "virtual")
        self._plcs = {
            name.upper(): VirtualPlc(
                built,
                recording=recording / name if recording is not None else None,
                sharing=Sharing(self._shared, number, built.program),
            )
            for number, (name, built) in enumerate(named.items())
        }

    def __getitem__(self, resource: str) -> VirtualPlc:
        """The PLC of a resource, in any case. Raises KeyError."""
        return self._plcs[resource.upper()]

    def advance(self, duration: str) -> None:
        """Let a time such as "1.5s" go by, for each resource in whole ticks, rounded up."""
        end_ns = min(plc.now_ns for plc in self._plcs.values()) + parse_duration(duration)
        while (plc := min(self._plcs.values(), key=lambda each: each.now_ns)).now_ns < end_ns:
            plc.cycle()

    def close(self) -> None:
        """Give the memory back."""
        for plc in self._plcs.values():
            plc.close()
        self._shared.close()


def load_configuration(folder: str | Path, recording: Path | None = None) -> VirtualConfiguration:
    """The resources of the project in `folder`, compiled and started; what goes into each is kept in a folder of its
    name in `recording`. Raises CompileError, to which its findings are noted.
    """
    try:
        plants = plant.build_all(Path(folder), cache=plant.cache_folder())
    except CompileError as error:
        error.add_note(render(error.diagnostics, colour=False))
        raise
    return VirtualConfiguration(plants, recording)
