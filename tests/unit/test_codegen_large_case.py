"""A CASE with thousands of arms.

LLVM's time grew with the square of the arms, two checks in each: 1,000 took three seconds and 2,000 ten. Such a POU was
not optimised then, which made the rest of it slow. Now the arms are kept apart.
"""

from __future__ import annotations

import time

import pytest

from iec61131 import compiler, jit
from iec61131.codegen import lower, nesting
from iec61131.codegen.arms import MANY, TOGETHER
from iec61131.source import SourceFile
from tests.language.harness import values
from tests.language.harness.executors import Limits, Subject

MOST_TIMES_SLOWER = 12
"""For four times the arms. Six were measured on a busy machine; with a square it is sixteen and more."""


def source(arms: int) -> SourceFile:
    written = "\n".join(f"{n}: list[at] := list[last] + {n}; last := state;" for n in range(arms))
    variables = "state, at, last : INT;\n    list : ARRAY[0..9] OF DINT;"
    body = f"t := at;\nCASE state OF\n{written}\nELSE\n    state := t;\nEND_CASE;"
    sections = f"VAR\n    {variables}\nEND_VAR\nVAR_TEMP\n    t : INT;\nEND_VAR"
    return SourceFile("main.st", f"PROGRAM Main\n{sections}\n{body}\nEND_PROGRAM\n")


def seconds(arms: int) -> float:
    """Processor time from the model to object code."""
    model, memory, _ = compiler.build_model([source(arms)])
    start = time.process_time()
    jit.compile_object(lower(model, memory).modules[0])
    return time.process_time() - start


@pytest.mark.timeout(600)
def test_four_times_the_arms_do_not_take_twelve_times_as_long():
    assert seconds(1_200) < MOST_TIMES_SLOWER * seconds(300)


@pytest.mark.parametrize("arms", [MANY - 1, MANY, MANY + TOGETHER])
def test_arms_that_are_kept_apart_do_the_same(arms: int):
    """On both sides of the number from which they are; ELSE is one of them."""
    subject = Subject([source(arms)])
    interpreted, compiled = subject.memory(), subject.memory()
    for state, at in ((0, 1), (5, 3), (arms - 1, 9), (arms - 1, 200), (arms, 4), (7, 0), (7, 10), (-1, 2)):
        for memory in (interpreted, compiled):
            for name, value in (("state", state), ("at", at), ("last", at % 3)):
                values.write(memory, subject.program.find(f"Main.{name}"), value)
        ours = subject.scan("interpreted", interpreted, 0, Limits())
        assert subject.scan("compiled", compiled, 0, Limits()) == ours
        assert subject.difference(interpreted, compiled) is None


def test_a_pou_is_optimised_up_to_a_number_of_arms_that_nobody_writes(monkeypatch: pytest.MonkeyPatch):
    assert nesting.MOST_ARMS >= 5_000
    monkeypatch.setattr(nesting, "MOST_ARMS", MANY + 1)
    for arms, is_optimised in ((MANY + 1, True), (MANY + 2, False)):
        model, memory, _ = compiler.build_model([source(arms)])
        assert (" optnone" not in lower(model, memory).modules[0]) is is_optimised
