"""The PLCs behind the HTTP door when the service ends and starts again, and when a PLC is deleted."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from runtime.host import plc as plc_module
from runtime.service import errors
from runtime.service.http import errors as door
from runtime.service.http.models import PlcState, Wanted
from tests.unit.hosted import (
    ENGINEER,
    GOOD,
    OTHER,
    FakeBuilder,
    HandmadePlc,
    make_host,
    run,
    running,
    service,
    state,
    until,
    value,
)

# ------------------------------------------------------------------------------------------------------------- restart


@pytest.mark.parametrize("stopped", [False, True])
def test_a_service_that_starts_again_has_what_it_had(tmp_path: Path, stopped: bool) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            await host.upload(ENGINEER, "spare", OTHER)
            if stopped:
                await host.stop(ENGINEER, "tank")
        async with service(tmp_path) as host:
            assert [plc.name for plc in host.plcs(ENGINEER)] == ["spare", "tank"]
            assert state(host, "spare") is PlcState.OFF
            detail = host.plc(ENGINEER, "tank")
            assert detail.active == GOOD.digest
            if stopped:
                assert (detail.state, detail.wanted) == (PlcState.OFF, Wanted.STOP)
                assert (await host.start(ENGINEER, "tank")).state is PlcState.RUN
            else:
                await until(lambda: state(host) is PlcState.RUN)

    run(body())


def test_a_plc_that_does_not_start_is_tried_until_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a kill of the service, the processes of before may still hold a port for a moment."""
    monkeypatch.setattr(plc_module, "RETRY_FIRST_S", 0.01)

    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
        HandmadePlc.failures_left = 3
        async with service(tmp_path) as host:
            await until(lambda: host.plc(ENGINEER, "tank").problem == "not yet")
            await until(lambda: state(host) is PlcState.RUN)
            detail = host.plc(ENGINEER, "tank")
            assert detail.problem is None
            assert sum("not yet" in event.text for event in detail.events) == 3

    run(body())


def test_stop_ends_the_attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plc_module, "RETRY_FIRST_S", 0.01)

    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
        HandmadePlc.failures_left = 1000
        async with service(tmp_path) as host:
            await until(lambda: HandmadePlc.failures_left < 998)
            detail = await host.stop(ENGINEER, "tank")
            assert (detail.state, detail.wanted, detail.problem) == (PlcState.OFF, Wanted.STOP, None)
            left = HandmadePlc.failures_left
            await host.upload(ENGINEER, "tank", OTHER)
            assert HandmadePlc.failures_left == left
        HandmadePlc.failures_left = 0

    run(body())


def test_a_supervisor_that_ends_is_replaced(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            plc = host._find("tank").running
            assert isinstance(plc, HandmadePlc)
            plc.die()
            await until(lambda: host._find("tank").running not in (plc, None) and state(host) is PlcState.RUN)
            assert any("OSError" in event.text for event in host.plc(ENGINEER, "tank").events)

    run(body())


def test_a_damaged_record_is_said_and_mended_by_an_activation(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
        (tmp_path / "tank" / "record.json").write_text('{"active": "../../x", "run": true}')
        async with service(tmp_path) as host:
            detail = host.plc(ENGINEER, "tank")
            assert detail.active is None
            assert "record.json is damaged" in (detail.problem or "")
            await host.activate(ENGINEER, "tank", GOOD.digest)
            assert host.plc(ENGINEER, "tank").problem is None
        assert json.loads((tmp_path / "tank" / "record.json").read_text()) == {"active": GOOD.digest, "run": True}

    run(body())


def test_the_end_waits_for_what_was_begun_and_refuses_more(tmp_path: Path) -> None:
    async def body() -> None:
        builder = FakeBuilder()
        host = make_host(tmp_path, builder)
        await host.open()
        await host.upload(ENGINEER, "tank", GOOD)
        builder.may_pass.clear()
        begun = asyncio.create_task(host.activate(ENGINEER, "tank", GOOD.digest))
        await until(lambda: builder.waiting == 1)
        closing = asyncio.create_task(host.close())
        await asyncio.sleep(0)
        with pytest.raises(errors.Unavailable, match="ending"):
            await host.upload(ENGINEER, "tank", OTHER)
        assert not closing.done()
        builder.may_pass.set()
        with pytest.raises(errors.Unavailable, match="ending"):
            await begun
        await closing
        assert host._find("tank").running is None

    run(body())


# -------------------------------------------------------------------------------------------------------------- delete


def test_a_plc_is_deleted_when_it_is_not_wanted_running(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            with pytest.raises(errors.WrongState, match="stop it first"):
                await host.delete(ENGINEER, "tank")
            assert state(host) is PlcState.RUN
            await host.stop(ENGINEER, "tank")
            await host.delete(ENGINEER, "tank")
            assert host.plcs(ENGINEER) == []
            assert os.listdir(tmp_path) == []  # noqa: PTH208 - a test may wait for a disk
            await running(host)  # the name is free again
            assert await value(host, "Main.DINT") >= 0

    run(body())


def test_a_plc_to_which_something_is_uploaded_is_not_deleted(tmp_path: Path) -> None:
    async def body() -> None:
        builder = FakeBuilder()
        async with service(tmp_path, builder) as host:
            await host.upload(ENGINEER, "tank", GOOD)
            builder.may_pass.clear()
            uploading = asyncio.create_task(host.upload(ENGINEER, "tank", OTHER))
            await until(lambda: builder.waiting == 1)
            with pytest.raises(door.Busy):
                await host.delete(ENGINEER, "tank")
            builder.may_pass.set()
            await uploading
            await host.delete(ENGINEER, "tank")

    run(body())
