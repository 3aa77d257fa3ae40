"""The PLCs behind the HTTP door: versions, orders, variables, and what is there again after a restart."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from runtime.host import plc as plc_module
from runtime.host import plcs as plcs_module
from runtime.host.plcs import PlcHost
from runtime.service import errors, versions
from runtime.service.access import Principal, Role
from runtime.service.http import errors as door
from runtime.service.http.models import PlcState, Wanted
from tests.unit.hosted import ENGINEER, FINDING, FakeBuilder, HandmadePlc, make_host, sources, until

GOOD, OTHER = sources("good"), sources("other")
CANNOT_START, FAULTS, REJECTED = sources("cannot start"), sources("faults"), sources("rejected")


@asynccontextmanager
async def service(state: Path, builder: FakeBuilder | None = None) -> AsyncIterator[PlcHost]:
    host = make_host(state, builder)
    await host.open()
    try:
        yield host
    finally:
        await host.close()


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 60))


async def running(host: PlcHost, name: str = "tank") -> None:
    """A PLC that runs GOOD."""
    await host.upload(ENGINEER, name, GOOD)
    await host.activate(ENGINEER, name, GOOD.digest)


def state(host: PlcHost, name: str = "tank") -> PlcState:
    return host.plc(ENGINEER, name).state


async def value(host: PlcHost, path: str) -> Any:
    return (await host.read(ENGINEER, "tank", [path]))[0].value


# --------------------------------------------------------------------------------------------------------------- upload


def test_an_uploaded_version_is_kept_and_waits(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            uploaded = await host.upload(ENGINEER, "tank", GOOD)
            assert (uploaded.digest, uploaded.new) == (GOOD.digest, True)
            assert not (await host.upload(ENGINEER, "tank", GOOD)).new
            detail = host.plc(ENGINEER, "tank")
            assert (detail.state, detail.wanted, detail.active) == (PlcState.OFF, Wanted.STOP, None)
            assert [(v.digest, v.files) for v in detail.versions] == [(GOOD.digest, ["main.st", "plc.toml"])]
            with pytest.raises(errors.WrongState, match="no active version"):
                await host.start(ENGINEER, "tank")

    run(body())


def test_a_program_with_errors_leaves_nothing(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            with pytest.raises(door.ProgramRejected) as caught:
                await host.upload(ENGINEER, "tank", REJECTED)
            assert caught.value.findings == [FINDING]
            assert host.plcs(ENGINEER) == []
            assert not (tmp_path / "tank").exists()
            with pytest.raises(door.UnknownPlc):
                host.plc(ENGINEER, "tank")

    run(body())


def test_an_upload_does_not_disturb_what_runs(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            count = await value(host, "Main.DINT")
            await host.upload(ENGINEER, "tank", OTHER)
            with pytest.raises(door.ProgramRejected):
                await host.upload(ENGINEER, "tank", REJECTED)
            detail = host.plc(ENGINEER, "tank")
            assert detail.active == GOOD.digest
            assert await value(host, "Main.DINT") > count  # the same memory went on counting
            assert detail.running is not None
            assert detail.running.scan.lost_activations == 0

    run(body())


def test_old_versions_go_and_the_active_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "MAX_VERSIONS", 3)

    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            later = [sources(f"number {number}") for number in range(5)]
            for version in later:
                await host.upload(ENGINEER, "tank", version)
            kept = [version.digest for version in host.plc(ENGINEER, "tank").versions]
            assert kept == [later[4].digest, later[3].digest, later[2].digest, GOOD.digest]
            await host.upload(ENGINEER, "tank", later[2])  # again: now it is the newest
            await host.upload(ENGINEER, "tank", sources("number 5"))
            kept = [version.digest for version in host.plc(ENGINEER, "tank").versions]
            assert later[2].digest in kept
            assert later[3].digest not in kept
            with pytest.raises(door.UnknownVersion):
                await host.activate(ENGINEER, "tank", later[0].digest)

    run(body())


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "tänk", "x" * 65, ".removed-0", "tank\n"])
def test_a_plc_has_a_name_that_is_safe_as_a_folder(tmp_path: Path, name: str) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            with pytest.raises(door.BadName):
                await host.upload(ENGINEER, name, GOOD)

    run(body())
    assert list(tmp_path.iterdir()) == []


def test_the_number_of_plcs_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plcs_module, "MAX_PLCS", 2)

    async def body() -> None:
        async with service(tmp_path) as host:
            for name in ("a", "b"):
                await host.upload(ENGINEER, name, GOOD)
            with pytest.raises(door.TooLarge, match="2 PLCs"):
                await host.upload(ENGINEER, "c", GOOD)
            await host.delete(ENGINEER, "a")
            await host.upload(ENGINEER, "c", GOOD)
            assert [plc.name for plc in host.plcs(ENGINEER)] == ["b", "c"]

    run(body())


def test_uploads_at_the_same_time_are_limited_and_do_not_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plcs_module, "MAX_UPLOADS", 3)

    async def body() -> None:
        builder = FakeBuilder()
        async with service(tmp_path, builder) as host:
            builder.may_pass.clear()
            uploads = [asyncio.create_task(host.upload(ENGINEER, "tank", v)) for v in (GOOD, REJECTED, GOOD)]
            await until(lambda: builder.waiting == 3)
            with pytest.raises(door.Busy):
                await host.upload(ENGINEER, "other", GOOD)
            builder.may_pass.set()
            outcomes = await asyncio.gather(*uploads, return_exceptions=True)
            assert isinstance(outcomes[1], door.ProgramRejected)
            assert sorted(o.new for o in (outcomes[0], outcomes[2]) if not isinstance(o, BaseException)) == [
                False,
                True,
            ]
            assert [version.digest for version in host.plc(ENGINEER, "tank").versions] == [GOOD.digest]
            assert [path.name for path in (tmp_path / "tank" / "versions").iterdir()] == [GOOD.digest]

    run(body())


# ------------------------------------------------------------------------------------------------------ start and stop


def test_start_stop_and_reset(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            assert (await host.stop(ENGINEER, "tank")).state is PlcState.STOP
            stood_at = await value(host, "Main.DINT")
            assert stood_at > 0
            assert await value(host, "Main.DINT") == stood_at
            stopped = (await host.read(ENGINEER, "tank", ["Main.DINT"]))[0]
            assert stopped.quality == "uncertain"
            assert (await host.stop(ENGINEER, "tank")).state is PlcState.STOP  # asked twice is no mistake
            assert (await host.start(ENGINEER, "tank")).state is PlcState.RUN
            assert await value(host, "Main.DINT") > stood_at
            assert (await host.start(ENGINEER, "tank")).state is PlcState.RUN
            assert (await host.reset(ENGINEER, "tank", cold=True)).state is PlcState.STOP
            assert await value(host, "Main.DINT") == 0

    run(body())


def test_what_is_wanted_is_told_to_the_supervisor(tmp_path: Path) -> None:
    """Else it would bring an engine that it had to start again to RUN, though people had stopped the PLC."""

    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            plc = host._find("tank").running
            assert isinstance(plc, HandmadePlc)
            await host.stop(ENGINEER, "tank")
            assert not plc.wanted
            await host.start(ENGINEER, "tank")
            assert plc.wanted
            await host.reset(ENGINEER, "tank", cold=False)
            assert not plc.wanted

    run(body())


def test_a_stopped_plc_that_is_off_says_so(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await host.upload(ENGINEER, "tank", GOOD)
            for attempt in (
                host.read(ENGINEER, "tank", None),
                host.write(ENGINEER, "tank", [("Main.INT", 1)]),
                host.reset(ENGINEER, "tank", cold=False),
            ):
                with pytest.raises(errors.WrongState, match="off"):
                    await attempt
            await host.stop(ENGINEER, "tank")

    run(body())


def test_a_faulted_plc_shows_its_fault_and_starts_after_a_reset_only(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            host._find("tank").running.text = "faults"  # pyright: ignore[reportOptionalMemberAccess,reportAttributeAccessIssue]
            await host.stop(ENGINEER, "tank")
            shutil.copy(_project(tmp_path, FAULTS, await _upload(host, FAULTS)), _project(tmp_path, GOOD, GOOD.digest))
            await host.activate(ENGINEER, "tank", GOOD.digest) if False else None

    async def _upload(host: PlcHost, version: Any) -> str:
        return (await host.upload(ENGINEER, "tank", version)).digest

    def _project(root: Path, _version: Any, digest: str) -> Path:
        return root / "tank" / "versions" / digest / "project" / "main.st"

    run(body())
