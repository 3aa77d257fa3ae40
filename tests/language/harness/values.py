"""Values of a program's variables, read from and written to its memory block, with the literals of `notation`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import numpy as np

from iec61131.program import NUMPY_FORMAT, CompiledProgram, DataType, Target
from tests.language.harness.notation import date_ns, duration_ns

Memory = np.ndarray
_ITEM = re.compile(r"""(?:'[^']*'|"[^"]*"|[^,'"])+""")


def leaves(program: CompiledProgram, path: str) -> list[Target]:
    """The elementary variables that `path` leads to: itself, or the elements of an array in memory order."""
    target = program.find(path)
    found = [target]
    while any(t.type.kind == "array" for t in found):
        found = [part for t in found for part in _elements(program, t)]
    return found


def _elements(program: CompiledProgram, target: Target) -> Iterable[Target]:
    element = program.types[target.type.element]
    for number in range(target.type.size // element.size):
        path = f"{target.path}#{number}"
        yield Target(path, element, target.offset + number * element.size, None, target.constant, target.section)


def read(memory: Memory, target: Target) -> int | float | bool | str:
    if target.bit is not None:
        return bool(memory[target.offset] >> target.bit & 1)
    if target.type.kind == "string":
        raw = memory[target.offset : target.offset + target.type.size].tobytes()
        return raw.decode("utf-16-le" if target.type.wide else "latin-1", "surrogatepass").partition("\0")[0]
    if not target.type.base:
        raise ValueError(f"{target.path} is no elementary variable")
    raw = memory[target.offset : target.offset + target.type.size]
    value = raw.view(NUMPY_FORMAT[target.type.base])[0].item()
    return bool(value) if target.type.base == "BOOL" else value


def write(memory: Memory, target: Target, value: int | float | bool | str) -> None:
    if target.bit is not None:
        mask = np.uint8(1 << target.bit)
        memory[target.offset] = memory[target.offset] | mask if value else memory[target.offset] & ~mask
        return
    raw = memory[target.offset : target.offset + target.type.size]
    if isinstance(value, str):
        encoded = value.encode("utf-16-le" if target.type.wide else "latin-1").ljust(target.type.size, b"\0")
        raw[:] = np.frombuffer(encoded, np.uint8)
        return
    with np.errstate(over="ignore"):
        raw.view(NUMPY_FORMAT[target.type.base])[0] = value


def parse(text: str, type_: DataType) -> int | float | bool | str:
    """The value that a literal has as `type_`. Raises ValueError or KeyError."""
    if type_.kind == "string":
        quote = '"' if type_.wide else "'"
        if not re.fullmatch(f"{quote}[^{quote}]*{quote}", text):
            raise ValueError(f"{text} is no text in {quote}")
        return text[1:-1]
    labels = {label.upper(): value for label, value in type_.labels}
    if text.upper() in labels:
        return labels[text.upper()]
    if type_.base == "BOOL":
        return {"TRUE": True, "FALSE": False}[text.upper()]
    if type_.base in ("TIME", "LTIME"):
        return duration_ns(text)
    if type_.base in ("DATE", "LDATE", "TOD", "LTOD", "DT", "LDT"):
        return date_ns(text)
    if type_.base == "REAL":
        with np.errstate(over="ignore"):
            return float(np.float32(text))
    if type_.base == "LREAL":
        return float(text)
    sign, base, digits = re.fullmatch(r"(-?)(?:(\d+)#)?([0-9A-F_]+)", text, re.IGNORECASE).groups()  # pyright: ignore[reportOptionalMemberAccess]
    value = int(digits, int(base or 10))
    return -value if sign else value


def parse_all(text: str, targets: list[Target]) -> list[int | float | bool | str]:
    """A literal for each target: one, or a list in brackets."""
    items = [item.strip() for item in _ITEM.findall(text[1:-1])] if text.startswith("[") else [text]
    if len(items) != len(targets):
        raise ValueError(f"{len(items)} values for {len(targets)} variables")
    return [parse(item, target.type) for item, target in zip(items, targets, strict=True)]


def same(left: float | str, right: float | str) -> bool:
    """Equal, with every NaN equal to every other and 0.0 not equal to -0.0."""
    if isinstance(left, str) or isinstance(right, str):
        return left == right
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    return left == right and math.copysign(1, left) == math.copysign(1, right)
