"""Whose code ran at each place of a fault's call path: the instance, by its path.

A fault notes places of the source, not instances. So the way is gone from the task to the fault: what is written at
the place of a call, `Axes[i].Move(...)`, says which instance the next place belongs to, looked at from the one
before. An index that is a variable, a pointer and a reference are read from memory, as they were at the fault. Where
that leads to nothing of the right type, and the program has one instance of that type alone, it is that one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from iec61131.program import CompiledProgram, DataType, Site, Target, UnknownPath
from iec61131.source import SourceFile
from runtime.service import forces, values
from runtime.service.parts import instances_of

_CALLEE = re.compile(r"\s*(?:THIS\s*\^\s*\.\s*)?(?P<text>[^()]*?)\s*\(", re.IGNORECASE)
_INDEX = re.compile(r"\[([^\[\]]*)\]")
_NUMBER = re.compile(r"[+-]?[0-9]+")
_ITSELF = frozenset({"", "THIS^", "SUPER^"})


class Frame(Struct, frozen=True):
    """A place with its instance; None where it has none, or `note` says that it is not known."""

    site: Site
    instance: Target | None
    note: str = ""


def frames(
    program: CompiledProgram,
    memory: NDArray[np.uint8],
    sources: Mapping[str, SourceFile],
    path: Sequence[Site],
) -> list[Frame]:
    """`path` innermost first, as in a report; so are the frames."""
    found: list[Frame] = []
    for number in reversed(range(len(path))):
        caller = found[-1] if found else None
        found.append(_frame(program, memory, sources, path[number], caller))
    return found[::-1]


def _frame(
    program: CompiledProgram,
    memory: NDArray[np.uint8],
    sources: Mapping[str, SourceFile],
    site: Site,
    caller: Frame | None,
) -> Frame:
    block = site.pou.partition(".")[0]
    if caller is None and site.pou.upper() in {task.name.upper() for task in program.tasks}:
        return Frame(site, None)
    if not _has_instances(program, block):
        return Frame(site, None, "the variables of a FUNCTION are in no memory")
    if caller is not None:
        named = _called(program, memory, caller, _text_at(sources, caller.site), is_method=block != site.pou)
        if named is not None and _is_of(program, named.type, block):
            return Frame(site, named)
    every = list(islice(instances_of(program, block), 2))
    if len(every) == 1:
        return Frame(site, every[0])
    return Frame(site, None, f"which instance of {block} it was is not known")


def _has_instances(program: CompiledProgram, name: str) -> bool:
    return any(type_.kind == "block" and type_.name.upper() == name.upper() for type_ in program.types)


def _is_of(program: CompiledProgram, type_: DataType, name: str) -> bool:
    """Whether an instance of `type_` may run code of the block `name`: its own, or that of one which it extends, whose
    members it begins with.
    """
    if type_.kind != "block":
        return False
    if type_.name.upper() == name.upper():
        return True
    base = next(
        (other for other in program.types if other.kind == "block" and other.name.upper() == name.upper()), None
    )
    return base is not None and type_.members[: len(base.members)] == base.members


def _text_at(sources: Mapping[str, SourceFile], site: Site) -> str:
    file = sources.get(site.file)
    if file is None or site.end_line > len(file.line_starts):
        return ""
    start = file.line_starts[site.line - 1] + site.column - 1
    return file.text[start : file.line_starts[site.end_line - 1] + site.end_column - 1]


def _called(
    program: CompiledProgram, memory: NDArray[np.uint8], caller: Frame, text: str, *, is_method: bool
) -> Target | None:
    """The instance that the call `text` is one of."""
    callee = _CALLEE.match(text)
    written = callee["text"] if callee is not None else text.strip()
    if is_method:
        written = written.rpartition(".")[0]
    if written.replace(" ", "").upper() in _ITSELF:
        return caller.instance
    return _resolved(program, memory, caller.instance, written)


def _resolved(
    program: CompiledProgram, memory: NDArray[np.uint8], instance: Target | None, written: str
) -> Target | None:
    """What a path means inside of an instance."""

    def index(match: re.Match[str]) -> str:
        parts = [_whole(program, memory, instance, part.strip()) for part in match[1].split(",")]
        return f"[{', '.join(parts)}]"

    followed = _INDEX.sub(index, "".join(written.split())).rstrip("^")
    for prefix in (f"{instance.path}." if instance is not None else None, ""):
        if prefix is None:
            continue
        try:
            target = program.find(prefix + followed)
        except UnknownPath:
            continue
        if target.type.kind == "pointer":
            distance = int(values.read(program, target, memory))
            return forces.instance_at(program, distance)
        return target
    return None


def _whole(program: CompiledProgram, memory: NDArray[np.uint8], instance: Target | None, text: str) -> str:
    """An index as a number; the text itself, which no path has, where it cannot be told."""
    if _NUMBER.fullmatch(text):
        return text
    target = _resolved(program, memory, instance, text) if re.fullmatch(r"[\w.]+", text) else None
    if target is None or not target.type.base or target.type.kind == "pointer":
        return text
    return str(values.read(program, target, memory))


def by_name(sources: Sequence[SourceFile]) -> dict[str, SourceFile]:
    return {file.name: file for file in sources}


def known(frames: Sequence[Frame]) -> Iterator[Target]:
    """The instances of a path, each once."""
    seen = set[str]()
    for frame in frames:
        if frame.instance is not None and frame.instance.path not in seen:
            seen.add(frame.instance.path)
            yield frame.instance
