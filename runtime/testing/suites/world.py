"""What is around a test: the PLC of its project in virtual time, and the limits of both clocks.

The devices of the PLC answer with what stands in the variables that they fill: a test writes the variable of an input,
and that is what the device says from then on, of good quality.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from iec61131.interpreter import InputRow
from iec61131.interpreter.suites import Executed
from iec61131.semantics.model import Statement
from runtime import clock
from runtime.engine.states import EngineState
from runtime.service.config.durations import format_duration
from runtime.service.fault import FaultReport
from runtime.testing.interpreted import input_rows
from runtime.testing.virtual_plc import VirtualPlc

_TICKS_AT_ONCE = 1000
"""Then the clocks are looked at, and whether the PLC still runs."""
_STATEMENTS_AT_ONCE = 1000
_TURNS = 1_000_000
"""Of loops in a test between two times that it lets time go by: some seconds, for it is interpreted."""


class Limits(Struct, frozen=True):
    """Of one test: the time that goes by in it, and that on the clock of this machine."""

    virtual_ns: int = 24 * 3600 * 1_000_000_000
    real_ns: int = 60 * 1_000_000_000


class PlcFaulted(Exception):
    """The PLC has come to FAULT while a test let time go by."""

    def __init__(self, report: FaultReport) -> None:
        super().__init__(report.message)
        self.report = report


class OutOfTime(Exception):
    """A limit is exceeded; the text says which."""


class World:
    """Around one test, from its beginning. `plc` has just been loaded or restarted."""

    def __init__(self, plc: VirtualPlc, limits: Limits) -> None:
        self._plc, self._limits = plc, limits
        self._begun_ns = self._now_ns = plc.now_ns
        self._last_ns = clock.monotonic_ns() + limits.real_ns
        self._address = plc.block.memory.ctypes.data
        self._statements = 0

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

    def advance(self, duration_ns: int) -> None:
        """Every tick that is due before the new time takes place."""
        self._pass_until(self._now_ns + duration_ns)

    def run_cycles(self, count: int) -> None:
        self._pass_until(self._plc.now_ns + count * self._plc.tick_ns)

    def _pass_until(self, end_ns: int) -> None:
        plc, tick_ns = self._plc, self._plc.tick_ns
        if end_ns - self._begun_ns > self._limits.virtual_ns:
            limit = format_duration(self._limits.virtual_ns)
            raise OutOfTime(f"more than {limit} would have gone by in it")
        self._answer()
        while plc.now_ns < end_ns:
            plc.cycle(min(-(-(end_ns - plc.now_ns) // tick_ns), _TICKS_AT_ONCE))
            self._now_ns = min(plc.now_ns, end_ns)
            if plc.state is EngineState.FAULT and plc.fault is not None:
                raise PlcFaulted(plc.fault)
            self._look_at_clock()
        self._now_ns = max(self._now_ns, end_ns)

    def _answer(self) -> None:
        for row in self._plc.bound.inputs:
            self._plc.set_input(self._plc.bound.input_names[row.channel], self._plc[row.path])

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
