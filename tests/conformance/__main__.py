"""`python -m tests.conformance DIR`: run the cases and units of a folder, report, and end with 1 if any failed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.conformance.jobs import PAIR_CYCLES, jobs_in, run_job
from tests.conformance.report import Report, shortened
from tests.conformance.units import Unit
from tests.conformance.waivers import FILE, WaiverError, read_waivers, without_case
from tests.conformance.workers import run_all

PROCESSES = 2
JOB_SECONDS = 60.0
DEFAULT_CYCLES = 20
SECONDS_PER_CYCLE = 0.2


def main(arguments: Sequence[str] | None = None, say: Callable[[str], object] | None = None) -> int:
    options = _parser().parse_args(arguments)
    say = say or _say
    try:
        waivers = read_waivers(options.waivers)
    except (OSError, WaiverError) as error:
        say(f"conformance: {error}")
        return 2
    jobs = jobs_in(options.folder, options.only, options.random, options.cycles)
    if not jobs:
        say(f"conformance: {options.folder} has no case or unit that begins with '{options.only}'")
        return 2
    report = Report(waivers)
    job_seconds = options.seconds + options.random * SECONDS_PER_CYCLE
    for job, outcome in run_all(jobs, run_job, options.processes, job_seconds):
        counted = report.add(job.id, job.corpus, outcome, isinstance(job, Unit))
        if options.verbose:
            say(f"{job.id}: {counted.status.value}{f': {shortened(counted.reason)}' if counted.reason else ''}")
    for id_ in without_case(waivers, report.ids, options.only):
        report.fail(id_, "its waiver is unnecessary: there is no such case")
    for line in report.lines():
        say(line)
    return 1 if report.failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds cases/*.jsonl, units/<corpus>/, or both")
    parser.add_argument("--only", default="", help="a corpus, or what the ids begin with")
    parser.add_argument("--random", type=int, default=DEFAULT_CYCLES, help="cycles of each block of a unit")
    parser.add_argument("--cycles", type=int, default=PAIR_CYCLES, help="of two programs that must do the same")
    parser.add_argument("--verbose", action="store_true", help="a line for each case and unit as it ends")
    parser.add_argument(
        "--seconds", type=float, default=JOB_SECONDS, help="for each case or unit, beside its random cycles"
    )
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--waivers", type=Path, default=FILE)
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
