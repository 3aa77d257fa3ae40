"""Whatever is typed, there is an answer: programs with holes in them, asked about everywhere; and what it costs."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from iec61131.compiler import CompileOptions
from iec61131.language_service.completion import complete
from iec61131.language_service.hover import hover
from iec61131.language_service.navigation import definition, references
from iec61131.language_service.outline import outline
from iec61131.language_service.program import Parses, Program
from iec61131.language_service.renaming import Refused, rename
from iec61131.language_service.signatures import signature
from iec61131.semantics.uses import declared_at
from iec61131.source import SourceFile
from iec61131.stdlib import BLOCKS, codesys_inputs
from tests.unit.marked import PUMP, main

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "tests" / "language").rglob("*.st"))[::6]
WHOLE = PUMP + main(
    "p : Pump; t : TON; m : ARRAY[1..3] OF Pump; r : REFERENCE TO Pump; n : INT;",
    "p(start := TRUE, wanted := 1.0);\nIF p.Run(2.0) THEN\n  m[n + 1].wanted := p.Speed;\nEND_IF;\nt(PT := T#1s);",
)


def ask_everything(program: Program, file: SourceFile, offset: int) -> None:
    hover(program, file, offset)
    complete(program, file, offset)
    signature(program, file, offset)
    definition(program, file, offset)
    for use in references(program, file, offset):
        assert use.span.file is file
    outline(program.unit(file))


@pytest.mark.parametrize("seed", range(60))
def test_programs_with_holes(seed: int):
    choice = random.Random(seed)
    text = WHOLE
    for _ in range(choice.randrange(1, 4)):
        start = choice.randrange(len(text))
        text = (
            text[:start]
            + choice.choice(["", ".", "(", "^", "[", "'", "(*", "\U0001f600", "END_VAR"])
            + text[start + choice.randrange(1, 40) :]
        )
    file = SourceFile("main.st", text)
    program = Program((file,))
    for _ in range(25):
        ask_everything(program, file, choice.randrange(len(text) + 1))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_programs_of_the_other_tests(path: Path):
    text = path.read_text(encoding="utf-8")
    file = SourceFile("main.st", text)
    program = Program((file,))
    choice = random.Random(path.name)
    for _ in range(15):
        ask_everything(program, file, choice.randrange(len(text) + 1))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_use_spells_its_declaration(path: Path):
    """But for THIS and SUPER, for the names of instances and methods that stand for another, and for what the CODESYS
    family calls inputs of standard blocks.
    """
    others = {pair for block in BLOCKS for pair in codesys_inputs(block).items()}
    file = SourceFile("main.st", path.read_text(encoding="utf-8"))
    for use in Program((file,)).analysis.understood.uses:
        declaration = declared_at(use.meaning)
        if declaration is not None and use.span.file is file:
            written, declared = use.span.text.upper(), declaration.text.upper()
            assert written == declared or (written, declared) in others


def test_a_new_name_leaves_the_program_as_it_was():
    file = SourceFile("main.st", WHOLE)
    program = Program((file,))
    for use in list(program.analysis.understood.uses)[::7]:
        if use.span.file is not file:
            continue
        try:
            renaming = rename(program, file, use.span.start, "brand_new")
        except Refused:
            continue
        assert use.span in renaming.places


def test_a_file_that_has_not_changed_is_not_parsed_again():
    one, other = SourceFile("a.st", PUMP), SourceFile("b.st", main("p : Pump;"))
    parses = Parses()
    first = Program((one, other), parses=parses)
    second = Program((one, SourceFile("b.st", main("q : Pump;"))), parses=parses)
    assert first.unit(one) is second.unit(one)
    assert len(parses.of((one,), CompileOptions())) == 1


def test_long_files_take_time_in_proportion():
    """A generous bound, since others use the machine too; docs/editors.md has the figure."""
    blocks = "\n".join(PUMP.replace("Pump", f"Pump{number}") for number in range(30))
    file = SourceFile("main.st", blocks)
    started = time.process_time()
    program = Program((file,))
    ask_everything(program, file, len(blocks) // 2)
    assert time.process_time() - started < 2.0
