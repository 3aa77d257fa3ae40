"""The live status of one PLC in a terminal: one calm view for `rung run` and `rung watch`.

`StatusView.render` makes the whole picture anew from shared memory; nothing here writes to it but the request for a
snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from iec61131.program import CompiledProgram
from io_drivers.contract import DeviceState, Quality
from runtime import clock
from runtime.engine.states import EngineState
from runtime.image import histogram
from runtime.image.block import TASK_WORD, Block
from runtime.service import fault, forces, safe_mode
from runtime.service.bound import Bound, Exposed
from runtime.service.dates import CALENDAR, format_date
from runtime.service.errors import Unavailable
from runtime.service.recording import status as recorder_status
from runtime.service.retain.status import status_of
from runtime.service.run_report import state_text
from runtime.service.snapshot import Reading, Values

MOST_VARIABLES = 10
MOST_EVENTS = 5
MOST_POINTS = 1000
TEXT_SHOWN = 40
"""Characters of a text."""
"""Of each direction, for a PLC that exposes nothing."""
_SILENT_NS = 1_000_000_000
_STATE_STYLE = {EngineState.RUN: "bold green", EngineState.FAULT: "bold red", EngineState.STOP: "yellow"}
_DEVICE_STYLE = {DeviceState.ONLINE: "green", DeviceState.DEGRADED: "yellow", DeviceState.CONNECTING: "yellow"}
_QUALITY_STYLE = {Quality.GOOD: "green", Quality.UNCERTAIN: "yellow", Quality.BAD: "red"}


class StatusView:
    """The picture of one PLC, whose files are in `folder`. `events` are lines for people, newest last. `reload` says
    what another program in charge is, by its bank.
    """

    def __init__(
        self,
        block: Block,
        program: CompiledProgram,
        bound: Bound,
        reload: Callable[[Block], tuple[CompiledProgram, Bound]] | None = None,
        folder: Path | None = None,
    ) -> None:
        self._reload, self._folder = reload, folder
        self._look_at(block, program, bound)

    def _look_at(self, block: Block, program: CompiledProgram, bound: Bound) -> None:
        self._block, self._program, self._bound = block, program, bound
        self._values = Values(block, program, replace(bound, exposed=bound.exposed or _of_points(program, bound)))

    @property
    def answer_s(self) -> float:
        """In which the engine answers the question for values of a picture, for the next one."""
        return 2 * self._block.get("tick_ns") / 1e9 + 0.05

    def render(self, events: Iterable[str] = (), footer: str = "") -> RenderableType:
        if self._reload is not None and not self._block.is_current:
            block = self._block.renewed()
            with suppress(OSError):  # the files of a program that is left are gone
                self._look_at(block, *self._reload(block))
        self._values.poll()
        parts: list[RenderableType] = [self._scan_table(), self._timing_table()]
        if len(self._program.tasks) > 1:
            parts.append(self._task_table())
        if self._bound.connections:
            parts.append(self._device_table())
            parts += self._device_problems()
        parts += self._retained_problem()
        parts += self._recorder_problem()
        parts.append(self._variables())
        parts += self._forces()
        parts += self._safe_mode()
        parts += self._fault_lines()
        recent = list(events)[-MOST_EVENTS:]
        if recent:
            parts.append(Text("\n".join(recent), style="dim"))
        if self._bound.opcua is not None:
            parts.append(Text(f"OPC UA  {self._bound.opcua.endpoint}", style="cyan"))
        if footer:
            parts.append(Text(footer, style="dim"))
        return Panel(Group(*parts), title=self._title(), title_align="left", border_style="blue", padding=(0, 1))

    def _title(self) -> Text:
        state = EngineState(self._block.get("state"))
        title = Text(f" {self._bound.name}  ", style="bold")
        return title.append(state_text(self._block), style=_STATE_STYLE.get(state, "dim")).append(" ")

    def _scan_table(self) -> Table:
        block = self._block
        table = _table("period", "scans", "overruns", "lost")
        table.add_row(
            _milliseconds(block.get("tick_ns")),
            f"{block.get('scans'):,}",
            _count(block.get("overruns")),
            _count(block.get("lost_activations")),
        )
        return table

    def _timing_table(self) -> Table:
        table = _table("", "p50", "p99", "max")
        table.add_row("wake-up latency", *_percentiles(self._block.words("latency")))
        table.add_row("scan duration", *_percentiles(self._block.words("duration")))
        return table

    def _task_table(self) -> Table:
        """Of several tasks; of one, the scan says it all."""
        table = _table("task", "interval", "runs", "lost", "duration p50", "max")
        histograms = self._block.task_histograms("task_duration")
        for task, words, counts in zip(self._program.tasks, self._block.tasks, histograms, strict=False):
            median, _, most = _percentiles(counts)
            runs, lost = int(words[TASK_WORD["runs"]]), int(words[TASK_WORD["lost"]])
            interval = "free" if task.is_freewheeling else _milliseconds(task.interval_ns)
            table.add_row(task.name, interval, f"{runs:,}", _count(lost), median, most)
        return table

    def _device_table(self) -> Table:
        table = _table("device", "state", "requests", "failed", "round trip")
        io_alive = clock.monotonic_ns() - self._block.get("io_heartbeat_ns") < _SILENT_NS
        for row, name in zip(self._block.devices, self._bound.device_names, strict=True):
            state = DeviceState(int(row["state"]))
            shown = (
                Text(state.name.lower(), style=_DEVICE_STYLE.get(state, "red"))
                if io_alive
                else Text("no I/O process", "red")
            )
            table.add_row(
                name,
                shown,
                f"{int(row['requests']):,}",
                _count(int(row["failures"])),
                f"{float(row['round_trip_us']) / 1000:.2f} ms",
            )
        return table

    def _device_problems(self) -> list[Text]:
        """In lines of their own, since the table leaves them no room in a terminal of 80 columns."""
        problems = [bytes(row["problem"]).decode(errors="replace") for row in self._block.devices]
        return [
            Text(f"{name}: {problem}", style="yellow")
            for name, problem in zip(self._bound.device_names, problems, strict=True)
            if problem
        ]

    def _recorder_problem(self) -> list[Text]:
        found = recorder_status.status_of(self._block)
        return [Text(f"nothing is recorded: {found.problem}", style="yellow")] if found and found.problem else []

    def _retained_problem(self) -> list[Text]:
        problem = status_of(self._block, clock.monotonic_ns()).problem
        return [Text(f"retained variables are not stored: {problem}", style="yellow")] if problem else []

    def _variables(self) -> RenderableType:
        if any(_is_shown(exposed) for exposed in self._values.exposed.values()):
            return self._variable_table()
        return Text("no single variables: those under [opcua] expose in plc.toml are shown here", style="dim")

    def _variable_table(self) -> Table:
        table = _table("variable", "value", "type", "quality", "age")
        table.columns[1].justify = "right"
        for reading, exposed in self._interesting():
            quality = Text(reading.quality.name.lower(), style=_QUALITY_STYLE[reading.quality])
            if reading.quality is not Quality.GOOD and reading.reason:
                quality.append(f" {reading.reason.name.lower().replace('_', ' ')}", style="dim")
            if reading.forced:
                quality.append(" forced", style="bold magenta")
            table.add_row(
                reading.path, shown_value(exposed, reading.value), exposed.target.type.name, quality, self._age(reading)
            )
        return table

    def _interesting(self) -> list[tuple[Reading, Exposed]]:
        """At most ten: first what is not good, then in the order of `expose` or of the points."""
        try:
            shown = [(self._values.read(e), e) for e in self._values.exposed.values() if _is_shown(e)]
        except Unavailable:
            return []
        return sorted(shown, key=lambda pair: pair[0].quality is Quality.GOOD)[:MOST_VARIABLES]

    def _age(self, reading: Reading) -> str:
        if reading.time_ns == 0:
            return "never"
        snapshot = self._values.snapshot
        age_ns = max(0, snapshot.now_ns - reading.time_ns) if snapshot is not None else 0
        return f"{age_ns / 1e6:.0f} ms" if age_ns < 1e9 else f"{age_ns / 1e9:.1f} s"

    def _forces(self) -> list[RenderableType]:
        forced = forces.listed(self._block, self._program)
        shown = ", ".join(f"{one.path} = {one.value}" for one in forced[:MOST_VARIABLES])
        more = f" and {len(forced) - MOST_VARIABLES} more" if len(forced) > MOST_VARIABLES else ""
        return [Text(f"forced: {shown}{more}", style="bold magenta")] if forced else []

    def _safe_mode(self) -> list[RenderableType]:
        """Why, for who has not seen it happen."""
        if self._folder is None or not self._block.get("safe_mode"):
            return []
        mode = safe_mode.read(self._folder)
        return [] if mode is None else [Text(safe_mode.sentence(mode), style="bold red")]

    def _fault_lines(self) -> list[RenderableType]:
        if self._block.get("state") != EngineState.FAULT:
            return []
        found = fault.report(self._program, self._block.memory.copy())
        return [Text("\n".join(found.lines()), style="red")] if found else []


def _of_points(program: CompiledProgram, bound: Bound) -> tuple[Exposed, ...]:
    """What the points read and write, for a PLC that exposes nothing: whoever looks at it here may see all of it."""
    channels = {row.path: row.channel for row in bound.inputs[:MOST_POINTS]}
    for row in bound.outputs[:MOST_POINTS]:
        channels.setdefault(row.path, -1)
    return tuple(Exposed(program.find(path), False, channel) for path, channel in channels.items())


def _is_shown(exposed: Exposed) -> bool:
    return exposed.target.type.kind != "array"


def shown_value(exposed: Exposed, value: Any) -> str:
    """A value as an engineer writes it: enumerations by name, durations and texts in ST's form, dates in that of ISO
    8601.
    """
    type_ = exposed.target.type
    if isinstance(value, str):
        return _quoted(value, '"' if type_.wide or type_.base == "WCHAR" else "'")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if type_.kind == "enum":
        return next((label for label, number in type_.labels if number == value), str(value))
    if type_.base in ("TIME", "LTIME"):
        return f"T#{value / 1e9:.3f}s"
    if type_.base in CALENDAR:
        return format_date(type_.base, value)
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _quoted(text: str, quote: str) -> str:
    """A text as a literal, and of a long one the beginning. What cannot be seen is shown by its number."""
    shown = text if len(text) <= TEXT_SHOWN else text[:TEXT_SHOWN]
    inside = "".join(_escaped(character, quote) for character in shown)
    return f"{quote}{inside}{quote}{'' if shown == text else '…'}"


def _escaped(character: str, quote: str) -> str:
    if character in ("$", quote):
        return f"${character}"
    if character.isprintable():
        return character
    return f"${ord(character):04X}" if quote == '"' else f"${ord(character):02X}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, no_wrap=True, min_width=10)
    return table


def _count(number: int) -> Text:
    return Text(f"{number:,}", style="" if number == 0 else "yellow")


def _milliseconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:g} ms"


def _percentiles(counts: NDArray[np.int64]) -> list[str]:
    """Median, 99th percentile and greatest value in microseconds."""
    values = [
        histogram.percentile_ns(counts, 50),
        histogram.percentile_ns(counts, 99),
        float(counts[histogram.MAXIMUM]),
    ]
    return [f"{value / 1000:.1f} µs" for value in values]
