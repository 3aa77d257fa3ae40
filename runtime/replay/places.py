"""Where a program can be stopped: the lines on which statements of its own files begin."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from pathlib import PurePath

from msgspec import Struct

from iec61131.diagnostics.diagnostic import near_name
from iec61131.semantics.model import Label, Model, Pou, Statement
from iec61131.semantics.types import BlockType
from iec61131.semantics.walk import inside


class NoPlace(ValueError):
    """Nothing can be stopped there. The text is for people."""


class Spot(Struct, frozen=True, eq=False):
    """The statements that a breakpoint on a line is about: the first there, in each form that it has. `pou` is what
    they belong to.
    """

    file: str
    line: int
    statements: frozenset[Statement]
    pou: Pou


class Places:
    """The spots of a program whose own files have these names."""

    def __init__(self, model: Model, files: Iterable[str]) -> None:
        self._spots: dict[str, dict[int, list[tuple[Statement, Pou]]]] = {name: {} for name in files}
        for pou in model.pous:
            for node in inside(pou.body):
                if isinstance(node, Statement) and not isinstance(node, Label):
                    lines = self._spots.get(node.span.file.name)
                    if lines is not None:
                        lines.setdefault(node.span.line, []).append((node, pou))
        self._lines = {name: sorted(lines) for name, lines in self._spots.items()}

    @property
    def files(self) -> list[str]:
        return list(self._spots)

    def file(self, written: str) -> str:
        """The file of the program that is meant by a name or a path. Raises NoPlace."""
        if written in self._spots:
            return written
        parts = PurePath(written).parts
        fitting = [name for name in self._spots if _ends_alike(PurePath(name).parts, parts)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise NoPlace(f"'{written}' may be {' or '.join(sorted(fitting))}")
        near = near_name(written, self._spots)
        known = f"did you mean '{near}'?" if near else f"there are: {', '.join(sorted(self._spots)[:20])}"
        raise NoPlace(f"the program has no file '{written}'; {known}")

    def spot(self, file: str, line: int) -> Spot:
        """That of a line, or of the next one on which a statement begins. Raises NoPlace."""
        name = self.file(file)
        lines = self._lines[name]
        at = bisect_left(lines, line)
        if at == len(lines):
            raise NoPlace(f"no statement begins on line {line} of {name} or behind it")
        found = self._spots[name][lines[at]]
        first, pou = min(found, key=lambda each: (each[0].span.start, -each[0].span.end))
        same = frozenset(each for each, _ in found if each.span == first.span and type(each) is type(first))
        return Spot(name, lines[at], same, pou)

    def lines(self, file: str, first: int, last: int) -> list[int]:
        """On which statements begin, from `first` to `last`. Raises NoPlace."""
        return [line for line in self._lines[self.file(file)] if first <= line <= last]


def _ends_alike(name: tuple[str, ...], path: tuple[str, ...]) -> bool:
    shared = min(len(name), len(path))
    return shared > 0 and name[-shared:] == path[-shared:]


_MOST_INSTANCES = 100_000


def instances_of(model: Model) -> dict[tuple[int, str], str]:
    """Block instances by where they begin and what they are: their paths. Those in arrays are not among them."""
    found: dict[tuple[int, str], str] = {}
    work = [(each.name, each.offset, each.type) for each in model.memory if isinstance(each.type, BlockType)]
    while work and len(found) < _MOST_INSTANCES:
        path, offset, type_ = work.pop()
        assert isinstance(type_, BlockType)
        found[offset, type_.name] = path
        members = [each for each in type_.members.values() if isinstance(each.type, BlockType)]
        work += [(f"{path}.{each.name}", offset + each.offset, each.type) for each in members if "$" not in each.name]
    return found
