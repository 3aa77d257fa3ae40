"""One PLCopen file: its elements, and the pieces of Structured Text in them, each ready to be parsed.

Text stands in many small places of such a file: bodies, the expressions of a drawing, values and bounds in attributes.
All of them are lexed in one go on a canvas of the file's size, and a piece is the tokens that stand in it. So every
node of the tree has its place in the file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import suppress
from html import unescape

from iec61131.diagnostics.catalogue.plcopen import BAD_NAME, BAD_TEXT, MISSING_ATTRIBUTE, UNKNOWN_ELEMENT
from iec61131.diagnostics.catalogue.syntax import NAME_CHARACTERS, SOURCE_TOO_LARGE, UNCLOSED_COMMENT
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.graphical import Drawings
from iec61131.input_forms.fragments import Fragments, Read
from iec61131.input_forms.plcopen.additions import PREFIX, prefer_text
from iec61131.input_forms.plcopen.instructions import Instructions
from iec61131.input_forms.xml_text import TextCanvas
from iec61131.input_forms.xml_tree import Element, attribute_place, local, parse
from iec61131.source import SourceFile, Span
from iec61131.syntax.cursor import Cursor
from iec61131.syntax.expressions import expression
from iec61131.syntax.findings import Findings, TooManyFindings
from iec61131.syntax.initial_values import declared_value
from iec61131.syntax.lexer import lex
from iec61131.syntax.literals import address
from iec61131.syntax.statements import whole_body
from iec61131.syntax.tokens import Kind
from iec61131.syntax.tree import DirectAddress, Expression, Initial, LinkValue, Name, Statement

ELEMENTS_MAX = 400_000
CHARACTERS_MAX = 16 * 1024 * 1024
"""Four times as many as of Structured Text: a contact takes some 300 characters."""
TEXT_ATTRIBUTES = frozenset(
    {
        "value",
        "address",
        "lower",
        "upper",
        "length",
        "repetitionValue",
        "interval",
        "Interval",
        "single",
        "priority",
        "duration",
        "indicator",
        "instanceName",
    }
)
"""Attributes that hold Structured Text, whatever the element."""
TEXT_ELEMENTS = frozenset(
    {"expression", "variable", "ST", "IL", "STCode", "InterfaceAsPlainText", "Extends", "Implements"}
)
"""Elements whose text is Structured Text, in elements of XHTML or not."""
OPAQUE = frozenset({"documentation", "coordinateInfo", "ProjectStructure"})
_OPEN_ENDED_MAX = 20  # comments without end; each costs another look at the file
_ANYWHERE = frozenset({"documentation", "addData", "InterfaceAsPlainText"})
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
"""Of a type or a library's function also with its namespace."""
_NO_LINE_END = re.compile(r"[^\r\n]")


class Document:
    """Raises CompileError when the file is no XML. `drawings`: how those in it are evaluated."""

    def __init__(self, written: SourceFile, drawings: Drawings = "placed") -> None:
        if len(written.text) > CHARACTERS_MAX:
            raise CompileError([SOURCE_TOO_LARGE.at(Span(written, 0, 0), limit_mib=CHARACTERS_MAX // (1024 * 1024))])
        self.drawings: Drawings = drawings
        self.root = parse(written, OPAQUE, ELEMENTS_MAX)
        prefer_text(self.root, written.text)
        self._written = written
        self._links = 0  # current results of instructions
        text, pieces = _text_for_lexer(written, self.root)
        open_ended: list[tuple[int, str]] = []
        lexical: list[Diagnostic] = []
        for _ in range(_OPEN_ENDED_MAX):
            self.file = SourceFile(written.name, text, written.text)
            self._tokens, lexical = lex(self.file, CHARACTERS_MAX)
            self._starts = [token.start for token in self._tokens]
            swallowing = self._swallowing(pieces)
            if swallowing is None:
                break
            start, end = swallowing
            inside = start + len("(*")
            closer = text.find("*)", inside, end) if text.startswith("(*", start) and not self.is_of_codesys else -1
            if closer >= 0:  # comments of the other tools do not nest
                text = text[:inside] + _NO_LINE_END.sub(" ", text[inside:closer]) + text[closer:]
                continue
            open_ended.append((end, text[start : start + 2]))
            text = text[:start] + _NO_LINE_END.sub(" ", text[start:end]) + text[end:]
        self.findings = Findings(lexical)
        self._fragments = Fragments(self.file, self._tokens, self.findings, BAD_TEXT)
        for end, opening in open_ended:
            closing = opening[::-1].replace("(", ")") if opening.endswith("*") else "}"
            with suppress(TooManyFindings):  # whoever reads on gets it again
                self.findings.add(UNCLOSED_COMMENT.at(Span(self.file, end, end), closing=closing))

    def _swallowing(self, pieces: list[tuple[int, int]]) -> tuple[int, int] | None:
        """The first comment or pragma that goes on behind its piece: where it begins, and where the piece ends."""
        for start, end in pieces:
            token = self._tokens[bisect_left(self._starts, end) - 1]
            if start <= token.start and token.end > end and token.kind is not Kind.WHITESPACE:
                return token.start, end
        return None

    @property
    def is_of_codesys(self) -> bool:
        """Whether CODESYS, or a tool made from it, has added data of its own."""
        return PREFIX in self._written.text

    # -------------------------------------------------------------------------------------------------------- places

    def span(self, element: Element) -> Span:
        """The beginning of the first tag: `<coil`."""
        return Span(self.file, element.start, element.start + 1 + len(element.name))

    def extent(self, element: Element) -> Span:
        """All of it, but for its last tag."""
        return Span(self.file, element.start, element.end)

    def attribute_span(self, element: Element, attribute: str) -> Span | None:
        place = attribute_place(self._written.text, element, attribute)
        return Span(self.file, *place) if place is not None else None

    def report(self, finding: Diagnostic) -> None:
        self.findings.add(finding)

    def expect(self, element: Element, names: frozenset[str], where: str) -> None:
        """A finding for each element inside that is called otherwise: reading over it would make another program."""
        for inner in element.children:
            name = local(inner.name)
            if name not in names and name not in _ANYWHERE:
                self.report(UNKNOWN_ELEMENT.at(self.span(inner), element=name[:80], where=where))

    # --------------------------------------------------------------------------------------------------------- names

    def name(self, element: Element, attribute: str = "name", is_free: bool = False) -> Name | None:
        """The name in an attribute; None, with a finding, where there is none. One that `is_free` may be any text."""
        text = element.attributes.get(attribute, "").strip()
        span = self.attribute_span(element, attribute)
        if not text or span is None:
            self.report(MISSING_ATTRIBUTE.at(self.span(element), element=element.name, attribute=attribute))
            return None
        if not is_free and not _NAME.fullmatch(text):
            self.report(BAD_NAME.at(span, element=element.name[:80], name=text[:80]))
            return None
        if not is_free and not text.isascii():
            self.report(NAME_CHARACTERS.at(span, name=text[:80]))
        return Name(text, span)

    # ---------------------------------------------------------------------------------------------------------- text

    def statements(self, element: Element) -> tuple[Statement, ...]:
        """A body in Structured Text."""
        return self._fragments.read(element.inside, element.end, whole_body, "the body") or ()

    def instructions(self, element: Element) -> tuple[Statement, ...]:
        """A body in instruction list."""
        reader = Instructions(self.file, self.findings, self._new_link)
        return reader.read(self._fragments.tokens(element.inside, element.end))

    def _new_link(self, span: Span) -> LinkValue:
        self._links += 1
        return LinkValue(Name(f"result {self._links}", span), span)

    def declaration(
        self, element: Element, read: Callable[[Cursor], Read], what: str, closer: Kind | None = None
    ) -> Read | None:
        """What `read` makes of the text of an element, with `closer` behind it."""
        return self._fragments.read(element.inside, element.end, read, what, closer)

    def expression(self, element: Element) -> Expression | None:
        """The text of an element."""
        return self._fragments.read(element.inside, element.end, expression, "an expression")

    def condition(self, element: Element) -> Expression | None:
        """The text of a transition: an expression, with or without `:=` before it and `;` behind it."""
        return self._fragments.read(element.inside, element.end, _condition, "the condition")

    def is_blank(self, element: Element) -> bool:
        """Whether there is no Structured Text in an element."""
        return not self.file.text[element.inside : element.end].strip()

    def plain_text(self, element: Element) -> str:
        """What an element says to people."""
        said = re.sub(r"<[^<>]*>|<!\[CDATA\[|\]\]>", " ", self._written.text[element.inside : element.end])
        return " ".join(unescape(said).split())

    def attribute(self, element: Element, attribute: str) -> Expression | None:
        """The expression in an attribute; None where there is none."""
        return self._in_attribute(element, attribute, expression, "an expression")

    def initial(self, element: Element, attribute: str) -> Initial | None:
        return self._in_attribute(element, attribute, declared_value, "a value")

    def address(self, element: Element, attribute: str) -> DirectAddress | None:
        return self._in_attribute(element, attribute, _address, "an address")

    def _in_attribute(self, element: Element, attribute: str, read: Callable[[Cursor], Read], what: str) -> Read | None:
        span = self.attribute_span(element, attribute)
        if span is None or not self.file.text[span.start : span.end].strip():
            return None
        return self._fragments.read(span.start, span.end, read, what)


def _condition(cursor: Cursor) -> Expression:
    cursor.accept(Kind.ASSIGN)
    read = expression(cursor)
    cursor.accept(Kind.SEMICOLON)
    return read


def _address(cursor: Cursor) -> DirectAddress | None:
    return address(cursor.advance(), cursor.report, may_be_open=True)


def _text_for_lexer(written: SourceFile, root: Element) -> tuple[str, list[tuple[int, int]]]:
    """The file with blanks in place of all that is no Structured Text, and where such text begins and ends."""
    canvas = TextCanvas(written)
    pieces: list[tuple[int, int]] = []
    for element in _all_of(root):
        places = [
            attribute_place(written.text, element, name) for name in element.attributes if name in TEXT_ATTRIBUTES
        ]
        pieces += (place for place in places if place is not None)
        if local(element.name) in TEXT_ELEMENTS:
            pieces += ((leaf.inside, leaf.end) for leaf in _leaves(element))
    pieces.sort()
    for start, end in pieces:
        canvas.keep_text(start, end)
    return canvas.finish(), pieces


def _all_of(root: Element) -> Iterator[Element]:
    """All elements, what is inside text left out."""
    work = [root]
    while work:
        element = work.pop()
        yield element
        if local(element.name) not in TEXT_ELEMENTS or _is_declaration(element):
            work.extend(element.children)


def _is_declaration(element: Element) -> bool:
    """`<variable name="x">` of an interface, `<variable formalParameter="IN">` of a block: no text."""
    return "name" in element.attributes or "formalParameter" in element.attributes


def _leaves(element: Element) -> list[Element]:
    if _is_declaration(element):
        return []
    found: list[Element] = []
    work = [element]
    while work:
        one = work.pop()
        if not one.children:
            found.append(one)
        work.extend(reversed(one.children))
    return [leaf for leaf in found if leaf.inside < leaf.end]
