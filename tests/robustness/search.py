"""Looks for a text on which the front end breaks down: `python -m tests.robustness.search --seconds 60`.

Texts number `--seed`, the next, and so on, until the time is over. What fails is made smaller and printed with its
seed, each defect once; the search goes on, and ends with status 1. `--seconds 0` tries that one seed.

The texts are those of the repository, or of `--sources DIR`, damaged at random. A search that is led by the coverage of
the code would need a tool that exists for few versions of Python and no processor but x86-64; damage to programs that
get through to the last stage reaches as far.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.verdict import Outcome, Status
from tests.conformance.workers import run_all
from tests.robustness.corpus import Text, texts_of
from tests.robustness.mutations import damaged
from tests.robustness.reduction import failure, reduce

REPORT_EVERY = 500
REDUCTION_SECONDS = 60.0
JOB_SECONDS = 180.0
SHOWN_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Job:
    seed: int
    folder: Path | None


def text_of(job: Job) -> Text:
    return damaged(random.Random(job.seed), texts_of(job.folder))


def run(job: Job) -> Outcome:
    """In a process of its own. The first line of a reason says what failed, for comparison with others."""
    text = text_of(job)
    found = failure(text, job.seed)
    if found is None:
        return Outcome(Status.PASSED)
    kind, what = found
    smallest = reduce(text, job.seed, kind, REDUCTION_SECONDS)
    shown = repr(smallest.text[:SHOWN_CHARACTERS])
    return Outcome(
        Status.FAILED, f"{' '.join(kind)}\n{what}\n{smallest.name}, {len(smallest.text)} characters:\n{shown}"
    )


def main() -> int:
    options = _parser().parse_args()
    if not texts_of(options.sources):
        say(f"there are no sources in {options.sources}")
        return 2
    if options.show:
        say(text_of(Job(options.seed, options.sources)).text)
        return 0
    ends_s = time.monotonic() + options.seconds
    defects: set[str] = set()
    tried = 0

    def jobs() -> Iterator[Job]:
        seed = options.seed
        while seed == options.seed or time.monotonic() < ends_s:
            yield Job(seed, options.sources)
            seed += 1

    for job, outcome in run_all(jobs(), run, options.processes, JOB_SECONDS):
        tried += 1
        defect = outcome.reason.partition("\n")[0]
        if outcome.status is Status.FAILED and defect not in defects:
            defects.add(defect)
            say(f"seed {job.seed}: {outcome.reason}\n")
        if tried % REPORT_EVERY == 0:
            say(f"{tried} texts, {len(defects)} defects")
    say(f"seeds {options.seed} to {options.seed + tried - 1}: {len(defects)} defects")
    return 1 if defects else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Look for a text on which the front end breaks down.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to look")
    parser.add_argument("--seed", type=int, default=1, help="of the first text; each further text counts one up")
    parser.add_argument("--sources", type=Path, help="a folder with sources or cases; the repository's own if left out")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--show", action="store_true", help="print the text of the seed instead")
    return parser


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n".encode(errors="backslashreplace").decode())
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
