"""A large program is cut into modules: which do the same together, and which a change of one POU leaves as they are."""

from __future__ import annotations

import pytest

from bench.sources import plant
from iec61131 import codegen, compiler
from iec61131.codegen import parts
from iec61131.compiler import CompileOptions
from iec61131.source import SourceFile
from tests.language.harness.executors import Limits, Subject

LINES = 3000


def modules(text: str, *, optimised: bool = True) -> tuple[str, ...]:
    model, layout, _ = compiler.build_model([SourceFile("main.st", text)])
    return codegen.lower(model, layout, optimised=optimised).modules


def test_a_small_program_is_one_module():
    assert len(modules(plant(500))) == 1


@pytest.mark.parametrize("optimised", [False, True])
def test_a_change_of_one_body_changes_few_modules(optimised: bool):
    text = plant(LINES)
    changed = text.replace("loads := loads + 1;", "loads := loads + 2;", 1)
    assert changed != text
    before, after = modules(text, optimised=optimised), modules(changed, optimised=optimised)
    assert len(before) == len(after) > 8
    changes = sum(a != b for a, b in zip(before, after, strict=True))
    assert 1 <= changes <= 1 + optimised  # its own, and the copy where it is called


def test_what_is_small_is_copied_to_where_it_is_called():
    text = plant(LINES)
    assert sum("available_externally" in module for module in modules(text)) > 8
    assert not any("available_externally" in module for module in modules(text, optimised=False))


@pytest.mark.parametrize("optimise", [0, 3])
def test_modules_do_together_what_the_interpreter_does(optimise: int, monkeypatch: pytest.MonkeyPatch):
    """Also where everything that is called lies in another module."""
    monkeypatch.setattr(parts, "WHOLE_SIZE", 0)
    monkeypatch.setattr(parts, "POUS_PER_PART", 1)
    subject = Subject([SourceFile("main.st", plant(300))], CompileOptions(optimise=optimise))
    assert len(subject.program.objects) > 3
    memories = {executor: subject.memory() for executor in ("interpreted", "compiled")}
    for scan in range(20):
        for executor, memory in memories.items():
            assert subject.scan(executor, memory, scan * 10_000_000, Limits()) is None
        assert subject.difference(*memories.values()) is None
