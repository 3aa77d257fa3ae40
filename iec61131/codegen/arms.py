"""The arms of a CASE, and what keeps very many of them affordable.

Left to itself LLVM takes time that grows with the square of the arms, for two reasons. All arms meet behind the CASE
and all their checks at the way out, and half a dozen of its passes go through everything that meets there once for
each of it. And each check says something about the variable that it compares, which is looked up at every use of the
variable, in all other arms too. Without optimisation the square would be gone, and so would all that is gained in the
rest of the POU.

So of many arms a few at a time meet first, in a block that cannot be merged with the others; and each begins with
copies of the variables it uses of which LLVM knows nothing, so that nothing said in one arm is looked up in another.
Both are inline assembly without any instruction. What is lost is knowledge from before the CASE: one load here, one
bounds check there, in the one arm that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from iec61131.codegen import llvm
from iec61131.codegen.body import Address, Body
from iec61131.codegen.llvm import Block
from iec61131.codegen.types_ir import elementary, memory_type
from iec61131.codegen.uses import Uses
from iec61131.semantics.model import BitPlace, Place, Statement, Variable, VariablePlace
from iec61131.semantics.types import Kind

MANY = 256
"""Up to so many arms nothing is kept apart: LLVM takes less than half a second for them."""
TOGETHER = 64
"""How many arms meet first."""

Arm = tuple[Block, Sequence[Statement]]
Lower = Callable[[Body, Sequence[Statement]], None]


def lower(body: Body, arms: Sequence[Arm], joined: Block, lower_statements: Lower) -> None:
    """All arms, ELSE among them, each in its block; then control goes on in `joined`."""
    if len(arms) <= MANY:
        for block, statements in arms:
            body.enter(block)
            lower_statements(body, statements)
            body.go_to(joined)
        return
    for first in range(0, len(arms), TOGETHER):
        with _meeting(body, joined) as meeting:
            for block, statements in arms[first : first + TOGETHER]:
                body.enter(block)
                with _ignorant(body, statements):
                    lower_statements(body, statements)
                    body.go_to(meeting)


@contextmanager
def _meeting(body: Body, joined: Block) -> Generator[Block]:
    """A block on the way to `joined`, and another on the way out of the POU."""
    outside, body.leave = body.leave, body.block("leave.some")
    meeting = body.block("endcase.some")
    yield meeting
    for block, goes_on in ((meeting, joined), (body.leave, outside)):
        body.enter(block)
        llvm.barrier(body.builder)
        body.builder.branch(goes_on)
    body.leave = outside


@contextmanager
def _ignorant(body: Body, statements: Sequence[Statement]) -> Generator[None]:
    """At the start of an arm: nothing is known of memory, nor of the variables in registers that it uses."""
    llvm.barrier(body.builder, memory=True)
    uses = Uses.of(statements)
    written = {_variable(place) for place in uses.written}
    before, mark = dict(body.registers), len(body.taken)
    for variable in dict.fromkeys(_variable(place) for place in uses.read):
        register = body.registers.get(variable) if variable is not None else None
        if variable is not None and register is not None and elementary(variable.type).kind is not Kind.REAL:
            body.registers[variable] = _copy(body, register, is_written=variable in written)
    yield
    body.release(mark)
    body.registers.clear()
    body.registers.update(before)


def _copy(body: Body, register: Address, *, is_written: bool) -> Address:
    """Where the arm finds the variable: at home if it may write it, since what it writes is seen behind the CASE."""
    type_ = llvm.I32 if register.extended else memory_type(elementary(register.type))
    value = llvm.opaque(body.builder, body.builder.load(register.pointer, "", typ=type_), type_)
    if is_written:
        body.builder.store(value, register.pointer)
        return register
    pointer = body.temporary(8, "copy")
    body.builder.store(value, pointer)
    return Address(pointer, register.type, certain=register.certain, extended=register.extended)


def _variable(place: Place) -> Variable | None:
    while isinstance(place, BitPlace):
        place = place.base
    return place.variable if isinstance(place, VariablePlace) else None
