"""One test, from SETUP to TEARDOWN, and how it ended.

Every test begins as the PLC does when it is switched on. Whatever ends SETUP or the test itself, TEARDOWN runs; what
goes wrong there counts when nothing has before.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, cast

from msgspec import Struct

from iec61131.diagnostics.catalogue import CODES
from iec61131.diagnostics.catalogue.suites import FAILED, NO_INPUT, OUT_OF_TIME
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.interpreter.suites import AssertionFailed, Expected, Faulted, NoInput, SuiteScan
from iec61131.program import Site
from iec61131.source import SourceFile, Span
from iec61131.syntax import tree
from runtime import clock
from runtime.service.fault import FaultReport
from runtime.testing.suites import told
from runtime.testing.suites.loading import Bench, Test, sources_of
from runtime.testing.suites.world import Limits, OutOfTime, PlcFaulted, World


class Verdict(Enum):
    PASSED = "passed"
    FAILED = "failed"  # an assertion did not hold
    ERROR = "error"  # something came in between


class Outcome(Struct, frozen=True):
    """`finding` says why a test has not passed, `values` what its variables were."""

    test: Test
    verdict: Verdict
    duration_s: float
    virtual_ns: int
    finding: Diagnostic | None = None
    values: tuple[str, ...] = ()


def run(test: Test, bench: Bench, limits: Limits) -> Outcome:
    """Raises what a defect of the interpreter raises, and KeyboardInterrupt."""
    began_ns = clock.monotonic_ns()
    bench.plc.restart()
    world = World(bench.plc, limits)
    executed = bench.interpreted.executed.add if bench.interpreted is not None else None
    decided = bench.interpreted.decided if bench.interpreted is not None else None
    memory = cast(Any, bench.plc.block.memory).data
    scan = SuiteScan(memory, bench.built.memory, world, world.watching(executed), decided)
    trouble: Exception | None = None
    expected: Expected | None = None
    for part in (test.suite.setup, test.part, test.suite.teardown):
        if part is None or (part is test.part and trouble is not None):
            continue
        try:
            scan.run_part(bench.pou(test.suite, part), bench.instance(test.suite))
        except (AssertionFailed, Faulted, PlcFaulted, OutOfTime, NoInput) as ended:
            if trouble is None:
                trouble, expected = ended, scan.expected
    duration_s = (clock.monotonic_ns() - began_ns) / 1e9
    verdict, finding, values = _judged(trouble, test, bench)
    if finding is not None and expected is not None:
        finding = finding.also(expected.span, f"{told.code_of(expected.code)} is expected from here on")
    return Outcome(test, verdict, duration_s, world.virtual_ns, finding, values)


def _judged(trouble: Exception | None, test: Test, bench: Bench) -> tuple[Verdict, Diagnostic | None, tuple[str, ...]]:
    match trouble:
        case AssertionFailed():
            return Verdict.FAILED, FAILED.at(trouble.span, what=told.sentence(trouble)), told.values(trouble)
        case Faulted():
            finding = CODES[told.code_of(trouble.code)].at(trouble.span)
            return Verdict.ERROR, _with_calls(finding, trouble.call_path[:-1]), ()
        case PlcFaulted():
            return Verdict.ERROR, _of_plc(trouble.report, test.part, sources_of(bench)), ()
        case NoInput():
            finding = NO_INPUT.at(trouble.span or test.part.name.span, what=str(trouble), remedy=trouble.remedy)
            return Verdict.ERROR, finding, ()
        case OutOfTime():
            return Verdict.ERROR, OUT_OF_TIME.at(test.part.name.span, what=str(trouble)), ()
        case _:
            return Verdict.PASSED, None, ()


def _with_calls(finding: Diagnostic, calls: list[Span]) -> Diagnostic:
    for span in calls:
        finding = finding.also(span, "called from here")
    return finding


def _of_plc(report: FaultReport, part: tree.TestPart, sources: dict[str, SourceFile]) -> Diagnostic:
    """The fault of a task, where it was; of one that no place is to blame for, the test."""
    spans = [_span(site, sources) for site in (report.site, *report.calls) if site is not None]
    first, *calls = [span for span in spans if span is not None] or [part.name.span]
    finding = Diagnostic(CODES[report.code], first, report.message, report.remedy)
    return _with_calls(finding, calls).also(part.name.span, "while this test let time go by")


def _span(site: Site, sources: dict[str, SourceFile]) -> Span | None:
    file = sources.get(site.file)
    if file is None or site.line > len(file.line_starts) or site.end_line > len(file.line_starts):
        return None
    start = file.line_starts[site.line - 1] + site.column - 1
    return Span(file, start, file.line_starts[site.end_line - 1] + site.end_column - 1)
