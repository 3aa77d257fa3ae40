"""The PLCs behind the HTTP door: versions, orders, variables, and what is there again after a restart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.host import plc as plc_module
from runtime.host import plcs as plcs_module
from runtime.host.plcs import PlcHost
from runtime.service import errors, versions
from runtime.service.access import Principal, Role
from runtime.service.http import errors as door
from runtime.service.http.models import ChangeBody, PlcState, ResetKind, Wanted
from runtime.service.http.trace_models import TraceBody
from tests.unit.hosted import (
    CANNOT_START,
    ENGINEER,
    FAULTS,
    FINDING,
    GOOD,
    OTHER,
    REJECTED,
    FakeBuilder,
    HandmadePlc,
    run,
    running,
    service,
    sources,
    state,
    until,
    value,
)

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
            assert (await host.reset(ENGINEER, "tank", ResetKind.COLD)).state is PlcState.STOP
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
            await host.reset(ENGINEER, "tank", ResetKind.WARM)
            assert not plc.wanted

    run(body())


def test_a_stopped_plc_that_is_off_says_so(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await host.upload(ENGINEER, "tank", GOOD)
            for attempt in (
                host.read(ENGINEER, "tank", None),
                host.write(ENGINEER, "tank", [("Main.INT", 1)]),
                host.reset(ENGINEER, "tank", ResetKind.WARM),
            ):
                with pytest.raises(errors.WrongState, match="off"):
                    await attempt
            await host.stop(ENGINEER, "tank")

    run(body())


def test_a_faulted_plc_stays_in_fault_for_diagnosis_and_starts_after_a_reset_only(tmp_path: Path) -> None:
    """Also after a restart of the service: the fault of the first scan is shown, not run into again and again."""

    async def body() -> None:
        async with service(tmp_path) as host:
            await host.upload(ENGINEER, "tank", FAULTS)
        versions.VersionStore(tmp_path / "tank").set_record(versions.Record(FAULTS.digest, run=True))
        async with service(tmp_path) as host:
            await until(lambda: state(host) is PlcState.FAULT)
            detail = host.plc(ENGINEER, "tank")
            assert detail.running is not None
            assert detail.running.fault is not None
            assert detail.running.fault.code == "RUNG0901"
            with pytest.raises(errors.WrongState, match="FAULT"):
                await host.start(ENGINEER, "tank")
            assert (await host.reset(ENGINEER, "tank", ResetKind.WARM)).state is PlcState.STOP
            assert host.plc(ENGINEER, "tank").running.fault is None  # pyright: ignore[reportOptionalMemberAccess]
            await host.start(ENGINEER, "tank")
            await until(lambda: state(host) is PlcState.FAULT)

    run(body())


# ------------------------------------------------------------------------------------------------------------- replace


def test_another_version_takes_over(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            await host.upload(ENGINEER, "tank", OTHER)
            detail = await host.activate(ENGINEER, "tank", OTHER.digest)
            assert (detail.state, detail.active, detail.wanted) == (PlcState.RUN, OTHER.digest, Wanted.RUN)

    run(body())


def test_activating_what_runs_already_changes_nothing(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            before = host._find("tank").running
            await host.activate(ENGINEER, "tank", GOOD.digest)
            assert host._find("tank").running is before

    run(body())


@pytest.mark.parametrize(("version", "says"), [(CANNOT_START, "port is in use"), (FAULTS, "divided by zero")])
def test_a_version_that_cannot_run_gives_way_to_the_former(tmp_path: Path, version: Any, says: str) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            await host.upload(ENGINEER, "tank", version)
            with pytest.raises(door.CannotRun, match=f"{says}.*former version {GOOD.digest[:12]} runs again"):
                await host.activate(ENGINEER, "tank", version.digest)
            detail = host.plc(ENGINEER, "tank")
            assert (detail.state, detail.active, detail.wanted) == (PlcState.RUN, GOOD.digest, Wanted.RUN)
            assert await value(host, "Main.DINT") > 0

    run(body())


def test_a_change_of_an_engine_that_does_not_answer_is_to_be_asked_for_again(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            await host.upload(ENGINEER, "tank", OTHER)
            with pytest.raises(errors.Unavailable, match="the engine does not answer"):
                await host.change(ENGINEER, "tank", ChangeBody(digest=OTHER.digest))
            assert host.plc(ENGINEER, "tank").active == GOOD.digest

    run(body())


def test_a_plc_in_fault_is_not_made_to_run_again_by_a_replacement_that_fails(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            for version in (FAULTS, CANNOT_START):
                await host.upload(ENGINEER, "tank", version)
        versions.VersionStore(tmp_path / "tank").set_record(versions.Record(FAULTS.digest, run=True))
        async with service(tmp_path) as host:
            await until(lambda: state(host) is PlcState.FAULT)
            with pytest.raises(door.CannotRun, match="nothing runs now"):
                await host.activate(ENGINEER, "tank", CANNOT_START.digest)
            detail = host.plc(ENGINEER, "tank")
            assert (detail.state, detail.active, detail.wanted) == (PlcState.OFF, FAULTS.digest, Wanted.STOP)
            await host.upload(ENGINEER, "tank", GOOD)
            assert (await host.activate(ENGINEER, "tank", GOOD.digest)).state is PlcState.RUN

    run(body())


def test_a_first_version_that_cannot_run_leaves_the_plc_off(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            for version in (CANNOT_START, FAULTS):
                await host.upload(ENGINEER, "tank", version)
                with pytest.raises(door.CannotRun, match="nothing runs now"):
                    await host.activate(ENGINEER, "tank", version.digest)
                detail = host.plc(ENGINEER, "tank")
                assert (detail.state, detail.active, detail.wanted) == (PlcState.OFF, None, Wanted.STOP)

    run(body())


def test_a_former_version_that_does_not_come_back_either_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plc_module, "RETRY_FIRST_S", 0.01)

    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            await host.upload(ENGINEER, "tank", CANNOT_START)
            HandmadePlc.failures_left = 3
            with pytest.raises(door.CannotRun, match=r"could not be brought back either.*tried again"):
                await host.activate(ENGINEER, "tank", CANNOT_START.digest)
            await until(lambda: state(host) is PlcState.RUN)
            assert HandmadePlc.failures_left == 0
            assert host.plc(ENGINEER, "tank").problem is None

    run(body())


def test_a_request_that_is_given_up_is_finished_all_the_same(tmp_path: Path) -> None:
    async def body() -> None:
        builder = FakeBuilder()
        async with service(tmp_path, builder) as host:
            await host.upload(ENGINEER, "tank", GOOD)
            builder.may_pass.clear()
            request = asyncio.create_task(host.activate(ENGINEER, "tank", GOOD.digest))
            await until(lambda: builder.waiting == 1)
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
            builder.may_pass.set()
            await until(lambda: host.plc(ENGINEER, "tank").wanted is Wanted.RUN)
            assert state(host) is PlcState.RUN

    run(body())


def test_a_stop_does_not_wait_for_the_compiler_and_is_not_undone_by_it(tmp_path: Path) -> None:
    async def body() -> None:
        builder = FakeBuilder()
        async with service(tmp_path, builder) as host:
            await running(host)
            await host.upload(ENGINEER, "tank", OTHER)
            builder.may_pass.clear()
            replacing = asyncio.create_task(host.activate(ENGINEER, "tank", OTHER.digest))
            await until(lambda: builder.waiting == 1)
            assert state(host) is PlcState.RUN  # the former version, until the new one is ready
            assert (await host.stop(ENGINEER, "tank")).state is PlcState.STOP
            builder.may_pass.set()
            with pytest.raises(errors.WrongState, match="told to stop meanwhile"):
                await replacing
            detail = host.plc(ENGINEER, "tank")
            assert (detail.state, detail.wanted, detail.active) == (PlcState.STOP, Wanted.STOP, GOOD.digest)

    run(body())


def test_requests_to_one_plc_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        builder = FakeBuilder()
        async with service(tmp_path, builder) as host:
            await running(host)
            await host.stop(ENGINEER, "tank")
            await host._find("tank")._unload()
            builder.may_pass.clear()
            starting = asyncio.create_task(host.start(ENGINEER, "tank"))
            await until(lambda: builder.waiting == 1)
            with monkeypatch.context() as patch:
                patch.setattr(plc_module, "TURN_S", 0.01)
                with pytest.raises(door.Busy):
                    await host.reset(ENGINEER, "tank", ResetKind.WARM)
            waiting = asyncio.create_task(host.start(ENGINEER, "tank"))
            builder.may_pass.set()
            assert (await starting).state is PlcState.RUN
            assert (await waiting).state is PlcState.RUN

    run(body())


# ------------------------------------------------------------------------------------------------------------ variables


def test_values_are_written_and_read_back_by_type(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            wanted: list[tuple[str, object]] = [
                ("main.bool", True),
                ("Main.LINT", -(2**63)),
                ("Main.ULINT", 2**64 - 1),
                ("Main.LREAL", "Infinity"),
                ("Main.TIME", 1_500_000_000),
                ("Main.Colour", "green"),
                ("Main.Numbers", [1, -2, 3]),
                ("Main.Text", "gr\u00fcn 7"),
                ("Main.Wide", "20 \u20ac"),
                ("Main.CHAR", "x"),
                ("Main.Words", ["one", "", "four"]),
            ]
            shown = await host.write(ENGINEER, "tank", wanted)
            values = {variable.path: variable.value for variable in shown}
            assert values == {
                "Main.BOOL": True,
                "Main.LINT": -(2**63),
                "Main.ULINT": 2**64 - 1,
                "Main.LREAL": "Infinity",
                "Main.TIME": 1_500_000_000,
                "Main.Colour": 1,
                "Main.Numbers": [1, -2, 3],
                "Main.Text": "gr\u00fcn 7",
                "Main.Wide": "20 \u20ac",
                "Main.CHAR": "x",
                "Main.Words": ["one", "", "four"],
            }
            assert next(variable.label for variable in shown if variable.path == "Main.Colour") == "Green"
            for text in ("NaN", "-Infinity"):
                assert (await host.write(ENGINEER, "tank", [("Main.LREAL", text)]))[0].value == text

    run(body())


@pytest.mark.parametrize(
    ("path", "wrong", "error"),
    [
        ("Main.INT", 40000, errors.OutOfRange),
        ("Main.INT", True, errors.WrongType),
        ("Main.INT", "NaN", errors.WrongType),
        ("Main.BOOL", 1, errors.WrongType),
        ("Main.LREAL", "nan", errors.WrongType),
        ("Main.LREAL", json.loads("1e400"), errors.OutOfRange),  # it became infinity
        ("Main.LREAL", None, errors.WrongType),
        ("Main.Colour", "Mauve", errors.OutOfRange),
        ("Main.Numbers", [1, 2], errors.WrongType),
        ("Main.Numbers", [[1], [2], [3]], errors.WrongType),
        ("Main.Text", "eight...", errors.OutOfRange),
        ("Main.Text", "\u03a9", errors.OutOfRange),
        ("Main.Text", "a\0b", errors.OutOfRange),
        ("Main.Text", 5, errors.WrongType),
        ("Main.Text", None, errors.WrongType),
        ("Main.Wide", "\ud800", errors.OutOfRange),
        ("Main.CHAR", "ab", errors.OutOfRange),
        ("Main.Words", ["a", "b", "longer"], errors.OutOfRange),
        ("Main.DINT", 1, errors.NotWritable),
        ("Main.Nothing", 1, errors.UnknownVariable),
        ("Main.\ud800", 1, errors.UnknownVariable),
        ("main.word", 8, door.BadBody),  # which of the two would it have been?
    ],
)
def test_one_wrong_value_keeps_the_whole_batch_out(
    tmp_path: Path, path: str, wrong: object, error: type[Exception]
) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            with pytest.raises(error):
                await host.write(ENGINEER, "tank", [("Main.WORD", 7), (path, wrong)])
            assert await value(host, "Main.WORD") == 0

    run(body())


def test_what_is_forced_is_listed_until_it_is_free_again(tmp_path: Path) -> None:
    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            forced = await host.force(ENGINEER, "tank", [("main.dint", 40), ("Main.BOOL", True)])
            assert [(one.path, one.value) for one in forced] == [("Main.DINT", 40), ("Main.BOOL", True)]
            assert await value(host, "Main.DINT") == 40
            shown = host.plc(ENGINEER, "tank").running
            assert shown is not None
            assert shown.forces == forced == await host.forces(ENGINEER, "tank")
            with pytest.raises(errors.UnknownVariable):
                await host.force(ENGINEER, "tank", [("Main.DINT", 1), ("Main.Nothing", 1)])
            with pytest.raises(errors.WrongType):
                await host.force(ENGINEER, "tank", [("Main.DINT", 1), ("Main.BOOL", 1)])
            assert await host.forces(ENGINEER, "tank") == forced, "nothing of a request that is wrong in part"
            assert [one.path for one in await host.unforce(ENGINEER, "tank", ["Main.DINT"])] == ["Main.BOOL"]
            count = await value(host, "Main.DINT")
            assert await host.unforce(ENGINEER, "tank", None) == []
            await until(lambda: host.plc(ENGINEER, "tank").state is PlcState.RUN)
            assert await value(host, "Main.DINT") >= count
            texts = [event.text for event in host.plc(ENGINEER, "tank").events]
            assert any("forces main.dint, Main.BOOL" in text for text in texts)

    run(body())


def test_a_bad_input_shows_its_quality_and_reason(tmp_path: Path) -> None:
    """Main.REAL is bound to a device that never answered."""

    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            level = (await host.read(ENGINEER, "tank", ["Main.REAL"]))[0]
            assert (level.quality, level.reason, level.time) == ("bad", "never_read", None)
            everything = await host.read(ENGINEER, "tank", None)
            assert {variable.quality for variable in everything} == {"good", "bad"}
            assert len({variable.time for variable in everything if variable.quality == "good"}) <= len(everything)

    run(body())


# --------------------------------------------------------------------------------------------------------------- rights

_TRACE = TraceBody(variables=["Main.DINT"])
CALLS: dict[str, tuple[Role, Callable[[PlcHost, Principal], Any]]] = {
    "plcs": (Role.VIEWER, lambda host, who: host.plcs(who)),
    "details": (Role.VIEWER, lambda host, who: host.details(who)),
    "plc": (Role.VIEWER, lambda host, who: host.plc(who, "tank")),
    "read": (Role.VIEWER, lambda host, who: host.read(who, "tank", None)),
    "write": (Role.OPERATOR, lambda host, who: host.write(who, "tank", [("Main.WORD", 1)])),
    "forces": (Role.VIEWER, lambda host, who: host.forces(who, "tank")),
    "force": (Role.ENGINEER, lambda host, who: host.force(who, "tank", [("Main.WORD", 1)])),
    "unforce": (Role.ENGINEER, lambda host, who: host.unforce(who, "tank", None)),
    "set_trace": (Role.ENGINEER, lambda host, who: host.set_trace(who, "tank", "mine", _TRACE)),
    "traces": (Role.VIEWER, lambda host, who: host.traces(who, "tank")),
    "trace": (Role.VIEWER, lambda host, who: host.trace(who, "tank", "mine")),
    "trace_samples": (Role.VIEWER, lambda host, who: host.trace_samples(who, "tank", "mine", 0, 1, None)),
    "remove_trace": (Role.ENGINEER, lambda host, who: host.remove_trace(who, "tank", "mine")),
    "upload": (Role.ENGINEER, lambda host, who: host.upload(who, "tank", GOOD)),
    "activate": (Role.ENGINEER, lambda host, who: host.activate(who, "tank", GOOD.digest)),
    "start": (Role.ENGINEER, lambda host, who: host.start(who, "tank")),
    "stop": (Role.ENGINEER, lambda host, who: host.stop(who, "tank")),
    "reset": (Role.ENGINEER, lambda host, who: host.reset(who, "tank", ResetKind.WARM)),
    "delete": (Role.ENGINEER, lambda host, who: host.delete(who, "tank")),
}


def test_every_call_takes_its_role_and_no_less(tmp_path: Path) -> None:
    async def call(host: PlcHost, name: str, role: Role) -> None:
        outcome = CALLS[name][1](host, Principal("somebody", role))
        if asyncio.iscoroutine(outcome):
            await outcome

    async def body() -> None:
        async with service(tmp_path) as host:
            await running(host)
            for name, (least, _) in CALLS.items():
                with pytest.raises(errors.AccessDenied):
                    await call(host, name, Role(least - 1))
            assert state(host) is PlcState.RUN
            for name, (least, _) in CALLS.items():
                if name == "read":
                    await call(host, "start", Role.ENGINEER)
                await call(host, name, least)
            assert host.plcs(ENGINEER) == []

    run(body())
