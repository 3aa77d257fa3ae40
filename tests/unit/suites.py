"""A small project with something of everything that tests meet, and what runs tests beside it."""

from __future__ import annotations

from pathlib import Path

from iec61131 import compiler
from iec61131.compiler import CompileOptions
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import SourceFile
from runtime.service import suite_files
from runtime.testing.suites.loading import TestFile
from runtime.testing.suites.running import Outcome, run
from runtime.testing.suites.world import Limits

PROJECT = """
[plc]
name = "mill"
sources = ["."]

[engine]
loop_limit = 20_000

[task.main]
program = "Main"
interval = "10ms"

[connection.line1]
driver = "modbus"
host = "127.0.0.1"
port = 5020

[device.field]
connection = "line1"

[[device.field.point]]
name = "go"
area = "discrete"
address = 0
to = "Main.Go"
"""
PROGRAM = """
TYPE
    Colour : (Red, Green);
END_TYPE
FUNCTION Level : REAL
Level := 3.0;
END_FUNCTION
FUNCTION_BLOCK Sensor
VAR_OUTPUT
    Value : REAL;
END_VAR
VAR
    Reads : INT;
END_VAR
METHOD Twice : REAL
Twice := 2.0 * Value;
END_METHOD
Value := Level();
Reads := Reads + 1;
END_FUNCTION_BLOCK
FUNCTION_BLOCK Mill
VAR_INPUT
    A, B : INT;
END_VAR
VAR_OUTPUT
    Q : INT;
END_VAR
Q := A / B;
END_FUNCTION_BLOCK
PROGRAM Main
VAR CONSTANT
    MOST : INT := 10;
END_VAR
VAR_INPUT
    Divisor : INT := 1;
END_VAR
VAR
    Go : BOOL;
    Tone : Colour;
    Scans : UDINT;
    Delay : TON;
    Input AT %IW10 : INT;
    Grinder : Mill;
    Probe : Sensor;
    Trust : QUALITY_CODE;
    Pump : BOOL;
END_VAR
Scans := Scans + 1;
Delay(IN := Go, PT := T#1s);
Grinder(A := 6, B := Divisor);
Probe();
Trust := QUALITY(Go);
END_PROGRAM
"""
OPTIONS = CompileOptions(area_bytes={"I": 32})


def written(folder: Path, tests: str, name: str = "test_mill.st") -> Path:
    """The project in `folder`, with a file of tests."""
    (folder / "plc.toml").write_text(PROJECT)
    (folder / "main.st").write_text(PROGRAM)
    (folder / name).write_text(tests)
    return folder / name


def outcomes(path: Path, limits: Limits | None = None) -> dict[str, Outcome]:
    """Of all tests in a file, by their names."""
    (file,) = suite_files.find(path)
    tests = TestFile(file)
    found = {test.name: run(test, tests.bench(test.suite), limits or Limits()) for test in tests.tests()}
    tests.close()
    return found


def findings(tests: str, program: str = PROGRAM, options: CompileOptions = OPTIONS) -> list[Diagnostic]:
    parsed = [compiler.parsed(SourceFile("main.st", program), options)]
    return suite_files.check_file(parsed, SourceFile("test_mill.st", tests), options)


def codes(tests: str, program: str = PROGRAM) -> list[str]:
    return [finding.code.id for finding in findings(tests, program)]


def suite(body: str, parts: str = "") -> str:
    """One suite with one test."""
    return f"TEST_SUITE 'mill'\n{parts}\nTEST 'one'\n{body}\nEND_TEST\nEND_TEST_SUITE\n"
