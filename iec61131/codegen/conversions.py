"""Conversions: a table of functions that emit one `ConversionKind` each. SUBRANGE can fault and is lowered in
`expressions`.
"""

from __future__ import annotations

from collections.abc import Callable

from iec61131.codegen import llvm
from iec61131.codegen.body import Body
from iec61131.codegen.llvm import Value
from iec61131.codegen.types_ir import register_type
from iec61131.semantics.model import ConversionKind
from iec61131.semantics.types import Elementary, Kind

Emit = Callable[[Body, Value, Elementary, Elementary], Value]
"""The value and its type, then the type wanted."""


def _resize(body: Body, value: Value, source: Elementary, target: Elementary) -> Value:
    """The sign of the source decides how to extend."""
    if target.bits == source.bits:
        return value
    if target.bits < source.bits:
        return body.builder.trunc(value, register_type(target))
    return (body.builder.sext if source.is_signed else body.builder.zext)(value, register_type(target))


def _to_bool(body: Body, value: Value, source: Elementary, target: Elementary) -> Value:
    """A NaN is not zero, hence TRUE."""
    zero = llvm.constant(register_type(source), 0.0 if source.kind is Kind.REAL else 0)
    if source.kind is Kind.REAL:
        return body.builder.fcmp_unordered("!=", value, zero)
    return value if source.kind is Kind.BOOL else body.builder.icmp_unsigned("!=", value, zero)


def _from_bool(body: Body, value: Value, source: Elementary, target: Elementary) -> Value:
    if target.kind is Kind.REAL:
        return body.builder.uitofp(value, register_type(target))
    return value if target.kind is Kind.BOOL else body.builder.zext(value, register_type(target))


def _integer_to_real(body: Body, value: Value, source: Elementary, target: Elementary) -> Value:
    convert = body.builder.sitofp if source.is_signed else body.builder.uitofp
    return convert(value, register_type(target))


def _real_to_integer(body: Body, value: Value, source: Elementary, target: Elementary) -> Value:
    register = register_type(source)
    rounding = body.unit.declared(f"llvm.roundeven.{_suffix(source)}", register, [register])
    return _truncate_real(body, body.builder.call(rounding, [value]), source, target)


def _truncate_real(body: Body, value: Value, source: Elementary, target: Elementary) -> Value:
    """The saturating conversion of LLVM is the language's: towards zero, clamped, 0 for NaN."""
    sign = "s" if target.is_signed else "u"
    name = f"llvm.fpto{sign}i.sat.i{target.bits}.{_suffix(source)}"
    function = body.unit.declared(name, register_type(target), [register_type(source)])
    return body.builder.call(function, [value])


def _real_to_real(body: Body, value: Value, source: Elementary, target: Elementary) -> Value:
    if source.size == target.size:
        return value
    return (body.builder.fpext if source.size < target.size else body.builder.fptrunc)(value, register_type(target))


def _suffix(type_: Elementary) -> str:
    return f"f{type_.size * 8}"


CONVERT: dict[ConversionKind, Emit] = {
    ConversionKind.RESIZE: _resize,
    ConversionKind.RELABEL: lambda body, value, source, target: value,
    ConversionKind.TO_BOOL: _to_bool,
    ConversionKind.FROM_BOOL: _from_bool,
    ConversionKind.INTEGER_TO_REAL: _integer_to_real,
    ConversionKind.REAL_TO_INTEGER: _real_to_integer,
    ConversionKind.TRUNCATE_REAL: _truncate_real,
    ConversionKind.REAL_TO_REAL: _real_to_real,
}
