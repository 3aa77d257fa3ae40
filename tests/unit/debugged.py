"""A small project to be debugged: two tasks, a block in a block, a function, a fault that somebody can cause."""

from __future__ import annotations

from pathlib import Path

SOURCE = """TYPE Mode : (Idle, Busy); END_TYPE
TYPE Pair : STRUCT a : INT; b : LREAL; END_STRUCT; END_TYPE
FUNCTION Twice : DINT
VAR_INPUT x : DINT; END_VAR
VAR doubled : DINT; END_VAR
doubled := x * 2;
Twice := doubled;
END_FUNCTION
FUNCTION_BLOCK Inner
VAR_INPUT step : DINT; END_VAR
VAR_OUTPUT sum : DINT; END_VAR
sum := sum + Twice(step);
END_FUNCTION_BLOCK
FUNCTION_BLOCK Outer
VAR_INPUT go : BOOL; END_VAR
VAR inner : Inner; calls : DINT; END_VAR
IF go THEN
    inner(step := 3);
    calls := calls + 1;
END_IF;
END_FUNCTION_BLOCK
PROGRAM Main
VAR
    n, toggled : DINT; level : REAL; mode : Mode; outer : Outer; counts : ARRAY[0..299] OF DINT;
    pair : Pair; divisor : DINT := 1; quotient : DINT; timer : TON; text : STRING[10] := 'a$'b'; late : TIME;
END_VAR
VAR_TEMP t : DINT; END_VAR
n := n + 1;
t := n * 10;
toggled := 1;
toggled := 0;
outer(go := n MOD 2 = 0);
timer(IN := TRUE, PT := T#50ms);
IF n = 7 THEN mode := Busy; END_IF;
FOR t := 0 TO 2 DO
    counts[t] := counts[t] + t;
END_FOR;
quotient := 100 / divisor;
pair.b := level;
late := AGE(level);
END_PROGRAM
PROGRAM Slow
VAR runs : DINT; END_VAR
runs := runs + 1;
END_PROGRAM
CONFIGURATION Plant
RESOURCE Cpu ON PC
    TASK fast (INTERVAL := T#10ms, PRIORITY := 1);
    TASK slow (INTERVAL := T#30ms, PRIORITY := 3);
    PROGRAM Main WITH fast : Main;
    PROGRAM Slow WITH slow : Slow;
END_RESOURCE
END_CONFIGURATION
"""

PROJECT = """[plc]
name = "debugged"
sources = ["main.st"]
[connection.line]
driver = "simulated"
[device.io]
connection = "line"
poll = "10ms"
[[device.io.point]]
name = "level"
to = "Main.level"
max_age = "50ms"
on_loss = "hold"
"""

MODEL = """class Model:
    def __init__(self):
        self.level = 0.0

    def step(self, commands, dt_s):
        self.level += dt_s

    def answers(self):
        return {"level": self.level}
"""


def line_of(text: str) -> int:
    """The line on which `text` stands first."""
    return SOURCE[: SOURCE.index(text)].count("\n") + 1


def make(folder: Path) -> Path:
    (folder / "main.st").write_text(SOURCE)
    (folder / "plc.toml").write_text(PROJECT)
    (folder / "model.py").write_text(MODEL)
    return folder
