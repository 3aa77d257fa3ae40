"""The requests of the protocol, each a row of `_REQUESTS`, done by a session of the debugger."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct

from iec61131.diagnostics.diagnostic import CompileError
from iec61131.language_service.questions import BadQuestion
from iec61131.source import SourceFile, Span
from runtime.replay import opening, screen, shown
from runtime.replay.dap import requests
from runtime.replay.dap.breakpoints import Breakpoints
from runtime.replay.dap.files import Files
from runtime.replay.dap.scopes import Handles, Item
from runtime.replay.dap.wire import Misread, Request, Sender
from runtime.replay.debugger import Debugger, Refused
from runtime.replay.places import NoPlace
from runtime.replay.shown import MOST_PARTS
from runtime.replay.stops import Reason, Stop
from runtime.replay.tape import CannotReplay
from runtime.service import plant
from runtime.service.recording.frames import NotWhole
from runtime.testing.errors import MisusedInTest

if TYPE_CHECKING:
    from runtime.replay.dap.server import Inbox

_CAPABILITIES = {
    "supportsConfigurationDoneRequest": True,
    "supportsConditionalBreakpoints": True,
    "supportsHitConditionalBreakpoints": True,
    "supportsStepBack": True,
    "supportsDataBreakpoints": True,
    "supportsEvaluateForHovers": True,
    "supportsSetVariable": True,
    "supportsBreakpointLocationsRequest": True,
    "supportsTerminateRequest": True,
    "supportsSteppingGranularity": True,
    "exceptionBreakpointFilters": [{"filter": "fault", "label": "Faults of the program", "default": True}],
}
_REASONS = {
    Reason.FAULT: "exception",
    Reason.CONDITION: "goto",
    Reason.BEGINNING: "entry",
    Reason.END: "pause",
}
_MISTAKES = (Refused, BadQuestion, NoPlace, CannotReplay, NotWhole, MisusedInTest, msgspec.ValidationError)
_MOST_FRAMES = 1000

Body = dict[str, Any]


class _Opened(NamedTuple):
    """What is debugged, from `launch` on."""

    session: Debugger
    files: Files
    breakpoints: Breakpoints
    stops_on_entry: bool


class Adapter:
    """Serves one editor."""

    def __init__(self, sender: Sender, inbox: Inbox) -> None:
        self._sender, self._inbox = sender, inbox
        self._opened: _Opened | None = None
        self._handles: Handles | None = None
        self._base = self._column_base = 1
        self.by_line = False  # the step that was asked for last
        self._is_searching = self._is_paused = self._is_terminated = self._is_over = False

    def close(self) -> None:
        if self._opened is not None:
            self._opened.session.close()
            self._opened = None

    def do(self, request: Request) -> bool:
        """Answer a request; false when it was the last."""
        row = _REQUESTS.get(request.command)
        try:
            if row is None:
                raise Refused(f"there is no request '{request.command[:60]}'")
            if self._is_searching and not row.any_time:
                raise Refused("the program runs; pause it first")
            body = row.run(self, requests.read(request.arguments, row.arguments))
        except _MISTAKES as error:
            self._sender.refuse(request.seq, request.command, str(error))
        except CompileError as error:
            self._sender.refuse(request.seq, request.command, _found(error))
        except OSError as error:
            name = f"{error.filename}: " if error.filename else ""
            self._sender.refuse(request.seq, request.command, f"{name}{error.strerror or error}")
        except Exception as error:  # noqa: BLE001 - a defect of this program: said to the editor, and served on
            sys.stderr.write(f"rung: {request.command}: {type(error).__name__}: {error}\n")
            self._sender.refuse(request.seq, request.command, f"this could not be done ({type(error).__name__})")
        else:
            self._sender.respond(request, body)
            if row.behind is not None:
                row.behind(self)
        if self._is_terminated and not self._is_searching:
            self.close()
        return not self._is_over

    @property
    def _now(self) -> _Opened:
        if self._is_terminated:
            raise Refused("it is over; what follows is `disconnect`")
        if self._opened is None:
            raise Refused("nothing is debugged yet; `launch` comes first")
        return self._opened

    # ------------------------------------------------------------------------------------------------- beginning, end

    def initialize(self, asked: requests.Initialize) -> Body:
        self._base, self._column_base = int(asked.lines_start_at1), int(asked.columns_start_at1)
        return dict(_CAPABILITIES)

    def launch(self, asked: requests.Launch) -> Body:
        if self._opened is not None or self._is_terminated:
            raise Refused("something is debugged already")
        if (asked.recording is None) == (asked.project is None):
            raise Refused('`launch` needs either "recording" or "project"')
        start = Path(asked.cwd or "")
        if asked.project is not None:
            folder = opening.project_folder(start / asked.project)
            if folder is None:
                raise Refused(f"'{start / asked.project}' is no folder with a plc.toml")
            what = str(folder)
        else:
            named = start / (asked.recording or "")
            folder = start / asked.sources if asked.sources else start if asked.cwd else None
            what = str(named) if named.exists() else asked.recording or ""
        state = Path(asked.state) if asked.state else plant.state_folder()
        session = opening.open_session(what, state, asked.run, start / asked.plant if asked.plant else None)
        session.interrupted = self._look_in_between
        files = Files(session.sources, folder)
        self._opened = _Opened(session, files, Breakpoints(session, files, self._base), asked.stop_on_entry)
        return {}

    def tell_initialized(self) -> None:
        self._sender.tell("initialized")

    def configured(self, _asked: requests.Nothing) -> Body:
        _ = self._now
        return {}

    def begin(self) -> None:
        if self._now.stops_on_entry:
            self._tell_stopped(Stop(Reason.ENTRY, "the first tick"))
        else:
            self.move(Debugger.resume)

    def end(self, _asked: requests.Nothing) -> Body:
        self._is_over = True
        return {}

    def terminate(self, _asked: requests.Nothing) -> Body:
        """The editor ends its side with `disconnect` when it has heard of it."""
        self._is_terminated = True
        return {}

    def tell_terminated(self) -> None:
        self._sender.tell("terminated")

    # ------------------------------------------------------------------------------------------------------ breakpoints

    def set_breakpoints(self, asked: requests.SetBreakpoints) -> Body:
        return {"breakpoints": self._now.breakpoints.set_lines(asked)}

    def breakpoint_locations(self, asked: requests.BreakpointLocations) -> Body:
        return {"breakpoints": self._now.breakpoints.locations(asked)}

    def set_exception_breakpoints(self, asked: requests.SetExceptionBreakpoints) -> Body:
        self._now.session.stops_at_faults = "fault" in asked.filters
        return {}

    def data_breakpoint_info(self, asked: requests.DataBreakpointInfo) -> Body:
        session, paths = self._now.session, [asked.name]
        if asked.variables_reference:
            paths = [self._item(asked.variables_reference, asked.name).path]
            if not paths[0]:
                return {"dataId": None, "description": f"'{asked.name}' lives in one call only, or is an element"}
        elif (number := asked.frame_id or 0) < len(session.frames):
            paths += [f"{owner}.{asked.name}" for owner in session.path_of(session.frames[number])]
        why = ""
        for path in reversed(paths):
            try:
                session.watchable(path)
            except Refused as error:
                why = str(error)
            else:
                return {"dataId": path, "description": path, "accessTypes": ["write"]}
        return {"dataId": None, "description": why}

    def set_data_breakpoints(self, asked: requests.SetDataBreakpoints) -> Body:
        return {"breakpoints": self._now.breakpoints.set_data(asked)}

    # ----------------------------------------------------------------------------------------------------------- going

    def go(self, _asked: requests.Thread) -> Body:
        _ = self._now
        return {}

    def step(self, asked: requests.Step) -> Body:
        _ = self._now
        self.by_line = asked.granularity is requests.Granularity.LINE
        return {}

    def continue_(self, _asked: requests.Thread) -> Body:
        _ = self._now
        return {"allThreadsContinued": True}

    def pause(self, _asked: requests.Thread) -> Body:
        self._is_paused = self._is_searching
        return {}

    def move(self, move: Callable[[Debugger], Stop]) -> None:
        """Go somewhere, and say so; also when that failed on the way, as the model of a plant may."""
        self._is_searching, self._is_paused = True, False
        try:
            stop = move(self._now.session)
        except _MISTAKES as error:
            self._sender.tell("output", {"category": "stderr", "output": f"{error}\n"})
            stop = Stop(Reason.PAUSE, str(error))
        finally:
            self._is_searching = False
        self._tell_stopped(stop)

    def _look_in_between(self) -> bool:
        """While something is searched: do what the editor wants meanwhile; whether the search shall end."""
        while self._is_searching and not self._is_paused and not self._is_over and not self._is_terminated:
            found = self._inbox.next_if_any()
            if found is None:
                return self._inbox.is_over
            if isinstance(found, Misread):
                self._sender.refuse(found.seq, found.command, str(found))
            else:
                self.do(found)
        return self._is_paused or self._is_over or self._is_terminated

    def _tell_stopped(self, stop: Stop) -> None:
        self._handles = None
        if self._is_over or self._is_terminated:
            return
        session = self._now.session
        step = session.step_here
        body: Body = {
            "reason": _REASONS.get(stop.reason, stop.reason.value),
            "description": f"{stop.text}: {screen.moment(session)}",
            "threadId": step.task + 1 if step is not None else 1,
            "allThreadsStopped": True,
        }
        if stop.reason in (Reason.FAULT, Reason.END, Reason.BEGINNING):
            body["text"] = stop.text
        if stop.number:
            body["hitBreakpointIds"] = [stop.number]
        self._sender.tell("stopped", body)

    # --------------------------------------------------------------------------------------------------------- looking

    def threads(self, _asked: requests.Nothing) -> Body:
        names = [task.name for task in self._now.session.program.tasks] or ["no task"]
        return {"threads": [{"id": number, "name": name} for number, name in enumerate(names, 1)]}

    def stack_trace(self, asked: requests.StackTrace) -> Body:
        session = self._now.session
        step = session.step_here
        if asked.thread_id != (step.task + 1 if step is not None else 1):
            return {"stackFrames": [], "totalFrames": 0}
        if not session.frames:
            frame = {"id": 0, "name": screen.moment(session), "line": 0, "column": 0, "presentationHint": "label"}
            return {"stackFrames": [frame], "totalFrames": 1}
        levels = min(asked.levels or _MOST_FRAMES, _MOST_FRAMES)
        wanted = list(enumerate(session.frames))[asked.start_frame : asked.start_frame + levels]
        frames = [
            {"id": number, "name": screen.title(session, frame), **self._place(frame.span)} for number, frame in wanted
        ]
        return {"stackFrames": frames, "totalFrames": len(session.frames)}

    def _place(self, span: Span) -> Body:
        first = screen.first_line(span)
        line = first.line - 1 + self._base
        columns = [_units(span.file, offset) + self._column_base for offset in (first.start, first.end)]
        place = {"line": line, "column": columns[0], "endLine": line, "endColumn": columns[1]}
        if self._now.session.stage.is_own(span):
            return {**place, "source": self._now.files.source(span.file.name)}
        return {**place, "source": {"name": span.file.name, "presentationHint": "deemphasize"}}

    def scopes(self, asked: requests.Scopes) -> Body:
        if asked.frame_id >= max(1, len(self._now.session.frames)):
            raise Refused("there is no such call")
        return {"scopes": self._unfolding.scopes(asked.frame_id)}

    @property
    def _unfolding(self) -> Handles:
        if self._handles is None:
            self._handles = Handles(self._now.session)
        return self._handles

    def variables(self, asked: requests.Variables) -> Body:
        holder = self._unfolding.holder(asked.variables_reference)
        if asked.filter is not None and holder.is_indexed != (asked.filter is requests.Filter.INDEXED):
            return {"variables": []}
        items = holder.items(asked.start, min(asked.count or MOST_PARTS, MOST_PARTS))
        found = [self._unfolding.shown(item, holder.frame) for item in items]
        left = holder.count - asked.start - len(found)
        if not asked.count and left > 0:
            found.append({"name": "..", "value": f"{left:,} more", "variablesReference": 0})
        return {"variables": found}

    def evaluate(self, asked: requests.Evaluate) -> Body:
        session, frame, text = self._now.session, asked.frame_id or 0, asked.expression.strip()
        path, sign, value = text.partition(":=")
        if sign and asked.context == "repl":
            session.write(path.strip(), value.strip(), frame)
            return {"result": f"written with tick {session.run.last_tick + 1:,}", "variablesReference": 0}
        try:
            item = Item(text, session.ask(text, frame), text)
        except BadQuestion:
            line = next(iter(screen.value(session, text, frame)))
            return {"result": line.partition(" = ")[2], "variablesReference": 0}
        found = self._unfolding.shown(item, frame)
        known = {name: value for name, value in found.items() if name not in ("name", "value", "evaluateName")}
        return {"result": found["value"], **known}

    def set_variable(self, asked: requests.SetVariable) -> Body:
        frame = self._unfolding.holder(asked.variables_reference).frame
        item = self._item(asked.variables_reference, asked.name)
        if not item.asked:
            raise Refused(f"'{asked.name}' cannot be written")
        written = self._now.session.write(item.asked, asked.value, frame)
        return {"value": shown.text(written), "type": str(written.type)}

    def _item(self, reference: int, name: str) -> Item:
        """Raises Refused."""
        holder = self._unfolding.holder(reference)
        for start in range(0, holder.count, MOST_PARTS):
            for item in holder.items(start, MOST_PARTS):
                if item.name == name:
                    return item
        raise Refused(f"there is no '{name[:60]}' here")

    def source(self, asked: requests.SourceRequest) -> Body:
        inside = asked.source.source_reference if asked.source is not None else None
        return {"content": self._now.files.referred(asked.source_reference or inside or 0).shown}


def _units(file: SourceFile, offset: int) -> int:
    """What stands before it on its line, as the protocol counts: a character beyond the first 65,536 is two."""
    before = file.position(offset)[1] - 1
    return len(file.shown[offset - before : offset].encode("utf-16-le")) // 2


def _found(error: CompileError) -> str:
    first = next(finding for finding in error.diagnostics if finding.is_error)
    return f"{error}: {first.span}: {first.message}"


class _Row(NamedTuple):
    """`any_time`: also while something is searched; `behind`: what follows the answer."""

    arguments: type[Struct]
    run: Callable[[Adapter, Any], Body]
    behind: Callable[[Adapter], None] | None = None
    any_time: bool = False


def _steps(move: Callable[..., Stop]) -> _Row:
    def go(adapter: Adapter) -> None:
        adapter.move(partial(move, by_line=adapter.by_line))

    return _Row(requests.Step, Adapter.step, go)


def _then(move: Callable[[Debugger], Stop]) -> Callable[[Adapter], None]:
    def go(adapter: Adapter) -> None:
        adapter.move(move)

    return go


_REQUESTS: dict[str, _Row] = {
    "initialize": _Row(requests.Initialize, Adapter.initialize),
    "launch": _Row(requests.Launch, Adapter.launch, Adapter.tell_initialized),
    "configurationDone": _Row(requests.Nothing, Adapter.configured, Adapter.begin),
    "disconnect": _Row(requests.Nothing, Adapter.end, any_time=True),
    "terminate": _Row(requests.Nothing, Adapter.terminate, Adapter.tell_terminated, any_time=True),
    "setBreakpoints": _Row(requests.SetBreakpoints, Adapter.set_breakpoints, any_time=True),
    "breakpointLocations": _Row(requests.BreakpointLocations, Adapter.breakpoint_locations, any_time=True),
    "setExceptionBreakpoints": _Row(requests.SetExceptionBreakpoints, Adapter.set_exception_breakpoints, any_time=True),
    "dataBreakpointInfo": _Row(requests.DataBreakpointInfo, Adapter.data_breakpoint_info),
    "setDataBreakpoints": _Row(requests.SetDataBreakpoints, Adapter.set_data_breakpoints, any_time=True),
    "continue": _Row(requests.Thread, Adapter.continue_, _then(Debugger.resume)),
    "reverseContinue": _Row(requests.Thread, Adapter.go, _then(lambda session: session.resume(backwards=True))),
    "next": _steps(Debugger.step_over),
    "stepIn": _steps(Debugger.step_in),
    "stepOut": _Row(requests.Step, Adapter.step, _then(Debugger.step_out)),
    "stepBack": _steps(Debugger.back_over),
    "pause": _Row(requests.Thread, Adapter.pause, any_time=True),
    "threads": _Row(requests.Nothing, Adapter.threads, any_time=True),
    "stackTrace": _Row(requests.StackTrace, Adapter.stack_trace),
    "scopes": _Row(requests.Scopes, Adapter.scopes),
    "variables": _Row(requests.Variables, Adapter.variables),
    "evaluate": _Row(requests.Evaluate, Adapter.evaluate),
    "setVariable": _Row(requests.SetVariable, Adapter.set_variable),
    "source": _Row(requests.SourceRequest, Adapter.source, any_time=True),
}
