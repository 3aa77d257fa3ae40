"""Programs that nest as deep as the language allows run on both executors: neither may run out of stack."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from iec61131.interpreter import Interpreter
from iec61131.program import CALL_PATH_LENGTH, FaultCode
from iec61131.source import SourceFile
from tests.language.harness import values
from tests.language.harness.executors import Failure, Limits, Subject, header_of

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
    failures: set[Failure | None] = set()
    for name in subject.executors:
        memory = subject.memory()
        values.write(memory, subject.program.find("Main.n"), DEPTH + 5)
        failures.add(subject.scan(name, memory, 0, Limits(depth=DEPTH)))
    assert len(failures) == 1
    failure = failures.pop()
    assert failure is not None
    assert failure.code is FaultCode.RECURSION_DEPTH
    assert failure.place in failure.calls
    assert len(failure.calls) == CALL_PATH_LENGTH


def test_the_memory_block_must_be_the_program_s():
    subject = Subject([SourceFile("deep.st", PROGRAM)])
    interpreter = Interpreter(subject.model, subject.layout)
    with pytest.raises(ValueError, match=f"needs {subject.layout.size}"):
        interpreter.run_task(0, bytearray(subject.layout.size - 1))


def test_any_writable_buffer_will_do_and_the_fault_is_in_its_header():
    """The initial image has a depth limit of 0, so that the first call of a recursive function is one too many."""
    subject = Subject([SourceFile("deep.st", PROGRAM)])
    interpreter = Interpreter(subject.model, subject.layout)
    for block in (bytearray(subject.layout.initial), memoryview(bytearray(subject.layout.initial)), subject.memory()):
        fault = interpreter.run_task(0, block)
        assert fault is not None
        assert (fault.code, fault.span.text) == (FaultCode.RECURSION_DEPTH, "Down(n)")
        header = header_of(np.frombuffer(block, dtype=np.uint8))
        assert (header["fault_code"], header["call_depth"], header["depth"]) == (FaultCode.RECURSION_DEPTH, 1, 0)
