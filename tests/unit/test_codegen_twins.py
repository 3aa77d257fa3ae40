"""The programs of `bench/code` do bit for bit what their C twins do; the short form of that bench."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import code

SCANS = 500


@pytest.mark.parametrize("name", code.PROGRAMS)
def test_a_program_and_its_c_twin(name: str, tmp_path: Path, benchmark):
    ours, twin = code.sides(name, code.build_driver(tmp_path), tmp_path)
    before = ours.state().copy()
    code.check_same_work(name, ours, twin, SCANS)
    assert (ours.state() != before).any()
    benchmark.pedantic(ours.scans, args=(100,), rounds=5)
