"""Looks for programs on which compiled code and interpreter disagree: `python -m tests.differential.fuzz --seconds 60`.

Programs number `--seed`, the next, and so on, until the time is over. A disagreement is reduced, printed with its seed,
and ends the search with status 1. `--seconds 0` tries that one seed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.differential.agreement import Disagreement, check
from tests.differential.generator import program
from tests.differential.reduction import reduce

REPORT_EVERY = 50


def main() -> int:
    parser = argparse.ArgumentParser(description="Look for a program on which compiled code and interpreter disagree.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to look")
    parser.add_argument("--seed", type=int, default=1, help="of the first program; each further program counts one up")
    options = parser.parse_args()
    ends_s = time.monotonic() + options.seconds
    endings: Counter[str] = Counter()
    seed = options.seed
    while True:
        try:
            endings.update("none" if ending is None else ending.code.name for ending in check(program(seed)))
        except Disagreement as found:
            say(f"seed {seed}: DISAGREEMENT; making the program smaller")
            say(str(reduce(found, check)))
            return 1
        seed += 1
        done = time.monotonic() >= ends_s
        if done or (seed - options.seed) % REPORT_EVERY == 0:
            counts = ", ".join(f"{name.lower()} {count}" for name, count in endings.most_common())
            say(f"seeds {options.seed} to {seed - 1} agree; cycles by fault: {counts}")
        if done:
            return 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
