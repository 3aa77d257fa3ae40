"""A simulation that is still going on, as a run that gets longer: a PLC in virtual time whose recording stays in
memory.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import util
from pathlib import Path

import zstandard
from msgspec import Struct

from runtime.engine import journaling
from runtime.engine.arrays import View
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.image.journal import KEY_NOW_NS, KEY_TICK, Journal, Keyframe, record_words
from runtime.replay.tape import CannotReplay, Run
from runtime.service import plant
from runtime.service.plant import Plant
from runtime.service.recording import packing, scans
from runtime.service.recording.counts import Scaling
from runtime.service.recording.described import described
from runtime.service.recording.frames import Frame, Kind, Reach
from runtime.service.recording.scans import Scans
from runtime.testing.plants import around
from runtime.testing.virtual_plc import Simulation, VirtualPlc

_KEY_EVERY_TICKS = 1000
MOST_BYTES = 1 << 30
"""Of what goes into the ticks of a simulation."""
_NOWHERE = Path()


class _Held(Frame, frozen=True):
    """A frame that is in memory; `made` packs what it holds when somebody wants it as bytes."""

    made: Callable[[], bytes]

    def data(self) -> bytes:
        return self.made()


class GrowingRun(Run, frozen=True):
    """A run whose end is not yet there."""

    keyframes: list[Keyframe]
    stretches: list[Scans]
    ticks_of_keys: list[int]

    @property
    def key_ticks(self) -> list[int]:
        return self.ticks_of_keys

    def keyframe(self, number: int) -> Keyframe:
        return self.keyframes[number]

    def stretch(self, number: int) -> Scans:
        return self.stretches[number]


class MemoryFlight:
    """Records a PLC in virtual time as `testing.flight` does, but into memory."""

    ticks_at_once = 1

    def __init__(self, built: Plant) -> None:
        self._described = described(built)
        self._keys, self._parts = list[Frame](), list[Frame]()
        none: tuple[list[Keyframe], list[Scans], list[int]] = ([], [], [])
        self.run = GrowingRun(self._described, 0, self._keys, self._parts, "it goes on", *none)
        self._bytes = 0
        self._ticket: int | None = None

    def begin(self, block: Block, view: View, now_ns: int) -> None:
        self._journal, self._inputs = Journal(block), block.layout.inputs
        self.ticks_at_once = max(1, block.layout.journal_words // record_words(self._inputs) // 2)
        journaling.begin_epoch(view, now_ns, EngineState.STOP)
        self._keep_keyframe()

    def took_place(self, ticks: int, now_ns: int) -> None:
        """Raises CannotReplay when there is no more room."""
        for stretch in scans.parse(self._journal.take(), self._inputs):
            reach = Reach(stretch.epoch, *(int(n) for n in (*stretch.tick[[0, -1]], *stretch.now_ns[[0, -1]])))
            self.run.stretches.append(stretch)
            self._parts.append(_Held(_NOWHERE, Kind.SCANS, reach, 0, 0, 0, _Packed(stretch, self.run.scaling)))
            self._bytes += stretch.raw.nbytes * 2 + stretch.tick.nbytes * 8
        if self._ticket is not None and self._journal.is_served(self._ticket):
            self._ticket = None
            self._keep_keyframe()
        if self._ticket is None and self.run.last_tick - self.run.ticks_of_keys[-1] >= _KEY_EVERY_TICKS:
            self._ticket = self._journal.request()
        if self._bytes > MOST_BYTES:
            raise CannotReplay("the simulation has no more room for its recording; save it, and begin a new one")

    def end(self, now_ns: int) -> None:
        """It stays."""

    def _keep_keyframe(self) -> None:
        made = self._journal.keyframe()
        assert made is not None, "nobody else starts an engine here"
        tick, now_ns = int(made.words[KEY_TICK]), int(made.words[KEY_NOW_NS])
        reach = Reach(self._journal.epoch, tick, tick, now_ns, now_ns)
        self._keys.append(_Held(_NOWHERE, Kind.KEYFRAME, reach, 0, 0, 0, _PackedKeyframe(made)))
        self.run.keyframes.append(made)
        self.run.ticks_of_keys.append(tick)
        self._bytes += made.whole.nbytes


class _Packed(Struct, frozen=True):
    stretch: Scans
    scaling: Scaling

    def __call__(self) -> bytes:
        return packing.pack(self.stretch, self.scaling)


class _PackedKeyframe(Struct, frozen=True):
    made: Keyframe

    def __call__(self) -> bytes:
        return zstandard.ZstdCompressor().compress(self.made.whole.tobytes())


class Live(Struct, frozen=True):
    """A simulation: its PLC, and the run that it has had so far."""

    plc: VirtualPlc
    run: GrowingRun


def start(folder: Path, model: Path | None = None, resource: str | None = None) -> Live:
    """The project in `folder`, or one of its resources, in virtual time, with the model of a plant around it. Raises
    CompileError, CannotReplay, OSError.
    """
    simulate = simulation(model) if model is not None else None
    built = plant.build(folder, resource, cache=plant.cache_folder())
    flight = MemoryFlight(built)
    plc = VirtualPlc(built, simulate, recording=flight)
    plc.cycle(1)
    return Live(plc, flight.run)


def simulation(path: Path) -> Simulation:
    """The model of a plant that a Python program serves (docs/drivers.md), to be put around a PLC. Raises
    CannotReplay.
    """
    spec = util.spec_from_file_location("simulated_plant", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise CannotReplay(f"{path} is no Python program that simulates a plant")
    module = util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        models = [
            made
            for made in vars(module).values()
            if isinstance(made, type) and made.__module__ == module.__name__ and hasattr(made, "step")
            and hasattr(made, "answers")
        ]  # fmt: skip
        if len(models) != 1:
            raise CannotReplay(f"{path} has {len(models)} classes with `step` and `answers`; one is the model")
        return _guarded(path, around(models[0]()))
    except CannotReplay:
        raise
    except Exception as error:  # whatever somebody's program does is said
        raise CannotReplay(f"{path} cannot be used: {type(error).__name__}: {error}") from error


def _guarded(path: Path, simulate: Simulation) -> Simulation:
    """The same, with what goes wrong in it said in one line."""

    def guarded(plc: VirtualPlc, dt_s: float) -> None:
        try:
            simulate(plc, dt_s)
        except Exception as error:  # whatever somebody's program does is said
            raise CannotReplay(f"{path} has failed: {type(error).__name__}: {error}") from error

    return guarded
