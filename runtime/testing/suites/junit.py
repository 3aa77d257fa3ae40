"""Outcomes as CI servers read them: the XML of JUnit, `testsuites` of `testsuite` of `testcase`.

What does not compile is an error in a suite of its own, so that a server which reads nothing but the report sees it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.diagnostics.render import render
from iec61131.input_forms.drawings import rung
from runtime.service.artifacts import write_atomically
from runtime.testing.suites.reports import report
from runtime.testing.suites.running import Outcome, Verdict

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENT = {Verdict.FAILED: "failure", Verdict.ERROR: "error"}


Findings = Sequence[Diagnostic]
"""Of one file of tests or one project, which does not compile."""


def write(path: Path, outcomes: Sequence[Outcome], refused: Sequence[Findings] = ()) -> None:
    """Raises OSError."""
    write_atomically(path, document(outcomes, refused))


def document(outcomes: Sequence[Outcome], refused: Sequence[Findings] = ()) -> bytes:
    """A `testsuite` for each TEST_SUITE, in the order of `outcomes`, and one for each of `refused`."""
    root = ElementTree.Element("testsuites", {"name": "rung", **_counts(outcomes, len(refused))})
    above = _above(outcomes)
    for name, group in groupby(outcomes, lambda outcome: _class_name(outcome, above)):
        of_suite = list(group)
        suite = ElementTree.SubElement(root, "testsuite", {"name": _text(name), **_counts(of_suite)})
        for outcome in of_suite:
            _case(suite, name, outcome)
    for findings in refused:
        _refused(root, findings)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _above(outcomes: Sequence[Outcome]) -> str | None:
    """The folder that all projects lie in, where there are several: two of them may have a file of the same name."""
    folders = {str(outcome.test.file.folder.absolute()) for outcome in outcomes}
    return os.path.commonpath(folders) if len(folders) > 1 else None


def _class_name(outcome: Outcome, above: str | None) -> str:
    """`tests.test_tank.pump`: points divide it into packages where it is shown."""
    file = outcome.test.file
    folder = file.folder.absolute().relative_to(above) if above is not None else Path()
    parts = [*folder.parts, *PurePosixPath(file.source.name).with_suffix("").parts, outcome.test.suite.name.text]
    return ".".join(part.replace(".", " ") for part in parts)


def _counts(outcomes: Sequence[Outcome], refused: int = 0) -> dict[str, str]:
    verdicts = [outcome.verdict for outcome in outcomes]
    return {
        "tests": str(len(verdicts) + refused),
        "failures": str(verdicts.count(Verdict.FAILED)),
        "errors": str(verdicts.count(Verdict.ERROR) + refused),
        "skipped": "0",
        "time": f"{sum(outcome.duration_s for outcome in outcomes):.3f}",
    }


def _case(suite: ElementTree.Element, class_name: str, outcome: Outcome) -> None:
    test = outcome.test
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_text(class_name),
        name=_text(test.name),
        time=f"{outcome.duration_s:.3f}",
        file=_text(str(test.file.path)),
        line=str(test.line),
    )
    if outcome.finding is not None:
        code, message = outcome.finding.code, outcome.finding.message
        element = ElementTree.SubElement(case, _ELEMENT[outcome.verdict], type=code.id, message=_text(message))
        element.text = _text(report(outcome, colour=False))


def _refused(root: ElementTree.Element, findings: Findings) -> None:
    """Told with the first error; its text has all findings."""
    first = next((finding for finding in findings if finding.is_error), findings[0])
    name = _text(first.span.file.name)
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **_counts([], 1)})
    case = ElementTree.SubElement(suite, "testcase", classname=name, name="compiles", time="0.000", file=name)
    error = ElementTree.SubElement(case, "error", type=first.code.id, message=_text(first.message))
    error.text = _text(render(findings, colour=False, rung=rung))


def _text(text: str) -> str:
    """Without the characters that no XML holds."""
    return _NOT_IN_XML.sub("\ufffd", text)
