"""What is around a test: the PLC of its project in virtual time, its devices, and the limits of both clocks.

A device answers with what the test has written last into the variable of its input, of good quality, and until then
with the initial value. One that is lost or frozen says nothing: what is written meanwhile is what it will say.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from iec61131.interpreter import InputRow
from iec61131.interpreter.suites import Executed, NoInput, TasksFaulted
from iec61131.program import FaultCode
from iec61131.semantics.model import Statement
from io_drivers.contract import Reason
from runtime import clock
from runtime.service.config.durations import format_duration
from runtime.service.fault import FaultReport
from runtime.testing import devices
from runtime.testing.interpreted import input_rows
from runtime.testing.virtual_plc import VirtualPlc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TICKS_AT_ONCE = 1000
"""Then the clocks are looked at, and whether the PLC still runs."""
_STATEMENTS_AT_ONCE = 1000
_TURNS = 1_000_000
"""Of loops in a test between two times that it lets time go by: some seconds, for it is interpreted."""
_PATHS = 12
"""Of variables in a remedy."""


class Limits(Struct, frozen=True):
    """Of one test: the time that goes by in it, and that on the clock of this machine."""

    virtual_ns: int = 24 * 3600 * 1_000_000_000
    real_ns: int = 60 * 1_000_000_000


class PlcFaulted(TasksFaulted):
    """The PLC has come to FAULT while a test let time go by."""

    def __init__(self, report: FaultReport) -> None:
        super().__init__(FaultCode(int(report.code.removeprefix("RUNG")) - 900), report.message)
        self.report = report


class OutOfTime(Exception):
    """A limit is exceeded; the text says which."""


class _Input(Struct):
    """A variable that a point fills, from bit `start` of the memory up to but not including `end`. `held`: its bytes,
    or its bit, behind the last scan. `is_silent`: its device says nothing.
    """

    path: str
    point: str
    start: int
    end: int
    held: bytes = b""
    is_written: bool = True
    is_silent: bool = False

    def read(self, memory: NDArray[np.uint8]) -> bytes:
        if self.end - self.start == 1:
            return bytes([memory[self.start // 8] >> self.start % 8 & 1])
        return memory[self.start // 8 : self.end // 8].tobytes()

    def put_back(self, memory: NDArray[np.uint8]) -> None:
        first = self.start // 8
        if self.end - self.start == 1:
            mask = 1 << self.start % 8
            memory[first] = int(memory[first]) & ~mask | self.held[0] * mask
        else:
            memory[first : self.end // 8] = bytearray(self.held)


class World:
    """Around one test, from its beginning. `plc` has just been loaded or restarted."""

    def __init__(self, plc: VirtualPlc, limits: Limits) -> None:
        self._plc, self._limits = plc, limits
        self._begun_ns = self._now_ns = plc.now_ns
        self._late_ns = 0  # the next tick
        self._last_ns = clock.monotonic_ns() + limits.real_ns
        self._address = plc.block.memory.ctypes.data
        self._statements = 0
        self._has_faulted = False
        self._inputs = _inputs_of(plc)
        self._starts = [each.start for each in self._inputs]
        self._keep()

    @property
    def now_ns(self) -> int:
        return self._now_ns

    @property
    def virtual_ns(self) -> int:
        """What has gone by in the test."""
        return self._now_ns - self._begun_ns

    @property
    def inputs(self) -> Sequence[InputRow]:
        return input_rows(self._address)

    @property
    def loop_limit(self) -> int:
        return min(self._plc.bound.engine.loop_limit, _TURNS)

    @property
    def depth_limit(self) -> int:
        return self._plc.bound.engine.recursion_limit

    # ------------------------------------------------------------------------------------------------------------- time

    def end_of(self, cycles: int) -> int:
        """A cycle that is late is in it, with the period in which it takes place."""
        due_ns, tick_ns = self._plc.now_ns, self._plc.tick_ns
        periods = max(cycles, self._late_ns // tick_ns + 1) if cycles and self._late_ns else cycles
        return due_ns + periods * tick_ns

    def pass_until(self, end_ns: int) -> None:
        """Every tick that takes place before then does."""
        self._check(end_ns)
        self._answer()
        while self._plc.now_ns + self._late_ns < end_ns:
            self._tick(end_ns)
            fault = self._plc.fault if not self._has_faulted else None
            if fault is not None:
                self._has_faulted = True
                raise PlcFaulted(fault)
            self._look_at_clock()
        self._now_ns = max(self._now_ns, end_ns)

    def _tick(self, end_ns: int) -> None:
        """A late one, or several up to `end_ns`."""
        plc, at_ns = self._plc, self._plc.now_ns + self._late_ns
        count = min(-(-(end_ns - at_ns) // plc.tick_ns), _TICKS_AT_ONCE) if not self._late_ns else 1
        plc.delay(self._late_ns)
        self._late_ns = 0
        if self._has_faulted:
            plc.cycle(count)
        else:
            plc.cycle_until_fault(count)
        self._keep()
        self._now_ns = max(self._now_ns, at_ns, min(plc.now_ns, end_ns))

    def miss(self, cycles: int) -> None:
        end_ns = self._plc.now_ns + cycles * self._plc.tick_ns
        self._check(end_ns)
        self._plc.miss(cycles)
        self._now_ns = max(self._now_ns, end_ns)

    def delay(self, duration_ns: int) -> None:
        self._late_ns = duration_ns

    def _check(self, end_ns: int) -> None:
        if end_ns - self._begun_ns > self._limits.virtual_ns:
            limit = format_duration(self._limits.virtual_ns)
            raise OutOfTime(f"more than {limit} would have gone by in it")

    # ---------------------------------------------------------------------------------------------------------- devices

    def wrote(self, bits: range) -> None:
        for each in self._at(bits):
            each.is_written = True

    def _at(self, bits: range) -> Sequence[_Input]:
        """Inputs whose variables have some of these bits; no two inputs share one."""
        behind = bisect_left(self._starts, bits.stop)
        first = behind
        while first > 0 and self._inputs[first - 1].end > bits.start:
            first -= 1
        return self._inputs[first:behind]

    def _answer(self) -> None:
        """What was written in a way that nobody has told of is seen by its value."""
        memory = self._plc.block.memory
        for each in self._inputs:
            if each.is_written or each.read(memory) != each.held:
                self._plc.set_input(each.point, self._plc[each.path])
                each.is_written = False
                if each.is_silent:
                    each.put_back(memory)

    def _keep(self) -> None:
        for each in self._inputs:
            each.held = each.read(self._plc.block.memory)

    def inputs_at(self, bits: range) -> Sequence[str]:
        bound = self._plc.bound
        rows = [row for row in bound.signals if row.start < bits.stop and bits.start < row.end]
        if rows:
            return list(dict.fromkeys(bound.input_names[row.channel] for row in rows))
        paths = [each.path for each in self._inputs[:_PATHS]]
        rest = ", .." if len(self._inputs) > _PATHS else ""
        remedy = f"name a variable that one does: {', '.join(paths)}{rest}" if paths else "the project has no inputs"
        raise NoInput("no point of plc.toml fills this variable", remedy)

    def inputs_of(self, device: str) -> Sequence[str]:
        found = [each.point for each in self._inputs if each.point.partition(".")[0] == device]
        if not found:
            names = {each.point.partition(".")[0] for each in self._inputs}
            raise NoInput(f"plc.toml has no device '{device}' with inputs", devices.remedy(device, names))
        return found

    def disturb(self, function: str, inputs: Sequence[str], reason: int) -> None:
        act, is_silent = _DISTURBANCES[function]
        for each in self._inputs:
            if each.point in inputs:
                act(self._plc, each.point, Reason(reason))
                each.is_silent = is_silent

    # ----------------------------------------------------------------------------------------------------------- limits

    def watching(self, executed: Executed | None) -> Executed:
        """What a test calls before each statement; `executed` is told of it, too."""

        def watch(statement: Statement) -> None:
            self._statements += 1
            if self._statements % _STATEMENTS_AT_ONCE == 0:
                self._look_at_clock()
            if executed is not None:
                executed(statement)

        return watch

    def _look_at_clock(self) -> None:
        if clock.monotonic_ns() > self._last_ns:
            limit = format_duration(self._limits.real_ns)
            raise OutOfTime(f"it has taken more than {limit} on this machine's clock")


def _inputs_of(plc: VirtualPlc) -> list[_Input]:
    """In the order of the memory."""
    found: list[_Input] = []
    for row in plc.bound.inputs:
        start = row.offset * 8 + max(row.bit, 0)
        end = start + (row.size * 8 if row.bit < 0 else 1)
        found.append(_Input(row.path, plc.bound.input_names[row.channel], start, end))
    return sorted(found, key=lambda each: each.start)


def _freeze(plc: VirtualPlc, point: str, _: Reason) -> None:
    plc.freeze_input(point)


def _restore(plc: VirtualPlc, point: str, _: Reason) -> None:
    plc.restore_input(point)


_DISTURBANCES: dict[str, tuple[Callable[[VirtualPlc, str, Reason], None], bool]] = {
    "LOSE_INPUT": (VirtualPlc.lose_input, True),
    "LOSE_DEVICE": (VirtualPlc.lose_input, True),
    "DOUBT_INPUT": (VirtualPlc.doubt_input, False),
    "FREEZE_INPUT": (_freeze, True),
    "RESTORE_INPUT": (_restore, False),
    "RESTORE_DEVICE": (_restore, False),
}
"""What is done to the device, and whether it says nothing from then on."""
