"""Plain data of the language service to the types of the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path

from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.language_service import completion, hover, outline, signatures
from iec61131.language_service.positions import Lines
from iec61131.source import SourceFile, Span

LinesOf = Callable[[SourceFile], Lines]

LANGUAGE = "iecst"
"""What the language is called in fenced code."""
SOURCE = "rung"

_COMPLETIONS = {
    completion.Kind.VARIABLE: types.CompletionItemKind.Variable,
    completion.Kind.CONSTANT: types.CompletionItemKind.Constant,
    completion.Kind.FIELD: types.CompletionItemKind.Field,
    completion.Kind.PARAMETER: types.CompletionItemKind.Property,
    completion.Kind.FUNCTION: types.CompletionItemKind.Function,
    completion.Kind.METHOD: types.CompletionItemKind.Method,
    completion.Kind.PROPERTY: types.CompletionItemKind.Property,
    completion.Kind.ENUMERATOR: types.CompletionItemKind.EnumMember,
    completion.Kind.TYPE: types.CompletionItemKind.Struct,
    completion.Kind.BLOCK: types.CompletionItemKind.Class,
    completion.Kind.INTERFACE: types.CompletionItemKind.Interface,
    completion.Kind.KEYWORD: types.CompletionItemKind.Keyword,
}
_SYMBOLS = {
    outline.Kind.PROGRAM: types.SymbolKind.Module,
    outline.Kind.FUNCTION: types.SymbolKind.Function,
    outline.Kind.BLOCK: types.SymbolKind.Class,
    outline.Kind.INTERFACE: types.SymbolKind.Interface,
    outline.Kind.METHOD: types.SymbolKind.Method,
    outline.Kind.ACTION: types.SymbolKind.Method,
    outline.Kind.PROPERTY: types.SymbolKind.Property,
    outline.Kind.TYPE: types.SymbolKind.Struct,
    outline.Kind.STRUCT: types.SymbolKind.Struct,
    outline.Kind.ENUMERATION: types.SymbolKind.Enum,
    outline.Kind.ENUMERATOR: types.SymbolKind.EnumMember,
    outline.Kind.VARIABLE: types.SymbolKind.Variable,
    outline.Kind.CONSTANT: types.SymbolKind.Constant,
    outline.Kind.FIELD: types.SymbolKind.Field,
    outline.Kind.CONFIGURATION: types.SymbolKind.Namespace,
    outline.Kind.RESOURCE: types.SymbolKind.Namespace,
    outline.Kind.TASK: types.SymbolKind.Event,
    outline.Kind.NAMESPACE: types.SymbolKind.Namespace,
    outline.Kind.SUITE: types.SymbolKind.Class,
    outline.Kind.TEST: types.SymbolKind.Method,
}


def uri_of(path: Path) -> str:
    return from_fs_path(str(path)) or path.as_uri()


def range_of(lines: Lines, start: int, end: int) -> types.Range:
    return types.Range(types.Position(*lines.position(start)), types.Position(*lines.position(end)))


def span_range(lines_of: LinesOf, span: Span) -> types.Range:
    return range_of(lines_of(span.file), span.start, span.end)


def diagnostic(finding: Diagnostic, lines_of: LinesOf, path_of: Callable[[SourceFile], Path]) -> types.Diagnostic:
    notes = [
        types.DiagnosticRelatedInformation(
            types.Location(uri_of(path_of(note.span.file)), span_range(lines_of, note.span)), note.text
        )
        for note in finding.notes
    ]
    return types.Diagnostic(
        range=span_range(lines_of, finding.span),
        message=f"{finding.message}\n{finding.remedy}".strip(),
        severity=types.DiagnosticSeverity.Error if finding.is_error else types.DiagnosticSeverity.Warning,
        code=finding.code.id,
        source=SOURCE,
        related_information=notes or None,
    )


def hovered(found: hover.Hover, lines_of: LinesOf) -> types.Hover:
    return types.Hover(
        types.MarkupContent(types.MarkupKind.Markdown, markdown(found.declaration, found.remarks)),
        span_range(lines_of, found.span),
    )


def markdown(declaration: str, remarks: Iterable[str]) -> str:
    """Remarks are plain text: whoever wrote a comment did not write Markdown, and drew diagrams in it."""
    parts = [_fenced(declaration, LANGUAGE), *(_fenced(text, "text") for text in remarks)]
    return "\n\n".join(parts)


def _fenced(text: str, language: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def completed(found: completion.Completion, lines: Lines, offset: int) -> types.CompletionList:
    where = range_of(lines, found.start, offset)
    items = [
        types.CompletionItem(
            label=item.text.rstrip(),
            kind=_COMPLETIONS[item.kind],
            detail=item.detail or None,
            sort_text=f"{item.rank}{item.text.upper()}",
            filter_text=item.text,
            text_edit=types.TextEdit(where, item.text),
        )
        for item in found.items
    ]
    return types.CompletionList(is_incomplete=True, items=items)  # conversions come when more of them is typed


def signed(found: signatures.Signature) -> types.SignatureHelp:
    parameters = [types.ParameterInformation(text) for text in found.parameters]
    about = types.MarkupContent(types.MarkupKind.PlainText, "\n\n".join(found.remarks)) if found.remarks else None
    # An editor takes the first parameter for the active one unless told otherwise.
    active = found.active if found.active is not None else len(parameters)
    information = types.SignatureInformation(found.label, about, parameters, active)
    return types.SignatureHelp([information], 0, active)


def symbol(entry: outline.Entry, lines_of: LinesOf) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        name=entry.text,
        kind=_SYMBOLS[entry.kind],
        range=span_range(lines_of, entry.whole),
        selection_range=span_range(lines_of, entry.name),
        detail=entry.detail or None,
        children=[symbol(child, lines_of) for child in entry.children],
    )


def edits(before: str, after: str, lines: Lines) -> list[types.TextEdit]:
    """What makes `after` of `before`: the lines between the first and the last that differ, so that the cursor and what
    is folded elsewhere stay where they are.
    """
    if before == after:
        return []
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    start = sum(map(len, old[:first]))
    end = len(before) - sum(map(len, old[len(old) - last :]))
    return [types.TextEdit(range_of(lines, start, end), "".join(new[first : len(new) - last]))]
