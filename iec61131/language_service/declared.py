"""Declarations by the place of their name, and the comments about them.

A comment is about a declaration when it stands right in front of it, without an empty line between, or behind it on
its last line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from iec61131.language_service.program import Program
from iec61131.source import SourceFile, Span
from iec61131.syntax import tree
from iec61131.syntax.tokens import Kind, Token


class Declared(Struct, frozen=True):
    """A declaration of variables or of a field; `block` None: of a field."""

    declaration: tree.VarDeclaration
    block: tree.VarBlock | None


def find(program: Program, name: Span) -> Declared | None:
    """The declaration whose name stands at `name`."""
    unit = next((unit for unit in program.analysis.units if unit.file is name.file), None)
    if unit is not None:
        declarations: Iterable[tree.Declaration] = unit.declarations
    else:  # of the library
        declarations = [s.declaration for s in program.analysis.understood.pous if s.pou.span.file is name.file]
    around = (each for each in declarations if each.span.start <= name.start <= each.span.end)
    for found in (one for declaration in around for one in _of_declaration(declaration)):
        if any(each.span == name for each in found.declaration.names):
            return found
    return None


def _of_declaration(declaration: tree.Declaration) -> Iterator[Declared]:
    match declaration:
        case tree.PouDeclaration():
            yield from _of_blocks(declaration.variables)
            for method in declaration.methods:
                yield from _of_blocks(method.variables)
            yield from _of_properties(declaration.properties)
        case tree.InterfaceDeclaration():
            for method in declaration.methods:
                yield from _of_blocks(method.variables)
            yield from _of_properties(declaration.properties)
        case tree.TypeDeclaration():
            yield from _of_type(declaration.spec)
        case tree.GlobalDeclaration():
            yield from _of_blocks((declaration.block,))
        case tree.ConfigurationDeclaration():
            yield from _of_blocks(declaration.variables)
            for resource in declaration.resources:
                yield from _of_blocks(resource.variables)
        case tree.NamespaceDeclaration():
            for inner in declaration.declarations:
                yield from _of_declaration(inner)
        case tree.TestSuite():
            yield from _of_blocks(declaration.variables)
            for part in (declaration.setup, declaration.teardown, *declaration.tests, *declaration.mocks):
                yield from _of_blocks(part.variables if part is not None else ())
            for method in declaration.methods:
                yield from _of_blocks(method.variables)
            yield from _of_properties(declaration.properties)


def _of_properties(properties: Iterable[tree.PropertyDeclaration]) -> Iterator[Declared]:
    for each in properties:
        for accessor in (each.getter, each.setter):
            yield from _of_blocks(accessor.variables if accessor is not None else ())


def _of_blocks(blocks: Iterable[tree.VarBlock]) -> Iterator[Declared]:
    for block in blocks:
        for declaration in block.variables:
            yield Declared(declaration, block)
            yield from _of_type(declaration.type)


def _of_type(spec: tree.TypeSpec) -> Iterator[Declared]:
    match spec:
        case tree.StructSpec() | tree.UnionSpec():
            for field in spec.fields:
                yield Declared(field, None)
                yield from _of_type(field.type)
        case tree.ArraySpec():
            yield from _of_type(spec.element)
        case _:
            pass


# ------------------------------------------------------------------------------------------------------------ comments


def comment_about(program: Program, span: Span) -> str:
    """The text of the comments about the declaration that covers `span`; empty when there are none."""
    tokens = program.tokens(span.file)
    first = next((number for number, token in enumerate(tokens) if token.end > span.start), len(tokens))
    before = _in_front(tokens, first, span.file)
    if before:
        return "\n".join(_text_of(token) for token in before)
    return "\n".join(_text_of(token) for token in _behind(tokens, span))


def _in_front(tokens: list[Token], first: int, file: SourceFile) -> list[Token]:
    found: list[Token] = []
    for number in range(first - 1, -1, -1):
        token = tokens[number]
        if token.kind is Kind.WHITESPACE:
            if token.text.count("\n") > 1:
                break
        elif token.kind is Kind.COMMENT:
            line_start = file.text.rfind("\n", 0, token.start) + 1
            if file.text[line_start : token.start].strip():  # it is behind something else
                break
            found.append(token)
        elif token.kind is not Kind.PRAGMA:
            break
    return found[::-1]


def _behind(tokens: list[Token], span: Span) -> Iterator[Token]:
    """Comments on the line on which `span` ends."""
    for token in tokens:
        if token.start < span.end:
            continue
        if token.kind is Kind.COMMENT:
            yield token
        if "\n" in token.text:
            return


_MARKS = re.compile(r"^(?://+|\(\*+|/\*+)\s?|\s*(?:\*+\)|\*+/)$")


def _text_of(comment: Token) -> str:
    """Without the marks, and without the indentation that all further lines share."""
    first, *rest = _MARKS.sub("", comment.text.replace("\r\n", "\n")).split("\n")
    depths = [len(line) - len(line.lstrip()) for line in rest if line.strip()]
    common = min(depths, default=0)
    return "\n".join([first.rstrip(), *(line[common:].rstrip() for line in rest)]).strip("\n")
