"""One run of a recording, repeated: forwards as fast as the machine can, backwards by way of a keyframe before.

`Replay` stands at the end of a tick. Wherever the recording has a keyframe, the memory is compared with it, byte for
byte; what differs is `divergence`. A program's machine code is repeated, or its model by the interpreter.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from iec61131 import compiler, jit
from iec61131.program import CompiledProgram, FaultCode
from runtime.engine import replaying, view, virtual
from runtime.engine.arrays import View
from runtime.engine.replaying import Piece
from runtime.engine.states import EngineState
from runtime.engine.virtual import Condition
from runtime.image.block import Block
from runtime.image.journal import KEY_NOW_NS, KEY_OUTCOME, TRIPPED_BETWEEN, Keyframe
from runtime.replay.tape import CannotReplay, Run
from runtime.service import fault
from runtime.service.recording.scans import Scans
from runtime.testing import conditions, variables
from runtime.testing.errors import NotOneValue
from runtime.testing.interpreted import InterpretedTasks
from runtime.testing.samples import Samples
from runtime.testing.trace import Trace, TraceFiles

_MOST_NAMED = 20
"""Variables that are named of a divergence."""
_TICKS_AT_ONCE = 100_000
"""Then Python is asked whether somebody wants to end it all."""
MOST_TURNS, _MOST_INTERPRETED = 200_000_000, 2_000_000
"""Of loops in a tick that may never end, on either executor: some seconds at most."""
_LOOP_LIMIT = f"RUNG{900 + FaultCode.LOOP_LIMIT:04d}"
_PARTS_KEPT = 4
_RUN_STATE = [2, 7]
"""Columns of the table of tasks that ticks change (`engine.arrays`)."""

_Part = TypeVar("_Part")


class Difference(Struct, frozen=True):
    """What a variable is, as values of Python, and what it was."""

    path: str
    repeated: Any
    recorded: Any


class Divergence(Struct, frozen=True):
    """The repeated run is another from some tick behind `good_tick`, up to and with `tick`, on. `bytes_different` is of
    the memory, and `differences` are the variables there, or some of them.
    """

    good_tick: int
    tick: int
    bytes_different: int
    differences: tuple[Difference, ...]


class Bookmark(NamedTuple):
    """All that the next tick depends on, at the end of `tick`."""

    fixed: NDArray[np.uint8]
    bank: NDArray[np.uint8]
    tasks: NDArray[np.int64]
    tick: int
    now_ns: int
    part: int
    row: int


class Replay:
    """A run, repeated. Raises CannotReplay for a program that cannot be run here."""

    def __init__(self, run: Run, *, interpreted: bool = False) -> None:
        self.run, self.program, self.bound = run, run.program.program, run.program.bound
        self.sources = run.program.sources
        self.divergence: Divergence | None = None
        self.checked = 0
        """Keyframes that the memory was compared with."""
        self.unfinished: fault.FaultReport | None = None
        """Where the last tick was after `most_turns` of its loops: it has not come to an end when it was recorded."""
        self._began_with = self._interpreted = _interpreted(run) if interpreted else None
        if self._interpreted is None and self.program.target != jit.target():
            raise CannotReplay(f"the program was compiled for {self.program.target}; replay it on the interpreter")
        self._code = jit.load(self.program.objects, [task.symbol for task in self.program.tasks])
        self.block = Block.create(run.layout, "replay")
        view.prepare(self.block, self.program, 0)
        self._view = self._make_view()
        self._stretches: dict[int, Scans] = {}
        self._pieces: dict[int, Piece] = {}
        self._addresses = self._view.tasks[:, 0].copy()
        self._samples = Samples(run.begins_ns)
        self._part: int = 0
        self._index: int = 0
        self._good_tick = self.tick = self.now_ns = 0
        self._restore(0)

    def _make_view(self) -> View:
        compiled = [self._code.address(task.symbol) for task in self.program.tasks]
        addresses = self._interpreted.addresses if self._interpreted else compiled
        made = view.make_view(
            self.block,
            self.program,
            self.bound.input_table(),
            self.bound.output_table(),
            view.task_table(self.program.tasks, addresses),
            loop_limit=self.bound.engine.loop_limit,
            depth_limit=self.bound.engine.recursion_limit,
            signals=self.bound.signal_table(),
        )
        return replace(made, ring_records=view.roomy_rings())

    @property
    def most_turns(self) -> int:
        """Of loops in the last tick of a run, whose engine may have been ended in the midst of it."""
        return MOST_TURNS if self._interpreted is None else _MOST_INTERPRETED

    def close(self) -> None:
        """Give its memory back."""
        self.block.close()

    # ------------------------------------------------------------------------------------------------------ where it is

    @property
    def is_at_end(self) -> bool:
        return self.tick >= self.run.last_tick

    @property
    def _key_ticks(self) -> list[int]:
        return self.run.key_ticks

    @property
    def state(self) -> EngineState:
        return EngineState(self.block.get("state"))

    @property
    def scans(self) -> int:
        return self.block.get("scans")

    @property
    def fault(self) -> fault.FaultReport | None:
        return fault.report(self.program, self.block.memory) if self.state is EngineState.FAULT else None

    def __getitem__(self, path: str) -> Any:
        """The value of a variable at the end of the tick. Raises UnknownVariable."""
        return variables.read(self.program, variables.find(self.program, path), self.block.memory)

    def record(self, *paths: str) -> Trace:
        """Collect these variables behind each scan from now on. Raises UnknownVariable, NotOneValue."""
        targets = [variables.find(self.program, path) for path in paths]
        for target in targets:
            if not target.type.base:
                raise NotOneValue(f"'{target.path}' is {target.type.name or target.type.kind}; name its parts")
        number, column = self._samples.add(targets, 1, self.tick + 1)
        return Trace(self._samples, number, column, targets, TraceFiles())

    # ------------------------------------------------------------------------------------------------------------ going

    def to(self, tick: int) -> None:
        """To the end of tick `tick`, or of the last before it; forwards or backwards."""
        if tick < self.tick:
            self._restore(max(0, bisect_right(self._key_ticks, tick) - 1))
        self._forward(tick, conditions.NONE)

    def until(self, condition: str, last: int | None = None) -> bool:
        """To the end of the next tick behind which `condition` (`testing.conditions`) holds, or of tick `last`, or of
        the run; whether it holds. Raises what `conditions.parse` raises.
        """
        parsed = conditions.parse(self.program, condition)
        return self._forward(self.run.last_tick if last is None else last, parsed)

    def back_until(self, condition: str) -> bool:
        """To the end of the last tick before this one behind which `condition` holds; false, and nothing is changed,
        when there is none.
        """
        return self.find_back(conditions.parse(self.program, condition))

    def find_back(self, parsed: Condition) -> bool:
        """As `back_until`, for a condition that is understood already."""
        here = end = self.tick
        for number in range(bisect_right(self._key_ticks, here - 1) - 1, -1, -1):
            self._restore(number)
            found = -1
            while self._forward(end - 1, parsed):
                found = self.tick
            if found >= 0:
                self.to(found)
                return True
            end = self._key_ticks[number] + 1
        self.to(here)
        return False

    def step(self, count: int = 1) -> None:
        """So many ticks on, or back for a negative number."""
        self.to(self._behind(count) if count >= 0 else self._before(-count))

    def _behind(self, count: int) -> int:
        """The number of the tick that is so many behind the present one."""
        part, index = self._part, self._index + count - 1
        while part < len(self.run.parts):
            piece = self._piece(part)
            if index < len(piece.tick):
                return int(piece.tick[index])
            part, index = part + 1, index - len(piece.tick)
        return self.run.last_tick

    def _before(self, count: int) -> int:
        """The number of the tick that is so many before the present one."""
        part, index = self._part, self._index - 1 - count
        while index < 0:
            part -= 1
            if part < 0:
                return self.run.first_tick - 1
            index += len(self._piece(part).tick)
        return int(self._piece(part).tick[index])

    def _forward(self, last: int, until: Condition) -> bool:
        """Up to and with tick `last`, or to where `until` holds; whether it does."""
        while self._part < len(self.run.parts):
            piece = self._piece(self._part)
            if self._index == len(piece.tick):
                self._part, self._index = self._part + 1, 0
                continue
            following = int(piece.tick[self._index])
            if following > last:
                return False
            key = bisect_left(self._key_ticks, following)
            stop = min(last, self._key_ticks[key]) if key < len(self._key_ticks) else last
            end = int(np.searchsorted(piece.tick, stop, side="right"))
            if self._run(piece, end, until):
                return True
        return False

    def _run(self, piece: Piece, end: int, until: Condition) -> bool:
        """Ticks of a piece up to but not including `end`, or to where `until` holds; whether it does."""
        end = min(end, self._index + _TICKS_AT_ONCE)
        is_last = self._part == len(self.run.parts) - 1 and end == len(piece.tick)
        is_last = is_last and self._key_ticks[-1] != self.run.last_tick  # one with a keyframe has come to its end
        if is_last and end - self._index > 1:
            end, is_last = end - 1, False
        self.unfinished, limit = None, self.bound.engine.loop_limit
        self._view.limits[0] = min(self.most_turns, limit) if is_last else limit
        self._samples.make_room(end - self._index)
        self._index = replaying.run(self._view, piece, self._index, end, self._samples.recording, until)
        if self._interpreted is not None:
            self._interpreted.check()
        self.tick, self.now_ns = int(piece.tick[self._index - 1]), int(piece.now_ns[self._index - 1])
        if is_last and self.most_turns < limit:
            found = self.fault
            self.unfinished = found if found is not None and found.code == _LOOP_LIMIT else None
        key = bisect_left(self._key_ticks, self.tick)
        if key < len(self._key_ticks) and self._key_ticks[key] == self.tick:
            self._compare(self.run.keyframe(key))
        return bool(len(until.terms)) and bool(virtual.holds(self._view.memory, until))

    def _piece(self, number: int) -> Piece:
        """The ticks of a part."""
        if number not in self._pieces:
            _keep(self._pieces, number, piece_of(self.run, number, self._stretch))
        return self._pieces[number]

    def _stretch(self, number: int) -> Scans:
        if number not in self._stretches:
            _keep(self._stretches, number, self.run.stretch(number))
        return self._stretches[number]

    # -------------------------------------------------------------------------------------------------------- bookmarks

    def bookmark(self) -> Bookmark:
        """Of here, for `return_to`: quicker than by way of a keyframe."""
        tasks = self._view.tasks[:, _RUN_STATE].copy()
        fixed, bank = self.block.whole
        return Bookmark(fixed.copy(), bank.copy(), tasks, self.tick, self.now_ns, self._part, self._index)

    def return_to(self, bookmark: Bookmark) -> None:
        fixed, bank = self.block.whole
        fixed[:], bank[:] = bookmark.fixed, bookmark.bank
        self._view.tasks[:, _RUN_STATE] = bookmark.tasks
        self.tick, self.now_ns, self._part, self._index = bookmark[3:]

    def run_by(self, tasks: InterpretedTasks | None) -> None:
        """From now on the tasks are these; None: those that it began with."""
        self._interpreted = tasks or self._began_with
        self._view.tasks[:, 0] = tasks.addresses if tasks is not None else self._addresses

    def find(self, condition: Condition, last: int | None = None) -> bool:
        """As `until`, for a condition that is understood already."""
        return self._forward(self.run.last_tick if last is None else last, condition)

    # -------------------------------------------------------------------------------------------------------- keyframes

    def _restore(self, number: int) -> None:
        """To the end of the tick of a keyframe."""
        key = self.run.keyframe(number)
        replaying.restore(self.block, self._view, key)
        self.tick, self.now_ns = self._key_ticks[number], int(key.words[KEY_NOW_NS])
        self._part = bisect_right([part.reach.last for part in self.run.parts], self.tick)
        self._index = 0
        if self._part < len(self.run.parts):
            self._index = int(np.searchsorted(self._piece(self._part).tick, self.tick, side="right"))

    def _compare(self, key: Keyframe) -> None:
        different = replaying.differing_bytes(self._view, key)
        self.checked += 1
        if not len(different):
            self._good_tick = self.tick
        elif self.divergence is None:
            named = tuple(islice(_differences(self.program, different, self._view.memory, key.memory), _MOST_NAMED))
            self.divergence = Divergence(self._good_tick, self.tick, len(different), named)


def _keep(parts: dict[int, _Part], number: int, part: _Part) -> None:
    """One more, and no longer the one that was read first."""
    if len(parts) >= _PARTS_KEPT:
        del parts[next(iter(parts))]
    parts[number] = part


def piece_of(run: Run, number: int, stretch_of: Callable[[int], Scans]) -> Piece:
    """The ticks of part `number` for the kernel. What became of the last of them the part behind it says, or a
    keyframe.
    """
    stretch, outcome = stretch_of(number), np.zeros(1, np.int64)
    if number + 1 < len(run.parts):
        outcome = stretch_of(number + 1).outcome[:1]
    elif run.key_ticks[-1] == run.last_tick:
        outcome = run.keyframe(len(run.keys) - 1).words[KEY_OUTCOME]
    trip = np.append(stretch.outcome[1:], outcome)
    return Piece(
        tick=stretch.tick,
        now_ns=stretch.now_ns,
        trip=np.maximum(trip, 0),
        tripped_between=stretch.outcome == TRIPPED_BETWEEN,
        first_command=np.concatenate([[0], np.cumsum(stretch.command_counts)]),
        image=np.where(stretch.has_image > 0, np.cumsum(stretch.has_image) - 1, -1),
        commands=np.ascontiguousarray(stretch.commands),
        time_ns=np.ascontiguousarray(stretch.time_ns),
        raw=np.ascontiguousarray(stretch.raw),
        quality=np.ascontiguousarray(stretch.quality),
        reason=np.ascontiguousarray(stretch.reason),
    )


def _interpreted(run: Run) -> InterpretedTasks:
    described = run.program
    if compiler.digest(described.sources, described.options) != described.program.digest:
        raise CannotReplay("another version of rung has compiled the program; its model is not the one that ran")
    return InterpretedTasks.of(described.program, described.sources, described.options)


def _differences(
    program: CompiledProgram, different: NDArray[np.int64], repeated: NDArray[np.uint8], recorded: NDArray[np.uint8]
) -> Iterator[Difference]:
    """The variables that have bytes there."""
    for target in program.leaves():
        first = int(np.searchsorted(different, target.offset))
        if first < len(different) and different[first] < target.offset + target.type.size:
            values = [variables.read(program, target, memory) for memory in (repeated, recorded)]
            if target.bit is None or values[0] != values[1]:
                yield Difference(target.path, *values)
