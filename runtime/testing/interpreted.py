"""The tasks of a program as the interpreter runs them, for the kernel to call where machine code would be.

Slow, and the same byte for byte; it knows which statements it runs.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iec61131 import compiler
from iec61131.compiler import CompileOptions
from iec61131.interpreter import Fault, InputRow, Interpreter
from iec61131.interpreter.decisions import DecidingInterpreter
from iec61131.program import HEADER, SIGNAL_COLUMNS, CompiledProgram
from iec61131.semantics.layout import MemoryLayout
from iec61131.semantics.model import Model, Statement
from iec61131.source import SourceFile, Span

_ENTRY = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)
_Place = tuple[str, int, int, int, int]


class InterpretedTasks:
    """`executed` has every statement that has run, `decisions` the ways that were gone. What was raised meanwhile is
    raised by `check`, since nothing can pass the kernel; until then no further task runs. `running`: the number of the
    task. Another `interpreter` may run them, which notes something else.
    """

    def __init__(
        self, program: CompiledProgram, model: Model, layout: MemoryLayout, interpreter: Interpreter | None = None
    ) -> None:
        self.running = 0
        self.executed = set[Statement]()
        self.decisions = set[tuple[Span, int]]()
        self._interpreter = interpreter or DecidingInterpreter(model, layout, self.executed.add, self.decided)
        self._size = layout.size
        self._sites = _sites(program)
        self._raised: BaseException | None = None
        self._entries = [_ENTRY(self._entry(task)) for task in range(len(program.tasks))]

    @classmethod
    def of(cls, program: CompiledProgram, sources: Sequence[SourceFile], options: CompileOptions) -> InterpretedTasks:
        model, layout, _ = compiler.build_model(sources, options)
        return cls(program, model, layout)

    def forget(self) -> None:
        """What has run until now does not count."""
        self.executed.clear()
        self.decisions.clear()

    def decided(self, span: Span, way: int) -> None:
        self.decisions.add((span, way))

    @property
    def addresses(self) -> list[int]:
        """Of the tasks, in their order; valid as long as this object lives."""
        return [ctypes.cast(entry, ctypes.c_void_p).value or 0 for entry in self._entries]

    def check(self) -> None:
        """Raise what a task has raised: a defect of the interpreter, or Ctrl-C."""
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised

    def _entry(self, task: int) -> Any:
        def run(address: int) -> int:
            if self._raised is not None:
                return 0
            self.running = task
            try:
                return self._run(task, address)
            except BaseException as error:  # noqa: BLE001 - passed on by `check`
                self._raised = error
                return 0

        return run

    def _run(self, task: int, address: int) -> int:
        memory = _bytes(address, self._size)
        fault = self._interpreter.run_task(task, memory, input_rows(address))
        if fault is None:
            return 0
        self._tell(fault, _header(memory))
        return int(fault.code)

    def _tell(self, fault: Fault, header: Any) -> None:
        """The places of a fault, by the numbers that the generator has given them."""
        header["fault_site"] = self._sites.get(_place(fault.span), -1)
        for number, span in enumerate(fault.call_path):
            header["call_path"][number] = self._sites.get(_place(span), -1)


def input_rows(address: int) -> list[InputRow]:
    """What is known about the inputs of the program whose memory begins at `address`."""
    header = _header(_bytes(address, HEADER.itemsize))
    table_bytes = int(header["signal_count"]) * len(SIGNAL_COLUMNS) * 8
    rows = _bytes(address + int(header["signals"]), table_bytes).view(np.int64).reshape(-1, len(SIGNAL_COLUMNS))
    return [InputRow(row[0], row[1], row[2], row[3] & 255, row[3] >> 8) for row in rows.tolist()]


def _header(memory: NDArray[np.uint8]) -> Any:
    return memory[: HEADER.itemsize].view(HEADER)[0]


def _bytes(address: int, size: int) -> NDArray[np.uint8]:
    """The block's own bytes."""
    return np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(address))


def _sites(program: CompiledProgram) -> dict[_Place, int]:
    return {(s.file, s.line, s.column, s.end_line, s.end_column): number for number, s in program.sites.items()}


def _place(span: Span) -> _Place:
    return (span.file.name, *span.file.position(span.start), *span.file.position(span.end))
