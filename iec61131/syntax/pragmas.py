"""Pragmas in a body: `{region 'x'}` has no effect, and `{{ code(); }}` is what another tool hands to a C compiler."""

from __future__ import annotations

import re

from iec61131.diagnostics.catalogue.syntax import FOREIGN_CODE
from iec61131.syntax.cursor import Cursor
from iec61131.syntax.tree import Pragma

_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")


def pragmas_in_body(cursor: Cursor) -> tuple[Pragma, ...]:
    """Those before the cursor, with a finding for each that does something in another tool."""
    pragmas = cursor.take_pragmas()
    for pragma in pragmas:
        if _is_code(pragma.text):
            cursor.report(FOREIGN_CODE.at(pragma.span))
    return pragmas


def _is_code(text: str) -> bool:
    """Whether a C compiler would be given it. `{ x := 1; }` is none of its language."""
    bare = _QUOTED.sub("", text)
    return text.startswith("{") or (";" in bare and ":=" not in bare)
