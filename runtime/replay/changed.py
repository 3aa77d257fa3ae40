"""A recorded run with another program: would it have done better?

The same times, inputs and commands go into the program of a project, which need not be the one that was recorded, and
into the one that was. What differs at the outputs is told, tick by tick. Inputs and outputs are matched by the names of
their points, commands by the variables that they meant. A run that begins with the start of the PLC begins with the
initial values of the project; of a later one the variables are carried over as in an online change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from iec61131 import jit
from iec61131.program import CompiledProgram, Target
from io_drivers.contract import Reason
from runtime.engine import replaying, view
from runtime.engine.arrays import View
from runtime.engine.replaying import Piece
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.image.journal import BEFORE_THE_FIRST, KEY_TICK, Keyframe
from runtime.image.ring import Command
from runtime.replay.replay import MOST_TURNS, piece_of
from runtime.replay.tape import CannotReplay, Run
from runtime.service import fault
from runtime.service.bound import Bound, InputRow, OutputRow
from runtime.service.change.planner import Planned, plan
from runtime.service.plant import Plant
from runtime.service.retain.carrying import carry
from runtime.service.retain.image import gather, scatter
from runtime.service.retain.stored import Stored, describe
from runtime.testing import conditions, variables
from runtime.testing.samples import Samples

_WITH_PLACE = (Command.WRITE, Command.FORCE, Command.UNFORCE)
_ROW = 8
"""Words of a command: kind, offset, size, bit, data."""


class Differing(Struct, frozen=True):
    """An output that is not always the same: in how many ticks, and the first of them, with what was recorded there and
    what the other program gives.
    """

    point: str
    ticks: int
    tick: int
    now_ns: int
    recorded: object
    instead: object


class Outcome(Struct, frozen=True):
    """`ticks` were compared. `untold` are outputs that one of the two does not have; `dropped` is the number of
    commands that meant something the other program does not have. `fault` is the one it has met.
    """

    ticks: int
    differing: tuple[Differing, ...]
    untold: tuple[str, ...]
    dropped: int
    state: EngineState
    fault: fault.FaultReport | None


def compare(run: Run, other: Plant) -> Outcome:
    """Raises CannotReplay where the two have nothing in common that could be compared."""
    return _Comparison(run, other).outcome()


class _Output(Struct, frozen=True):
    point: str
    row: OutputRow
    other: OutputRow


class _Side:
    """A program in memory of its own, with room for what its outputs are behind each tick."""

    def __init__(self, program: CompiledProgram, bound: Bound, outputs: Sequence[OutputRow]) -> None:
        self.program = program
        self._code = jit.load(program.objects, [task.symbol for task in program.tasks])
        counts = len(bound.input_names), len(bound.output_names), 0, len(bound.signals)
        self.block = Block.create(view.block_layout(program, *counts), "compared")
        view.prepare(self.block, program, 0)
        made = view.make_view(
            self.block,
            program,
            bound.input_table(),
            bound.output_table(),
            view.task_table(program.tasks, [self._code.address(task.symbol) for task in program.tasks]),
            loop_limit=min(bound.engine.loop_limit, MOST_TURNS),
            depth_limit=bound.engine.recursion_limit,
            signals=bound.signal_table(),
        )
        self.view: View = replace(made, ring_records=view.roomy_rings())
        self._samples = Samples(0)
        self._samples.add([program.find(row.path) for row in outputs], 1, 0)

    def outputs(self, piece: Piece) -> NDArray[np.int64]:
        """Run a piece. What the outputs are behind each of its ticks, (outputs, ticks)."""
        samples, count = self._samples, len(piece.tick)
        samples.recording.used[:] = 0
        samples.recording.due[:] = piece.tick[0]
        samples.make_room(count)
        replaying.run(self.view, piece, 0, count, samples.recording, conditions.NONE)
        return samples.recording.values[:, :count]


class _Comparison:
    def __init__(self, run: Run, other: Plant) -> None:
        former, bound = run.program.program, run.program.bound
        if former.target != jit.target():
            raise CannotReplay(f"the program was compiled for {former.target}, and this is another processor")
        self._run = run
        self._map = _input_map(former, bound, other.program, other.bound)
        self._outputs, self._untold = _outputs(bound, other.bound)
        if not self._outputs:
            raise CannotReplay("the two programs have no output in common")
        self._recorded = _Side(former, bound, [each.row for each in self._outputs])
        self._other = _Side(other.program, other.bound, [each.other for each in self._outputs])
        key = run.keyframe(0)
        replaying.restore(self._recorded.block, self._recorded.view, key)
        planned = plan(former, other.program, key.memory.tobytes())
        self._pieces: NDArray[np.int64] = np.array(planned.tables["pieces"], np.int64).reshape(-1, 3)
        self._dropped = 0
        self._begin(key, planned)

    # ------------------------------------------------------------------------------------------------------- beginning

    def _begin(self, key: Keyframe, planned: Planned) -> None:
        """The other program as it is before the first tick."""
        side, former = self._other, self._run.program.program
        program = side.program
        memory = np.zeros(side.block.layout.memory_bytes, np.uint8)
        if key.words[KEY_TICK] == BEFORE_THE_FIRST:
            memory[: len(program.initial)] = np.frombuffer(program.initial, np.uint8)
            stored = Stored(0, 0, 0, describe(former), gather(former.retained, key.memory))
            scatter(program.retained, carry(stored, program)[0], memory)
        else:
            memory[: len(planned.values)] = np.frombuffer(planned.values, np.uint8)
        forces = [row for row in map(self._moved, key.forces) if row is not None]
        begun = Keyframe(
            whole=key.whole,
            words=key.words,
            tasks=np.array([[-1, 0]] * len(program.tasks), np.int64),
            forces=np.array(forces, np.int64).reshape(-1, _ROW),
            image=self._map.image(key.image, side.block.layout.image_bytes),
            points=side.view.points.copy(),
            memory=memory,
        )
        replaying.restore(side.block, side.view, begun)

    def _moved(self, command: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """A command with the place that it means in the other program; None where it means none."""
        if command[0] not in _WITH_PLACE:
            return command
        row = int(np.searchsorted(self._pieces[:, 0], int(command[1]), side="right")) - 1
        if row < 0 or command[1] + command[2] > self._pieces[row, 1]:
            return None
        moved = command.copy()
        moved[1] += self._pieces[row, 2] - self._pieces[row, 0]
        return moved

    # --------------------------------------------------------------------------------------------------------- running

    def outcome(self) -> Outcome:
        run, ticks, found = self._run, 0, dict[str, Differing]()
        for number in range(len(run.parts)):
            piece = piece_of(run, number, run.stretch)
            if not len(piece.tick):  # all of it is before the keyframe
                continue
            recorded, instead = self._recorded.outputs(piece), self._other.outputs(self._mapped(piece))
            self._note(found, piece, recorded, instead)
            ticks += len(piece.tick)
        block = self._other.block
        state = EngineState(block.get("state"))
        report = fault.report(self._other.program, block.memory) if state is EngineState.FAULT else None
        for side in (self._recorded, self._other):
            side.block.close()
        return Outcome(ticks, tuple(found.values()), self._untold, self._dropped, state, report)

    def _mapped(self, piece: Piece) -> Piece:
        """The same ticks with the inputs and commands of the other program."""
        commands, counts = list[NDArray[np.int64]](), list[int]()
        for first, end in zip(piece.first_command, piece.first_command[1:], strict=False):
            moved = [row for row in map(self._moved, piece.commands[first:end]) if row is not None]
            self._dropped += int(end - first) - len(moved)
            commands += moved
            counts.append(len(moved))
        return replace(
            self._map.piece(piece),
            commands=np.array(commands, np.int64).reshape(-1, _ROW),
            first_command=np.concatenate([[0], np.cumsum(counts)]),
            trip=np.zeros_like(piece.trip),
            tripped_between=np.zeros_like(piece.tripped_between),
        )

    def _note(
        self, found: dict[str, Differing], piece: Piece, recorded: NDArray[np.int64], instead: NDArray[np.int64]
    ) -> None:
        for number, output in enumerate(self._outputs):
            at = np.flatnonzero(recorded[number] != instead[number])
            if not len(at):
                continue
            before = found.get(output.point)
            if before is not None:
                found[output.point] = Differing(
                    before.point, before.ticks + len(at), before.tick, before.now_ns, before.recorded, before.instead
                )
                continue
            first = int(at[0])
            found[output.point] = Differing(
                output.point,
                len(at),
                int(piece.tick[first]),
                int(piece.now_ns[first]),
                _value(self._run.program.program, output.row, int(recorded[number, first])),
                _value(self._other.program, output.other, int(instead[number, first])),
            )


class _InputMap(Struct, frozen=True):
    """For each input channel of the other program the one that it was recorded as, -1 for none."""

    channels: NDArray[np.int64]
    recorded: int
    """Channels that were recorded."""

    def image(self, image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
        """An image with its four columns one behind the other, in `size` bytes."""
        n = self.recorded
        words = image[: n * 16].view(np.int64).reshape(2, n)
        columns = words[:1], words[1:], image[None, n * 16 : n * 17], image[None, n * 17 : n * 18]
        mapped = b"".join(column.tobytes() for column in self._mapped(columns))
        return np.frombuffer(mapped.ljust(size, b"\0"), np.uint8)

    def piece(self, piece: Piece) -> Piece:
        columns = self._mapped((piece.time_ns, piece.raw, piece.quality, piece.reason))
        return replace(piece, time_ns=columns[0], raw=columns[1], quality=columns[2], reason=columns[3])

    def _mapped(self, columns: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Of time, raw, quality and reason, (images, channels). What was not recorded was never read."""
        made = [np.zeros((len(column), len(self.channels)), column.dtype) for column in columns]
        known = self.channels >= 0
        for new, column in zip(made, columns, strict=True):
            new[:, known] = column[:, self.channels[known]]
        made[3][:, ~known] = Reason.NEVER_READ
        return made


def _input_map(former: CompiledProgram, recorded: Bound, program: CompiledProgram, bound: Bound) -> _InputMap:
    rows = {recorded.input_names[row.channel]: row for row in recorded.inputs}
    channels = np.full(len(bound.input_names), -1, np.int64)
    for row in bound.inputs:
        name = bound.input_names[row.channel]
        before = rows.get(name)
        if before is None:
            continue
        if _form(former, before) != _form(program, row):
            raise CannotReplay(f"the input '{name}' is of another type in the project")
        channels[row.channel] = before.channel
    return _InputMap(channels, len(recorded.input_names))


def _outputs(recorded: Bound, bound: Bound) -> tuple[list[_Output], tuple[str, ...]]:
    before = {recorded.output_names[row.channel]: row for row in recorded.outputs}
    now = {bound.output_names[row.channel]: row for row in bound.outputs}
    common = [_Output(name, row, now[name]) for name, row in before.items() if name in now]
    return common, tuple(sorted(before.keys() ^ now.keys()))


def _form(program: CompiledProgram, row: InputRow | OutputRow) -> tuple[str, int]:
    type_ = program.find(row.path).type
    return type_.base, type_.size


def _value(program: CompiledProgram, row: OutputRow, raw: int) -> object:
    alone = Target(row.path, program.find(row.path).type, 0, None, False, "")
    return variables.read(program, alone, np.frombuffer(raw.to_bytes(8, "little", signed=True), np.uint8))


def lines(run: Run, outcome: Outcome) -> Iterator[str]:
    """For people."""
    if not outcome.differing:
        yield f"every output is the same in all {outcome.ticks:,} ticks"
    for each in outcome.differing:
        at_s = (each.now_ns - run.begins_ns) / 1e9
        yield (
            f"{each.point}: another value in {each.ticks:,} of {outcome.ticks:,} ticks, first at tick {each.tick:,}, "
            f"{at_s:.3f} s: {each.instead}, recorded {each.recorded}"
        )
    if outcome.untold:
        yield f"only one of the two has: {', '.join(outcome.untold)}"
    if outcome.dropped:
        yield f"{outcome.dropped:,} commands meant variables that the project does not have"
    yield f"at the end it is in {outcome.state.name}"
