"""ST programs of a wanted size, made for measuring."""

from __future__ import annotations

import re

ITEMS_PER_ARRAY = 10


def changing(variables: int) -> str:
    """A program `Main` with `variables` REALs that all change in every scan."""
    names = [f"v{number}" for number in range(variables)]
    declared = "\n".join(f"    {name} : REAL;" for name in names)
    body = "\n".join(f"{name} := x + {number}.0;" for number, name in enumerate(names))
    return f"PROGRAM Main\nVAR\n    x : REAL;\n{declared}\nEND_VAR\nx := x + 1.0;\n{body}\nEND_PROGRAM\n"


def idle(inputs: int, outputs: int, variables: int) -> str:
    """A program `Main` that does nothing, with so many points (REAL) and further variables (DINT, in arrays of ten)."""
    points = [f"    i{n} : REAL;" for n in range(inputs)] + [f"    o{n} : REAL;" for n in range(outputs)]
    arrays = [f"    a{n} : ARRAY[0..{ITEMS_PER_ARRAY - 1}] OF DINT;" for n in range(variables // ITEMS_PER_ARRAY)]
    declared = "\n".join([*points, *arrays])
    return f"PROGRAM Main\nVAR\n{declared}\nEND_VAR\n;\nEND_PROGRAM\n"


# ------------------------------------------------------------------------------------------------- whole projects

MODULES_PER_PROGRAM = 20


def plant(lines: int) -> str:
    """A project of about so many lines, as plants have them: stations of a function block, a FUNCTION and a class
    each, which call each other, and programs that run twenty stations and hand them their arguments.
    """
    modules: list[str] = [_COMMON]
    count = lines_so_far = 0
    while lines_so_far < lines or count == 0:
        modules.append(_STATION.replace("@", str(count)).replace("~", str(count % 7 + 2)))
        count += 1
        lines_so_far = sum(map(_lines, modules)) + count * _LINES_IN_PROGRAM
    programs = [
        _program(number, range(first, min(first + MODULES_PER_PROGRAM, count)))
        for number, first in enumerate(range(0, count, MODULES_PER_PROGRAM))
    ]
    return "\n".join([*modules, *programs])


def in_files(text: str) -> dict[str, str]:
    """A project of `plant` as people keep it: a file for each station, and one for each program."""
    pieces = re.split(r"(?m)^(?=FUNCTION Scale|PROGRAM )", text)
    return {f"{number:04}.st": piece for number, piece in enumerate(pieces)}


def _lines(text: str) -> int:
    return text.count("\n") + 1


_LINES_IN_PROGRAM = 6  # of one station


def _program(number: int, stations: range) -> str:
    declared = "\n".join(f"    station{n} : Station{n};\n    class{n} : Recipe{n};" for n in stations)
    calls = "\n".join(
        f"station{n}(start := go, reset := NOT go, raw := raw + {n}, limit := {50 + n});\n"
        f"total := total + station{n}.level;\n"
        f"IF class{n}.Load({n} MOD 8, station{n}.level) THEN\n"
        f"    faults := faults + 1;\nEND_IF;"
        for n in stations
    )
    return (
        f"PROGRAM Line{number}\nVAR\n    go : BOOL;\n    raw : INT;\n    total : REAL;\n    faults : UDINT;\n"
        f"{declared}\nEND_VAR\ngo := NOT go OR raw > 100;\nraw := raw + 1;\n{calls}\nEND_PROGRAM\n"
    )


_COMMON = """TYPE
    Phase : (Idle, Filling, Heating, Holding, Draining, Failed);
    Sample : STRUCT
        value : REAL;
        quality : USINT;
        at : TIME;
    END_STRUCT;
END_TYPE

VAR_GLOBAL
    gAlarms : UDINT;
    gText : STRING[40];
END_VAR
"""

_STATION = """FUNCTION Scale@ : REAL
VAR_INPUT
    raw : INT;
    gain : REAL := ~.5;
END_VAR
VAR
    bounded : INT;
END_VAR
bounded := LIMIT(-1000, raw, 27648);
IF bounded < 0 THEN
    Scale@ := 0.0;
ELSE
    Scale@ := gain * INT_TO_REAL(bounded) / 27648.0;
END_IF;
END_FUNCTION

FUNCTION_BLOCK Station@
VAR_INPUT
    start, reset : BOOL;
    raw : INT;
    limit : REAL := 80.0;
END_VAR
VAR_OUTPUT
    level : REAL;
    valve, heater, pump, alarm : BOOL;
    phase : Phase;
END_VAR
VAR
    delay, hold : TON;
    edge : R_TRIG;
    cycles : CTU;
    samples : ARRAY[0..~] OF Sample;
    mean : ARRAY[0..9] OF REAL;
    at, i : INT;
    sum : REAL;
    text : STRING[40];
    mask : WORD;
END_VAR

// the level and its mean over the last ten scans
level := Scale@(raw := raw, gain := ~.0) + level * 0.5;
mean[at] := level;
at := (at + 1) MOD 10;
sum := 0.0;
FOR i := 0 TO 9 DO
    sum := sum + mean[i];
END_FOR;
samples[at MOD ~].value := sum / 10.0;
samples[at MOD ~].quality := SEL(level > limit, USINT#192, USINT#64);
samples[at MOD ~].at := TIME();

edge(CLK := start);
cycles(CU := edge.Q, R := reset, PV := 10 + ~);
delay(IN := phase = Phase#Filling, PT := T#@ms);
hold(IN := phase = Phase#Holding AND NOT reset, PT := T#2s);
CASE phase OF
    Phase#Idle:
        valve := FALSE;
        heater := FALSE;
        IF edge.Q AND NOT alarm THEN
            phase := Phase#Filling;
        END_IF;
    Phase#Filling:
        valve := TRUE;
        IF level > limit * 0.5 OR delay.Q THEN
            valve := FALSE;
            phase := Phase#Heating;
        END_IF;
    Phase#Heating:
        heater := sum / 10.0 < limit;
        IF NOT heater THEN
            phase := Phase#Holding;
        END_IF;
    Phase#Holding:
        IF hold.Q THEN
            phase := Phase#Draining;
        END_IF;
    Phase#Draining, Phase#Failed:
        pump := level > 1.0;
        IF NOT pump AND reset THEN
            phase := Phase#Idle;
        END_IF;
END_CASE;

mask := SHL(mask, 1) OR SEL(level > limit, WORD#0, WORD#1);
IF (mask AND WORD#16#0007) = WORD#16#0007 AND NOT alarm THEN
    alarm := TRUE;
    gAlarms := gAlarms + 1;
    text := CONCAT('station @: ', 'too high');
    IF LEN(gText) < 20 THEN
        gText := CONCAT(gText, LEFT(text, 11));
    ELSE
        gText := text;
    END_IF;
ELSIF reset THEN
    alarm := FALSE;
    mask := 0;
END_IF;
END_FUNCTION_BLOCK

FUNCTION_BLOCK Recipe@
VAR
    steps : ARRAY[0..7] OF REAL;
    current : INT;
    loads : UDINT;
END_VAR
METHOD Load : BOOL
VAR_INPUT
    step : INT;
    value : REAL;
END_VAR
IF step < 0 OR step > 7 THEN
    RETURN;
END_IF;
Load := steps[step] <> value;
steps[step] := value;
IF Load THEN
    loads := loads + 1;
    current := Nearest(value);
END_IF;
END_METHOD
METHOD Nearest : INT
VAR_INPUT
    value : REAL;
END_VAR
VAR
    i : INT;
END_VAR
WHILE i < 7 AND_THEN ABS(steps[i] - value) > 0.5 DO
    i := i + 1;
END_WHILE;
Nearest := i;
END_METHOD
END_FUNCTION_BLOCK
"""
