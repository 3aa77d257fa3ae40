"""The requests of the Language Server Protocol, each answered from the language service.

Requests come faster than answers while somebody types. A request waits a few milliseconds for what has arrived with it:
if that cancels it, or changes the text that it is about, it is not answered for nothing. Findings are published when
the typing pauses.

Documents are sent whole: what counts as the end of a line must not be a matter of opinion between editor and server.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.formatting.sources import format_source, has_own_form
from iec61131.input_forms import is_source
from iec61131.language_service.completion import complete
from iec61131.language_service.hover import hover
from iec61131.language_service.navigation import definition, references
from iec61131.language_service.outline import outline
from iec61131.language_service.positions import Lines, Unit
from iec61131.language_service.program import Program
from iec61131.language_service.renaming import Refused, renamable, rename
from iec61131.language_service.signatures import signature
from iec61131.source import SourceFile, Span
from iec61131.stdlib import file_of
from runtime.service.config import FILE_NAME
from runtime.service.language_server import translation
from runtime.service.language_server.projects import Project, Projects

_SETTLE_S = 0.005
"""How long a request waits for what has arrived with it."""
_PAUSE_S = 0.15
"""How long nobody types before findings are published."""
_UNITS = {
    types.PositionEncodingKind.Utf8: Unit.UTF8,
    types.PositionEncodingKind.Utf16: Unit.UTF16,
    types.PositionEncodingKind.Utf32: Unit.UTF32,
}
_LINES_KEPT = 64

Result = TypeVar("Result")
_Answer = Callable[[Program, SourceFile, int], Result]


def serve() -> None:
    """Serve one editor on standard input and output, to its end."""
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # a refused request is an answer, and no traceback
    gc.collect()
    gc.freeze()  # what is there now stays: it need not be gone through again and again
    editor = os.fdopen(os.dup(sys.stdout.fileno()), "wb")  # the library closes it
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else is printed is no message to the editor
    make_server().start_io(sys.stdin.buffer, editor)


def make_server() -> LanguageServer:
    server = LanguageServer("rung", version("rung"), types.TextDocumentSyncKind.Full)
    _Features(server).register()
    return server


class _Features:
    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._projects = Projects()
        self._published: set[Path] = set()
        self._publication: asyncio.TimerHandle | None = None
        self._lines: dict[SourceFile, Lines] = {}

    def register(self) -> None:
        def feature(name: str, method: Callable[..., object], options: object = None) -> None:
            # The library hangs attributes on what it is given, which a method does not let it.
            self._server.feature(name, options)(partial(method))

        feature(types.INITIALIZED, self.initialized)
        feature(types.TEXT_DOCUMENT_DID_OPEN, self.opened)
        feature(types.TEXT_DOCUMENT_DID_CHANGE, self.changed)
        feature(types.TEXT_DOCUMENT_DID_SAVE, self.saved)
        feature(types.TEXT_DOCUMENT_DID_CLOSE, self.closed)
        feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, self.files_changed)
        feature(types.TEXT_DOCUMENT_HOVER, self.hover)
        members = types.CompletionOptions(trigger_characters=[".", "#"])
        feature(types.TEXT_DOCUMENT_COMPLETION, self.complete, members)
        arguments = types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=["=", ">"])
        feature(types.TEXT_DOCUMENT_SIGNATURE_HELP, self.signature, arguments)
        feature(types.TEXT_DOCUMENT_DEFINITION, self.definition)
        feature(types.TEXT_DOCUMENT_REFERENCES, self.references)
        feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, self.highlights)
        feature(types.TEXT_DOCUMENT_PREPARE_RENAME, self.prepare_rename)
        feature(types.TEXT_DOCUMENT_RENAME, self.rename, types.RenameOptions(prepare_provider=True))
        feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, self.symbols)
        feature(types.TEXT_DOCUMENT_FORMATTING, self.format)

    # ---------------------------------------------------------------------------------------------------- documents

    def initialized(self, _params: types.InitializedParams) -> None:
        """Ask to be told of files that change on disk."""
        workspace = self._server.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace is not None else None
        if watching is None or not watching.dynamic_registration:
            return
        patterns = ("**/plc.toml", "**/*.st", "**/*.{TcPOU,TcDUT,TcGVL,TcIO,EXP,xml,ld}")
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(p) for p in patterns])
        registration = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        self._server.client_register_capability(types.RegistrationParams([registration]))

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        path = _path(params.text_document.uri)
        if path is not None:
            self._projects.open(path, params.text_document.text)
            self._publish_after(0)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        path = _path(params.text_document.uri)
        if path is not None:
            self._projects.changed(path, self._server.workspace.get_text_document(params.text_document.uri).source)
            self._publish_after(_PAUSE_S)

    def saved(self, _params: types.DidSaveTextDocumentParams) -> None:
        self._projects.look_at_disk()
        self._publish_after(0)

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        path = _path(params.text_document.uri)
        if path is not None:
            self._projects.close(path)
            self._publish_after(0)

    def files_changed(self, _params: types.DidChangeWatchedFilesParams) -> None:
        self._projects.look_at_disk()
        self._publish_after(_PAUSE_S)

    # ----------------------------------------------------------------------------------------------------- findings

    def _publish_after(self, pause_s: float) -> None:
        if self._publication is not None:
            self._publication.cancel()
        self._publication = asyncio.get_running_loop().call_later(pause_s, self._publish)

    def _publish(self) -> None:
        """The findings about all files of all projects; nothing about those that have none any more."""
        self._publication = None
        by_path: dict[Path, list[types.Diagnostic]] = {}
        for project in self._projects.all():
            for finding in (*project.findings, *self._projects.program(project).findings):
                path = project.path_of(finding.span.file)
                by_path.setdefault(path, []).append(self._diagnostic(finding, project))
        for path in (*by_path, *(self._published - by_path.keys())):
            self._publish_file(path, by_path.get(path, []))
        self._published = set(by_path)
        gc.collect()  # programs refer to themselves, and an editor leaves time now

    def _diagnostic(self, finding: Diagnostic, project: Project) -> types.Diagnostic:
        return translation.diagnostic(finding, self._lines_of, lambda file: _location(project, file))

    def _publish_file(self, path: Path, found: list[types.Diagnostic]) -> None:
        uri = self._uri(path)
        document = self._server.workspace.text_documents.get(uri)
        number = document.version if document is not None else None
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, number))

    def _uri(self, path: Path) -> str:
        """As the editor calls an open document, which may be another spelling than ours."""
        known = self._server.workspace.text_documents
        return next((uri for uri in known if _path(uri) == path), None) or translation.uri_of(path)

    # ----------------------------------------------------------------------------------------------------- requests

    async def _answer(
        self, document: types.TextDocumentIdentifier, position: types.Position | None, answer: _Answer[Result]
    ) -> Result | None:
        """What `answer` makes of the program and the place; None where there is no program."""
        path = _path(document.uri)
        text = self._projects.documents.get(path) if path is not None else None
        await asyncio.sleep(_SETTLE_S)
        if path is None or text is None:
            return None
        if self._projects.documents.get(path) != text:
            raise JsonRpcException("the text has changed", types.LSPErrorCodes.ContentModified.value)
        found = self._projects.of(path)
        if found is None:
            return None
        project, file = found
        program = self._projects.program(project)
        offset = self._lines_of(file).offset(position.line, position.character) if position is not None else 0
        return answer(program, file, offset)

    async def hover(self, params: types.HoverParams) -> types.Hover | None:
        found = await self._answer(params.text_document, params.position, hover)
        return translation.hovered(found, self._lines_of) if found is not None else None

    async def complete(self, params: types.CompletionParams) -> types.CompletionList | None:
        def answer(program: Program, file: SourceFile, offset: int) -> types.CompletionList:
            return translation.completed(complete(program, file, offset), self._lines_of(file), offset)

        return await self._answer(params.text_document, params.position, answer)

    async def signature(self, params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        found = await self._answer(params.text_document, params.position, signature)
        return translation.signed(found) if found is not None else None

    async def definition(self, params: types.DefinitionParams) -> types.Location | None:
        span = await self._answer(params.text_document, params.position, definition)
        return self._place(params.text_document, span) if span is not None else None

    async def references(self, params: types.ReferenceParams) -> list[types.Location] | None:
        found = await self._answer(params.text_document, params.position, references)
        wanted = [use for use in found or [] if params.context.include_declaration or not use.is_declaration]
        places = [self._place(params.text_document, use.span) for use in wanted]
        return [place for place in places if place is not None]

    async def highlights(self, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        def answer(program: Program, file: SourceFile, offset: int) -> list[types.DocumentHighlight]:
            here = [use.span for use in references(program, file, offset) if use.span.file is file]
            return [types.DocumentHighlight(translation.span_range(self._lines_of, span)) for span in here]

        return await self._answer(params.text_document, params.position, answer) or []

    async def prepare_rename(self, params: types.PrepareRenameParams) -> types.Range | None:
        span = await self._answer(params.text_document, params.position, renamable)
        return translation.span_range(self._lines_of, span) if span is not None else None

    async def rename(self, params: types.RenameParams) -> types.WorkspaceEdit | None:
        def answer(program: Program, file: SourceFile, offset: int) -> tuple[Span, ...]:
            return rename(program, file, offset, params.new_name).places

        try:
            places = await self._answer(params.text_document, params.position, answer)
        except Refused as reason:
            raise JsonRpcException(str(reason), types.LSPErrorCodes.RequestFailed.value) from None
        changes: dict[str, list[types.TextEdit]] = {}
        for span in places or ():
            place = self._place(params.text_document, span)
            if place is not None:
                changes.setdefault(place.uri, []).append(types.TextEdit(place.range, params.new_name))
        return types.WorkspaceEdit(changes)

    async def symbols(self, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        def answer(program: Program, file: SourceFile, _offset: int) -> list[types.DocumentSymbol]:
            return [translation.symbol(entry, self._lines_of) for entry in outline(program.unit(file))]

        return await self._answer(params.text_document, None, answer) or []

    async def format(self, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        """None where the text is wrong: the findings say why. Files of tools keep the form of their tool."""

        def answer(_program: Program, file: SourceFile, _offset: int) -> list[types.TextEdit] | None:
            if not has_own_form(file.name):
                return None
            try:
                after = format_source(file.shown, file.name)
            except CompileError:
                return None
            if "\r\n" in file.text:  # the ends of lines are the editor's affair
                after = after.replace("\n", "\r\n")
            return translation.edits(file.text, after, self._lines_of(file))

        return await self._answer(params.text_document, None, answer)

    # ------------------------------------------------------------------------------------------------------- places

    def _place(self, document: types.TextDocumentIdentifier, span: Span) -> types.Location | None:
        path = _path(document.uri)
        found = self._projects.of(path) if path is not None else None
        if found is None:
            return None
        uri = self._uri(_location(found[0], span.file))
        return types.Location(uri, translation.span_range(self._lines_of, span))

    def _lines_of(self, file: SourceFile) -> Lines:
        lines = self._lines.get(file)
        if lines is None:
            while len(self._lines) >= _LINES_KEPT:
                del self._lines[next(iter(self._lines))]
            encoding = types.PositionEncodingKind(self._server.workspace.position_encoding or "utf-16")
            lines = self._lines[file] = Lines(file.shown, _UNITS[encoding])
        return lines


def _path(uri: str) -> Path | None:
    """The file of a document that can be part of a program. One that was never saved has none."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    if path is None or not (is_source(Path(path).name) or Path(path).name == FILE_NAME):
        return None
    return Path(path)


def _location(project: Project, file: SourceFile) -> Path:
    """Where a source lies on disk; one of the standard library, in this installation."""
    folder, _, name = file.name.partition("/")
    inside = file_of(name.removesuffix(".st")) if folder == "stdlib" and file.name not in project.sources else None
    if inside is not None:
        return Path(str(resources.files("iec61131.stdlib").joinpath(inside)))
    return project.path_of(file)
