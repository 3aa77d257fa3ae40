"""What there is to run in a folder, and how one of it is run in a process of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.conformance.cases import Case, read_cases
from tests.conformance.kinds import run_case
from tests.conformance.units import Unit, read_units, run_unit
from tests.conformance.verdict import Outcome

Job = Case | Unit

PAIR_CYCLES = 10_000


def jobs_in(folder: Path, selected: str = "", cycles: int = 0, pair_cycles: int = PAIR_CYCLES) -> list[Job]:
    """The cases and units of the corpus `selected`, or those whose ids begin so. `cycles`: of each block of a unit, run
    with random inputs; `pair_cycles`: of two programs that must do the same."""
    cases = (replace(case, cycles=pair_cycles) for case in read_cases(folder))
    jobs: list[Job] = [*cases, *read_units(folder, cycles)]
    return [job for job in jobs if job.corpus == selected] or [job for job in jobs if job.id.startswith(selected)]


def run_job(job: Job) -> Outcome:
    return run_case(job) if isinstance(job, Case) else run_unit(job)
