"""Task names within one resource are unique.

Accepted                                   Rejected
    TASK fast (INTERVAL := T#10ms);            TASK fast (INTERVAL := T#10ms);
    TASK slow (INTERVAL := T#1s);              TASK fast (INTERVAL := T#1s);

Why: PROGRAM .. WITH fast would otherwise bind to whichever task came first.
"""

from __future__ import annotations

from collections.abc import Iterator

from iec61131.diagnostics.catalogue.configuration import DUPLICATE_TASK
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.syntax.tree import ResourceDeclaration, TaskDeclaration


def check(resource: ResourceDeclaration) -> Iterator[Diagnostic]:
    first_by_name: dict[str, TaskDeclaration] = {}
    for task in resource.tasks:
        first = first_by_name.setdefault(task.name.key, task)
        if first is not task:
            yield DUPLICATE_TASK.at(task.name.span, name=task.name.text).also(first.name.span, "first declared here")
