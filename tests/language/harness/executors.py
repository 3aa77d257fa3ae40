"""Both executors behind one call, so that a test can ask either and compare them.

`Subject` is a compiled program together with its interpreter; `Subject.scan` runs one scan on a memory block with one
of them, in virtual time; `Subject.difference` says in words where two blocks are not the same.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from iec61131 import compiler, jit
from iec61131.interpreter import Fault, InputRow, Interpreter
from iec61131.program import HEADER, NUMPY_FORMAT, SIGNAL_COLUMNS, CompiledProgram, FaultCode
from iec61131.semantics.layout import MemoryLayout
from iec61131.semantics.model import Model
from iec61131.source import SourceFile, Span

Memory = np.ndarray
Place = tuple[str, int, int, int, int]  # file, line, column, end line, end column; all from 1

LOOP_BUDGET = 1_000_000
DEPTH_LIMIT = 100


@dataclass(frozen=True)
class Failure:
    """A fault in the same terms for both executors. `calls` are innermost first."""

    code: FaultCode
    place: Place
    calls: tuple[Place, ...]

    def __str__(self) -> str:
        file, line, column, *_ = self.place
        via = "".join(f", called from line {line} column {column}" for _, line, column, *_ in self.calls)
        return f"{self.code.name} at {file}:{line}:{column}{via}"


@dataclass(frozen=True)
class Limits:
    loops: int = LOOP_BUDGET
    depth: int = DEPTH_LIMIT


Executor = Callable[[int, Memory, Sequence[InputRow]], Failure | None]

MOST_INPUTS = 64
"""Rows that the table of signals behind a memory block has room for."""


class Subject:
    """A program under test, for the interpreter alone unless it `is_compiled`. Raises CompileError."""

    def __init__(
        self, files: list[SourceFile], options: compiler.CompileOptions | None = None, *, is_compiled: bool = True
    ) -> None:
        options = options or compiler.CompileOptions()
        compile_ = compiler.compile_program if is_compiled else compiler.outline_program
        self.program, self.warnings = compile_(files, options)
        self.model: Model
        self.layout: MemoryLayout
        self.model, self.layout, _ = compiler.build_model(files, options)
        self.executors: dict[str, Executor] = {"interpreted": _interpreted(self.model, self.layout)}
        if is_compiled:
            self.executors["compiled"] = _compiled(self.program)

    def memory(self) -> Memory:
        """A cold-started memory block, aligned like a page, with room for a table of signals behind it."""
        size = len(self.program.initial)
        room = np.zeros(size + 4096 + _TABLE_BYTES, dtype=np.uint8)
        start = -room.ctypes.data % 4096
        block = room[start : start + size]
        block[:] = np.frombuffer(self.program.initial, dtype=np.uint8)
        return block

    def scan(
        self, executor: str, memory: Memory, now_ns: int, limits: Limits, inputs: Sequence[InputRow] = ()
    ) -> Failure | None:
        """One scan: every task once, the most urgent first, until the first fault. `inputs` are in the order of their
        bits; machine code finds them in the table behind `memory`.
        """
        header = header_of(memory)
        header["now_ns"], header["loop_budget"], header["depth_limit"] = now_ns, limits.loops, limits.depth
        header["fault_code"] = header["fault_site"] = header["call_depth"] = 0
        header["scan"] += 1
        header["signals"], header["signal_count"] = len(memory), len(inputs)
        _write_signals(memory, inputs)
        for task in range(len(self.program.tasks)):
            failure = self.executors[executor](task, memory, inputs)
            if failure is not None:
                return failure
        return None

    def difference(self, interpreted: Memory, compiled: Memory) -> str | None:
        """Where the two blocks differ, in words; None when they are the same. Site numbers and the payloads of NaN do
        not count."""
        left, right = _without_sites(interpreted), _without_sites(compiled)
        if np.array_equal(left, right):
            return None
        places = np.flatnonzero(self._comparable(left) != self._comparable(right))
        if len(places) == 0:
            return None
        return "\n".join(_describe(self.program, int(place), interpreted, compiled) for place in places[:20])

    @cached_property
    def _reals(self) -> dict[str, np.ndarray]:
        """Where REAL and LREAL variables lie, by numpy format. Only asked for where bytes differ."""
        return _offsets_of_reals(self.program)

    def _comparable(self, memory: Memory) -> Memory:
        """With the same bits for every NaN."""
        copy = memory.copy()
        for format_, offsets in self._reals.items():
            width = np.dtype(format_).itemsize
            lanes = offsets[:, None] + np.arange(width)
            values = copy[lanes].copy().view(format_)[:, 0]
            copy[lanes[np.isnan(values)]] = 0xFF
        return copy


_TABLE_BYTES = MOST_INPUTS * len(SIGNAL_COLUMNS) * 8


def _write_signals(memory: Memory, inputs: Sequence[InputRow]) -> None:
    if not inputs:
        return
    assert memory.base is not None, "no block of `Subject.memory`"
    start = memory.ctypes.data - memory.base.ctypes.data + len(memory)
    rows = [(row.start, row.end, row.time_ns, row.quality + (row.reason << 8)) for row in inputs]
    table = np.array(rows, np.int64).view(np.uint8).reshape(-1)
    memory.base[start : start + len(table)] = table


def header_of(memory: Memory) -> np.ndarray:
    return memory[: HEADER.itemsize].view(HEADER)[0]


def _interpreted(model: Model, layout: MemoryLayout) -> Executor:
    interpreter = Interpreter(model, layout)

    def run(task: int, memory: Memory, inputs: Sequence[InputRow]) -> Failure | None:
        fault = interpreter.run_task(task, memory, inputs)
        return None if fault is None else _failure_of(fault)

    return run


def _failure_of(fault: Fault) -> Failure:
    return Failure(fault.code, _place_of(fault.span), tuple(_place_of(span) for span in fault.call_path))


def _compiled(program: CompiledProgram) -> Executor:
    code = jit.load(program.objects, [task.symbol for task in program.tasks])
    entry_type = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)
    entries = [entry_type(code.address(task.symbol)) for task in program.tasks]

    def run(task: int, memory: Memory, inputs: Sequence[InputRow]) -> Failure | None:
        returned = entries[task](memory.ctypes.data)
        header = header_of(memory)
        assert code is not None, "the machine code lives as long as this function"
        assert returned == header["fault_code"]
        if returned == 0:
            return None
        calls = header["call_path"][: header["call_depth"]]
        return Failure(
            FaultCode(returned),
            _place_at(program, int(header["fault_site"])),
            tuple(_place_at(program, int(c)) for c in calls),
        )

    return run


def _place_at(program: CompiledProgram, site: int) -> Place:
    row = program.sites[site]
    return row.file, row.line, row.column, row.end_line, row.end_column


def _place_of(span: Span) -> Place:
    return (span.file.name, *span.file.position(span.start), *span.file.position(span.end))


def _without_sites(memory: Memory) -> Memory:
    copy = memory.copy()
    header = header_of(copy)
    header["fault_site"], header["call_path"] = 0, 0
    return copy


def _offsets_of_reals(program: CompiledProgram) -> dict[str, np.ndarray]:
    """By numpy format. Worked out once for each type: a program may have millions of variables, of few types."""
    return {NUMPY_FORMAT[base]: found for base in ("REAL", "LREAL") if len(found := _roots_with(program, base))}


def _roots_with(program: CompiledProgram, base: str) -> np.ndarray:
    inside: dict[int, np.ndarray] = {}
    return _concatenated([root.offset + _inside(program, root.type, base, inside) for root in program.variables])


def _inside(program: CompiledProgram, index: int, base: str, known: dict[int, np.ndarray]) -> np.ndarray:
    """Distances from the start of a variable of type number `index` to all that is of type `base` in it."""
    if index not in known:
        type_ = program.types[index]
        if type_.kind == "array":
            size = program.types[type_.element].size
            starts = np.arange(type_.size // size if size else 0, dtype=np.intp) * size
            known[index] = (starts[:, None] + _inside(program, type_.element, base, known)).ravel()
        elif type_.members:
            known[index] = _concatenated([m.offset + _inside(program, m.type, base, known) for m in type_.members])
        else:
            known[index] = np.zeros(int(type_.base == base), np.intp)
    return known[index]


def _concatenated(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0, np.intp)


def _describe(program: CompiledProgram, place: int, interpreted: Memory, compiled: Memory) -> str:
    name = _variable_at(program, place)
    if name is None and place < HEADER.itemsize and HEADER.fields is not None:
        name = max((offset, f"header {n}") for n, (_, offset, *_) in HEADER.fields.items() if offset <= place)[1]
    return f"byte {place} ({name or 'padding'}): interpreted {interpreted[place]:#04x}, compiled {compiled[place]:#04x}"


def _variable_at(program: CompiledProgram, place: int) -> str | None:
    """The path of a single variable that has this byte; of several, as in a UNION, the first."""
    for root in program.variables:
        path = _path_at(program, root.path, root.type, place - root.offset)
        if path is not None:
            return path
    return None


def _path_at(program: CompiledProgram, path: str, index: int, place: int) -> str | None:
    type_ = program.types[index]
    if not 0 <= place < type_.size:
        return None
    if type_.kind == "array":
        number, place = divmod(place, program.types[type_.element].size)
        indices: list[str] = []
        for low, high in reversed(type_.ranges):
            number, distance = divmod(number, high - low + 1)
            indices.insert(0, str(low + distance))
        return _path_at(program, f"{path}[{', '.join(indices)}]", type_.element, place)
    if type_.members:
        inside = (_path_at(program, f"{path}.{m.name}", m.type, place - m.offset) for m in type_.members)
        return next((found for found in inside if found is not None), None)
    return path if type_.is_single else None
