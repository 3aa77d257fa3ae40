"""From the shared memory of a running PLC to the models that show it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from iec61131.program import CompiledProgram, Target
from io_drivers.contract import DeviceState, Quality, Reason
from runtime import clock
from runtime.engine.states import EngineState
from runtime.image import histogram
from runtime.image.block import TASK_WORD, Block
from runtime.service import fault, forces, literals
from runtime.service.bound import Bound, Exposed
from runtime.service.dates import CALENDAR, format_date
from runtime.service.errors import OutOfRange
from runtime.service.http import models
from runtime.service.recording import status as recorder_status
from runtime.service.retain.recalling import Recalled
from runtime.service.retain.status import status_of
from runtime.service.safe_mode import SafeMode
from runtime.service.snapshot import Reading

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_ROLES = ("engine", "io", "gateway")


def state_of(block: Block) -> models.PlcState:
    """The engine's state in the words of this door."""
    return models.PlcState(EngineState(block.get("state")).name.lower())


def running(block: Block, program: CompiledProgram, bound: Bound) -> models.Running:
    """Everything that only a PLC with processes has."""
    return models.Running(
        scan=_scan(block),
        tasks=_tasks(block, program),
        devices=_devices(block, bound),
        processes=_processes(block),
        forces=forces_of(block, program),
        fault=fault_of(block, program),
        opcua=bound.opcua.endpoint if bound.opcua else None,
        variables=len(bound.exposed),
        retained=storing(block, program),
        recorder=_recorder(block),
    )


def _scan(block: Block) -> models.Scan:
    return models.Scan(
        period_ms=block.get("tick_ns") / 1e6,
        scans=block.get("scans"),
        overruns=block.get("overruns"),
        lost_activations=block.get("lost_activations"),
        faults=block.get("faults"),
        latency=_spread(block.words("latency")),
        duration=_spread(block.words("duration")),
    )


def _tasks(block: Block, program: CompiledProgram) -> list[models.TaskStatus]:
    latency, duration = block.task_histograms("task_latency"), block.task_histograms("task_duration")
    return [
        models.TaskStatus(
            name=task.name,
            interval_ms=task.interval_ns / 1e6,
            priority=task.priority,
            runs=int(words[TASK_WORD["runs"]]),
            lost=int(words[TASK_WORD["lost"]]),
            overruns=int(words[TASK_WORD["overruns"]]),
            overlong=int(words[TASK_WORD["overlong"]]),
            last_latency_us=int(words[TASK_WORD["last_latency_ns"]]) / 1e3,
            least_latency_us=int(words[TASK_WORD["least_latency_ns"]]) / 1e3,
            latency=_spread(latency[number]),
            last_duration_us=int(words[TASK_WORD["last_duration_ns"]]) / 1e3,
            least_duration_us=int(words[TASK_WORD["least_duration_ns"]]) / 1e3,
            duration=_spread(duration[number]),
        )
        for number, (task, words) in enumerate(zip(program.tasks, block.tasks, strict=False))
    ]


def _spread(counts: NDArray[np.int64]) -> models.Spread:
    return models.Spread(
        p50_us=histogram.percentile_ns(counts, 50) / 1e3,
        p99_us=histogram.percentile_ns(counts, 99) / 1e3,
        max_us=int(counts[histogram.MAXIMUM]) / 1e3,
    )


def _devices(block: Block, bound: Bound) -> list[models.DeviceStatus]:
    return [
        models.DeviceStatus(
            name=name,
            state=DeviceState(int(row["state"])).name.lower(),
            requests=int(row["requests"]),
            failures=int(row["failures"]),
            reconnects=int(row["reconnects"]),
            round_trip_ms=float(row["round_trip_us"]) / 1e3,
            problem=bytes(row["problem"]).decode(errors="replace"),
        )
        for name, row in zip(bound.device_names, block.devices, strict=True)
    ]


def _processes(block: Block) -> list[models.Process]:
    return [
        models.Process(role=role, pid=block.get(f"{role}_pid"), starts=block.get(f"{role}_starts"))
        for role in _ROLES
        if block.get(f"{role}_starts") > 0
    ]


def forces_of(block: Block, program: CompiledProgram) -> list[models.Force]:
    """What is forced at the moment."""
    return [
        models.Force(
            path=f.path, type=f.type, value=to_json(f.value, _base_of(program, f.path)), label=_label_of(program, f)
        )
        for f in forces.listed(block, program)
    ]


def _label_of(program: CompiledProgram, one: forces.Forced) -> str | None:
    return next((label for label, number in program.find(one.path).type.labels if number == one.value), None)


def _base_of(program: CompiledProgram, path: str) -> str:
    return base_of(program, program.find(path))


def base_of(program: CompiledProgram, target: Target) -> str:
    """The elementary type of a variable or of an array's elements."""
    return program.types[target.type.element].base if target.type.kind == "array" else target.type.base


def safe_mode_of(mode: SafeMode | None) -> models.SafeMode | None:
    return (
        None
        if mode is None
        else models.SafeMode(since=utc_of(mode.utc_ns) if mode.utc_ns else None, reason=mode.reason)
    )


def fault_of(block: Block, program: CompiledProgram) -> models.Fault | None:
    """The fault that the program stands in."""
    if block.get("state") != EngineState.FAULT:
        return None
    found = fault.report(program, block.memory.copy())
    return None if found is None else models.Fault.model_validate(found.as_json())


def storing(block: Block, program: CompiledProgram) -> models.Storing | None:
    """How the retained variables are stored."""
    if not program.retained:
        return None
    found = status_of(block, clock.monotonic_ns())
    return models.Storing(
        bytes=sum(part.size for part in program.retained),
        stored=found.stored,
        failures=found.failures,
        last=None if found.stored_ns is None else utc(found.stored_ns),
        problem=found.problem or None,
    )


def _recorder(block: Block) -> models.Recorder | None:
    found = recorder_status.status_of(block)
    if found is None:
        return None
    return models.Recorder(
        written=found.written, gaps=found.gaps, failures=found.failures, problem=found.problem or None
    )


def start_of(recalled: Recalled | None) -> models.RetainedStart | None:
    """What the retained variables began with."""
    if recalled is None:
        return None
    report = recalled.report
    return models.RetainedStart(
        time=None if recalled.stored is None else utc_of(recalled.stored.utc_ns),
        kept=report.kept,
        converted=report.converted,
        dropped=report.dropped,
        new=report.new,
        rows=[models.RetainedRow(path=row.path, became=row.became, note=row.note) for row in report.rows],
    )


def utc(monotonic_ns: int) -> datetime:
    """A time of the scan clock as time of day."""
    return utc_of(monotonic_ns + clock.utc_offset_ns())


def utc_of(ns: int) -> datetime:
    """Nanoseconds since 1970 UTC as time of day, to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)


# ---------------------------------------------------------------------------------------------------------- variables


def variable(reading: Reading, exposed: Exposed, base: str) -> models.Variable:
    """One value with its quality and time. `base` is the elementary type of the variable or of its elements."""
    labels = {number: label for label, number in exposed.target.type.labels}
    reason = None if reading.reason is Reason.NONE else reading.reason.name.lower()
    if not reading.engine_alive:
        reason = "engine_silent"
    return models.Variable(
        path=reading.path,
        type=exposed.target.type.name,
        writable=exposed.writable,
        value=to_json(reading.value, base),
        label=labels.get(reading.value) if labels else None,
        quality=Quality(reading.quality).name.lower(),
        reason=reason,
        time=utc(reading.time_ns) if reading.time_ns else None,
        forced=reading.forced,
    )


def to_json(value: Any, base: str) -> Any:
    """A value of `service.values` as JSON has it: dates, and the reals that JSON has no numbers for, become texts."""
    if isinstance(value, list):
        return [to_json(item, base) for item in cast("list[Any]", value)]
    if base in CALENDAR:
        return format_date(base, value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def given(program: CompiledProgram, target: Target, value: object) -> object:
    """A value of a request, of JSON or a literal of the language, as `service.values` has it. Raises OutOfRange or
    WrongType.
    """
    if isinstance(value, literals.AsWritten):
        return literals.parse(program, target, value.text)
    return from_json(value, base_of(program, target))


def from_json(value: Any, base: str) -> Any:
    """The reverse, for a variable whose elements are of the elementary type `base`. Raises OutOfRange."""
    if base not in ("REAL", "LREAL"):
        return value
    if isinstance(value, list):
        return [from_json(item, base) for item in cast("list[Any]", value)]
    if isinstance(value, float) and math.isinf(value):  # 1e400: no text of the table, so nobody meant infinity
        raise OutOfRange(f'{base} cannot hold so large a number; infinity is written as a text, "Infinity"')
    return _NON_FINITE.get(value, value) if isinstance(value, str) else value
