"""The IR of a few small programs, as reviewed text: `golden_ir/*.st` with the module that comes of each in `*.ll`.

A change of the generator shows here what it does to the code. When the new text is what was meant, write it down with
`python -m tests.unit.test_codegen_golden` and review the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from iec61131 import codegen, compiler, jit
from iec61131.source import SourceFile

FOLDER = Path(__file__).parent / "golden_ir"
PROGRAMS = sorted(FOLDER.glob("*.st"))


def lowered(path: Path) -> codegen.Lowered:
    model, layout, _ = compiler.build_model([SourceFile(path.name, path.read_text(encoding="utf-8"))])
    return codegen.lower(model, layout)


def module_text(path: Path) -> str:
    """Without the lines that say which module for which machine."""
    return lowered(path).modules[0].partition('target datalayout = ""\n')[2].strip() + "\n"


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_ir(path: Path):
    assert module_text(path) == path.with_suffix(".ll").read_text(encoding="utf-8")


def test_lowering_twice_gives_the_same_text():
    """The digest of a program stands for its object code, so nothing may depend on addresses or the order of sets."""
    for path in PROGRAMS:
        assert lowered(path) == lowered(path)


def test_no_multiplication_is_fused_with_an_addition(tmp_path: Path):
    """A fused one rounds once where the language rounds twice."""
    source = tmp_path / "sum.st"
    text = "PROGRAM Main VAR a, b, c : REAL; d, e, f : LREAL; END_VAR a := a * b + c; d := d * e - f; END_PROGRAM"
    source.write_text(text)
    assembly = jit.assembly(lowered(source).modules[0])[1]
    assert "mul" in assembly
    assert "fma" not in assembly
    assert "fms" not in assembly


if __name__ == "__main__":
    for program in PROGRAMS:
        program.with_suffix(".ll").write_text(module_text(program), encoding="utf-8")
