"""`rung debug`, and the places of `rung replay --break`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from iec61131.language_service.questions import BadQuestion
from runtime.replay import opening, prompt, screen
from runtime.replay.debugger import Debugger, Refused
from runtime.replay.places import NoPlace
from runtime.replay.stops import Reason
from runtime.replay.tape import CannotReplay, Run
from runtime.service import plant
from runtime.service.recording.frames import NotWhole

OK, WRONG, USAGE, CANNOT = 0, 1, 2, 3


def run(arguments: argparse.Namespace) -> int:
    """Give the exit status: 1 when a command from a pipe could not be done. Raises CompileError."""
    try:
        session = opening.open_session(
            arguments.what, arguments.state or plant.state_folder(), arguments.run, arguments.plant, arguments.resource
        )
    except (CannotReplay, NotWhole) as error:
        return _fail(str(error), CANNOT)
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error), CANNOT)
    try:
        is_well = prompt.Prompt(session, sys.stdout, colour=prompt.has_colour()).run(prompt.typed())
    finally:
        session.close()
    return OK if is_well or sys.stdin.isatty() else WRONG


def stop_at(run: Run, arguments: argparse.Namespace) -> int:
    """What `rung replay --break` shows: the first stop, or one some statements from there. 1 when there is none."""
    session = Debugger(run)
    try:
        session.add_line(*prompt.place_of(arguments.place, None), arguments.when)
        stop = session.resume()
        if stop.reason is Reason.FAULT:
            session.stops_at_faults = False
            sys.stdout.write(f"{stop.text} at tick {session.tick:,}, before the breakpoint\n")
            stop = session.resume()
        if stop.reason is not Reason.BREAKPOINT:
            sys.stdout.write(f"'{arguments.place}' was not reached\n")
            return WRONG
        count = arguments.step or -(arguments.back or 0)
        stop = session.statements(count) if count else stop
        sys.stdout.writelines(f"{line}\n" for line in _shown(session, stop.text, arguments.print))
    except (Refused, NoPlace, BadQuestion) as error:
        return _fail(str(error), USAGE)
    finally:
        session.close()
    return OK


def _shown(session: Debugger, why: str, asked: list[str]) -> Iterator[str]:
    yield f"{why}; {screen.moment(session)}"
    yield from screen.place(session, colour=prompt.has_colour())
    yield from screen.calls(session)
    yield from (f"  {line}" for line in screen.local_values(session, 0))
    for text in asked:
        yield from screen.value(session, text, 0)


def _fail(why: str, status: int) -> int:
    sys.stderr.write(f"rung: {why}\n")
    return status
