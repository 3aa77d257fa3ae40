"""One PLC whose time passes only when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from iec61131 import jit
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.diagnostics.render import render
from iec61131.program import CompiledProgram, Target, base_period_ns
from io_drivers.contract import Quality, Reason
from runtime.engine import view, virtual
from runtime.engine.arrays import View
from runtime.engine.sharing import Sharing
from runtime.engine.states import EngineState
from runtime.engine.task_statistics import Telling
from runtime.image.block import Block
from runtime.image.channels import OutputImage, OutputReader
from runtime.image.ring import Command, CommandRing, Write
from runtime.service import fault, plant
from runtime.service.bound import Bound
from runtime.service.config.durations import format_duration, parse_duration
from runtime.testing import conditions, devices, variables
from runtime.testing.errors import NotOneValue
from runtime.testing.flight import Flight
from runtime.testing.interpreted import InterpretedTasks
from runtime.testing.samples import Samples
from runtime.testing.statement_coverage import StatementCoverage
from runtime.testing.trace import Trace, TraceFiles

_START_NS = 1_000_000_000
_TICKS_AT_ONCE = 100_000
"""Then Python is asked whether somebody wants to end it all: a tenth of a second or less."""

Simulation = Callable[["VirtualPlc", float], None]
"""Plays what the PLC controls: called before each tick with the PLC and the seconds since the call before."""

When = str | Callable[["VirtualPlc"], bool]


class LoadPlc(Protocol):
    """The fixture `load_plc` of the pytest plugin."""

    def __call__(self, folder: str | Path = ".", simulate: Simulation | None = None) -> VirtualPlc: ...


class Recording(Protocol):
    """Records what a PLC does, as `Flight` does in files."""

    ticks_at_once: int

    def begin(self, block: Block, view: View, now_ns: int) -> None: ...

    def took_place(self, ticks: int, now_ns: int) -> None: ...

    def end(self, now_ns: int) -> None: ...


class _Output(Struct, frozen=True):
    """`safe` is None where the device is left alone."""

    channel: int
    target: Target
    safe: bytes | None


class VirtualPlc:
    """A PLC in RUN at virtual time 0 s, its devices played by the test.

    `plc["Main.Level"]` is a variable: to be read, and to be written before the next tick. Inputs have never been read
    until `set_input`; then they are good in every tick until a fault is put on them. `simulate` plays what the PLC
    controls; `around` makes one of the model of a plant.
    """

    def __init__(
        self,
        built: plant.Plant,
        simulate: Simulation | None = None,
        trace_files: TraceFiles | None = None,
        interpreted: InterpretedTasks | None = None,
        recording: Path | Recording | None = None,
        sharing: Sharing | None = None,
    ) -> None:
        self._sharing = sharing
        self.program, self.bound, self.sources = built.program, built.bound, built.project.sources
        self._simulate = simulate
        self._trace_files = trace_files or TraceFiles()
        self._interpreted = interpreted
        self._flight = Flight(built, recording) if isinstance(recording, Path) else recording
        self._code = jit.load(self.program.objects, [task.symbol for task in self.program.tasks])
        self.tick_ns = base_period_ns(self.program.tasks)
        self._outputs = _outputs(self.program, self.bound)
        places = self.bound.input_table()
        self._input_bytes = places[:, 1], places[:, 2]
        self._begin()

    def _begin(self) -> None:
        """New memory, as after switching on."""
        bound, program = self.bound, self.program
        # numba compiles the loop anew for arrays without any room, which takes seconds: there is some in each block.
        inputs, outputs = max(1, len(bound.input_names)), max(1, len(bound.output_names))
        recorded = self._flight is not None
        layout = view.block_layout(program, inputs, outputs, 0, len(bound.signals), recorded=recorded)
        self.block = Block.create(layout, "virtual")
        view.prepare(self.block, program, _START_NS)
        compiled = [self._code.address(task.symbol) for task in program.tasks]
        addresses = self._interpreted.addresses if self._interpreted else compiled
        self.view = view.make_view(
            self.block,
            program,
            bound.input_table(),
            bound.output_table(),
            view.task_table(program.tasks, addresses),
            loop_limit=bound.engine.loop_limit,
            depth_limit=bound.engine.recursion_limit,
            signals=bound.signal_table(),
            telling=Telling.VIRTUAL,
            sharing=self._sharing,
        )
        if self._sharing is not None:
            self._sharing.begin()
        self._number, self._delay_ns = 0, 0
        self._moved_ns = _START_NS - self.tick_ns
        self._console = CommandRing(self.block, "console")
        self._reader, self._image = OutputReader(self.block), None
        self._devices, self._samples = devices.Devices(program, bound), Samples(_START_NS)
        self._reset_ordered = False
        self.block.set("tick_ns", self.tick_ns)
        self.block.set("phase_ns", _START_NS)
        self.block.set("state", EngineState.STOP)
        if self._flight is not None:
            self._flight.begin(self.block, self.view, _START_NS)
        self.order(Command.START)

    def restart(self) -> None:
        """Switch off and on: as it was after `load`, inputs never read. Traces end; a simulated plant goes on."""
        self.close()
        self._begin()

    def close(self) -> None:
        """Give its memory back. What a trace has recorded stays."""
        if self._flight is not None:
            self._flight.end(self.now_ns)
        self.block.close()

    # ------------------------------------------------------------------------------------------------------- variables

    def __getitem__(self, path: str) -> Any:
        """The value of a variable (`Main.Level`, `gTable[3]`, `%MW4`), see `variables`. Raises UnknownVariable."""
        return variables.read(self.program, variables.find(self.program, path), self.block.memory)

    def __setitem__(self, path: str, value: object) -> None:
        """Write a variable. Raises UnknownVariable, NotWritable, WrongType, OutOfRange."""
        self.put(variables.write(self.program, variables.find(self.program, path), value))

    def put(self, writes: Iterable[Write]) -> None:
        """Write what lies at some places of the memory."""
        for each in writes:
            _put(self.block.memory, each)
            # What is written from outside comes behind a reset and the inputs, and is recorded as any command.
            if self._is_command or self._reset_ordered or self._is_input(each):
                self._console.write([each])

    @property
    def _is_command(self) -> bool:
        """Whether what is written has its place among the commands of the next tick, as in production."""
        return self._flight is not None or self._sharing is not None

    def _is_input(self, write: Write) -> bool:
        """Whether the next latch would put something else there."""
        starts, sizes = self._input_bytes
        return bool(((starts < write.offset + len(write.data)) & (write.offset < starts + sizes)).any())

    # ---------------------------------------------------------------------------------------------------------- devices

    @property
    def input_types(self) -> dict[str, Any]:
        """Each input point with the type of the variable that it fills."""
        return self._devices.types

    def set_input(self, point: str, value: object) -> None:
        """Let the device of `point` (`tank.level`) answer with `value`, in the type of the variable, from now on."""
        self._devices.set(point, value)

    def set_inputs(self, image: Mapping[str, object]) -> None:
        """Several at once, by the names of their points."""
        for point, value in image.items():
            self._devices.set(point, value)

    def lose_input(self, name: str, reason: Reason = Reason.TIMEOUT) -> None:
        """Let `name`, a point or a whole device, answer no more until `restore_input`."""
        self._devices.put(name, devices.Fault(Quality.BAD, reason))

    def doubt_input(self, name: str, reason: Reason = Reason.NONE) -> None:
        """Let what `name`, a point or a whole device, answers be uncertain until `restore_input`."""
        self._devices.put(name, devices.Fault(Quality.UNCERTAIN, reason, answers=True))

    def freeze_input(self, name: str) -> None:
        """Let nothing new come from `name`, a point or a whole device, while nobody says that it is lost, until
        `restore_input`: the input gets older than its `max_age`.
        """
        self._devices.put(name, devices.Fault(Quality.GOOD, Reason.NONE))

    def restore_input(self, name: str) -> None:
        """Let `name`, a point or a whole device, answer as if nothing had been."""
        self._devices.put(name, None)

    def output(self, point: str) -> Any:
        """What the device of `point` is told: the program's value in RUN, else the safe one (None: left alone)."""
        row = self._outputs.get(point)
        if row is None:
            raise devices.unknown("output point", point, self._outputs)
        image = self._taken()
        raw = image.raw[row.channel].tobytes() if image.state == EngineState.RUN else row.safe
        return None if raw is None else variables.read(self.program, row.target, np.frombuffer(raw, np.uint8))

    def _taken(self) -> OutputImage:
        if self._image is None:
            self._image = self._reader.take()
        return self._image

    # ------------------------------------------------------------------------------------------------------------- time

    @property
    def now_ns(self) -> int:
        """When the next tick is due, on the scan's clock."""
        return _START_NS + self._number * self.tick_ns

    @property
    def time_s(self) -> float:
        """Virtual time since the start."""
        return (self.now_ns - _START_NS) / 1e9

    def cycle(self, count: int = 1) -> None:
        """Let `count` ticks of the base period go by."""
        self._run(self._number + count, None)

    def cycle_until_fault(self, count: int) -> None:
        """The same, or up to the tick that brings the PLC to FAULT."""
        self._run(self._number + count, conditions.FAULTED)

    def advance(self, duration: str) -> None:
        """Let a time such as "1.5s" go by, in whole ticks, rounded up."""
        self.cycle(-(-parse_duration(duration) // self.tick_ns))

    def run_until(self, condition: When, limit: str = "1h") -> str:
        """Tick until `condition` holds; returns the time that took. A text (`conditions`) costs next to nothing, a
        function is called before each tick. Raises TimeoutError after `limit`.
        """
        first, end = self._number, self._number + parse_duration(limit) // self.tick_ns + 1
        if callable(condition):
            while not condition(self):
                if self._number >= end:
                    raise self._too_late("the condition", limit)
                self.cycle()
        else:
            parsed = conditions.parse(self.program, condition)
            self._run(end, parsed)
            if not virtual.holds(self.block.memory, parsed):
                raise self._too_late(f"'{condition}'", limit)
        return format_duration((self._number - first) * self.tick_ns)

    def _too_late(self, what: str, limit: str) -> TimeoutError:
        told = "".join(f"\n{line}" for line in self.fault.lines(self.sources)) if self.fault else ""
        return TimeoutError(f"{what} did not come true within {limit}{told}")

    def delay(self, duration: str | int) -> None:
        """Let the next tick come late by so much (nanoseconds, or text). Deadlines that go by meanwhile are missed; the
        phase is kept.
        """
        self._delay_ns = parse_duration(duration) if isinstance(duration, str) else duration

    def miss(self, count: int = 1) -> None:
        """Let `count` ticks go by in which nothing runs, as when the processor was away."""
        self._number += count

    def _run(self, end: int, condition: virtual.Condition | None) -> None:
        """Up to but not including tick `end`, or until the condition holds."""
        at_once = 1 if self._simulate else _TICKS_AT_ONCE if self._flight is None else self._flight.ticks_at_once
        reached = False
        while self._number < end and not reached:
            if self._simulate is not None:
                if condition is not None and virtual.holds(self.block.memory, condition):
                    return
                self._move(self._simulate)
            reached = self._tick(min(end, self._number + at_once), condition)

    def _move(self, simulate: Simulation) -> None:
        now_ns = max(self.now_ns + self._delay_ns, self._moved_ns)
        simulate(self, (now_ns - self._moved_ns) / 1e9)
        self._moved_ns = now_ns

    def _tick(self, end: int, condition: virtual.Condition | None) -> bool:
        """Whether the condition held before `end`."""
        self._samples.make_room(end - self._number)
        ends = conditions.NONE if condition is None else condition
        clock = virtual.Clock(_START_NS, self.tick_ns, self._number, end, self._delay_ns)
        first = self._number
        self._number = virtual.run(self.view, self._devices.answers, self._samples.recording, ends, clock)
        self._delay_ns, self._image, self._reset_ordered = 0, None, False
        if self._interpreted is not None:
            self._interpreted.check()
        if self._flight is not None:
            self._flight.took_place(self._number - first, self.now_ns)
        return self._number < end

    # ------------------------------------------------------------------------------------------------------------ state

    def record(self, *paths: str, every: str | None = None) -> Trace:
        """Collect these variables from now on, behind each scan or at intervals such as "100ms"."""
        targets = [variables.find(self.program, path) for path in paths]
        for target in targets:
            if not target.type.base:
                raise NotOneValue(f"'{target.path}' is {target.type.name or target.type.kind}; record its parts")
        period_ticks = -(-parse_duration(every) // self.tick_ns) if every else 1
        number, column = self._samples.add(targets, period_ticks, self._number)
        return Trace(self._samples, number, column, targets, self._trace_files)

    def order(self, command: Command) -> None:
        """Start, stop or reset before the next tick."""
        self._console.order(command)
        self._reset_ordered |= command in (Command.RESET_WARM, Command.RESET_COLD)

    @property
    def state(self) -> EngineState:
        return EngineState(self.block.get("state"))

    @property
    def scans(self) -> int:
        return self.block.get("scans")

    @property
    def fault(self) -> fault.FaultReport | None:
        """What brought the PLC to FAULT."""
        return fault.report(self.program, self.block.memory) if self.state is EngineState.FAULT else None


def _outputs(program: CompiledProgram, bound: Bound) -> dict[str, _Output]:
    each_device = (device for connection in bound.connections for device in connection.devices)
    safe = {c.index: c.safe for device in each_device for c in device.channels if c.direction.value == "output"}
    made = dict[str, _Output]()
    for row in bound.outputs:
        target = Target(row.path, program.find(row.path).type, 0, None, False, "")
        made[bound.output_names[row.channel]] = _Output(row.channel, target, safe[row.channel])
    return made


def _put(memory: NDArray[np.uint8], write: Write) -> None:
    if write.bit is None:
        memory[write.offset : write.offset + len(write.data)] = np.frombuffer(write.data, np.uint8)
    else:
        rest = int(memory[write.offset]) & ~(1 << write.bit)
        memory[write.offset] = rest | (write.data[0] & 1) << write.bit


def load(
    folder: str | Path,
    simulate: Simulation | None = None,
    trace_files: TraceFiles | None = None,
    covered: StatementCoverage | None = None,
    recording: Path | None = None,
) -> VirtualPlc:
    """The project in `folder`, compiled and started; with `covered` it runs on the interpreter, which notes every
    statement there; what goes into it is kept in the folder `recording`, for `rung replay`. Raises CompileError, to
    which its findings are noted.
    """
    try:
        built = plant.build(Path(folder), cache=plant.cache_folder())
    except CompileError as error:
        error.add_note(render(error.diagnostics, colour=False))
        raise
    interpreted = covered.add(Path(folder), built) if covered is not None else None
    return VirtualPlc(built, simulate, trace_files, interpreted, recording)
