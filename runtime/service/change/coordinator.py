"""The supervisor's part of an online change, step by step in its loop: it waits for nobody.

    submit     from any thread: an offer that was agreed to
    look       in the loop: begin the next one, or see how the one under way gets on

The bank that was left and its program stay as they were, for the way back, until the next change or the end of the PLC.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from runtime import clock
from runtime.engine.states import EngineState
from runtime.engine.view import block_layout
from runtime.image.banks import Banks
from runtime.image.block import Block
from runtime.service import artifacts
from runtime.service.change import offer, orders
from runtime.service.change.offer import Offer
from runtime.service.plant import Plant
from runtime.service.processes.parts import Part

_PATIENCE_NS = 60_000_000_000
"""For loading the machine code and the hand-over, on a machine that has much else to do."""


class CannotChange(Exception):
    """The program in charge stays. The text is for people."""


class Done(Struct, frozen=True):
    """`plant` is in charge. What the hand-over took, between two scans; `unfit` values had no place in their new type
    by then, `unled` references led to nothing, `freed` forces ended.
    """

    plant: Plant
    block: Block
    handover_ns: int
    moved_bytes: int
    unfit: int
    unled: int
    freed: int


class _UnderWay(Struct, frozen=True):
    offer: Offer
    future: Future[Done]
    block: Block
    number: int
    engine: Part
    deadline_ns: int


class Coordinator:
    """See the module's text. `plant` and `block` are what is in charge; `answer` is what the engine said last."""

    def __init__(self, plant: Plant, block: Block, folder: Path, answer: Callable[[], str]) -> None:
        self.plant, self.block, self._answer = plant, block, answer
        self.former: tuple[Plant, Block] | None = None
        self._folder, self._banks = folder, Banks(block)
        self._waiting: deque[tuple[Offer, Future[Done]]] = deque()
        self._under_way: _UnderWay | None = None
        self._builds = 0
        shutil.rmtree(folder / artifacts.BUILDS_FOLDER, ignore_errors=True)

    # ------------------------------------------------------------------------------------------------ from any thread

    def submit(self, agreed: Offer) -> Future[Done]:
        """To be made soon. The future is done, or fails with CannotChange, in the supervisor's thread."""
        future = Future[Done]()
        self._waiting.append((agreed, future))
        return future

    def back(self) -> Offer:
        """The way back to the former program, with today's values. Raises CannotChange or CannotOffer."""
        if self.former is None:
            raise CannotChange("there is no former version to go back to: nothing was changed since the start")
        return offer.make(self.plant, self.former[0], self.block, is_back=True)

    # -------------------------------------------------------------------------------------------------- in the loop

    @property
    def is_busy(self) -> bool:
        return bool(self._waiting) or self._under_way is not None

    def look(self, engine: Part | None) -> Done | None:
        """One step. `engine` is None while no engine is at work. Returns what has just been done."""
        if self._under_way is not None:
            return self._look_on(self._under_way, engine)
        if self._waiting:
            agreed, future = self._waiting.popleft()
            try:
                self._under_way = self._begin(agreed, future, engine)
            except CannotChange as error:
                future.set_exception(error)
            except OSError as error:
                future.set_exception(CannotChange(f"{self._folder}: {error.strerror or error}"))
        return None

    def give_up(self) -> None:
        """The PLC ends: nobody waits any longer."""
        waiting = [future for _, future in self._waiting]
        self._waiting.clear()
        if self._under_way is not None:
            waiting.append(self._under_way.future)
            self._under_way = None
        for future in (future for future in waiting if not future.done()):
            future.set_exception(CannotChange("the PLC ends"))

    def _begin(self, agreed: Offer, future: Future[Done], engine: Part | None) -> _UnderWay:
        if agreed.obstacles:
            raise CannotChange(f"needs a restart: {'; '.join(agreed.obstacles)}")
        if agreed.base is not self.plant:
            raise CannotChange("the program was changed meanwhile; look again what would become of it")
        if engine is None:
            raise CannotChange("the engine is just being started again")
        possible = (EngineState.RUN, EngineState.STOP, *([EngineState.FAULT] if agreed.in_fault else []))
        if self.block.get("state") not in possible:
            raise CannotChange("the PLC is neither running nor stopped")
        block = self._bank_for(agreed)
        order = orders.Order(agreed.planned.tables, agreed.is_back, agreed.in_fault)
        orders.store(self._folder, block.build, order)
        number = self.block.get("wanted_change") + 1
        self.block.set("wanted_bank", block.bank_at)
        self.block.set("wanted_change", number)
        engine.look()
        return _UnderWay(agreed, future, block, number, engine, clock.monotonic_ns() + _PATIENCE_NS)

    def _bank_for(self, agreed: Offer) -> Block:
        """On the way back the one that was left, else another one, with its files in the folder of its build."""
        if agreed.is_back:
            assert self.former is not None
            return self.former[1]
        self._builds += 1
        program, bound = agreed.plant.program, agreed.plant.bound
        there = artifacts.folder_of(self._folder, self._builds)
        there.mkdir(parents=True, exist_ok=True)
        artifacts.store(there, program, bound)
        of_the_program = block_layout(program, 0, 0, 0, len(bound.signals))
        sizes = {name: getattr(of_the_program, name) for name in ("memory_bytes", "signals", "tasks")}
        layout = replace(self.block.layout, **sizes)
        in_use = {self.block.bank_at} | ({self.former[1].bank_at} if self.former is not None else set[int]())
        return self._banks.make(layout, self._builds, in_use)

    def _look_on(self, under_way: _UnderWay, engine: Part | None) -> Done | None:
        block = self.block
        if block.get("bank") == under_way.block.bank_at:
            return self._finish(under_way)
        is_answered = block.get("answered_change") >= under_way.number
        if is_answered or engine is not under_way.engine:
            if block.get("bank") == under_way.block.bank_at:  # just now
                return self._finish(under_way)
            self._under_way = None
            why = f"the program in charge stays: {self._answer() if is_answered else 'the engine process ended'}"
            under_way.future.set_exception(CannotChange(why))
        elif clock.monotonic_ns() > under_way.deadline_ns and not under_way.future.done():
            late = f"the engine has not made the change within {_PATIENCE_NS // 1_000_000_000} s, and is still at it"
            under_way.future.set_exception(CannotChange(late))
        return None

    def _finish(self, under_way: _UnderWay) -> Done:
        self._under_way = None
        before = self.plant, self.block
        left = None if self.former is None else self.former[1].build
        self.former = before
        self.plant, self.block = under_way.offer.plant, self.block.renewed()
        if left is not None and left not in (0, self.block.build):
            shutil.rmtree(artifacts.folder_of(self._folder, left), ignore_errors=True)
        words = ("handover_ns", "handover_bytes", "handover_unfit", "handover_unled", "handover_freed")
        done = Done(self.plant, self.block, *(self.block.get(word) for word in words))
        if not under_way.future.done():
            under_way.future.set_result(done)
        return done
