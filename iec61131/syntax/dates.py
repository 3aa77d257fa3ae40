"""What a date, a time of day or a date with time means: the text of one token to nanoseconds.

    D#2020-01-31   TOD#12:30:00.5   DT#2020-01-31-12:30:00   LDATE#, LTOD#, LDT# and the long spellings of each

Seconds may be left out, as dialects do. A day that the calendar does not have is malformed; whether the value fits its
type is decided later.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from iec61131.diagnostics.catalogue.syntax import MALFORMED_DATE, NUMBER_TOO_LONG
from iec61131.syntax.reports import LITERAL_CHARACTERS_MAX, Report, shortened
from iec61131.syntax.tokens import Token
from iec61131.syntax.tree import DateLiteral


class _Form(NamedTuple):
    type_name: str
    has_date: bool
    has_time: bool
    example: str


_DATE = _Form("DATE", True, False, "2020-01-31")
_TIME_OF_DAY = _Form("TOD", False, True, "12:30:00")
_BOTH = _Form("DT", True, True, "2020-01-31-12:30:00")

# Each spelling before the `#`. The long types differ in range only.
_FORMS: dict[str, _Form] = {
    **dict.fromkeys(("D", "DATE"), _DATE),
    **dict.fromkeys(("LD", "LDATE"), _DATE._replace(type_name="LDATE")),
    **dict.fromkeys(("TOD", "TIME_OF_DAY"), _TIME_OF_DAY),
    **dict.fromkeys(("LTOD", "LTIME_OF_DAY"), _TIME_OF_DAY._replace(type_name="LTOD")),
    **dict.fromkeys(("DT", "DATE_AND_TIME"), _BOTH),
    **dict.fromkeys(("LDT", "LDATE_AND_TIME"), _BOTH._replace(type_name="LDT")),
}

_CALENDAR = re.compile(r"([0-9]{1,4})-([0-9]{1,2})-([0-9]{1,2})")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.([0-9]+(?:_[0-9]+)*))?)?")
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_SECOND_NS = 1_000_000_000
_DAY_NS = 86_400 * _SECOND_NS


class _Malformed(Exception):
    """The message is the reason."""


def date_literal(token: Token, report: Report) -> DateLiteral:
    """The value of a token of kind DATE; a malformed one is reported and counts as zero."""
    prefix, _, body = token.text.partition("#")
    form = _FORMS[prefix.upper()]
    value_ns = 0
    if len(body) > LITERAL_CHARACTERS_MAX:
        report(NUMBER_TOO_LONG.at(token.span, length=len(body), limit=LITERAL_CHARACTERS_MAX))
    else:
        try:
            value_ns = _nanoseconds(body, form)
        except _Malformed as malformed:
            example = f"{prefix}#{form.example}"
            report(MALFORMED_DATE.at(token.span, text=shortened(token.text), reason=malformed, example=example))
    return DateLiteral(value_ns, form.type_name, token.span)


def _nanoseconds(body: str, form: _Form) -> int:
    day, clock = body, body
    if form.has_date and form.has_time:
        day, _, clock = body.rpartition("-")
    total_ns = 0
    if form.has_date:
        total_ns += _days(day) * _DAY_NS
    if form.has_time:
        total_ns += _time_of_day(clock)
    return total_ns


def _days(text: str) -> int:
    """Days since 1970-01-01."""
    match = _CALENDAR.fullmatch(text)
    if match is None:
        raise _Malformed("a date is year-month-day" if text else "the date is missing")
    year, month, day = (int(number) for number in match.groups())
    try:
        return date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        raise _Malformed(f"the calendar has no {match[0]}") from None


def _time_of_day(text: str) -> int:
    """Nanoseconds since midnight; exact, because a fraction is computed in whole numbers."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise _Malformed("a time of day is hours:minutes:seconds" if text else "the time of day is missing")
    hours, minutes, seconds = (int(number or 0) for number in match.groups()[:3])
    if hours > 23 or minutes > 59 or seconds > 59:
        raise _Malformed(f"no clock shows {match[0]}")
    fraction = (match[4] or "").replace("_", "")
    fraction_ns, remainder = divmod(int(fraction or 0) * _SECOND_NS, 10 ** len(fraction))
    if remainder:
        raise _Malformed("it is finer than a nanosecond")
    return ((hours * 60 + minutes) * 60 + seconds) * _SECOND_NS + fraction_ns
