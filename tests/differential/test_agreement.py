"""Compiled code and interpreter agree on generated programs: memory byte for byte, and each fault by code, place and
call path.

The same programs every time; `python -m tests.differential.fuzz --seconds 600 --seed 1000` looks at others.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest

from iec61131 import compiler
from iec61131.codegen import arms
from iec61131.interpreter import intrinsics, operators
from iec61131.program import FaultCode
from iec61131.source import SourceFile
from iec61131.syntax.tree import BinaryOperator
from tests.differential.agreement import Disagreement, check
from tests.differential.generator import GeneratedProgram, program
from tests.differential.reduction import reduce
from tests.language.harness import coverage

PROGRAMS = 64
BLOCK = 8


@pytest.mark.parametrize("first", range(0, PROGRAMS, BLOCK), ids=lambda first: f"seeds {first}-{first + BLOCK - 1}")
def test_compiled_and_interpreted_programs_agree(first: int):
    for seed in range(first, first + BLOCK):
        try:
            check(program(seed))
        except Disagreement as found:
            pytest.fail(
                f"{reduce(found, check)}\n\nagain with: python -m tests.differential.fuzz --seconds 0 --seed {seed}"
            )


def test_arms_that_are_kept_apart_agree_too(monkeypatch: pytest.MonkeyPatch):
    """As those of a CASE with hundreds of arms are, which no generated program has."""
    monkeypatch.setattr(arms, "MANY", 1)
    monkeypatch.setattr(arms, "TOGETHER", 2)
    for seed in range(PROGRAMS - 2 * BLOCK, PROGRAMS):
        check(program(seed))


# ----------------------------------------------------------------------------------- what the programs are good for


def test_the_programs_use_every_construct():
    missing, seeds = set(coverage.ALL), iter(range(PROGRAMS))
    while missing and (seed := next(seeds, None)) is not None:
        missing -= coverage.constructs(compiler.build_model([SourceFile("x.st", program(seed).text)])[0])
    assert sorted(missing) == []


def test_the_programs_meet_every_fault_and_mostly_none():
    """The interpreter alone can say how they end: that both agree about it is shown above."""
    endings = Counter(
        ending.code if ending else FaultCode.NONE
        for seed in range(16, 58)
        for ending in check(program(seed), ("interpreted",))
    )
    assert endings[FaultCode.NONE] > endings.total() // 2
    assert set(endings) >= {FaultCode.DIVIDE_BY_ZERO, FaultCode.INDEX_OUT_OF_BOUNDS, FaultCode.LOOP_LIMIT}


@pytest.mark.parametrize("mistake", ["modulo", "limit"])
def test_a_planted_mistake_is_found_and_reduced(mistake: str, monkeypatch: pytest.MonkeyPatch):
    """An oracle that never objects would look just like two executors that agree."""
    if mistake == "modulo":
        monkeypatch.setitem(operators.INTEGER, BinaryOperator.MODULO, lambda left, right: left % right)
    else:
        monkeypatch.setitem(intrinsics.INTRINSIC, "LIMIT", lambda operands, _: max(operands[0], min(*operands[1:])))
    found = next(filter(None, (disagreement(program(seed)) for seed in range(PROGRAMS))))
    smaller = reduce(found, check)
    assert smaller.kind == found.kind
    # Some functions that are written in the language use MOD too.
    culprits = {"modulo": "MOD|CONCAT_|DAY_OF_WEEK|_TO_BCD", "limit": "LIMIT"}
    assert re.search(culprits[mistake], smaller.program.text)
    assert len(smaller.program.text) < len(found.program.text) // 3


def disagreement(tried: GeneratedProgram) -> Disagreement | None:
    try:
        check(tried)
    except Disagreement as found:
        return found
    return None
