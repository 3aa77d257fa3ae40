"""What a file of either form holds."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from msgspec import Struct, field

from iec61131.graphical.diagram import Diagram
from iec61131.graphical.ladder import NotDrawable
from iec61131.syntax.tree import (
    ConfigurationDeclaration,
    GlobalDeclaration,
    PouKind,
    TypeDeclaration,
    TypeSpec,
    VarBlock,
)

Code = str | Diagram
"""A body: Structured Text as it was written, or a drawn ladder or chart."""


class Pou(Struct):
    """`transitions` are those that the charts of the POU name; of Structured Text they are the condition alone."""

    kind: PouKind
    name: str
    result: TypeSpec | None
    sections: tuple[VarBlock, ...]
    body: Code
    actions: list[tuple[str, Code]] = field(default_factory=list[tuple[str, Code]])
    transitions: list[tuple[str, Code]] = field(default_factory=list[tuple[str, Code]])


class Project(Struct):
    """`left_out` says what the file has besides, with the reason. `notes` are comments about variables, by the places
    of their names.
    """

    types: list[TypeDeclaration] = field(default_factory=list[TypeDeclaration])
    globals: list[GlobalDeclaration] = field(default_factory=list[GlobalDeclaration])
    pous: list[Pou] = field(default_factory=list[Pou])
    configurations: list[ConfigurationDeclaration] = field(default_factory=list[ConfigurationDeclaration])
    left_out: list[str] = field(default_factory=list[str])
    notes: dict[int, str] = field(default_factory=dict[int, str])

    @contextmanager
    def leaving_out(self, what: str) -> Generator[None]:
        """What is done inside may find that `what` has no form; then it is left out."""
        try:
            yield
        except NotDrawable as not_drawable:
            self.left_out.append(f"{what}: {not_drawable.why}")


class Converted(Struct, frozen=True):
    """`left_out` are sentences for people: what is not in `text`, and why."""

    text: str
    left_out: tuple[str, ...]
