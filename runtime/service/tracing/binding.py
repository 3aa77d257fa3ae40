"""The traces of a project against its program; what is wrong points into plc.toml."""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.diagnostics.catalogue.project import TRACE_TRIGGER, TRACE_VARIABLE
from iec61131.program import CompiledProgram
from runtime.service.config.findings import Findings
from runtime.service.config.toml_spans import Document
from runtime.service.errors import BadTrace, OutOfRange, UnknownVariable, WrongType
from runtime.service.tracing.request import TraceRequest
from runtime.service.tracing.resolving import target_of, trigger_of


def check_traces(
    traces: Sequence[TraceRequest], document: Document, program: CompiledProgram, findings: Findings
) -> None:
    for trace in traces:
        path = ("trace", trace.name)
        seen = set[str]()
        for number, variable in enumerate(trace.variables):
            place = document.value((*path, "variables", number))
            try:
                target = target_of(program, variable)
            except (BadTrace, UnknownVariable) as error:
                findings.add(TRACE_VARIABLE.at(place, cause=error))
                continue
            if target.path.upper() in seen:
                findings.add(TRACE_VARIABLE.at(place, cause=f"'{target.path}' is named twice"))
            seen.add(target.path.upper())
        if trace.trigger is None:
            continue
        try:
            trigger_of(program, trace.trigger)
        except (BadTrace, UnknownVariable, WrongType, OutOfRange) as error:
            findings.add(TRACE_TRIGGER.at(document.value((*path, "trigger")), cause=error))
