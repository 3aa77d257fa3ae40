"""What must hold when all is over: safe outputs, whole recordings, stored values, a clean log, and nothing left."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from pathlib import Path

from runtime import cli
from runtime.replay import tape
from runtime.replay.replay import Replay
from runtime.replay.tape import CannotReplay, Run
from runtime.service.recording.frames import NotWhole
from runtime.supervisor import running
from tests.soak.invariants.base import Violated
from tests.soak.invariants.fields import OUTPUTS_S
from tests.soak.model import Plc
from tests.soak.world import World, marked


def check(world: World, mark: str, gaps: Mapping[str, int]) -> None:
    """The service was ended. `gaps`: ticks that each recorder has counted as missing. Raises Violated."""
    for plc in world.plcs:
        if plc.device is not None:
            world.wait_until(lambda device=plc.device: device.is_safe, OUTPUTS_S)
            world.invariants.safe.taken(plc.name, "the end of the service", 0.0, plc.device.is_safe)
    world.invariants.nothing.see("processes are", [str(pid) for pid in marked(mark)])
    world.invariants.nothing.see("locks are", running(world.state))
    hidden = [path.name for path in world.state.rglob(".*") if path.name.startswith((".upload", ".removed"))]
    world.invariants.nothing.see("unfinished work is", hidden)
    world.invariants.log.see("the log", world.service.complaints)
    for plc in world.plcs:
        _check_recording(world, plc, gaps.get(plc.name, 0))
        _check_retained(world, plc)


def _check_recording(world: World, plc: Plc, gaps: int) -> None:
    """Every run, each from its beginning to its end."""
    try:
        runs = tape.read(world.state / plc.name)
    except CannotReplay as error:
        raise Violated(world.invariants.recordings.name, f"{plc.name}: {error}") from error
    ticks = 0
    for number, run in enumerate(runs, 1):
        world.invariants.recordings.see(plc.name, number, _difference(run), len(run.keys))
        ticks += run.last_tick - run.first_tick + 1
    at_gaps = sum("ticks are missing" in run.why for run in runs)
    world.invariants.recordings.gaps(plc.name, at_gaps, gaps)
    world.story.tell(plc.name, "recording repeated", runs=len(runs), ticks=ticks, at_gaps=at_gaps)


def _difference(run: Run) -> str | None:
    """In what the repeated run is not the recorded one."""
    try:
        replay = Replay(run)
    except CannotReplay as error:
        return str(error)
    try:
        replay.to(run.last_tick)
        due = sum(key.reach.last > run.keys[0].reach.last for key in run.keys)
        if replay.divergence is None and replay.checked != due:
            return f"{replay.checked} keyframes were compared, {due} are there"
        return None if replay.divergence is None else str(replay.divergence)[:1000]
    except NotWhole as error:
        return f"damaged: {error}"
    finally:
        replay.close()


def _check_retained(world: World, plc: Plc) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = cli.main(["retain", plc.name, "--state", str(world.state)])
    world.invariants.stored.read(plc.name, status, said.getvalue())


def keep_log(world: World, place: Path) -> None:
    """What the service has said."""
    place.write_text("".join(world.service.complaints))
