"""Sections VAR_GLOBAL and VAR_CONFIG of a file, and the lists of global variables that they make up.

A list begins with the pragma `{list_name Limits}` before its first section and goes on over the sections that follow,
up to another name, the pragma without a name, or another declaration. `{attribute 'qualified_only'}` counts for all of
it.
"""

from __future__ import annotations

import re

from iec61131.source import Span
from iec61131.syntax.cursor import Cursor
from iec61131.syntax.sections import section
from iec61131.syntax.tree import Declaration, GlobalDeclaration, Name, Pragma

_LIST_NAME = re.compile(r"\s*list_name\b\s*(?P<name>[A-Za-z_]\w*)?\s*", re.ASCII | re.IGNORECASE)
_QUALIFIED_ONLY = re.compile(r"\s*attribute\s+'qualified_only'\s*", re.IGNORECASE)


def global_declaration(cursor: Cursor, before: Declaration | None) -> GlobalDeclaration:
    """A section outside of POUs. `before` is the declaration above it, whose list it may continue."""
    pragmas = cursor.take_pragmas()
    block = section(cursor)
    named = [pragma for pragma in pragmas if _LIST_NAME.fullmatch(pragma.text)]
    if named:
        list_name, qualified_only = _name(named[-1]), False
    elif isinstance(before, GlobalDeclaration):
        list_name, qualified_only = before.list_name, before.qualified_only
    else:
        list_name, qualified_only = None, False
    qualified_only = qualified_only or any(_QUALIFIED_ONLY.fullmatch(pragma.text) for pragma in pragmas)
    return GlobalDeclaration(block, block.span, pragmas, list_name, qualified_only)


def _name(pragma: Pragma) -> Name | None:
    match = _LIST_NAME.fullmatch(pragma.text)
    if match is None or match["name"] is None:
        return None
    start = pragma.span.start + len("{")
    return Name(match["name"], Span(pragma.span.file, start + match.start("name"), start + match.end("name")))
