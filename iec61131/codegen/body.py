"""A function under construction: what every part of the generator needs at hand while it lowers one body.

`Common` is what all modules of a program share, `Unit` what all functions of a module do: the alias tags, the
declarations. `Body` is one function, a POU or a task: its builder, its variables, the loops around the current
statement, and the way out. There is one way out: RETURN and faults put the result code into `code` and branch to
`leave`, where variables that live in registers are stored back (`regions`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct, field

from iec61131 import program
from iec61131.codegen import llvm
from iec61131.codegen.llvm import Block, Builder, Function, IrType, Metadata, Module, Value
from iec61131.codegen.nesting import Restrictions
from iec61131.codegen.ranges import Interval
from iec61131.codegen.reach import Reach
from iec61131.codegen.sites import Owner, Sites
from iec61131.codegen.tags import Tags
from iec61131.codegen.types_ir import memory_type, scalar
from iec61131.program import Section
from iec61131.semantics.model import Dispatch, Label, Pou, Variable
from iec61131.semantics.types import Elementary, Type, round_up


class HeaderField(NamedTuple):
    offset: int
    type: IrType


HEADER_FIELDS = {
    name: HeaderField(offset, llvm.integer_type(int(code[2:]) * 8))
    for name, (offset, code) in program.HEADER_FIELDS.items()
}


class Common:
    """What all modules of one program share. `shared`: the POUs that other modules than their own refer to; `symbols`:
    the name of each as a function.
    """

    def __init__(
        self,
        reach: Reach,
        shared: Collection[Pou],
        restricted: Restrictions,
        symbols: Mapping[Pou, str],
        memory_bytes: int,
        sections: Mapping[str, Section],
        sites: Sites,
    ) -> None:
        self.reach = reach
        self.shared = shared
        self.restricted = restricted
        self.memory_bytes = memory_bytes
        self.sections = sections
        self.stack = sections["stack"]
        self.sites = sites
        self.symbols = symbols


class Unit:
    """What all functions of one module share."""

    def __init__(self, module: Module, common: Common) -> None:
        self.module = module
        self.common = common
        self.reach = common.reach
        self.sites = common.sites
        self.tags = Tags(module)
        self.functions: dict[Pou, Function] = {}
        self.runtime: dict[str, Function] = {}
        self.dispatchers: dict[Dispatch, Function] = {}
        self._declared: dict[str, Function] = {}
        self._constants: dict[bytes, Value] = {}

    def declared(self, name: str, result: IrType, parameters: Sequence[IrType], *, variadic: bool = False) -> Function:
        """An intrinsic of LLVM or a function of the C library, declared at its first use."""
        function = self._declared.get(name)
        if function is None:
            function = self._declared[name] = llvm.new_function(
                self.module, name, result, parameters, variadic=variadic
            )
        return function

    def constant_bytes(self, content: bytes) -> Value:
        """A pointer to read-only memory with this content."""
        held = self._constants.get(content)
        if held is None:
            name = self.module.get_unique_name("constant")
            held = self._constants[content] = llvm.new_constant_bytes(self.module, name, content)
        return held


class Address(Struct, frozen=True):
    """Where a value of `type` lies, or `bits` bits from `bit` on of the integer there, which is then of type
    `container`.

    `certain` says that a BOOL there is 0 or 1: not so where located variables of other types may lie over it.
    `extended` is a slot of 32 bits that holds an integer of 8 or 16 bits extended by its sign (`memory.slot`).
    """

    pointer: Value
    type: Type
    tag: Metadata | None = None
    certain: bool = True
    extended: bool = False
    bit: int | None = None
    bits: int = 1
    container: Elementary | None = None


class LoopTargets(Struct, frozen=True):
    proceed: Block  # CONTINUE
    exit: Block  # EXIT


class Counter(Struct, frozen=True):
    """The variable of a counted loop: its value as i64, and its bounds."""

    value: Value
    interval: Interval


class Body(Struct):
    unit: Unit
    owner: Owner  # as sites show it
    function: Function
    memory: Value
    instance: Value | None
    builder: Builder
    allocas: Builder  # at the end of the entry block, which holds nothing but storage
    code: Value
    leave: Block
    start: Block  # where the entry block goes on to
    frame: dict[Variable, Value] = field(default_factory=dict[Variable, Value])  # where FRAME and REFERENCE lie
    registers: dict[Variable, Address] = field(default_factory=dict[Variable, Address])
    budget: Value | None = None  # the loop budget while it is kept in a register
    is_covered: bool | None = None  # inside of a nest lowered twice: whether the budget certainly covers this version
    counters: dict[Variable, Counter] = field(default_factory=dict[Variable, Counter])
    loops: list[LoopTargets] = field(default_factory=list[LoopTargets])
    labels: dict[Label, Block] = field(default_factory=dict[Label, Block])
    frame_bytes: int = 0
    free: dict[int, list[Value]] = field(default_factory=dict[int, "list[Value]"])  # temporaries by size, to be used
    taken: list[tuple[int, Value]] = field(default_factory=list["tuple[int, Value]"])  # and in use
    entered: set[Block] = field(default_factory=set[Block])

    @property
    def known(self) -> dict[Variable, Interval]:
        """What `ranges` may rely on here."""
        return {variable: counter.interval for variable, counter in self.counters.items()}

    # ----------------------------------------------------------------------------------------------- blocks, storage

    def block(self, name: str) -> Block:
        """A new block, which takes its place in the text where it is entered."""
        return llvm.new_block(self.function, name)

    def enter(self, block: Block) -> None:
        if block not in self.entered:
            self.entered.add(block)
            llvm.append(self.function, block)
        self.builder.position_at_end(block)

    @property
    def is_open(self) -> bool:
        """Whether control can reach the current point: not after EXIT, CONTINUE and RETURN."""
        return not self.builder.block.is_terminated

    def go_to(self, block: Block) -> None:
        """Branch there if control gets this far."""
        if self.is_open:
            self.builder.branch(block)

    def storage(self, type_: Type, name: str) -> Value:
        """Memory in the native frame for a value of `type_`, its content undefined."""
        self.frame_bytes += round_up(type_.size, 8)
        kept = scalar(type_)
        slot = self.allocas.alloca(memory_type(kept) if kept else llvm.byte_array(type_.size), None, name)
        slot.type = llvm.POINTER
        if kept is None:
            slot.align = 8
        return slot

    def temporary(self, size: int, name: str) -> Value:
        """At least `size` bytes in the native frame until the end of the statement, which lets others have them."""
        rounded = max(16, 1 << (size - 1).bit_length())
        free = self.free.setdefault(rounded, [])
        if free:
            pointer = free.pop()
        else:
            self.frame_bytes += rounded
            pointer = self.allocas.alloca(llvm.byte_array(rounded), None, name)
            pointer.type, pointer.align = llvm.POINTER, 8
        self.taken.append((rounded, pointer))
        return pointer

    def release(self, mark: int) -> None:
        """Give back all temporaries taken since `len(taken)` was `mark`."""
        while len(self.taken) > mark:
            size, pointer = self.taken.pop()
            self.free[size].append(pointer)

    def at(self, pointer: Value, offset: int, name: str = "") -> Value:
        """`pointer` advanced by a constant number of bytes, within its object."""
        if offset == 0:
            return pointer
        return self.builder.gep(pointer, [llvm.constant(llvm.I64, offset)], True, name, llvm.I8)

    # ------------------------------------------------------------------------------------------------- way out, header

    def return_with(self, code: Value) -> None:
        self.builder.store(code, self.code)
        self.builder.branch(self.leave)

    def read_header(self, name: str) -> llvm.Instruction:
        row = HEADER_FIELDS[name]
        value = self.builder.load(self.at(self.memory, row.offset, f"{name}.at"), name, typ=row.type)
        value.set_metadata("tbaa", self.unit.tags.header(name))
        return value

    def write_header(self, name: str, value: Value) -> None:
        pointer = self.at(self.memory, HEADER_FIELDS[name].offset, f"{name}.at")
        self.builder.store(value, pointer).set_metadata("tbaa", self.unit.tags.header(name))
