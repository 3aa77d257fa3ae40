"""Names for what has none in one form and needs one in the other."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from iec61131.syntax.tree import VarBlock


class Names:
    """Of one POU. A new name is none that the POU has, in whatever case."""

    def __init__(self, pou: str, sections: Iterable[VarBlock]) -> None:
        self._taken = {pou.upper()}
        self.take(name.text for block in sections for variable in block.variables for name in variable.names)

    def take(self, names: Iterable[str]) -> None:
        self._taken.update(name.upper() for name in names)

    def new(self, wish: str) -> str:
        """`wish`, with a number behind it if that is taken."""
        found = next(name for n in count(1) if (name := wish if n == 1 else f"{wish}_{n}").upper() not in self._taken)
        self.take((found,))
        return found
