"""Ladder as text as a project: declarations as the parser has them, networks as drawings, statements as written."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import suppress

from iec61131.conversion.chart_drawing import WrittenCharts
from iec61131.conversion.project import Code, Pou, Project
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.graphical.ladder import NotDrawable
from iec61131.input_forms.ladder.reading import LadderFile
from iec61131.source import SourceFile
from iec61131.syntax.findings import TooManyFindings
from iec61131.syntax.lexer import lex
from iec61131.syntax.tokens import TRIVIA, Kind, Token
from iec61131.syntax.tree import (
    ConfigurationDeclaration,
    Declaration,
    GlobalDeclaration,
    PouDeclaration,
    PouKind,
    Statement,
    StructSpec,
    TypeDeclaration,
    UnionSpec,
    VarDeclaration,
)

_KINDS = frozenset({PouKind.PROGRAM, PouKind.FUNCTION, PouKind.FUNCTION_BLOCK})


def project_of_ladder(source: SourceFile) -> Project:
    """Raises CompileError with all findings."""
    file = LadderFile(source)
    with suppress(TooManyFindings):
        file.unit()
    findings = file.findings.in_source_order()
    if any(finding.is_error for finding in findings):
        raise CompileError(findings)
    return _Reading(file).project


class _Reading:
    def __init__(self, file: LadderFile) -> None:
        self.project = Project()
        self._file = file
        self._tokens = lex(file.file)[0]
        self._starts = [token.start for token in self._tokens]
        for declared in file.outline.declarations:
            self._declaration(declared)

    def _declaration(self, declared: Declaration) -> None:
        match declared:
            case TypeDeclaration():
                self.project.types.append(declared)
                if isinstance(declared.spec, StructSpec | UnionSpec):
                    self._notes(declared.spec.fields)
            case GlobalDeclaration():
                self.project.globals.append(declared)
                self._notes(declared.block.variables)
            case ConfigurationDeclaration():
                self.project.configurations.append(declared)
            case PouDeclaration():
                with self.project.leaving_out(f"the {declared.kind.value} {declared.name.text}"):
                    self.project.pous.append(self._pou(declared))
            case _:
                self.project.left_out.append(f"{declared.span.text.split()[0]}: it is no part of the standard's XML")

    def _pou(self, declared: PouDeclaration) -> Pou:
        """Raises NotDrawable for what the other form lacks."""
        if declared.kind not in _KINDS or declared.extends or declared.implements or declared.modifiers:
            raise NotDrawable("classes and what is derived from others have no form there")
        if declared.methods or declared.properties:
            raise NotDrawable("it has a METHOD or a PROPERTY")
        for section in declared.variables:
            self._notes(section.variables)
        charts = WrittenCharts(declared, self._file)
        actions = [
            (action.name.text, self._code(action.body) if action.chart is None else charts.drawn(action.chart))
            for action in declared.actions
        ]
        body = self._code(declared.body) if declared.chart is None else charts.drawn(declared.chart)
        name, transitions = declared.name.text, charts.transitions
        return Pou(declared.kind, name, declared.result, declared.variables, body, actions, transitions)

    def _code(self, body: tuple[Statement, ...]) -> Code:
        if not body:
            return ""
        diagram = self._file.diagram_of(body)
        if diagram is not None:
            return diagram
        first = bisect_left(self._starts, body[0].span.start)
        behind = bisect_left(self._starts, body[-1].span.end)
        while first > 0 and _is_between(self._tokens[first - 1]):
            first -= 1
        while _is_between(self._tokens[behind]) or self._tokens[behind].kind is Kind.SEMICOLON:
            behind += 1
        return self._file.file.text[self._tokens[first].start : self._tokens[behind].start].strip()

    def _notes(self, variables: tuple[VarDeclaration, ...]) -> None:
        """Comments behind variables, in their lines."""
        text = self._file.file.text
        for variable in variables:
            index = bisect_left(self._starts, variable.span.end)
            while self._tokens[index].kind in (Kind.WHITESPACE, Kind.SEMICOLON):
                index += 1
            token = self._tokens[index]
            if token.kind is Kind.COMMENT and "\n" not in text[variable.span.end : token.start]:
                said = token.text.removeprefix("//") if token.text.startswith("//") else token.text[2:-2]
                self.project.notes[variable.names[0].span.start] = " ".join(said.split())


def _is_between(token: Token) -> bool:
    return token.kind in TRIVIA
