"""A CASE with thousands of arms.

LLVM's time grew faster than the arms: one second for 500 of them with two checks inside, eleven for 2,000. A POU with
so many is not optimised, and does the same.
"""

from __future__ import annotations

import time

import pytest

from iec61131 import compiler, jit
from iec61131.codegen import lower
from iec61131.codegen.nesting import MOST_ARMS
from iec61131.source import SourceFile
from tests.language.harness import values
from tests.language.harness.executors import Limits, Subject

MOST_TIMES_SLOWER = 16
"""For four times the arms. With two checks in an arm, eight were measured on a busy machine."""


def source(arms: int) -> SourceFile:
    written = "\n".join(f"{n}: list[at] := list[at] + {n};" for n in range(arms))
    variables = "VAR\n    state, at : INT;\n    list : ARRAY[0..9] OF DINT;\nEND_VAR\nVAR_TEMP\n    t : INT;\nEND_VAR"
    body = f"t := at;\nCASE state OF\n{written}\nELSE\n    state := t;\nEND_CASE;"
    return SourceFile("main.st", f"PROGRAM Main\n{variables}\n{body}\nEND_PROGRAM\n")


def seconds(arms: int) -> float:
    """Processor time from the model to object code."""
    model, memory, _ = compiler.build_model([source(arms)])
    start = time.process_time()
    jit.compile_object(lower(model, memory).modules[0])
    return time.process_time() - start


@pytest.mark.timeout(600)
def test_four_times_the_arms_do_not_take_sixteen_times_as_long():
    assert seconds(4_000) < MOST_TIMES_SLOWER * seconds(1_000)


@pytest.mark.parametrize("arms", [MOST_ARMS + 1])
def test_an_unoptimised_case_does_the_same(arms: int):
    subject = Subject([source(arms)])
    interpreted, compiled = subject.memory(), subject.memory()
    for state, at in ((0, 1), (5, 3), (arms - 1, 9), (arms - 1, 200), (arms, 4), (7, 0), (7, 10), (-1, 2)):
        for memory in (interpreted, compiled):
            values.write(memory, subject.program.find("Main.state"), state)
            values.write(memory, subject.program.find("Main.at"), at)
        ours = subject.scan("interpreted", interpreted, 0, Limits())
        assert subject.scan("compiled", compiled, 0, Limits()) == ours
        assert subject.difference(interpreted, compiled) is None
