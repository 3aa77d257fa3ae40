"""Looks for a program on which compiled code and interpreter disagree: `python -m tests.differential.fuzz --seconds
600 --seed 1`.

Rounds of programs until the time is over. A disagreement is reduced, printed with the seed of its round, and ends the
search with status 1.
"""

from __future__ import annotations

import argparse
import sys
import time

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.differential.agreement import Disagreement, check
from tests.differential.generator import GeneratedProgram, programs
from tests.differential.reduction import reduce

PROGRAMS_PER_ROUND = 50


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1, help="of the first round; each round counts one up")
    options = parser.parse_args()
    ends_s = time.monotonic() + options.seconds
    round_seed, cycles, faults = options.seed, 0, 0
    while time.monotonic() < ends_s:
        try:
            ends = run_round(round_seed)
        except Disagreement as found:
            sys.stdout.write(f"DISAGREEMENT in the round of seed {round_seed}; making it smaller\n")
            sys.stdout.flush()
            sys.stdout.write(f"{reduce(found, check)}\n")
            return 1
        cycles, faults = cycles + len(ends), faults + sum(ended is not None for ended in ends)
        sys.stdout.write(f"seed {round_seed}: agreed; {cycles} cycles so far, {faults} with a fault\n")
        sys.stdout.flush()
        round_seed += 1
    return 0


def run_round(round_seed: int) -> list[object]:
    """How the cycles ended. Raises Disagreement."""
    endings: list[object] = []

    @seed(round_seed)
    @settings(
        max_examples=PROGRAMS_PER_ROUND,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(programs())
    def agree(program: GeneratedProgram) -> None:
        endings.extend(check(program))

    agree()
    return endings


if __name__ == "__main__":
    sys.exit(main())
