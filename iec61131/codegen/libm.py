"""Calls of the C library: its mathematical functions, the very ones that the interpreter calls."""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.codegen.body import Body
from iec61131.codegen.llvm import Value
from iec61131.codegen.types_ir import register_type
from iec61131.semantics import libm
from iec61131.semantics.types import Elementary


def call(body: Body, name: str, operands: Sequence[Value], type_: Elementary) -> Value:
    """The function of `libm.LIBM` `name` in the precision of `type_`. `nobuiltin` keeps LLVM from putting something of
    its own in its place.
    """
    register = register_type(type_)
    symbol = libm.symbol(name, single=type_.size == 4)
    function = body.unit.declared(symbol, register, [register] * len(operands))
    for attribute in ("nobuiltin", "nounwind", "readnone"):
        function.attributes.add(attribute)
    return body.builder.call(function, list(operands))
