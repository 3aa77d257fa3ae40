"""A block under random inputs: nothing is known of what it should do, but both executors must do the same.

A fault is no failure as long as it is the same one on both; the block then starts cold again. A run can be repeated by
the name of its block, which is the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from iec61131.source import SourceFile
from iec61131.syntax.tree import PouDeclaration, PouKind, VarKind
from tests.conformance.entry import around, parameters
from tests.conformance.random_values import is_drivable, set_random
from tests.conformance.session import Session
from tests.conformance.verdict import CaseFailed

ADVANCE_MS_MAX = 500
LOOPS = 1000
"""The loop budget of a scan. Random bounds make long loops, and the interpreter walks through each turn."""


def drive(sources: Sequence[SourceFile], pou: PouDeclaration, cycles: int) -> None:
    """Raises CaseFailed. Without cycles the block is only compiled."""
    if pou.kind is PouKind.PROGRAM:
        return
    session = Session(sources, around(pou), loops=LOOPS)
    inputs = [
        target
        for name, *_ in parameters(pou, VarKind.INPUT, VarKind.IN_OUT)
        for target in session.targets(name)
        if is_drivable(target)
    ]
    random = Random(pou.name.text.upper())
    for number in range(1, cycles + 1):
        session.now_ns += random.randint(0, ADVANCE_MS_MAX) * 10**6
        set_random(session, inputs, random)
        try:
            fault = session.scan()
        except CaseFailed as failed:
            raise CaseFailed(f"{pou.name.text}, cycle {number}: {failed.reason}") from failed
        if fault is not None:
            session.restart("cold")
