"""A debugger of a recorded run, or of a simulation that is still going on: a session without a screen.

A place is a tick and a number: so many of the tick's statements have begun. What is between two ticks is done by
`Replay`, with machine code; the tick itself is repeated by the interpreter (`stage`). One pass gives the list of its
statements, and every step, forwards or backwards, is looked up there. Memory and calls at a place are worked out when
somebody wants to see them.

The end of a tick, behind its last statement, is a place as well: that is where the memory is what others see of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from iec61131 import jit
from iec61131.interpreter.flow import Activation
from iec61131.interpreter.memory import Location
from iec61131.interpreter.watching import Call, Moment
from iec61131.language_service.questions import BadQuestion, constant_in
from iec61131.program import Target
from iec61131.semantics.model import Load
from iec61131.source import SourceFile
from runtime.image.ring import CommandsFull, Write
from runtime.replay import searching
from runtime.replay.live import Live
from runtime.replay.places import Places, instances_of
from runtime.replay.replay import Bookmark, Replay
from runtime.replay.stage import Frame, Halt, Stage, Step
from runtime.replay.stops import MOST_WATCHED_BYTES, DataBreak, LineBreak, Reason, Stop, Watched
from runtime.replay.tape import CannotReplay, Run
from runtime.service import fault
from runtime.testing import conditions, variables
from runtime.testing.errors import MisusedInTest

MOST_BREAKPOINTS = 1000
_END = Stop(Reason.END, "the end of the run")
_BEGINNING = Stop(Reason.BEGINNING, "the beginning of the run")


class Refused(ValueError):
    """It cannot be done. The text is for people."""


class Position(Struct, frozen=True):
    """`number` statements of tick `tick` have begun."""

    tick: int
    number: int


class Debugger:
    """Stands at the first tick. Raises CannotReplay."""

    def __init__(self, run: Run, live: Live | None = None) -> None:
        self.run, self.live = run, live
        self.program, self.bound = run.program.program, run.program.bound
        self.stage = Stage(run)
        self.places = Places(self.stage.model, [file.name for file in run.program.sources])
        self.instances = instances_of(self.stage.model)
        self.replay = Replay(run, interpreted=self.program.target != jit.target())
        self.interrupted: Callable[[], bool] = lambda: False
        """Asked now and then while something is searched: whether that shall end."""
        self.breakpoints: dict[int, LineBreak | DataBreak] = {}
        self.stops_at_faults = True
        self._numbered = 0
        self._number = 0
        self._halt: Halt | None = None
        self._start: Bookmark = self.replay.bookmark()
        self._steps: list[Step] = []
        self.tick = self.now_ns = 0
        self._enter()

    def close(self) -> None:
        self.replay.close()
        if self.live is not None:
            self.live.plc.close()

    # ------------------------------------------------------------------------------------------------------ where it is

    @property
    def position(self) -> Position:
        return Position(self.tick, self._number)

    @property
    def steps(self) -> list[Step]:
        """The statements of this tick."""
        return self._steps

    @property
    def start(self) -> Bookmark:
        """Where this tick begins."""
        return self._start

    @property
    def step_here(self) -> Step | None:
        """What comes next in this tick, None at its end."""
        return self._steps[self._number] if self._number < len(self._steps) else None

    @property
    def sources(self) -> tuple[SourceFile, ...]:
        return self.run.program.sources

    @property
    def passed_ns(self) -> int:
        """From the beginning of the run to this tick."""
        return self.now_ns - self.run.begins_ns

    @property
    def is_at_head(self) -> bool:
        """Whether this tick is the last there is."""
        return self.tick >= self.run.last_tick

    @property
    def halt(self) -> Halt:
        """How things are here."""
        if self._halt is None:
            self._halt = self.stage.halt(self.replay, self._start, self._number)
        return self._halt

    @property
    def frames(self) -> tuple[Frame, ...]:
        return self.halt.frames

    def fault(self) -> fault.FaultReport | None:
        """What happened in this tick, or before, and is not reset at its end."""
        self._play_on()
        return self.replay.fault

    # ----------------------------------------------------------------------------------------------------------- moving

    def go(self, tick: int, number: int = 0) -> Stop:
        """To a place of a tick, or of the next one that there is; beyond the end of a simulation it lets it go on.
        Raises Refused.
        """
        first = self.run.first_tick
        if tick < first:
            raise Refused(f"the run begins with tick {first:,}")
        self._extend_to(tick)
        if tick > self.run.last_tick:
            raise Refused(f"the run ends with tick {self.run.last_tick:,}")
        self.replay.to(tick - 1)
        self._enter(number)
        return Stop(Reason.STEP, f"tick {self.tick:,}")

    def go_to_time(self, passed_ns: int) -> Stop:
        """To the beginning of the last tick that is not later than so long after the beginning of the run."""
        tick = self.run.tick_at(self.run.begins_ns + passed_ns)
        if self.live is not None and self.run.begins_ns + passed_ns > self.run.ends_ns:
            tick_ns = self.live.plc.tick_ns
            tick = self.run.last_tick + (self.run.begins_ns + passed_ns - self.run.ends_ns) // tick_ns
        return self.go(max(tick, self.run.first_tick))

    def scan(self, count: int) -> Stop:
        """So many ticks on, or back, to the beginning of that one."""
        if count < 0:
            return self.go(max(self.run.first_tick, self._tick_before(-count)))
        self._extend_to(self.tick + count)
        self._play_on()
        if count > 1:
            self.replay.step(count - 1)
        if count > 0 and self.replay.is_at_end:
            return self._at_the_end()
        if count > 0:
            self._enter()
        return Stop(Reason.STEP, f"tick {self.tick:,}")

    def _tick_before(self, count: int) -> int:
        self.replay.return_to(self._start)
        if count > 1:
            self.replay.step(1 - count)
        return self.replay.tick

    def statements(self, count: int) -> Stop:
        """So many statements on, or back."""
        for _ in range(abs(count)):
            stop = self.step_in() if count > 0 else self.back_in()
            if stop.reason is not Reason.STEP:
                return stop
        return Stop(Reason.STEP, "step")

    def step_in(self, *, by_line: bool = False) -> Stop:
        """To the next statement, whatever it belongs to; `by_line`, past those of this call that stand on this line."""
        return self._first(self._past_line(lambda step: True, by_line))

    def step_over(self, *, by_line: bool = False) -> Stop:
        """To the next statement that is not inside of what this one calls; `by_line`, nor stands on this line."""
        here = self.step_here

        def fits(step: Step) -> bool:
            return here is None or step.turn != here.turn or step.depth <= here.depth

        return self._first(self._past_line(fits, by_line))

    def _past_line(self, fits: Callable[[Step], bool], by_line: bool) -> Callable[[Step], bool]:
        here = self.step_here
        if here is None or not by_line:
            return fits
        return lambda step: fits(step) and not _share_line(step, here)

    def step_out(self) -> Stop:
        """To the next statement behind this call; of a program, to the next program."""
        here = self.step_here
        return self._first(lambda step: here is None or step.turn != here.turn or step.depth < here.depth)

    def back_in(self) -> Stop:
        """To the statement before, whatever it belongs to."""
        return self._last(lambda step: True)

    def back_over(self, *, by_line: bool = False) -> Stop:
        """To the statement before in this call, or where that was called; `by_line`, to the first of those that stand
        on its line.
        """
        here = self.step_here
        stop = self._last(lambda step: step.depth <= (here.depth if here and step.turn == here.turn else 0))
        if by_line and stop.reason is Reason.STEP:
            self._stand_at(self._beginning_of_line())
        return stop

    def _beginning_of_line(self) -> int:
        here, found = self._steps[self._number], self._number
        for number in range(found - 1, -1, -1):
            step = self._steps[number]
            if _share_line(step, here):
                found = number
            elif step.turn != here.turn or step.depth <= here.depth:
                break
        return found

    def back_out(self) -> Stop:
        """To where this call was made; of a program, to its first statement."""
        here = self.step_here
        if here is not None and here.depth == 0:
            first = next(n for n, step in enumerate(self._steps) if step.turn == here.turn)
            if first < self._number:
                return self._stand_at(first)
        return self._last(lambda step: step.depth < here.depth if here and step.turn == here.turn else step.depth == 0)

    def _first(self, fits: Callable[[Step], bool]) -> Stop:
        for number in range(self._number + 1, len(self._steps)):
            if fits(self._steps[number]):
                return self._stand_at(number)
        while self._next():
            if self._steps:
                return self._stand_at(0)
            if self.interrupted():
                return Stop(Reason.PAUSE, "interrupted")
        return self._at_the_end()

    def _last(self, fits: Callable[[Step], bool]) -> Stop:
        for number in range(self._number - 1, -1, -1):
            if fits(self._steps[number]):
                return self._stand_at(number)
        while self._previous():
            for number in range(len(self._steps) - 1, -1, -1):
                if self._steps[number].depth == 0 or fits(self._steps[number]):
                    return self._stand_at(number)
            if self.interrupted():
                return Stop(Reason.PAUSE, "interrupted")
        self._stand_at(0)
        return _BEGINNING

    def _stand_at(self, number: int) -> Stop:
        self._number, self._halt = number, None
        return Stop(Reason.STEP, "step")

    def _at_the_end(self) -> Stop:
        """Behind the last statement of the last tick."""
        if self.replay.tick != self.tick or not self.is_at_head:
            self.replay.to(self.run.last_tick - 1)
            self._enter()
        self._stand_at(len(self._steps))
        return _END

    # -------------------------------------------------------------------------------------------------------- searching

    def resume(self, *, backwards: bool = False) -> Stop:
        """To the next breakpoint, fault, or end of the run."""
        search = searching.backwards if backwards else searching.forwards
        found = search(self)
        if found is None:
            if self.interrupted():
                return self._paused()
            return self._back_at_the_beginning() if backwards else self._at_the_end()
        tick, event = found
        if tick != self.tick:
            self.replay.to(tick - 1)
            self._enter()
        self._stand_at(event.at)
        return event.stop

    def _paused(self) -> Stop:
        """Where the search has come to."""
        self.replay.to(max(self.replay.tick, self.run.first_tick) - 1)
        self._enter()
        return Stop(Reason.PAUSE, "interrupted")

    def _back_at_the_beginning(self) -> Stop:
        self.go(self.run.first_tick)
        return _BEGINNING

    def until(self, condition: str) -> Stop:
        """To the end of the next tick behind which a condition of `testing.conditions` holds; nothing is changed when
        there is none. Raises Refused.
        """
        try:
            parsed = conditions.parse(self.program, condition)
        except (MisusedInTest, ValueError) as error:
            raise Refused(str(error)) from None
        before = self.position
        self._play_on()
        found = self.replay.find(parsed)
        while not found and self.extend() and not self.interrupted():
            found = self.replay.find(parsed)
        if not found:
            self.go(before.tick, before.number)
            raise Refused(f"'{condition}' did not come true up to tick {self.run.last_tick:,}")
        self.replay.to(self.replay.tick - 1)
        self._enter()
        self._stand_at(len(self._steps))
        return Stop(Reason.CONDITION, condition)

    # ------------------------------------------------------------------------------------------------------ breakpoints

    def add_line(self, file: str, line: int, condition: str = "", hits: int = 1) -> LineBreak:
        """Raises NoPlace, BadQuestion, Refused."""
        spot = self.places.spot(file, line)
        if condition:
            self.stage.questions.condition(condition, spot.pou)
        return self._add(LineBreak(self._next_number(), spot, condition, hits))

    def add_change(self, path: str) -> DataBreak:
        """Raises Refused."""
        return self._add(DataBreak(self._next_number(), *self.watchable(path)))

    def watchable(self, path: str) -> tuple[Target, Watched]:
        """The variable of this path, if a change of it can be watched. Raises Refused."""
        try:
            target = variables.find(self.program, path)
        except MisusedInTest as error:
            raise Refused(str(error)) from None
        if target.bit is None and (not target.type.base or target.type.size > MOST_WATCHED_BYTES):
            raise Refused(f"'{path}' is {target.type.name or target.type.kind}; name one number or BOOL of it")
        return target, Watched(target.offset, 1 if target.bit is not None else target.type.size, target.bit)

    def line_breaks(self) -> list[LineBreak]:
        return [each for each in self.breakpoints.values() if isinstance(each, LineBreak)]

    def _next_number(self) -> int:
        if len(self.breakpoints) >= MOST_BREAKPOINTS:
            raise Refused(f"there are {MOST_BREAKPOINTS} breakpoints already")
        self._numbered += 1
        return self._numbered

    def _add(self, made: searching.AnyBreak) -> searching.AnyBreak:
        self.breakpoints[made.number] = made
        return made

    # -------------------------------------------------------------------------------------------- values

    def ask(self, text: str, frame: int = 0) -> Location:
        """What an expression is in one of the calls, or outside of them where there is none. Raises BadQuestion."""
        halt = self.halt
        if frame < len(halt.frames):
            here = halt.frames[frame]
            return self.stage.questions.value(text, here.pou).place(halt.moment, here.activation)
        return self.stage.questions.value(text, None).place(halt.moment, Activation(None))

    def holds(self, condition: str, call: Call, moment: Moment) -> bool:
        """Raises BadQuestion."""
        return bool(self.stage.questions.condition(condition, call.pou).answer(moment, call.activation))

    def write(self, path: str, text: str, frame: int = 0) -> Location:
        """Have a simulation take a value with its next tick, as from outside; returns it. Raises BadQuestion,
        Refused.
        """
        if self.live is None:
            raise Refused("what has been recorded stays as it was; only a simulation can be written to")
        if not self.is_at_head:
            raise Refused(
                f"tick {self.tick:,} is over; only the last one, {self.run.last_tick:,}, can be followed by it"
            )
        halt = self.halt
        here = halt.frames[frame] if frame < len(halt.frames) else None
        pou, activation = (here.pou, here.activation) if here is not None else (None, Activation(None))
        wanted = self.stage.questions.value(path, pou)
        if not isinstance(wanted.node, Load):
            raise Refused(f"'{path}' is computed; name a variable")
        if (constant := constant_in(wanted.node)) is not None:
            raise Refused(f"'{path}' cannot be written: '{constant}' is a constant")
        place = wanted.place(halt.moment, activation)
        if place.buffer is not halt.moment.memory:
            raise Refused(f"'{path}' lives in one call only, which is over when the next tick begins")
        held = self.stage.questions.value(text, pou, wanted.type).place(halt.moment, activation)
        data = bytes(held.buffer[held.offset : held.offset + max(place.type.size, 1)])
        if held.bit is not None:
            data = bytes([data[0] >> held.bit & 1])
        try:
            self.live.plc.put([Write(place.offset, data, place.bit)])
        except CommandsFull as error:
            raise Refused(f"'{path}' is too large, or much has been written already: {error}") from None
        return held

    # ----------------------------------------------------------------------------------------------- from tick to tick

    def _enter(self, number: int = 0) -> None:
        """The tick behind where the replay stands becomes this one. The run has one."""
        if self.replay.is_at_end and not self.extend():
            raise CannotReplay("the run has no tick")
        self._start = self.replay.bookmark()
        self._steps = self.stage.steps(self.replay)
        self.tick, self.now_ns = self.replay.tick, self.replay.now_ns
        self._stand_at(min(number, len(self._steps)))

    def _play_on(self) -> None:
        """Let the replay stand at the end of this tick."""
        self.replay.return_to(self._start)
        self.replay.step(1)

    def _next(self) -> bool:
        self._play_on()
        if self.replay.is_at_end and not self.extend():
            return False
        self._enter()
        return True

    def _previous(self) -> bool:
        if self._start.tick < self.run.first_tick:
            return False
        self.replay.to(self._start.tick - 1)
        self._enter()
        return True

    def extend(self) -> bool:
        """Let a simulation go on by a tick; false when this is none."""
        if self.live is None:
            return False
        self.live.plc.cycle(1)
        return True

    def _extend_to(self, tick: int) -> None:
        while self.live is not None and self.run.last_tick < tick and not self.interrupted():
            self.live.plc.cycle(1)

    def path_of(self, frame: Frame) -> Iterator[str]:
        """The path of the instance that runs, if it has one."""
        instance = frame.activation.instance
        if instance is not None and (path := self.instances.get((instance.offset, _name_of(instance)))) is not None:
            yield path


def _share_line(one: Step, other: Step) -> bool:
    """Whether they are of calls equally deep, on one line."""
    spans = one.statement.span, other.statement.span
    is_same = spans[0].file.name == spans[1].file.name and spans[0].line == spans[1].line
    return is_same and (one.turn, one.depth) == (other.turn, other.depth)


def _name_of(instance: Location) -> str:
    return getattr(instance.type, "name", "")


__all__ = ["BadQuestion", "Debugger", "Position", "Refused"]
