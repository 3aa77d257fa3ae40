"""Compiled code and interpreter agree on generated programs: memory byte for byte, and each fault by code, place and
call path.

The same programs every time; `python -m tests.differential.fuzz --seconds 600 --seed 1` looks at others.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings

from iec61131.program import FaultCode
from tests.differential.agreement import check
from tests.differential.generator import GeneratedProgram, programs
from tests.language.harness.executors import Failure

EXAMPLES = 60


def test_compiled_and_interpreted_programs_agree():
    endings: list[Failure | None] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example),
        report_multiple_bugs=False,
    )
    @given(programs())
    def agree(program: GeneratedProgram) -> None:
        endings.extend(check(program))

    agree()
    # Programs that all fault at once, or never, would say little.
    codes = {ending.code for ending in endings if ending is not None}
    assert sum(ending is None for ending in endings) > EXAMPLES // 2
    assert codes >= {FaultCode.DIVIDE_BY_ZERO, FaultCode.INDEX_OUT_OF_BOUNDS, FaultCode.LOOP_LIMIT}
    assert any(ending is not None and ending.calls for ending in endings)
