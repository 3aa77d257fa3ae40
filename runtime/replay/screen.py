"""What a debugger shows of a place, as lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from iec61131.diagnostics.render import excerpt
from iec61131.input_forms.drawings import rung
from iec61131.interpreter.memory import Location
from iec61131.language_service.questions import BadQuestion
from iec61131.source import Span
from io_drivers.contract import Quality
from io_drivers.contract import Reason as NotGood
from runtime.replay import shown
from runtime.replay.debugger import Debugger
from runtime.replay.stage import Frame
from runtime.replay.stops import Reason, Stop
from runtime.service.config.durations import format_duration
from runtime.testing import variables
from runtime.testing.errors import MisusedInTest

_AROUND = 5
"""Lines before and behind the one that is listed."""
_MOST_LINES = 60
_MS_NS = 1_000_000


def moment(session: Debugger) -> str:
    """`tick 99, 0.990 s, task Fast`"""
    text = f"tick {session.tick:,}, {session.passed_ns / 1e9:.3f} s"
    step = session.step_here
    if step is None:
        return f"{text}, behind its last statement" if session.steps else f"{text}, in which nothing runs"
    return f"{text}, task {session.program.tasks[step.task].name}"


def stopped(session: Debugger, stop: Stop, *, colour: bool) -> Iterator[str]:
    """Why it has stopped, and where."""
    why = "" if stop.reason is Reason.STEP else f"{stop.text}; "
    yield f"{why}{moment(session)}"
    yield from place(session, colour=colour)


def place(session: Debugger, *, colour: bool) -> Iterator[str]:
    """The source text at this place, as diagnostics show it."""
    step = session.step_here
    if step is not None:
        yield from excerpt(first_line(step.statement.span), colour=colour, rung=rung)


def first_line(span: Span) -> Span:
    """The part of a statement that is on its first line."""
    file = span.file
    line = span.line
    end = file.line_starts[line] - 1 if line < len(file.line_starts) else len(file.shown)
    return Span(file, span.start, max(span.start + 1, min(span.end, end)))


def calls(session: Debugger) -> Iterator[str]:
    """The calls under way, innermost first."""
    for number, frame in enumerate(session.frames):
        yield f"{number}  {title(session, frame)} at {frame.span}"
    if not session.frames:
        yield "no call is under way between two ticks"


def title(session: Debugger, frame: Frame) -> str:
    """`PidController (Main.Controller)`"""
    path = next((path for path in session.path_of(frame) if path != frame.pou.name), None)
    return f"{frame.pou.name} ({path})" if path else frame.pou.name


def local_values(session: Debugger, number: int) -> Iterator[str]:
    """The variables of one of the calls."""
    if number >= len(session.frames):
        yield "no call is under way between two ticks"
        return
    frame = session.frames[number]
    for name, location in shown.locals_of(frame.pou, frame.activation, session.halt.moment.memory):
        yield f"{name} = {shown.text(location)}"


def value(session: Debugger, text: str, number: int) -> Iterator[str]:
    """What an expression is, with its parts, if it has some. Raises BadQuestion."""
    try:
        location = session.ask(text, number)
    except BadQuestion:
        if (outside := _outside(session, text)) is None:
            raise
        yield f"{text} = {outside}"
        return
    if shown.is_whole(location.type):
        yield f"{text} = {shown.text(location)}"
        return
    found = shown.parts(location, most=_MOST_LINES)
    yield from (f"{text}{_joined(name)} = {shown.text(part)}" for name, part in found)
    if shown.count(location.type) > len(found):
        yield f"{text} has {shown.count(location.type):,} parts; name one of the others"


def _joined(name: str) -> str:
    return name if name.startswith("[") else f".{name}"


def _outside(session: Debugger, text: str) -> str | None:
    """By its path from outside, an address for example."""
    try:
        target = variables.find(session.program, text)
    except MisusedInTest:
        return None
    return repr(variables.read(session.program, target, session.halt.memory))


def global_places(session: Debugger) -> list[tuple[str, Location]]:
    """All variables of the memory, by name."""
    memory = session.halt.moment.memory
    found = [v for v in session.stage.model.memory if v.offset >= 0 and "$" not in v.name]
    return [(v.name, Location(memory, v.offset, v.type, v.bit)) for v in found]


def points(session: Debugger) -> list[tuple[str, str, str, str]]:
    """Each input and output: its name, value, quality and age; outputs have no quality."""
    found = list[tuple[str, str, str, str]]()
    halt, names = session.halt, session.bound.input_names
    for row in session.bound.inputs:
        quality = Quality(int(halt.points.quality[row.channel])).name.lower()
        reason = NotGood(int(halt.points.reason[row.channel]))
        if reason is not NotGood.NONE:
            quality += f", {reason.name.lower().replace('_', ' ')}"
        found.append((names[row.channel], _of_path(session, row.path), quality, _age(session, row.channel)))
    for row in session.bound.outputs:
        found.append((session.bound.output_names[row.channel], _of_path(session, row.path), "", ""))
    return found


def _of_path(session: Debugger, path: str) -> str:
    try:
        target = variables.find(session.program, path)
        return repr(variables.read(session.program, target, session.halt.memory))
    except MisusedInTest as error:
        return str(error)


def _age(session: Debugger, channel: int) -> str:
    read_ns = int(session.halt.points.time_ns[channel])
    if read_ns == 0:
        return "never read"
    return format_duration(max(session.now_ns - read_ns, 0) // _MS_NS * _MS_NS)


def listing(session: Debugger, file: str, line: int) -> Iterator[str]:
    """Source text around a line; breakpoints have a `*`, the present place a `>`."""
    source = next(each for each in session.sources if each.name == file)
    step = session.step_here
    here = step.statement.span.line if step is not None and step.statement.span.file.name == file else 0
    marked = {each.spot.line for each in session.line_breaks() if each.spot.file == file}
    last = min(line + _AROUND, len(source.line_starts))
    for number in range(max(1, line - _AROUND), last + 1):
        mark = ("*" if number in marked else " ") + (">" if number == here else " ")
        yield f"{mark}{number:>5} | {source.line_text(number)}".rstrip()
