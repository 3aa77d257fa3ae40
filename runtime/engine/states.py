"""The states of an engine and what each means for the program and its outputs, in one table."""

from __future__ import annotations

from enum import IntEnum, IntFlag

from msgspec import Struct


class EngineState(IntEnum):
    STARTING = 0
    STOP = 1
    RUN = 2
    FAULT = 3
    ENDED = 4


class StateRow(Struct, frozen=True):
    """`tasks`: the program runs. `outputs`: `program` or `safe`, what the I/O process drives. `accepts`: orders and the
    state they lead to.
    """

    tasks: bool
    outputs: str
    accepts: dict[str, EngineState]
    meaning: str


_RESETS: dict[str, EngineState] = dict.fromkeys(("RESET_WARM", "RESET_COLD", "RESET_ORIGIN"), EngineState.STOP)

STATES: dict[EngineState, StateRow] = {
    EngineState.STARTING: StateRow(False, "safe", {}, "memory is being set up; no tick has gone by"),
    EngineState.STOP: StateRow(
        False,
        "safe",
        {
            "START": EngineState.RUN,
            "RESET_WARM": EngineState.STOP,
            "RESET_COLD": EngineState.STOP,
            "RESET_ORIGIN": EngineState.STOP,
        },
        "inputs are latched and writes applied, the program does not run",
    ),
    EngineState.RUN: StateRow(
        True,
        "program",
        {
            "STOP": EngineState.STOP,
            "RESET_WARM": EngineState.STOP,
            "RESET_COLD": EngineState.STOP,
            "RESET_ORIGIN": EngineState.STOP,
        },
        "the program runs",
    ),
    EngineState.FAULT: StateRow(
        False,
        "safe",
        _RESETS,
        "a scan met a fault; memory is as it was then, for diagnosis",
    ),
    EngineState.ENDED: StateRow(False, "safe", {}, "the engine process has ended or is ending"),
}


class Realtime(IntFlag):
    """What the operating system permitted the scan thread."""

    FIFO = 1
    PINNED = 2
    LOCKED = 4
    DMA_LATENCY = 8


class OnLoss(IntEnum):
    """What becomes of a variable when its input has had no good value for longer than `max_age`."""

    HOLD = 0
    SUBSTITUTE = 1
    FAULT = 2
