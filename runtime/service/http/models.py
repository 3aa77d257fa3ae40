"""What travels over HTTP, as pydantic models: they check what comes in, shape what goes out, and make the OpenAPI
description.

Times are UTC in ISO 8601. Values are JSON: BOOL true or false, integers and bit strings whole numbers (64 bits
exactly: mind parsers that keep 53), REAL and LREAL numbers or one of the texts "NaN", "Infinity", "-Infinity", which
JSON has no numbers for, TIME whole nanoseconds, enumerations their number (a label is accepted as well), arrays
lists.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum, StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from runtime.service.commands import MAX_WRITES
from runtime.service.literals import AsWritten

Path = Annotated[str, Field(max_length=500)]


class Model(BaseModel):
    """What is answered. Whoever reads an answer passes over keys that a later version has added."""

    model_config = ConfigDict(frozen=True)


class Request(Model):
    """What is asked for. An unknown key is refused: a misspelt one is not passed over in silence."""

    model_config = ConfigDict(extra="forbid")


# ----------------------------------------------------------------------------------------------------------- requests


class BundleBody(Request):
    """A project: `plc.toml` and the sources it names, as text by relative path; with `resource` the PLC is that one of
    several RESOURCEs.
    """

    files: dict[str, str] = Field(examples=[{"plc.toml": '[plc]\nname = "line"\n...', "main.st": "PROGRAM Main\n..."}])
    resource: str | None = Field(default=None, pattern="^[A-Za-z_][A-Za-z0-9_]{0,63}$")


class ActivateBody(Request):
    """`digest` of the version to run, as answered by the upload."""

    digest: str = Field(pattern="^[0-9a-f]{64}$")


class ChangeBody(Request):
    """`digest` of the version that is to take over while the PLC runs, or `back` for the version before. With `dry_run`
    the answer says what would become of the variables, and nothing is changed; `accept` agrees to what would be lost.
    """

    digest: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    back: bool = False
    dry_run: bool = False
    accept: bool = False


class ResetKind(StrEnum):
    """How much a reset keeps."""

    WARM = "warm"
    COLD = "cold"
    ORIGIN = "origin"


class ResetBody(Request):
    """`warm` keeps RETAIN and PERSISTENT variables, `cold` PERSISTENT ones, `origin` none."""

    kind: ResetKind = ResetKind.WARM


class WriteBody(Request):
    """A value for one variable."""

    value: Any


class ValueForm(StrEnum):
    """How values are written: as JSON has them, or as texts in the form of Structured Text, `"T#2s"`."""

    JSON = "json"
    ST = "st"


class WritesBody(Request):
    """Values by path; they take effect together, before one scan, or not at all."""

    values: dict[Path, Any] = Field(min_length=1, max_length=MAX_WRITES)
    form: ValueForm = ValueForm.JSON

    def pairs(self) -> list[tuple[str, object]]:
        """Paths and values, those in the form of Structured Text as `AsWritten`."""
        as_text = self.form is ValueForm.ST
        return [(path, AsWritten(v) if as_text and isinstance(v, str) else v) for path, v in self.values.items()]


# ----------------------------------------------------------------------------------------------------------- refusals


class Problem(Model):
    """`kind` is for programs, `message` and `remedy` for people."""

    kind: str
    message: str
    remedy: str | None = None


class ErrorAnswer(Model):
    """Every refusal."""

    error: Problem


class Place(Model):
    """A range in a file; lines and columns from 1, the end is the first character behind it."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class FindingNote(Place):
    """A second place that explains the first."""

    text: str


class Finding(Place):
    """One finding of the compiler or of the check of plc.toml. `rung explain CODE` prints the page of a code."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    remedy: str
    notes: list[FindingNote]


class RejectedAnswer(ErrorAnswer):
    """A program with errors."""

    diagnostics: list[Finding]


# ------------------------------------------------------------------------------------------------------------ answers


class Health(Model):
    """The service answers."""

    status: str = "ok"


class Uploaded(Model):
    """A version that was found right and is kept. `new` is false when the same project was there already."""

    name: str
    digest: str
    new: bool
    warnings: list[Finding]


class PlcState(Enum):
    """`off`: no processes. The others are states of the engine; `ended` while it is being started again."""

    OFF = "off"
    STARTING = "starting"
    STOP = "stop"
    RUN = "run"
    FAULT = "fault"
    ENDED = "ended"


class Wanted(Enum):
    """What people asked for last; the service brings it about again after a restart."""

    RUN = "run"
    STOP = "stop"


class SafeMode(Model):
    """The PLC has met too many faults, stands still since this time and does not run again until somebody resets it."""

    since: datetime | None
    reason: str


class PlcSummary(Model):
    """`active` is the digest of the version that runs or would be started; `problem` why the PLC is not in the state
    wanted; `safe_mode` is null for one that may run.
    """

    name: str
    state: PlcState
    wanted: Wanted
    active: str | None
    problem: str | None
    safe_mode: SafeMode | None = None


class Version(Model):
    """A version that is kept."""

    digest: str
    uploaded: datetime
    files: list[str]


class Spread(Model):
    """Of all scans since the engine started, in microseconds."""

    p50_us: float
    p99_us: float
    max_us: float


class Scan(Model):
    """`overruns`: scans that ran past the next tick.

    `lost_activations`: releases of a task that found it still late.
    """

    period_ms: float
    scans: int
    overruns: int
    lost_activations: int
    faults: int
    latency: Spread
    duration: Spread


class TaskStatus(Model):
    """Since the engine started, in microseconds where the name says so. Latency is from the release to the beginning.
    `interval_ms` is 0 for a task that an event starts or that is freewheeling.

    `lost`: releases that found it still late. `overruns`: runs that ended behind the next release. `overlong`: runs in
    a row that took longer than the watchdog's time.
    """

    name: str
    interval_ms: float
    priority: int
    runs: int
    lost: int
    overruns: int
    overlong: int
    last_latency_us: float
    least_latency_us: float
    latency: Spread
    last_duration_us: float
    least_duration_us: float
    duration: Spread


class DeviceStatus(Model):
    """What the driver says of a device. `requests` and the like count since the I/O process started."""

    name: str
    state: str
    requests: int
    failures: int
    reconnects: int
    round_trip_ms: float
    problem: str


class Process(Model):
    """`starts` above 1: the supervisor started it again."""

    role: str
    pid: int
    starts: int


class Site(Model):
    """A place in the program's source."""

    file: str
    line: int
    column: int
    pou: str


class Fault(Model):
    """Why the program stands still. `path` is the place, then the calls that led there, innermost first."""

    code: str
    message: str
    remedy: str
    path: list[Site]


class FaultList(Model):
    """The reports of faults that are kept, newest first."""

    faults: list[str]


class FaultReport(Model):
    """One of them: see docs/operation.md."""

    report: dict[str, Any]


class Event(Model):
    """Something people may want to know; `source` is a process."""

    time: datetime
    source: str
    text: str


class Storing(Model):
    """How retained variables are stored. `stored` and `failures` count attempts since the PLC was started, `last` is
    the time of the last that did not fail, `problem` why they fail at present.
    """

    bytes: int
    stored: int
    failures: int
    last: datetime | None
    problem: str | None


class Recorder(Model):
    """How the flight recorder gets on: bytes it has written since the PLC was started, ticks that are missing, attempts
    that failed, and why they fail at present.
    """

    written: int
    gaps: int
    failures: int
    problem: str | None


class RetainedRow(Model):
    """What became of a retained variable, or of a whole one with all its parts: `converted`, `dropped` or `new`."""

    path: str
    became: str
    note: str


class RetainedStart(Model):
    """What the retained variables of a PLC began with: what was stored at `time`, null when there was nothing. `rows`
    are those that were not kept as they were, up to 1000.
    """

    time: datetime | None
    kept: int
    converted: int
    dropped: int
    new: int
    rows: list[RetainedRow]


class Retained(Model):
    """The retained variables of a PLC with processes; both are null where it has none."""

    storing: Storing | None
    start: RetainedStart | None


class Change(Model):
    """What becomes, or would become, of the variables in an online change. `losses` ask for consent; `others` are
    further variables that are not simply kept, up to 1000. `needs_restart` says why it cannot be made while the PLC
    runs. The last five are about a change that was made: what moving the state took between two scans, values that did
    not fit by then, references that lead to nothing, and forces that ended.
    """

    changed: bool
    kept: int
    converted: int
    dropped: int
    new: int
    losses: list[RetainedRow]
    others: list[RetainedRow]
    needs_consent: bool
    needs_restart: list[str]
    handover_us: float | None
    moved_bytes: int | None
    unfit: int | None
    unled: int | None
    freed: int | None


class Running(Model):
    """What only a PLC with processes has. `retained` and `recorder` are null where nothing is."""

    scan: Scan
    tasks: list[TaskStatus]
    devices: list[DeviceStatus]
    processes: list[Process]
    forces: list[Force]
    fault: Fault | None
    opcua: str | None
    variables: int
    retained: Storing | None
    recorder: Recorder | None


class PlcDetail(PlcSummary):
    """Everything about one PLC. `running` is null while it is off; `events` newest last, versions newest first."""

    running: Running | None
    versions: list[Version]
    events: list[Event]


class PlcList(Model):
    """All PLCs by name."""

    plcs: list[PlcSummary]


class Variable(Model):
    """One exposed variable. `time` is when the value was read from the device, else of the scan; null when never.
    `forced`: it is, or a part of it.
    """

    path: str
    type: str
    writable: bool
    value: Any
    label: str | None = None
    quality: str
    reason: str | None = None
    time: datetime | None
    forced: bool = False


class Force(Model):
    """A variable that keeps this value whatever devices and the program say."""

    path: str
    type: str
    value: Any
    label: str | None = None


class ForceList(Model):
    """All that is forced, in the order in which it was asked for."""

    forces: list[Force]


class VariableList(Model):
    """Values of one and the same scan."""

    variables: list[Variable]
