"""Program instances have names of their own.

Accepted                                   Rejected
    PROGRAM Line1 WITH fast : Filler;          PROGRAM Line WITH fast : Filler;
    PROGRAM Line2 WITH fast : Filler;          PROGRAM Line WITH slow : Filler;

Why: the variables of an instance are reached from outside as `Line1.Level`; with one name for two instances, or for an
instance and a global variable, nobody could say which is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iec61131.diagnostics.catalogue.declarations import DUPLICATE_NAME
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.semantics.model import Variable


def check(instances: Iterable[Variable], others: Iterable[Variable]) -> Iterator[Diagnostic]:
    """`instances` in the order of declaration; `others` are the global variables."""
    first_by_name: dict[str, Variable] = {variable.key: variable for variable in others}
    for instance in instances:
        first = first_by_name.setdefault(instance.key, instance)
        if first is not instance:
            yield DUPLICATE_NAME.at(instance.span, name=instance.name).also(first.span, "first declared here")
