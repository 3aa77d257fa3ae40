"""Statements: assignments, choices, calls and jumps. Loops are in `loops`."""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.codegen import arms, calls, expressions, llvm, loops, memory, narrow, places, text_in_place
from iec61131.codegen.body import Body
from iec61131.codegen.llvm import Block, Value
from iec61131.codegen.types_ir import elementary, register_type
from iec61131.semantics.model import (
    Assign,
    CallBlock,
    Case,
    Continue,
    Evaluate,
    Exit,
    For,
    If,
    Jump,
    Label,
    Repeat,
    Return,
    Statement,
    While,
)
from iec61131.semantics.types import Elementary


def lower(body: Body, statements: Sequence[Statement]) -> None:
    for statement in statements:
        if isinstance(statement, Label):
            body.labels[statement] = body.block(statement.name)
    for statement in statements:
        if not body.is_open and not isinstance(statement, Label):
            continue  # what follows EXIT, CONTINUE, RETURN or JMP never runs, up to the next label
        mark = len(body.taken)
        _lower_one(body, statement)
        body.release(mark)


def _lower_one(body: Body, node: Statement) -> None:
    match node:
        case Assign():
            _assign(body, node)
        case CallBlock():
            calls.call_block(body, node)
        case Evaluate(call=call):
            calls.evaluate_and_drop(body, call)
        case If():
            _if(body, node)
        case Case():
            _case(body, node)
        case For() | While() | Repeat():
            loops.lower(body, node)
        case Exit():
            body.builder.branch(body.loops[-1].exit)
        case Continue():
            body.builder.branch(body.loops[-1].proceed)
        case Return():
            body.return_with(llvm.constant(llvm.I32, 0))
        case Label():
            body.go_to(body.labels[node])
            body.enter(body.labels[node])
        case Jump():
            if node.is_backward:
                loops.charge(body, llvm.constant(llvm.I64, 1), node.span)
            body.builder.branch(body.labels[node.label])


def _assign(body: Body, node: Assign) -> None:
    slot = places.slot_of(body, node.place)
    if slot is not None and slot.extended:
        memory.store_extended(body, slot, narrow.extended(body, node.value))
    elif not text_in_place.assign(body, node):
        calls.store_at(body, node.place, expressions.evaluate(body, node.value))


def _if(body: Body, node: If) -> None:
    joined = body.block("endif")
    for condition, statements in node.branches:
        then, otherwise = body.block("then"), body.block("else")
        body.builder.cbranch(expressions.evaluate(body, condition), then, otherwise)
        body.enter(then)
        lower(body, statements)
        body.go_to(joined)
        body.enter(otherwise)
    lower(body, node.otherwise)
    body.go_to(joined)
    body.enter(joined)


# ----------------------------------------------------------------------------------------------------------------- CASE

MOST_SWITCHED_VALUES = 64
"""A range of more values than this is compared instead of entered value by value into the switch."""


def _case(body: Body, node: Case) -> None:
    """One `switch` for single values and short ranges, then compares for long ranges. Where two labels overlap, the
    first arm wins.
    """
    selector, type_ = expressions.evaluate(body, node.selector), elementary(node.selector.type)
    blocks = [body.block("case") for _ in node.arms]
    otherwise, joined = body.block("case.else"), body.block("endcase")
    switched, compared = _labels(node, blocks, type_)

    unmatched = body.block("case.ranges") if compared else otherwise
    switch = body.builder.switch(selector, unmatched)
    for value, block in switched.items():
        switch.add_case(llvm.constant(register_type(type_), value), block)
    if compared:
        body.enter(unmatched)
        _compare_ranges(body, selector, type_, compared)
        body.builder.branch(otherwise)

    bodies = [(block, statements) for block, (_, statements) in zip(blocks, node.arms, strict=True)]
    arms.lower(body, [*bodies, (otherwise, node.otherwise)], joined, lower)
    body.enter(joined)


def _labels(
    node: Case, blocks: Sequence[Block], type_: Elementary
) -> tuple[dict[int, Block], list[tuple[int, int, Block]]]:
    """The values to switch on, and the ranges to compare with, each with its arm, without what an earlier arm takes."""
    switched: dict[int, Block] = {}
    compared: list[tuple[int, int, Block]] = []
    for block, (labels, _) in zip(blocks, node.arms, strict=True):
        for written_low, written_high in labels:
            low, high = max(written_low, type_.minimum), min(written_high, type_.maximum)
            if high - low >= MOST_SWITCHED_VALUES:
                compared.append((low, high, block))
                continue
            for value in range(low, high + 1):
                if value not in switched and not any(first <= value <= last for first, last, _ in compared):
                    switched[value] = block
    return switched, compared


def _compare_ranges(body: Body, selector: Value, type_: Elementary, ranges: list[tuple[int, int, Block]]) -> None:
    register = register_type(type_)
    for low, high, block in ranges:
        distance = body.builder.sub(selector, llvm.constant(register, low))
        inside = body.builder.icmp_unsigned("<=", distance, llvm.constant(register, high - low))
        following = body.block("case.next")
        body.builder.cbranch(inside, block, following)
        body.enter(following)
