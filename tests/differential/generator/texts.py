"""Texts: expressions of STRING and WSTRING at random. Strings of one width and any length stand for each other, so what
is asked for is a width, not a type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.differential.generator.choices import Choices
from tests.differential.generator.repertoire import TEXTS, WORDS, Place, is_wide
from tests.differential.generator.scope import Interface

if TYPE_CHECKING:
    from tests.differential.generator.expressions import Expressions

COUNTS = ("0", "1", "2", "3", "5", "-1", "80", "DINT#2147483647", "DINT#-2147483648")


class Texts:
    """Texts over the scope of `expressions`."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.choices: Choices = expressions.choices

    def of(self, wide: bool, depth: int) -> str:
        if depth <= 0 or not self.choices.chance(65):
            return self._atom(wide, depth)
        forms: list[Callable[[bool, int], str]] = [self._function, self._function, self._selection, self._written]
        if self._calls(wide):
            forms += [self._call] * 2
        return self.choices.pick(forms)(wide, depth - 1)

    def places(self, wide: bool) -> list[Place]:
        return self._of_width(self.expressions.scope.readable, wide)

    @staticmethod
    def _of_width(places: tuple[Place, ...], wide: bool) -> list[Place]:
        return [p for p in places if p.type in TEXTS and is_wide(p.type) is wide]

    def any_width(self) -> bool:
        """A width, mostly one of which there are variables."""
        return not self.places(wide=False) or (bool(self.places(wide=True)) and self.choices.chance(30))

    # ---------------------------------------------------------------------------------------------------------- texts

    def literal(self, wide: bool) -> str:
        quote = '"' if wide else "'"
        prefix = self.choices.pick(("", "", "WSTRING#" if wide else "STRING#"))
        return f"{prefix}{quote}{self.choices.pick(WORDS[wide])}{quote}"

    def _atom(self, wide: bool, depth: int) -> str:
        properties = self._of_width(self.expressions.scope.readings, wide)
        if properties and self.choices.chance(30):
            return self.expressions.text(self.choices.pick(properties), depth)
        found = self.places(wide)
        if found and self.choices.chance(80):
            return self.expressions.text(self.choices.pick(found), depth)
        return self.literal(wide)

    def _function(self, wide: bool, depth: int) -> str:
        def text() -> str:
            return self.of(wide, depth)

        def count() -> str:
            return self.choices.pick(COUNTS) if self.choices.chance(60) else self.expressions.of("INT", min(depth, 1))

        match self.choices.pick(("LEFT", "RIGHT", "MID", "CONCAT", "CONCAT", "INSERT", "DELETE", "REPLACE")):
            case "CONCAT":
                return f"CONCAT({', '.join(text() for _ in range(self.choices.number(2, 3)))})"
            case "INSERT":
                return f"INSERT({text()}, {text()}, {count()})"
            case "REPLACE":
                return f"REPLACE({text()}, {text()}, {count()}, {count()})"
            case "MID" | "DELETE" as function:
                return f"{function}({text()}, {count()}, {count()})"
            case function:
                return f"{function}({text()}, {count()})"

    def _selection(self, wide: bool, depth: int) -> str:
        texts = ", ".join(self.of(wide, depth) for _ in range(3))
        match self.choices.pick(("MIN", "MAX", "LIMIT", "SEL")):
            case "SEL":
                two = f"{self.of(wide, depth)}, {self.of(wide, depth)}"
                return f"SEL({self.expressions.of('BOOL', depth)}, {two})"
            case function:
                return f"{function}({texts})"

    def _written(self, wide: bool, depth: int) -> str:
        """A value as text, or a text of the other width."""
        family = "WSTRING" if wide else "STRING"
        if self.choices.chance(25):
            prefix = self.choices.pick(("", "STRING_" if wide else "WSTRING_"))
            return f"{prefix}TO_{family}({self.of(not wide, depth)})"
        name = self.expressions.some_scalar()
        prefix = self.choices.pick(("", f"{name}_"))
        return f"{prefix}TO_{family}({self.expressions.of(name, depth)})"

    def _calls(self, wide: bool) -> list[Interface]:
        found = [f for f in self.expressions.scope.functions if f.gives in TEXTS and is_wide(f.gives) is wide]
        return [f for f in found if self.expressions.can_call(f)]

    def _call(self, wide: bool, depth: int) -> str:
        callee = self.choices.pick(self._calls(wide))
        return f"{self.expressions.call(callee, depth)}{callee.behind}"

    # ------------------------------------------------------------------------------------------------- other values

    def comparison(self, depth: int) -> str:
        wide = self.any_width()
        sign = self.choices.pick(("=", "<>", "<", ">", "<=", ">="))
        return f"({self.of(wide, depth)} {sign} {self.of(wide, depth)})"

    def number(self, depth: int) -> str:
        """An INT."""
        wide = self.any_width()
        if self.choices.chance(50):
            return f"LEN({self.of(wide, depth)})"
        return f"FIND({self.of(wide, depth)}, {self.of(wide, depth)})"

    def read(self, name: str, depth: int) -> str:
        """A text read as a value of the elementary type `name`."""
        wide = self.any_width()
        family = self.choices.pick(("", "WSTRING_" if wide else "STRING_"))
        return f"{family}TO_{name}({self.of(wide, depth)})"

    def character(self, name: str, depth: int) -> str | None:
        """A character as BYTE or WORD; None where there is no string of that width."""
        found = self.places(wide=name == "WORD")
        if not found:
            return None
        place = self.choices.pick(found)
        return self.expressions.text(place.then(((0, TEXTS[place.type]),), name), depth)
