"""`rung deploy`: pack a project, hand it to a service, show what it found, and start it.

The project is read here by the same loader that the service uses, so that exactly the files that plc.toml names
travel, and a mistake in it is shown without a connection. The sources are compiled over there, by the compiler that
will run them.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

from iec61131.diagnostics.diagnostic import Code, CompileError, Diagnostic, Note, Severity
from iec61131.diagnostics.render import render
from iec61131.input_forms.drawings import rung
from iec61131.source import SourceFile, Span
from runtime.service.config import load_project
from runtime.service.config.project import ProjectConfig
from runtime.service.errors import RequestError
from runtime.service.http import models
from runtime.service.http.upload import PROJECT_FILE, bundle
from runtime.service.versions import is_name

Answer = TypeVar("Answer", bound=models.Model)

OK, WRONG, USAGE, CANNOT = 0, 1, 2, 3
"""Exit statuses, as of the command line."""
CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 180.0
"""Longer than a service takes to check, stop, start and, if need be, bring back."""
_WRONG_KINDS = ("bad_bundle", "bad_name", "cannot_run", "check_failed", "too_large")
"""Refusals that are about the project; all others are about the service or the way to it."""


class Refused(Exception):
    """The service said no, or nothing. `status` is the exit status, `findings` what it found in the program."""

    def __init__(self, text: str, status: int, findings: Sequence[models.Finding] = ()) -> None:
        super().__init__(text)
        self.status, self.findings = status, findings


def deploy(folder: Path, url: str, token: str, name: str | None, start: bool) -> int:
    """Upload the project in `folder` to the service at `url`, as the PLC `name` (by default the project's own), and
    with `start` run it in place of what runs there. Returns the exit status.
    """
    try:
        project = load_project(folder.parent if folder.name == PROJECT_FILE else folder)
    except CompileError as error:
        _show(error.diagnostics)
        return WRONG
    sources = [project.document.file, *project.sources]
    plc = name or project.name
    try:
        bundle({source.name: source.shown for source in sources})
        if not is_name(plc):
            return _complain(f"a PLC cannot be called '{plc}'; use letters, digits, _ and -, up to 64", USAGE)
        with _client(url, token) as client:
            _deploy(client, plc, project, start)
    except RequestError as error:
        return _complain(str(error), WRONG)
    except Refused as refused:
        _show(_diagnostics(refused.findings, sources))
        return _complain(str(refused), refused.status)
    return OK


def _deploy(client: httpx.Client, plc: str, project: ProjectConfig, start: bool) -> None:
    files = {source.name: source.shown for source in (project.document.file, *project.sources)}
    uploaded = _ask(client, models.Uploaded, "PUT", f"/api/plcs/{plc}/program", {"files": files})
    _show(_diagnostics(uploaded.warnings, [project.document.file, *project.sources]))
    _say(f"{plc}: version {uploaded.digest[:12]} {'was uploaded' if uploaded.new else 'was there already'}")
    if start:
        body = {"digest": uploaded.digest}
        detail = _ask(client, models.PlcDetail, "POST", f"/api/plcs/{plc}/activate", body)
        _say(f"{plc}: {detail.state.value}")


# -------------------------------------------------------------------------------------------------------- the service


def _client(url: str, token: str) -> httpx.Client:
    """Raises Refused when `url` is none."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Refused(f"'{url}' is no address of a service: {error}", USAGE) from error
    if address.scheme not in ("http", "https") or not address.host:
        raise Refused(f"'{url}' is no address of a service; write it as http://127.0.0.1:8880", USAGE)
    try:
        headers = httpx.Headers({"Authorization": f"Bearer {token}"}, encoding="ascii")
    except UnicodeEncodeError:
        raise Refused("the token has characters that no token has; copy it anew", USAGE) from None
    timeout = httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    # A proxy of the environment is for the way to other machines.
    return httpx.Client(base_url=address, headers=headers, timeout=timeout, trust_env=not _is_loopback(address.host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ask(client: httpx.Client, answer: type[Answer], method: str, path: str, body: dict[str, Any]) -> Answer:
    """One request. Raises Refused."""
    try:
        response = client.request(method, path, json=body)
    except httpx.TimeoutException as error:
        raise Refused(f"the service at {client.base_url} did not answer in time", CANNOT) from error
    except httpx.HTTPError as error:
        raise Refused(f"the service at {client.base_url} cannot be reached: {error}", CANNOT) from error
    try:
        if response.is_success:
            return answer.model_validate_json(response.content)
        raise _refusal(response.content)
    except ValidationError as error:
        foreign = f"what answers at {client.base_url} is no rung service (status {response.status_code})"
        raise Refused(foreign, CANNOT) from error


def _refusal(content: bytes) -> Refused:
    """What the service said in its one shape. Raises ValidationError when it is another."""
    problem = models.ErrorAnswer.model_validate_json(content).error
    if problem.kind == "program_rejected":
        findings = models.RejectedAnswer.model_validate_json(content).diagnostics
        return Refused(problem.message, WRONG, findings)
    if problem.kind == "not_authorised":
        return Refused(f"{problem.message}; give the one that `rung serve` printed at its first start", CANNOT)
    return Refused(problem.message, WRONG if problem.kind in _WRONG_KINDS else CANNOT)


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


def _show(diagnostics: Iterable[Diagnostic]) -> None:
    text = render(diagnostics, colour=sys.stderr.isatty() and "NO_COLOR" not in os.environ, rung=rung)
    if text:
        sys.stderr.write(f"{text}\n")


def _complain(text: str, status: int) -> int:
    sys.stderr.write(f"rung: {text}\n")
    return status


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
