"""One tick of a run on the interpreter, looked at statement by statement.

Places within a tick are counted by the statements of the program's own files: `n` of them have begun before place `n`.
What the standard blocks do inside is no place of its own. A tick is repeated from its beginning for everything that is
asked about it, which takes about as long as it took the interpreter the first time, a millisecond or less.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from iec61131 import compiler
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.interpreter import InputRow
from iec61131.interpreter.flow import Activation
from iec61131.interpreter.memory import Location
from iec61131.interpreter.watching import Call, Moment, WatchedInterpreter
from iec61131.language_service.questions import Questions
from iec61131.semantics.model import Label, Pou, Statement
from iec61131.source import Span
from runtime.image.block import split_points
from runtime.replay.replay import Bookmark, Replay
from runtime.replay.tape import CannotReplay, Run
from runtime.testing.interpreted import InterpretedTasks, input_rows

MOST_STEPS = 2_000_000
"""Statements of one tick."""


class Step(NamedTuple):
    """A statement that began: in a call at `depth`, 0 for the body of a program, in the `turn`th program of the tick,
    which `task` runs.
    """

    statement: Statement
    depth: int
    task: int
    turn: int


class Frame(Struct, frozen=True, eq=False):
    """A call under way. `span` is where it stands."""

    pou: Pou
    activation: Activation
    span: Span


class Points(NamedTuple):
    """What the latch said of each input: (n,) each."""

    time_ns: NDArray[np.int64]
    quality: NDArray[np.uint8]
    reason: NDArray[np.uint8]


class Halt(Struct, frozen=True, eq=False):
    """How things are at a place. `frames` innermost first; there are none at the end of a tick."""

    moment: Moment
    memory: NDArray[np.uint8]
    frames: tuple[Frame, ...]
    points: Points
    task: int | None


Listener = Callable[[Step, Sequence[Call], Moment], object]
"""Is told of each statement of the program's own files before it runs."""


class _Halted(Exception):
    """Ends a tick at a place."""


class Stage:
    """Where ticks of a run are repeated. Raises CannotReplay for a program whose model is not the one that ran."""

    def __init__(self, run: Run) -> None:
        described = run.program
        if compiler.digest(described.sources, described.options) != described.program.digest:
            raise CannotReplay("another version of rung has compiled the program; its model is not the one that ran")
        try:
            understood, self.model, layout = compiler.build_understood(described.sources, described.options)
        except CompileError as error:
            raise CannotReplay(f"the program of the recording is not understood any more: {error}") from error
        self.questions = Questions(understood, self.model)
        program = described.program
        self._interpreter = WatchedInterpreter(self.model, layout, self._told)
        self._size = layout.size
        self._tasks = InterpretedTasks(program, self.model, layout, self._interpreter)
        self._own = frozenset(file.name for file in described.sources)
        self._listener: Listener | None = None
        self._root: Activation | None = None
        self._turn = 0

    def is_own(self, span: Span) -> bool:
        """Whether a place is in a file of the program, and not in the library."""
        return span.file.name in self._own

    # ------------------------------------------------------------------------------------------------------ whole ticks

    def play(self, replay: Replay, listener: Listener) -> bool:
        """The next tick, whole; false when there is none."""
        if replay.is_at_end:
            return False
        self._listener, self._root, self._turn = listener, None, 0
        replay.run_by(self._tasks)
        try:
            replay.step(1)
        finally:
            replay.run_by(None)
            self._listener = self._root = None
        return True

    def steps(self, replay: Replay) -> list[Step]:
        """The statements of the next tick, which is over behind this."""
        found = list[Step]()

        def note(step: Step, _calls: Sequence[Call], _moment: Moment) -> None:
            if len(found) >= MOST_STEPS:
                raise CannotReplay(f"a tick of more than {MOST_STEPS:,} statements cannot be looked at")
            found.append(step)

        self.play(replay, note)
        return found

    def halt(self, replay: Replay, start: Bookmark, number: int) -> Halt:
        """How things are at place `number` of the tick behind `start`; at its end when it has no such place. The
        replay is at one of its ends afterwards.
        """
        replay.return_to(start)
        found = list[Halt]()
        count = -1

        def look(step: Step, calls: Sequence[Call], moment: Moment) -> None:
            nonlocal count
            count += 1
            if count == number:
                found.append(self._copied(replay, step, calls, moment))
                raise _Halted

        try:
            self.play(replay, look)
        except _Halted:
            replay.return_to(start)
            return found[0]
        return self.at_end(replay)

    def at_end(self, replay: Replay) -> Halt:
        """How things are between two ticks."""
        memory = replay.block.memory.copy()
        inputs = input_rows(replay.block.memory.ctypes.data)
        return Halt(self._moment(memory, inputs), memory, (), _points(replay), None)

    def _copied(self, replay: Replay, step: Step, calls: Sequence[Call], moment: Moment) -> Halt:
        memory = replay.block.memory.copy()
        copy = self._moment(memory, moment.inputs)
        frames = list[Frame]()
        span = step.statement.span
        for call in reversed(calls):
            frames.append(Frame(call.pou, _moved(call.activation, moment.memory, copy.memory), span))
            span = call.called_at
        return Halt(copy, memory, tuple(frames), _points(replay), step.task)

    def _moment(self, memory: NDArray[np.uint8], inputs: Sequence[InputRow]) -> Moment:
        return self._interpreter.at(memory[: self._size], inputs)

    # ------------------------------------------------------------------------------------------------------- statements

    def _told(self, statement: Statement, calls: Sequence[Call], moment: Moment) -> None:
        if self._listener is None or statement.span.file.name not in self._own or isinstance(statement, Label):
            return
        root = calls[0].activation
        if root is not self._root:
            self._root, self._turn = root, self._turn + 1
        self._listener(Step(statement, len(calls) - 1, self._tasks.running, self._turn), calls, moment)


def _moved(here: Activation, block: memoryview, copy: memoryview) -> Activation:
    """A call as it is, with what lies in the block taken from its copy."""

    def moved(place: Location) -> Location:
        return replace(place, buffer=copy) if place.buffer is block else place

    places = {variable: moved(place) for variable, place in here.places.items()}
    return Activation(moved(here.instance) if here.instance is not None else None, places)


def _points(replay: Replay) -> Points:
    return Points(*split_points(replay.block.region("points").copy(), replay.block.layout.inputs))
