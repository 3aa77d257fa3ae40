"""The compiler in a process of its own: what comes back, and what happens to a process that does not come to an end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from runtime.service import artifacts, building
from runtime.service.building import BuildEnded, Builder, BuildRejected, Built

PROJECT = '[plc]\nname = "counter"\nsources = ["main.st"]\n\n[task.main]\nprogram = "Main"\ninterval = "10ms"\n'
GOOD = "PROGRAM Main\nVAR Count : DINT; END_VAR\nCount := Count + 1;\nEND_PROGRAM\n"


def version(folder: Path, text: str = GOOD, project: str = PROJECT) -> Path:
    (folder / "project").mkdir(parents=True)
    (folder / "project" / "plc.toml").write_text(project)
    (folder / "project" / "main.st").write_text(text)
    return folder


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, 100))


async def build(folder: Path, time_limit_s: int = building.TIME_LIMIT_S) -> Built:
    """By a builder that has built nothing before."""
    builder = Builder(time_limit_s)
    try:
        return await builder.build(folder)
    finally:
        await builder.close()


def test_a_version_is_built_and_found_again(tmp_path: Path) -> None:
    folder = version(tmp_path / "v")

    async def body() -> None:
        built = await build(folder)
        assert built.bound.name == "counter"
        assert built.warnings == []
        kept = {path.name: path.stat().st_mtime_ns for path in (folder / "build").iterdir()}
        assert set(kept) == {artifacts.PROGRAM_FILE, artifacts.BINDING_FILE, f"{built.program.digest}.rungc"}
        (folder / "build" / "of_an_earlier_compiler.rungc").write_bytes(b"")
        again = await build(folder)
        assert again.program == built.program
        assert {path.name for path in (folder / "build").iterdir()} == set(kept)
        cached = folder / "build" / f"{built.program.digest}.rungc"
        assert cached.stat().st_mtime_ns == kept[cached.name], "it was not compiled a second time"

    run(body())


def test_errors_come_back_with_their_places_and_no_path_of_this_machine(tmp_path: Path) -> None:
    folder = version(tmp_path / "v", GOOD.replace("Count + 1", "Coun + 1"), PROJECT + "\n[nonsense]\n")
    with pytest.raises(BuildRejected) as caught:
        run(build(folder))
    assert [(finding["file"], finding["line"]) for finding in caught.value.findings] == [("plc.toml", 9)]
    folder = version(tmp_path / "w", GOOD.replace("Count + 1", "Coun + 1"))
    with pytest.raises(BuildRejected, match="1 error") as caught:
        run(build(folder))
    (finding,) = caught.value.findings
    assert (finding["file"], finding["line"], finding["column"], finding["end_column"]) == ("main.st", 3, 10, 14)
    assert str(tmp_path) not in str(caught.value.findings)


def test_a_finding_in_a_twincat_object_has_the_place_in_its_file(tmp_path: Path) -> None:
    folder = version(tmp_path / "v", project=PROJECT.replace('"main.st"', '"Main.TcPOU"'))
    text = (
        '<?xml version="1.0" encoding="utf-16"?>\n<TcPlcObject>\n  <POU Name="Main">\n'
        "    <Declaration><![CDATA[PROGRAM Main\nVAR Count : DINT; END_VAR]]></Declaration>\n    <Implementation>\n"
        "      <ST><![CDATA[Count := Coun + 1;]]></ST>\n    </Implementation>\n  </POU>\n</TcPlcObject>\n"
    )
    (folder / "project" / "Main.TcPOU").write_text(text)
    with pytest.raises(BuildRejected, match="1 error") as caught:
        run(build(folder))
    (finding,) = caught.value.findings
    assert (finding["file"], finding["line"], finding["column"]) == ("Main.TcPOU", 7, 29)


@pytest.mark.parametrize("outside", ["../secret.st", "/etc/passwd", "*/../../secret.st"])
def test_an_uploaded_project_reaches_no_file_outside_its_folder(tmp_path: Path, outside: str) -> None:
    (tmp_path / "secret.st").write_text("the secret text")
    folder = version(tmp_path / "v", project=PROJECT.replace('"main.st"', f'"{outside}"'))
    with pytest.raises(BuildRejected) as caught:
        run(build(folder))
    assert "secret text" not in str(caught.value.findings)


def compiler_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """In place of Python, a process that does what `script` says."""
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(fake))
    return version(tmp_path / "v")


def test_a_compiler_that_does_not_come_to_an_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = compiler_that(tmp_path, monkeypatch, f"echo $$ > {tmp_path}/pid; exec sleep 1000")
    with pytest.raises(BuildEnded, match="not come to an end within 4 s"):
        run(build(folder, time_limit_s=1))
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_compiler_that_gets_no_processor_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a small program was refused after half a minute, with the advice to divide it: the compiler
    gives way to everybody, and the limit was one by the clock.
    """
    script = """read -r _; sleep 1.5; echo '{"sound": false, "findings": []}'; read -r _"""
    with pytest.raises(BuildRejected):
        run(build(compiler_that(tmp_path, monkeypatch, script), time_limit_s=1))


def test_a_compiler_that_needs_too_much_of_the_processor_is_stopped_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that had waited for more to do is not followed by another one that needs as long."""
    script = f"echo started >> {tmp_path}/starts; read -r _; kill -XCPU $$"
    folder = compiler_that(tmp_path, monkeypatch, script)

    async def body() -> None:
        builder = Builder(1)
        builder._idle.append(await building._Worker.start())
        with pytest.raises(BuildEnded, match="1 s of the processor"):
            await builder.build(folder)
        await builder.close()

    run(body())
    assert (tmp_path / "starts").read_text().count("started") == 1


def test_the_limit_of_the_processor_ends_a_process_that_works(tmp_path: Path) -> None:
    code = "from runtime.service import building\nbuilding.PATIENCE = 50\nbuilding._limit(1)\nwhile True: pass\n"
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False, capture_output=True)
    assert done.returncode == -signal.SIGXCPU


def test_a_compiler_that_breaks_is_reported_without_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = compiler_that(tmp_path, monkeypatch, "echo Traceback: secret >&2; exit 1")
    with pytest.raises(BuildEnded, match="its own mistake") as caught:
        run(build(folder))
    assert "Traceback" not in str(caught.value)
    assert "Traceback: secret" in caplog.text


def test_the_end_of_the_service_ends_what_is_being_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = compiler_that(tmp_path, monkeypatch, f"echo > {tmp_path}/begun; exec sleep 1000")

    async def body() -> None:
        builder = Builder()
        builds = [asyncio.create_task(builder.build(folder)) for _ in range(building.AT_ONCE + 1)]  # one has to wait
        async with asyncio.timeout(30):
            while not os.path.exists(tmp_path / "begun"):  # noqa: ASYNC110, ASYNC240, PTH110 - no news of it otherwise
                await asyncio.sleep(0.005)
        builder.end()
        outcomes = await asyncio.gather(*builds, return_exceptions=True)
        assert [str(outcome) for outcome in outcomes] == ["the service is ending"] * len(builds)
        await builder.close()

    run(body())


def compilers() -> list[int]:
    """Those that this process has started."""
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    return [int(pid) for pid in children if b"runtime.service.building" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_the_next_version_is_built_by_the_process_that_knows_the_last(tmp_path: Path) -> None:
    """The one of the PLC where there are several; and one that is killed meanwhile is not missed."""
    versions = [version(tmp_path / "a" / str(n), GOOD.replace("+ 1", f"+ {n}")) for n in range(5)]

    async def body() -> None:
        builder = Builder()
        programs = [(await builder.build(versions[0])).program]
        (first,) = compilers()
        programs.append((await builder.build(versions[1])).program)
        assert compilers() == [first]
        with pytest.raises(BuildRejected):
            await builder.build(version(tmp_path / "a" / "bad", GOOD.replace("Count + 1", "Coun")))
        programs.append((await builder.build(versions[2])).program)
        assert compilers() == [first]
        os.kill(first, signal.SIGKILL)
        programs.append((await builder.build(versions[3])).program)
        (second,) = compilers()
        assert second != first
        await builder.close()
        assert compilers() == []
        assert programs == [(await build(folder)).program for folder in versions[:4]]

    run(body())


def test_a_process_that_nobody_needs_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "IDLE_S", 0.05)

    async def body() -> None:
        builder = Builder()
        await builder.build(version(tmp_path / "a" / "1"))
        async with asyncio.timeout(30):
            while compilers():  # noqa: ASYNC110 - no news of it otherwise
                await asyncio.sleep(0.005)
        await builder.build(version(tmp_path / "a" / "2"))
        await builder.close()

    run(body())
