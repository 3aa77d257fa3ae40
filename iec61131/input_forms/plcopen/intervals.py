"""How often a task runs: `interval="T#20ms"`, `"PT0.02S"`, `"00:00:00.02"`, or what CODESYS keeps in data of its own.

CODESYS may write an interval of zero there and the true one in its own data:

    <task name="Fast" interval="PT0S" priority="1">
      <addData><data name="..tasksettings"><TaskSettings KindOfTask="Cyclic" Interval="10000" IntervalUnit="us"/>
"""

from __future__ import annotations

import re
from decimal import Decimal

from iec61131.input_forms.plcopen.additions import additions
from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.xml_tree import Element
from iec61131.source import Span
from iec61131.syntax.tree import DurationLiteral, Expression

_PARTS_NS = (86_400_000_000_000, 3_600_000_000_000, 60_000_000_000, 1_000_000_000)
"""Units of the parts of a duration, in their order."""
_ISO = re.compile(r"P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?", re.ASCII | re.I)
_CLOCK = re.compile(r"()(\d{1,9}):(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)", re.ASCII)
_COUNT = re.compile(r"\d{1,12}", re.ASCII)
_INTERVAL, _CYCLIC, _FREEWHEELING = "Interval", "Cyclic", "Freewheeling"
_UNITS_NS = {"us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
"""Of an interval that CODESYS keeps as a number."""


def duration(document: Document, written: Element, attribute: str) -> Expression | None:
    """What the attribute says, as Structured Text or as XML has durations; None where it says nothing."""
    span = document.attribute_span(written, attribute)
    iso = _iso_duration(written.attributes[attribute], span) if span is not None else None
    return iso or document.attribute(written, attribute)


def interval_of_codesys(document: Document, task: Element) -> tuple[Span, Expression] | None:
    """What the data of CODESYS say, and where; None for a task without a period, which begins anew when it has ended,
    and for one that an event starts.
    """
    for settings in additions(task, "tasksettings"):
        span = document.attribute_span(settings, _INTERVAL)
        if span is not None and settings.attributes.get("KindOfTask", _CYCLIC).strip() == _CYCLIC:
            value = _in_units(settings, span) or duration(document, settings, _INTERVAL)
            return (span, value) if value is not None and not is_zero(value) else None
    return None


def _in_units(settings: Element, span: Span) -> DurationLiteral | None:
    """`Interval="10000" IntervalUnit="us"`; None for an interval that has its unit with it."""
    number, unit = settings.attributes[_INTERVAL].strip(), settings.attributes.get("IntervalUnit", "ms").strip().lower()
    if not _COUNT.fullmatch(number) or unit not in _UNITS_NS:
        return None
    return DurationLiteral(int(number) * _UNITS_NS[unit], False, span)


def is_freewheeling(task: Element) -> bool:
    """Whether a task of CODESYS without a period begins anew as soon as it has ended."""
    kinds = [settings.attributes.get("KindOfTask", _CYCLIC).strip() for settings in additions(task, "tasksettings")]
    return bool(kinds) and all(kind in (_CYCLIC, _FREEWHEELING) for kind in kinds)


def is_zero(interval: Expression) -> bool:
    return isinstance(interval, DurationLiteral) and interval.value_ns == 0


def _iso_duration(text: str, span: Span) -> DurationLiteral | None:
    """`PT0.02S`, `P1DT2H`, or `00:00:00.02`; None for what is neither."""
    match = _ISO.fullmatch(text.strip()) or _CLOCK.fullmatch(text.strip())
    if match is None or text.strip().upper() in ("P", "PT"):
        return None
    parts = zip(match.groups(), _PARTS_NS, strict=True)
    total = sum((Decimal(number) * size for number, size in parts if number), Decimal())
    return DurationLiteral(int(total), False, span)
