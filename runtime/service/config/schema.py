"""Every key of the project file that is rung's own, one table for each kind of table in the file. Drivers add theirs
(`DriverKind`).

The checker and the reference in docs/project-file.md both read these tables: to add a setting, add a row here, a
field in `project.py` and its use.
"""

from __future__ import annotations

import re
from typing import Any, cast

from iec61131.diagnostics.catalogue.project import OUT_OF_RANGE
from iec61131.program import NUMPY_FORMAT
from iec61131.semantics.options import HEAP_BYTES, HEAP_BYTES_MAX
from io_drivers.contract import Key, KeyKind, WriteMode
from runtime.image.trace_layout import capacity
from runtime.service.config.check import AnyKey, Checker, SpecialKey, is_table
from runtime.service.config.durations import format_duration
from runtime.service.config.project import Loss, OnLossConfig, SafeConfig
from runtime.service.config.toml_spans import Path
from runtime.service.dates import CALENDAR
from runtime.service.texts import CHARACTERS
from runtime.service.tracing.request import MAX_EVERY, MAX_TRIGGER_CHARACTERS, MAX_VARIABLES

US, MS, S = 1_000, 1_000_000, 1_000_000_000
HOUR = 3600 * S
DAY = 24 * HOUR

LEAST_TICK_NS = 100 * US
MAX_RECURSION = 100
"""Activations that the compiler reserves native stack for (`codegen.stack.DEPTH_LIMIT`)."""
MAX_SOURCES_ENTRIES = 1000
MAX_PATTERNS = 1000
MAX_PATTERN_CHARACTERS = 256
MAX_PATH_CHARACTERS = 256
_LEAST_MAX_AGE = "500ms"


# ------------------------------------------------------------------------------------ settings with a form of their own


def _read_sources(checker: Checker, path: Path, value: object) -> tuple[str, ...] | None:
    texts = checker.texts(path, "sources", value, MAX_SOURCES_ENTRIES)
    if texts is not None and not texts:
        checker.refuse(OUT_OF_RANGE, path, name="sources", found="an empty list", range="at least one entry")
        return None
    return None if texts is None else tuple(texts)


def _read_patterns(checker: Checker, path: Path, value: object) -> tuple[str, ...] | None:
    texts = checker.texts(path, str(path[-1]), value, MAX_PATTERNS)
    for number, text in enumerate(texts or ()):
        if not 1 <= len(text) <= MAX_PATTERN_CHARACTERS:
            size = f"{len(text)} characters long"
            checker.refuse(
                OUT_OF_RANGE, (*path, number), name=path[-1], found=size, range=f"1 to {MAX_PATTERN_CHARACTERS}"
            )
            return None
    return None if texts is None else tuple(texts)


def _read_variables(checker: Checker, path: Path, value: object) -> tuple[str, ...] | None:
    texts = checker.texts(path, str(path[-1]), value, MAX_VARIABLES)
    if texts is None:
        return None
    too_long = any(len(text) > MAX_PATH_CHARACTERS for text in texts)
    if not texts or too_long:
        found = f"a name of more than {MAX_PATH_CHARACTERS} characters" if too_long else "an empty list"
        checker.refuse(OUT_OF_RANGE, path, name=path[-1], found=found, range=f"1 to {MAX_VARIABLES} variables")
        return None
    return tuple(texts)


def _read_trigger(checker: Checker, path: Path, value: object) -> str | None:
    if not isinstance(value, str):
        checker.wrong_type(path, str(path[-1]), "a text", '"rising Main.Pump"')
        return None
    if len(value) > MAX_TRIGGER_CHARACTERS:
        found, most = f"{len(value)} characters", f"up to {MAX_TRIGGER_CHARACTERS} characters"
        checker.refuse(OUT_OF_RANGE, path, name=path[-1], found=found, range=most)
        return None
    return value


def _read_pre(checker: Checker, path: Path, value: object) -> str | None:
    """A number, or a text with a part of the whole."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        checker.wrong_type(path, str(path[-1]), "a number of samples or a part of them", '"20%"')
        return None
    return value


def _read_heap(checker: Checker, path: Path, value: object) -> int | None:
    return _read_size(checker, path, value, SIZE_UNITS["kib"], HEAP_BYTES_MAX)


def _read_limit(checker: Checker, path: Path, value: object) -> int | None:
    return _read_size(checker, path, value, RECORD_LEAST_BYTES, RECORD_MOST_BYTES)


def _read_size(checker: Checker, path: Path, value: object, least: int, most: int) -> int | None:
    """A number of bytes."""
    if not isinstance(value, str):
        checker.wrong_type(path, str(path[-1]), "a size", '"64KiB"')
        return None
    written = _SIZE.fullmatch(value)
    size = int(written[1]) * SIZE_UNITS[written[2].lower()] if written is not None else 0
    if not least <= size <= most:
        accepted = f"a number of KiB or MiB, from {_in_units(least)} to {_in_units(most)}"
        checker.refuse(OUT_OF_RANGE, path, name=path[-1], found=f"'{value[:40]}'", range=accepted)
        return None
    return size


def _in_units(size: int) -> str:
    return f"{size >> 20}MiB" if size % (1 << 20) == 0 else f"{size >> 10}KiB"


RECORD_BYTES, RECORD_LEAST_BYTES, RECORD_MOST_BYTES = 128 << 20, 1 << 20, 1 << 40
SIZE_UNITS = {"kib": 1 << 10, "mib": 1 << 20}
_SIZE = re.compile(r"([0-9]{1,9}) ?(KiB|MiB)", re.IGNORECASE | re.ASCII)


def _read_on_loss(checker: Checker, path: Path, value: object) -> OnLossConfig | None:
    if isinstance(value, str):
        modes = [mode.value for mode in Loss if mode is not Loss.VALUE]
        chosen = checker.choice(path, "on_loss", value, modes)
        return None if chosen is None else OnLossConfig(Loss(chosen))
    if not is_table(value):
        checker.wrong_type(
            path, "on_loss", '"hold", "zero", "fault" or a table with a value', '"hold" or { value = 0 }'
        )
        return None
    checked = checker.table(path, (_SUBSTITUTE,), "'on_loss'")
    return OnLossConfig(Loss.VALUE, checked["value"]) if checked.sound else None


def _read_safe(checker: Checker, path: Path, value: object) -> SafeConfig | None:
    if value == "hold":
        return SafeConfig(hold=True)
    scalar = _read_scalar(checker, path, value)
    return None if scalar is None else SafeConfig(value=scalar)


def _read_interval(checker: Checker, path: Path, value: object) -> int | None:
    """Nanoseconds; 0 for a freewheeling task."""
    if not isinstance(value, str):
        checker.wrong_type(path, "interval", "a duration", '"10ms"')
        return None
    duration_ns = checker.duration(path, value)
    if duration_ns is None or duration_ns == 0 or LEAST_TICK_NS <= duration_ns <= HOUR:
        return duration_ns
    accepted = f"0s, or {format_duration(LEAST_TICK_NS)} to {format_duration(HOUR)}"
    checker.refuse(OUT_OF_RANGE, path, name="interval", found=format_duration(duration_ns), range=accepted)
    return None


def _read_scalar(checker: Checker, path: Path, value: object) -> bool | int | float | str | None:
    """A value of a variable whose type is not known yet."""
    name = str(path[-1])
    if isinstance(value, float):
        return checker.number(path, name, value)
    if isinstance(value, bool | int | str):
        return value
    checker.wrong_type(path, name, "a value of the variable", f"{name} = 0")
    return None


_SUBSTITUTE = SpecialKey(
    "value", "value of the variable", "stored into the variable", _read_scalar, example="0", required=True
)

# --------------------------------------------------------------------------------------------------------------- tables

PLC: tuple[AnyKey, ...] = (
    Key(
        "name",
        KeyKind.TEXT,
        "name of the PLC, in files, metrics and OPC UA: letters, digits, _ and -, up to 64",
        required=True,
    ),
    SpecialKey(
        "sources",
        "list of texts",
        "files, folders and patterns such as `blocks/*.st`, relative to the project folder",
        _read_sources,
        example='["main.st"]',
        required=True,
    ),
    Key(
        "dialect",
        KeyKind.CHOICE,
        "`iec` rejects what goes beyond the standard",
        default="rung",
        choices=("rung", "iec"),
    ),
    Key(
        "drawings",
        KeyKind.CHOICE,
        "order of evaluation in drawings without numbers: from top to bottom, or as the elements are stored, which is "
        "how PLCs of OpenPLC Editor and Beremiz run them",
        default="placed",
        choices=("placed", "stored"),
    ),
    Key(
        "on_fault",
        KeyKind.CHOICE,
        "after a fault of the program: stay in FAULT with safe outputs until somebody resets, or reset warm and "
        "start again, or that up to a limit",
        default="stop",
        choices=("stop", "restart", "restart-limited"),
    ),
    Key(
        "restart",
        KeyKind.TABLE,
        "the limit of `restart-limited`; after one fault more the PLC is in safe mode until somebody resets it",
        keys=(
            Key("most", KeyKind.INTEGER, "restarts within that time", default=3, minimum=1, maximum=100),
            Key("within", KeyKind.DURATION, "the time", default=600 * S, minimum=S, maximum=DAY),
        ),
    ),
    SpecialKey(
        "heap",
        "a size",
        "memory for the objects that `__NEW` makes, of a program that uses it; up to 16MiB",
        _read_heap,
        example='"256KiB"',
        default=HEAP_BYTES,
        written_default='`"64KiB"`',
    ),
    Key(
        "retain",
        KeyKind.TABLE,
        "how RETAIN and PERSISTENT variables are stored",
        keys=(
            Key(
                "every",
                KeyKind.DURATION,
                "period in which they are stored when they have changed; a power cut takes back at most so much",
                default=S,
                minimum=100 * MS,
                maximum=HOUR,
            ),
        ),
    ),
    Key(
        "own_processes",
        KeyKind.BOOLEAN,
        "never share a process with other PLCs, also in a service with `--plcs-per-process`",
        default=False,
    ),
)

TASK: tuple[AnyKey, ...] = (
    Key("program", KeyKind.TEXT, "PROGRAM that the task runs; not for a task that the sources declare"),
    SpecialKey(
        "interval",
        "`0s`, or a duration from 100us to 1h",
        "period; goes with `program`; without any, `0s`, the task is freewheeling: it begins anew as soon as it may",
        _read_interval,
        example='"10ms"',
    ),
    Key(
        "priority",
        KeyKind.INTEGER,
        "order among tasks that are due together, 0 first",
        default=1,
        minimum=0,
        maximum=31,
    ),
    Key(
        "watchdog",
        KeyKind.TABLE,
        "fault of the PLC when the task takes too long; without it there is none",
        keys=(
            Key("time", KeyKind.DURATION, "how long a run may take", required=True, minimum=10 * US, maximum=HOUR),
            Key(
                "sensitivity",
                KeyKind.INTEGER,
                "trips at so many longer runs in a row, and at one run of as many times `time`, even while it lasts",
                default=1,
                minimum=1,
                maximum=1000,
            ),
        ),
    ),
)

ENGINE: tuple[AnyKey, ...] = (
    Key("realtime", KeyKind.BOOLEAN, "ask the operating system for a real-time thread (SCHED_FIFO)", default=True),
    Key("priority", KeyKind.INTEGER, "real-time priority of the scan thread", default=80, minimum=1, maximum=99),
    Key(
        "cpu", KeyKind.INTEGER, "processor that the scan thread is pinned to; without it, any", minimum=0, maximum=4095
    ),
    Key(
        "loop_limit",
        KeyKind.INTEGER,
        "iterations of all loops of one scan",
        default=10_000_000,
        minimum=1,
        maximum=10**12,
    ),
    Key(
        "recursion_limit",
        KeyKind.INTEGER,
        "nested activations of recursive functions",
        default=100,
        minimum=1,
        maximum=MAX_RECURSION,
    ),
    Key(
        "outputs_timeout",
        KeyKind.DURATION,
        "silence of the engine after which the I/O process drives the safe outputs; "
        "without it 500ms, or three ticks of the scan if that is more",
        minimum=10 * MS,
        maximum=DAY,
    ),
    Key(
        "keep_forces",
        KeyKind.BOOLEAN,
        "what is forced stays forced when the engine process has to be started again",
        default=False,
    ),
)

RECORDER: tuple[AnyKey, ...] = (
    Key("enabled", KeyKind.BOOLEAN, "whether what goes into each scan is kept", default=True),
    SpecialKey(
        "limit",
        "a size",
        "room on the disk; when it is full, the oldest goes",
        _read_limit,
        example='"128MiB"',
        default=RECORD_BYTES,
        written_default='`"128MiB"`',
    ),
)

CONNECTION: tuple[AnyKey, ...] = (
    Key("driver", KeyKind.TEXT, "driver of the connection; it says which further keys there are", required=True),
)

DEVICE: tuple[AnyKey, ...] = (
    Key("connection", KeyKind.TEXT, "name of the connection that leads to the device", required=True),
)

POINT: tuple[AnyKey, ...] = (
    Key("name", KeyKind.TEXT, "name of the point within its device", required=True),
    Key("to", KeyKind.TEXT, "input: variable or address that takes the value, such as `Main.Level` or `%ID4`"),
    Key("from", KeyKind.TEXT, "output: variable or address that gives the value"),
    Key(
        "type",
        KeyKind.CHOICE,
        "type of the value as it travels; without it, the variable's",
        choices=tuple(name for name in NUMPY_FORMAT if name not in (*CALENDAR, *CHARACTERS)),
    ),
    Key("scale", KeyKind.NUMBER, "variable = wire × scale + offset; not 0", default=1.0),
    Key("offset", KeyKind.NUMBER, "see scale", default=0.0),
    Key(
        "max_age",
        KeyKind.DURATION,
        "input: age of the last good value at which the input counts as lost; "
        f"without it three polls and one timeout, at least {_LEAST_MAX_AGE}",
        minimum=MS,
        maximum=DAY,
    ),
    SpecialKey(
        "on_loss",
        '`"hold"`, `"zero"`, `"fault"` or `{ value = ... }`',
        "input: what becomes of the variable when the input is lost: the last value, zero or FALSE, a value, or a "
        "fault of the PLC",
        _read_on_loss,
        example='"hold"',
        default=OnLossConfig(Loss.HOLD),
        written_default='`"hold"`',
    ),
    Key(
        "write",
        KeyKind.CHOICE,
        "output: when it is written: at every poll; when it changes and every `refresh`; when a BOOL becomes TRUE; "
        "only when it changes",
        default=WriteMode.ON_CHANGE.value,
        choices=tuple(mode.value for mode in WriteMode),
    ),
    Key(
        "refresh",
        KeyKind.DURATION,
        "output with `on_change`: written again after this time",
        default=S,
        minimum=MS,
        maximum=DAY,
    ),
    SpecialKey(
        "safe",
        'value of the variable, or `"hold"`',
        "output: what is written when the program is not in charge; `hold` leaves the device alone",
        _read_safe,
        example="0",
        default=SafeConfig(),
        written_default="zero or FALSE",
    ),
)
INPUT_KEYS = ("max_age", "on_loss")
OUTPUT_KEYS = ("write", "refresh", "safe")

OPCUA: tuple[AnyKey, ...] = (
    Key("endpoint", KeyKind.TEXT, "address that clients connect to", default="opc.tcp://127.0.0.1:4840"),
    SpecialKey(
        "expose",
        "list of patterns",
        "variables that clients see; nothing is exposed that is not named",
        _read_patterns,
        example='["Main.*"]',
        default=(),
        written_default="`[]`",
    ),
    SpecialKey(
        "writable",
        "list of patterns",
        "exposed variables that operators may write",
        _read_patterns,
        example='["Main.Setpoint"]',
        default=(),
        written_default="`[]`",
    ),
    Key(
        "publish", KeyKind.DURATION, "fastest period of notifications", default=100 * MS, minimum=10 * MS, maximum=HOUR
    ),
    Key(
        "anonymous",
        KeyKind.CHOICE,
        "clients without a user: may read what is exposed, or are refused; they never write",
        default="read",
        choices=("read", "none"),
    ),
)

OPCUA_USER: tuple[AnyKey, ...] = (
    Key("password_hash", KeyKind.TEXT, "salted hash of the password: `scrypt$n$r$p$salt$hash`", required=True),
    Key(
        "role",
        KeyKind.CHOICE,
        "`viewer` reads, `operator` writes as well what is writable",
        required=True,
        choices=("viewer", "operator"),
    ),
)

TRACE: tuple[AnyKey, ...] = (
    SpecialKey(
        "variables",
        "list of texts",
        f"what is sampled: up to {MAX_VARIABLES} variables, members, elements or bits",
        _read_variables,
        example='["Main.Level"]',
        required=True,
    ),
    Key("every", KeyKind.INTEGER, "a sample every so many scans", default=1, minimum=1, maximum=MAX_EVERY),
    SpecialKey(
        "trigger",
        "text",
        "condition that starts a capture: `Main.Level > 2.0`, `Main.Pump`, `rising Main.Pump`; without it, samples are "
        "taken from the start on",
        _read_trigger,
        example='"rising Main.Pump"',
    ),
    SpecialKey(
        "pre",
        'number of samples, or a part such as `"20%"`',
        "samples from before the trigger, of those in a capture",
        _read_pre,
        example='"20%"',
        default="0",
        written_default="`0`",
    ),
    Key(
        "samples",
        KeyKind.INTEGER,
        "samples of a capture, 1000 with a trigger; without one, the trace goes on without end unless this is said",
        minimum=1,
        maximum=capacity(1) - 1,
    ),
    Key("repeat", KeyKind.BOOLEAN, "armed again after each capture", default=False),
)

RESOURCE: tuple[AnyKey, ...] = (
    Key(
        "cpu",
        KeyKind.INTEGER,
        "processor that its scan thread is pinned to; without it that of `[engine]`",
        minimum=0,
        maximum=4095,
    ),
    Key(
        "endpoint",
        KeyKind.TEXT,
        "address of its OPC UA server; without it that of `[opcua]`, for further resources with the next ports",
    ),
    SpecialKey(
        "connections",
        "list of names",
        "connections that belong to it; without it those whose points name its programs",
        _read_patterns,
        example='["rack"]',
        default=(),
        written_default="`[]`",
    ),
)

TOP_LEVEL: dict[str, str] = {
    "plc": "[plc]",
    "task": "[task.NAME]",
    "engine": "[engine]",
    "recorder": "[recorder]",
    "connection": "[connection.NAME]",
    "device": "[device.NAME]",
    "opcua": "[opcua]",
    "trace": "[trace.NAME]",
    "resource": "[resource.NAME]",
}
"""The tables of the file and how their headers are written."""


def least_max_age_ns(device: dict[str, Any], connection: dict[str, Any]) -> int:
    """The default of `max_age`: three polls and one timeout where the driver has such keys, at least 500 ms."""
    poll_ns, timeout_ns = device.get("poll"), connection.get("timeout")
    derived_ns = 3 * cast(int, poll_ns or 0) + cast(int, timeout_ns or 0)
    return max(500 * MS, derived_ns)
