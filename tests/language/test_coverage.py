"""No construct of the model without a language test: the files in the subfolders use them all."""

from __future__ import annotations

from iec61131 import compiler
from iec61131.program import FaultCode
from tests.language.harness import coverage, notation
from tests.language.test_language import FILES, source


def test_every_construct_has_a_program():
    scripts = [script for script in map(notation.read, map(source, FILES)) if script.runs]
    used = coverage.union(compiler.build_model([script.file])[0] for script in scripts)
    assert sorted(coverage.ALL - used) == []


def test_every_fault_has_a_program():
    steps = [step for path in FILES for step in notation.read(source(path)).steps]
    expected = {step.code for step in steps if isinstance(step, notation.FaultExpectation)}
    of_the_engine = {FaultCode.INPUT_LOST, FaultCode.WATCHDOG, FaultCode.SAFE_MODE}
    wanted = set(FaultCode) - {FaultCode.NONE, *of_the_engine}
    assert {f"RUNG{900 + code:04}" for code in wanted} <= expected
