"""What CODESYS adds to PLCopen XML: `<addData><data name="http://www.3s-software.com/plcopenxml/..">`.

The format has no place for methods, properties, interfaces, lists of globals and pragmas, so the tool keeps them in
data of its own. What it declares is there once more as text (`interfaceasplaintext`); where that is, it alone counts,
since it has what the elements lack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iec61131.input_forms.xml_tree import Element, local, walk

PREFIX = "http://www.3s-software.com/plcopenxml/"
PLAIN_TEXT = "InterfaceAsPlainText"
OBJECTS = frozenset({"pou", "datatype", "globalvars", "interface", "application"})
"""Kinds of data that are parts of a program by themselves, wherever they stand."""
_READ = OBJECTS | {"method", "property", "mixedattrsvarlist", "interfaceasplaintext", "stcode", "resource"}
_TEXTS = frozenset({"ST", "IL", "LD", "FBD", "SFC", PLAIN_TEXT, "STCode"})
_DECLARING = frozenset(
    {"pou", "Method", "Property", "Interface", "GetAccessor", "SetAccessor", "globalVars", "dataType", "interface"}
)
_SAID_TWICE = frozenset({"returnType", "baseType", "initialValue", "variable"})
_WORD = re.compile(r"\w")


def additions(element: Element, *kinds: str) -> list[Element]:
    """What the data of these kinds hold that stand in `element`."""
    return [inner for kind, inner in _all(element) if kind in kinds]


def objects(root: Element) -> Iterator[tuple[str, Element]]:
    """The parts of the program that are kept in data, whatever is around them, with their kinds."""
    for element in walk(root):
        for kind, inner in _all(element):
            if kind in OBJECTS:
                yield kind, inner


def unread(root: Element) -> Iterator[Element]:
    """Data of unknown kinds with text of a program in them."""
    for element in walk(root):
        is_foreign = local(element.name) == "data" and _kind(element) not in _READ
        if is_foreign and any(local(inner.name) in _TEXTS for inner in walk(element)):
            yield element


def prefer_text(root: Element, text: str) -> None:
    """Takes out of the tree what is declared as text as well, and puts that text right into what it declares."""
    for element in [each for each in walk(root) if local(each.name) in _DECLARING]:
        if local(element.name) == "interface":
            continue  # that of a POU
        plain = _plain_text(element, text)
        if plain is None:
            continue
        for holder in (element, *_named(element, "interface")):
            holder.children = [inner for inner in holder.children if not _is_said_twice(inner)]
            for addition in _named(holder, "addData"):
                addition.children = [data for data in addition.children if _kind(data) != "interfaceasplaintext"]
        element.children = sorted((*element.children, plain), key=lambda inner: inner.start)


def _is_said_twice(element: Element) -> bool:
    name = local(element.name)
    return name in _SAID_TWICE or name == PLAIN_TEXT or (name.endswith("Vars") and name != "globalVars")


def _plain_text(element: Element, text: str) -> Element | None:
    interface = _named(element, "interface")
    sections = [inner for each in interface for inner in each.children if local(inner.name).endswith("Vars")]
    found = _named(element, PLAIN_TEXT)
    for place in (element, *interface, *sections):
        found += additions(place, "interfaceasplaintext")
    written = (each for each in found if _WORD.search(re.sub(r"<[^<>]*>", "", text[each.inside : each.end])))
    return next(written, None)


def _all(element: Element) -> Iterator[tuple[str, Element]]:
    for holder in _named(element, "addData"):
        for data in _named(holder, "data"):
            for inner in data.children:
                yield _kind(data), inner


def _kind(data: Element) -> str:
    name = data.attributes.get("name", "").strip()
    return name.removeprefix(PREFIX).lower() if name.startswith(PREFIX) else ""


def _named(element: Element, name: str) -> list[Element]:
    return [inner for inner in element.children if local(inner.name) == name]
