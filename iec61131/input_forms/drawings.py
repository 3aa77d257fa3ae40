"""The drawings in a source file, and the way from a place in the file back to what is drawn there.

The tree that a drawing becomes has places but no drawing. Whoever wants to show one reads the file once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from msgspec import Struct

from iec61131.diagnostics.diagnostic import CompileError
from iec61131.graphical.diagram import Diagram, Language
from iec61131.graphical.drawing import draw
from iec61131.graphical.drawing.scene import Picture
from iec61131.graphical.drawing.terminal import Style, Window
from iec61131.graphical.statements import described
from iec61131.input_forms.ladder import drawings as ladder
from iec61131.input_forms.plcopen import drawings as plcopen
from iec61131.source import SourceFile, Span

_TEXT_IS_DRAWING = ".ld"
_KEPT = 4
"""Files whose drawings are remembered: findings come in the order of files."""


class Drawing(Struct, frozen=True, eq=False):
    """One body. `part` says which of the POU, `action fill`; empty for the body of the POU itself. `is_condition`: it
    belongs to a transition of a chart, in whose picture it is.
    """

    pou: str
    part: str
    diagram: Diagram
    start: int
    end: int
    is_condition: bool

    @property
    def title(self) -> str:
        where = f"{self.pou}, {self.part}" if self.part else self.pou
        return f"{where} ({self.diagram.language.value})"


_READERS: dict[str, Callable[[SourceFile], Iterator[tuple[str, str, Diagram, int, int, bool]]]] = {
    ".xml": plcopen.drawings,
    ".ld": ladder.drawings,
}


def drawings(file: SourceFile) -> tuple[Drawing, ...]:
    """All drawings of a file, in its order; none where it cannot be read."""
    return _drawings(file)


@lru_cache(_KEPT)
def _drawings(file: SourceFile) -> tuple[Drawing, ...]:
    read = _READERS.get(_suffix(file))
    if read is None:
        return ()
    try:
        return tuple(Drawing(*found) for found in read(SourceFile(file.name, file.shown)))
    except CompileError:
        return ()


class Drawn(Struct, frozen=True):
    """An element of a drawing, found by its place: in which network it is, and what it is."""

    drawing: Drawing
    picture: Picture
    element: str
    words: str
    lines: list[str]


def drawn(span: Span, style: Style, window: Window) -> Drawn | None:
    """What is drawn at a place; None where nothing is."""
    around = [drawing for drawing in drawings(span.file) if drawing.start <= span.start < drawing.end]
    if not around:
        return None
    drawing = max(around, key=lambda drawing: drawing.start)  # the innermost
    before = [element for element in drawing.diagram.elements if element.span.start <= span.start]
    if not before:
        return None
    element = max(before, key=lambda element: element.span.start)
    scene = draw(drawing.diagram, of=element.id).with_mark(element.id)
    picture = next(iter(scene.pictures), None)
    if picture is None:
        return None
    return Drawn(drawing, picture, element.id, described(element), scene.text(picture, style, window))


def in_words(found: Drawn) -> str:
    """`Main, network 3: the contact 'Stop'`"""
    where = f"{found.drawing.pou}, {found.drawing.part}" if found.drawing.part else found.drawing.pou
    if found.drawing.diagram.language is not Language.SFC:
        where += f", network {found.picture.number}"
    return f"{where}: {found.words}"


def rung(span: Span, *, colour: bool, width: int) -> list[str] | None:
    """The network around a place with the element there marked, and above it in words what that is; None where nothing
    is drawn, or where the text itself is the drawing. For `diagnostics.render`.
    """
    if _suffix(span.file) == _TEXT_IS_DRAWING:
        return None
    found = drawn(span, Style(colour=colour), Window(width))
    return None if found is None else [in_words(found), *found.lines]


def _suffix(file: SourceFile) -> str:
    return PurePosixPath(file.name).suffix.lower()
