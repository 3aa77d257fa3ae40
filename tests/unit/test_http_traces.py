"""Traces of the PLCs of a service: through its host, and from the command line through its door."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from runtime.host.plcs import PlcHost
from runtime.service import client as way
from runtime.service import errors
from runtime.service.http import app, guard
from runtime.service.http.token import Token
from runtime.service.http.trace_models import TraceBody
from runtime.service.refused import Refused
from runtime.service.tracing import remote
from runtime.service.tracing.following import Capturing, Followed, Streaming
from runtime.service.tracing.plcs import TracedPlc
from runtime.service.tracing.request import TraceRequest
from tests.unit.hosted import ENGINEER, run, running, service, until
from tests.unit.httpdoor import AUTHORISED, TOKEN


def test_a_trace_is_set_up_read_on_and_on_and_removed(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            wanted = TraceBody(variables=["Main.DINT", "Main.Colour", "Main.REAL"], lease_s=60)
            trace = await host.set_trace(ENGINEER, "tank", "mine", wanted)
            assert (trace.name, trace.state, trace.captures, trace.period_ms) == ("mine", "running", [], 1.0)
            assert trace.variables[1].labels == {0: "Red", 1: "Green", 2: "Blue"}
            await until(lambda: host.trace(ENGINEER, "tank", "mine").next > 30)
            first = host.trace_samples(ENGINEER, "tank", "mine", 0, 10, None)
            second = host.trace_samples(ENGINEER, "tank", "mine", first.next, 10, first.next + 5)
            counts = first.values["Main.DINT"] + second.values["Main.DINT"]
            assert counts == list(range(counts[0], counts[0] + 15))
            assert (second.values["Main.Colour"], second.values["Main.REAL"]) == ([0] * 5, [0.0] * 5)
            assert (second.first, second.next, second.lost) == (10, 15, 0)
            times = first.time_ns + second.time_ns
            assert times == sorted(set(times))
            with pytest.raises(errors.BadTrace):
                await host.set_trace(ENGINEER, "tank", "mine", TraceBody(variables=["Main.Text"]))
            assert [each.name for each in host.traces(ENGINEER, "tank")] == ["mine"]
            assert await host.remove_trace(ENGINEER, "tank", "mine") == []
            with pytest.raises(errors.UnknownTrace):
                host.trace_samples(ENGINEER, "tank", "mine", 0, 10, None)
            texts = [event.text for event in host.plc(ENGINEER, "tank").events]
            assert "eve traces Main.DINT, Main.Colour, Main.REAL" in texts

    run(body())


# --------------------------------------------------------------------------------------------- from the command line


async def through_the_door(host: PlcHost, monkeypatch: pytest.MonkeyPatch, talk: Callable[[TracedPlc], None]) -> None:
    """Calls `talk` with a remote PLC in a thread; what it asks goes through the guarded application."""
    door = app.create(host, Token(hashlib.sha256(TOKEN.encode()).digest()), guard.hosts_for("127.0.0.1"))
    inside = httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://127.0.0.1:8880")
    loop = asyncio.get_running_loop()

    def answer(request: httpx.Request) -> httpx.Response:
        asked = inside.request(request.method, request.url, content=request.read(), headers=request.headers)
        found = asyncio.run_coroutine_threadsafe(asked, loop).result(30)
        return httpx.Response(found.status_code, content=found.content)

    def connect(url: str, _token: str) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(answer), base_url=url, headers=AUTHORISED)

    monkeypatch.setattr(remote, "connect", connect)
    monkeypatch.setenv("RUNG_TOKEN", TOKEN)
    plc = remote.RemotePlc("http://127.0.0.1:8880/tank", None)
    try:
        await asyncio.to_thread(talk, plc)
    finally:
        plc.close()
        await inside.aclose()


def test_a_remote_plc_is_traced_as_one_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("Main.DINT", "Main.Colour", "Main.TIME", "Main.DATE", "Main.LREAL", "Main.BOOL")

    def followed(plc: TracedPlc) -> None:
        plc.set_up(TraceRequest("mine", names, lease_ns=10**10))
        follower = Streaming(plc, plc.see("mine"), 25, None)
        parts = [part for part in follower.parts() if part is not None]
        assert sum(map(len, parts)) == 25
        result = follower.result()
        assert isinstance(result, Followed)
        columns = {column.kind.title: column for column in result.table.columns}
        counts = columns["Main.DINT"].values.tolist()
        assert counts == list(range(counts[0], counts[0] + 25))
        last = {title: column.texts()[-1] for title, column in columns.items() if title != "Main.DINT"}
        assert last == {
            "Main.Colour": "Red",
            "Main.TIME (ms)": "0.0",
            "Main.DATE": "1970-01-01",
            "Main.LREAL": "0.0",
            "Main.BOOL": "FALSE",
        }
        plc.set_up(TraceRequest("mine", names[:1], trigger="Main.DINT > 0", samples=10))
        capturing = Capturing(plc, plc.see("mine"))
        caught = [part for part in capturing.parts() if part is not None]
        assert [len(part) for part in caught] == [10]
        assert float(caught[0].time_s[0]) == 0.0
        assert [seen.request.name for seen in plc.listed()] == ["mine"]
        plc.remove("mine")
        assert plc.listed() == []
        with pytest.raises(Refused, match="there is no trace"):
            plc.see("mine")
        with pytest.raises(Refused, match="no texts"):
            plc.set_up(TraceRequest("mine", ("Main.Text",)))
        assert plc.tick_ns == 1_000_000

    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            await through_the_door(host, monkeypatch, followed)

    run(body())


@pytest.mark.parametrize("url", ["http://127.0.0.1:8880", "http://127.0.0.1:8880/a b", "tank://"])
def test_an_address_that_is_none_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNG_TOKEN", TOKEN)
    with pytest.raises(Refused) as refused:
        remote.RemotePlc(url, None)
    assert refused.value.status == way.USAGE
