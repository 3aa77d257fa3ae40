"""Loops and their budget.

A counted FOR pays for all its turns before the first, and then runs without a check, which lets LLVM vectorise it;
every other loop pays turn by turn. Around an outermost loop its variables are kept in registers (`regions`).
"""

from __future__ import annotations

from typing import NamedTuple

from iec61131.codegen import expressions, faults, llvm, memory, places, regions, statements
from iec61131.codegen.body import Address, Body, Counter, LoopTargets
from iec61131.codegen.charges import constant_step, loop_variable, most_charged, values_of
from iec61131.codegen.llvm import Block, Value
from iec61131.codegen.types_ir import elementary, register_type
from iec61131.program import FaultCode
from iec61131.semantics.model import For, Repeat, While
from iec61131.semantics.types import Elementary
from iec61131.source import Span

Loop = For | While | Repeat

MOST_CHARGED_AT_ONCE = 1 << 62
"""A loop's charge is cut here, so that budget minus charge cannot overflow 64 bits."""


def lower(body: Body, node: Loop) -> None:
    if body.loops or body.budget is not None:
        _lower(body, node)
    else:
        regions.around_loop(body, node, lambda: _lower(body, node))


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


def charge(body: Body, turns: Value, span: Span) -> None:
    assert body.budget is not None
    left = body.builder.sub(_budget(body), turns)
    body.builder.store(left, body.budget)
    if not body.is_covered:
        fine = body.builder.icmp_signed(">=", left, llvm.constant(llvm.I64, 0))
        faults.check(body, fine, FaultCode.LOOP_LIMIT, span)


def _budget(body: Body) -> Value:
    assert body.budget is not None, "a loop lies in a region"
    return body.builder.load(body.budget, "", typ=llvm.I64)


def _while(body: Body, node: While) -> None:
    test, turn, end = body.block("while"), body.block("while.turn"), body.block("while.end")
    body.builder.branch(test)
    body.enter(test)
    body.builder.cbranch(expressions.evaluate(body, node.condition), turn, end)
    body.enter(turn)
    charge(body, llvm.constant(llvm.I64, 1), node.span)
    _turn(body, node, LoopTargets(test, end))
    body.go_to(test)
    body.enter(end)


def _repeat(body: Body, node: Repeat) -> None:
    turn, test, end = body.block("repeat"), body.block("until"), body.block("repeat.end")
    body.builder.branch(turn)
    body.enter(turn)
    charge(body, llvm.constant(llvm.I64, 1), node.span)
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
    constant = constant_step(node)
    if constant is None:
        fine = body.builder.icmp_unsigned("!=", step, llvm.constant(register_type(type_), 0))
        faults.check(body, fine, FaultCode.LOOP_LIMIT, node.span)
    return _Start(address, type_, start, end, step, constant)


def _counted_for(body: Body, node: For) -> None:
    """A nest of counted loops is lowered twice where the most that it can charge is known: without looking at the
    budget for when it covers that, and as usual for when it does not.
    """
    loop = _start_for(body, node)
    turns = _turns(body, loop)
    first, end = body.block("for"), body.block("for.end")
    body.builder.cbranch(turns.runs, first, end)
    body.enter(first)
    each = _most_charged_in_turn(body, node, loop)
    if each:
        covered, short = body.block("for.covered"), body.block("for.short")
        most = body.builder.mul(turns.charge, llvm.constant(llvm.I64, 1 + each))
        body.builder.cbranch(body.builder.icmp_signed(">=", _budget(body), most), covered, short).set_weights((4000, 1))
        body.enter(covered)
        body.is_covered = True
        _run_turns(body, node, loop, turns, end)
        body.is_covered = False
        body.enter(short)
        _run_turns(body, node, loop, turns, end)
        body.is_covered = None
    else:
        _run_turns(body, node, loop, turns, end)
    body.enter(end)


def _most_charged_in_turn(body: Body, node: For, loop: _Start) -> int | None:
    """What the loops inside can charge at most in one turn, if a version without checks is to be made."""
    if body.is_covered is not None or loop.type.size == 8:
        return None
    known, variable = body.known, loop_variable(node)
    if variable is not None:
        known[variable] = values_of(node, known)
    return most_charged(node.body, known, body.unit.reach)


def _run_turns(body: Body, node: For, loop: _Start, turns: _Turns, end: Block) -> None:
    """Pay, then run the body. The turns are counted by a number of their own, so that a variable that reaches the end
    of its type ends the loop like any other.
    """
    start, step = _widen(body, loop.start, loop.type), _widen(body, loop.step, loop.type)
    charge(body, turns.charge, node.span)
    turn, proceed, before = body.block("for.turn"), body.block("for.next"), body.builder.block
    body.builder.branch(turn)

    body.enter(turn)
    done, value = body.builder.phi(llvm.I64, "done"), body.builder.phi(llvm.I64, "value")
    done.add_incoming(llvm.constant(llvm.I64, 0), before)
    value.add_incoming(start, before)
    variable = loop_variable(node)
    is_private = variable is not None and variable in body.registers  # else somebody else might change it
    if variable is not None and is_private:
        body.counters[variable] = Counter(value, values_of(node, body.known))
    _turn(body, node, LoopTargets(proceed, end))
    body.go_to(proceed)

    body.enter(proceed)
    following = body.builder.add(value, step, "", ("nsw",) if loop.type.size < 8 else ())
    if variable is not None and is_private:
        del body.counters[variable]
        memory.store(body, loop.address, _narrow(body, following, loop.type))
    else:
        memory.store(body, loop.address, body.builder.add(memory.load(body, loop.address), loop.step))
    now_done = body.builder.add(done, llvm.constant(llvm.I64, 1))
    done.add_incoming(now_done, proceed)
    value.add_incoming(following, proceed)
    body.builder.cbranch(body.builder.icmp_unsigned("==", now_done, turns.number), end, turn)


class _Turns(NamedTuple):
    """`runs`: whether there is a first turn. If so, `number` counts all turns, modulo 2^64; `charge` is their price."""

    runs: Value
    number: Value
    charge: Value


def _turns(body: Body, loop: _Start) -> _Turns:
    build, type_ = body.builder, loop.type
    start, end, step = (_widen(body, value, type_) for value in (loop.start, loop.end, loop.step))
    compare = build.icmp_signed if type_.is_signed else build.icmp_unsigned
    if loop.constant_step is not None:
        upwards = loop.constant_step > 0
        runs = compare("<=" if upwards else ">=", loop.start, loop.end)
        distance = build.sub(end, start) if upwards else build.sub(start, end)
        size = llvm.constant(llvm.I64, abs(loop.constant_step))
    elif type_.is_signed:
        rises = build.icmp_signed(">", step, llvm.constant(llvm.I64, 0))
        runs = build.select(rises, compare("<=", loop.start, loop.end), compare(">=", loop.start, loop.end))
        distance = build.select(rises, build.sub(end, start), build.sub(start, end))
        size = build.select(rises, step, build.neg(step))
    else:
        runs, distance, size = compare("<=", loop.start, loop.end), build.sub(end, start), step
    one, most = llvm.constant(llvm.I64, 1), llvm.constant(llvm.I64, MOST_CHARGED_AT_ONCE)
    before_last = distance if llvm.known(size) == 1 else build.udiv(distance, size)
    if type_.size < 8:
        number = build.add(before_last, one, "turns", ("nuw", "nsw"))
        return _Turns(runs, number, number)
    number = build.add(before_last, one, "turns")
    return _Turns(runs, number, build.select(build.icmp_unsigned("<", before_last, most), number, most))


def _widen(body: Body, value: Value, type_: Elementary) -> Value:
    return value if type_.size == 8 else memory.extend(body, value, type_, llvm.I64)


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
    charge(body, llvm.constant(llvm.I64, 1), node.span)
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
