"""The tables of docs/project-file.md, made from the tables of keys.

The document is written by people; between `<!-- keys: NAME -->` and `<!-- end -->` stands what this file makes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from io_drivers import catalogue
from io_drivers.contract import Key, KeyKind
from runtime.service.config import schema
from runtime.service.config.check import KIND_WORDS, AnyKey, SpecialKey, range_text, written

TABLES: dict[str, Sequence[AnyKey]] = {
    "plc": schema.PLC,
    "task": schema.TASK,
    "engine": schema.ENGINE,
    "recorder": schema.RECORDER,
    "connection": schema.CONNECTION,
    "device": schema.DEVICE,
    "point": schema.POINT,
    "opcua": schema.OPCUA,
    "opcua.user": schema.OPCUA_USER,
    "trace": schema.TRACE,
    "resource": schema.RESOURCE,
}

_MARKED = re.compile(r"(<!-- keys: (?P<name>[a-z. ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def keys_of(name: str) -> Sequence[AnyKey]:
    """The keys of a table by its name in the document: `plc`, or `modbus connection` for those of a driver. Raises
    KeyError."""
    if " " not in name:
        return TABLES[name]
    driver, table = name.split(" ")
    kind = catalogue.find(driver)
    return {"connection": kind.connection, "device": kind.device, "point": kind.point}[table]


def fill(text: str) -> str:
    """The document with every table made anew. Raises KeyError for a table that there is not."""
    return _MARKED.sub(lambda found: found[1] + markdown(keys_of(found["name"])) + found[3], text)


def markdown(keys: Sequence[AnyKey]) -> str:
    """One table, a line for each key."""
    if not keys:
        return "No keys of its own.\n"
    lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    lines += [line for key in keys for line in _lines(key, "")]
    return "\n".join(lines) + "\n"


def _lines(key: AnyKey, prefix: str) -> list[str]:
    if isinstance(key, SpecialKey):
        return [_line(prefix + key.name, key.form, _default(key), key.help)]
    if key.kind is KeyKind.TABLE:
        inner = [line for each in key.keys for line in _lines(each, f"{prefix}{key.name}.")]
        return [_line(prefix + key.name, "table", "", key.help), *inner]
    return [_line(prefix + key.name, _value(key), _default(key), key.help)]


def _line(*cells: str) -> str:
    name, *others = (cell.replace("|", "\\|") for cell in cells)
    return "| " + " | ".join([f"`{name}`", *others]) + " |"


def _value(key: Key) -> str:
    if key.kind is KeyKind.CHOICE:
        return ", ".join(f'`"{choice}"`' for choice in key.choices)
    word = KIND_WORDS[key.kind].removeprefix("a ")
    span = range_text(key)
    return f"{word}, {span}" if span else word


def _default(key: AnyKey) -> str:
    if key.required:
        return "required"
    if isinstance(key, SpecialKey):
        return key.written_default
    return "" if key.default is None else f"`{written(key, key.default)}`"
