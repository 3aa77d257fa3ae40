"""Objects of large programs: shared out among processes, kept, found again, and made anew when they are damaged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from iec61131 import jit
from runtime.service import assembling
from runtime.service.assembling import Assembler


def module(number: int) -> str:
    return f"define i32 @task_{number}(ptr %memory) {{\n  ret i32 {number}\n}}\n"


MODULES = [module(number) for number in range(5)]


@pytest.fixture(autouse=True)
def every_module_is_worth_a_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(assembling, "SHARE_CHARACTERS", 1)


def expected() -> list[bytes]:
    return [jit.compile_object(each, 0) for each in MODULES]


@pytest.mark.parametrize("processes", [1, 2, 9])
def test_objects_come_in_the_order_of_their_modules(processes: int):
    assert Assembler(None, processes)(MODULES, 0) == expected()


def test_what_is_kept_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assembler = Assembler(tmp_path / "objects", 1)
    assembler(MODULES, 0)
    made: list[str] = []
    compile_object = jit.compile_object

    def noting(ir: str, optimise: int = 3) -> bytes:
        made.append(ir)
        return compile_object(ir, optimise)

    monkeypatch.setattr(jit, "compile_object", noting)
    changed = [*MODULES[:4], module(7)]
    objects = assembler(changed, 0)
    assert made == [module(7)]
    assert objects == [compile_object(each, 0) for each in changed]
    assert len(assembler(changed, 1)) == 5
    assert made[1:] == changed  # at another level


def test_a_damaged_object_is_made_again(tmp_path: Path):
    assembler = Assembler(tmp_path, 1)
    assembler(MODULES, 0)
    for path in tmp_path.glob("*.o"):
        path.write_bytes(path.read_bytes()[:100])
    assert assembler(MODULES, 0) == expected()
    assert all(jit.is_sound(path.read_bytes()) for path in tmp_path.glob("*.o"))


def test_the_oldest_objects_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assembler = Assembler(tmp_path, 1)
    assembler(MODULES, 0)
    kept = sum(path.stat().st_size for path in tmp_path.iterdir())
    monkeypatch.setattr(assembling, "KEPT_BYTES", kept)
    assembler([module(8), module(9)], 0)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= kept
    assert len(list(tmp_path.iterdir())) == 5


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path):
    (tmp_path / "file").touch()
    assert Assembler(tmp_path / "file" / "objects", 1)(MODULES, 0) == expected()


def test_a_process_that_dies_is_done_without(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert Assembler(None, 3)(MODULES, 0) == expected()


def test_the_process_ends_when_nobody_waits_for_it():
    command = [sys.executable, "-m", "runtime.service.assembling", "1"]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "is gone" in ended.stderr
