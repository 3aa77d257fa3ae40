"""XML to elements with their places in the text, by expat.

What makes XML dangerous is not there: no document type, hence no entities but the five of XML, nothing fetched from
elsewhere, and limits for depth and number. Offsets are characters, although expat counts bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn
from xml.parsers import expat

from msgspec import Struct, field

from iec61131.diagnostics.catalogue.input_forms import BROKEN_XML, REFUSED_XML
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.source import SourceFile, Span

DEPTH_MAX = 100
ELEMENTS_MAX = 20_000
"""Of those that are kept; a POU with its methods has a few hundred."""
_ATTRIBUTE = re.compile(r"""\s([\w:.-]+)\s*=\s*(["'])(.*?)\2""", re.DOTALL)
_START_TAG = re.compile(r"""<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>""")


class Element(Struct, eq=False):
    """`start` is the `<` of its first tag; its content goes from `inside` to `end`, the `<` of its last tag.

    Of an element without content, `<ST/>`, both are behind the tag.
    """

    name: str
    attributes: dict[str, str]
    start: int
    inside: int
    end: int = 0
    children: list[Element] = field(default_factory=list["Element"])


def parse(file: SourceFile, opaque: frozenset[str], elements_max: int = ELEMENTS_MAX) -> Element:
    """The root of the XML in `file`; nothing inside elements called one of `opaque` is kept. Raises CompileError."""
    return _Builder(file, opaque, elements_max).parse()


def local(name: str) -> str:
    """The name of an element without the prefix of its namespace."""
    return name.rpartition(":")[2]


def attribute_place(text: str, element: Element, attribute: str) -> tuple[int, int] | None:
    """Where in `text` the value of an attribute stands, between its quotes."""
    if attribute not in element.attributes:
        return None
    for match in _ATTRIBUTE.finditer(text, element.start, element.inside):
        if match.group(1) == attribute:
            return match.start(3), match.end(3)
    return None


class _Builder:
    def __init__(self, file: SourceFile, opaque: frozenset[str], elements_max: int) -> None:
        self._elements_max = elements_max
        self._file = file
        self._opaque = opaque
        self._data = file.text.encode(errors="surrogatepass")
        self._bytes_at, self._offset_at = 0, 0  # the same place, counted in bytes and in characters
        self._open: list[Element] = []
        self._depth = 0
        self._hidden_below = 0  # the depth of the opaque element around, 0 for none
        self._kept = 0
        self._root: Element | None = None
        self._parser = expat.ParserCreate("utf-8")  # whatever the XML declaration says: the text was decoded before
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._finish
        self._parser.StartDoctypeDeclHandler = self._doctype

    def parse(self) -> Element:
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            offset = len(self._data[: max(self._parser.ErrorByteIndex, 0)].decode(errors="replace"))
            cause = expat.ErrorString(error.code)
            raise CompileError([BROKEN_XML.at(self._span(offset, 1), cause=cause)]) from None
        assert self._root is not None, "expat wants one element"
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self._refuse(f"more than {DEPTH_MAX} elements inside each other", len(name) + 1)
        if self._hidden_below:
            return
        self._kept += 1
        if self._kept > self._elements_max:
            self._refuse(f"more than {self._elements_max} elements", len(name) + 1)
        start = self._offset()
        tag = _START_TAG.match(self._file.text, start)
        element = Element(name, attributes, start, tag.end() if tag else start)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)
        if name in self._opaque:
            self._hidden_below = self._depth

    def _finish(self, _: str) -> None:
        if not self._hidden_below or self._hidden_below == self._depth:
            self._hidden_below = 0
            element = self._open.pop()
            element.end = max(self._offset(), element.inside)
        self._depth -= 1

    def _doctype(self, *_: object) -> None:
        self._refuse("a document type declaration", len("<!DOCTYPE"))

    def _refuse(self, what: str, length: int) -> NoReturn:
        raise CompileError([REFUSED_XML.at(self._span(self._offset(), length), what=what)])

    def _offset(self) -> int:
        """Where expat is, in characters. Each byte is counted once, because expat only goes forwards."""
        at = self._parser.CurrentByteIndex
        self._offset_at += len(self._data[self._bytes_at : at].decode(errors="replace"))
        self._bytes_at = at
        return self._offset_at

    def _span(self, start: int, length: int) -> Span:
        end = min(start + length, len(self._file.text))
        return Span(self._file, start, max(start, end))


def walk(root: Element) -> Iterator[Element]:
    """All elements, each before those inside it."""
    work = [root]
    while work:
        element = work.pop()
        yield element
        work.extend(reversed(element.children))
