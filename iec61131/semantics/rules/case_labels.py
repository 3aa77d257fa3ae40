"""Each value leads to one arm of a CASE.

Accepted                                   Rejected
    CASE n OF                                  CASE n OF
        1, 2: a();                                 1, 2: a();
        3..9: b();                                 2..9: b();
    END_CASE                                   END_CASE

Why: the first arm that matches runs, so the second could never run for that value; one of the two is a slip.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from iec61131.diagnostics.catalogue.expressions import CASE_RANGE, DUPLICATE_CASE_LABEL
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import Span


class Label(Struct, frozen=True):
    """The inclusive range of values that a label stands for."""

    low: int
    high: int
    span: Span


def check(labels: list[Label]) -> Iterator[Diagnostic]:
    widest: Label | None = None  # of those seen so far, the one that reaches furthest
    for label in sorted(labels, key=lambda label: (label.low, label.span.start)):
        if label.low > label.high:
            yield CASE_RANGE.at(label.span, low=label.low, high=label.high)
            continue
        if widest is not None and label.low <= widest.high:
            first, second = (widest, label) if widest.span.start < label.span.start else (label, widest)
            yield DUPLICATE_CASE_LABEL.at(second.span, value=label.low).also(first.span, "it leads here already")
        if widest is None or label.high > widest.high:
            widest = label
