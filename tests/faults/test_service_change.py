"""Online change in a real service: what is answered, what is refused, and what a kill leaves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.rig import free_port, wait_for
from tests.faults.served import Service

PROJECT = f"""\
[plc]
name = "counter"
sources = ["main.st"]

[opcua]
endpoint = "opc.tcp://127.0.0.1:{free_port()}"
expose = ["Main.Count"]
writable = ["Main.Count"]

[task.main]
program = "Main"
interval = "10ms"
"""


def counter(step: int, more: str = "") -> dict[str, str]:
    text = f"PROGRAM Main\nVAR {more} Count : LINT; END_VAR\nCount := Count + {step};\nEND_PROGRAM\n"
    return {"plc.toml": PROJECT, "main.st": text}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    running = Service(tmp_path / "state")
    running.start()
    yield running
    running.close()


def change(service: Service, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = service.client.post("/api/plcs/counter/change", json=body)
    return answer.status_code, answer.json()


def count(service: Service) -> int:
    return int(service.ask("GET", "/api/plcs/counter/variables/Main.Count")["value"])


def engine(service: Service) -> int:
    rows = service.ask("GET", "/api/plcs/counter")["running"]["processes"]
    return int(next(row["starts"] for row in rows if row["role"] == "engine"))


def test_a_version_takes_over_with_its_values_and_the_one_before_comes_back(service: Service) -> None:
    first = service.upload("counter", counter(1, "gone : INT;"))
    service.ask("POST", "/api/plcs/counter/activate", {"digest": first})
    second = service.upload("counter", counter(1_000_000, "fresh : LREAL;"))
    wait_for(lambda: count(service) > 20, "it to count")

    status, looked = change(service, digest=second, dry_run=True)
    assert (status, looked["changed"], looked["needs_consent"]) == (200, False, True)
    assert [row["path"] for row in looked["losses"]] == ["Main.gone"]
    status, refused = change(service, digest=second)
    assert (status, refused["error"]["kind"]) == (409, "needs_consent")
    assert service.ask("GET", "/api/plcs/counter")["active"] == first

    status, made = change(service, digest=second, accept=True)
    assert (status, made["changed"], made["unfit"]) == (200, True, 0)
    assert made["handover_us"] < 5_000
    wait_for(lambda: count(service) > 1_000_000, "the new version to count on")
    assert count(service) % 1_000_000 > 20, "from where the old one was"
    detail = service.ask("GET", "/api/plcs/counter")
    assert (detail["active"], detail["state"], engine(service)) == (second, "run", 1)
    assert any("while it ran" in event["text"] for event in detail["events"])
    written = service.client.put("/api/plcs/counter/variables/Main.Count", json={"value": 5})
    assert written.is_success

    status, back = change(service, back=True, accept=True)
    assert (status, back["changed"]) == (200, True)
    assert service.ask("GET", "/api/plcs/counter")["active"] == first
    assert engine(service) == 1


def test_what_cannot_be_changed_to_is_refused_and_the_plc_goes_on(service: Service) -> None:
    first = service.upload("counter", counter(1))
    service.ask("POST", "/api/plcs/counter/activate", {"digest": first})
    assert change(service, back=True)[0] == 404
    assert change(service, digest="0" * 64)[0] == 404
    assert change(service, digest=first, back=True)[0] == 400
    other = counter(2)
    other["plc.toml"] = PROJECT.partition("[opcua]")[0] + "[task.main]" + PROJECT.partition("[task.main]")[2]
    status, refused = change(service, digest=service.upload("counter", other), accept=True)
    assert (status, refused["error"]["kind"]) == (409, "needs_restart")
    assert "[opcua]" in refused["error"]["message"]
    assert (service.ask("GET", "/api/plcs/counter")["active"], engine(service)) == (first, 1)


def test_whoever_reads_all_the_time_reads_one_version_or_the_other(service: Service) -> None:
    first = service.upload("counter", counter(1))
    service.ask("POST", "/api/plcs/counter/activate", {"digest": first})
    second = service.upload("counter", counter(1, "pad : ARRAY[1..50] OF LREAL;"))
    wait_for(lambda: count(service) > 5, "it to count")
    seen: list[tuple[int, str]] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            one = service.ask("GET", "/api/plcs/counter/variables/Main.Count")
            seen.append((int(one["value"]), one["quality"]))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for digest in (second, first, second):
            assert change(service, digest=digest, accept=True)[0] == 200
    finally:
        ended.set()
        reader.join(30)
    assert [value for value, _ in seen] == sorted(value for value, _ in seen)
    assert {quality for _, quality in seen} == {"good"}


def test_after_a_kill_the_version_runs_that_was_changed_to(service: Service) -> None:
    first, second = service.upload("counter", counter(1)), service.upload("counter", counter(2))
    service.ask("POST", "/api/plcs/counter/activate", {"digest": first})
    assert change(service, digest=second)[0] == 200
    service.kill()
    service.start()
    assert service.await_state("counter", "run")["active"] == second
