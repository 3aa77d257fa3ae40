"""Interpreted and compiled, a program must do the same: `check` runs it both ways and raises Disagreement with all
that is needed to see it again."""

from __future__ import annotations

from iec61131.compiler import CompileOptions

from iec61131.diagnostics.diagnostic import CompileError
from iec61131.source import SourceFile
from tests.differential.generator import GeneratedProgram
from tests.language.harness import values
from tests.language.harness.executors import Failure, Limits, Subject


class Disagreement(AssertionError):
    """The program, its cycles, and what was different."""

    def __init__(self, program: GeneratedProgram, complaint: str) -> None:
        super().__init__(f"{complaint}\n\n{program}")
        self.program, self.complaint = program, complaint


def check(program: GeneratedProgram) -> list[Failure | None]:
    """How each cycle ended. A cycle with a fault is the last: the engine would stop there."""
    try:
        subject = Subject([SourceFile("generated.st", program.text)], CompileOptions(optimise=program.optimise))
    except CompileError as error:
        findings = "\n".join(f"{d.span}: {d.code.id} {d.message}" for d in error.diagnostics if d.is_error)
        raise Disagreement(program, f"the compiler rejects the program:\n{findings}") from error
    limits = Limits(program.loops, program.depth)
    interpreted, compiled = subject.memory(), subject.memory()
    now_ns, endings = 0, []
    for number, cycle in enumerate(program.cycles, start=1):
        now_ns += cycle.advance_ns
        for memory in (interpreted, compiled):
            for path, value in cycle.settings:
                values.write(memory, subject.program.find(path), value)
        ours = subject.scan("interpreted", interpreted, now_ns, limits)
        theirs = subject.scan("compiled", compiled, now_ns, limits)
        if ours != theirs:
            raise Disagreement(program, f"cycle {number}: interpreted: {ours}; compiled: {theirs}")
        difference = subject.difference(interpreted, compiled)
        if difference is not None:
            raise Disagreement(program, f"cycle {number}, ended by {ours}:\n{difference}")
        endings.append(ours)
        if ours is not None:
            break
    return endings
