"""What a program learns of its inputs with QUALITY and AGE: which input tells of which bits of its memory, and what it
asks for in vain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iec61131.diagnostics.catalogue.project import NO_INPUT_ASKED
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.program import CompiledProgram, UnknownPath
from iec61131.source import SourceFile, Span
from runtime.service.bound import Bound, SignalRow
from runtime.service.exposure import BoundInput


def signal_rows(program: CompiledProgram, inputs: Sequence[BoundInput]) -> tuple[SignalRow, ...]:
    """In the order of the memory; none for a program that asks nothing."""
    if not program.asked:
        return ()
    rows = [SignalRow(row.start, row.end, row.channel) for row in inputs]
    rows += _of_copies(program, inputs)
    return tuple(sorted(rows, key=lambda row: (row.start, row.end)))


def _of_copies(program: CompiledProgram, inputs: Sequence[BoundInput]) -> Iterator[SignalRow]:
    """What the program copies from an address has the quality of what is there."""
    for copied in program.copied:
        first, behind = program.find(copied.address).bits
        shift = program.find(copied.path).bits[0] - first
        for row in inputs:
            start, end = max(row.start, first), min(row.end, behind)
            if start < end:
                yield SignalRow(start + shift, end + shift, row.channel)


def asked_in_vain(sources: Sequence[SourceFile], program: CompiledProgram, bound: Bound) -> list[Diagnostic]:
    """A warning for each variable that the program asks about and no input fills, where it asks first."""
    files = {file.name: file for file in sources}
    first: dict[str, Diagnostic] = {}
    for asked in program.asked:
        if asked.path and asked.path not in first and asked.file in files and not _is_told(asked.path, program, bound):
            place = Span(files[asked.file], asked.start, asked.end)
            first[asked.path] = NO_INPUT_ASKED.at(place, path=asked.path)
    return list(first.values())


def _is_told(path: str, program: CompiledProgram, bound: Bound) -> bool:
    try:
        start, end = program.find(path).bits
    except UnknownPath:  # a part of it has no name for people
        return True
    return any(row.start < end and start < row.end for row in bound.signals)
