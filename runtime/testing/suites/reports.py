"""What people read of an outcome: a line for each test, and why one has not passed."""

from __future__ import annotations

from iec61131.diagnostics.render import render
from iec61131.input_forms.drawings import rung
from runtime.service.config.durations import format_duration
from runtime.testing.suites.running import Outcome, Verdict

_COLOURS = {Verdict.PASSED: "\x1b[32m", Verdict.FAILED: "\x1b[1;31m", Verdict.ERROR: "\x1b[1;31m"}
_RESET = "\x1b[0m"
_INDENT = "    "


def line(outcome: Outcome, *, colour: bool) -> str:
    word = f"{outcome.verdict.value:<6}"
    word = f"{_COLOURS[outcome.verdict]}{word}{_RESET}" if colour else word
    virtual = f", {format_duration(outcome.virtual_ns)} in the PLC" if outcome.virtual_ns else ""
    return f"{word}  {outcome.test.shown_id}  ({outcome.duration_s:.3f} s{virtual})"


def report(outcome: Outcome, *, colour: bool) -> str:
    """Why it has not passed: the finding with its place, and what the assertion looked at; empty when it has."""
    if outcome.finding is None:
        return ""
    text = render([outcome.finding], colour=colour, rung=rung)
    return text + "".join(f"{_INDENT}{value}\n" for value in outcome.values)


def summary(outcomes: list[Outcome], duration_s: float) -> str:
    """`2 passed, 1 failed, in 0.41 s`"""
    verdicts = [outcome.verdict for outcome in outcomes]
    counts = [_counted(verdicts.count(each), each) for each in Verdict if each in verdicts]
    return f"{', '.join(counts)}, in {duration_s:.2f} s"


def _counted(number: int, verdict: Verdict) -> str:
    plural = "s" if verdict is Verdict.ERROR and number > 1 else ""
    return f"{number} {verdict.value}{plural}"
