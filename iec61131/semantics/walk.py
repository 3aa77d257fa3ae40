"""Walking the typed model without caring what its nodes mean: `children` of any node, `inside` for all below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iec61131.semantics.model import (
    AddressOf,
    Assign,
    BinaryExpression,
    BitPlace,
    CallBlock,
    CallFunction,
    Case,
    Convert,
    ElementPlace,
    Evaluate,
    FieldPlace,
    For,
    HeapCall,
    If,
    InstanceMemberPlace,
    IntrinsicCall,
    Load,
    OutputBinding,
    Pou,
    Repeat,
    Stepwise,
    TargetPlace,
    UnaryExpression,
    ValuePlace,
    While,
)


def inside(nodes: Iterable[object]) -> Iterator[object]:
    """The nodes and everything below them, in no particular order."""
    work = list(nodes)
    while work:
        node = work.pop()
        yield node
        work.extend(children(node))


def targets(call: CallFunction | CallBlock) -> list[Pou]:
    """The POUs that a call may run."""
    if call.dispatch is not None:
        return list(dict.fromkeys(call.dispatch.targets.values()))
    return [call.function if isinstance(call, CallFunction) else call.block]


def children(node: object) -> Iterable[object]:
    """What a statement, expression or place is made of; nothing for anything else."""
    match node:
        case Assign():
            return (node.place, node.value)
        case CallBlock():
            return (node.instance, *(value for _, value in node.inputs), *node.in_outs, *node.outputs)
        case CallFunction():
            instance = (node.instance,) if node.instance is not None else ()
            return (*instance, *node.inputs, *node.in_outs, *node.outputs)
        case Evaluate():
            return (node.call,)
        case If():
            branches = [part for condition, body in node.branches for part in (condition, *body)]
            return (*branches, *node.otherwise)
        case Case():
            return (node.selector, *(part for _, body in node.arms for part in body), *node.otherwise)
        case For():
            return (node.place, node.start, node.end, node.step, *node.body)
        case While():
            return (node.condition, *node.body)
        case Repeat():
            return (*node.body, node.until)
        case Convert() | UnaryExpression() | HeapCall():
            return (node.operand,)
        case BinaryExpression():
            return (node.left, node.right)
        case IntrinsicCall():
            return node.arguments
        case Stepwise():
            return (*node.statements, node.value)
        case Load() | AddressOf() | OutputBinding():
            return (node.place,)
        case FieldPlace() | InstanceMemberPlace() | BitPlace():
            return (node.base,)
        case ElementPlace():
            return (node.base, *node.indices)
        case TargetPlace():
            return (node.pointer,)
        case ValuePlace():
            return (node.value,)
        case _:
            return ()
