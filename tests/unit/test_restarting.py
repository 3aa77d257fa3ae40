"""What becomes of a PLC after a fault, decided over time and without processes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.service import safe_mode
from runtime.service.restarting import Restarting, Writer
from tests.unit import handmade

S = 1_000_000_000


class Case:
    """A supervisor's part, with what it says."""

    def __init__(self, folder: Path, on_fault: str = "restart-limited", most: int = 2, within_s: int = 60) -> None:
        program = handmade.program()
        bound = handmade.bound(program)
        self.block: Block = handmade.make(program, bound)[0]
        self.settings = replace(bound.engine, on_fault=on_fault, restart_most=most, restart_within_ns=within_s * S)
        self.said: list[str] = []
        self.folder = folder
        self.restarting = self.again()

    def again(self) -> Restarting:
        return Restarting(self.block, self.settings, self.folder, lambda _source, text: self.said.append(text))


def test_one_fault_more_than_allowed_leads_to_safe_mode(tmp_path: Path):
    case = Case(tmp_path)
    for at_s in (0, 10):
        case.restarting.fault(at_s * S, "a division")
    assert case.restarting.safe_mode is None
    assert case.restarting.is_due(0, 2 * S)
    case.restarting.fault(20 * S, "an index")
    assert case.block.get("safe_mode") == 1
    assert case.restarting.settle()
    found = safe_mode.read(tmp_path)
    assert found is not None
    assert found.reason == "2 restarts in 1m are allowed; the last fault was: an index"
    assert not case.restarting.is_due(0, 1000 * S)
    assert case.again().safe_mode == found, "who starts it next knows"


def test_faults_that_are_far_enough_apart_are_no_reason(tmp_path: Path):
    case = Case(tmp_path)
    for at_s in range(0, 400, 31):
        case.restarting.fault(at_s * S, "a division")
    assert case.restarting.safe_mode is None


@pytest.mark.parametrize("on_fault", ["stop", "restart"])
def test_without_a_limit_there_is_no_safe_mode(tmp_path: Path, on_fault: str):
    case = Case(tmp_path, on_fault)
    for at_s in range(100):
        case.restarting.fault(at_s * S, "a division")
    assert case.restarting.safe_mode is None
    assert case.restarting.is_due(0, 1000 * S) is (on_fault == "restart")


def test_pauses_double_up_to_a_minute(tmp_path: Path):
    case = Case(tmp_path, "restart")
    pauses: list[int] = []
    for _ in range(8):
        pause_s = next(s for s in range(1, 100) if case.restarting.is_due(0, s * S + 1))
        pauses.append(pause_s)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(
    ("state", "tripped", "counts"),
    [
        (EngineState.RUN, 0, True),
        (EngineState.STOP, 0, False),
        (EngineState.FAULT, 0, False),
        (EngineState.RUN, 1, False),
    ],
    ids=["in the midst of a run", "while stopped", "in a fault, which has counted", "its watchdog will count"],
)
def test_an_engine_that_ends_counts_where_nothing_else_does(
    tmp_path: Path, state: EngineState, tripped: int, counts: bool
):
    case = Case(tmp_path, most=1)
    case.restarting.fault(0, "a division")
    case.block.set("state", state)
    case.block.set("tripped", tripped)
    case.restarting.engine_gone(S, "killed by SIGSEGV")
    assert (case.restarting.safe_mode is not None) is counts


def test_safe_mode_ends_when_the_engine_has_obeyed_a_reset_and_counting_begins_anew(tmp_path: Path):
    case = Case(tmp_path, most=1)
    for _ in range(2):
        case.restarting.fault(0, "a division")
    case.restarting.look()
    assert case.restarting.safe_mode is not None
    case.block.set("safe_mode", 0)  # by the engine
    case.restarting.look()
    assert case.restarting.settle()
    assert safe_mode.read(tmp_path) is None
    case.restarting.fault(S, "a division")
    assert case.restarting.safe_mode is None


@pytest.mark.parametrize("damaged", [b"", b"[]", b"{}", b"\xff", b'{"utc_ns": "x", "reason": 1}'])
def test_a_damaged_file_counts_as_safe_mode(tmp_path: Path, damaged: bytes):
    (tmp_path / safe_mode.FILE).write_bytes(damaged)
    assert Case(tmp_path).restarting.safe_mode is not None


def test_a_folder_that_cannot_be_written_does_not_keep_it_from_safe_mode(tmp_path: Path):
    case = Case(tmp_path / "gone", most=1)
    for _ in range(2):
        case.restarting.fault(0, "a division")
    assert case.block.get("safe_mode") == 1
    assert case.restarting.settle()
    assert any("cannot be written down" in line for line in case.said)


def test_a_disk_that_takes_its_time_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    case, may_go_on = Case(tmp_path, most=1), threading.Event()
    monkeypatch.setattr(safe_mode, "enter", lambda *_: may_go_on.wait(20))
    for _ in range(2):
        case.restarting.fault(0, "a division")
    assert case.restarting.safe_mode is not None
    may_go_on.set()
    assert case.restarting.settle()


def test_a_report_that_cannot_be_made_does_not_end_the_thread():
    writer, done = Writer(), threading.Event()

    def fail() -> None:
        raise ZeroDivisionError

    writer.do(fail)
    writer.do(done.set)
    assert writer.settle()
    assert done.is_set()
