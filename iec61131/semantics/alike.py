"""Whether two versions of a file declare the same and differ in bodies alone, and where its places have moved to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from msgspec import Struct, field

from iec61131.source import Span
from iec61131.syntax import tree

Bodied = tree.PouDeclaration | tree.MethodDeclaration | tree.Accessor | tree.ActionDeclaration


class BodyChanges(Struct, frozen=True):
    """From one version of a file to the next: for each place of a declaration in `before` the same in `after`, and for
    the span of each declaration that has a body the new declaration.
    """

    before: tree.Unit
    after: tree.Unit
    moved: dict[Span, Span] = field(default_factory=dict[Span, Span])
    declarations: dict[Span, Bodied] = field(default_factory=dict[Span, Bodied])


def body_changes(before: tree.Unit, after: tree.Unit) -> BodyChanges | None:
    """None when something else than bodies is different, or a body is a chart, which declares its steps."""
    changes = BodyChanges(before, after)
    same = _same(before.declarations, after.declarations, changes) and _same(before.usings, after.usings, changes)
    return changes if same else None


def _same(old: object, new: object, changes: BodyChanges) -> bool:
    if type(old) is not type(new):
        return False
    if isinstance(old, Span) and isinstance(new, Span):
        changes.moved[old] = new
        return True
    if isinstance(old, tuple):
        return _same_in_order(cast("tuple[object, ...]", old), cast("tuple[object, ...]", new), changes)
    if not isinstance(old, Struct):
        return old == new
    if isinstance(old, tree.PouDeclaration | tree.ActionDeclaration) and old.chart is not None:
        return False
    if isinstance(old, Bodied) and isinstance(new, Bodied):
        changes.declarations[old.span] = new
    return all(_same(getattr(old, name), getattr(new, name), changes) for name in _parts(old))


def _same_in_order(old: tuple[object, ...], new: tuple[object, ...], changes: BodyChanges) -> bool:
    return len(old) == len(new) and all(_same(a, b, changes) for a, b in zip(old, new, strict=True))


def _parts(node: Struct) -> Iterator[str]:
    for name in node.__struct_fields__:
        if not (name == "body" and isinstance(node, Bodied)):
            yield name
