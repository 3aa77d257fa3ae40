"""The HTTP API: one table of routes over a `Host`.

A route takes the request apart, asks the host, and answers with a model; it decides nothing. Who asks was established
by the guard. What goes wrong comes back as an exception and is answered in one place and one shape (`errors`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBearer
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from runtime.service.access import Action
from runtime.service.errors import RequestError
from runtime.service.http import errors, metrics, models, upload
from runtime.service.http.guard import Guard, Hosts
from runtime.service.http.host import Host
from runtime.service.http.token import Attempts, Token
from runtime.service.http.trace_routes import TRACE_ROUTES, TraceApi
from runtime.service.http.who import Who

DESCRIPTION = """\
Programs are uploaded as sources, checked by the compiler, kept as versions, and run on named PLCs.

Every request but `GET /health` needs the access token. Every refusal has the shape of `ErrorAnswer`.
"""
_SHOWN_ERRORS = 5


class Api(TraceApi):
    """The routes' functions."""

    def __init__(self, host: Host, attempts: Attempts) -> None:
        super().__init__(host)
        self._host, self._attempts = host, attempts

    async def health(self) -> models.Health:
        """Whether the service answers; needs no token and says nothing else."""
        return models.Health()

    async def metrics(self, who: Who) -> Response:
        """For Prometheus."""
        return Response(metrics.render(self._host.details(who), self._attempts.failed), media_type=metrics.CONTENT_TYPE)

    async def plcs(self, who: Who) -> models.PlcList:
        """All PLCs."""
        return models.PlcList(plcs=self._host.plcs(who))

    async def plc(self, who: Who, name: str) -> models.PlcDetail:
        """One PLC: state, scan figures, devices, fault, versions and recent events."""
        return self._host.plc(who, name)

    async def retained(self, who: Who, name: str) -> models.Retained:
        """What the retained variables began with at the start of this PLC, and how they are stored since."""
        return self._host.retained(who, name)

    async def faults(self, who: Who, name: str) -> models.FaultList:
        """The reports of the last faults of this PLC that are kept, newest first."""
        return models.FaultList(faults=await self._host.faults(who, name))

    async def fault(self, who: Who, name: str, report: str) -> models.FaultReport:
        """One report: place, calls, and the variables of the instances on the way; `latest` is the newest."""
        return models.FaultReport(report=await self._host.fault(who, name, report))

    async def upload(self, who: Who, name: str, body: models.BundleBody, response: Response) -> models.Uploaded:
        """Check a project and keep it as a version. What runs is not disturbed; `activate` puts the version to work.

        201 for a new version, 200 for one that was there already, 422 with diagnostics for a program with errors.
        """
        who.require(Action.CONTROL)  # before the work of looking at it
        uploaded = await self._host.upload(who, name, upload.bundle(body.files, body.resource))
        response.status_code = 201 if uploaded.new else 200
        return uploaded

    async def activate(self, who: Who, name: str, body: models.ActivateBody) -> models.PlcDetail:
        """Run this version: the present one is stopped, this one started.

        If it cannot run, the present one is brought back.
        """
        return await self._host.activate(who, name, body.digest)

    async def change(self, who: Who, name: str, body: models.ChangeBody) -> models.Change:
        """Have another version take over while the PLC runs: between two scans, with all variables that both know.

        409 where that needs a restart, or consent to what would be lost; then the present version goes on.
        """
        return await self._host.change(who, name, body)

    async def start(self, who: Who, name: str) -> models.PlcDetail:
        """Run the active version."""
        return await self._host.start(who, name)

    async def stop(self, who: Who, name: str) -> models.PlcDetail:
        """Stop the program; outputs take their safe values."""
        return await self._host.stop(who, name)

    async def reset(self, who: Who, name: str, body: models.ResetBody | None = None) -> models.PlcDetail:
        """Initial values for all variables, but for those that this kind of reset keeps; clears a fault.

        The program is stopped afterwards.
        """
        return await self._host.reset(who, name, (body or models.ResetBody()).kind)

    async def delete(self, who: Who, name: str) -> None:
        """Remove a stopped PLC with all its versions."""
        await self._host.delete(who, name)

    async def variables(self, who: Who, name: str) -> models.VariableList:
        """All exposed variables, as of one scan."""
        return models.VariableList(variables=await self._host.read(who, name, None))

    async def write_all(self, who: Who, name: str, body: models.WritesBody) -> models.VariableList:
        """Write several variables; all take effect before one scan, or none does."""
        return models.VariableList(variables=await self._host.write(who, name, body.pairs()))

    async def variable(self, who: Who, name: str, path: str) -> models.Variable:
        """One exposed variable."""
        return (await self._host.read(who, name, [path]))[0]

    async def write(self, who: Who, name: str, path: str, body: models.WriteBody) -> models.Variable:
        """Write one variable; the answer comes after the engine took the value."""
        return (await self._host.write(who, name, [(path, body.value)]))[0]

    async def forces(self, who: Who, name: str) -> models.ForceList:
        """All that is forced. Everybody who may read sees it."""
        return models.ForceList(forces=await self._host.forces(who, name))

    async def force(self, who: Who, name: str, body: models.WritesBody) -> models.ForceList:
        """Force variables, exposed or not: inputs, outputs and others keep these values from one scan on, all of them
        from the same one. The answer lists all that is forced then.
        """
        return models.ForceList(forces=await self._host.force(who, name, body.pairs()))

    async def unforce_all(self, who: Who, name: str) -> models.ForceList:
        """Nothing is forced any more."""
        return models.ForceList(forces=await self._host.unforce(who, name, None))

    async def unforce(self, who: Who, name: str, path: str) -> models.ForceList:
        """This variable is free again, with all that it consists of."""
        return models.ForceList(forces=await self._host.unforce(who, name, [path]))


ROUTES: tuple[tuple[str, str, Callable[[Api], Callable[..., Awaitable[Any]]], dict[str, Any]], ...] = (
    ("GET", "/health", lambda api: api.health, {}),
    ("GET", "/metrics", lambda api: api.metrics, {"response_class": Response}),
    ("GET", "/api/plcs", lambda api: api.plcs, {}),
    ("GET", "/api/plcs/{name}", lambda api: api.plc, {}),
    ("GET", "/api/plcs/{name}/retained", lambda api: api.retained, {}),
    ("GET", "/api/plcs/{name}/faults", lambda api: api.faults, {}),
    ("GET", "/api/plcs/{name}/faults/{report}", lambda api: api.fault, {}),
    ("DELETE", "/api/plcs/{name}", lambda api: api.delete, {"status_code": 204}),
    (
        "PUT",
        "/api/plcs/{name}/program",
        lambda api: api.upload,
        {"status_code": 201, "responses": {200: {"model": models.Uploaded}, 422: {"model": models.RejectedAnswer}}},
    ),
    ("POST", "/api/plcs/{name}/activate", lambda api: api.activate, {}),
    ("POST", "/api/plcs/{name}/change", lambda api: api.change, {}),
    ("POST", "/api/plcs/{name}/start", lambda api: api.start, {}),
    ("POST", "/api/plcs/{name}/stop", lambda api: api.stop, {}),
    ("POST", "/api/plcs/{name}/reset", lambda api: api.reset, {}),
    ("GET", "/api/plcs/{name}/variables", lambda api: api.variables, {}),
    ("PUT", "/api/plcs/{name}/variables", lambda api: api.write_all, {}),
    ("GET", "/api/plcs/{name}/variables/{path}", lambda api: api.variable, {}),
    ("PUT", "/api/plcs/{name}/variables/{path}", lambda api: api.write, {}),
    ("GET", "/api/plcs/{name}/forces", lambda api: api.forces, {}),
    ("PUT", "/api/plcs/{name}/forces", lambda api: api.force, {}),
    ("DELETE", "/api/plcs/{name}/forces", lambda api: api.unforce_all, {}),
    ("DELETE", "/api/plcs/{name}/forces/{path}", lambda api: api.unforce, {}),
    *TRACE_ROUTES,
)


def create(host: Host, token: Token, hosts: Hosts) -> Guard:
    """The application, guarded: everything that a server needs."""
    attempts = Attempts()
    app = FastAPIOffline(
        docs_url="/docs",
        redoc_url=None,
        static_url="/docs/assets",
        title="rung",
        version=version("rung"),
        description=DESCRIPTION,
        redirect_slashes=False,
        responses={"default": {"model": models.ErrorAnswer}},
    )
    bearer = HTTPBearer(auto_error=False, description="The token that `rung serve` printed at its first start.")
    api = Api(host, attempts)
    for method, path, function_of, options in ROUTES:
        dependencies = [] if path == "/health" else [Depends(bearer)]  # for the description; the guard is what checks
        function = function_of(api)
        app.add_api_route(path, function, methods=[method], dependencies=dependencies, **options)
    _answer_errors(app)
    return Guard(app, token, attempts, hosts)


def _answer_errors(app: FastAPI) -> None:
    """One shape for every refusal, and no traceback in any."""

    async def request_error(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestError)
        return _answer(errors.row_of(error).status, errors.body_of(error), errors.headers_of(error))

    async def framework_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        kind = errors.FRAMEWORK.get(error.status_code, "bad_request")
        message = f"{request.method} {request.url.path[:200]}: {error.detail}"
        return _answer(error.status_code, errors.shape(kind, message, errors.INVALID_REQUEST.remedy), error.headers)

    async def validation_error(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        row = errors.INVALID_REQUEST
        return _answer(row.status, errors.shape(row.kind, _validation_text(error), row.remedy))

    async def internal_error(_request: Request, _error: Exception) -> JSONResponse:
        row = errors.INTERNAL_ERROR
        return _answer(row.status, errors.shape(row.kind, "the service made a mistake with this request", row.remedy))

    app.add_exception_handler(RequestError, request_error)
    app.add_exception_handler(HTTPException, framework_error)
    app.add_exception_handler(RequestValidationError, validation_error)
    app.add_exception_handler(Exception, internal_error)


def _validation_text(error: RequestValidationError) -> str:
    """What pydantic found, each with its place, without the values that were sent."""
    found = [f"{'.'.join(str(part)[:80] for part in item['loc'])}: {item['msg']}" for item in error.errors()]
    more = f"; and {len(found) - _SHOWN_ERRORS} more" if len(found) > _SHOWN_ERRORS else ""
    return "; ".join(found[:_SHOWN_ERRORS]) + more


class _Answer(JSONResponse):
    """JSON that can also quote half a character out of a request."""

    def render(self, content: Any) -> bytes:
        return super().render(_whole(content))


def _whole(content: Any) -> Any:
    if isinstance(content, str):
        return content.encode(errors="replace").decode()
    if isinstance(content, dict):
        return {key: _whole(value) for key, value in content.items()}  # pyright: ignore[reportUnknownVariableType]
    return content


def _answer(status: int, body: dict[str, Any], headers: Any = None) -> JSONResponse:
    return _Answer(body, status, headers)
