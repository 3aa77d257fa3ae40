"""`rung trace`: samples of a running PLC, live in the terminal, into files and pictures; and what files have."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from math import inf
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from runtime.service.config.durations import BadDuration, parse_duration
from runtime.service.errors import RequestError, Unavailable, WrongState
from runtime.service.local import traced
from runtime.service.refused import Refused
from runtime.service.tracing import files, screen
from runtime.service.tracing.columns import Table
from runtime.service.tracing.following import Capturing, Followed, Streaming
from runtime.service.tracing.options import LIVE
from runtime.service.tracing.plcs import LocalPlc, Seen, TracedPlc
from runtime.service.tracing.plot import Plot, svg
from runtime.service.tracing.request import TraceRequest
from runtime.service.tracing.signals import Signals

OK, WRONG, USAGE, CANNOT = 0, 1, 2, 3
LEASE_NS = 30_000_000_000
"""A trace of this command ends so long after the command was killed."""
_LIVE_S = 10.0
_PICTURE_HEIGHT = 24
"""Of a picture that is printed once."""


Find = Callable[[str | None, Path | None], LocalPlc]


class Wish(Struct, frozen=True):
    """What is to be done with the samples."""

    output: Path | None
    picture: Path | None
    is_live: bool
    to_standard_output: bool

    @property
    def writes(self) -> bool:
        return self.output is not None or self.to_standard_output


def run(arguments: argparse.Namespace, find: Find = traced) -> int:
    """Gives the exit status. `find` knows the PLCs of this machine."""
    try:
        source = _file(arguments)
        if source is not None:
            return _show_file(source, arguments)
        plc = _plc(arguments, find)
        try:
            return _trace(plc, arguments)
        finally:
            plc.close()
    except Refused as refused:
        return _fail(str(refused), refused.status)
    except (Unavailable, WrongState) as error:
        return _fail(str(error), CANNOT)
    except RequestError as error:
        return _fail(str(error), USAGE)


def _fail(message: str, status: int) -> int:
    sys.stderr.write(f"rung: {message}\n")
    return status


def _plc(arguments: argparse.Namespace, find: Find) -> TracedPlc:
    if arguments.what is not None and "://" in arguments.what:
        from runtime.service.tracing.remote import RemotePlc  # with pydantic, for which a local PLC need not wait

        return RemotePlc(arguments.what, arguments.token_file)
    return find(arguments.what, arguments.state)


# ---------------------------------------------------------------------------------------------------------------- files


def _file(arguments: argparse.Namespace) -> Path | None:
    """The file that is to be shown; also `--plot FILE.csv`, where the name is taken for that of a picture."""
    for text in (arguments.what, arguments.plot if arguments.what is None else None):
        if text is not None and Path(text).suffix.lower() in files.SUFFIXES:
            return Path(text)
    return None


def _show_file(source: Path, arguments: argparse.Namespace) -> int:
    if arguments.variables or arguments.trigger or arguments.name:
        raise Refused(f"{source} is a file: all of it is shown", USAGE)
    table = files.read(source)
    if not len(table):
        raise Refused(f"{source} has no samples", WRONG)
    picture = Path(arguments.plot) if arguments.plot not in (None, LIVE, str(source)) else None
    _check_picture(picture)
    followed = Followed(table, 0, _holes(table), 0.0 if table.time_s[0] < 0 else None)
    if arguments.output is not None:
        files.check_suffix(arguments.output)
        _written(table, arguments.output)
    if picture is not None:
        _draw(followed, picture, source.stem)
    if arguments.output is None and picture is None:
        _print_picture(followed)
    return OK


def _holes(table: Table) -> tuple[tuple[float, float], ...]:
    """Where scans are missing in a file: between two samples that are further apart than all others are."""
    steps = table.scan[1:] - table.scan[:-1]
    if not len(steps):
        return ()
    usual = sorted(steps.tolist())[len(steps) // 2]
    return tuple(
        (float(table.time_s[n]), float(table.time_s[n + 1])) for n, step in enumerate(steps.tolist()) if step > usual
    )


# ----------------------------------------------------------------------------------------------------------------- plcs


def _trace(plc: TracedPlc, arguments: argparse.Namespace) -> int:
    if arguments.remove is not None:
        plc.remove(arguments.remove)
        return OK
    wish = _wish(arguments)
    if arguments.name is not None:
        if arguments.variables:
            raise Refused("--name is for a trace that is there: it has its variables already", USAGE)
        return _follow(plc, plc.see(arguments.name), wish, arguments)
    if not arguments.variables:
        sys.stdout.writelines(f"{line}\n" for line in _list(plc.listed()))
        return OK
    name = f"rung-trace-{os.getpid()}"
    request = TraceRequest(
        name,
        tuple(arguments.variables),
        arguments.every,
        arguments.trigger,
        arguments.pre,
        arguments.samples if arguments.trigger else None,
        lease_ns=LEASE_NS,
    )
    if arguments.trigger and arguments.time:
        request = _long_enough(plc, request, _time_ns(arguments))
    plc.set_up(request)
    try:
        return _follow(plc, plc.see(name), wish, arguments)
    finally:
        with suppress(RequestError, Refused):
            plc.remove(name)


def _long_enough(plc: TracedPlc, request: TraceRequest, time_ns: int) -> TraceRequest:
    """With as many samples as are taken in that time."""
    samples = max(1, time_ns // (plc.tick_ns * request.every))
    return replace(request, samples=min(samples, request.samples or samples))


def _time_ns(arguments: argparse.Namespace) -> int:
    try:
        return parse_duration(arguments.time)
    except BadDuration as error:
        raise Refused(f"--for {arguments.time[:40]}: {error}; write it as 10s or 1m30s", USAGE) from None


def _wish(arguments: argparse.Namespace) -> Wish:
    picture = Path(arguments.plot) if arguments.plot not in (None, LIVE) else None
    _check_picture(picture)
    if arguments.output is not None:
        files.check_suffix(arguments.output)
    if arguments.time is not None:
        _time_ns(arguments)
    is_terminal = sys.stdout.isatty()
    wants_plot = arguments.plot == LIVE or arguments.output is None
    no_other = arguments.output is None and picture is None
    return Wish(
        arguments.output,
        picture,
        is_live=is_terminal and wants_plot,
        to_standard_output=not is_terminal and no_other and arguments.plot is None,
    )


def _check_picture(picture: Path | None) -> None:
    if picture is not None and picture.suffix.lower() != ".svg":
        raise Refused(f"'{picture}' does not end in .svg; put --plot behind the variables if it is none", USAGE)


def _list(seen: list[Seen]) -> Iterator[str]:
    if not seen:
        yield "no traces; name variables to sample them"
    for each in seen:
        request = each.request
        what = f"{len(request.variables)} variables, every {request.every}"
        trigger = f", trigger {request.trigger}" if request.trigger else ""
        caught = f", {len(each.captures)} caught" if request.trigger else ""
        yield f"{request.name}: {each.state}, {what}{trigger}{caught}"


# --------------------------------------------------------------------------------------------------------------- follow


def _follow(plc: TracedPlc, seen: Seen, wish: Wish, arguments: argparse.Namespace) -> int:
    is_capture = seen.request.trigger is not None
    time_ns = _time_ns(arguments) if arguments.time and not is_capture else None
    window_s = min(_LIVE_S, time_ns / 1e9) if time_ns else _LIVE_S
    keep_s = window_s if wish.picture is None and (wish.is_live or wish.writes) else inf
    follower = (
        Capturing(plc, seen)
        if is_capture
        else Streaming(plc, seen, arguments.samples, time_ns, keep_s=keep_s, recent_s=window_s)
    )
    with ExitStack() as open_things:
        out = None
        if wish.writes:
            out = _writer(wish, seen)
            open_things.callback(out.close)
        show = open_things.enter_context(_live(wish, window_s))
        with suppress(KeyboardInterrupt):
            for part in follower.parts():
                if out is not None and part is not None:
                    out.write(part)
                if wish.is_live:
                    show(follower.shown(), follower.headline)
        followed = follower.result()
        if followed is not None:
            show(followed, follower.headline)
    if follower.ended and followed is None:
        return _fail(follower.ended, CANNOT)
    status = _finish(followed, wish, seen, plc.name, follower.headline)
    return _fail(follower.ended, CANNOT) if follower.ended else status


def _finish(followed: Followed | None, wish: Wish, seen: Seen, name: str, headline: str) -> int:
    if followed is None or not len(followed.table):
        reason = "the trigger has not fired" if seen.request.trigger else "there was no sample"
        return _fail(f"{reason}; nothing to show", WRONG)
    if wish.picture is not None:
        _draw(followed, wish.picture, f"{name}: {seen.request.trigger}" if seen.request.trigger else name)
    elif not wish.is_live and not wish.to_standard_output and wish.output is None:
        _print_picture(followed)
    if not wish.is_live:
        sys.stderr.write(f"{headline}\n")
    return OK


def _writer(wish: Wish, seen: Seen) -> files.Writer:
    if wish.output is not None:
        return files.writer(wish.output, seen.kinds)
    return files.CsvWriter(sys.stdout, seen.kinds)


def _written(table: Table, path: Path) -> None:
    out = files.writer(path, [column.kind for column in table.columns])
    try:
        out.write(table)
    finally:
        out.close()


# ------------------------------------------------------------------------------------------------------------- pictures

Show = Callable[[Followed | None, str], None]


class _live(AbstractContextManager[Show]):  # noqa: N801 - used as a function
    """Draws in the terminal, anew at each call; or does nothing."""

    def __init__(self, wish: Wish, window_s: float) -> None:
        self._window_s = window_s
        self._live = Live(console=Console(), auto_refresh=False) if wish.is_live else None

    def __enter__(self) -> Show:
        if self._live is not None:
            self._live.start()
        return self._show

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def _show(self, followed: Followed | None, headline: str) -> None:
        if self._live is None:
            return
        lines = [Text(headline, style="bold")]
        if followed is not None and len(followed.table):
            size = self._live.console.size
            lines += screen.picture(followed.table, _frame(followed, size.width, size.height - 2, self._window_s))
        self._live.update(Group(*lines), refresh=True)


def _frame(followed: Followed, width: int, height: int, window_s: float | None) -> screen.Frame:
    times = followed.table.time_s
    high = float(times[-1])
    low = (
        float(times[0]) if followed.trigger_s is not None or window_s is None else max(float(times[0]), high - window_s)
    )
    return screen.Frame(low, high, width, height, followed.trigger_s, followed.gaps)


def _print_picture(followed: Followed) -> None:
    size = shutil.get_terminal_size((100, _PICTURE_HEIGHT))
    console = Console(width=max(size.columns, 60), no_color="NO_COLOR" in os.environ or not sys.stdout.isatty())
    height = size.lines - 1 if sys.stdout.isatty() else max(_PICTURE_HEIGHT, 6 * len(followed.table.columns) + 2)
    for line in screen.picture(followed.table, _frame(followed, console.width, height, None)):
        console.print(line, no_wrap=True, overflow="crop", crop=True)


def _draw(followed: Followed, path: Path, title: str) -> None:
    table = followed.table
    picture = Plot(
        title,
        Signals(table.time_s, {column.kind.title: column.shown for column in table.columns}),
        labels={column.kind.title: column.kind.labels for column in table.columns if column.kind.labels},
        trigger_s=followed.trigger_s,
        gaps=followed.gaps,
    )
    try:
        path.write_text(svg(picture), encoding="utf-8")
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror or error}", CANNOT) from error
