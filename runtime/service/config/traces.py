"""Traces that are armed at start: `[trace.NAME]`."""

from __future__ import annotations

from iec61131.diagnostics.catalogue.project import OUT_OF_RANGE, TRACE_WINDOW
from runtime.image.trace_layout import TRACES
from runtime.service.config import schema
from runtime.service.config.check import Checked, Checker
from runtime.service.tracing.request import BadWindow, TraceRequest, window

_PATH = ("trace",)


def read_traces(checker: Checker) -> list[TraceRequest]:
    """Those that are right, as far as this can be told without the program."""
    names = checker.names(_PATH, "trace")
    if len(names) > TRACES:
        place = (*_PATH, names[TRACES])
        finding = OUT_OF_RANGE.at(
            checker.document.key(place), name="trace", found=f"{len(names)} traces", range=f"up to {TRACES}"
        )
        checker.findings.add(finding)
    found = [_request(checker, name) for name in names]
    return [request for request in found if request is not None]


def _request(checker: Checker, name: str) -> TraceRequest | None:
    path = (*_PATH, name)
    checked = checker.table(path, schema.TRACE, f"[trace.{name}]")
    if not checked.sound:
        return None
    request = TraceRequest(
        name,
        checked["variables"],
        checked["every"],
        checked["trigger"],
        checked["pre"],
        checked["samples"],
        checked["repeat"],
    )
    return request if _fits(checker, checked, request) else None


def _fits(checker: Checker, checked: Checked, request: TraceRequest) -> bool:
    try:
        window(request)
    except BadWindow as error:
        place = (*checked.path, error.key) if error.key in checked.written else checked.path
        checker.findings.add(TRACE_WINDOW.at(checker.document.value(place), cause=error))
        return False
    return True
