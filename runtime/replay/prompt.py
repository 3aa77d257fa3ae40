"""`rung debug`: a debugger at a prompt. Lines come from a person, or from a pipe; a command is a row of `_COMMANDS`."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NamedTuple, TextIO

from iec61131.language_service.questions import BadQuestion
from runtime.replay import export, screen
from runtime.replay.debugger import Debugger, Refused
from runtime.replay.places import NoPlace
from runtime.replay.replay import Replay
from runtime.replay.stops import Reason, Stop
from runtime.replay.tape import CannotReplay
from runtime.service import plant
from runtime.service.config.durations import BadDuration, parse_duration
from runtime.service.errors import OutOfRange, WrongType
from runtime.testing.errors import MisusedInTest

_STEP = Reason.STEP
PROMPT = "(rung) "
_MOST_CHARACTERS = 2000
_MOST_WATCHED = 50
_HISTORY = 1000
_MISTAKES = (
    Refused, BadQuestion, NoPlace, BadDuration, MisusedInTest, CannotReplay, OutOfRange, WrongType, OSError
)  # fmt: skip
"""What somebody can get wrong; the text says what."""

Lines = Iterable[str]


class _Ended(Exception):
    """Somebody has had enough."""


class Prompt:
    """Reads commands until the end of the input, or until somebody quits. `colour`: for a terminal."""

    def __init__(self, session: Debugger, out: TextIO, *, colour: bool = False) -> None:
        self.session, self._out, self._colour = session, out, colour
        self._frame = 0
        self._watched: list[str] = []
        self._listed: tuple[str, int] | None = None
        self._interrupted = False
        session.interrupted = lambda: self._interrupted

    def run(self, lines: Iterator[str]) -> bool:
        """Whether every command could be done."""
        self._say(screen.stopped(self.session, Stop(_STEP, ""), colour=self._colour))
        is_well, last = True, ""
        with self._interruptible():
            for line in lines:
                words = line.strip() or last
                last = words if words.partition(" ")[0] in _REPEATED else ""
                if not words or words.startswith("#"):
                    continue
                self._interrupted = False
                try:
                    self._do(words)
                except _Ended:
                    break
                except _MISTAKES as error:
                    is_well = False
                    self._say([f"! {error}"])
        return is_well

    def _do(self, line: str) -> None:
        if len(line) > _MOST_CHARACTERS:
            raise Refused(f"a command has at most {_MOST_CHARACTERS} characters")
        name, _, rest = line.partition(" ")
        command = _BY_NAME.get(name.lower())
        if command is None:
            known = ", ".join(each.names[0] for each in _COMMANDS)
            raise Refused(f"there is no command '{name[:40]}'; there are: {known}")
        self._say(command.run(self, rest.strip()))
        self._out.flush()

    def _say(self, lines: Lines) -> None:
        self._out.writelines(f"{line}\n" for line in lines)

    @contextmanager
    def _interruptible(self) -> Generator[None]:
        """Ctrl-C ends a search, and nothing else."""

        def note(_number: int, _frame: FrameType | None) -> None:
            self._interrupted = True

        before = signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    # ----------------------------------------------------------------------------------------------------------- going

    def _arrived(self, stop: Stop) -> Lines:
        self._frame, self._listed = 0, None
        yield from screen.stopped(self.session, stop, colour=self._colour)
        for text in self._watched:
            yield from self._value_or_why(text)

    def go_on(self, rest: str) -> Lines:
        if rest:
            return self.add_and_go(rest)
        self._refuse_without_aim()
        return self._arrived(self.session.resume())

    def add_and_go(self, rest: str) -> Lines:
        words = rest.split(maxsplit=1)
        if words[0] != "until" or len(words) < 2:
            raise Refused("continue, or continue until CONDITION")
        return self._arrived(self.session.until(words[1]))

    def _refuse_without_aim(self) -> None:
        if self.session.live is not None and not self.session.breakpoints and not self._out.isatty():
            raise Refused("a simulation has no end: set a breakpoint, or say how far with `scan` or `at`")

    def go_back(self, _rest: str) -> Lines:
        return self._arrived(self.session.resume(backwards=True))

    def scan(self, rest: str) -> Lines:
        return self._arrived(self.session.scan(_number(rest, 1)))

    def tick(self, rest: str) -> Lines:
        return self._arrived(self.session.go(_number(rest)))

    def at(self, rest: str) -> Lines:
        return self._arrived(self.session.go_to_time(parse_duration(rest)))

    def moved(self, move: Callable[[Debugger], Stop], rest: str) -> Lines:
        stop: Stop | None = None
        for _ in range(max(1, _number(rest, 1))):
            stop = move(self.session)
            if stop.reason is not _STEP or self._interrupted:
                break
        assert stop is not None
        return self._arrived(stop)

    # ----------------------------------------------------------------------------------------------------- breakpoints

    def add_break(self, rest: str) -> Lines:
        if not rest:
            yield from self.show_breaks("")
            return
        where, _, condition = rest.partition(" when ")
        where, _, hits = where.partition(" time ")
        file, line = place_of(where.strip(), self._here())
        made = self.session.add_line(file, line, condition.strip(), max(1, _number(hits, 1)))
        yield f"breakpoint {made.number}: {made}"

    def _here(self) -> str | None:
        step = self.session.step_here
        return step.statement.span.file.name if step is not None else None

    def add_watchpoint(self, rest: str) -> Lines:
        made = self.session.add_change(rest)
        yield f"breakpoint {made.number}: {made}"

    def show_breaks(self, _rest: str) -> Lines:
        for each in self.session.breakpoints.values():
            yield f"breakpoint {each.number}: {each}"
        if not self.session.breakpoints:
            yield "there are no breakpoints"

    def delete(self, rest: str) -> Lines:
        if not rest:
            self.session.breakpoints.clear()
            return []
        if self.session.breakpoints.pop(_number(rest), None) is None:
            raise Refused(f"there is no breakpoint {rest}; `breakpoints` shows which there are")
        return []

    # ---------------------------------------------------------------------------------------------------------- looking

    def where(self, _rest: str) -> Lines:
        yield screen.moment(self.session)
        yield from screen.calls(self.session)
        yield from screen.place(self.session, colour=self._colour)
        if (fault := self.session.fault()) is not None:
            yield "at the end of this tick:"
            yield from fault.lines(self.session.sources)

    def frame(self, rest: str) -> Lines:
        number = _number(rest)
        if not 0 <= number < len(self.session.frames):
            raise Refused(f"there is no call {number}; `where` shows which there are")
        self._frame = number
        return screen.local_values(self.session, number)

    def locals(self, _rest: str) -> Lines:
        return screen.local_values(self.session, self._frame)

    def print(self, rest: str) -> Lines:
        return screen.value(self.session, rest, self._frame)

    def watch(self, rest: str) -> Lines:
        if rest:
            if len(self._watched) >= _MOST_WATCHED:
                raise Refused(f"{_MOST_WATCHED} are watched already; `unwatch` ends that")
            self._watched += [rest] if rest not in self._watched else []
            return self._value_or_why(rest)
        return [line for text in self._watched for line in self._value_or_why(text)]

    def unwatch(self, rest: str) -> Lines:
        self._watched = [text for text in self._watched if rest and text != rest]
        return []

    def _value_or_why(self, text: str) -> Lines:
        try:
            return list(screen.value(self.session, text, self._frame))
        except BadQuestion as error:
            return [f"{text}: {error}"]

    def globals(self, _rest: str) -> Lines:
        from runtime.replay import shown

        return (f"{name} = {shown.text(place)}" for name, place in screen.global_places(self.session))

    def inputs(self, _rest: str) -> Lines:
        for name, value, quality, age in screen.points(self.session):
            yield f"{name} = {value}" + (f" ({quality}, {age})" if quality else "")

    def list_source(self, rest: str) -> Lines:
        step = self.session.step_here
        if rest:
            file, line = place_of(rest, self._here())
        elif self._listed is not None:
            file, line = self._listed
        elif step is not None:
            file, line = step.statement.span.file.name, step.statement.span.line
        else:
            raise Refused("nothing runs here; say which lines, as in `list main.st:12`")
        name = self.session.places.file(file)
        self._listed = name, line + 11
        return screen.listing(self.session, name, line)

    def plot(self, rest: str) -> Lines:
        *paths, last = shlex.split(rest) or [""]
        picture = Path(last) if last.endswith(".svg") else Path("plot.svg")
        paths = paths if last.endswith(".svg") else [*paths, last]
        replay = Replay(self.session.run)
        try:
            trace = replay.record(*paths)
            replay.to(self.session.run.last_tick)
            trace.draw(picture)
        finally:
            replay.close()
        yield f"the whole run, {len(trace):,} samples, is in {picture}"

    # ----------------------------------------------------------------------------------------------------- simulations

    def set(self, rest: str) -> Lines:
        path, sign, text = rest.partition(":=")
        if not sign:
            raise Refused("set VARIABLE := VALUE")
        self.session.write(path.strip(), text.strip(), self._frame)
        yield f"{path.strip()} is written with tick {self.session.run.last_tick + 1:,}"

    def set_input(self, rest: str) -> Lines:
        if self.session.live is None:
            raise Refused("what has been recorded stays as it was; only a simulation has inputs that can be set")
        point, sign, text = rest.partition(":=")
        if not sign:
            raise Refused("input DEVICE.POINT := VALUE")
        self.session.live.plc.set_input(point.strip(), self.session.ask(text.strip(), self._frame).load())
        yield f"{point.strip()} answers so from tick {self.session.run.last_tick + 1:,} on"

    def save(self, rest: str) -> Lines:
        path = Path(rest or "simulation.rec")
        export.write(self.session.run, path)
        yield f"ticks {self.session.run.first_tick:,} to {self.session.run.last_tick:,} are in {path}"

    def help(self, _rest: str) -> Lines:
        width = max(len(each.usage) for each in _COMMANDS)
        for each in _COMMANDS:
            also = f" (also: {', '.join(each.names[1:])})" if each.names[1:] else ""
            yield f"{each.usage:<{width}}  {each.summary}{also}"

    def quit(self, _rest: str) -> Lines:
        raise _Ended


def place_of(text: str, file: str | None) -> tuple[str, int]:
    """`main.st:12`, or `12` in `file`. Raises Refused."""
    name, sign, line = text.rpartition(":")
    if not sign and file is not None:
        name = file
    if not name or not line.strip().isdecimal() or len(line) > 9:
        raise Refused(f"'{text[:60]}' is no place; write FILE:LINE, as in main.st:12")
    return name, int(line)


def _number(text: str, default: int | None = None) -> int:
    cleaned = text.replace(",", "").replace("_", "").strip()
    if not cleaned and default is not None:
        return default
    if not cleaned.lstrip("+-").isdecimal() or len(cleaned) > 18:
        raise Refused(f"'{text[:40]}' is no whole number")
    return int(cleaned)


class _Command(NamedTuple):
    names: tuple[str, ...]
    usage: str
    summary: str
    run: Callable[[Prompt, str], Lines]


def _move(move: Callable[[Debugger], Stop]) -> Callable[[Prompt, str], Lines]:
    return lambda prompt, rest: prompt.moved(move, rest)


_COMMANDS = (
    _Command(
        ("continue", "c", "run"), "continue [until CONDITION]", "to the next stop, or where it holds", Prompt.go_on
    ),
    _Command(("reverse", "rc"), "reverse", "back to the stop before", Prompt.go_back),
    _Command(("step", "s", "in"), "step [N]", "to the next statement", _move(Debugger.step_in)),
    _Command(("over", "n", "next"), "over [N]", "the same, past calls", _move(Debugger.step_over)),
    _Command(("out", "finish"), "out", "to behind the present call", _move(Debugger.step_out)),
    _Command(("back", "b"), "back [N]", "to the statement before", _move(Debugger.back_in)),
    _Command(("back-over", "bo"), "back-over [N]", "the same, past calls", _move(Debugger.back_over)),
    _Command(("back-out",), "back-out", "to where the present call was made", _move(Debugger.back_out)),
    _Command(("scan",), "scan [+N | -N]", "so many ticks on or back", Prompt.scan),
    _Command(("tick",), "tick N", "to the beginning of that tick", Prompt.tick),
    _Command(("at",), "at TIME", "to so long after the beginning, such as 90s", Prompt.at),
    _Command(("break", "br"), "break FILE:LINE [time N] [when EXPR]", "stop before what is there", Prompt.add_break),
    _Command(("change",), "change VARIABLE", "stop when its value changes", Prompt.add_watchpoint),
    _Command(("breakpoints",), "breakpoints", "show them", Prompt.show_breaks),
    _Command(("delete", "d"), "delete [N]", "a breakpoint, or all", Prompt.delete),
    _Command(("where", "bt"), "where", "the tick, the calls, the source text", Prompt.where),
    _Command(("frame", "f"), "frame N", "look at one of the calls", Prompt.frame),
    _Command(("locals",), "locals", "the variables of the call", Prompt.locals),
    _Command(("globals",), "globals", "the variables of everybody", Prompt.globals),
    _Command(("inputs", "io"), "inputs", "inputs with quality and age, and outputs", Prompt.inputs),
    _Command(("print", "p"), "print EXPR", "the value of an expression", Prompt.print),
    _Command(("watch", "w"), "watch [EXPR]", "show it at every stop", Prompt.watch),
    _Command(("unwatch",), "unwatch [EXPR]", "no longer", Prompt.unwatch),
    _Command(("list", "l"), "list [FILE:LINE]", "source text", Prompt.list_source),
    _Command(("plot",), "plot VARIABLE.. [FILE.svg]", "draw the whole run", Prompt.plot),
    _Command(("set",), "set VARIABLE := VALUE", "write it, in a simulation", Prompt.set),
    _Command(
        ("input",), "input POINT := VALUE", "let a device answer, in a simulation without a plant", Prompt.set_input
    ),
    _Command(("save",), "save [FILE.rec]", "put the run into a file", Prompt.save),
    _Command(("help", "h", "?"), "help", "this", Prompt.help),
    _Command(("quit", "q", "exit"), "quit", "end", Prompt.quit),
)
_BY_NAME = {name: each for each in _COMMANDS for name in each.names}
_REPEATED = frozenset(name for each in _COMMANDS[:9] for name in each.names)
"""Commands that an empty line repeats."""


def typed() -> Iterator[str]:
    """Lines of standard input: with a prompt, editing and a history when a person types them."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    history = plant.state_folder() / "debug_history"
    _begin_history(history)
    try:
        while True:
            try:
                yield input(PROMPT)
            except EOFError:
                return
    finally:
        _keep_history(history)


def _begin_history(path: Path) -> None:
    """Where Python was built without it, lines are read as they come."""
    with suppress(ImportError):
        import readline

        with suppress(OSError):
            readline.read_history_file(path)
        readline.set_history_length(_HISTORY)
        readline.set_completer(_completed)
        readline.parse_and_bind("tab: complete")


def _keep_history(path: Path) -> None:
    with suppress(OSError, ImportError):
        import readline

        path.parent.mkdir(parents=True, exist_ok=True)
        readline.write_history_file(path)
        path.chmod(0o600)


def _completed(text: str, state: int) -> str | None:
    found = [each.names[0] for each in _COMMANDS if each.names[0].startswith(text)]
    return found[state] if state < len(found) else None


def has_colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
