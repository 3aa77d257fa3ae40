"""The settings of the simulated driver. A device has a `poll` period; each point says where its value comes from.

| source   | value of the point                                                        |
|----------|---------------------------------------------------------------------------|
| constant | `value`, until a test sets another                                        |
| ramp     | from `low` to `high` in `period`, then from `low` again                   |
| sine     | between `low` and `high`, one turn in `period`, starting in the middle    |
| square   | `low` in the first half of `period`, `high` in the second                 |
| loop     | the output point named in `of`, as it was last written                    |

Values are wire values: `scale` and `offset` of the point come on top, as with a real device. Outputs need no key.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from io_drivers.contract import Channel, Direction, Finding, Key, KeyKind
from io_drivers.numeric_types import TYPES

MS, S = 1_000_000, 1_000_000_000

CONNECTION_KEYS: tuple[Key, ...] = ()

DEVICE_KEYS = (Key("poll", KeyKind.DURATION, "period", default=100 * MS, minimum=MS, maximum=3600 * S),)

SOURCES = ("constant", "ramp", "sine", "square", "loop")

POINT_KEYS = (
    Key("source", KeyKind.CHOICE, "where the value comes from", default="constant", choices=SOURCES),
    Key("value", KeyKind.NUMBER, "the constant, on the wire", default=0.0),
    Key("low", KeyKind.NUMBER, "lower end of ramp, sine and square", default=0.0),
    Key("high", KeyKind.NUMBER, "upper end", default=1.0),
    Key("period", KeyKind.DURATION, "of ramp, sine and square", default=10 * S, minimum=MS, maximum=86_400 * S),
    Key("of", KeyKind.TEXT, "for source loop: an output point of the same device"),
)


class Source(Struct, frozen=True):
    kind: str
    value: float
    low: float
    high: float
    period_ns: int
    of: str | None


def source(channel: Channel) -> Source:
    values = {key.name: key.default for key in POINT_KEYS}
    values |= {name: value for name, value in channel.settings.items() if value is not None}
    return Source(values["source"], values["value"], values["low"], values["high"], values["period"], values["of"])


def poll_ns(device_settings: dict[str, Any]) -> int:
    return device_settings.get("poll") or 100 * MS


def check_point(device: dict[str, Any], direction: Direction, wire_type: str, point: dict[str, Any]) -> list[Finding]:
    """What is wrong with a point whose keys are each well formed."""
    found: list[Finding] = []
    if wire_type not in TYPES:
        found.append(Finding("type", f"{wire_type} cannot be simulated", f"use one of {', '.join(TYPES)}"))
    given = [key.name for key in POINT_KEYS if point.get(key.name) is not None]
    if direction is Direction.OUTPUT:
        message = "an output gets its value from the program"
        found.extend(Finding(name, message, f"remove {name}") for name in given)
    elif point.get("source") == "loop" and point.get("of") is None:
        found.append(Finding("source", "source loop needs to know which output", 'add of = "name of an output point"'))
    elif point.get("source") != "loop" and point.get("of") is not None:
        found.append(Finding("of", "of belongs to source loop", 'remove of, or use source = "loop"'))
    return found
