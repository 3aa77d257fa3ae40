"""A workshop makes of each version of a program what a compiler that knows nothing of the others makes: the same code,
the same tables, the same findings.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bench.sources import plant
from iec61131 import compiler, jit
from iec61131.codegen import parts
from iec61131.compiler import CompileOptions, Workshop
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.program import CompiledProgram
from iec61131.semantics.alike import FileChanges
from iec61131.semantics.resolve import Standing
from iec61131.source import SourceFile
from runtime.service import plant as plants

PROGRAMS = sorted((Path(__file__).parents[1] / "language").rglob("*.st"))
EVERY = 5
"""Of the language programs; all of them take minutes."""
FAST = CompileOptions(optimise=0)


Compile = Callable[[Sequence[SourceFile], CompileOptions], tuple[CompiledProgram, list[Diagnostic]]]


def outcome(compile_one: Compile, text: str) -> tuple[CompiledProgram | None, list[str]]:
    try:
        program, warnings = compile_one([SourceFile("main.st", text)], FAST)
    except CompileError as error:
        return None, [str(finding) for finding in error.diagnostics]
    return program, [str(warning) for warning in warnings]


def versions(text: str, seed: str) -> Iterator[str]:
    """What people do to a program while they work on it."""
    choose = random.Random(seed)
    yield text
    yield re.sub(r"(?im)^(\s*END_VAR)[ \t]*$", r"\1\n// moved\n", text)
    found = re.search(r"(?m)^FUNCTION(?:_BLOCK)? (\w+)", text)
    if found is not None:
        yield re.sub(rf"\b{found[1]}\b", f"{found[1]}_2", text)
    yield from redeclared(text, choose)
    lines = text.split("\n")
    for _ in range(3):
        place = choose.randrange(len(lines))
        lines = [*lines[:place], *choose.choice([[lines[place]] * 2, [], [";", lines[place]]]), *lines[place + 1 :]]
        yield "\n".join(lines)
    yield text


def redeclared(text: str, choose: random.Random) -> Iterator[str]:
    """With other variables, some of which may be needed."""
    sections = [found.end() for found in re.finditer(r"(?im)^[ \t]*VAR(?:_TEMP)?[ \t]*$", text)]
    for declaration in ("one_more : ARRAY[1..3] OF DINT;", "timed : TON;", "odd : BYTE := 7; even : LREAL;"):
        if sections:
            place = choose.choice(sections)
            yield f"{text[:place]}\n    {declaration}{text[place:]}"
    declared = list(re.finditer(r"(?im)^[ \t]+\w+[ \t]*:[^=;\n]+(:=[^;\n]*)?;[^\n]*\n", text))
    if declared:
        gone = choose.choice(declared)
        yield text[: gone.start()] + text[gone.end() :]


@pytest.mark.parametrize("path", PROGRAMS[::EVERY], ids=lambda path: path.stem)
def test_every_version_is_what_it_would_be_alone(path: Path):
    text = path.read_text(encoding="utf-8")
    workshop = Workshop()
    for version in versions(text, path.stem):
        assert outcome(workshop.compile, version) == outcome(compiler.compile_program, version)


def test_a_project_that_is_read_again_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its file is another object each time, and says the same."""
    followed = noted(monkeypatch)
    task = '[task.main]\nprogram = "Main"\ninterval = "10ms"\n'
    (tmp_path / "plc.toml").write_text(f'[plc]\nname = "counter"\nsources = ["main.st"]\n\n{task}')
    workshop = plants.new_workshop()
    for step in (1, 2, 3):
        (tmp_path / "main.st").write_text(f"PROGRAM Main\nVAR n : DINT; END_VAR\nn := n + {step};\nEND_PROGRAM\n")
        plants.build(tmp_path, workshop=workshop)
    assert followed == [True, True]


def noted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What `Standing.follow` will have answered."""
    followed: list[bool] = []
    follow = Standing.follow

    def noting(standing: Standing, changes: Sequence[FileChanges]) -> bool:
        followed.append(follow(standing, changes))
        return followed[-1]

    monkeypatch.setattr(Standing, "follow", noting)
    return followed


def test_a_changed_body_is_all_that_is_looked_at(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parts, "WHOLE_SIZE", 1000)
    files = dict(enumerate(re.split(r"(?m)^(?=FUNCTION Scale|PROGRAM )", plant(1200))))
    followed = noted(monkeypatch)
    assembled: list[int] = []

    def assemble(modules: Sequence[str], optimise: int) -> Sequence[bytes]:
        assembled.append(len(modules))
        return jit.compile_objects(modules, optimise)

    workshop = Workshop(assemble)

    def compile_files() -> CompiledProgram:
        sources = [SourceFile(f"{number}.st", text) for number, text in files.items()]
        program, _ = workshop.compile(sources, FAST)
        assert program == compiler.compile_program(sources, FAST)[0]
        return program

    compile_files()
    files[3] = files[3].replace("loads := loads + 1;", "\nloads := loads + 2;\n")
    compile_files()
    assert followed == [True]
    files[3] = files[3].replace("loads : UDINT;", "loads : UDINT;\n    more : UDINT;")
    compile_files()
    assert followed == [True, True]
    files[3] = re.sub(r"(FUNCTION_BLOCK \w+\s+VAR_INPUT)", r"\1\n    hurry : BOOL;", files[3])
    compile_files()
    assert followed == [True, True]  # others call it otherwise: all is looked at
    assert assembled[0] > 4
    assert assembled[1] == 1
    assert assembled[2] == 2  # and one that holds or runs it


def test_variables_that_actions_are_handed_are_not_followed():
    """Another file calls the action, and cannot any more."""
    block = (
        "FUNCTION_BLOCK B\nVAR n : INT; END_VAR\nn := n + 1;\nEND_FUNCTION_BLOCK\nACTION B.Act:\nn := 2;\nEND_ACTION\n"
    )
    caller = SourceFile("main.st", "PROGRAM Main\nVAR b : B; END_VAR\nb.Act();\nEND_PROGRAM\n")
    workshop = Workshop()
    workshop.compile([SourceFile("b.st", block), caller], FAST)
    with pytest.raises(CompileError) as raised:
        workshop.compile(
            [SourceFile("b.st", block.replace("END_VAR", "END_VAR VAR_TEMP k : INT; END_VAR")), caller], FAST
        )
    assert [finding.code.id for finding in raised.value.diagnostics] == ["RUNG0286"]
