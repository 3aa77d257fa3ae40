"""`rung serve` and `rung deploy` for real: start, refusals, the way from a folder to a running PLC, end."""

from __future__ import annotations

import fcntl
import http.server
import json
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.service.deploy import deploy
from tests.faults.rig import ROOT, free_port, wait_for
from tests.faults.served import Service, descendants, environment

PROJECT = """\
[plc]
name = "counter"
sources = ["main.st"]

[task.main]
program = "Main"
interval = "10ms"
"""
EXPOSED = """
[opcua]
endpoint = "opc.tcp://127.0.0.1:{port}"
expose = ["Main.*"]
writable = ["Main.Step"]
"""
SOURCE = """\
PROGRAM Main
VAR Count : DINT; Step : INT := 1; END_VAR
Count := Count + Step;
END_PROGRAM
"""


def project(folder: Path, source: str = SOURCE, more: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plc.toml").write_text(PROJECT + more)
    (folder / "main.st").write_text(source)
    return folder


def serve(state: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """A service that is to end by itself."""
    command = [sys.executable, "-m", "runtime.cli", "serve", "--state", str(state), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env=environment())


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("service") / "state")
    running.start()
    yield running
    running.close()


# ---------------------------------------------------------------------------------------------------------------- start


def test_a_second_service_on_the_same_state_is_refused(service: Service) -> None:
    ended = serve(service.state, "--port", "0")
    assert ended.returncode == 3
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert service.process is not None
    assert f"another service uses {service.state} already (process {service.process.pid})" in ended.stderr
    assert service.client.get("/health").is_success


def test_a_port_in_use_is_refused_before_a_token_is_made(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ended = serve(tmp_path / "state", "--port", str(other.getsockname()[1]))
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (3, "", 1)
    assert "Address already in use" in ended.stderr
    assert not (tmp_path / "state" / "token.json").exists()


@pytest.mark.parametrize("spoil", ["token", "folder"])
def test_a_state_that_cannot_be_used_is_refused_in_one_line(tmp_path: Path, spoil: str) -> None:
    state = tmp_path / "state"
    if spoil == "token":
        state.mkdir()
        (state / "token.json").write_text("{")
    else:
        state.write_text("a file")
    ended = serve(state, "--port", "0")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (3, "", 1)
    assert ended.stderr.startswith("rung: ")
    assert str(state) in ended.stderr


def test_the_token_is_shown_at_the_first_start_and_when_asked_for_a_new_one(tmp_path: Path) -> None:
    service = Service(tmp_path / "state")
    try:
        service.start()
        first = service.token
        service.ask("GET", "/api/plcs")
        assert stat.S_IMODE(service.state.stat().st_mode) == 0o700
        assert service.stop(signal.SIGINT) == 0
        service.start()
        service.ask("GET", "/api/plcs")
        assert service.stop() == 0
        service.start("--new-token")
        assert service.token != first
        service.ask("GET", "/api/plcs")
        old = {"Authorization": f"Bearer {first}"}
        assert service.client.get("/api/plcs", headers=old).status_code == 401
        assert service.stop() == 0
        assert service.complaints == []
    finally:
        service.close()


def test_listening_to_other_machines_is_warned_of(tmp_path: Path) -> None:
    service = Service(tmp_path / "state")
    try:
        service.start("--host", "0.0.0.0")
        assert service.stop() == 0
        assert len(service.complaints) == 1
        assert "TLS" in service.complaints[0]
    finally:
        service.close()


# --------------------------------------------------------------------------------------- from a folder to a running PLC


def test_a_project_is_deployed_runs_and_answers(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(tmp_path / "p", more=EXPOSED.format(port=free_port()))
    assert deploy(folder, service.url, service.token, None, start=True) == 0
    said = capsys.readouterr()
    assert "counter: run" in said.out
    assert said.err == ""

    def value(path: str) -> int:
        return service.ask("GET", f"/api/plcs/counter/variables/{path}")["value"]

    wait_for(lambda: value("Main.Count") > 3, "the program counts")
    written = service.ask("PUT", "/api/plcs/counter/variables/main.step", {"value": -1000})
    assert (written["path"], written["value"], written["quality"]) == ("Main.Step", -1000, "good")
    wait_for(lambda: value("Main.Count") < 0, "the program takes the new step")
    listed = service.ask("GET", "/api/plcs/counter/variables")["variables"]
    assert [(v["path"], v["type"], v["writable"]) for v in listed] == [
        ("Main.Count", "DINT", False),
        ("Main.Step", "INT", True),
    ]
    refused = service.client.put("/api/plcs/counter/variables/Main.Step", json={"value": 40000})
    assert (refused.status_code, refused.json()["error"]["kind"]) == (422, "out_of_range")
    detail = service.detail("counter")
    assert {process["role"] for process in detail["running"]["processes"]} == {"engine", "gateway"}
    assert deploy(folder, service.url, service.token, None, start=True) == 0
    assert "was there already" in capsys.readouterr().out
    same = service.detail("counter")["running"]["processes"]
    assert same == detail["running"]["processes"], "what runs already was left alone"


def test_errors_are_shown_as_the_compiler_shows_them(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(tmp_path, SOURCE.replace("+ Step", "+ Stepp"))
    assert deploy(folder / "plc.toml", service.url, service.token, "broken", start=True) == 1
    said = capsys.readouterr()
    assert "main.st:3:18" in said.err
    assert "3 | Count := Count + Stepp;" in said.err
    assert "  |                  ^^^^^" in said.err
    assert "'Step'" in said.err
    assert "broken" not in [plc["name"] for plc in service.ask("GET", "/api/plcs")["plcs"]]


def test_an_object_of_twincat_is_deployed_as_it_is(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declaration, body = "PROGRAM Main\nVAR Count : DINT; END_VAR", "Count := Coun; // ä"
    text = (
        f"<TcPlcObject><POU Name='Main'><Declaration><![CDATA[{declaration}]]></Declaration>\n"
        f"<Implementation><ST><![CDATA[{body}]]></ST></Implementation></POU></TcPlcObject>"
    )
    folder = project(tmp_path)
    (folder / "main.st").unlink()
    (folder / "Main.TcPOU").write_bytes(text.encode("utf-16"))
    settings = (folder / "plc.toml").read_text(encoding="utf-8").replace("main.st", "Main.TcPOU")
    (folder / "plc.toml").write_text(settings, encoding="utf-8")
    assert deploy(folder, service.url, service.token, "object", start=False) == 1
    said = capsys.readouterr()
    assert "Main.TcPOU:3:39" in said.err
    assert "3 | <Implementation><ST><![CDATA[Count := Coun; // ä]]></ST>" in said.err
    (folder / "Main.TcPOU").write_bytes(text.replace("Coun;", "Count;").encode("utf-16"))
    assert deploy(folder, service.url, service.token, "object", start=False) == 0


def test_a_mistake_in_the_project_file_needs_no_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project(tmp_path, more="[nonsense]\n")
    assert deploy(folder, "http://127.0.0.1:1", "token", None, start=True) == 1
    assert "nonsense" in capsys.readouterr().err


def test_a_fault_in_the_first_scan_names_its_place(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(tmp_path, SOURCE.replace("+ Step", "/ (Step - 1)"))
    assert deploy(folder, service.url, service.token, "faulty", start=True) == 1
    assert "main.st:3" in capsys.readouterr().err
    assert service.detail("faulty")["state"] == "off"


def test_uploading_alone_starts_nothing(service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy(project(tmp_path), service.url, service.token, "waiting", start=False) == 0
    assert "was uploaded" in capsys.readouterr().out
    assert service.detail("waiting")["state"] == "off"


@pytest.mark.parametrize(
    ("url", "status", "says"),
    [
        ("http://127.0.0.1:1", 3, "cannot be reached"),
        ("ftp://127.0.0.1", 2, "no address of a service"),
        ("127.0.0.1:8880", 2, "no address of a service"),
        ("http://", 2, "no address of a service"),
        ("http://[::1", 2, "no address of a service"),
    ],
)
def test_a_service_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str, status: int, says: str
) -> None:
    assert deploy(project(tmp_path), url, "token", None, start=True) == status
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(("token", "status"), [("wrong", 3), ("wröng", 2)])
def test_a_wrong_token(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str], token: str, status: int
) -> None:
    assert deploy(project(tmp_path), service.url, token, None, start=True) == status
    assert "token" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a/b", "..", "../x", "tänk"])
def test_a_wrong_name(service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert deploy(project(tmp_path), service.url, service.token, name, start=True) == 2
    assert "cannot be called" in capsys.readouterr().err


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b'{"error": "no"}', b'{"hello": 1}'])
@pytest.mark.parametrize("status", [200, 404, 500])
def test_something_else_that_listens_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: bytes, status: int
) -> None:
    class Other(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as other:
        thread = threading.Thread(target=other.handle_request)
        thread.start()
        assert deploy(project(tmp_path), f"http://127.0.0.1:{other.server_port}", "token", None, start=True) == 3
        thread.join()
    assert "no rung service" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------------------------ end


def test_at_the_end_nothing_is_left_running(tmp_path: Path) -> None:
    service = Service(tmp_path / "state")
    try:
        service.start()
        assert deploy(project(tmp_path / "p"), service.url, service.token, None, start=True) == 0
        assert service.process is not None
        left = descendants(service.process.pid)
        assert left
        assert service.stop() == 0
        assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]
        record = json.loads((service.state / "counter" / "record.json").read_text())
        assert record["run"], "a service that is ended does not forget what is wanted"
        assert not any("Traceback" in line for line in service.complaints)
    finally:
        service.close()


def test_a_plc_that_somebody_runs_by_hand_is_not_started_a_second_time(service: Service) -> None:
    digest = service.upload("by_hand", {"plc.toml": PROJECT, "main.st": SOURCE})
    folder = service.state / "by_hand"
    holder = (folder / "lock").open("w")
    fcntl.flock(holder, fcntl.LOCK_EX)  # as the supervisor of `rung run` does
    with holder:
        refused = service.client.post("/api/plcs/by_hand/activate", json={"digest": digest})
        assert (refused.status_code, refused.json()["error"]["kind"]) == (409, "cannot_run")
        assert "outside of this service" in refused.json()["error"]["message"]
        refused = service.client.delete("/api/plcs/by_hand")
        assert (refused.status_code, refused.json()["error"]["kind"]) == (409, "wrong_state")
    service.ask("DELETE", "/api/plcs/by_hand")
    assert not folder.exists()
