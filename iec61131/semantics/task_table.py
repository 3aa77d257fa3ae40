"""The table of what a program may know of its tasks: where it lies, and whose row is whose.

It is a global variable of the library (stdlib/libraries/TaskInfo.st), which a program has that names TASK_INFO. The
engine adds to the rows before the tasks of a scan run, each of which begins with the words of `program.TASK_ROW`; the
names are part of the initial memory. Rows are in the order of the tasks, the most urgent first.
"""

from __future__ import annotations

from iec61131.program import TASK_ROW, TASK_ROW_BYTES, TASK_ROWS
from iec61131.semantics.model import Model

_VARIABLE = "__TASKTABLE"
_NAME = len(TASK_ROW) * 8
_NAME_CHARACTERS = TASK_ROW_BYTES - _NAME - 1


def offset_of(model: Model) -> int:
    """In bytes, of a model whose variables have their places; -1 for a program that does not ask."""
    found = next((v for v in model.memory if v.name.upper() == _VARIABLE), None)
    if found is None:
        return -1
    assert found.type.size == TASK_ROWS * TASK_ROW_BYTES
    assert found.offset % 8 == 0
    return found.offset


def with_names(model: Model, initial: bytes) -> bytes:
    """The initial memory with the names of the tasks in it, in capitals."""
    offset = offset_of(model)
    if offset < 0:
        return initial
    image = bytearray(initial)
    for number, task in enumerate(model.tasks[:TASK_ROWS]):
        at = offset + number * TASK_ROW_BYTES + _NAME
        name = task.name.upper().encode("latin-1", "replace")[:_NAME_CHARACTERS]
        image[at : at + len(name)] = name
    return bytes(image)
