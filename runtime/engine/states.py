"""The states of an engine, what each means for the program and its outputs, and what becomes of outputs, retained
variables and drivers at every change: two tables. The second one is in docs/operation.md as well, and every row of it
is shown by tests over real processes.
"""

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


class Transition(Struct, frozen=True):
    """What `happens` to a PLC in RUN unless the row says otherwise, and what is so afterwards, in words for people.
    `shown_by` are tests below tests/faults, as file::function, which prove what is said of the outputs.
    """

    happens: str
    state: str
    outputs: str
    retained: str
    drivers: str
    shown_by: tuple[str, ...]


_GO_ON = "go on"
_AS_IT_WAS = "as in the last scan"
TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        "order to start, in STOP",
        "RUN",
        "the program's, from its first whole scan on",
        "as they are",
        _GO_ON,
        ("test_transitions::test_a_stop_makes_the_outputs_safe_and_a_start_gives_them_back",),
    ),
    Transition(
        "order to stop",
        "STOP",
        "safe",
        "as they are; stored",
        "go on: inputs are read, safe values written",
        ("test_transitions::test_a_stop_makes_the_outputs_safe_and_a_start_gives_them_back",),
    ),
    Transition(
        "reset, in any state",
        "STOP",
        "safe",
        "warm: as they are; cold: PERSISTENT ones alone; origin: initial values",
        _GO_ON,
        ("test_transitions::test_a_reset_makes_the_outputs_safe",),
    ),
    Transition(
        "fault of the program",
        "FAULT",
        "safe; nothing of that scan was published",
        "those of the scan before count, until a reset",
        _GO_ON,
        (
            "test_program_faults::test_a_fault_is_told_with_its_place_and_the_outputs_are_safe",
            "test_transitions::test_after_a_fault_the_retained_values_of_the_scan_before_count",
        ),
    ),
    Transition(
        'lost input with `on_loss = "fault"`',
        "FAULT",
        "safe",
        "those of the scan before count, until a reset",
        _GO_ON,
        ("test_transitions::test_a_lost_input_that_is_a_fault_makes_the_outputs_safe",),
    ),
    Transition(
        "watchdog trips, task returns",
        "FAULT",
        "safe",
        "those of the scan before count, until a reset",
        _GO_ON,
        ("test_watchdog::test_overlong_runs_in_a_row_are_a_fault",),
    ),
    Transition(
        "watchdog trips, task does not return",
        "FAULT, then ENDED, then FAULT of another engine",
        "safe, while the task still runs as well",
        "those of the last stored scan",
        _GO_ON,
        ("test_watchdog::test_a_task_that_never_ends_is_a_fault_that_outlasts_its_process",),
    ),
    Transition(
        '`on_fault = "restart"` after a fault',
        "STOP, then RUN",
        "safe, then the program's",
        "as after a warm reset",
        _GO_ON,
        ("test_program_faults::test_a_plc_that_restarts_after_a_fault_comes_back_by_itself",),
    ),
    Transition(
        'one fault too many with `"restart-limited"`',
        "FAULT, in safe mode",
        "safe, also after every restart until a person resets",
        "those of the scan before count, until a reset",
        _GO_ON,
        ("test_safe_mode::test_too_many_faults_lead_to_safe_mode_which_outlasts_the_processes",),
    ),
    Transition(
        "engine process killed, or ended by itself",
        "ENDED, then STOP and RUN of another engine",
        "safe as soon as the supervisor knows, then the program's",
        "those of the last stored scan, or newer ones that are still in memory",
        _GO_ON,
        (
            "test_kills::test_killing_the_engine_makes_the_outputs_safe",
            "test_retained::test_a_killed_plc_goes_on_where_it_was",
        ),
    ),
    Transition(
        "engine process killed in FAULT",
        "STOP of another engine, which waits for a start",
        "safe",
        "those of the last stored scan",
        _GO_ON,
        ("test_transitions::test_after_a_fault_the_retained_values_of_the_scan_before_count",),
    ),
    Transition(
        "engine silent: stopped by a debugger, starved",
        "RUN as far as it could say; killed after five seconds",
        "safe after `outputs_timeout`; the program's as soon as it goes on",
        _AS_IT_WAS,
        _GO_ON,
        (
            "test_transitions::test_the_outputs_of_an_engine_that_is_silent_are_safe",
            "test_kills::test_a_process_that_hangs_is_replaced",
        ),
    ),
    Transition(
        "I/O process killed, or silent",
        "RUN; inputs turn bad with their age",
        "as they were last written, until the next I/O process writes the program's",
        _AS_IT_WAS,
        "end; started anew, all outputs are written",
        (
            "test_transitions::test_a_killed_io_process_leaves_the_outputs_as_they_are_until_its_successor_writes",
            "test_kills::test_killing_the_io_process_costs_no_scan",
        ),
    ),
    Transition(
        "gateway killed, or silent",
        "RUN",
        "the program's",
        _AS_IT_WAS,
        _GO_ON,
        (
            "test_transitions::test_a_killed_gateway_changes_no_output",
            "test_kills::test_killing_the_gateway_costs_no_scan",
        ),
    ),
    Transition(
        "online change",
        "RUN of another program",
        "the program's, from one scan to the next",
        "as they are, by name",
        "go on, untouched",
        ("test_change::test_a_driver_sees_every_output_and_none_that_is_safe",),
    ),
    Transition(
        "supervisor killed",
        "none: every process ends",
        "safe, written by the I/O process before it ends",
        "those of the last stored scan",
        "write the safe values, then end",
        ("test_kills::test_a_killed_supervisor_takes_everything_along",),
    ),
    Transition(
        "orderly end: Ctrl-C, SIGTERM, stop of the service",
        "STOP, then none",
        "safe, written before the processes end",
        "stored, all of them",
        "write the safe values, then end",
        (
            "test_program_faults::test_a_plc_that_restarts_after_a_fault_comes_back_by_itself",
            "test_kills::test_an_interrupted_run_ends_cleanly",
        ),
    ),
)


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
