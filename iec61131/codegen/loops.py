"""Loops and their budget.

A counted FOR pays for all its turns before the first, and then runs without a check, which lets LLVM vectorise it;
every other loop pays turn by turn. Around an outermost loop its variables are kept in registers (`regions`).
"""

from __future__ import annotations

from typing import NamedTuple

from iec61131.codegen import expressions, faults, llvm, memory, places, regions, statements
from iec61131.codegen.body import Address, Body, Counter, LoopTargets
from iec61131.codegen.llvm import Value
from iec61131.codegen.ranges import Interval, interval, whole
from iec61131.codegen.types_ir import elementary, register_type
from iec61131.program import FaultCode
from iec61131.semantics.model import ConstantExpression, For, Repeat, Variable, VariablePlace, While
from iec61131.semantics.types import Elementary
from iec61131.source import Span

Loop = For | While | Repeat

MOST_CHARGED_AT_ONCE = 1 << 62
"""A loop's charge is cut here, so that budget minus charge cannot overflow 64 bits."""


def lower(body: Body, node: Loop) -> None:
    if body.loops:
        _lower(body, node)
    else:
        regions.in_registers(body, [node], lambda: _lower(body, node))


def _lower(body: Body, node: Loop) -> None:
    match node:
        case For(counted=True):
            _counted_for(body, node)
        case For():
            _tested_for(body, node)
        case While():
            _while(body, node)
        case Repeat():
            _repeat(body, node)


def _charge(body: Body, turns: Value, span: Span) -> None:
    assert body.budget is not None
    left = body.builder.sub(body.builder.load(body.budget, "", typ=llvm.I64), turns)
    body.builder.store(left, body.budget)
    fine = body.builder.icmp_signed(">=", left, llvm.constant(llvm.I64, 0))
    faults.check(body, fine, FaultCode.LOOP_LIMIT, span)


def _while(body: Body, node: While) -> None:
    test, turn, end = body.block("while"), body.block("while.turn"), body.block("while.end")
    body.builder.branch(test)
    body.enter(test)
    body.builder.cbranch(expressions.evaluate(body, node.condition), turn, end)
    body.enter(turn)
    _charge(body, llvm.constant(llvm.I64, 1), node.span)
    _turn(body, node, LoopTargets(test, end))
    body.go_to(test)
    body.enter(end)


def _repeat(body: Body, node: Repeat) -> None:
    turn, test, end = body.block("repeat"), body.block("until"), body.block("repeat.end")
    body.builder.branch(turn)
    body.enter(turn)
    _charge(body, llvm.constant(llvm.I64, 1), node.span)
    _turn(body, node, LoopTargets(test, end))
    body.go_to(test)
    body.enter(test)
    body.builder.cbranch(expressions.evaluate(body, node.until), end, turn)
    body.enter(end)


def _turn(body: Body, node: Loop, targets: LoopTargets) -> None:
    body.loops.append(targets)
    statements.lower(body, node.body)
    body.loops.pop()


# ------------------------------------------------------------------------------------------------------------------ FOR


class _Start(NamedTuple):
    """A FOR loop at its start: the variable's address and type; start, end and step in its register form."""

    address: Address
    type: Elementary
    start: Value
    end: Value
    step: Value
    constant_step: int | None


def _start_for(body: Body, node: For) -> _Start:
    start, end, step = (expressions.evaluate(body, part) for part in (node.start, node.end, node.step))
    address, type_ = places.locate(body, node.place), elementary(node.place.type)
    memory.store(body, address, start)
    constant = node.step.value if isinstance(node.step, ConstantExpression) else None
    assert constant is None or isinstance(constant, int)
    if not constant:
        fine = body.builder.icmp_unsigned("!=", step, llvm.constant(register_type(type_), 0))
        faults.check(body, fine, FaultCode.LOOP_LIMIT, node.span)
    return _Start(address, type_, start, end, step, constant)


def _counted_for(body: Body, node: For) -> None:
    """The turns are counted by a number of their own, so that a variable that reaches the end of its type ends the
    loop like any other.
    """
    loop = _start_for(body, node)
    runs, turns, charge = _turns(body, loop)
    start, step = _extend(body, loop.start, loop.type), _extend(body, loop.step, loop.type)
    first, turn, proceed, end = (body.block(name) for name in ("for", "for.turn", "for.next", "for.end"))
    body.builder.cbranch(runs, first, end)
    body.enter(first)
    _charge(body, charge, node.span)
    before = body.builder.block
    body.builder.branch(turn)

    body.enter(turn)
    done, value = body.builder.phi(llvm.I64, "done"), body.builder.phi(llvm.I64, "value")
    done.add_incoming(llvm.constant(llvm.I64, 0), before)
    value.add_incoming(start, before)
    variable = _private_variable(body, node)
    if variable is not None:
        body.counters[variable] = Counter(value, _values(body, node, loop))
    _turn(body, node, LoopTargets(proceed, end))
    body.go_to(proceed)

    body.enter(proceed)
    following = body.builder.add(value, step, "", ("nsw",) if loop.type.size < 8 else ())
    if variable is not None:
        del body.counters[variable]
        memory.store(body, loop.address, _narrow(body, following, loop.type))
    else:
        memory.store(body, loop.address, body.builder.add(memory.load(body, loop.address), loop.step))
    now_done = body.builder.add(done, llvm.constant(llvm.I64, 1))
    done.add_incoming(now_done, proceed)
    value.add_incoming(following, proceed)
    body.builder.cbranch(body.builder.icmp_unsigned("==", now_done, turns), end, turn)
    body.enter(end)


def _private_variable(body: Body, node: For) -> Variable | None:
    """The loop's variable if it is certain that nothing but the loop changes it, so that its value is the loop's own
    number.
    """
    if not isinstance(node.place, VariablePlace):
        return None
    variable = node.place.variable
    return variable if variable in body.registers else None


def _turns(body: Body, loop: _Start) -> tuple[Value, Value, Value]:
    """Whether the loop runs at all; if so, the number of turns modulo 2^64, and the charge for them."""
    build, type_ = body.builder, loop.type
    less_equal = build.icmp_signed if type_.is_signed else build.icmp_unsigned
    start, end, step = (_extend(body, value, type_) for value in (loop.start, loop.end, loop.step))
    up, down = less_equal("<=", loop.start, loop.end), less_equal(">=", loop.start, loop.end)
    if loop.constant_step is not None:
        upwards = loop.constant_step > 0
        runs, distance = (up, build.sub(end, start)) if upwards else (down, build.sub(start, end))
        size = llvm.constant(llvm.I64, abs(loop.constant_step))
    elif type_.is_signed:
        rises = build.icmp_signed(">", step, llvm.constant(llvm.I64, 0))
        runs = build.select(rises, up, down)
        distance = build.select(rises, build.sub(end, start), build.sub(start, end))
        size = build.select(rises, step, build.neg(step))
    else:
        runs, distance, size = up, build.sub(end, start), step
    before_last = build.udiv(distance, size)
    one = llvm.constant(llvm.I64, 1)
    if type_.size < 8:
        turns = build.add(before_last, one, "turns", ("nuw", "nsw"))
        return runs, turns, turns
    turns = build.add(before_last, one, "turns")
    most = llvm.constant(llvm.I64, MOST_CHARGED_AT_ONCE)
    return runs, turns, build.select(build.icmp_unsigned("<", before_last, most), turns, most)


def _values(body: Body, node: For, loop: _Start) -> Interval:
    """The values that the variable has while the body runs."""
    type_ = loop.type
    start, end = interval(node.start, body.known), interval(node.end, body.known)
    if loop.constant_step is None:
        found = whole(type_)
    elif loop.constant_step > 0:
        found = Interval(start.low, end.high)
    else:
        found = Interval(end.low, start.high)
    return found if found.low <= found.high else whole(type_)  # else the body never runs


def _extend(body: Body, value: Value, type_: Elementary) -> Value:
    if type_.size == 8:
        return value
    return body.builder.sext(value, llvm.I64) if type_.is_signed else body.builder.zext(value, llvm.I64)


def _narrow(body: Body, value: Value, type_: Elementary) -> Value:
    return value if type_.size == 8 else body.builder.trunc(value, register_type(type_))


def _tested_for(body: Body, node: For) -> None:
    """The body, or somebody else, may change the variable: each turn takes it as it is, and the first advance past
    the end of its type is the last.
    """
    loop = _start_for(body, node)
    test, turn, proceed, end = (body.block(name) for name in ("for", "for.turn", "for.next", "for.end"))
    body.builder.branch(test)
    body.enter(test)
    value = memory.load(body, loop.address)
    compare = body.builder.icmp_signed if loop.type.is_signed else body.builder.icmp_unsigned
    body.builder.cbranch(_past(body, loop, compare(">", value, loop.end), compare("<", value, loop.end)), end, turn)
    body.enter(turn)
    _charge(body, llvm.constant(llvm.I64, 1), node.span)
    _turn(body, node, LoopTargets(proceed, end))
    body.go_to(proceed)
    body.enter(proceed)
    before = memory.load(body, loop.address)
    after = body.builder.add(before, loop.step)
    memory.store(body, loop.address, after)
    wrapped = _past(body, loop, compare("<", after, before), compare(">", after, before))
    body.builder.cbranch(wrapped, end, test)
    body.enter(end)


def _past(body: Body, loop: _Start, rising: Value, falling: Value) -> Value:
    """`rising` where the step is positive, else `falling`."""
    if loop.constant_step is not None:
        return rising if loop.constant_step > 0 else falling
    if not loop.type.is_signed:
        return rising
    is_up = body.builder.icmp_signed(">", loop.step, llvm.constant(register_type(loop.type), 0))
    return body.builder.select(is_up, rising, falling)
