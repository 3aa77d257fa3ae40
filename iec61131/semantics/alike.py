"""What is different between two versions of a file, where that is bodies and own variables of POUs alone, and where its
places have moved to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from msgspec import Struct, field

from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import VarKind

Bodied = tree.PouDeclaration | tree.MethodDeclaration | tree.Accessor | tree.ActionDeclaration

_OWN = (VarKind.LOCAL, VarKind.TEMP)
"""Sections of a POU that say nothing to others, but for names after a point."""


class FileChanges(Struct, frozen=True):
    """From one version of a file to the next: for each place of a declaration in `before` the same in `after`, and for
    the span of each declaration that has a body the new declaration.

    `own` has the spans of those whose own variables are declared otherwise, with the keys of the variables that are
    gone or are something else now.
    """

    before: tree.Unit
    after: tree.Unit
    moved: dict[Span, Span] = field(default_factory=dict[Span, Span])
    declarations: dict[Span, Bodied] = field(default_factory=dict[Span, Bodied])
    own: dict[Span, frozenset[str]] = field(default_factory=dict[Span, frozenset[str]])


def file_changes(before: tree.Unit, after: tree.Unit) -> FileChanges | None:
    """None when something else is different, or a body is a chart, which declares its steps."""
    changes = FileChanges(before, after)
    same = _same(before.declarations, after.declarations, changes) and _same(before.usings, after.usings, changes)
    return changes if same else None


def _same(old: object, new: object, changes: FileChanges) -> bool:
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
        return _same_variables(old, new, changes) and _same_parts(old, new, ("body", "variables"), changes)
    return _same_parts(old, new, (), changes)


def _same_in_order(old: tuple[object, ...], new: tuple[object, ...], changes: FileChanges) -> bool:
    return len(old) == len(new) and all(_same(a, b, changes) for a, b in zip(old, new, strict=True))


def _same_parts(old: object, new: object, without: tuple[str, ...], changes: FileChanges) -> bool:
    names = (name for name in cast("Struct", old).__struct_fields__ if name not in without)
    return all(_same(getattr(old, name), getattr(new, name), changes) for name in names)


# -------------------------------------------------------------------------------------------------------- own variables


def _same_variables(old: Bodied, new: Bodied, changes: FileChanges) -> bool:
    """Whether they are the same, or differ in own ones alone."""
    if isinstance(old, tree.ActionDeclaration) or isinstance(new, tree.ActionDeclaration):
        return True
    trial = FileChanges(changes.before, changes.after)
    if _same(old.variables, new.variables, trial):
        changes.moved.update(trial.moved)
        return True
    if isinstance(old, tree.Accessor):
        return False
    changes.own[old.span] = _gone(old.variables, new.variables, trial)
    return _same(_of_others(old.variables), _of_others(new.variables), changes)


def _of_others(blocks: tuple[tree.VarBlock, ...]) -> tuple[tree.VarBlock, ...]:
    return tuple(block for block in blocks if block.kind not in _OWN)


def _gone(old: tuple[tree.VarBlock, ...], new: tuple[tree.VarBlock, ...], trial: FileChanges) -> frozenset[str]:
    now = dict(_own_variables(new))
    return frozenset(key for key, said in _own_variables(old) if key not in now or not _same(said, now[key], trial))


def _own_variables(blocks: tuple[tree.VarBlock, ...]) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Each with what its declaration says about it."""
    for block in blocks:
        for one in block.variables if block.kind in _OWN else ():
            said = (block.kind, block.qualifiers, one.address, one.type, one.initial, one.binds, one.arguments)
            yield from ((name.key, said) for name in one.names)
