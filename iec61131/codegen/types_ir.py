"""How the types of the language look in LLVM.

A scalar has two forms: in a register (`register_type`: BOOL is `i1`) and in memory (`memory_type`: BOOL is `i8`, 0 or
1). An aggregate is only ever in memory; its value in the generator is a pointer to storage that nobody changes before
it is used.
"""

from __future__ import annotations

from iec61131.codegen import llvm
from iec61131.codegen.llvm import IrType, Value
from iec61131.semantics.layout import default_constant, pack
from iec61131.semantics.model import Constant
from iec61131.semantics.types import ELEMENTARY, Elementary, Kind, Type, storage_type

_REAL_TYPES = {4: llvm.FLOAT, 8: llvm.DOUBLE}

_MEMORY_TYPES: dict[Elementary, IrType] = {
    row: _REAL_TYPES[row.size] if row.kind is Kind.REAL else llvm.integer_type(row.size * 8)
    for row in ELEMENTARY.values()
}
_REGISTER_TYPES = {row: llvm.I1 if row.kind is Kind.BOOL else type_ for row, type_ in _MEMORY_TYPES.items()}


def scalar(type_: Type | None) -> Elementary | None:
    """The elementary type that a value of `type_` is stored as; None for an aggregate."""
    stored = storage_type(type_) if type_ is not None else None
    return stored if isinstance(stored, Elementary) else None


def elementary(type_: Type | None) -> Elementary:
    """The same, where the model promises that it is one: a call has a type wherever it is an operand."""
    stored = scalar(type_)
    assert stored is not None, str(type_)
    return stored


def register_type(type_: Elementary) -> IrType:
    return _REGISTER_TYPES[type_]


def memory_type(type_: Elementary) -> IrType:
    return _MEMORY_TYPES[type_]


def scalar_constant(value: Constant | None, type_: Type) -> Value:
    """A constant in its register form; None is the type's default."""
    given = default_constant(type_) if value is None else value
    assert isinstance(given, bool | int | float)
    stored = elementary(type_)
    return llvm.constant(register_type(stored), float(given) if stored.kind is Kind.REAL else int(given))


def constant_bytes(value: Constant | None, type_: Type) -> bytes:
    """A constant as it lies in memory; padding is zero."""
    content = bytearray(type_.size)
    pack(type_, value, content, 0)
    return bytes(content)
