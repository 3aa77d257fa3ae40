"""Starts the processes of one PLC, watches them, starts them again, and ends them all.

    supervisor  owns the shared memory and the lines of the others; never touches the scan
      engine    the scan                           killed: outputs safe by the I/O process, started again
      io        the drivers                        killed: inputs turn bad with age, the scan goes on, started again
      gateway   OPC UA                             killed: clients reconnect, started again

A child is a process that was waiting for a role (`service.processes.spares`), so that whoever was killed is back at
once, or a part of a process that several PLCs share. Each has a line to the supervisor. When that one goes, however it
goes, the lines end, and so do they. The shared memory is anonymous and goes with the last of them. What remains of a
killed PLC is its folder with the compiled program, and a lock file that locks nothing any more.

A supervisor runs in one thread (`run`), driven by the ends of its children, their words, and a clock for backoff.
Others talk to it through `request_stop` and, about the program, through the command ring; another version of the
program goes to `changing`.
"""

from __future__ import annotations

import fcntl
import json
import os
import selectors
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct, field

from iec61131.program import CompiledProgram
from runtime import clock
from runtime.engine.states import EngineState
from runtime.engine.view import block_layout
from runtime.image import terminal_words
from runtime.image.block import Block
from runtime.image.ring import Command, CommandRing, CommandsFull
from runtime.image.shared_globals import SharedGlobals
from runtime.service import artifacts
from runtime.service.attaching import attach as attach  # noqa: PLC0414 - where everybody looks for it
from runtime.service.attaching import holder_in
from runtime.service.attaching import running as running  # noqa: PLC0414
from runtime.service.bound import Bound
from runtime.service.change import saying
from runtime.service.change.coordinator import Coordinator, Done
from runtime.service.change.face import is_same_face
from runtime.service.ending import stop_on_signals as stop_on_signals  # noqa: PLC0414
from runtime.service.plant import Plant
from runtime.service.processes.assignments import Assignment
from runtime.service.processes.common import CANNOT
from runtime.service.processes.parts import Part, sentence_of
from runtime.service.processes.spares import Spares
from runtime.service.recording.described import described
from runtime.service.recording.folder import NAME as RECORDING
from runtime.service.recording.recorder import Recorder
from runtime.service.restarting import Restarting
from runtime.service.retain import recalling
from runtime.service.retain.image import gather
from runtime.service.retain.keeper import Keeper
from runtime.service.retain.recalling import CannotRecall, Recalled, recall
from runtime.service.waking import WakePipe

READY_TIMEOUT_NS = 120_000_000_000
"""The first start on a machine compiles the scan kernel: ten seconds of work, on a busy machine a minute."""
SLOW_START_NS = 3_000_000_000
HUNG_NS = {"engine": 5_000_000_000, "io": 5_000_000_000, "gateway": 30_000_000_000}
"""Silence after which a process counts as hung and is killed. A client may keep the gateway busy for seconds."""
_ABSENT_NS = 1_000_000_000
"""A supervisor that was away for so long (a paused machine, a debugger) cannot tell who else was silent meanwhile."""
STOP_TIMEOUT_NS = 5_000_000_000
CALM_NS = 2_000_000_000
"""After a start the processes have enough to do; the next one in waiting, which loads all that there is, comes then."""
SETTLED_NS = 5_000_000_000
"""A child that lived so long is started again at once when it ends."""
BACKOFF_FIRST_NS, BACKOFF_MOST_NS = 100_000_000, 5_000_000_000
_TICK_S = 0.1
_BUSY_TICK_S = 0.01
"""While a child is being started: what depends on it should not wait for the ordinary tick."""


class CannotStart(Exception):
    """The PLC was not started; nothing of it is left running. The text is for people."""


class Event(Struct, frozen=True):
    """Something people may want to know. `source` is a process's role."""

    time_ns: int
    source: str
    text: str


class ChildProcess(Struct):
    """One role and who plays it at the moment."""

    role: str
    heartbeat: str  # control word that proves it is at work
    process: Part | None = None
    spawned_ns: int = 0
    backoff_ns: int = 0
    due_ns: int | None = None  # when to start it again
    pending: bytes = b""  # an unfinished line of what it says
    last_words: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    clean: bool = True  # ended by itself when asked to
    status: int | None = None  # once it has ended
    renewed: bool = False  # it was asked to end, and another one is to follow


class Supervisor:
    """One PLC from start to end. `folder` holds its files; created when absent. A `cold` one begins without what is
    retained and not persistent; one resource of several takes part in what they have `shared`. `recalled` is what
    became of what was stored, None for a program that retains nothing.
    """

    def __init__(
        self,
        plant: Plant,
        folder: Path,
        on_event: Callable[[Event], None] | None = None,
        spares: Spares | None = None,
        *,
        cold: bool = False,
        shared: SharedGlobals | None = None,
    ) -> None:
        self.plant = plant
        self.folder = folder
        self.events: deque[Event] = deque(maxlen=200)
        self.block: Block | None = None
        self.wanted_running = True
        self.recalled: Recalled | None = None
        self.changing: Coordinator | None = None
        self.restarting: Restarting | None = None
        self._cold, self._shared = cold, shared
        self._keeper: Keeper | None = None
        self._recorder: Recorder | None = None
        self._on_event = on_event
        self.spares = spares or Spares()
        self._owns_spares = spares is None
        self._children: list[ChildProcess] = []
        self._selector = selectors.DefaultSelector()
        self._waking = WakePipe()
        self._lock_fd = -1
        self._stopping = False
        self._fault_seen_ns: int | None = None
        self._looked_ns = self._present_since_ns = self._calm_ns = 0

    # ------------------------------------------------------------------------------------------------------- start

    def start(self) -> None:
        """Start every process and, when all are at work, the program. Raises CannotStart; then nothing is left."""
        bound, program = self.plant.bound, self.plant.program
        if not program.tasks:
            raise CannotStart("the sources have no PROGRAM, so there is nothing to run")
        try:
            self._take_folder()
            devices = len(bound.device_names)
            inputs, outputs = len(bound.input_names), len(bound.output_names)
            recorded = bound.record_bytes > 0
            layout = block_layout(program, inputs, outputs, devices, len(bound.signals), recorded=recorded)
            self.block = Block.create(layout, bound.name)
            os.set_inheritable(self.block.fd, False)
            self._describe()
            self.changing = Coordinator(self.plant, self.block, self.folder, lambda: self._last_word("engine"))
            self._recall()
            self._record()
            self.restarting = Restarting(self.block, bound.engine, self.folder, self._say)
            roles = [ChildProcess("engine", "heartbeat_ns")]
            if bound.connections:
                roles.append(ChildProcess("io", "io_heartbeat_ns"))
            if bound.opcua is not None:
                roles.append(ChildProcess("gateway", "gateway_heartbeat_ns"))
            self._children = roles
            self._selector.register(self._waking, selectors.EVENT_READ, None)
            for child in self._children:
                self._spawn(child)
            self._await_ready()
        except BaseException:
            self._end_children()
            self._release()
            raise
        self._calm_ns = clock.monotonic_ns() + CALM_NS
        if self._keeper is not None:
            self._keeper.begin(self._lock_fd)
        if self.restarting.safe_mode is None:
            self._order(Command.START)

    def _take_folder(self) -> None:
        """Lock the folder and put what the processes read into it."""
        try:
            self._take_lock()
            artifacts.store(self.folder, self.plant.program, self.plant.bound)
        except OSError as error:
            cause = error.strerror or str(error)
            remedy = "make it writable, or name another place in RUNG_STATE"
            raise CannotStart(f"the PLC's files cannot be kept in {self.folder}: {cause}; {remedy}") from error

    def _take_lock(self) -> None:
        """One supervisor for one folder. The lock goes with the process, however it ends."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock_fd = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock_fd, 200, 0).decode(errors="replace")
            os.close(self._lock_fd)
            self._lock_fd = -1
            pid = holder_in(holder)
            raise CannotStart(
                f"the PLC '{self.plant.bound.name}' runs already{f' (process {pid})' if pid else ''}; "
                f"stop that one first, or give this one another name in plc.toml"
            ) from None

    def _describe(self) -> None:
        """Say in the lock file who holds it and where its shared memory is."""
        assert self.block is not None
        text = json.dumps({"pid": os.getpid(), "fd": self.block.fd, "name": self.plant.bound.name}).encode()
        os.ftruncate(self._lock_fd, 0)
        os.pwrite(self._lock_fd, text, 0)

    def _recall(self) -> None:
        """What the retained variables begin with. From now on there is a keeper of them, if there are any."""
        assert self.block is not None
        bound, program = self.plant.bound, self.plant.program
        if not program.retained:
            return
        try:
            now_ns = clock.monotonic_ns()
            utc_ns = now_ns + clock.utc_offset_ns()
            recalled = self.recalled = recall(self.folder, program, now_ns, utc_ns, cold=self._cold)
        except CannotRecall as error:
            remedy = f"put it right, or give them up with `rung retain {bound.name} --forget`"
            raise CannotStart(f"{error}; {remedy}") from error
        for line in recalling.lines(recalled):
            self._say("supervisor", line)
        say = partial(self._say, "supervisor")
        self._keeper = Keeper(self.block, program, recalled, bound.retain_every_ns, say)

    def _record(self) -> None:
        """From now on what the engine does is recorded, if it is to be."""
        assert self.block is not None
        if room := self.plant.bound.record_bytes:
            say = partial(self._say, "supervisor")
            self._recorder = Recorder(self.block, described(self.plant), self.folder / RECORDING, room, say)
            self._recorder.begin()

    def _spawn(self, child: ChildProcess) -> None:
        assert self.block is not None
        child.spawned_ns, child.due_ns, child.pending, child.status = clock.monotonic_ns(), None, b"", None
        with self._retained_for(child) as retained:
            shared = {"globals": self._shared.fd} if self._shared is not None and child.role == "engine" else {}
            assignment = Assignment(child.role, self.folder, {"block": self.block.fd, **shared, **retained})
            child.process = self.spares.start(assignment, alone=self.plant.bound.own_processes)
        self._selector.register(child.process, selectors.EVENT_READ, child)
        self._selector.register(child.process.words, selectors.EVENT_READ, child)

    @contextmanager
    def _retained_for(self, child: ChildProcess) -> Generator[dict[str, int]]:
        """A file in memory with the values that the retained variables of an engine begin with; none for others."""
        if child.role != "engine" or self._keeper is None:
            yield {}
            return
        with open(os.memfd_create("rung-retained"), "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(self._keeper.values)
            file.flush()
            yield {"retained": file.fileno()}

    def _await_ready(self) -> None:
        started_ns, told = clock.monotonic_ns(), False
        while late := ", ".join(child.role for child in self._children if not self._is_ready(child)):
            self._handle_io(_BUSY_TICK_S)
            if self._stopping:
                raise CannotStart("interrupted while starting")
            for child in self._children:
                if child.process is None or child.process.poll() is not None:
                    self._drain(child)
                    words = "\n".join(child.last_words) or "it said nothing"
                    raise CannotStart(f"the {child.role} process ended while starting: {words}")
            waited_ns = clock.monotonic_ns() - started_ns
            if waited_ns > READY_TIMEOUT_NS:
                raise CannotStart(f"not at work after {READY_TIMEOUT_NS // 10**9} s: {late}")
            if waited_ns > SLOW_START_NS and not told:
                told = True
                self._say("supervisor", f"still starting: {late} (the first start on a machine takes longest)")

    def _is_ready(self, child: ChildProcess) -> bool:
        assert self.block is not None
        return self.block.get(child.heartbeat) > child.spawned_ns

    # --------------------------------------------------------------------------------------------------------- run

    def run(self, until: Callable[[], bool] | None = None) -> None:
        """Watch over the PLC until `request_stop`, or until `until` (asked at least ten times a second) says
        so; then end everything.
        """
        try:
            while not self._stopping and not (until is not None and until()):
                complete = self._is_complete()
                if complete and clock.monotonic_ns() > self._calm_ns:  # the next process in waiting holds up nothing
                    self.spares.keep()
                is_calm = complete and self.changing is not None and not self.changing.is_busy
                self._handle_io(_TICK_S if is_calm else _BUSY_TICK_S)
                self._look_at_change()
                self._restart_due()
                self._kill_hung(clock.monotonic_ns())
                if self._keeper is not None:
                    self._keeper.watch(clock.monotonic_ns())
                self._listen_to_terminal()
                self._watch_state()
        finally:
            self.close()

    def request_stop(self) -> None:
        """End `run` soon; from any thread or a signal handler. Does nothing after the end."""
        self._stopping = True
        self.wake()

    def wake(self) -> None:
        """There is something to look at."""
        self._waking.wake()

    def files_of(self, block: Block) -> tuple[CompiledProgram, Bound]:
        """The program of a bank, and what it is bound to. Raises OSError once it has been left."""
        return artifacts.load(self.folder, block.build)

    def _look_at_change(self) -> None:
        """One step of an online change; after the last one everybody here goes on with the new program."""
        assert self.changing is not None
        engine = self._children[0]
        done = self.changing.look(engine.process if self._is_ready(engine) else None)
        if done is not None:
            former, self.plant, self.block = self.plant, done.plant, done.block
            self._say("supervisor", saying.done_line(done))
            self._retain_for(done)
            if self._recorder is not None:
                self._recorder.follow(done.block, described(done.plant))
            if not is_same_face(former.bound, done.plant.bound):
                self._renew("gateway", "other variables are exposed")

    def _retain_for(self, done: Done) -> None:
        program, bound = done.plant.program, done.plant.bound
        if self._keeper is not None:
            self._keeper.follow(done.block, program, bound.retain_every_ns)
            return
        try:
            self._recall()
        except CannotStart as error:
            self._say("supervisor", str(error))
        if self._keeper is not None:
            self._keeper.begin(self._lock_fd)

    def _renew(self, role: str, why: str) -> None:
        """Have a process ended and followed by another one."""
        for child in self._children:
            if child.role == role and child.process is not None:
                self._say(role, f"is started anew: {why}")
                child.renewed = True
                child.process.terminate()

    def _last_word(self, role: str) -> str:
        words = next(child.last_words for child in self._children if child.role == role)
        return words[-1] if words else "it said nothing"

    def _handle_io(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            child = key.data
            if child is None:
                self._waking.listen()
            elif key.fileobj is not child.process:
                self._listen(child)
            elif child.process is not None and child.process.poll() is not None:
                self._ended(child)

    def _listen(self, child: ChildProcess) -> None:
        """Take what the child says; each finished line is an event. A line is cut at 500 characters."""
        if child.process is None:  # it has ended since
            return
        data = child.process.read()
        if data is None:
            return
        if not data:
            self._selector.unregister(child.process.words)
            child.process.words.close()
            return
        *lines, rest = (child.pending + data).split(b"\n")
        child.pending = rest[-500:]
        for line in lines:
            self._word(child, line)

    def _drain(self, child: ChildProcess) -> None:
        """What an ended child still said."""
        if child.process is None or child.process.words.closed:
            return
        data = child.process.words.read() or b""
        for line in (child.pending + data).split(b"\n"):
            if line:
                self._word(child, line)
        child.pending = b""
        self._selector.unregister(child.process.words)
        child.process.words.close()

    def _take_leave(self, child: ChildProcess) -> int:
        """Of a child that is over, with what it still said. Returns its status."""
        assert child.process is not None
        status = child.status = child.process.wait()
        self._selector.unregister(child.process)
        self._drain(child)
        child.process.close()
        child.process = None
        return status

    def _word(self, child: ChildProcess, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()[:500]
        child.last_words.append(text)
        self._say(child.role, text)

    def _ended(self, child: ChildProcess) -> None:
        """A child is gone without having been asked: plan its return."""
        assert self.block is not None
        assert self.restarting is not None
        status = self._take_leave(child)
        now_ns, why = clock.monotonic_ns(), sentence_of(status)
        if child.role == "engine":
            self.restarting.engine_gone(now_ns, why)
            self.block.set("state", EngineState.ENDED)  # the I/O process need not wait for silence to know
        settled = now_ns - child.spawned_ns > SETTLED_NS
        child.backoff_ns = 0 if settled else min(max(child.backoff_ns * 2, BACKOFF_FIRST_NS), BACKOFF_MOST_NS)
        if status == CANNOT:
            child.backoff_ns = BACKOFF_MOST_NS
        child.due_ns = now_ns + child.backoff_ns
        if child.renewed:
            child.renewed, child.due_ns, child.backoff_ns = False, now_ns, 0
            return
        self._say(child.role, f"ended unexpectedly ({why}); it is started again")

    def _restart_due(self) -> None:
        for child in self._children:
            if child.process is None and child.due_ns is not None and clock.monotonic_ns() >= child.due_ns:
                self._spawn(child)

    def _kill_hung(self, now_ns: int) -> None:
        """A process that gives no sign of life is as good as dead, and has to be dead before it is followed."""
        assert self.block is not None
        if now_ns - self._looked_ns > _ABSENT_NS:
            self._present_since_ns = now_ns
        self._looked_ns = now_ns
        for child in self._children:
            if child.process is None:
                continue
            ready = self._is_ready(child)
            limit_ns = HUNG_NS[child.role] + 2 * self.block.get("tick_ns") if ready else READY_TIMEOUT_NS
            sign_ns = max(self.block.get(child.heartbeat), child.spawned_ns, self._present_since_ns)
            if now_ns - sign_ns > limit_ns:
                self._say(child.role, f"gave no sign of life for {(now_ns - sign_ns) / 1e9:.0f} s and is killed")
                child.spawned_ns = now_ns  # said once; its end is found as any other
                child.process.kill()

    def _is_complete(self) -> bool:
        return all(child.process is not None and self._is_ready(child) for child in self._children)

    def _watch_state(self) -> None:
        """Bring the program back to RUN when that is wanted: after the engine was started again, and after a fault
        if so configured.
        """
        assert self.block is not None
        assert self.restarting is not None
        self.restarting.look()
        engine, state = self._children[0], EngineState(self.block.get("state"))
        if not self._is_ready(engine) or engine.process is None:
            return
        if state == EngineState.FAULT:
            if not self.block.get("running_since_ns"):  # else a watchdog has tripped, and nobody knows more yet
                self._handle_fault()
            return
        if (
            state == EngineState.STOP
            and self.wanted_running
            and self._fault_seen_ns is None
            and self._may_start(engine)
        ):
            self._order(Command.START)
        if state == EngineState.RUN:
            self._fault_seen_ns = None

    def _may_start(self, engine: ChildProcess) -> bool:
        """Only an engine that was started anew and never ran is brought to RUN; what people stopped stays stopped."""
        assert self.block is not None
        return self.block.get("scans") == 0 and self.block.get("engine_starts") > 1

    def _handle_fault(self) -> None:
        assert self.block is not None
        assert self.restarting is not None
        now_ns = clock.monotonic_ns()
        if self._fault_seen_ns is None:
            self._fault_seen_ns = now_ns
            self.restarting.tell_fault(now_ns, self.plant, self.block.memory.copy(), self._recorder)
        if self.restarting.is_due(self._fault_seen_ns, now_ns):
            self._fault_seen_ns = None
            self._order(Command.RESET_WARM)
            self._order(Command.START)

    def _listen_to_terminal(self) -> None:
        assert self.block is not None
        heard = terminal_words.hear(self.block)
        if heard is not None:
            self._say("terminal", heard)

    def _order(self, command: Command) -> None:
        assert self.block is not None
        try:
            CommandRing(self.block, "console").order(command)
        except CommandsFull as error:
            self._say("supervisor", f"{command.name} was not sent: {error}")

    def _say(self, source: str, text: str) -> None:
        event = Event(clock.monotonic_ns(), source, text)
        self.events.append(event)
        if self._on_event is not None:
            self._on_event(event)

    # --------------------------------------------------------------------------------------------------------- end

    @property
    def ended_cleanly(self) -> bool:
        """After `close`: every process ended by itself when it was asked to."""
        return all(child.clean for child in self._children)

    def close(self) -> None:
        """Stop the program, let the I/O process write the safe values, end every process, give everything back."""
        if self.block is None:
            return
        self._stopping = True
        if self.changing is not None:
            self.changing.give_up()
        if self.block.get("state") == EngineState.RUN:
            self._order(Command.STOP)
        self._end_children()
        if self.restarting is not None:
            self.restarting.end()
        if self._keeper is not None and not self._keeper.end(self._last_values()):
            self._say("supervisor", "the disk has not taken the retained variables; nobody waits for it any longer")
        self._release()

    def _last_values(self) -> bytes | None:
        """The retained variables as the engine left them, also when it was asked to end together with the supervisor;
        None when it may have ended in the middle of a scan, or never came to the end of one.
        """
        assert self.block is not None
        if self._children[0].status != 0 or self.block.get("fault_code") or not self.block.get("scans"):
            return None
        return gather(self.plant.program.retained, self.block.memory)

    def _end_children(self) -> None:
        for role in ("gateway", "io", "engine"):
            if role == "engine" and self._recorder is not None:
                self._recorder.prepare_end()
            for child in self._children:
                if child.role == role and child.process is not None:
                    self._end(child)

    def _end(self, child: ChildProcess) -> None:
        """Ask the child to end; one that does not within STOP_TIMEOUT is killed."""
        assert child.process is not None
        child.process.terminate()
        deadline_ns = clock.monotonic_ns() + STOP_TIMEOUT_NS
        while child.process.poll() is None and clock.monotonic_ns() < deadline_ns:
            time.sleep(0.005)
        if child.process.poll() is None:
            child.process.kill()
            self._say(child.role, "did not end when asked to and was killed")
        status = self._take_leave(child)
        child.clean = status == 0
        if status != 0:
            self._say(child.role, f"ended with status {status}")

    def _release(self) -> None:
        if self._recorder is not None:
            self._recorder.end()
        if self._owns_spares:
            self.spares.close()
        self._waking.close()
        self._selector.close()
        if self.block is not None:
            self.block.close()
            self.block = None
        if self._lock_fd >= 0:
            os.ftruncate(self._lock_fd, 0)
            os.close(self._lock_fd)
            self._lock_fd = -1
