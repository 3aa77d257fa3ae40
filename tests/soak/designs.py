"""The PLCs of a soak: what each is for, and the forms that its program takes by online change.

A `Design` stays the same for the whole run, a `Form` is one version of its program: a variable more, an array that has
grown, a structure in another order. `files(design, form)` is the project. Every program counts its scans three times,
plain, RETAIN and PERSISTENT; what is read of these three tells most of what can go wrong with memory.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from msgspec import Struct

from runtime.service import passwords
from tests.faults.rig import PROGRAMS

OPERATOR, PASSWORD = "olga", "a good password"
PASSWORD_HASH = passwords.make(PASSWORD)

SAFE_ALIVE, SAFE_VALVE, VALVE = 65535, 77, 500
"""Of the devices: what no program writes, and the value that the program gives to the valve."""
MAX_AGE_S = 0.5
DEVICE_TIMEOUT_MS = 500


class Form(Struct, frozen=True):
    """`extras`: variables more. `marks`: elements of the array. `order`: of the members of the structure. `fault`: the
    first scan meets one.
    """

    extras: int = 0
    marks: int = 8
    order: str = "ABCD"
    fault: bool = False

    def varied(self, chance: random.Random) -> Form:
        """Another one."""
        while True:
            order = "".join(chance.sample("ABCD", 4))
            form = Form(chance.randint(0, 5), chance.choice((8, 8, 16, 64, 200)), order)
            if form != self:
                return form


class Design(Struct, frozen=True):
    """One PLC. `ports` of its OPC UA server and its device (0: it has none). `has_core`: its program is made of `CORE`,
    so that it can be written to, forced and brought to fault in every way that `orders` knows. `is_steady`: its device
    is always well, so that there is no excuse for its outputs.
    """

    name: str
    purpose: str
    interval_ms: int
    opcua_port: int
    device_port: int = 0
    retain_every_ms: int = 1000
    keep_forces: bool = False
    on_fault: str = "stop"
    has_core: bool = True
    is_steady: bool = False
    inputs: tuple[str, ...] = ()


def designs(chance: random.Random, ports: Iterator[int]) -> list[Design]:
    """The five of a run."""
    every, forces_stay = chance.choice((200, 500, 1000)), chance.random() < 0.5
    return [
        Design("counter", "counts", chance.choice((1, 5)), next(ports), retain_every_ms=every, keep_forces=True),
        Design("line", "a device with every fault there is", 10, next(ports), next(ports), inputs=("Main.In",)),
        Design(
            "press",
            "outputs that are safe",
            5,
            next(ports),
            next(ports),
            keep_forces=forces_stay,
            is_steady=True,
        ),
        Design("tasks", "SINGLE tasks and a watchdog", 10, next(ports), on_fault=chance.choice(("stop", "restart"))),
        Design("tank", "the example", 10, next(ports), next(ports), has_core=False, inputs=("Main.Level",)),
    ]


# ------------------------------------------------------------------------------------------------------------ projects

PLC = """\
[plc]
name = "{name}"
sources = ["main.st"]
on_fault = "{on_fault}"
retain = {{ every = "{retain_every_ms}ms" }}

[engine]
loop_limit = 1_000_000_000_000
keep_forces = {keep_forces}

[opcua]
endpoint = "opc.tcp://127.0.0.1:{opcua_port}"
expose = ["Main.*"]
writable = ["Main.Setpoint", "Main.Marks", "Main.Dish.*", "Main.Divisor", "Main.Work"]

[trace.scans]
variables = ["Main.Count"]
"""

USER = """
[opcua.user.{user}]
password_hash = "{password_hash}"
role = "operator"
"""

CYCLIC_TASK = """
[task.main]
program = "Main"
interval = "{interval_ms}ms"
"""

WATCHDOG = """
[task.Fast]
watchdog = { time = "300ms", sensitivity = 3 }
"""

RACK = """
[connection.field]
driver = "modbus"
host = "127.0.0.1"
port = {device_port}
connect_timeout = "1s"
timeout = "{timeout_ms}ms"
reconnect = {{ min = "50ms", max = "300ms" }}

[device.rack]
connection = "field"
poll = "10ms"
offline = {{ after = 3, probe = "200ms" }}

[[device.rack.point]]
name = "in"
area = "input"
address = 0
type = "UINT"
to = "Main.In"
max_age = "{max_age_ms}ms"

[[device.rack.point]]
name = "alive"
area = "holding"
address = 0
type = "UINT"
from = "Main.Alive"
safe = {safe_alive}

[[device.rack.point]]
name = "valve"
area = "holding"
address = 1
type = "UINT"
from = "Main.Valve"
safe = {safe_valve}
"""

CORE = """\
TYPE
    Recipe : STRUCT
{members}
    END_STRUCT;
END_TYPE

{globals}
PROGRAM Main
VAR
{extras}
    Count : LINT;
    Setpoint : LREAL := 1.5;
    Marks : ARRAY[1..{marks}] OF DINT;
    Dish : Recipe;
    Divisor : DINT := {divisor};
    Quotient : DINT;
    Work, i : LINT;
    Load : LREAL := 1.0;
    In, Alive : UINT;
    Valve : UINT := 500;
    InQuality : QUALITY_CODE;
END_VAR
VAR RETAIN Kept : LINT; END_VAR
VAR PERSISTENT Stays : LINT; END_VAR
Quotient := 1000 / Divisor;     (* first: a scan that meets this fault has counted nothing *)
FOR i := 1 TO Work DO
    Load := SQRT(Load + 1.0);
END_FOR;
Count := Count + 1;
Kept := Kept + 1;
Stays := Stays + 1;
Alive := LINT_TO_UINT(Count MOD 60000) + 1;
Valve := 500;
{body}END_PROGRAM
{rest}"""

MEMBERS = {"A": "A : DINT := 11", "B": "B : LREAL := 2.5", "C": "C : STRING[20] := 'as new'", "D": "D : BOOL"}

EVENT_GLOBALS = "VAR_GLOBAL gTrigger : BOOL; gEdges, gHits : LINT; END_VAR\n"
EVENT_DECLARATIONS = "    Edges, Hits : LINT;\n"
EVENT_BODY = """\
Edges := gEdges;
Hits := gHits;
IF Count MOD 7 = 0 THEN
    gTrigger := NOT gTrigger;
    IF gTrigger THEN gEdges := gEdges + 1; END_IF;
END_IF;
"""
EVENT_REST = """
PROGRAM OnEdge
gHits := gHits + 1;
END_PROGRAM

PROGRAM Often
VAR Turns : DINT; END_VAR
Turns := Turns + 1;
END_PROGRAM

CONFIGURATION Plant
    RESOURCE Station ON PLC
        TASK Fast (INTERVAL := T#10ms, PRIORITY := 1);
        TASK Edge (SINGLE := gTrigger, PRIORITY := 0);
        TASK Slow (INTERVAL := T#50ms, PRIORITY := 5);
        PROGRAM Main WITH Fast : Main;
        PROGRAM Reaction WITH Edge : OnEdge;
        PROGRAM Background WITH Slow : Often;
    END_RESOURCE
END_CONFIGURATION
"""


def files(design: Design, form: Form) -> dict[str, str]:
    """The project of a design in one of its forms."""
    if not design.has_core:
        return _tank(design, form)
    has_events = design.name == "tasks"
    toml = PLC.format(
        name=design.name,
        on_fault=design.on_fault,
        retain_every_ms=design.retain_every_ms,
        keep_forces=str(design.keep_forces).lower(),
        opcua_port=design.opcua_port,
    )
    toml += USER.format(user=OPERATOR, password_hash=PASSWORD_HASH)
    toml += WATCHDOG if has_events else CYCLIC_TASK.format(interval_ms=design.interval_ms)
    if design.device_port:
        toml += RACK.format(
            device_port=design.device_port,
            timeout_ms=DEVICE_TIMEOUT_MS,
            max_age_ms=round(MAX_AGE_S * 1000),
            safe_alive=SAFE_ALIVE,
            safe_valve=SAFE_VALVE,
        )
    source = CORE.format(
        members="\n".join(f"        {MEMBERS[member]};" for member in form.order),
        globals=EVENT_GLOBALS if has_events else "",
        extras=_extras(form.extras) + (EVENT_DECLARATIONS if has_events else ""),
        marks=form.marks,
        divisor=0 if form.fault else 1,
        body=(EVENT_BODY if has_events else "") + ("InQuality := QUALITY(In);\n" if design.device_port else ""),
        rest=EVENT_REST if has_events else "",
    )
    return {"plc.toml": toml, "main.st": source}


def _extras(count: int) -> str:
    return "".join(f"    Extra{number} : DINT := {number};\n" for number in range(count))


def _tank(design: Design, form: Form) -> dict[str, str]:
    """The example with ports of its own, and what a form can change in it."""
    toml = (PROGRAMS / "tank" / "plc.toml").read_text()
    source = (PROGRAMS / "tank" / "main.st").read_text()
    toml = _replaced(toml, "port = 5020", f"port = {design.device_port}")
    toml = _replaced(toml, "127.0.0.1:4840", f"127.0.0.1:{design.opcua_port}")
    source = _replaced(source, "    LastScan : TIME;\n", f"    LastScan : TIME;\n{_extras(form.extras)}")
    toml = _replaced(toml, 'timeout = "200ms"', f'timeout = "{DEVICE_TIMEOUT_MS}ms"')
    toml += USER.format(user=OPERATOR, password_hash=PASSWORD_HASH)
    if form.order != "ABCD":
        low, on = ("        LowLow : REAL := 0.5;", "        PumpOn : REAL := 2.0;")
        source = source.replace(low, "@", 1).replace(on, low, 1).replace("@", on, 1)
    if form.fault:
        source = _replaced(source, "LastScan := TIME();", "LastScan := TIME(); Starts := Starts / (Starts - Starts);")
    return {"plc.toml": toml, "main.st": source}


def _replaced(text: str, what: str, by: str) -> str:
    assert what in text, what
    return text.replace(what, by, 1)


def broken(files: dict[str, str], chance: random.Random) -> dict[str, str]:
    """A project that no compiler should take."""
    ways: Sequence[tuple[str, str]] = (
        ("END_PROGRAM", "END_PROGRAMM"),
        ("PROGRAM Main", "PROGRAM Main VAR x : NoSuchType; END_VAR"),
        ("END_VAR", "END_VAR x := y;"),
        ("PROGRAM Main", "PROGRAM Main VAR b : BOOL := 'text'; END_VAR"),
    )
    what, by = chance.choice(ways)
    return {**files, "main.st": _replaced(files["main.st"], what, by)}


def rewired(files: dict[str, str]) -> dict[str, str]:
    """The same program in a project that an online change cannot get to."""
    toml = files["plc.toml"]
    return {
        **files,
        "plc.toml": toml + '\n[connection.other]\ndriver = "simulated"\n[device.other]\nconnection = "other"\n',
    }
