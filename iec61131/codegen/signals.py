"""What the inputs say that fill a place: `SignalOf`, by the page `semantics.signals`.

Two internal functions of the module, defined at their first use, go through the rows of the table that share a bit with
the place: one gives the state with the least quality, the other the greatest age. Finding the first row takes as many
steps as its number has bits, 9 for 500 inputs; nearly always it is also the last. The table has an alias class of its
own: no place of a program can be there.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from iec61131.codegen import llvm, places
from iec61131.codegen.body import HEADER_FIELDS, Body, Unit
from iec61131.codegen.llvm import Builder, Function, Value
from iec61131.program import SIGNAL_COLUMNS
from iec61131.semantics import signals
from iec61131.semantics.model import BitPlace, MemoryPlace, Place, SignalOf, VariablePlace
from iec61131.semantics.signals import Signal

_I64 = llvm.I64
_QUALITY_MASK = (1 << signals.REASON_SHIFT) - 1


def ask(body: Body, node: SignalOf) -> Value:
    first, bits = _bits(body, node.place)
    behind = body.builder.add(first, llvm.constant(_I64, bits))
    name = "age" if node.signal is Signal.AGE else "state"
    found = body.builder.call(_function(body.unit, name), [body.memory, first, behind])
    if node.signal is Signal.AGE:
        return found
    if node.signal is Signal.REASON:
        found = body.builder.lshr(found, llvm.constant(_I64, signals.REASON_SHIFT))
    return body.builder.trunc(found, llvm.I8)


def _bits(body: Body, place: Place) -> tuple[Value, int]:
    """The number of the first bit of a place, from the start of the block, and how many it has."""
    if isinstance(place, BitPlace):
        first, _ = _bits(body, place.base)
        return body.builder.add(first, llvm.constant(_I64, place.bit)), place.type.bits
    byte = places.distance_of(body, place)
    first = body.builder.shl(byte, llvm.constant(_I64, 3))
    if isinstance(place, VariablePlace | MemoryPlace) and place.variable.bit is not None:
        return body.builder.add(first, llvm.constant(_I64, place.variable.bit)), 1
    return first, place.type.size * 8


# ------------------------------------------------------------------------------------------------------------ the table


class _Table(Struct, frozen=True):
    """The table of signals, seen from the block at `memory`."""

    unit: Unit
    build: Builder
    memory: Value
    start: Value

    def load(self, row: Value, column: str) -> Value:
        words = llvm.constant(_I64, len(SIGNAL_COLUMNS))
        word = self.build.add(self.build.mul(row, words), llvm.constant(_I64, SIGNAL_COLUMNS.index(column)))
        value = self.build.load(self.build.gep(self.start, [word], False, column, _I64), "", typ=_I64)
        value.set_metadata("tbaa", self.unit.tags.signals)
        return value


def _header(unit: Unit, build: Builder, memory: Value, name: str) -> Value:
    row = HEADER_FIELDS[name]
    place = build.gep(memory, [llvm.constant(_I64, row.offset)], True, f"{name}.at", llvm.I8)
    value = build.load(place, name, typ=row.type)
    value.set_metadata("tbaa", unit.tags.header(name))
    return value


# ------------------------------------------------------------------------------------------------------------ machinery


def _function(unit: Unit, name: str) -> Function:
    """One of `_MACHINERY`: from the bits of a place, first and behind the last, to what the rows say together."""
    full_name = f"rung.signals.{name}"
    function = unit.runtime.get(full_name)
    if function is None:
        function = llvm.new_function(unit.module, full_name, _I64, [llvm.POINTER, _I64, _I64])
        function.linkage = "internal"
        for attribute in ("nounwind", "noinline"):
            function.attributes.add(attribute)
        unit.runtime[full_name] = function
        _define(unit, function, *_MACHINERY[name])
    return function


_Meet = Callable[[_Table, Value, Value], Value]
"""What the rows before and one more row say together."""


def _define(unit: Unit, function: Function, nothing: int, meet: _Meet) -> None:
    """`nothing` is what no row says."""
    memory, first, behind = function.args
    names = ("entry", "search", "halve", "rows", "row", "shared", "done")
    entry, search, halve, rows, row, shared, done = (function.append_basic_block(name) for name in names)
    build = llvm.new_builder(entry)
    count = _header(unit, build, memory, "signal_count")
    distance = _header(unit, build, memory, "signals")
    table = _Table(unit, build, memory, build.gep(memory, [distance], False, "signals", llvm.I8))
    zero, one = llvm.constant(_I64, 0), llvm.constant(_I64, 1)
    build.branch(search)

    build.position_at_end(search)  # for the first row that ends behind the start of the place
    low, high = build.phi(_I64), build.phi(_I64)
    low.add_incoming(zero, entry)
    high.add_incoming(count, entry)
    build.cbranch(build.icmp_unsigned("<", low, high), halve, rows)

    build.position_at_end(halve)
    middle = build.lshr(build.add(low, high), one)
    is_before = build.icmp_unsigned("<=", table.load(middle, "end"), first)
    low.add_incoming(build.select(is_before, build.add(middle, one), low), halve)
    high.add_incoming(build.select(is_before, high, middle), halve)
    build.branch(search)

    build.position_at_end(rows)
    at, said = build.phi(_I64), build.phi(_I64)
    at.add_incoming(low, search)
    said.add_incoming(llvm.constant(_I64, nothing), search)
    build.cbranch(build.icmp_unsigned("<", at, count), row, done)

    build.position_at_end(row)
    build.cbranch(build.icmp_unsigned("<", table.load(at, "start"), behind), shared, done)

    build.position_at_end(shared)
    said.add_incoming(meet(table, at, said), shared)
    at.add_incoming(build.add(at, one), shared)
    build.branch(rows)

    build.position_at_end(done)
    build.ret(said)


def _worse(table: _Table, row: Value, said: Value) -> Value:
    build, mask = table.build, llvm.constant(_I64, _QUALITY_MASK)
    state = table.load(row, "state")
    is_worse = build.icmp_unsigned("<", build.and_(state, mask), build.and_(said, mask))
    return build.select(is_worse, state, said)


def _older(table: _Table, row: Value, said: Value) -> Value:
    build, zero = table.build, llvm.constant(_I64, 0)
    time = table.load(row, "time_ns")
    passed = build.sub(_header(table.unit, build, table.memory, "now_ns"), time)
    was_read = build.icmp_unsigned("!=", time, llvm.constant(_I64, signals.NEVER))
    age = build.select(was_read, passed, llvm.constant(_I64, signals.AGE_MAX))
    age = build.select(build.icmp_signed("<", age, zero), zero, age)
    return build.select(build.icmp_signed(">", age, said), age, said)


_MACHINERY: dict[str, tuple[int, _Meet]] = {"state": (signals.STATE_GOOD, _worse), "age": (0, _older)}
