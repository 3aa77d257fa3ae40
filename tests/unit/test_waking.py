"""Waking a supervisor that may be at its end (`runtime.service.waking`)."""

from __future__ import annotations

import os
import select
import signal
import threading
from types import FrameType

import pytest

from runtime.service.waking import WakePipe


def is_ready(pipe: WakePipe) -> bool:
    return bool(select.select([pipe], [], [], 0)[0])


def test_who_waits_is_woken_once_for_all_calls():
    pipe = WakePipe()
    assert not is_ready(pipe)
    for _ in range(3):
        pipe.wake()
    assert is_ready(pipe)
    pipe.listen()
    assert not is_ready(pipe)
    pipe.listen()
    pipe.close()


def test_nobody_is_held_up_where_nobody_listens():
    pipe = WakePipe()
    for _ in range(100_000):
        pipe.wake()
    assert is_ready(pipe)
    pipe.close()


def test_waking_behind_the_end_does_nothing():
    pipe = WakePipe()
    pipe.close()
    pipe.wake()
    pipe.close()


def test_no_other_file_is_written_to_at_the_end(monkeypatch: pytest.MonkeyPatch):
    """Between the look at the descriptor and the write to it, another thread wants to close."""
    pipe = WakePipe()
    at_writing, closing = threading.Event(), threading.Event()
    closer = threading.Thread(target=lambda: (at_writing.wait(), closing.set(), pipe.close()))
    closer.start()
    really_write = os.write
    written: list[int] = []

    def write(descriptor: int, data: bytes) -> int:
        at_writing.set()
        closing.wait()
        closer.join(0.2)
        written.append(really_write(descriptor, data))
        return written[-1]

    monkeypatch.setattr(os, "write", write)
    pipe.wake()
    closer.join()
    assert written == [1]
    assert pipe.fileno() == -1


def test_a_signal_handler_may_wake_whoever_is_closing(monkeypatch: pytest.MonkeyPatch):
    pipe = WakePipe()
    really_close = os.close

    def wake(_number: int, _frame: FrameType | None) -> None:
        pipe.wake()

    def close(descriptor: int) -> None:
        signal.raise_signal(signal.SIGUSR1)
        really_close(descriptor)

    before = signal.signal(signal.SIGUSR1, wake)
    try:
        monkeypatch.setattr(os, "close", close)
        pipe.close()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert pipe.fileno() == -1
