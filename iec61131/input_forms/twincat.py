"""TwinCAT objects: one XML file for each POU, type, list of global variables and interface.

The Structured Text stands in elements `Declaration` and `ST`; the text has no word for the end of a POU or method, nor
for the beginning of an accessor or action, because the elements around it say that. `PARTS` has the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from iec61131.diagnostics.catalogue.input_forms import (
    BODY_LANGUAGE,
    NO_ROOM,
    OBJECT_NAME,
    UNKNOWN_ELEMENT,
    UNKNOWN_OBJECT,
)
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.input_forms.passages import first_word
from iec61131.input_forms.xml_text import TextCanvas
from iec61131.input_forms.xml_tree import Element, parse
from iec61131.source import SourceFile, Span


class Part(Struct, frozen=True):
    """An element that stands for words: `opener` where it begins, `closer` where it ends.

    With `named` its attribute `Name` follows the opener, and what is in `behind`.
    """

    closer: str = ""
    opener: str = ""
    named: bool = False
    behind: str = ""


OBJECTS: dict[str, Part] = {
    "POU": Part(),  # the closer depends on the declaration
    "Itf": Part(closer="END_INTERFACE"),
    "DUT": Part(),
    "GVL": Part(opener="{list_name", named=True, behind="}"),
}
"""What a file holds."""
PARTS: dict[str, Part] = {
    "Folder": Part(),
    "Method": Part(closer="END_METHOD"),
    "Property": Part(closer="END_PROPERTY"),
    "Get": Part(opener="GET", closer="END_GET"),
    "Set": Part(opener="SET", closer="END_SET"),
    "Action": Part(opener="ACTION", named=True, behind=":", closer="END_ACTION"),
    "Transition": Part(opener="TRANSITION", named=True, behind=":", closer="END_TRANSITION"),
}
"""What an object holds besides its declaration and body."""
LANGUAGES = {
    "NWL": "ladder, function block diagram or instruction list",
    "LD": "ladder",
    "FBD": "function block diagram",
    "IL": "instruction list",
    "SFC": "sequential function chart",
    "CFC": "continuous function chart",
}
"""Elements in place of `ST`."""
_CLOSERS = {
    "PROGRAM": "END_PROGRAM",
    "FUNCTION": "END_FUNCTION",
    "FUNCTION_BLOCK": "END_FUNCTION_BLOCK",
    "INTERFACE": "END_INTERFACE",
}
_ROOT = "TcPlcObject"
_OPAQUE = frozenset({"XmlArchive", "LineIds", "ObjectProperties"})

_NAME_ATTRIBUTE = re.compile(r"\sName\s*=\s*[\"'](\w*)[\"']")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NO_LINE_END = re.compile(r"[^\r\n]")


def read(name: str, text: str) -> SourceFile:
    """The source in a TwinCAT object. Raises CompileError."""
    return _Object(SourceFile(name, text)).read()


class _Object:
    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._canvas = TextCanvas(file)
        self._findings: list[Diagnostic] = []

    def read(self) -> SourceFile:
        root = parse(self._file, _OPAQUE)
        if root.name != _ROOT:
            raise CompileError([self._unknown(root, root)])
        for element in root.children:
            if element.name in OBJECTS:
                self._part(element, OBJECTS[element.name], _name(element))
            else:
                self._findings.append(self._unknown(element, root))
        if not root.children:
            self._findings.append(self._unknown(root, root))
        text = self._canvas.finish()
        if self._canvas.crowded is not None:
            self._findings.append(NO_ROOM.at(Span(self._file, self._canvas.crowded, self._canvas.crowded)))
        if self._findings:
            raise CompileError(self._findings)
        return SourceFile(self._file.name, text, self._file.text)

    # -------------------------------------------------------------------------------------------------- elements

    def _part(self, element: Element, part: Part, owner: str) -> None:
        if part.named:
            self._open_named(element, part)
        elif part.opener:
            self._canvas.word(part.opener)
        closer = part.closer
        for child in element.children:
            if child.name == "Declaration":
                declaration = self._text(child)
                if element.name == "POU":
                    closer = _CLOSERS.get(first_word(declaration), "")
            elif child.name == "Implementation":
                self._implementation(child, owner)
            elif child.name in PARTS:
                self._part(child, PARTS[child.name], _inner_name(owner, child))
            elif any(inner.name in ("Declaration", "ST") for inner in _all(child)):
                finding = UNKNOWN_ELEMENT.at(self._tag(child), name=child.name[:80], owner=owner[:80])
                self._findings.append(finding)
        if closer:
            self._canvas.word(closer)

    def _open_named(self, element: Element, part: Part) -> None:
        """The words of `<Action Name="Start">` over the tag: `ACTION  Start:`, with the name where it stands there."""
        tag = self._file.text[element.start : element.inside]
        attribute = _NAME_ATTRIBUTE.search(tag)
        if attribute is None or not _IDENTIFIER.fullmatch(attribute.group(1)):
            found = element.attributes.get("Name", "")[:80]
            self._findings.append(OBJECT_NAME.at(self._tag(element), element=element.name, name=found))
            return
        blank = _NO_LINE_END.sub(" ", tag[len(part.opener) : attribute.start(1)])
        self._canvas.put(element.start, part.opener + blank + attribute.group(1) + part.behind)

    def _implementation(self, element: Element, owner: str) -> None:
        for child in element.children:
            if child.name == "ST":
                self._text(child)
            else:
                language = LANGUAGES.get(child.name, child.name[:80])
                self._findings.append(BODY_LANGUAGE.at(self._tag(child), name=owner[:80], language=language))

    def _text(self, element: Element) -> str:
        """Keeps the Structured Text that `element` holds, and returns it."""
        return self._canvas.keep_text(element.inside, element.end)

    # ------------------------------------------------------------------------------------------------ findings

    def _unknown(self, element: Element, root: Element) -> Diagnostic:
        found = f"a <{element.name[:80]}>" if element is not root or root.name != _ROOT else "nothing"
        return UNKNOWN_OBJECT.at(self._tag(element), found=found, known=", ".join(OBJECTS))

    def _tag(self, element: Element) -> Span:
        """The beginning of the first tag: `<CFC`, and the `>` where it follows."""
        end = element.start + 1 + len(element.name)
        return Span(self._file, element.start, end + self._file.text.startswith(">", end))


def _name(element: Element) -> str:
    return element.attributes.get("Name", element.name)


def _inner_name(owner: str, element: Element) -> str:
    return owner if element.name == "Folder" else f"{owner}.{_name(element)}"


def _all(element: Element) -> Iterator[Element]:
    work = [element]
    while work:
        found = work.pop()
        yield found
        work.extend(found.children)
