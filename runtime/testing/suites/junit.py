"""Outcomes as CI servers read them: the XML of JUnit, `testsuites` of `testsuite` of `testcase`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from runtime.service.artifacts import write_atomically
from runtime.testing.suites.reports import report
from runtime.testing.suites.running import Outcome, Verdict

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENT = {Verdict.FAILED: "failure", Verdict.ERROR: "error"}


def write(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Raises OSError."""
    write_atomically(path, document(outcomes))


def document(outcomes: Sequence[Outcome]) -> bytes:
    """A `testsuite` for each TEST_SUITE, in the order of `outcomes`."""
    root = ElementTree.Element("testsuites", {"name": "rung", **_counts(outcomes)})
    for name, group in groupby(outcomes, _class_name):
        of_suite = list(group)
        suite = ElementTree.SubElement(root, "testsuite", {"name": _text(name), **_counts(of_suite)})
        for outcome in of_suite:
            _case(suite, name, outcome)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _class_name(outcome: Outcome) -> str:
    """`tests.test_tank.pump`: points divide it into packages where it is shown."""
    path = PurePosixPath(outcome.test.file.source.name).with_suffix("")
    return f"{'.'.join(path.parts)}.{outcome.test.suite.name.text.replace('.', ' ')}"


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    verdicts = [outcome.verdict for outcome in outcomes]
    return {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count(Verdict.FAILED)),
        "errors": str(verdicts.count(Verdict.ERROR)),
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


def _text(text: str) -> str:
    """Without the characters that no XML holds."""
    return _NOT_IN_XML.sub("\ufffd", text)
