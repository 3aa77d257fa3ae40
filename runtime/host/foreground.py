"""`rung run`: the PLCs of a project in the foreground, until Ctrl-C or a given time.

A project is one PLC, or one for each RESOURCE of its CONFIGURATION. Each has a supervisor in a thread of its own; they
start together and end together.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TextIO

from msgspec.structs import replace

from iec61131.program import UnknownPath
from runtime import clock
from runtime.image.block import Block
from runtime.image.shared_globals import CannotShare, SharedGlobals, shared_values
from runtime.service import plant as plants
from runtime.service.change.door import Door
from runtime.service.complaints import complain, show
from runtime.service.plant import Plant
from runtime.service.processes.spares import Spares
from runtime.service.run_report import RunReport, status_line
from runtime.service.simulation import NotReady, Simulation
from runtime.supervisor import CannotStart, Event, Supervisor, stop_on_signals

OK, WRONG, USAGE, CANNOT = 0, 1, 2, 3
_LINE_PERIOD_NS = 1_000_000_000
_LOOK_S = 0.1
_PATIENCE_S = 2.0
"""At the end, with a reader that does not read."""
_MOST_UNSAID = 1000
"""Lines of the simulated plant that wait to be printed; what it says beyond them is left out."""

Heard = SimpleQueue[Event | None]


def run(arguments: argparse.Namespace) -> int:
    """The exit status. Raises CompileError."""
    folder = arguments.folder.parent if arguments.folder.name == "plc.toml" else arguments.folder
    try:
        built = plants.build_all(folder, cache=plants.cache_folder())
    except plants.CacheUnusable as error:
        return complain(str(error), CANNOT)
    show([warning for each in built for warning in each.warnings])
    expected = _expected(built, arguments.expect) if arguments.expect else [None] * len(built)
    if isinstance(expected, str):
        return complain(f"--expect {arguments.expect}: {expected}", USAGE)
    simulation = None
    plain = arguments.plain or not sys.stdout.isatty()
    heard: Heard = SimpleQueue()
    try:
        together = _Together(built, arguments.state or plants.state_folder(), heard if plain else None, arguments.cold)
        with _starting(", ".join(each.bound.name for each in built), plain=plain):
            if arguments.plant is not None:
                simulation = Simulation(arguments.plant, together.hear_plant)
            stop_on_signals(together)
            together.start(expected)
        outcome = _watch_over(together, arguments, simulation, heard, plain=plain)
    except (CannotStart, CannotShare, NotReady) as error:
        return complain(str(error), CANNOT)
    finally:
        status = simulation.end() if simulation is not None else OK
    if status != OK:
        return complain(f"the simulated plant ended with status {status}", WRONG)
    return outcome


def _expected(built: Sequence[Plant], path: str) -> list[str | None] | str:
    """For each PLC the variable that is expected of it: of the first that has it. A text says why there is none."""
    reasons: list[str] = []
    for number, each in enumerate(built):
        wrong = plants.why_no_bool(each.program, path)
        if wrong is None:
            return [path if one == number else None for one in range(len(built))]
        reasons.append(wrong)
        if _has(each, path):
            return wrong
    return reasons[0]


def _has(built: Plant, path: str) -> bool:
    try:
        built.program.find(path)
    except UnknownPath:
        return False
    return True


def _starting(names: str, *, plain: bool) -> AbstractContextManager[object]:
    """Something to look at until there is a PLC to look at."""
    from rich.console import Console

    if plain:
        return nullcontext()
    return Console().status(f"{names} is starting (the first time on a machine takes longest)")


# ----------------------------------------------------------------------------------------------------- all of a project


class _Together:
    """The supervisors of a project. `request_stop` ends them all."""

    def __init__(self, built: Sequence[Plant], state: Path, heard: Heard | None, cold: bool) -> None:
        self._heard = heard
        self._spares = Spares()
        self._shared: SharedGlobals | None = None
        if len(built) > 1:
            values = shared_values(built[0].program)
            self._shared = SharedGlobals.create(len(built), values, built[0].bound.name)
        self.is_one = len(built) == 1
        self.supervisors = [self._supervisor(each, state / each.bound.name, cold=cold) for each in built]
        self.reports: list[RunReport] = []
        self.ended = threading.Event()
        self._problems: list[BaseException] = []

    def _supervisor(self, built: Plant, folder: Path, *, cold: bool) -> Supervisor:
        tell = None
        if self._heard is not None:
            tell = self._heard.put if self.is_one else partial(self._tell, built.bound.name)
        return Supervisor(built, folder, tell, self._spares, cold=cold, shared=self._shared)

    def _tell(self, name: str, event: Event) -> None:
        if self._heard is not None:
            self._heard.put(replace(event, source=f"{name} {event.source}"))

    def hear_plant(self, text: str) -> None:
        """A line of the simulated plant is an event as good as a process's."""
        event = Event(clock.monotonic_ns(), "plant", text)
        self.supervisors[0].events.append(event)
        if self._heard is not None and self._heard.qsize() < _MOST_UNSAID:
            self._heard.put(event)

    def request_stop(self) -> None:
        """From a signal handler as well."""
        for supervisor in self.supervisors:
            supervisor.request_stop()

    def start(self, expected: Sequence[str | None]) -> None:
        """Raises CannotStart; then nothing is left of any."""
        with ThreadPoolExecutor(len(self.supervisors)) as starting:
            begun = [starting.submit(supervisor.start) for supervisor in self.supervisors]
            wait(begun, return_when=FIRST_EXCEPTION)
            problems = [error for one in begun if one.done() and (error := one.exception()) is not None]
            if problems:
                self.request_stop()
        if problems:
            for supervisor, one in zip(self.supervisors, begun, strict=True):
                if one.exception() is None:
                    supervisor.close()
            self._give_back()
            raise problems[0]
        for supervisor, path in zip(self.supervisors, expected, strict=True):
            assert supervisor.block is not None
            self.reports.append(RunReport(supervisor.block, supervisor.plant.program, path, supervisor.folder))

    def run(self, until: Callable[[], bool]) -> None:
        """Watch over all of them until one ends, or `until` says so; then end every one. Raises what one of their
        threads has raised.
        """
        first, *others = self.supervisors
        threads = [threading.Thread(target=self._run, args=(each,), name="supervisor") for each in others]
        for thread in threads:
            thread.start()
        try:
            first.run(until=lambda: self._is_over(first, until))
        finally:
            self.ended.set()
            self.request_stop()
            for thread in threads:
                thread.join()
            self._give_back()
        if self._problems:
            raise self._problems[0]

    def _run(self, supervisor: Supervisor) -> None:
        try:
            supervisor.run(until=lambda: self._is_over(supervisor, self.ended.is_set))
        except BaseException as error:  # noqa: BLE001 - raised again by `run`
            self._problems.append(error)
        finally:
            self.ended.set()

    def _is_over(self, supervisor: Supervisor, until: Callable[[], bool]) -> bool:
        """Take note of how things stand; whether all are to end."""
        assert supervisor.block is not None
        self.reports[self.supervisors.index(supervisor)].look(supervisor.block, supervisor.plant.program)
        if until():
            self.ended.set()
        return self.ended.is_set()

    def _give_back(self) -> None:
        self._spares.close()
        if self._shared is not None:
            self._shared.close()
            self._shared = None

    @contextmanager
    def doors(self) -> Generator[None]:
        """By which another program may come."""
        with ExitStack() as stack:
            for supervisor in self.supervisors:
                assert supervisor.changing is not None
                stack.enter_context(Door(supervisor.folder, supervisor.changing, supervisor.wake))
            yield


def _watch_over(
    together: _Together,
    arguments: argparse.Namespace,
    simulation: Simulation | None,
    heard: Heard,
    *,
    plain: bool,
) -> int:
    """Watch over started PLCs with the view on the screen; afterwards say what was required and not met."""
    end_ns = clock.monotonic_ns() + int(arguments.seconds * 1e9) if arguments.seconds else None

    def ended() -> bool:
        if simulation is not None and simulation.has_ended:
            together.reports[0].complain("the simulated plant ended before the PLC")
            return True
        return end_ns is not None and clock.monotonic_ns() >= end_ns

    required = arguments.seconds or arguments.expect
    with _View(together, heard, plain=plain) as shown, together.doors():
        together.run(until=ended)
    if shown.cut_off:  # nobody listens, and what was required was not seen to its end
        return WRONG if required else OK
    lines, complaints = list[str](), list[str]()
    for supervisor, report in zip(together.supervisors, together.reports, strict=True):
        if not supervisor.ended_cleanly:
            report.complain("a process had to be killed at the end")
        name = "" if together.is_one else f"{supervisor.plant.bound.name}: "
        lines += [f"{name}{line}\n" if line else "\n" for line in report.lines()]
        complaints += [f"rung: {name}{complaint}\n" for complaint in report.complaints]
    _say(sys.stdout, lines)
    _say(sys.stderr, complaints)
    return WRONG if required and complaints else OK


# ---------------------------------------------------------------------------------------- a reader that does not read


def _say(stream: TextIO, lines: list[str]) -> None:
    """Write `lines`, unless nobody takes them. Raises OSError."""
    problems = list[OSError]()

    def write() -> None:
        try:
            stream.writelines(lines)
            stream.flush()
        except OSError as error:
            problems.append(error)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    if _end_within_patience(thread, stream) and problems:
        raise problems[0]


def _end_within_patience(thread: threading.Thread, stream: TextIO) -> bool:
    """Wait for a thread that writes to `stream`. False when nobody takes what it writes (a full pipe, a terminal that
    is held): then a signal interrupts it, and it goes on into nothing.
    """
    thread.join(_PATIENCE_S)
    if not thread.is_alive():
        return True
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
    signal.signal(signal.SIGUSR1, lambda _number, _frame: None)
    while thread.is_alive():
        assert thread.ident is not None
        signal.pthread_kill(thread.ident, signal.SIGUSR1)
        thread.join(_LOOK_S)
    return False


# -------------------------------------------------------------------------------------------------------- what is shown


class _View:
    """The live view, or plain lines, for as long as the PLCs run; in a thread of its own, hence with mappings of its
    own of the shared memory, which the supervisors give back before this ends.

    When whoever reads the output is gone, the PLCs are ended, and `cut_off` says so. One who is there and does not read
    (a full pipe, a terminal that is held) delays neither the PLCs nor, for long, their end.
    """

    def __init__(self, together: _Together, heard: Heard, *, plain: bool) -> None:
        self._together, self._heard = together, heard
        self.cut_off = False
        self._blocks: list[Block] = []
        for supervisor in together.supervisors:
            assert supervisor.block is not None
            self._blocks.append(Block.attach(os.dup(supervisor.block.fd)))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._show, args=(self._lines if plain else self._live,), daemon=True)

    def __enter__(self) -> _View:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._heard.put(None)
        if not _end_within_patience(self._thread, sys.stdout):
            self.cut_off = True
        for block in self._blocks:
            block.close()

    def _show(self, picture: Callable[[], None]) -> None:
        try:
            picture()
        except OSError:  # `| head`, or the terminal was closed
            self.cut_off = True
            self._together.request_stop()

    def _live(self) -> None:
        from rich.console import Group
        from rich.live import Live

        from runtime.service.terminal import StatusView

        supervisors = self._together.supervisors
        views = [
            StatusView(block, each.plant.program, each.plant.bound, each.files_of, each.folder)
            for block, each in zip(self._blocks, supervisors, strict=True)
        ]
        footer = "Ctrl-C stops everything."
        if any(each.plant.bound.opcua for each in supervisors):
            footer += "  Any OPC UA client can look at it (anonymous, read only)."

        def picture() -> Group:
            last, parts = supervisors[-1], list[object]()
            for view, each in zip(views, supervisors, strict=True):
                events = [f"{event.source}: {event.text}" for event in list(each.events)]
                parts.append(view.render(events, footer if each is last else ""))
            return Group(*parts)  # type: ignore[arg-type]

        with Live(picture(), refresh_per_second=4, transient=False) as live:
            while not self._ended.wait(0.25):
                live.update(picture())

    def _lines(self) -> None:
        """What happens, at once and to the last word; and once a second how things stand."""
        for supervisor in self._together.supervisors:
            bound = supervisor.plant.bound
            self._print(f"{bound.name} runs" + (f"; OPC UA at {bound.opcua.endpoint}" if bound.opcua else ""))
        due_ns = clock.monotonic_ns() + _LINE_PERIOD_NS
        while True:
            try:
                event = self._heard.get(timeout=max(0, due_ns - clock.monotonic_ns()) / 1e9)
            except Empty:
                due_ns += _LINE_PERIOD_NS
                for supervisor, block in zip(self._together.supervisors, self._blocks, strict=True):
                    name = "" if self._together.is_one else f"{supervisor.plant.bound.name}  "
                    self._print(name + status_line(block))
                continue
            if event is None:
                return
            self._print(f"{event.source}: {event.text}")

    def _print(self, line: str) -> None:
        print(line, flush=True)  # noqa: T201
