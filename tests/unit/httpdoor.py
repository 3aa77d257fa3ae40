"""For the tests of the HTTP door: the application in this process, and a host whose answers the test chooses."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx

from runtime.service.access import Action, Principal
from runtime.service.errors import UnknownVariable
from runtime.service.http import app, guard, models, trace_models
from runtime.service.http.errors import UnknownPlc
from runtime.service.http.token import Token
from runtime.service.http.upload import Bundle

TOKEN = "the-right-token"
AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
VARIABLE = models.Variable(path="Main.Level", type="REAL", writable=True, value=1.5, quality="good", time=None)
SUMMARY = models.PlcSummary(
    name="tank", state=models.PlcState.RUN, wanted=models.Wanted.RUN, active="a" * 64, problem=None
)
RUNNING = models.Running(
    scan=models.Scan(
        period_ms=10,
        scans=1234,
        overruns=1,
        lost_activations=2,
        faults=3,
        latency=models.Spread(p50_us=20, p99_us=40, max_us=99),
        duration=models.Spread(p50_us=5, p99_us=6, max_us=7),
    ),
    tasks=[
        models.TaskStatus(
            name="main",
            interval_ms=10,
            priority=1,
            runs=1234,
            lost=2,
            overruns=1,
            overlong=0,
            last_latency_us=21,
            least_latency_us=19,
            latency=models.Spread(p50_us=20, p99_us=40, max_us=99),
            last_duration_us=5,
            least_duration_us=4,
            duration=models.Spread(p50_us=5, p99_us=6, max_us=7),
        )
    ],
    devices=[
        models.DeviceStatus(
            name="pump", state="online", requests=10, failures=1, reconnects=0, round_trip_ms=1.25, problem=""
        )
    ],
    processes=[models.Process(role="engine", pid=4711, starts=2)],
    forces=[],
    fault=None,
    opcua=None,
    variables=1,
    retained=models.Storing(bytes=4, stored=12, failures=1, last=None, problem=None),
    recorder=models.Recorder(written=1000, gaps=1, failures=2, problem="No space left on device"),
)
CHANGE = models.Change(
    changed=False,
    kept=5,
    converted=1,
    dropped=0,
    new=2,
    losses=[],
    others=[],
    needs_consent=False,
    needs_restart=[],
    handover_us=None,
    moved_bytes=None,
    unfit=None,
    unled=None,
    freed=None,
)


class FakeHost:
    """One PLC called `tank`. `asked` notes every call; `error` is raised by the next one when set."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.error: Exception | None = None

    def _note(self, who: Principal, action: Action, *what: Any) -> None:
        who.require(action)
        self.asked.append(what)
        if self.error is not None:
            raise self.error

    def _detail(self, name: str) -> models.PlcDetail:
        if name != "tank":
            raise UnknownPlc(f"there is no PLC '{name}'")
        return models.PlcDetail(**SUMMARY.model_dump(), running=RUNNING, versions=[], events=[])

    def plcs(self, who: Principal) -> list[models.PlcSummary]:
        self._note(who, Action.READ, "plcs")
        return [SUMMARY]

    def details(self, who: Principal) -> list[models.PlcDetail]:
        self._note(who, Action.READ, "details")
        return [self._detail("tank")]

    def plc(self, who: Principal, name: str) -> models.PlcDetail:
        self._note(who, Action.READ, "plc", name)
        return self._detail(name)

    def retained(self, who: Principal, name: str) -> models.Retained:
        self._note(who, Action.READ, "retained", name)
        return models.Retained(storing=RUNNING.retained, start=None)

    async def upload(self, who: Principal, name: str, bundle: Bundle) -> models.Uploaded:
        self._note(who, Action.CONTROL, "upload", name, bundle)
        return models.Uploaded(name=name, digest=bundle.digest, new=True, warnings=[])

    async def activate(self, who: Principal, name: str, digest: str) -> models.PlcDetail:
        self._note(who, Action.CONTROL, "activate", name, digest)
        return self._detail(name)

    async def change(self, who: Principal, name: str, wanted: models.ChangeBody) -> models.Change:
        self._note(who, Action.CONTROL, "change", name, wanted)
        return CHANGE

    async def start(self, who: Principal, name: str) -> models.PlcDetail:
        self._note(who, Action.CONTROL, "start", name)
        return self._detail(name)

    async def stop(self, who: Principal, name: str) -> models.PlcDetail:
        self._note(who, Action.CONTROL, "stop", name)
        return self._detail(name)

    async def reset(self, who: Principal, name: str, kind: models.ResetKind) -> models.PlcDetail:
        self._note(who, Action.CONTROL, "reset", name, kind)
        return self._detail(name)

    async def delete(self, who: Principal, name: str) -> None:
        self._note(who, Action.CONTROL, "delete", name)

    async def read(self, who: Principal, name: str, paths: Sequence[str] | None) -> list[models.Variable]:
        self._note(who, Action.READ, "read", name, paths)
        if paths is not None and paths != [VARIABLE.path]:
            raise UnknownVariable(f"no exposed variable '{paths[0]}'")
        return [VARIABLE]

    async def write(self, who: Principal, name: str, wanted: Sequence[tuple[str, object]]) -> list[models.Variable]:
        self._note(who, Action.WRITE, "write", name, list(wanted))
        return [VARIABLE]

    async def faults(self, who: Principal, name: str) -> list[str]:
        self._note(who, Action.READ, "faults", name)
        return ["20240229T123015.000000Z"]

    async def fault(self, who: Principal, name: str, report: str) -> dict[str, Any]:
        self._note(who, Action.READ, "fault", name, report)
        return {"code": "RUNG0901"}

    async def forces(self, who: Principal, name: str) -> list[models.Force]:
        self._note(who, Action.READ, "forces", name)
        return [models.Force(path="Main.Level", type="REAL", value=1.5)]

    async def force(self, who: Principal, name: str, wanted: Sequence[tuple[str, object]]) -> list[models.Force]:
        self._note(who, Action.CONTROL, "force", name, list(wanted))
        return [models.Force(path=path, type="REAL", value=value) for path, value in wanted]

    async def unforce(self, who: Principal, name: str, paths: Sequence[str] | None) -> list[models.Force]:
        self._note(who, Action.CONTROL, "unforce", name, paths)
        return []

    def traces(self, who: Principal, name: str) -> list[trace_models.Trace]:
        self._note(who, Action.READ, "traces", name)
        return [TRACE]

    def trace(self, who: Principal, name: str, trace: str) -> trace_models.Trace:
        self._note(who, Action.READ, "trace", name, trace)
        return TRACE

    async def set_trace(
        self, who: Principal, name: str, trace: str, body: trace_models.TraceBody
    ) -> trace_models.Trace:
        self._note(who, Action.CONTROL, "set_trace", name, body.request(trace))
        return TRACE

    async def remove_trace(self, who: Principal, name: str, trace: str) -> list[trace_models.Trace]:
        self._note(who, Action.CONTROL, "remove_trace", name, trace)
        return []

    def trace_samples(
        self, who: Principal, name: str, trace: str, start: int, most: int, end: int | None
    ) -> trace_models.TraceSamples:
        self._note(who, Action.READ, "trace_samples", name, trace, start, most, end)
        return trace_models.TraceSamples(first=0, next=0, lost=0, time_ns=[], scan=[], values={})


TRACE = trace_models.Trace(
    name="mine",
    state="armed",
    variables=[trace_models.TracedVariable(path="Main.Level", type="REAL", base="REAL", labels={})],
    every=1,
    trigger="rising Main.Pump",
    pre="20%",
    samples=100,
    repeat=False,
    generation=1,
    oldest=0,
    next=7,
    triggered_ns=None,
    captures=[],
    period_ms=10,
)


def make_app(host: FakeHost, *, listen_on: str = "127.0.0.1") -> guard.Guard:
    """The guarded application over `host`, opened by TOKEN."""
    token = Token(hashlib.sha256(TOKEN.encode()).digest())
    return app.create(host, token, guard.hosts_for(listen_on))


def talk(
    body: Callable[[httpx.AsyncClient, FakeHost], Awaitable[None]],
    *,
    headers: dict[str, str] | None = None,
    url: str = "http://127.0.0.1:8880",
    listen_on: str = "127.0.0.1",
) -> None:
    """Run `body` with a client of a new application; by default it has the token."""

    async def run() -> None:
        host = FakeHost()
        transport = httpx.ASGITransport(make_app(host, listen_on=listen_on))
        given = AUTHORISED if headers is None else headers
        async with httpx.AsyncClient(transport=transport, base_url=url, headers=given) as client:
            await body(client, host)

    asyncio.run(asyncio.wait_for(run(), 30))


def refusal(response: httpx.Response, status: int, kind: str) -> str:
    """That `response` refuses in the one shape; returns the message."""
    assert response.status_code == status, response.text
    document = response.json()
    assert set(document) <= {"error", "diagnostics"}
    error = document["error"]
    assert set(error) <= {"kind", "message", "remedy"}
    assert error["kind"] == kind
    assert error["message"]
    assert "Traceback" not in response.text
    return str(error["message"])
