"""`rung deploy`: pack a project, hand it to a service, show what it found, and start it.

The project is read here by the same loader that the service uses, so that exactly the files that plc.toml names
travel, and a mistake in it is shown without a connection. The sources are compiled over there, by the compiler that
will run them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import httpx

from iec61131.diagnostics.diagnostic import Code, CompileError, Diagnostic, Note, Severity
from iec61131.source import SourceFile, Span
from runtime.service.client import OK, USAGE, WRONG, ask, connect
from runtime.service.complaints import complain, show
from runtime.service.config import load_project
from runtime.service.config.project import ProjectConfig
from runtime.service.errors import RequestError
from runtime.service.http import models
from runtime.service.http.upload import PROJECT_FILE, bundle
from runtime.service.refused import Refused
from runtime.service.resources import names_of
from runtime.service.versions import is_name


def deploy(folder: Path, url: str, token: str, name: str | None, start: bool) -> int:
    """Upload the project in `folder` to the service at `url`, as the PLC `name` (by default the project's own), and
    with `start` run it in place of what runs there; each of several RESOURCEs becomes a PLC of its own. Returns the
    exit status.
    """
    try:
        project = load_project(folder.parent if folder.name == PROJECT_FILE else folder)
    except CompileError as error:
        show(error.diagnostics)
        return WRONG
    sources, resources = [project.document.file, *project.sources], names_of(project)
    called = name or project.name
    plcs = {f"{called}-{resource}": resource for resource in resources} or {called: None}
    try:
        bundle({source.name: source.shown for source in sources})
        for plc in plcs:
            if not is_name(plc):
                return complain(f"a PLC cannot be called '{plc}'; use letters, digits, _ and -, up to 64", USAGE)
        with connect(url, token) as client:
            uploaded = {plc: _upload(client, plc, project, resource) for plc, resource in plcs.items()}
            for plc, digest in uploaded.items() if start else ():
                detail = ask(client, models.PlcDetail, "POST", f"/api/plcs/{plc}/activate", {"digest": digest})
                _say(f"{plc}: {detail.state.value}")
    except RequestError as error:
        return complain(str(error), WRONG)
    except Refused as refused:
        show(_diagnostics(refused.findings, sources))
        return complain(str(refused), refused.status)
    return OK


def _upload(client: httpx.Client, plc: str, project: ProjectConfig, resource: str | None) -> str:
    """The digest of the version."""
    files = {source.name: source.shown for source in (project.document.file, *project.sources)}
    uploaded = ask(client, models.Uploaded, "PUT", f"/api/plcs/{plc}/program", {"files": files, "resource": resource})
    show(_diagnostics(uploaded.warnings, [project.document.file, *project.sources]))
    _say(f"{plc}: version {uploaded.digest[:12]} {'was uploaded' if uploaded.new else 'was there already'}")
    return uploaded.digest


# ------------------------------------------------------------------------------------------------------ what is shown


def _diagnostics(findings: Iterable[models.Finding], sources: Iterable[SourceFile]) -> list[Diagnostic]:
    """The service's findings with their places in the files that were sent."""
    files = {source.name: source for source in sources}
    return [
        Diagnostic(
            Code(finding.code, "", "", "", "", "", "", Severity(finding.severity)),
            _span(finding, files),
            finding.message,
            finding.remedy,
            tuple(Note(_span(note, files), note.text) for note in finding.notes),
        )
        for finding in findings
    ]


def _span(place: models.Place, files: dict[str, SourceFile]) -> Span:
    file = files.get(place.file) or SourceFile(place.file, "")
    return Span(file, _offset(file, place.line, place.column), _offset(file, place.end_line, place.end_column))


def _offset(file: SourceFile, line: int, column: int) -> int:
    if not 1 <= line <= len(file.line_starts):
        return len(file.shown)
    return min(file.line_starts[line - 1] + column - 1, len(file.shown))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
