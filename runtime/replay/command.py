"""`rung replay`: what a PLC has done, once more, from its flight recorder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from runtime import clock
from runtime.replay import changed, debug_command, export, opening, tape
from runtime.replay.replay import Replay
from runtime.replay.tape import CannotReplay, Run
from runtime.service import plant
from runtime.service.config.durations import BadDuration, format_duration, parse_duration
from runtime.service.recording.frames import NotWhole
from runtime.service.retain.recalling import time_text
from runtime.testing.errors import MisusedInTest
from runtime.testing.trace import Trace

OK, WRONG, USAGE, CANNOT = 0, 1, 2, 3
_MOST_VALUE = 60
"""Characters of a value."""


def run(arguments: argparse.Namespace) -> int:
    """Give the exit status: 1 when the repeated run is not the recorded one."""
    try:
        return _run(arguments)
    except (CannotReplay, NotWhole) as error:
        return _fail(str(error), CANNOT)
    except (MisusedInTest, BadDuration) as error:
        return _fail(str(error), USAGE)
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error), CANNOT)


def _run(arguments: argparse.Namespace) -> int:
    runs, left_out = tape.read_what_can_be(opening.place(arguments.what, arguments.state or plant.state_folder()))
    if arguments.list:
        _say(line for number, each in enumerate(runs, 1) for line in _run_lines(number, each))
        _say(left_out)
        return OK
    number = len(runs) if arguments.run is None else arguments.run
    if not 1 <= number <= len(runs):
        return _fail(f"there is no run {number}; `rung replay {arguments.what} --list` shows which there are", USAGE)
    chosen = runs[number - 1]
    if arguments.export is not None:
        export.write(chosen, arguments.export)
        _say([f"run {number} is in {arguments.export}, {arguments.export.stat().st_size:,} bytes"])
        return OK
    if arguments.project is not None:
        return _with(chosen, plant.build(arguments.project, _resource_of(chosen), cache=plant.cache_folder()))
    if arguments.place is not None:
        return debug_command.stop_at(chosen, arguments)
    if arguments.when or arguments.step or arguments.back:
        return _fail("--when, --step and --back go with --break FILE:LINE", USAGE)
    replay = Replay(chosen, interpreted=arguments.interpreter)
    try:
        return _repeat(replay, arguments)
    finally:
        replay.close()


def _resource_of(run: Run) -> str | None:
    resource = run.program.bound.resource
    return resource.name if resource is not None else None


def _with(run: Run, other: plant.Plant) -> int:
    """The same inputs with the program of a project; 1 when an output differs."""
    outcome = changed.compare(run, other)
    _say(changed.lines(run, outcome))
    if outcome.fault is not None:
        _say(outcome.fault.lines(other.project.sources))
    return WRONG if outcome.differing else OK


def _run_lines(number: int, run: Run) -> Iterator[str]:
    seconds = format_duration((run.ends_ns - run.begins_ns) // 1_000_000 * 1_000_000)
    yield (
        f"run {number}: '{run.program.program.name}' from {time_text(run.begins_ns + run.utc_offset_ns)}, {seconds}, "
        f"ticks {run.first_tick:,} to {run.last_tick:,}; {run.why}"
    )


def _repeat(replay: Replay, arguments: argparse.Namespace) -> int:
    trace = replay.record(*arguments.trace) if arguments.trace else None
    run = replay.run
    last = run.last_tick if arguments.at is None else run.tick_at(run.begins_ns + parse_duration(arguments.at))
    began_ns = clock.monotonic_ns()
    if arguments.until:
        if not replay.until(arguments.until, last):
            _say([f"'{arguments.until}' did not come true"])
            return WRONG
    else:
        replay.to(last)
    spent_s = max(clock.monotonic_ns() - began_ns, 1) / 1e9
    _say(_outcome(replay, spent_s))
    _say(f"{path} = {_value(replay, path)}" for path in arguments.print)
    if trace is not None:
        _keep(trace, arguments.csv, arguments.plot)
    return OK if replay.divergence is None else WRONG


def _outcome(replay: Replay, spent_s: float) -> Iterator[str]:
    passed_ns = replay.now_ns - replay.run.begins_ns
    yield (
        f"{replay.scans:,} scans, {passed_ns / 1e9:.3f} s of the run in {spent_s:.3f} s, "
        f"{passed_ns / 1e9 / spent_s:,.0f} times as fast; behind tick {replay.tick:,}, {replay.state.name}"
    )
    found = replay.fault
    if replay.unfinished is not None:
        turns = f"{replay.most_turns:,} turns of its loops"
        yield f"tick {replay.tick:,}, the last one, has not come to an end; after {turns} it is here:"
    if found is not None:
        yield from found.lines(replay.sources)
    differs = replay.divergence
    there = len(replay.run.keys) - 1
    if differs is None and not there:
        yield "repeated; there is no keyframe behind the first tick to compare it with"
        return
    if differs is None:
        plural = "" if there == 1 else "s"
        yield f"the same as recorded, byte for byte, at {replay.checked} of {there} keyframe{plural}"
        return
    yield (
        f"not the same as recorded: {differs.bytes_different:,} bytes differ at tick {differs.tick:,}; "
        f"at tick {differs.good_tick:,} all was the same"
    )
    yield from (f"  {each.path}: {each.repeated}, recorded {each.recorded}" for each in differs.differences)


def _value(replay: Replay, path: str) -> str:
    text = repr(replay[path])
    return text if len(text) <= _MOST_VALUE else f"{text[:_MOST_VALUE]}.."


def _keep(trace: Trace, table: Path | None, picture: Path | None) -> None:
    if table is not None:
        trace.save(table)
        _say([f"{len(trace):,} samples are in {table}"])
    if picture is not None:
        trace.draw(picture)
        _say([f"the picture is in {picture}"])


def _say(lines: Iterator[str] | list[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _fail(why: str, status: int) -> int:
    sys.stderr.write(f"rung: {why}\n")
    return status
