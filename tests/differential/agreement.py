"""Interpreted and compiled, a program must do the same: `check` runs it both ways and raises Disagreement where they
differ.
"""

from __future__ import annotations

from iec61131.compiler import CompileOptions
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.interpreter import InputRow
from iec61131.program import UnknownPath
from iec61131.source import SourceFile
from tests.differential.generator import Cycle, GeneratedProgram
from tests.language.harness import values
from tests.language.harness.executors import Failure, Limits, Subject


class Disagreement(AssertionError):
    """The program with its cycles, and what was different. `kind` says in a word what went wrong."""

    def __init__(self, program: GeneratedProgram, kind: str, complaint: str) -> None:
        super().__init__(f"{complaint}\n\n{program}")
        self.program, self.kind, self.complaint = program, kind, complaint


def check(
    program: GeneratedProgram, executors: tuple[str, str] | tuple[str] = ("interpreted", "compiled")
) -> list[Failure | None]:
    """How each cycle ended. After a fault the program starts cold again, as an engine would start it. One executor
    alone has nobody to disagree with.
    """
    options, is_compiled = CompileOptions(optimise=program.optimise), "compiled" in executors
    try:
        subject = Subject([SourceFile("generated.st", program.text)], options, is_compiled=is_compiled)
    except CompileError as error:
        errors = [d for d in error.diagnostics if d.is_error]
        findings = "\n".join(f"{d.span}: {d.code.id} {d.message}" for d in errors)
        complaint = f"the compiler rejects the program:\n{findings}"
        raise Disagreement(program, " ".join(d.code.id for d in errors), complaint) from error
    limits = Limits(program.loops, program.depth)
    memories = [subject.memory() for _ in executors]
    now_ns = 0
    endings: list[Failure | None] = []
    for number, cycle in enumerate(program.cycles, start=1):
        now_ns += cycle.advance_ns
        if endings and endings[-1] is not None:
            memories = [subject.memory() for _ in executors]
        for memory in memories:
            for path, value in cycle.settings:
                values.write(memory, subject.program.find(path), value)
        inputs = _latched(cycle, subject, now_ns)
        named = zip(executors, memories, strict=True)
        ours, *others = [subject.scan(name, memory, now_ns, limits, inputs) for name, memory in named]
        for theirs in others:
            if ours != theirs:
                raise Disagreement(program, "ending", f"cycle {number}: interpreted: {ours}; compiled: {theirs}")
        difference = subject.difference(memories[0], memories[-1])
        if difference is not None:
            raise Disagreement(program, "memory", f"cycle {number}, ended by {ours}:\n{difference}")
        endings.append(ours)
    return endings


def _latched(cycle: Cycle, subject: Subject, now_ns: int) -> list[InputRow]:
    """The table of signals; what would lie over an earlier row, as located variables do, is left out."""
    rows: list[InputRow] = []
    for signal in cycle.signals:
        try:
            rows += signal.rows(subject.program, now_ns)
        except UnknownPath:  # a reduced program has no such variable any more
            continue
    latched: list[InputRow] = []
    for row in sorted(rows):
        if not latched or latched[-1].end <= row.start:
            latched.append(row)
    return latched
