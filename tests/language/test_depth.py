"""Programs that nest as deep as the language allows run on both executors: neither may run out of stack."""

from __future__ import annotations

import sys

from iec61131.source import SourceFile
from tests.language.harness import values
from tests.language.harness.executors import Limits, Subject

NESTING = 60
DEPTH = 100

# Each of the 100 activations is 60 parentheses and 20 statements deep when it calls the next.
PROGRAM = f"""
FUNCTION Down : DINT
VAR_INPUT
    n : DINT;
END_VAR
IF n > 0 THEN
    {"IF n > 0 THEN " * 20}
    Down := {"(" * NESTING}Down(n - 1){" + 1)" * NESTING};
    {"END_IF;" * 20}
END_IF;
END_FUNCTION

PROGRAM Main
VAR
    n, result : DINT;
END_VAR
result := Down(n);
END_PROGRAM
"""


def test_deep_recursion_inside_deep_expressions():
    subject = Subject([SourceFile("deep.st", PROGRAM)])
    limit = sys.getrecursionlimit()
    for name in subject.executors:
        memory = subject.memory()
        values.write(memory, subject.program.find("Main.n"), DEPTH - 1)
        assert subject.scan(name, memory, 0, Limits(depth=DEPTH)) is None
        assert values.read(memory, subject.program.find("Main.result")) == NESTING * (DEPTH - 1)
    assert sys.getrecursionlimit() == limit


def test_a_fault_in_the_deepest_call_unwinds_all_of_them():
    subject = Subject([SourceFile("deep.st", PROGRAM)])
    failures = set()
    for name in subject.executors:
        memory = subject.memory()
        values.write(memory, subject.program.find("Main.n"), DEPTH + 5)
        failures.add(subject.scan(name, memory, 0, Limits(depth=DEPTH)))
    assert len(failures) == 1
    assert str(failures.pop()).startswith("RECURSION_DEPTH at deep.st")
