"""Dates and times of day as text, in the form of ISO 8601 and without a zone, as the program has none either.

| IEC type | text |
|---|---|
| DATE, LDATE | `2024-02-29` |
| TOD, LTOD | `12:30:15.5` |
| DT, LDT | `2024-02-29T12:30:15.5` |

Seconds may be left out and have up to nine decimals. Read are also a space or `-` for the `T`, and the literals of the
language, `DT#2024-02-29-12:30:15.5`.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

DATES = ("DATE", "LDATE")
TIMES_OF_DAY = ("TOD", "LTOD")
MOMENTS = ("DT", "LDT")
CALENDAR = (*DATES, *TIMES_OF_DAY, *MOMENTS)

DAY_NS = 86_400_000_000_000
_EPOCH = date(1970, 1, 1)
_PREFIX = re.compile(r"L?(?:D|DATE|TOD|TIME_OF_DAY|DT|DATE_AND_TIME)#", re.IGNORECASE)
_DAY = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_CLOCK = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<decimals>[0-9]{1,9}))?)?"
_FORMS = (
    (DATES, re.compile(_DAY, re.ASCII), "2024-02-29"),
    (TIMES_OF_DAY, re.compile(_CLOCK, re.ASCII), "12:30:15.5"),
    (MOMENTS, re.compile(f"{_DAY}[T -]{_CLOCK}", re.ASCII), "2024-02-29T12:30:15.5"),
)


class BadDate(ValueError):
    """The text is no value of the type; the message says why, as the end of a sentence."""


def parse_date(base: str, text: str) -> int:
    """Nanoseconds since 1970-01-01, or since midnight. Raises BadDate."""
    pattern, example = next((pattern, example) for types, pattern, example in _FORMS if base in types)
    match = pattern.fullmatch(_PREFIX.sub("", text.strip().upper(), count=1))
    if match is None:
        raise BadDate(f"it has the form {example}")
    found = match.groupdict()
    return _days(found) * DAY_NS + _time_ns(found)


def _days(found: dict[str, str | None]) -> int:
    if "year" not in found:
        return 0
    try:
        day = date(*(int(found[part] or 0) for part in ("year", "month", "day")))
    except ValueError:
        raise BadDate("the calendar has no such day") from None
    return (day - _EPOCH).days


def _time_ns(found: dict[str, str | None]) -> int:
    hour, minute, second = (int(found.get(part) or 0) for part in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        raise BadDate("the day ends at 23:59:59.999999999")
    return ((hour * 60 + minute) * 60 + second) * 10**9 + int((found.get("decimals") or "").ljust(9, "0"))


def format_date(base: str, value_ns: int) -> str:
    """The text of nanoseconds since 1970-01-01, or since midnight."""
    days, time_ns = divmod(value_ns, DAY_NS)
    day = (_EPOCH + timedelta(days=days)).isoformat()
    if base in DATES:
        return day
    return _clock(time_ns) if base in TIMES_OF_DAY else f"{day}T{_clock(time_ns)}"


def _clock(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, 10**9)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    decimals = f".{rest:09}".rstrip("0") if rest else ""
    return f"{hour:02}:{minute:02}:{second:02}{decimals}"
