"""Which outputs are due: one test for each promise of the ledger."""

from __future__ import annotations

import numpy as np

from io_drivers.contract import Channel, Direction, WriteMode
from io_drivers.writing import Ledger
from tests.drivers.harness import raw, value

S = 1_000_000_000


class Setup:
    """A ledger with one INT output per given mode."""

    def __init__(self, *modes: WriteMode, refresh_ns: int = S) -> None:
        channels = [
            Channel(n, f"d.{mode.value}", Direction.OUTPUT, "INT", "INT", write=mode, refresh_ns=refresh_ns)
            for n, mode in enumerate(modes)
        ]
        self.ledger = Ledger(channels)
        self.wire = np.zeros((len(modes), 8), np.uint8)
        self.wanted = np.ones(len(modes), np.bool_)
        self.epoch = 0

    def want(self, *numbers: int) -> None:
        self.wire = np.frombuffer(b"".join(raw("INT", n) for n in numbers), np.uint8).reshape(-1, 8)
        self.ledger.observe(self.wire, self.wanted.copy(), self.epoch)

    def due(self, now_ns: int, *, at_poll: bool = True, confirm: bool = True) -> dict[int, int]:
        rows, values = self.ledger.take(now_ns, at_poll=at_poll)
        if confirm:
            self.ledger.written(rows, values, now_ns)
        else:
            self.ledger.failed(rows, values)
        return {int(row): int(value("INT", v)) for row, v in zip(rows, values, strict=True)}


ALL = (WriteMode.CYCLIC, WriteMode.ON_CHANGE, WriteMode.RISING_EDGE, WriteMode.WRITE_ONLY)


def test_everything_is_due_first_and_then_each_by_its_mode():
    setup = Setup(*ALL)
    setup.want(1, 1, 0, 1)
    assert setup.due(0) == {0: 1, 1: 1, 2: 0, 3: 1}
    setup.want(1, 1, 0, 1)
    assert setup.due(S // 2) == {0: 1}
    assert setup.due(S // 2, at_poll=False) == {}
    assert setup.due(S) == {0: 1, 1: 1}, "refresh for on_change only"
    setup.want(2, 2, 5, 2)
    assert setup.due(S + 1, at_poll=False) == {1: 2, 2: 5, 3: 2}


def test_an_edge_between_two_polls_is_kept():
    setup = Setup(WriteMode.RISING_EDGE)
    setup.want(0)
    setup.due(0)
    setup.want(1)
    setup.want(0)
    assert setup.due(1) == {0: 1}
    setup.want(0)
    assert setup.due(2) == {}


def test_a_refused_edge_stays_pending_with_its_value():
    setup = Setup(WriteMode.RISING_EDGE)
    setup.want(0)
    setup.due(0)
    setup.want(7)
    assert setup.due(1, confirm=False) == {0: 7}
    setup.want(0)
    assert setup.due(2) == {0: 7}
    assert setup.due(3) == {}


def test_an_edge_during_a_write_is_a_second_write():
    setup = Setup(WriteMode.RISING_EDGE)
    setup.want(0)
    setup.due(0)
    setup.want(1)
    rows, values = setup.ledger.take(1, at_poll=True)
    setup.want(0)
    setup.want(1)
    setup.ledger.written(rows, values, 2)
    assert setup.due(3) == {0: 1}


def test_a_failed_write_is_due_again_although_nothing_changed():
    setup = Setup(WriteMode.WRITE_ONLY)
    setup.want(4)
    assert setup.due(0, confirm=False) == {0: 4}
    assert setup.due(1) == {0: 4}
    assert setup.due(2) == {}


def test_after_a_reconnect_all_but_confirmed_edges_are_due():
    setup = Setup(*ALL)
    setup.want(1, 1, 0, 1)
    setup.due(0)
    setup.want(1, 1, 1, 1)
    setup.due(1)
    setup.ledger.forget()
    setup.want(1, 1, 1, 1)
    assert setup.due(2, at_poll=False) == {0: 1, 1: 1, 3: 1}


def test_a_new_epoch_makes_everything_due():
    setup = Setup(*ALL)
    setup.want(1, 1, 1, 1)
    setup.due(0)
    setup.epoch = 1
    setup.want(0, 0, 0, 0)
    assert setup.due(1) == {0: 0, 1: 0, 2: 0, 3: 0}
    assert setup.due(2, at_poll=False) == {}


def test_what_is_to_be_left_alone_is_never_due_and_due_afterwards():
    setup = Setup(WriteMode.CYCLIC, WriteMode.WRITE_ONLY)
    setup.want(1, 1)
    setup.due(0)
    setup.wanted[:] = False
    setup.want(2, 2)
    assert setup.due(5 * S) == {}
    setup.wanted[:] = True
    setup.want(1, 1)
    assert setup.due(6 * S) == {0: 1, 1: 1}, "somebody else may have written meanwhile"
