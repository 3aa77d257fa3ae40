"""Which constructs of the typed model a program uses, so that tests can say which of them nobody tries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from msgspec import Struct

from iec61131.semantics import model as nodes
from iec61131.semantics.intrinsics import INTRINSICS
from iec61131.semantics.model import ConversionKind, Model
from iec61131.syntax.tree import BinaryOperator, UnaryOperator

# `+x` is `x`: the semantics leaves it out of the model.
ALL = (
    {class_.__name__ for union in (nodes.Statement, nodes.Expression, nodes.Place) for class_ in get_args(union)}
    | {f"{kind}" for enumeration in (ConversionKind, BinaryOperator, UnaryOperator) for kind in enumeration}
    | set(INTRINSICS)
) - {f"{UnaryOperator.PLUS}"}
"""The names of all classes of nodes, operators, conversions and intrinsics."""

_INSIDE = (
    nodes.ProgramRun,
    nodes.OutputBinding,
    *(c for u in (nodes.Statement, nodes.Expression) for c in get_args(u)),
)
_PLACES = get_args(nodes.Place)


def constructs(model: Model) -> set[str]:
    """The names, of those in `ALL`, of what the bodies and the tasks of `model` use."""
    found: set[str] = set()
    _visit([pou.body for pou in model.pous], found)
    _visit([task.programs for task in model.tasks], found)
    return found & ALL


def _visit(node: object, found: set[str]) -> None:
    if isinstance(node, list | tuple):
        for item in node:
            _visit(item, found)
    elif isinstance(node, ConversionKind | BinaryOperator | UnaryOperator):
        found.add(f"{node}")
    elif isinstance(node, Struct) and isinstance(node, (*_INSIDE, *_PLACES)):
        found.add(node.name if isinstance(node, nodes.IntrinsicCall) else "")
        found.add(type(node).__name__)
        for name in node.__struct_fields__:
            _visit(getattr(node, name), found)


def union(models: Iterable[Model]) -> set[str]:
    return set().union(*map(constructs, models))
