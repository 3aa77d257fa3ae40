"""A small plant made by hand, without compiler and project file: for tests of the engine and of the doors.

Its memory has one variable of each of many types; its program is a native function that counts scans and copies an
input to an output.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numba import carray, cfunc, types

from iec61131.program import HEADER, NUMPY_FORMAT, CompiledProgram, DataType, Section, Task, Variable, base_period_ns
from io_drivers.contract import Channel, Connection, Device, Direction
from runtime import clock, loop
from runtime.engine import view
from runtime.engine.arrays import View
from runtime.engine.states import OnLoss
from runtime.image.block import Block
from runtime.image.ring import Command, CommandRing
from runtime.service.bound import Bound, EngineSettings, Exposed, InputRow, OpcUaSettings, OutputRow

START = HEADER.itemsize
_ELEMENTARY = tuple(DataType(name, "elementary", np.dtype(f).itemsize, base=name) for name, f in NUMPY_FORMAT.items())
_ENUM = DataType("Colour", "enum", 2, base="INT", labels=(("Red", 0), ("Green", 1), ("Blue", 2)))
_ARRAY = DataType(
    "ARRAY[1..3] OF INT", "array", 6, element=[t.name for t in _ELEMENTARY].index("INT"), ranges=((1, 3),)
)
_STRING = DataType("STRING(7)", "string", 8)
_WSTRING = DataType("WSTRING(5)", "string", 12, wide=True)
_WORD = DataType("STRING(4)", "string", 5)
_WORDS = DataType("ARRAY[1..3] OF STRING(4)", "array", 15, element=len(_ELEMENTARY) + 4, ranges=((1, 3),))
TYPES = (*_ELEMENTARY, _ENUM, _ARRAY, _STRING, _WSTRING, _WORD, _WORDS)
_NAMES = {_ARRAY: "Numbers", _STRING: "Text", _WSTRING: "Wide", _WORD: "Word4", _WORDS: "Words"}
VARIABLES = tuple(Variable(f"Main.{_NAMES.get(t, t.name)}", i, "globals", START + 16 * i) for i, t in enumerate(TYPES))
MEMORY_BYTES = START + 16 * len(TYPES)
COUNTER = next(v.offset for v in VARIABLES if v.path == "Main.DINT")
INPUT = next(v.offset for v in VARIABLES if v.path == "Main.REAL")
OUTPUT = next(v.offset for v in VARIABLES if v.path == "Main.UDINT")


@cfunc(types.int32(types.CPointer(types.uint8)))
def count_scans(memory) -> int:
    """Main.DINT := Main.DINT + 1; Main.UDINT := Main.DINT."""
    block = carray(memory, (MEMORY_BYTES,))
    words = block.view(np.int32)
    words[COUNTER // 4] += 1
    words[OUTPUT // 4] = words[COUNTER // 4]
    return 0


def entry_address() -> int:
    """Of `count_scans`."""
    address = count_scans.address
    assert address is not None
    return address


def program(interval_ns: int = 1_000_000) -> CompiledProgram:
    return CompiledProgram(
        name="handmade",
        digest="0",
        target="test",
        objects=(),
        initial=bytes(MEMORY_BYTES),
        sections={"header": Section(0, START), "globals": Section(START, MEMORY_BYTES - START)},
        types=TYPES,
        variables=VARIABLES,
        retained=(),
        tasks=(Task("main", interval_ns, 1, "main"),),
        sites={},
        stack_bytes=65536,
        source_digests={},
    )


def bound(compiled: CompiledProgram, endpoint: str = "opc.tcp://127.0.0.1:0", max_age_ns: int = 50_000_000) -> Bound:
    """One REAL input with quality, one UDINT output; everything exposed, everything but the input and the counter
    writable.
    """
    channels = (
        Channel(0, "device.level", Direction.INPUT, "REAL", "REAL"),
        Channel(0, "device.speed", Direction.OUTPUT, "UDINT", "UDINT", safe=struct.pack("<Q", 7)),
    )
    paths = [v.path for v in compiled.variables]
    return Bound(
        name="handmade",
        connections=(Connection("line", {}, (Device("device", {}, channels),)),),
        drivers=("simulated",),
        inputs=(InputRow("Main.REAL", 0, INPUT, 4, -1, OnLoss.HOLD, 0, max_age_ns),),
        outputs=(OutputRow("Main.UDINT", 0, OUTPUT, 4, -1),),
        exposed=tuple(
            Exposed(compiled.find(p), p not in ("Main.REAL", "Main.DINT"), 0 if p == "Main.REAL" else -1) for p in paths
        ),
        engine=EngineSettings(0, None, 1_000_000, 100, 100_000_000, "stop"),
        opcua=OpcUaSettings(endpoint, 50_000_000, "read", ()),
        input_names=("device.level",),
        output_names=("device.speed",),
    )


def make(compiled: CompiledProgram, binding: Bound) -> tuple[Block, View]:
    """A block and the kernel's view of it, ready to tick."""
    block = Block.create(view.block_layout(compiled, 1, 1, 1), "test")
    view.prepare(block, compiled, clock.monotonic_ns())
    tasks = view.task_table(compiled.tasks, [entry_address()])
    tables = binding.input_table(), binding.output_table()
    return block, view.make_view(block, compiled, *tables, tasks, loop_limit=1000, depth_limit=100)


@contextmanager
def running(compiled: CompiledProgram, binding: Bound) -> Iterator[Block]:
    """The plant with its scan thread ticking in real time, in state RUN."""
    block, kernel_view = make(compiled, binding)
    thread = loop.RealtimeThread(
        block, kernel_view, tick_ns=base_period_ns(compiled.tasks), priority=0, cpu=None, stack_bytes=1 << 20
    )
    thread.start()
    CommandRing(block, "console").order(Command.START)
    try:
        yield block
    finally:
        thread.stop()
