"""`Arrays`: structs of numpy arrays that numba functions take as one pointer.

numba passes a tuple of arrays by value, seven words an array: each call of a function that is not inlined copies all of
them, and a function that is large keeps them on its stack, where it looks for them among hundreds of others. It also
counts the references to each. A scan has forty-five arrays; a tick took three microseconds for them alone (see
`docs/decisions/0030-arrays-by-reference.md`).

A subclass declares its arrays as `name: Annotated[Any, WORDS]`, with one of the forms below. An instance has a table of
where they lie, checked against that; a numba function gets the address of the table, and `v.name` is an array there
whose references nobody counts: whoever calls holds the instance until the call returns.

*Why loads that the compiler may move* (`invariant.load`): nobody writes a table while a function has it, so an address
can stay in a register although all kinds of memory are written meanwhile.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, ClassVar, get_type_hints

import numpy as np
from llvmlite import ir
from msgspec import Struct
from numba import typeof, types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    unbox,
)
from numba.np.arrayobj import populate_array
from numba.np.numpy_support import as_dtype

WORDS, TABLE = types.int64[::1], types.int64[:, ::1]
"""Without gaps, of one and of two dimensions."""
BYTES, BYTE_TABLE = types.uint8[::1], types.uint8[:, ::1]
FLAGS, DWORDS = types.boolean[::1], types.int32[::1]
SINGLES, REALS = types.float32[::1], types.float64[::1]
SLOTS, BYTE_SLOTS, SLOT_TABLES = types.int64[:, :], types.uint8[:, :], types.int64[:, :, :]
"""Rows at any distance from each other, as they lie in shared memory."""

_WORD = ir.IntType(64)


class Arrays(Struct, kw_only=True, eq=False):
    """Base of such structs. `replace` of msgspec gives one with other arrays and a table of its own.

    Raises TypeError for an array that is not of the form that is declared.
    """

    array_table: Any = None
    array_table_address: int = 0
    _numba_type_: ClassVar[Any]
    """Where numba's dispatcher looks first; to be asked in Python takes it four microseconds for each argument."""

    def __init_subclass__(cls) -> None:
        cls._numba_type_ = ArraysType(cls)

    def __post_init__(self) -> None:
        words: list[int] = []
        for name, dtype, dimensions, is_dense in _requirements(type(self)):
            array = getattr(self, name)
            if (
                not isinstance(array, np.ndarray)
                or array.dtype != dtype
                or array.ndim != dimensions
                or not (array.flags.writeable and array.flags.aligned)
                or (is_dense and not array.flags.c_contiguous)
            ):
                found = typeof(array) if isinstance(array, np.ndarray) else type(array).__name__
                raise TypeError(f"{type(self).__name__}.{name} is {found}, expected {forms(type(self))[name]}")
            words += [array.ctypes.data, *array.shape, *array.strides]
        self.array_table = np.array(words, np.int64)
        self.array_table_address = int(self.array_table.ctypes.data)

    @property
    def arrays(self) -> list[Any]:
        """All of them, with the table."""
        return [*(getattr(self, name) for name in forms(type(self))), self.array_table]


@cache
def forms(kind: type[Arrays]) -> dict[str, Any]:
    """Of the arrays that such a struct has, in their order."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}


@cache
def _requirements(kind: type[Arrays]) -> list[tuple[str, np.dtype[Any], int, bool]]:
    """Of each array: name, type, dimensions, whether it is without gaps. numba's own look at one takes ten times as
    long, and a replay makes such structs by the thousand.
    """
    return [(name, as_dtype(form.dtype), form.ndim, form.layout == "C") for name, form in forms(kind).items()]


class ArraysType(types.Type):
    """What numba knows a subclass as. Its name changes with the forms: machine code on disk for others is not used."""

    def __init__(self, kind: type[Arrays]) -> None:
        self.forms = forms(kind)
        spelt = ", ".join(f"{name} {form}" for name, form in self.forms.items())
        super().__init__(name=f"{kind.__name__}_{hashlib.sha256(spelt.encode()).hexdigest()[:12]}")


@register_model(ArraysType)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: ArraysType) -> None:
        super().__init__(manager, fe_type, _WORD.as_pointer())


@unbox(ArraysType)
def _unbox(_type: ArraysType, value: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(value, "array_table_address")
    pointer = c.builder.inttoptr(c.pyapi.long_as_ulonglong(address), _WORD.as_pointer())
    c.pyapi.decref(address)
    return NativeValue(pointer, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@infer_getattr
class _Fields(AttributeTemplate):
    key = ArraysType

    def generic_resolve(self, value: ArraysType, name: str) -> Any:
        return value.forms.get(name)


@lower_getattr_generic(ArraysType)
def _array(context: Any, builder: ir.IRBuilder, type_: ArraysType, pointer: Any, name: str) -> Any:
    at = 0
    for other, form in type_.forms.items():
        if other == name:
            break
        at += 1 + 2 * form.ndim
    form = type_.forms[name]
    words = [_load(builder, pointer, at + number) for number in range(1 + 2 * form.ndim)]
    array = context.make_array(form)(context, builder)
    item_bytes = context.get_abi_sizeof(context.get_data_type(form.dtype))
    populate_array(
        array,
        data=builder.inttoptr(words[0], array.data.type),
        shape=words[1 : 1 + form.ndim],
        strides=words[1 + form.ndim :],
        itemsize=context.get_constant(types.intp, item_bytes),
        meminfo=None,
    )
    return array._getvalue()  # noqa: SLF001 - numba's way to say it


def _load(builder: ir.IRBuilder, pointer: Any, number: int) -> Any:
    loaded = builder.load(builder.gep(pointer, [ir.IntType(32)(number)], inbounds=True))
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded
