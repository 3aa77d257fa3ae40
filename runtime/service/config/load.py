"""The project file, from its folder to a `ProjectConfig` or to all that is wrong with it.

    load_project(folder)            reads plc.toml and the sources that it names
    read_project(file, ...)         the same from a text that is in memory already

The steps: text -> TOML with places -> each table against its keys -> what concerns several tables. A step that fails
lets the later ones go on where they still make sense, so that one run shows all errors of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import gcd
from pathlib import Path

from iec61131.diagnostics.catalogue.project import (
    BAD_NAME,
    INTERVALS_APART,
    NO_PROJECT_FILE,
    PROGRAM_IN_TWO_TASKS,
    UNKNOWN_KEY,
)
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.source import SourceFile, Span
from io_drivers import catalogue
from runtime.service.config import schema
from runtime.service.config.check import Checked, Checker
from runtime.service.config.devices import Drivers, read_connections, read_devices
from runtime.service.config.durations import format_duration
from runtime.service.config.findings import Findings
from runtime.service.config.opcua import read_opcua, read_resources
from runtime.service.config.project import EngineConfig, ProjectConfig, RestartConfig, TaskConfig, WatchdogConfig
from runtime.service.config.sources import read_sources
from runtime.service.config.text_files import decode, read_bytes
from runtime.service.config.toml_spans import parse
from runtime.service.config.traces import read_traces

FILE_NAME = "plc.toml"
MAX_FILE_BYTES = 1 << 20

ReadSources = Callable[[list[tuple[str, Span]], Findings], tuple[SourceFile, ...]]
"""From the entries of `sources`, with their places, to files; what is wrong goes to the findings."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def load_project(folder: Path, drivers: Drivers = catalogue) -> ProjectConfig:
    """Read the project in `folder`. Raises CompileError with all findings; names of files in them are relative to the
    folder."""
    try:
        data = read_bytes(folder / FILE_NAME, FILE_NAME, MAX_FILE_BYTES)
    except FileNotFoundError:
        nowhere = Span(SourceFile(FILE_NAME, ""), 0, 0)
        raise CompileError([NO_PROJECT_FILE.at(nowhere, name=FILE_NAME, folder=folder)]) from None
    file = decode(data, FILE_NAME, mark=False)
    return read_project(file, lambda entries, findings: read_sources(folder, entries, findings), drivers)


def read_project(file: SourceFile, sources: ReadSources, drivers: Drivers = catalogue) -> ProjectConfig:
    """Read a project file's text. Raises CompileError with all findings."""
    document = parse(file)
    findings = Findings()
    checker = Checker(document, findings)
    _check_top_level(checker)
    plc = checker.table(("plc",), schema.PLC, "[plc]")
    if plc["name"] is not None:
        checker.is_name(plc["name"], document.value(("plc", "name")), "the name of a PLC")
    patterns: tuple[str, ...] = plc["sources"] or ()
    entries = [(text, document.value(("plc", "sources", i))) for i, text in enumerate(patterns)]
    files = sources(entries, findings) if entries else ()
    tasks = _tasks(checker)
    engine = _engine(checker)
    recorder = checker.table(("recorder",), schema.RECORDER, "[recorder]")
    connections = read_connections(checker, drivers)
    devices, points = read_devices(checker, connections)
    opcua = read_opcua(checker)
    resources = read_resources(checker)
    traces = read_traces(checker)
    if findings:
        raise CompileError(findings.in_order(file))
    return ProjectConfig(
        document=document,
        name=plc["name"],
        source_patterns=patterns,
        sources=files,
        dialect=plc["dialect"],
        drawings=plc["drawings"],
        on_fault=plc["on_fault"],
        restart=RestartConfig(plc["restart"]["most"], plc["restart"]["within"]),
        heap_bytes=plc["heap"],
        retain_every_ns=plc["retain"]["every"],
        record_bytes=recorder["limit"] if recorder["enabled"] else 0,
        tasks=tuple(tasks),
        engine=engine,
        connections=tuple(c for c in connections.values() if c is not None),
        devices=tuple(devices),
        points=tuple(points),
        opcua=opcua,
        traces=tuple(traces),
        resources=tuple(resources),
        own_processes=plc["own_processes"],
    )


def _check_top_level(checker: Checker) -> None:
    for name in checker.document.values:
        if name not in schema.TOP_LEVEL:
            known = ", ".join(schema.TOP_LEVEL.values())
            span = checker.document.key((name,))
            finding = UNKNOWN_KEY.at(span, where="the project file", name=name[:80], known=known)
            checker.findings.add_near(finding, name, schema.TOP_LEVEL)


def _tasks(checker: Checker) -> list[TaskConfig]:
    tasks: list[TaskConfig] = []
    for name in checker.names(("task",), "task"):
        path = ("task", name)
        _check_identifier(checker, name, checker.document.key(path), "the name of a task")
        checked = checker.table(path, schema.TASK, f"[task.{name}]")
        program, place = checked["program"], checker.document.value((*path, "program"))
        if not _is_complete(checker, checked, name):
            continue
        if program is not None and not _check_identifier(checker, program, place, "the name of a PROGRAM"):
            continue
        other = next((task for task in tasks if program and (task.program or "").upper() == program.upper()), None)
        if other is not None:
            finding = PROGRAM_IN_TWO_TASKS.at(place, program=program, other=other.name)
            checker.findings.add(finding.also(other.span, "it runs here"))
        elif checked.sound:
            limits = checked["watchdog"]
            watchdog = WatchdogConfig(limits["time"], limits["sensitivity"]) if limits["time"] is not None else None
            tasks.append(TaskConfig(name, program, checked["interval"] or 0, checked["priority"], place, watchdog))
    tick_ns = gcd(*(task.interval_ns for task in tasks))
    if tick_ns and tick_ns < schema.LEAST_TICK_NS:
        tick, least = format_duration(tick_ns), format_duration(schema.LEAST_TICK_NS)
        checker.refuse(INTERVALS_APART, ("task", tasks[-1].name, "interval"), tick=tick, least=least)
    return tasks


def _is_complete(checker: Checker, checked: Checked, name: str) -> bool:
    """Whether a task says all that it needs, or nothing, where the sources declare it; if not, a finding."""
    both = ("program", "interval")
    missing = [key for key in schema.TASK if key.name in both and key.name not in checked.written]
    if len(missing) == len(both) and "priority" not in checked.written and "watchdog" in checked.written:
        return True
    for key in missing:
        checker.missing(key, checked.path, f"[task.{name}]")
    return not missing


def _check_identifier(checker: Checker, text: str, span: Span, what: str) -> bool:
    if _IDENTIFIER.fullmatch(text):
        return True
    form = "letters, digits and _, up to 64, beginning with a letter or _"
    checker.findings.add(BAD_NAME.at(span, found=text[:80], what=what, form=form))
    return False


def _engine(checker: Checker) -> EngineConfig:
    checked = checker.table(("engine",), schema.ENGINE, "[engine]")
    return EngineConfig(
        priority=checked["priority"] if checked["realtime"] else 0,
        cpu=checked["cpu"],
        loop_limit=checked["loop_limit"],
        recursion_limit=checked["recursion_limit"],
        outputs_timeout_ns=checked["outputs_timeout"],
        keep_forces=checked["keep_forces"],
    )
