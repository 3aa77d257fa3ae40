"""`rung show --from`: the values of a PLC that runs in a real service."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.cli import main
from runtime.service.deploy import deploy
from tests.faults.rig import ROOT, free_port, wait_for
from tests.faults.served import Service, environment

PROJECT = """\
[plc]
name = "lamps"
sources = ["main.ld"]

[task.main]
program = "Main"
interval = "10ms"

[opcua]
endpoint = "opc.tcp://127.0.0.1:{port}"
expose = ["Main.*"]
writable = ["Main.Switch"]
"""
SOURCE = """\
PROGRAM Main
VAR
    Switch, Lamp : BOOL;
END_VAR
NETWORK
|--[ Switch ]--( Lamp )--|
END_PROGRAM
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("service") / "state")
    running.start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def source(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lamps")
    (folder / "plc.toml").write_text(PROJECT.format(port=free_port()))
    (folder / "main.ld").write_text(SOURCE)
    assert deploy(folder, service.url, service.token, None, start=True) == 0
    return folder / "main.ld"


def switch(service: Service, value: bool) -> None:
    answer = service.client.put("/api/plcs/lamps/variables/Main.Switch", json={"value": value})
    assert answer.status_code == 200, answer.text


def test_the_values_are_those_of_the_plc(
    service: Service, source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNG_TOKEN", service.token)
    capsys.readouterr()
    pictures: list[str] = []
    for value in (False, True):
        switch(service, value)
        assert main(["show", str(source), "--ascii", "--from", f"{service.url}/lamps"]) == 0
        pictures.append(capsys.readouterr().out)
    assert "=( )=" not in pictures[0].replace("-", "")
    assert "=( )=" in pictures[1], pictures[1]
    assert "forced" not in pictures[1]


def test_what_is_forced_is_said_below_the_drawing(
    service: Service, source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNG_TOKEN", service.token)
    service.ask("PUT", "/api/plcs/lamps/forces", {"values": {"Main.Switch": True}})
    capsys.readouterr()
    assert main(["show", str(source), "--ascii", "--from", f"{service.url}/lamps"]) == 0
    service.ask("DELETE", "/api/plcs/lamps/forces")
    assert capsys.readouterr().out.splitlines()[-1] == "forced: Main.Switch = TRUE"


def test_a_picture_that_follows_the_plc_ends_when_interrupted(service: Service, source: Path) -> None:
    switch(service, False)
    command = [sys.executable, "-m", "runtime.cli", "show", str(source), "--ascii", "--watch"]
    watching = subprocess.Popen(
        [*command, "--from", f"{service.url}/lamps"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment() | {"RUNG_TOKEN": service.token},
    )
    assert watching.stdout is not None
    os.set_blocking(watching.stdout.fileno(), False)
    seen = bytearray()

    def has(text: bytes) -> bool:
        seen.extend(watching.stdout.read() or b"" if watching.stdout is not None else b"")
        return text in seen

    wait_for(lambda: has(b"( )"), "the first picture")
    switch(service, True)
    wait_for(lambda: has(b"=( )="), "the picture with power")
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=20)
    assert (watching.returncode, said) == (0, b"")


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("{url}/nobody", 3, "nobody"),
        ("{url}", 2, "is no address of a PLC"),
        ("127.0.0.1:8880/lamps", 2, "is no address of a PLC"),
        ("http://127.0.0.1:1/lamps", 3, "cannot be reached"),
    ],
)
def test_an_address_at_which_no_plc_is(
    address: str,
    status: int,
    says: str,
    service: Service,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RUNG_TOKEN", service.token)
    assert main(["show", str(source), "--from", address.format(url=service.url)]) == status
    assert says in capsys.readouterr().err


def test_without_a_token_or_a_plc_nothing_is_shown(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RUNG_TOKEN", raising=False)
    assert main(["show", str(source), "--from", "http://127.0.0.1:1/lamps"]) == 2
    assert "no access token" in capsys.readouterr().err
    assert main(["show", str(source), "--watch"]) == 1
    assert "--from" in capsys.readouterr().err
