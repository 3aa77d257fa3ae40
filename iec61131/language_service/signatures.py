"""The parameters of the call that is being written."""

from __future__ import annotations

from msgspec import Struct

from iec61131.language_service.cursor import cursor_at, open_call
from iec61131.language_service.describe import remarks
from iec61131.language_service.members import callee_of
from iec61131.language_service.program import Program
from iec61131.semantics.model import Variable
from iec61131.semantics.uses import StandardFunction
from iec61131.source import SourceFile
from iec61131.syntax.tree import VarKind


class Signature(Struct, frozen=True):
    """`label` holds each of `parameters` as it is; `active` is the number of the one being given, None when it is not
    clear.
    """

    label: str
    parameters: tuple[str, ...]
    active: int | None
    remarks: tuple[str, ...]


def signature(program: Program, file: SourceFile, offset: int) -> Signature | None:
    cursor = cursor_at(program, file, offset)
    call = open_call(cursor.before)
    callee = callee_of(program, file, offset, call.callee) if call is not None else None
    if call is None or callee is None:
        return None
    if callee.standard is not None:
        shown = callee.standard.parameters
        keys = [text.partition(" ")[0].upper() for text in shown]
        about = tuple(remarks(program, StandardFunction(callee.standard.name)))
        active = _active(keys, call.number, call.named, is_variadic=callee.standard.variadic)
        return Signature(callee.standard.heading, shown, active, about)
    assert callee.symbol is not None
    taken = callee.parameters
    shown = tuple(_parameter(variable) for variable in taken)
    name = callee.symbol.declaration.name.text
    result = callee.symbol.pou.result
    label = f"{name}({', '.join(shown)}){f' : {result.type}' if result is not None else ''}"
    active = _active_of(taken, call.number, call.named)
    return Signature(label, shown, active, tuple(remarks(program, callee.symbol)))


def _parameter(variable: Variable) -> str:
    sign = {VarKind.OUTPUT: " =>", VarKind.IN_OUT: " (VAR_IN_OUT)"}.get(variable.kind, "")
    return f"{variable.name}{sign} : {variable.type}"


def _active_of(taken: list[Variable], number: int, named: str) -> int | None:
    """By position inputs and VAR_IN_OUT are given; all parameters, where more stand there than these."""
    if named:
        return next((n for n, variable in enumerate(taken) if variable.key == named), None)
    positional = [n for n, variable in enumerate(taken) if variable.kind is not VarKind.OUTPUT]
    if number < len(positional):
        return positional[number]
    return number if number < len(taken) else None


def _active(keys: list[str], number: int, named: str, *, is_variadic: bool) -> int | None:
    if named:
        return keys.index(named) if named in keys else None
    if number < len(keys):
        return number
    return len(keys) - 1 if is_variadic and keys else None
