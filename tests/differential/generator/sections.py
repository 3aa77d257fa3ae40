"""Declarations in generated programs: random parameters, and the sections that declare them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.differential.generator.choices import Choices
from tests.differential.generator.expressions import Expressions
from tests.differential.generator.repertoire import AGGREGATES, TEXTS, is_scalar, is_wide
from tests.differential.generator.scope import Parameter, Scope


class Sections:
    def __init__(self, choices: Choices) -> None:
        self.choices = choices

    def parameters(self, prefix: str, low: int, high: int, types: Sequence[str]) -> tuple[Parameter, ...]:
        count = self.choices.number(low, high)
        return tuple(Parameter(f"{prefix}{number}", self.choices.pick(types)) for number in range(count))

    def section(self, keyword: str, parameters: Sequence[Parameter], initialised: bool = False) -> str:
        if not parameters:
            return ""
        lines = [f"    {p.name} : {p.type}{self._initial(p.type) if initialised else ''};\n" for p in parameters]
        return f"{keyword}\n{''.join(lines)}END_VAR\n"

    def _initial(self, type_: str) -> str:
        literals = Expressions(self.choices, Scope())
        if type_ in AGGREGATES and self.choices.chance(40):
            return f" := {literals.listed(type_)}"
        if not (is_scalar(type_) or type_ in TEXTS) or not self.choices.chance(40):
            return ""
        literal = literals.texts.literal(is_wide(type_)) if type_ in TEXTS else literals.literal(type_)
        return f" := {literal}"
