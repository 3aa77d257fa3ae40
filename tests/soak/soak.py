"""A soak from start to end: `Soak(...).run()` gives what was violated, or None.

The wild phases are a minute each, and shorter where the whole is; behind each is a calm with a census.
"""

from __future__ import annotations

import itertools
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.soak import census, disturbances, ending, orders
from tests.soak.designs import designs
from tests.soak.door import Interrupted
from tests.soak.hmi import Hmi
from tests.soak.operator import Operator
from tests.soak.story import Story
from tests.soak.watchers import VariableReader, watch, watchers
from tests.soak.world import MARK, Failure, World

PHASE_S = 60.0
_PORTS = range(20_000, 30_000)
"""Below those that the system gives to connections: one that is free for a moment stays free."""
_THREADS_S = 60.0


class Soak:
    """`only` names the PLCs that take part, all if it is empty; `without` the disturbances that do not."""

    def __init__(
        self, folder: Path, seed: int, seconds: float, *, only: Sequence[str] = (), without: Sequence[str] = ()
    ) -> None:
        self.seed, self._seconds = seed, seconds
        self.mark = f"{os.getpid()}-{seed}-{time.monotonic_ns()}"
        os.environ[MARK] = self.mark
        chance = random.Random(seed)
        chosen = [each for each in designs(chance, _free_ports(chance)) if not only or each.name in only]
        self.story = Story(folder / "story.jsonl")
        self.world = World(folder, seed, chosen, self.story)
        self._log = folder / "service.log"
        self._disturbers = [kind(self.world) for kind in disturbances.ALL if kind.__name__ not in without]
        self._threads: list[threading.Thread] = []
        self._recorders = {plc.name: VariableReader(self.world, plc) for plc in self.world.plcs}

    def run(self) -> Failure | None:
        world = self.world
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001 - what is wrong is told as all that is wrong is
            world.fail("soak", error)
        finally:
            try:
                world.close()
            except BaseException as error:  # noqa: BLE001 - the same holds for the end
                world.fail("end", error)
            self._join()
            world.close_doors()
            ending.keep_log(world, self._log)
            self.story.close()
            os.environ.pop(MARK, None)
        return world.failure

    def _run(self) -> None:
        world = self.world
        world.begin_service()
        hmi = Hmi(world)
        try:
            operators = [
                Operator(world, plc, hmi, orders.deck_of(plc.name, has_core=plc.design.has_core), orders.HEAVY)
                for plc in world.plcs
            ]
            self._together(operator.deploy_first for operator in operators)
            for who, (every_s, look) in watchers(world, hmi).items():
                self._start(who, lambda who=who, every_s=every_s, look=look: watch(world, who, every_s, look))
            self._calm(operators)
            for operator in operators:
                self._start(f"operator of {operator.plc.name}", operator.run)
            for disturber in self._disturbers:
                self._start(disturber.name, disturber.run)
            self._phases(operators)
            if world.failure is None:
                world.end_service(by_kill=False)
                self.story.tell("screens", "have heard", **{name: list(news) for name, news in hmi.news.items()})
        finally:
            world.ended.set()
            hmi.close()
        self._join()
        if world.failure is None:
            world.ended.clear()
            gaps = {name: reader.gaps for name, reader in self._recorders.items()}
            ending.check(world, self.mark, gaps)

    def _phases(self, operators: Sequence[Operator]) -> None:
        ends_s = time.monotonic() + self._seconds
        for number in itertools.count(1):
            left_s = ends_s - time.monotonic()
            if left_s <= 0 or self.world.ended.is_set():
                return
            self.story.tell("soak", "wild", phase=number)
            self.world.wild.set()
            self.world.pause(min(PHASE_S, left_s))
            if not self.world.ended.is_set():
                self._calm(operators)

    def _calm(self, operators: Sequence[Operator]) -> None:
        """Everybody comes to an end, every device answers, nothing is forced; then is counted what there is."""
        world = self.world
        world.calm()
        if world.ended.is_set():
            return
        self.story.tell("soak", "calm")
        disturbances.clear(world)
        for operator in operators:
            if operator.plc.epoch != world.gate.epoch:
                operator.take_up()
            operator.calm_down()
        door = world.door("census")
        try:
            for reader in self._recorders.values():
                reader.look_at_recorder()
            census.take(world, door)
        except Interrupted:
            return
        finally:
            door.close()
        world.invariants.log.see("the log", world.service.complaints)

    # ---------------------------------------------------------------------------------------------------------- threads

    def _start(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _together(self, works: Iterator[Callable[[], None]]) -> None:
        """All at the same time, to their ends. Raises what the first of them has raised."""

        def guarded(work: Callable[[], None]) -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the soak
                self.world.fail("start", error)

        threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.world.failure is not None:
            raise self.world.failure.error

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(_THREADS_S)
        stuck = [thread.name for thread in self._threads if thread.is_alive()]
        if stuck:
            self.world.fail("soak", TimeoutError(f"these do not end: {stuck}"))


def _free_ports(chance: random.Random) -> Iterator[int]:
    given: set[int] = set()
    while True:
        port = chance.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in given:
            given.add(port)
            yield port
