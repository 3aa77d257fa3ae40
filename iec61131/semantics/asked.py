"""Which variables a program asks about with QUALITY, QUALITY_REASON and AGE, and which inputs its tasks copy before all
else, for those who know the devices: the compiler does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iec61131.program import Asked, Copied
from iec61131.semantics.model import (
    Assign,
    BitPlace,
    ConstantExpression,
    ElementPlace,
    FieldPlace,
    InstanceMemberPlace,
    Load,
    MemoryPlace,
    Model,
    Place,
    Pou,
    SignalOf,
    Storage,
    VariablePlace,
)
from iec61131.semantics.walk import inside
from iec61131.syntax.tree import PouKind

_ASKS = re.compile(r"\b(?:QUALITY|AGE|(?:LOSE|DOUBT|FREEZE|RESTORE)_INPUT)", re.IGNORECASE)
"""In the text of a program that asks. Few do, and looking through the bodies of the others would take time."""


def asked(model: Model) -> tuple[Asked, ...]:
    """One row for each question, in a PROGRAM for each of its instances; in the order of the text."""
    if not any(_ASKS.search(file.text) for file in model.files):
        return ()
    programs = {pou.instance: pou for pou in model.pous if pou.kind is PouKind.PROGRAM}
    rows: list[Asked] = []
    for pou in model.pous:
        program = programs.get(pou.instance) if pou.instance is not None else None  # with its methods and actions
        instances = [v.name for v in model.memory if program is not None and v.type is program.instance]
        for node in inside(pou.body):
            if isinstance(node, SignalOf):
                span, paths = node.place.span, _paths(node.place, program or pou, instances)
                rows += [Asked(path, span.file.name, span.start, span.end) for path in paths or [""]]
    order = {file.name: number for number, file in enumerate(model.files)}
    return tuple(sorted(rows, key=lambda row: (order[row.file], row.start, row.path)))


def _paths(place: Place, owner: Pou, instances: Sequence[str]) -> list[str]:
    """What the variable is called in each instance of a PROGRAM; none where that shows only when the program runs. Of
    an element whose index is computed, the array; of a bit of a number, the number.
    """
    match place:
        case VariablePlace(variable=variable) | MemoryPlace(variable=variable):
            if variable.storage is Storage.MEMORY and variable not in owner.variables:
                return [variable.name]
            is_own = variable.storage is Storage.MEMORY  # of a block: one for all instances
            owners = instances or ([owner.name] if is_own else [])
            return [f"{name}.{variable.name}" for name in owners]
        case FieldPlace():
            return [f"{path}.{place.field.name}" for path in _paths(place.base, owner, instances)]
        case InstanceMemberPlace():
            return [f"{path}.{place.member.name}" for path in _paths(place.base, owner, instances)]
        case ElementPlace():
            index = _index(place)
            return [path + index for path in _paths(place.base, owner, instances)]
        case BitPlace():
            return _paths(place.base, owner, instances)
        case _:
            return []


def _index(place: ElementPlace) -> str:
    values = [index.value for index in place.indices if isinstance(index, ConstantExpression)]
    return f"[{', '.join(map(str, values))}]" if len(values) == len(place.indices) else ""


def copied(model: Model) -> tuple[Copied, ...]:
    """What VAR_CONFIG gives an address, see `configured_variables`."""
    return tuple(_copied(model))


def _copied(model: Model) -> Iterator[Copied]:
    for pou in dict.fromkeys(run.program for task in model.tasks for run in task.programs):
        if not pou.name.startswith("%"):
            continue
        for node in pou.body:
            match node:
                case Assign(place=place, value=Load(place=VariablePlace(variable=located))) if located.address:
                    yield from (Copied(located.address, path) for path in _paths(place, pou, ()))
                case _:
                    pass
