"""The command `rung`. Thin: it parses, calls, prints, and turns the outcome into an exit status.

| status | meaning |
|---|---|
| 0 | done, nothing to complain of |
| 1 | the thing asked about is wrong: errors in sources, a run that did not meet what was required |
| 2 | the command line is wrong |
| 3 | it could not be done: a port in use, a PLC that runs already, a service that does not answer |
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime.supervisor import Event, Supervisor

OK, WRONG, USAGE, CANNOT = 0, 1, 2, 3
_PLANT_READY_S = 20
_LINE_PERIOD_NS = 1_000_000_000


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; also read by the tests that check the documentation."""
    parser = argparse.ArgumentParser(
        prog="rung", description="A soft PLC: IEC 61131-3 programs, compiled, in a deterministic scan."
    )
    parser.add_argument("--version", action="version", version=f"rung {version('rung')}")
    parser.add_argument(
        "--no-colour", "--no-color", action="store_true", help="never use colours (also: NO_COLOR in the environment)"
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)

    check = _command(commands, "check", check_command, "find errors in a project or in source files")
    check.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a project folder with plc.toml, or .st files"
    )
    check.add_argument("--json", action="store_true", help="diagnostics as JSON on standard output")

    run = _command(commands, "run", run_command, "run a project until Ctrl-C")
    run.add_argument("folder", type=Path, metavar="DIR", help="the project folder, with plc.toml")
    run.add_argument("--seconds", type=_positive, metavar="N", help="end by itself after N seconds")
    run.add_argument(
        "--plant",
        type=Path,
        metavar="FILE.py",
        help="a Python program that simulates the plant; started and ended with the PLC",
    )
    run.add_argument(
        "--expect", metavar="VARIABLE", help="exit status 1 unless this BOOL is TRUE at the end and no scan was lost"
    )
    run.add_argument(
        "--plain", action="store_true", help="lines instead of the live view (the default when not on a terminal)"
    )

    watch = _command(commands, "watch", watch_command, "look at a PLC that runs on this machine")
    watch.add_argument("name", nargs="?", help="its name in plc.toml; may be left out when only one runs")
    watch.add_argument("--once", action="store_true", help="print the status once and end")

    serve = _command(commands, "serve", serve_command, "run PLCs as a service with an HTTP API")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=_port, default=8880, help="TCP port (default: %(default)s)")
    serve.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="where the service keeps its files (default: $RUNG_STATE or ~/.local/state/rung)",
    )
    serve.add_argument("--new-token", action="store_true", help="make a new access token; the old one is void")

    deploy = _command(commands, "deploy", deploy_command, "upload a project to a service and start it")
    deploy.add_argument("folder", type=Path, metavar="DIR", help="the project folder, with plc.toml")
    deploy.add_argument("--to", required=True, metavar="URL", help="the service, such as http://127.0.0.1:8880")
    deploy.add_argument("--name", help="name of the PLC there (default: the name in plc.toml)")
    deploy.add_argument("--no-start", action="store_true", help="upload only")
    deploy.add_argument(
        "--token-file", type=Path, metavar="FILE", help="file with the access token (default: $RUNG_TOKEN)"
    )

    bench = _command(commands, "bench", bench_command, "measure this machine's figures (needs a source checkout)")
    bench.add_argument("--only", metavar="NAME", help="one figure")

    explain = _command(commands, "explain", explain_command, "print the page of a diagnostic code")
    explain.add_argument("code", metavar="CODE", help="such as RUNG0201")

    password = _command(commands, "password", password_command, "make a password hash for plc.toml")
    password.set_defaults(action=password_command)
    return parser


def _command(
    commands: Any, name: str, action: Callable[[argparse.Namespace], int], summary: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + "."
    )
    parser.set_defaults(action=action)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the console script."""
    parsed = build_parser().parse_args(arguments)
    if parsed.no_colour:
        os.environ["NO_COLOR"] = "1"
    try:
        return int(parsed.action(parsed))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `rung ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


# ----------------------------------------------------------------------------------------------------------- check,
# explain


def check_command(arguments: argparse.Namespace) -> int:
    from iec61131.diagnostics.render import to_json

    diagnostics = [d for path in arguments.paths for d in _check(path)]
    if arguments.json:
        import json

        print(json.dumps(to_json(diagnostics), indent=2))
    else:
        _show(diagnostics)
        if not diagnostics:
            print("no errors")
    return WRONG if any(d.is_error for d in diagnostics) else OK


def _check(path: Path) -> list[Any]:
    from runtime.service import plant

    is_source = path.is_file() and path.suffix != ".toml"
    if is_source or (path.suffix == ".st" and not path.exists()):
        return plant.check_sources([path])
    return plant.check(_project_folder(path))


def _project_folder(path: Path) -> Path:
    return path.parent if path.name == "plc.toml" else path


def _show(diagnostics: Sequence[Any]) -> None:
    from iec61131.diagnostics.render import render

    if diagnostics:
        print(render(diagnostics, colour=_colour(sys.stderr)), file=sys.stderr)


def _colour(stream: Any) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ


def explain_command(arguments: argparse.Namespace) -> int:
    from iec61131.diagnostics.catalogue import CODES
    from iec61131.diagnostics.diagnostic import near_name
    from iec61131.diagnostics.explain import page

    code = CODES.get(arguments.code.upper())
    if code is None:
        near = near_name(arguments.code, CODES)
        return _fail(f"there is no code '{arguments.code}'" + (f"; did you mean {near}?" if near else ""), USAGE)
    print(page(code))
    return OK


# ------------------------------------------------------------------------------------------------------------- run,
# watch


def run_command(arguments: argparse.Namespace) -> int:
    from iec61131.diagnostics.diagnostic import CompileError
    from runtime.service import plant as plants
    from runtime.supervisor import CannotStart, Supervisor

    try:
        plant = plants.build(_project_folder(arguments.folder), cache=plants.cache_folder())
    except CompileError as error:
        _show(error.diagnostics)
        return WRONG
    except plants.CacheUnusable as error:
        return _fail(str(error), CANNOT)
    _show(plant.warnings)
    wrong = plants.why_no_bool(plant.program, arguments.expect) if arguments.expect else None
    if wrong is not None:
        return _fail(f"--expect {arguments.expect}: {wrong}", USAGE)
    simulation = None
    plain = arguments.plain or not sys.stdout.isatty()
    heard: SimpleQueue[Event | None] = SimpleQueue()
    try:
        simulation = _start_plant(arguments.plant)
        supervisor = Supervisor(plant, plants.state_folder() / plant.bound.name, heard.put if plain else None)
        _stop_on_signals(supervisor)
        supervisor.start()
        view = partial(_view, supervisor, heard, plain=plain)
        outcome = _run(supervisor, view, arguments, simulation)
    except CannotStart as error:
        return _fail(str(error), CANNOT)
    finally:
        status = _end_plant(simulation)
    if status not in (None, OK):
        return _fail(f"the simulated plant ended with status {status}", WRONG)
    return outcome


def _stop_on_signals(supervisor: Supervisor) -> None:
    def stop(_number: int, _frame: object) -> None:
        supervisor.request_stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _run(
    supervisor: Supervisor,
    view: Callable[[], _view],
    arguments: argparse.Namespace,
    simulation: subprocess.Popen[bytes] | None,
) -> int:
    """Watch over a started PLC with the view on the screen; afterwards say what was required and not met."""
    from runtime import clock
    from runtime.service.run_report import RunReport

    assert supervisor.block is not None
    end_ns = clock.monotonic_ns() + int(arguments.seconds * 1e9) if arguments.seconds else None
    report = RunReport(supervisor.block, supervisor.plant.program, arguments.expect)

    def ended() -> bool:
        report.look()
        if simulation is not None and simulation.poll() is not None:
            report.complain("the simulated plant ended before the PLC")
            return True
        return end_ns is not None and clock.monotonic_ns() >= end_ns

    with view():
        supervisor.run(until=ended)
    if not supervisor.ended_cleanly:
        report.complain("a process had to be killed at the end")
    for line in report.lines():
        print(line)
    required = arguments.seconds or arguments.expect
    for complaint in report.complaints:
        print(f"rung: {complaint}", file=sys.stderr)
    return WRONG if required and report.complaints else OK


class _view:  # noqa: N801 - used as a function
    """The live view, or plain lines, for as long as a PLC runs; in a thread of its own, hence with a mapping of its own
    of the shared memory, which the supervisor gives back before this ends.
    """

    def __init__(self, supervisor: Supervisor, heard: SimpleQueue[Event | None], *, plain: bool) -> None:
        from runtime.image.block import Block

        assert supervisor.block is not None
        self._supervisor, self._heard = supervisor, heard
        self._block = Block.attach(os.dup(supervisor.block.fd))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._lines if plain else self._live, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._heard.put(None)
        self._thread.join()
        self._block.close()

    def _live(self) -> None:
        from rich.live import Live

        from runtime.service.terminal import StatusView

        plant = self._supervisor.plant
        view = StatusView(self._block, plant.program, plant.bound)
        footer = (
            "Ctrl-C stops everything.  Any OPC UA client can look at it (anonymous, read only)."
            if plant.bound.opcua
            else "Ctrl-C stops everything."
        )
        with Live(view.render(footer=footer), refresh_per_second=4, transient=False) as live:
            while not self._ended.wait(0.25):
                events = [f"{e.source}: {e.text}" for e in list(self._supervisor.events)]
                live.update(view.render(events, footer))

    def _lines(self) -> None:
        """What happens, at once and to the last word; and once a second how things stand."""
        from runtime import clock
        from runtime.service.run_report import status_line

        plant = self._supervisor.plant
        print(
            f"{plant.bound.name} runs" + (f"; OPC UA at {plant.bound.opcua.endpoint}" if plant.bound.opcua else ""),
            flush=True,
        )
        due_ns = clock.monotonic_ns() + _LINE_PERIOD_NS
        while True:
            try:
                event = self._heard.get(timeout=max(0, due_ns - clock.monotonic_ns()) / 1e9)
            except Empty:
                due_ns += _LINE_PERIOD_NS
                print(status_line(self._block), flush=True)
                continue
            if event is None:
                return
            print(f"{event.source}: {event.text}", flush=True)


def _start_plant(path: Path | None) -> subprocess.Popen[bytes] | None:
    """Start the simulation that a person named on the command line and wait until it says that it is ready."""
    from runtime.supervisor import CannotStart

    if path is None:
        return None
    if not path.is_file():
        raise CannotStart(f"--plant {path}: there is no such file; name the Python program that simulates the plant")
    process = subprocess.Popen(
        [sys.executable, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    patience = threading.Timer(_PLANT_READY_S, process.kill)
    patience.start()
    try:
        line = process.stdout.readline().decode(errors="replace").strip()
    except BaseException:  # Ctrl-C; the plant is no member of the terminal's group
        process.kill()
        process.wait()
        raise
    finally:
        patience.cancel()
    if not line.startswith("ready"):
        process.kill()
        process.wait()
        said = f"it said '{line[:80]}'" if line else "it ended or was silent"
        remedy = "run it by itself to see why; its first line of output has to begin with the word ready"
        raise CannotStart(f"the simulated plant {path} did not get ready within {_PLANT_READY_S} s: {said}; {remedy}")
    return process


def _end_plant(process: subprocess.Popen[bytes] | None) -> int | None:
    if process is None:
        return None
    process.terminate()
    try:
        return process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return CANNOT


def watch_command(arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.live import Live

    from runtime.service import artifacts
    from runtime.service.plant import state_folder
    from runtime.service.terminal import StatusView
    from runtime.supervisor import attach, running

    names = running(state_folder())
    if not names:
        return _fail("no PLC runs here; start one with `rung run DIR`", CANNOT)
    if arguments.name is None and len(names) > 1:
        return _fail(f"several PLCs run here, say which: {', '.join(names)}", USAGE)
    name = arguments.name or names[0]
    if name not in names:
        return _fail(f"no PLC '{name}' runs here; these do: {', '.join(names)}", CANNOT)
    folder = state_folder() / name
    try:
        block, (program, bound) = attach(folder), artifacts.load(folder)
    except LookupError as error:
        return _fail(str(error), CANNOT)
    view, console = StatusView(block, program, bound), Console()
    if arguments.once or not sys.stdout.isatty():
        view.render()
        time.sleep(
            2 * block.get("tick_ns") / 1e9 + 0.05
        )  # the engine answers the view's question at the end of its next scan
        console.print(view.render())
        return OK
    with Live(view.render(), console=console, refresh_per_second=4) as live:
        while name in running(state_folder()):
            time.sleep(0.25)
            live.update(view.render(footer="Ctrl-C ends this view; the PLC goes on."))
    print("the PLC has ended")
    return OK


# ---------------------------------------------------------------------------------------------------------- serve,
# deploy


def serve_command(arguments: argparse.Namespace) -> int:
    from runtime import host
    from runtime.service.plant import state_folder

    state = arguments.state or state_folder()
    return host.serve(state, arguments.host, arguments.port, new_token=arguments.new_token)


def deploy_command(arguments: argparse.Namespace) -> int:
    from runtime.service.deploy import deploy

    token = os.environ.get("RUNG_TOKEN", "")
    if arguments.token_file is not None:
        try:
            token = arguments.token_file.read_text().strip()
        except OSError as error:
            return _fail(f"{arguments.token_file}: {error.strerror}", USAGE)
    if not token:
        return _fail("no access token; set RUNG_TOKEN or name a file with --token-file", USAGE)
    return deploy(arguments.folder, arguments.to, token, arguments.name, start=not arguments.no_start)


def bench_command(arguments: argparse.Namespace) -> int:
    if not (Path.cwd() / "bench" / "__main__.py").is_file():
        return _fail("run this in a source checkout of rung, where the folder bench/ is", CANNOT)
    command = [sys.executable, "-m", "bench", *(["--only", arguments.only] if arguments.only else [])]
    return subprocess.run(command, check=False).returncode


def password_command(_arguments: argparse.Namespace) -> int:
    from getpass import getpass

    from runtime.service import passwords

    password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if len(password) < 8:
        return _fail("a password has at least 8 characters", USAGE)
    print(passwords.make(password))
    return OK


# ------------------------------------------------------------------------------------------------------------------
# helpers


def _fail(message: str, status: int) -> int:
    print(f"rung: {message}", file=sys.stderr)
    return status


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError("a positive number of seconds is expected")
    return value


def _port(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < 65536:
        raise argparse.ArgumentTypeError("a port is 0 to 65535")
    return value


if __name__ == "__main__":
    sys.exit(main())
