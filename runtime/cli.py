"""The command `rung`. Thin: it parses, calls, prints, and turns the outcome into an exit status.

| status | meaning |
|---|---|
| 0 | done, nothing to complain of |
| 1 | the thing asked about is wrong: errors in sources, a run that did not meet what was required |
| 2 | the command line is wrong |
| 3 | it could not be done: a port in use, a PLC that runs already, a service that does not answer |
| 130 | Ctrl-C came before there was anything to end |

Whoever reads the output may leave at any time (`rung ... | head`): what was begun then ends quietly.
"""

from __future__ import annotations

import argparse
import atexit
import errno
import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.service.arguments import port, positive

if TYPE_CHECKING:
    from queue import SimpleQueue

    from runtime.service.simulation import Simulation
    from runtime.supervisor import Event, Supervisor

OK, WRONG, USAGE, CANNOT, INTERRUPTED = 0, 1, 2, 3, 130
_LINE_PERIOD_NS = 1_000_000_000
_MOST_UNSAID = 1000
"""Lines of the simulated plant that wait to be printed; what it says beyond them is left out."""


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; also read by the tests that check the documentation."""
    from runtime.service import deploy_options, show_options, source_options
    from runtime.service.change import options as change_options
    from runtime.service.operating import options as operating
    from runtime.service.recording import options as replay_options
    from runtime.service.retain import options as retain_options
    from runtime.service.tracing import options as trace_options

    parser = argparse.ArgumentParser(
        prog="rung", description="A soft PLC: IEC 61131-3 programs, compiled, in a deterministic scan."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    parser.add_argument(
        "--no-colour", "--no-color", action="store_true", help="never use colours (also: NO_COLOR in the environment)"
    )
    # With the name that it would find out itself, at the price of a page of help.
    commands = parser.add_subparsers(prog=parser.prog, dest="command", metavar="command", required=True)

    check = _command(commands, "check", check_command, "find errors in a project or in source files")
    source_options.add_to_check(check)
    form = _command(commands, "format", format_command, "put structured text and ladders into their one form")
    source_options.add_to_format(form)
    source_options.add_to_test(_command(commands, "test", test_command, "run the tests of projects in virtual time"))
    show_options.add(_command(commands, "show", show_command, "draw ladder, function block diagrams and charts"))
    turn = _command(commands, "convert", convert_command, "turn PLCopen XML into ladder as text, or back")
    source_options.add_to_convert(turn)
    _command(commands, "lsp", lsp_command, "serve an editor: the language server, on standard input and output")

    run = _command(commands, "run", run_command, "run a project until Ctrl-C")
    run.add_argument("folder", type=Path, metavar="DIR", help="the project folder, with plc.toml")
    run.add_argument("--seconds", type=positive, metavar="N", help="end by itself after N seconds")
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
    retain_options.add_to_run(run)
    retain = _run_of("runtime.service.retain.command")
    kept = _command(commands, "retain", retain, "show what is stored of RETAIN and PERSISTENT variables")
    retain_options.add(kept)
    replay = _run_of("runtime.replay.command")
    replay_options.add(_command(commands, "replay", replay, "repeat what a PLC has done, from its flight recorder"))
    debug = _command(
        commands, "debug", _run_of("runtime.replay.debug_command"), "step through a recording or simulation"
    )
    replay_options.add_debug(debug)
    dap = _run_of("runtime.replay.dap.server")
    _command(commands, "dap", dap, "serve an editor: the debugger, on standard input and output")

    change = _run_of("runtime.service.change.command")
    change_options.add(_command(commands, "change", change, "change the program of a PLC while it runs"))

    watch = _command(commands, "watch", _run_of("runtime.service.watching"), "look at a PLC that runs on this machine")
    watch.add_argument("name", nargs="?", help="its name in plc.toml; may be left out when only one runs")
    watch.add_argument("--once", action="store_true", help="print the status once and end")
    retain_options.add_state(watch)
    trace = _run_of("runtime.service.tracing.command")
    trace_options.add(_command(commands, "trace", trace, "sample variables of a running PLC, and draw them"))
    operate = _run_of("runtime.service.operating.command")
    for name, (summary, _) in operating.COMMANDS.items():
        operating.add(name, _command(commands, name, operate, summary))

    serve = _command(commands, "serve", serve_command, "run PLCs as a service with an HTTP API")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=port, default=8880, help="TCP port (default: %(default)s)")
    retain_options.add_state(serve)
    serve.add_argument("--new-token", action="store_true", help="make a new access token; the old one is void")

    deploy_options.add(_command(commands, "deploy", deploy_command, "upload a project to a service and start it"))

    bench = _command(commands, "bench", bench_command, "measure this machine's figures (needs a source checkout)")
    bench.add_argument("--only", metavar="NAME", help="one figure")

    explain = _command(commands, "explain", explain_command, "print the page of a diagnostic code")
    explain.add_argument("code", metavar="CODE", help="such as RUNG0201")
    password = _run_of("runtime.service.password_command")
    _command(commands, "password", password, "make a password hash for plc.toml")
    return parser


class _Version(argparse.Action):
    """The installed version, looked up only when it is asked for: that takes as long as a small check."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        parser.exit(message=f"rung {version('rung')}\n")


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
    if sys.stdout is None:  # `rung ... >&-`
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - open for as long as the process lives
    parsed = build_parser().parse_args(arguments)
    if parsed.no_colour:
        os.environ["NO_COLOR"] = "1"
    status = OK
    try:
        status = int(parsed.action(parsed))
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        pass  # `| head` has read enough, which changes nothing about the outcome
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        status = _fail("the disk is full", CANNOT)
    _let_go_of_output()
    return status


def _let_go_of_output() -> None:
    """What cannot be written is dropped: the interpreter would try again at its exit, and complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


# ----------------------------------------------------------------------------------------------------------- check,
# format, explain


def check_command(arguments: argparse.Namespace) -> int:
    _keep_everything()
    diagnostics = [d for path in arguments.paths for d in _check(path)]
    if arguments.json:
        import json

        from iec61131.diagnostics.render import to_json

        print(json.dumps(to_json(diagnostics), indent=2))
    else:
        _show(diagnostics)
        if not diagnostics:
            print("no errors")
    return WRONG if any(d.is_error for d in diagnostics) else OK


def _keep_everything() -> None:
    """What such a command makes is in use until its end, which is near: nobody need look for what is not. Nor need the
    interpreter at its exit, where it takes as long as reading the sources.
    """
    gc.disable()
    atexit.register(gc.freeze)


def _check(path: Path) -> list[Any]:
    from iec61131.input_forms import is_source
    from runtime.service import plant

    is_file = path.is_file() and path.suffix != ".toml"
    if is_file or (is_source(path.name) and not path.exists()):
        return plant.check_sources([path])
    return plant.check(_project_folder(path))


def _project_folder(path: Path) -> Path:
    return path.parent if path.name == "plc.toml" else path


def _show(diagnostics: Sequence[Any]) -> None:
    if diagnostics:
        from iec61131.diagnostics.render import render
        from iec61131.input_forms.drawings import rung

        print(render(diagnostics, colour=_colour(sys.stderr), rung=rung), file=sys.stderr)


def _colour(stream: Any) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ


def show_command(arguments: argparse.Namespace) -> int:
    from runtime.service import show_options, showing

    choice = show_options.Choice.of(arguments)
    if not choice.watch:
        _keep_everything()
    return showing.run(choice)


def test_command(arguments: argparse.Namespace) -> int:
    from runtime.testing.suites import command

    return command.main(arguments)


def format_command(arguments: argparse.Namespace) -> int:
    from iec61131.diagnostics.diagnostic import CompileError
    from runtime.service import formatting

    _keep_everything()
    outcome = OK
    for path in arguments.paths:
        try:
            sources = [path] if str(path) == "-" else formatting.sources_at(path)
        except CompileError as error:
            _show(error.diagnostics)
            outcome = WRONG
            continue
        for source in sources:
            outcome = max(outcome, _format(source, arguments))
    return outcome


def _format(source: Path, arguments: argparse.Namespace) -> int:
    from iec61131.diagnostics.diagnostic import CompileError
    from runtime.service import formatting

    is_input = str(source) == "-"
    try:
        if is_input:
            formatted = formatting.formatted(sys.stdin.buffer.read(), "standard input")
        else:
            formatted = formatting.formatted_file(source)
    except CompileError as error:
        _show(error.diagnostics)
        return WRONG
    if arguments.diff:
        print(formatted.diff(), end="")
    elif is_input and not arguments.check:
        print(formatted.after, end="")
    elif formatted.is_changed:
        print(formatted.name)
    if formatted.is_changed and not (is_input or arguments.check or arguments.diff):
        try:
            formatted.write()
        except OSError as error:
            return _fail(f"{source} cannot be written: {error.strerror}", CANNOT)
    return WRONG if arguments.check and formatted.is_changed else OK


def convert_command(arguments: argparse.Namespace) -> int:
    from runtime.service.conversion import convert_file

    done = convert_file(arguments.source, arguments.target)
    _show(done.findings)
    for sentence in done.said:
        print(sentence, file=sys.stderr)
    return CANNOT if done.cannot else WRONG if done.findings or done.said else OK


def lsp_command(_arguments: argparse.Namespace) -> int:
    from runtime.service.language_server.server import serve

    serve()
    return OK


def _run_of(module: str) -> Callable[[argparse.Namespace], int]:
    """The `run` of a module, which is imported when the command is given."""

    def run(arguments: argparse.Namespace) -> int:
        from importlib import import_module

        from iec61131.diagnostics.diagnostic import CompileError

        try:
            return int(import_module(module).run(arguments))
        except CompileError as error:
            _show(error.diagnostics)
            return WRONG

    return run


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
    from queue import SimpleQueue

    from iec61131.diagnostics.diagnostic import CompileError
    from runtime.service import plant as plants
    from runtime.service.simulation import NotReady, Simulation
    from runtime.supervisor import CannotStart, Supervisor, stop_on_signals

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
        folder = (arguments.state or plants.state_folder()) / plant.bound.name
        supervisor = Supervisor(plant, folder, heard.put if plain else None, cold=arguments.cold)
        with _starting(plant.bound.name, plain=plain):
            if arguments.plant is not None:
                simulation = Simulation(arguments.plant, partial(_hear_plant, supervisor, heard if plain else None))
            stop_on_signals(supervisor)
            supervisor.start()
        view = partial(_view, supervisor, heard, plain=plain)
        outcome = _run(supervisor, view, arguments, simulation)
    except (CannotStart, NotReady) as error:
        return _fail(str(error), CANNOT)
    finally:
        status = simulation.end() if simulation is not None else OK
    if status != OK:
        return _fail(f"the simulated plant ended with status {status}", WRONG)
    return outcome


def _starting(name: str, *, plain: bool) -> AbstractContextManager[object]:
    """Something to look at until there is a PLC to look at."""
    from rich.console import Console

    if plain:
        return nullcontext()
    return Console().status(f"{name} is starting (the first time on a machine takes longest)")


def _hear_plant(supervisor: Supervisor, heard: SimpleQueue[Event | None] | None, text: str) -> None:
    """A line of the simulated plant is an event as good as a process's."""
    from runtime import clock
    from runtime.supervisor import Event

    event = Event(clock.monotonic_ns(), "plant", text)
    supervisor.events.append(event)
    if heard is not None and heard.qsize() < _MOST_UNSAID:
        heard.put(event)


def _run(
    supervisor: Supervisor,
    view: Callable[[], _view],
    arguments: argparse.Namespace,
    simulation: Simulation | None,
) -> int:
    """Watch over a started PLC with the view on the screen; afterwards say what was required and not met."""
    from runtime import clock
    from runtime.service.change.door import Door
    from runtime.service.run_report import RunReport

    assert supervisor.block is not None
    assert supervisor.changing is not None
    end_ns = clock.monotonic_ns() + int(arguments.seconds * 1e9) if arguments.seconds else None
    report = RunReport(supervisor.block, supervisor.plant.program, arguments.expect, supervisor.folder)

    def ended() -> bool:
        assert supervisor.block is not None
        report.look(supervisor.block, supervisor.plant.program)
        if simulation is not None and simulation.has_ended:
            report.complain("the simulated plant ended before the PLC")
            return True
        return end_ns is not None and clock.monotonic_ns() >= end_ns

    required = arguments.seconds or arguments.expect
    with view() as shown, Door(supervisor.folder, supervisor.changing, supervisor.wake):
        supervisor.run(until=ended)
    if shown.cut_off:  # nobody listens, and what was required was not seen to its end
        return WRONG if required else OK
    if not supervisor.ended_cleanly:
        report.complain("a process had to be killed at the end")
    for line in report.lines():
        print(line)
    for complaint in report.complaints:
        print(f"rung: {complaint}", file=sys.stderr)
    return WRONG if required and report.complaints else OK


class _view:  # noqa: N801 - used as a function
    """The live view, or plain lines, for as long as a PLC runs; in a thread of its own, hence with a mapping of its own
    of the shared memory, which the supervisor gives back before this ends.

    When whoever reads the output is gone, the PLC is ended, and `cut_off` says so.
    """

    def __init__(self, supervisor: Supervisor, heard: SimpleQueue[Event | None], *, plain: bool) -> None:
        import threading

        from runtime.image.block import Block

        assert supervisor.block is not None
        self._supervisor, self._heard = supervisor, heard
        self.cut_off = False
        self._block = Block.attach(os.dup(supervisor.block.fd))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._show, args=(self._lines if plain else self._live,), daemon=True)

    def __enter__(self) -> _view:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._heard.put(None)
        self._thread.join()
        self._block.close()

    def _show(self, picture: Callable[[], None]) -> None:
        try:
            picture()
        except OSError:  # `| head`, or the terminal was closed
            self.cut_off = True
            self._supervisor.request_stop()

    def _live(self) -> None:
        from rich.live import Live

        from runtime.service.terminal import StatusView

        plant = self._supervisor.plant
        view = StatusView(self._block, plant.program, plant.bound, self._supervisor.files_of, self._supervisor.folder)
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
        from queue import Empty

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


# ---------------------------------------------------------------------------------------------------------- serve,
# deploy


def serve_command(arguments: argparse.Namespace) -> int:
    from runtime import host
    from runtime.service.plant import state_folder

    state = arguments.state or state_folder()
    return host.serve(state, arguments.host, arguments.port, new_token=arguments.new_token)


def deploy_command(arguments: argparse.Namespace) -> int:
    from runtime.service.client import access_token
    from runtime.service.deploy import deploy
    from runtime.service.refused import Refused

    try:
        token = access_token(arguments.token_file)
    except Refused as refused:
        return _fail(str(refused), refused.status)
    return deploy(arguments.folder, arguments.to, token, arguments.name, start=not arguments.no_start)


def bench_command(arguments: argparse.Namespace) -> int:
    import subprocess

    if not (Path.cwd() / "bench" / "__main__.py").is_file():
        return _fail("run this in a source checkout of rung, where the folder bench/ is", CANNOT)
    command = [sys.executable, "-m", "bench", *(["--only", arguments.only] if arguments.only else [])]
    return subprocess.run(command, check=False).returncode


# ------------------------------------------------------------------------------------------------------------------
# helpers


def _fail(message: str, status: int) -> int:
    print(f"rung: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
