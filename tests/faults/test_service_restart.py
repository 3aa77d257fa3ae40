"""The service ends in every way there is, and what was promised is there when it starts again.

Real services, real supervisors, real engines. The kills at random instants print their seed; the steps of the disk
operations one by one are in `tests/unit/test_http_versions.py`.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from runtime.service.http.upload import bundle
from tests.faults.rig import wait_for
from tests.faults.served import Service, descendants

PROJECT = """\
[plc]
name = "counter"
sources = ["main.st"]

[task.main]
program = "Main"
interval = "10ms"
"""


def counter(step: int) -> dict[str, str]:
    """Projects that differ in one number."""
    text = f"PROGRAM Main\nVAR Count : DINT; END_VAR\nCount := Count + {step};\nEND_PROGRAM\n"
    return {"plc.toml": PROJECT, "main.st": text}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    running = Service(tmp_path / "state")
    running.start()
    yield running
    running.close()


def test_after_a_kill_the_same_plcs_run_again(service: Service) -> None:
    first, second = service.upload("one", counter(1)), service.upload("two", counter(2))
    service.upload("spare", counter(3))
    for name, digest in (("one", first), ("two", second)):
        assert service.ask("POST", f"/api/plcs/{name}/activate", {"digest": digest})["state"] == "run"
    service.ask("POST", "/api/plcs/two/stop")
    service.kill()
    service.start()
    one = service.await_state("one", "run")
    assert (one["active"], one["wanted"]) == (first, "run")
    states = {
        plc["name"]: (plc["state"], plc["wanted"], plc["active"]) for plc in service.ask("GET", "/api/plcs")["plcs"]
    }
    assert states["two"] == ("off", "stop", second)
    assert states["spare"] == ("off", "stop", None)
    assert service.ask("POST", "/api/plcs/two/start")["state"] == "run"
    left = descendants(service.process.pid) if service.process else []
    assert service.stop() == 0
    assert left
    wait_for(lambda: not [pid for pid in left if Path(f"/proc/{pid}").exists()], "the end of every process")


def test_a_kill_at_any_instant_of_uploads_and_activations_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    """A client uploads and activates version after version; the service is killed at a random instant, twice.
    `make soak` does it for as long as anybody likes.
    """
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    service = Service(tmp_path / "state")
    acknowledged: list[str] = []  # what an activation was answered for
    known = {bundle(counter(step)).digest: step for step in range(1, 1000)}
    steps = iter(range(1, 1000))

    def replace_until_killed() -> None:
        try:
            for step in steps:
                digest = service.upload("counter", counter(step))
                service.ask("POST", "/api/plcs/counter/activate", {"digest": digest})
                acknowledged.append(digest)
        except httpx.TransportError:
            return

    service.start()
    try:
        for _ in range(2):
            client = threading.Thread(target=replace_until_killed)
            before = len(acknowledged)
            client.start()
            if chance.random() < 0.5:
                wait_for(lambda before=before: len(acknowledged) > before, "an activation", 60)
            threading.Event().wait(chance.uniform(0, 4))  # the instant itself; nothing is expected of it
            service.kill()
            client.join()
            service.start()
            listed = service.ask("GET", "/api/plcs")["plcs"]
            if not listed:
                assert not acknowledged
                continue
            detail = service.detail("counter")
            kept = [version["digest"] for version in detail["versions"]]
            for digest in kept:
                project = tmp_path / "state" / "counter" / "versions" / digest / "project"
                found = {path.name: path.read_text() for path in project.iterdir()}
                assert bundle(found).digest == digest, f"seed {seed}: a version is damaged"
            if acknowledged:
                last = known[acknowledged[-1]]
                # The one after it may have been written down, without the answer reaching the client.
                assert known[detail["active"]] in (last, last + 1), f"seed {seed}"
            if detail["active"] is not None:
                assert detail["active"] in kept
                assert detail["wanted"] == "run"
                service.await_state("counter", "run")
        hidden = [path for path in (tmp_path / "state").rglob(".*") if path.name.startswith((".upload", ".removed"))]
        assert hidden == [], f"seed {seed}: unfinished work is left"
        assert service.stop() == 0
    finally:
        service.close()


def busy(step: int) -> dict[str, str]:
    """Projects that the compiler works on for a while."""
    project = counter(step)
    return {**project, "main.st": project["main.st"].replace("Count :=", "Count := Count * 3 + 1;\nCount :=" * 50_000)}


def compilers(service: Service) -> list[int]:
    """Processes at work on uploads."""
    assert service.process is not None
    found: list[int] = []
    for pid in descendants(service.process.pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if b"runtime.service.building" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


@contextlib.contextmanager
def uploading(service: Service) -> Iterator[list[int]]:
    """Two uploads that take their time; yields the statuses of those that were answered, 0 for a lost connection."""
    answered: list[int] = []

    def upload(number: int) -> None:
        try:
            path = f"/api/plcs/busy_{number}/program"
            answered.append(service.client.put(path, json={"files": busy(number)}).status_code)
        except httpx.TransportError:
            answered.append(0)

    clients = [threading.Thread(target=upload, args=(number,)) for number in (1, 2)]
    for client in clients:
        client.start()
    wait_for(lambda: len(compilers(service)) == 2, "two compilers at work", 60)
    yield answered
    for client in clients:
        client.join()


def test_nobody_waits_for_a_compiler_that_works_for_others(service: Service) -> None:
    """Two uploads at a time were compiled, and a start had to wait behind up to eight of them, half a minute each. The
    end of the service waited ten seconds for them, then logged a traceback for each.
    """
    service.ask("POST", "/api/plcs/counter/activate", {"digest": service.upload("counter", counter(1))})
    assert service.stop() == 0
    service.start()
    service.await_state("counter", "run")
    service.ask("POST", "/api/plcs/counter/stop")
    assert service.stop() == 0
    service.start()
    with uploading(service) as answered:
        assert service.ask("POST", "/api/plcs/counter/start")["state"] == "run"
        assert answered == []
        complaints = service.complaints
        service.request_stop()
    assert answered == [503, 503]
    assert service.await_end() == 0
    assert not [line for line in complaints if "Traceback" in line]


def test_a_killed_service_takes_its_compilers_along(service: Service) -> None:
    """They worked on for up to half a minute, in folders that the next service was cleaning up."""
    with uploading(service):
        left = compilers(service)
        service.kill()
        assert left
    service.start()
    assert service.ask("GET", "/api/plcs") == {"plcs": []}


def test_a_killed_engine_is_back_and_a_stopped_plc_stays_stopped(service: Service) -> None:
    service.ask("POST", "/api/plcs/counter/activate", {"digest": service.upload("counter", counter(1))})

    def engine() -> dict[str, int]:
        return next(p for p in service.detail("counter")["running"]["processes"] if p["role"] == "engine")

    def kill_engine() -> None:
        before = engine()
        os.kill(before["pid"], signal.SIGKILL)
        wait_for(lambda: engine()["starts"] > before["starts"], "the return of the engine", 60)

    kill_engine()
    service.await_state("counter", "run")
    service.ask("POST", "/api/plcs/counter/stop")
    kill_engine()
    assert service.await_state("counter", "stop")["running"]["scan"]["scans"] == 0
