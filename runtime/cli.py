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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.service.arguments import port, positive

if TYPE_CHECKING:
    pass

OK, WRONG, USAGE, CANNOT, INTERRUPTED = 0, 1, 2, 3, 130


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; also read by the tests that check the documentation."""
    from runtime.service import deploy_options, show_options, source_options
    from runtime.service.change import options as change_options
    from runtime.service.operating import options as operating
    from runtime.service.processes import options as process_options
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

    run = _command(commands, "run", _run_of("runtime.host.foreground"), "run a project until Ctrl-C")
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
    process_options.add(serve)
    serve.add_argument("--new-token", action="store_true", help="make a new access token; the old one is void")

    deploy_options.add(_command(commands, "deploy", deploy_command, "upload a project to a service and start it"))

    bench = _command(commands, "bench", bench_command, "measure this machine's figures (needs a source checkout)")
    bench.add_argument("--only", metavar="NAME", action="append", help="one figure; may be given several times")
    bench.add_argument("--gate", metavar="FACTOR", help="status 1 if a ratio is more than so many times its target")

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


_GARBAGE = 20_000, 20, 20
"""What a command imports stays. With Python's own limits, the garbage collector goes through it again and again while
it grows, a tenth of the time until a PLC is started, and the interpreter once more at its exit.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the console script."""
    if arguments is None:  # a process of its own
        gc.set_threshold(*_GARBAGE)
        atexit.register(gc.freeze)
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


# ---------------------------------------------------------------------------------------------------------- serve,
# deploy


def serve_command(arguments: argparse.Namespace) -> int:
    from runtime.host import service
    from runtime.service.plant import state_folder

    state = arguments.state or state_folder()
    return service.serve(
        state,
        arguments.host,
        arguments.port,
        new_token=arguments.new_token,
        plcs_per_process=arguments.plcs_per_process,
    )


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
    command = [sys.executable, "-m", "bench", *(f"--only={name}" for name in arguments.only or ())]
    if arguments.gate is not None:
        command.append(f"--gate={arguments.gate}")
    return subprocess.run(command, check=False).returncode


# ------------------------------------------------------------------------------------------------------------------
# helpers


def _fail(message: str, status: int) -> int:
    print(f"rung: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
