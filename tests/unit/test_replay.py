"""A recorded run, once more: the same byte for byte, whatever went into it, on both executors."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iec61131.program import HEADER
from io_drivers.contract import Reason
from runtime.engine.states import EngineState
from runtime.image.block import RING_RECORDS, WORD
from runtime.image.ring import Command, CommandRing, Write
from runtime.replay import export, tape
from runtime.replay import replay as replay_module
from runtime.replay.replay import Replay
from runtime.replay.tape import CannotReplay, Run
from runtime.service import plant
from runtime.service.recording import packing
from runtime.service.recording.counts import UNKNOWN
from runtime.service.recording.folder import files_of
from runtime.service.recording.frames import Frame, Kind, frames
from runtime.service.recording.recorder import KEYFRAME_NS
from runtime.service.recording.scans import Damaged
from runtime.testing import VirtualPlc, load
from runtime.testing.flight import Flight
from tests.unit.command_line import rung

SOURCE = """
TYPE Mode : (Idle, Busy, Done); END_TYPE
VAR_GLOBAL RETAIN total : LREAL; END_VAR
VAR_GLOBAL PERSISTENT kept : DINT; END_VAR
VAR_GLOBAL alarm : BOOL; END_VAR
PROGRAM Main
VAR
    level : REAL; button : BOOL; wish : INT; out : REAL; lamp : BOOL;
    mode : Mode; timer : TON; edge : R_TRIG; counts : ARRAY[0..9] OF DINT; text : STRING[20];
    bad : DINT; age : TIME; depth : DINT;
END_VAR
total := total + level;
edge(CLK := button);
IF edge.Q THEN kept := kept + 1; counts[kept MOD 10] := counts[kept MOD 10] + wish; END_IF;
timer(IN := button, PT := T#35ms);
IF timer.Q THEN mode := Busy; ELSIF mode = Busy THEN mode := Done; END_IF;
IF QUALITY(level) <> GOOD THEN bad := bad + 1; END_IF;
age := AGE(level);
alarm := level > 4.5;
out := SQRT(ABS(level)) + SIN(LREAL_TO_REAL(total));
lamp := mode = Busy;
text := CONCAT('n=', DINT_TO_STRING(kept));
END_PROGRAM
PROGRAM Alarms
VAR runs : DINT; END_VAR
runs := runs + 1;
END_PROGRAM
PROGRAM Slow
VAR runs : DINT; fast : TASK_INFO; END_VAR
runs := runs + 1;
fast(task := 'fast', reset := runs MOD 7 = 0);
END_PROGRAM
CONFIGURATION Plant
RESOURCE Cpu ON PC
    TASK fast (INTERVAL := T#10ms, PRIORITY := 1);
    TASK slow (INTERVAL := T#30ms, PRIORITY := 3);
    TASK event (SINGLE := alarm, PRIORITY := 2);
    PROGRAM main WITH fast : Main;
    PROGRAM alarms WITH event : Alarms;
    PROGRAM slowly WITH slow : Slow;
END_RESOURCE
END_CONFIGURATION
"""

PROJECT = """[plc]
name = "flown"
sources = ["main.st"]
[connection.line]
driver = "simulated"
[device.io]
connection = "line"
poll = "10ms"
[[device.io.point]]
name = "level"
to = "main.level"
max_age = "50ms"
on_loss = "hold"
[[device.io.point]]
name = "button"
to = "main.button"
on_loss = { value = true }
[[device.io.point]]
name = "wish"
to = "main.wish"
on_loss = "fault"
max_age = "2s"
[[device.io.point]]
name = "out"
from = "main.out"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flown")
    (folder / "main.st").write_text(SOURCE)
    (folder / "plc.toml").write_text(PROJECT)
    return folder


class _Hands:
    """Does to a PLC whatever can be done to one, by chance."""

    def __init__(self, plc: VirtualPlc, seed: int) -> None:
        self.plc, self.random = plc, random.Random(seed)
        self.rings = [CommandRing(plc.block, name) for name in ("gateway", "service")]
        plc.set_inputs({"io.level": 0.0, "io.button": False, "io.wish": 0})

    def act(self) -> None:
        plc, chance = self.plc, self.random
        action = chance.choice(
            (self._set, self._set, self._set, self._lose, self._restore, self._freeze, self._late, self._write,
             self._force, self._unforce, self._order)
        )  # fmt: skip
        action()
        if chance.random() < 0.2:
            plc.set_input("io.wish", chance.randrange(100))
        plc.cycle(chance.choice((1, 1, 1, 2, 3, 7, 200)))

    def _set(self) -> None:
        self.plc.set_input("io.level", self.random.choice((0.0, -1.5, 4.7, self.random.random() * 5)))
        self.plc.set_input("io.button", self.random.random() < 0.5)

    def _lose(self) -> None:
        self.plc.lose_input(self.random.choice(("io.level", "io.button")), Reason.TIMEOUT)

    def _restore(self) -> None:
        self.plc.restore_input("io")

    def _freeze(self) -> None:
        self.plc.freeze_input("io.level")

    def _late(self) -> None:
        self.plc.delay(self.random.choice(("3ms", "12ms", "25ms")))
        self.plc.miss(self.random.randrange(3))

    def _write(self) -> None:
        self.plc["main.counts[3]"] = self.random.randrange(1000)

    def _place(self, path: str) -> Write:
        target = self.plc.program.find(path)
        return Write(target.offset, self.random.randbytes(target.type.size))

    def _force(self) -> None:
        places = [self._place(self.random.choice(("main.level", "main.counts[5]", "main.out", "total")))]
        self.random.choice(self.rings).force(places)

    def _unforce(self) -> None:
        ring = self.random.choice(self.rings)
        if self.random.random() < 0.5:
            ring.unforce([self._place("main.level")])
        else:
            ring.order(Command.UNFORCE_ALL)

    def _order(self) -> None:
        order = self.random.choice((Command.STOP, Command.RESET_WARM, Command.RESET_COLD, Command.RESET_ORIGIN))
        self.plc.order(order)
        self.plc.cycle(self.random.randrange(3))
        self.plc.order(Command.START)


def _fly(project: Path, recording: Path, seed: int, actions: int = 120) -> NDArray[np.uint8]:
    """Record a run; the memory at its end."""
    plc = load(project, recording=recording)
    try:
        hands = _Hands(plc, seed)
        for _ in range(actions):
            hands.act()
        return plc.block.memory.copy()
    finally:
        plc.close()


def _same(replay: Replay, memory: NDArray[np.uint8]) -> bool:
    return bool(np.array_equal(replay.block.memory[HEADER.itemsize :], memory[HEADER.itemsize :]))


@pytest.fixture(scope="module")
def flown(project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, NDArray[np.uint8]]:
    folder = tmp_path_factory.mktemp("recording")
    memory = _fly(project, folder, 1)
    (run,) = tape.read(folder)
    return run, memory


@pytest.mark.parametrize("seed", range(8))
def test_a_run_is_repeated_byte_for_byte(project: Path, tmp_path: Path, seed: int) -> None:
    memory = _fly(project, tmp_path, seed)
    (run,) = tape.read(tmp_path)
    assert run.first_tick == 0
    replay = Replay(run)
    replay.to(run.last_tick)
    assert replay.divergence is None
    assert replay.checked == len(run.keys) - 1 >= 1
    assert _same(replay, memory)
    replay.close()


def test_the_interpreter_repeats_what_machine_code_has_done(flown: tuple[Run, NDArray[np.uint8]]) -> None:
    run, memory = flown
    replay = Replay(run, interpreted=True)
    replay.to(run.last_tick)
    assert replay.divergence is None
    assert _same(replay, memory)
    replay.close()


def test_backwards_is_where_it_was_on_the_way_there(flown: tuple[Run, NDArray[np.uint8]]) -> None:
    run, _ = flown
    replay = Replay(run)
    seen = dict[int, bytes]()
    for tick in range(0, run.last_tick, 97):
        replay.to(tick)
        seen[replay.tick] = replay.block.memory.tobytes()
    for tick in random.Random(2).sample(sorted(seen), 20):
        replay.to(tick)
        assert replay.tick == tick
        assert replay.block.memory.tobytes() == seen[tick]
    replay.step(-3)
    before = replay.tick
    replay.step(3)
    assert replay.tick == tick
    assert before < tick
    replay.close()


def test_a_condition_is_found_forwards_and_backwards(flown: tuple[Run, NDArray[np.uint8]]) -> None:
    run, _ = flown
    replay = Replay(run)
    trace = replay.record("main.mode")
    replay.to(run.last_tick)
    busy = np.flatnonzero(trace["main.mode"] == 1)
    ticks = np.concatenate([run.stretch(number).tick for number in range(len(run.parts))])
    replay.to(0)
    assert replay.until("main.mode = Busy")
    assert replay.tick == ticks[busy[0]]
    replay.to(run.last_tick)
    assert replay.back_until("main.mode = Busy")
    assert replay.tick == ticks[busy[busy < len(ticks) - 1][-1]]
    here = replay.tick
    assert not replay.back_until("kept < -5")
    assert replay.tick == here
    replay.close()


def test_a_divergence_is_named(project: Path, tmp_path: Path) -> None:
    plc = load(project, recording=tmp_path)
    _Hands(plc, 1)
    for _ in range(50):
        plc.cycle(100)
    plc.close()
    (run,) = tape.read(tmp_path)
    replay = Replay(run)
    replay.to(run.keys[1].reach.last + 5)
    place = replay.program.find("main.counts[7]")
    replay.block.memory[place.offset] += 1
    replay.to(run.last_tick)
    assert replay.divergence is not None
    assert replay.divergence.good_tick == run.keys[1].reach.last
    assert replay.divergence.tick == run.keys[2].reach.last
    assert [each.path for each in replay.divergence.differences] == ["main.counts[7]"]
    replay.close()


def test_where_the_watchdog_tripped_is_repeated(project: Path, tmp_path: Path) -> None:
    for between in (False, True):
        recording = tmp_path / str(between)
        plc = load(project, recording=recording)
        _Hands(plc, 1)
        plc.cycle(20)
        if between:
            plc.block.control[WORD["tripped"]] = 2
        else:
            plc.view.tasks[0, 3:5] = 1
        plc.cycle(1)
        plc.view.tasks[0, 3] = 0
        assert plc.state is EngineState.FAULT
        plc.cycle(5)
        plc.order(Command.RESET_WARM)
        plc.cycle(3)
        memory = plc.block.memory.copy()
        plc.close()
        (run,) = tape.read(recording)
        replay = Replay(run)
        replay.to(22)
        assert replay.fault is not None
        assert replay.fault.code == "RUNG0909"
        replay.to(run.last_tick)
        assert replay.state is EngineState.STOP
        assert _same(replay, memory)
        replay.close()


@pytest.mark.parametrize("trips", [False, True])
@pytest.mark.parametrize("interpreted", [False, True])
def test_a_run_that_ends_with_a_keyframe_is_compared_with_it(
    project: Path, tmp_path: Path, trips: bool, interpreted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing behind it says what became of its last tick; that it came to its end is known."""
    monkeypatch.setattr(replay_module, "MOST_TURNS", 1000)
    built = plant.build(project, cache=plant.cache_folder())
    flight = Flight(built, tmp_path)
    plc = VirtualPlc(built, recording=flight)
    _Hands(plc, 1)
    plc.advance("5s")
    flight.took_place(flight.ticks_at_once, plc.now_ns + KEYFRAME_NS)
    plc.view.tasks[0, 3:5] = int(trips)
    plc.cycle(1)
    plc.view.tasks[0, 3] = 0
    assert plc.state is (EngineState.FAULT if trips else EngineState.RUN)
    flight.took_place(flight.ticks_at_once, plc.now_ns)
    memory = plc.block.memory.copy()
    plc.close()
    (run,) = tape.read(tmp_path)
    assert run.key_ticks[-1] == run.last_tick
    replay = Replay(run, interpreted=interpreted)
    replay.to(run.last_tick)
    assert (replay.divergence, replay.checked, replay.unfinished) == (None, len(run.keys) - 1, None)
    assert _same(replay, memory)
    replay.close()


def test_commands_of_full_rings_in_one_tick_keep_their_order(project: Path, tmp_path: Path) -> None:
    plc = load(project, recording=tmp_path)
    target = plc.program.find("main.counts[1]")
    for name in ("gateway", "service"):
        ring = CommandRing(plc.block, name)
        for number in range(RING_RECORDS):
            ring.write([Write(target.offset, number.to_bytes(4, "little"))])
    plc.cycle(3)
    written = plc["main.counts[1]"]
    assert written == RING_RECORDS - 1
    plc.close()
    (run,) = tape.read(tmp_path)
    replay = Replay(run)
    replay.to(run.last_tick)
    assert replay["main.counts[1]"] == written
    replay.close()


def test_a_recording_is_right_up_to_where_it_was_torn_off(project: Path, tmp_path: Path) -> None:
    _fly(project, tmp_path, 3, actions=60)
    (file,) = files_of(tmp_path)
    whole = file.read_bytes()
    chance, lasts = random.Random(5), set[int]()
    for _ in range(8):
        size = chance.randrange(len(whole))
        file.write_bytes(whole[:size] + (chance.randbytes(30) if chance.random() < 0.5 else b""))
        try:
            (run,) = tape.read(tmp_path)
        except CannotReplay:
            continue
        replay = Replay(run)
        replay.to(run.last_tick)
        assert replay.divergence is None
        lasts.add(replay.tick)
        replay.close()
    assert len(lasts) > 2
    for each in [each for each in _frames_of(file, whole) if each.kind is Kind.KEYFRAME]:
        file.write_bytes(whole[: each.start + each.length])
        (run,) = tape.read(tmp_path)
        replay = Replay(run)
        replay.to(run.last_tick)
        assert (replay.divergence, replay.checked) == (None, len(run.keys) - 1)
        replay.close()


def _frames_of(file: Path, whole: bytes) -> list[Frame]:
    file.write_bytes(whole)
    return list(frames(file))


def test_a_recording_with_other_bytes_is_refused_or_read_up_to_them(project: Path, tmp_path: Path) -> None:
    _fly(project, tmp_path, 3, actions=40)
    (file,) = files_of(tmp_path)
    whole = file.read_bytes()
    chance = random.Random(6)
    for _ in range(8):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        file.write_bytes(damaged)
        try:
            for run in tape.read(tmp_path):
                replay = Replay(run)
                replay.to(run.last_tick)
                assert replay.divergence is None
                replay.close()
        except (CannotReplay, tape.NotWhole):
            continue


def test_a_recording_of_another_format_is_refused_and_those_beside_it_are_read(project: Path, tmp_path: Path) -> None:
    """One file that could not be read, such as an empty one of a process that was killed just then, or one from before
    an update of rung, made its whole folder unreadable.
    """
    _fly(project, tmp_path, 4, actions=5)
    (file,) = files_of(tmp_path)
    old, empty, foreign = (tmp_path / f"0000000{n}{file.name[8:]}" for n in (0, 2, 3))
    old.write_bytes(b"RUNGREC1" + file.read_bytes()[8:])
    empty.write_bytes(b"")
    foreign.write_bytes(b"something else")
    (run,), left_out = tape.read_what_can_be(tmp_path)
    assert run.why == "the file behind it cannot be read"
    assert len(left_out) == 2
    assert "by another version of rung, in format '1'; this one reads format '2', so replay it with the" in left_out[0]
    assert left_out[1].endswith(f"{foreign.name} is no recording")
    listed = rung("replay", tmp_path, "--list")
    assert "run 1: 'flown'" in listed.stdout
    assert "format '1'" in listed.stdout
    alone = rung("replay", old)
    assert (alone.returncode, alone.stdout) == (3, "")
    assert "in format '1'" in alone.stderr
    with pytest.raises(CannotReplay, match="holds no recording"):
        tape.read(empty)


def test_a_point_with_a_scale_is_recorded_in_counts_and_replayed_bit_for_bit(tmp_path: Path) -> None:
    """Also where it was exported, alone in one file: scale and offset are part of what the program was bound to."""
    (tmp_path / "main.st").write_text("PROGRAM Main\nVAR Level, Sum : REAL; END_VAR\nSum := Level + Sum;END_PROGRAM\n")
    (tmp_path / "plc.toml").write_text(
        '[plc]\nname = "x"\nsources = ["main.st"]\n[task.t]\nprogram = "Main"\ninterval = "10ms"\n'
        '[connection.line]\ndriver = "simulated"\n[device.io]\nconnection = "line"\npoll = "10ms"\n'
        '[[device.io.point]]\nname = "level"\ntype = "INT"\nscale = 0.0244140625\noffset = -12.7\nto = "Main.Level"\n'
    )
    plc = load(tmp_path, recording=tmp_path / "flight")
    chance, seen = random.Random(1), [0.0]
    for _ in range(300):
        plc.set_input("io.level", float(np.float32(chance.randrange(-2000, 2000) * 0.0244140625 - 12.7)))
        plc.cycle(1)
        seen.append(plc["Main.Level"])
    added = plc["Main.Sum"]
    plc.close()
    (run,) = tape.read(tmp_path / "flight")
    export.write(run, tmp_path / "one.rec")
    for found in (run, *tape.read(tmp_path / "one.rec")):
        assert [found.scaling.scale.tolist(), found.scaling.offset.tolist()] == [[0.0244140625], [-12.7]]
        with pytest.raises(Damaged, match="counts of channels that have none"):
            packing.unpack(found.parts[-1].data(), UNKNOWN)
        replay = Replay(found)
        levels = replay.record("Main.Level")
        replay.to(found.last_tick)
        assert replay.divergence is None
        assert levels["Main.Level"].tolist() == seen[-len(levels) :]
        assert replay["Main.Sum"] == added
        replay.close()


def test_a_program_without_inputs_is_repeated(tmp_path: Path) -> None:
    """Its recording from virtual time had a keyframe larger than the replay expected, and could not be read."""
    (tmp_path / "main.st").write_text("PROGRAM Main\nVAR n : INT; END_VAR\nn := n + 1;\nEND_PROGRAM\n")
    (tmp_path / "plc.toml").write_text(
        '[plc]\nname = "x"\nsources = ["main.st"]\n[task.t]\nprogram = "Main"\ninterval = "10ms"\n'
    )
    plc = load(tmp_path, recording=tmp_path / "flight")
    plc.cycle(50)
    plc.close()
    (run,) = tape.read(tmp_path / "flight")
    replay = Replay(run)
    replay.to(run.last_tick)
    assert replay["Main.n"] == 50
    replay.close()


@pytest.mark.parametrize("interpreted", [False, True])
def test_a_fault_is_repeated_with_the_calls_that_led_to_it(tmp_path: Path, interpreted: bool) -> None:
    """The interpreter did not know where in the project file the task stands, from which the call came. Of that file
    the recording has no word.
    """
    (tmp_path / "plc.toml").write_text(
        '# a secret\n[plc]\nname = "flown"\nsources = ["main.st"]\n[task.main]\nprogram = "Main"\ninterval = "10ms"\n'
    )
    (tmp_path / "main.st").write_text(
        "FUNCTION_BLOCK Share\nVAR_INPUT parts : DINT; END_VAR\nVAR part : DINT; END_VAR\npart := 100 / parts;\n"
        "END_FUNCTION_BLOCK\nPROGRAM Main\nVAR n : DINT := 20; share : Share; END_VAR\n"
        "n := n - 1;\nshare(parts := n);\nEND_PROGRAM\n"
    )
    plc = load(tmp_path, recording=tmp_path / "flight")
    plc.cycle(2 * KEYFRAME_NS // 10_000_000)
    plc.close()
    (run,) = tape.read(tmp_path / "flight")
    assert "secret" not in repr([task.span and task.span.file.text for task in run.program.options.default_task])
    replay = Replay(run, interpreted=interpreted)
    replay.to(run.last_tick)
    assert replay.checked > 0
    assert replay.divergence is None
    assert replay.fault is not None
    assert [(site.file, site.line) for site in replay.fault.calls] == [("main.st", 9), ("plc.toml", 6)]
    replay.close()


def test_the_command_line(project: Path, tmp_path: Path) -> None:
    recording = tmp_path / "recording"
    _fly(project, recording, 4, actions=90)
    told = rung("replay", recording, "--print", "main.mode", "kept", "--trace", "main.level", "main.lamp",
                 "--csv", tmp_path / "a.csv", "--plot", tmp_path / "a.svg")  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "the same as recorded, byte for byte, at 1 of 1 keyframe" in told.stdout
    assert "main.mode = Mode." in told.stdout
    assert (tmp_path / "a.csv").read_text().startswith("time_s,main.level,main.lamp")
    assert "<svg" in (tmp_path / "a.svg").read_text()
    assert "run 1: 'flown'" in rung("replay", recording, "--list").stdout
    assert rung("replay", recording, "--export", tmp_path / "one.rec").returncode == 0
    alone = rung("replay", tmp_path / "one.rec", "--interpreter", "--until", "main.lamp")
    assert alone.returncode == 0, alone.stdout + alone.stderr
    for wrong, status in (
        (("--until", "main.nothing > 1"), 2),
        (("--run", "7"), 2),
        (("--at", "soon"), 2),
        (("--until", "kept < -9"), 1),
    ):
        found = rung("replay", recording, *wrong)
        assert found.returncode == status, (wrong, found.stderr)
        assert "Traceback" not in found.stderr
    assert rung("replay", "no-such-plc", "--state", tmp_path).returncode == 3


@pytest.mark.parametrize("interpreted", [False, True])
def test_a_last_tick_that_does_not_end_is_told_with_its_place(
    tmp_path: Path, interpreted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine was ended in the midst of it. Whoever wanted to see that waited for ever."""
    monkeypatch.setattr(replay_module, "MOST_TURNS", 1000)
    monkeypatch.setattr(replay_module, "_MOST_INTERPRETED", 100)
    (tmp_path / "plc.toml").write_text(
        '[plc]\nname = "flown"\nsources = ["main.st"]\n[engine]\nloop_limit = 1_000_000\n'
        '[task.main]\nprogram = "Main"\ninterval = "10ms"\n'
    )
    (tmp_path / "main.st").write_text(
        "PROGRAM Main\nVAR turns, i, n : DINT; END_VAR\n"
        "FOR i := 1 TO turns DO\n    n := n + 1;\nEND_FOR;\nEND_PROGRAM\n"
    )
    plc = load(tmp_path, recording=tmp_path / "flight")
    plc["Main.turns"] = 5000
    plc.cycle(20)
    plc.close()
    (run,) = tape.read(tmp_path / "flight")
    replay = Replay(run, interpreted=interpreted)
    replay.to(run.last_tick - 1)
    assert (replay.unfinished, replay["Main.n"]) == (None, 19 * 5000)
    for _ in range(2):
        replay.to(run.last_tick)
        assert replay.unfinished is not None
        assert replay.unfinished.code == "RUNG0903"
        assert replay.tick == run.last_tick
        replay.to(3)
        assert (replay.unfinished, replay["Main.n"]) == (None, 4 * 5000)
    replay.close()
