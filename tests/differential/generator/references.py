"""References in generated programs: how they are declared, bound and used.

Every POU binds its own references before anything else, to whatever of the type it can write, so most of what goes
through them finds something. Now and then one is set to nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.differential.generator.choices import Choices
from tests.differential.generator.repertoire import SCALARS, TEXTS, Place

if TYPE_CHECKING:
    from tests.differential.generator.scope import Scope

FLAVOURS = ("POINTER TO", "POINTER TO", "REFERENCE TO", "REF_TO")


_INTERFACE = re.compile(r"I\d+")


@dataclass(frozen=True)
class Reference:
    """A variable `name : flavour target`. Flavour "" is that of a variable of an interface."""

    name: str
    flavour: str
    target: str

    @property
    def type(self) -> str:
        return f"{self.flavour} {self.target}".strip()

    @property
    def place(self) -> Place:
        """What it refers to."""
        return Place((self.name if self.flavour in ("REFERENCE TO", "") else f"{self.name}^",), self.target)

    def binding(self, place: str) -> str:
        """The statement that lets it refer to `place`."""
        if self.flavour == "REFERENCE TO":
            return f"{self.name} REF= {place};"
        return f"{self.name} := {address(self.flavour, place)};"

    @property
    def clearing(self) -> str:
        nothing = {"REFERENCE TO": "REF= 0", "": ":= 0"}.get(self.flavour, ":= NULL")
        return f"{self.name} {nothing};"

    @property
    def is_bound(self) -> str:
        """A question, of type BOOL."""
        return f"__ISVALIDREF({self.name})" if self.flavour == "REFERENCE TO" else f"({self.name} <> NULL)"


def address(flavour: str, place: str) -> str:
    """What is handed in where a reference of this flavour is wanted."""
    return {"POINTER TO": f"ADR({place})", "REF_TO": f"REF({place})"}.get(flavour, place)


def split(type_: str) -> tuple[str, str] | None:
    """Flavour and target of a reference type; None for any other."""
    for flavour in FLAVOURS:
        if type_.startswith(f"{flavour} "):
            return flavour, type_.removeprefix(f"{flavour} ")
    return ("", type_) if _INTERFACE.fullmatch(type_) else None


def targets_of_results(scope: Scope, target: str | None = None) -> list[Place]:
    """Global variables that a result may refer to: what is referred to has to outlive the call."""
    whole = [p for p in scope.writable if all(isinstance(part, str) for part in p.parts) and not p.is_direct]
    return [
        p for p in whole if p not in scope.bits and (p.type in SCALARS or p.type in TEXTS) and target in (None, p.type)
    ]


def referring_result(choices: Choices, scope: Scope) -> str | None:
    """The type of a result that refers to one of the global variables, if there are any."""
    places = targets_of_results(scope)
    return f"{choices.pick(FLAVOURS)} {choices.pick(places).type}" if places else None


def bound_result(choices: Choices, scope: Scope, name: str, result: str | None) -> list[str]:
    """The statement that binds a result which refers to something; none for any other."""
    referring = split(result) if result is not None else None
    if referring is None:
        return []
    place = choices.pick(targets_of_results(scope, referring[1]))
    return [Reference(name, *referring).binding("".join(map(str, place.parts)))]


def chosen(choices: Choices, name: str, targets: tuple[str, ...]) -> Reference:
    target = choices.pick(targets)
    return Reference(name, "" if _INTERFACE.fullmatch(target) else choices.pick(FLAVOURS), target)
