"""Numbers in decimal digits: the two functions on which the library's REAL_TO_STRING and STRING_TO_REAL rest.

The C library does the work; for so few digits it allocates nothing. Its point is that of the process's locale, so no
text with a point is read, and of what is written the library of the language looks at the digits only.
"""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.codegen import llvm
from iec61131.codegen.body import Body, Unit
from iec61131.codegen.llvm import Function, Value
from iec61131.codegen.types_ir import register_type
from iec61131.semantics.intrinsics import DIGITS
from iec61131.semantics.types import REAL, Elementary, Type

FUNCTIONS = frozenset({"__DIGITS", "__REAL", "__LREAL"})
"""Intrinsics that are lowered here."""

_READ = {4: "strtof", 8: "strtod"}
_DIGITS_ENOUGH = {4: 9, 8: 17}


def call(body: Body, operands: Sequence[Value], source: Type | None, target: Type) -> Value:
    (operand,) = operands
    if isinstance(target, Elementary):
        # What computed the text has left a zero behind it.
        return body.builder.call(_read(body.unit, target), [operand, llvm.null()])
    assert isinstance(source, Elementary)
    text = body.temporary(DIGITS.size, "digits")
    body.builder.call(_shortest(body.unit, source), [operand, text])
    return text


def _read(unit: Unit, type_: Elementary) -> Function:
    function = unit.declared(_READ[type_.size], register_type(type_), [llvm.POINTER, llvm.POINTER])
    function.attributes.add("nounwind")
    return function


def _shortest(unit: Unit, type_: Elementary) -> Function:
    """Writes a number with one digit more each time, until it reads back."""
    name = f"rung.digits.{type_.bits}"
    existing = unit.runtime.get(name)
    if existing is not None:
        return existing
    function = unit.runtime[name] = llvm.new_function(
        unit.module, name, llvm.VOID, [register_type(type_), llvm.POINTER]
    )
    function.linkage = "internal"
    function.attributes.add("nounwind")
    value, text = function.args
    entry, attempt, end = (function.append_basic_block(block) for block in ("entry", "attempt", "end"))
    build = llvm.new_builder(entry)
    exact = build.fpext(value, llvm.DOUBLE) if type_ == REAL else value
    build.branch(attempt)
    build.position_at_end(attempt)
    behind_point = build.phi(llvm.I32)
    write = unit.declared("snprintf", llvm.I32, [llvm.POINTER, llvm.I64, llvm.POINTER], variadic=True)
    form = unit.constant_bytes(b"%.*e\0")
    build.call(write, [text, llvm.constant(llvm.I64, DIGITS.size), form, behind_point, exact])
    back = build.call(_read(unit, type_), [text, llvm.null()])
    more = build.add(behind_point, llvm.constant(llvm.I32, 1))
    behind_point.add_incoming(llvm.constant(llvm.I32, 0), entry)
    behind_point.add_incoming(more, attempt)
    enough = build.icmp_signed("==", more, llvm.constant(llvm.I32, _DIGITS_ENOUGH[type_.size]))
    build.cbranch(build.or_(build.fcmp_ordered("==", back, value), enough), end, attempt)
    build.position_at_end(end)
    build.ret_void()
    return function
