"""What can be wrong with a request at this door, and the answer to each: one table for the whole tree of
`service.errors` and the additions below.

Every refusal has one shape, `{"error": {"kind", "message", "remedy"}}`, whoever found the fault: a route, the
framework's validation, the guard. `remedy` is absent where there is nothing to advise. A program with errors has its
`diagnostics` beside `error`.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from runtime.service.errors import (
    AccessDenied,
    BadTrace,
    NotWritable,
    OutOfRange,
    RequestError,
    Unavailable,
    UnknownTrace,
    UnknownVariable,
    WrongState,
    WrongType,
)


class UnknownPlc(RequestError):
    """No PLC of this name."""


class UnknownReport(RequestError):
    """No report of a fault of this name is kept."""


class UnknownVersion(RequestError):
    """The PLC has no version with this digest."""


class BadName(RequestError):
    """A PLC cannot be called this."""


class BadBundle(RequestError):
    """What was uploaded is no bundle of sources with a project file."""


class BadBody(RequestError):
    """The body is not the JSON that was expected."""


class TooLarge(RequestError):
    """More than a stated limit."""


class TooSlow(RequestError):
    """The body did not arrive in time."""


class WrongMedia(RequestError):
    """The body is not declared to be JSON."""


class WrongHost(RequestError):
    """The request was addressed to a name that is not this service's: a page of somebody else's may have sent it."""


class NotAuthorised(RequestError):
    """The token is missing or wrong. `browser` where a person may be looking, who can be asked for it."""

    def __init__(self, text: str, *, browser: bool = False) -> None:
        super().__init__(text)
        self.browser = browser


class TooManyAttempts(RequestError):
    """Wrong tokens come faster than anybody mistypes."""


class Busy(RequestError):
    """Something else is being done that has to end first."""


class CannotRun(RequestError):
    """The version was not brought to run; the text says why and what runs instead."""


class NeedsRestart(RequestError):
    """The version cannot take over while the PLC runs; the text says why."""


class NeedsConsent(RequestError):
    """Something would be lost in the change, and nobody has agreed to that."""


class CheckFailed(RequestError):
    """The compiler did not come to an end with this program."""


class ProgramRejected(RequestError):
    """The program has errors. `findings` as made by `iec61131.diagnostics.render.to_json`."""

    def __init__(self, text: str, findings: list[dict[str, Any]]) -> None:
        super().__init__(text)
        self.findings = findings


class ErrorRow(Struct, frozen=True):
    """`remedy` is general; the message says what is particular."""

    status: int
    kind: str
    remedy: str | None = None


ERRORS: dict[type[RequestError], ErrorRow] = {
    UnknownVariable: ErrorRow(404, "unknown_variable", "GET /api/plcs/{name}/variables lists what is exposed"),
    NotWritable: ErrorRow(403, "not_writable"),
    AccessDenied: ErrorRow(403, "access_denied"),
    WrongType: ErrorRow(422, "wrong_type"),
    OutOfRange: ErrorRow(422, "out_of_range"),
    WrongState: ErrorRow(409, "wrong_state"),
    Unavailable: ErrorRow(503, "unavailable", "try again; GET /api/plcs/{name} shows the state and recent events"),
    UnknownTrace: ErrorRow(404, "unknown_trace", "GET /api/plcs/{name}/traces lists the traces"),
    BadTrace: ErrorRow(422, "bad_trace"),
    UnknownPlc: ErrorRow(404, "unknown_plc", "GET /api/plcs lists the PLCs; an upload makes a new one"),
    UnknownReport: ErrorRow(404, "unknown_report", "GET /api/plcs/{name}/faults lists the reports that are kept"),
    UnknownVersion: ErrorRow(404, "unknown_version", "GET /api/plcs/{name} lists the versions that are kept"),
    BadName: ErrorRow(422, "bad_name", "use letters, digits, _ and -, up to 64"),
    BadBundle: ErrorRow(422, "bad_bundle", 'send {"files": {"plc.toml": "...", "main.st": "..."}}'),
    BadBody: ErrorRow(400, "bad_body", "send one JSON document"),
    TooLarge: ErrorRow(413, "too_large"),
    TooSlow: ErrorRow(408, "too_slow"),
    WrongMedia: ErrorRow(415, "wrong_media_type", "send JSON with the header Content-Type: application/json"),
    WrongHost: ErrorRow(421, "wrong_host", "address the service by the name given with `rung serve --host`"),
    NotAuthorised: ErrorRow(
        401, "not_authorised", "send the header Authorization: Bearer TOKEN with the token printed at the first start"
    ),
    TooManyAttempts: ErrorRow(429, "too_many_attempts", "wait a moment, then use the right token"),
    Busy: ErrorRow(409, "busy", "try again in a moment"),
    CannotRun: ErrorRow(409, "cannot_run"),
    NeedsRestart: ErrorRow(409, "needs_restart", "activate the version instead, which stops the PLC for a moment"),
    NeedsConsent: ErrorRow(409, "needs_consent", "ask with dry_run what would be lost, then again with accept"),
    CheckFailed: ErrorRow(422, "check_failed"),
    ProgramRejected: ErrorRow(422, "program_rejected", "correct what the diagnostics name and upload again"),
}

FRAMEWORK = {404: "not_found", 405: "method_not_allowed"}
"""Kinds of what the router itself refuses."""
INVALID_REQUEST = ErrorRow(422, "invalid_request", "GET /openapi.json describes every request")
INTERNAL_ERROR = ErrorRow(500, "internal_error", "the service's log has the details")


def row_of(error: RequestError) -> ErrorRow:
    """The answer to `error`, by its class or the nearest one above it."""
    return next((ERRORS[class_] for class_ in type(error).__mro__ if class_ in ERRORS), INTERNAL_ERROR)


def body_of(error: RequestError) -> dict[str, Any]:
    """The answer's body."""
    row = row_of(error)
    body = shape(row.kind, str(error), row.remedy)
    if isinstance(error, ProgramRejected):
        body["diagnostics"] = error.findings
    return body


def headers_of(error: RequestError) -> dict[str, str]:
    """Headers that belong to the answer."""
    if isinstance(error, NotAuthorised):
        return {"WWW-Authenticate": 'Basic realm="rung"' if error.browser else 'Bearer realm="rung"'}
    return {"Retry-After": "1"} if isinstance(error, TooManyAttempts) else {}


def shape(kind: str, message: str, remedy: str | None) -> dict[str, Any]:
    """The one form of every refusal."""
    error = {"kind": kind, "message": message}
    return {"error": error if remedy is None else {**error, "remedy": remedy}}
