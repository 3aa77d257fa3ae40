"""One PLC whose time passes only when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from iec61131 import jit
from iec61131.program import Target, base_period_ns
from io_drivers.contract import InputBlock, Reason
from runtime.engine import kernel, view
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.image.channels import InputWriter, OutputReader
from runtime.image.ring import Command, CommandRing
from runtime.service import fault, plant, values
from runtime.service.bound import InputRow, OutputRow
from runtime.service.config.durations import parse_duration

_START_NS = 1_000_000_000


class VirtualPlc:
    """A PLC in RUN at virtual time 0 s, its devices played by the test.

    Inputs keep the value that `set_input` gave them and stay good until `lose_input`. `simulate`, called before each
    tick as `simulate(plc, dt_s)`, plays what the PLC controls; `around` makes one of the model of a plant.
    """

    def __init__(self, built: plant.Plant, simulate: Callable[[VirtualPlc, float], None] | None = None) -> None:
        self.program, self.bound = built.program, built.bound
        self._simulate = simulate
        self._code = jit.load(self.program.objects, [task.symbol for task in self.program.tasks])
        inputs, outputs = len(self.bound.input_names), len(self.bound.output_names)
        layout = view.block_layout(self.program, inputs, outputs, 0, len(self.bound.signals))
        self.block = Block.create(layout, "virtual")
        view.prepare(self.block, self.program, _START_NS)
        addresses = [self._code.address(task.symbol) for task in self.program.tasks]
        settings = self.bound.engine
        self._view = view.make_view(
            self.block,
            self.program,
            self.bound.input_table(),
            self.bound.output_table(),
            view.task_table(self.program.tasks, addresses),
            loop_limit=settings.loop_limit,
            depth_limit=settings.recursion_limit,
            signals=self.bound.signal_table(),
        )
        self.tick_ns = base_period_ns(self.program.tasks)
        self.now_ns = _START_NS
        self._number = 0
        self._console = CommandRing(self.block, "console")
        self._writer, self._reader = InputWriter(self.block), OutputReader(self.block)
        self._inputs = InputBlock(inputs, lambda: None)
        self._alive = np.zeros(inputs, np.bool_)
        self.lost: set[str] = set()
        """Points that `lose_input` has lost."""
        self._rows: dict[str, InputRow] = {self.bound.input_names[row.channel]: row for row in self.bound.inputs}
        self._output_rows: dict[str, OutputRow] = {
            self.bound.output_names[row.channel]: row for row in self.bound.outputs
        }
        self._safe = {c.index: c.safe for c in self._output_channels()}
        self.block.set("state", EngineState.STOP)
        self.order(Command.START)

    # ------------------------------------------------------------------------------------------------------- variables

    def get(self, path: str) -> Any:
        """The value of a variable (`Main.Level`, `gTable[3]`, `%MW4`), see `service.values`. Raises UnknownPath."""
        return values.read(self.program, self.program.find(path), self.block.memory)

    def set(self, path: str, value: object) -> None:
        """Write a variable before the next tick. Raises UnknownPath, WrongType, OutOfRange."""
        self._console.write([values.write(self.program, self._target(path), value)])

    def _target(self, path: str) -> Target:
        return self.program.find(path)

    # ---------------------------------------------------------------------------------------------------------- devices

    def set_input(self, point: str, value: object) -> None:
        """Let the device of `point` (`tank.level`) answer with `value`, in the type of the variable, from now on."""
        row = self._rows[point]
        packed = values.pack(point, self._scalar_type(row.path), value)
        self._inputs.raw[row.channel] = np.frombuffer(packed.ljust(8, b"\0"), np.uint8)
        self._alive[row.channel] = True
        self.lost.discard(point)

    def lose_input(self, point: str, reason: Reason = Reason.TIMEOUT) -> None:
        """Let the device of `point` answer no more."""
        channel = self._rows[point].channel
        self._alive[channel] = False
        self._inputs.bad(np.array([channel]), reason)
        self.lost.add(point)

    def output(self, point: str) -> Any:
        """What the device of `point` is told: the program's value in RUN, else the safe one (None: left alone)."""
        row = self._output_rows[point]
        image = self._reader.take()
        raw = image.raw[row.channel].tobytes() if image.state == EngineState.RUN else self._safe[row.channel]
        if raw is None:
            return None
        type_ = self._scalar_type(row.path)
        memory = np.frombuffer(raw, np.uint8)
        return values.read(self.program, Target(row.path, type_, 0, None, False, ""), memory)

    def _scalar_type(self, path: str) -> Any:
        return self.program.find(path).type

    def _output_channels(self) -> list[Any]:
        devices = (device for connection in self.bound.connections for device in connection.devices)
        return [c for device in devices for c in device.channels if c.direction.value == "output"]

    # ------------------------------------------------------------------------------------------------------------- time

    def cycle(self, count: int = 1) -> None:
        """Let `count` ticks of the base period go by."""
        for _ in range(count):
            if self._simulate is not None:
                self._simulate(self, self.tick_ns / 1e9)
            self._inputs.good(np.flatnonzero(self._alive), self._inputs.raw[self._alive], self.now_ns)
            self._writer.publish(self._inputs, self.now_ns)
            kernel.tick(self._view, self.now_ns, self._number)
            self._number += 1
            self.now_ns += self.tick_ns

    def advance(self, duration: str) -> None:
        """Let a time such as "1.5s" go by, in whole ticks, rounded up."""
        self.cycle(-(-parse_duration(duration) // self.tick_ns))

    def run_until(self, condition: Callable[[VirtualPlc], bool], limit: str = "1h") -> str:
        """Tick until `condition` holds; returns the time that took. Raises TimeoutError after `limit`."""
        started_ns, limit_ns = self.now_ns, parse_duration(limit)
        while not condition(self):
            if self.now_ns - started_ns > limit_ns:
                raise TimeoutError(f"the condition did not come true within {limit}")
            self.cycle()
        return f"{(self.now_ns - started_ns) / 1e9:g}s"

    # ------------------------------------------------------------------------------------------------------------ state

    def order(self, command: Command) -> None:
        """Start, stop or reset before the next tick."""
        self._console.order(command)

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


def load(folder: str | Path, simulate: Callable[[VirtualPlc, float], None] | None = None) -> VirtualPlc:
    """The project in `folder`, compiled and started. Raises CompileError."""
    return VirtualPlc(plant.build(Path(folder), cache=plant.cache_folder()), simulate)
