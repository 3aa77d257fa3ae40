"""Inputs of the types ANY, ANY_NUM and so on, of a FUNCTION or METHOD: they take variables of several types.

The body sees `__SYSTEM.AnyType`, as in the CODESYS family: where the variable lies (`pValue`), how many bytes it has
(`diSize`) and the class of its type (`TypeClass`). The caller hands over just that; a value that is no variable gets
one for the call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iec61131.diagnostics.catalogue import calls, declarations
from iec61131.semantics.model import (
    Assign,
    ConstantExpression,
    Expression,
    FieldPlace,
    Load,
    Place,
    Statement,
    Stepwise,
    Variable,
    VariablePlace,
)
from iec61131.semantics.operands import Literal, Typed, coerce, literal_node, literal_type
from iec61131.semantics.pointers import address_of, is_bit
from iec61131.semantics.scopes import Globals
from iec61131.semantics.types import (
    ArrayType,
    Elementary,
    EnumType,
    Flavour,
    InterfaceType,
    Kind,
    PointerType,
    StringType,
    StructType,
    SubrangeType,
    Type,
)
from iec61131.source import Span
from iec61131.syntax import tree

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions

TYPE = "ANYTYPE"
"""The key of what the body sees, in the vendors' library."""

_INTEGERS = (Kind.SIGNED, Kind.UNSIGNED)
_KINDS: dict[str, tuple[Kind, ...]] = {
    "ANY_BIT": (Kind.BOOL, Kind.BITS),
    "ANY_INT": _INTEGERS,
    "ANY_REAL": (Kind.REAL,),
    "ANY_NUM": (*_INTEGERS, Kind.REAL),
    "ANY_MAGNITUDE": (*_INTEGERS, Kind.REAL, Kind.DURATION),
    "ANY_DURATION": (Kind.DURATION,),
    "ANY_DATE": (Kind.DATE,),
    "ANY_STRING": (),
    "ANY_ELEMENTARY": tuple(Kind),
}
ANY_TYPES = frozenset({"ANY", *_KINDS})

# The numbers of IBaseLibrary.TypeClass.
# fmt: off
_CLASSES = {
    "BOOL": 0, "BYTE": 2, "WORD": 3, "DWORD": 4, "LWORD": 5, "SINT": 6, "INT": 7, "DINT": 8, "LINT": 9,
    "USINT": 10, "UINT": 11, "UDINT": 12, "ULINT": 13, "REAL": 14, "LREAL": 15,
    "TIME": 18, "DATE": 19, "DT": 20, "TOD": 21, "LTIME": 37, "LDATE": 46, "LDT": 47, "LTOD": 48,
}
# fmt: on
_STRING, _WSTRING, _POINTER, _SUBRANGE, _ENUM, _ARRAY, _USERDEF, _NONE = 16, 17, 22, 24, 25, 26, 28, 29
_INTERFACE = -4096


def type_in(globals_: Globals) -> StructType | None:
    """What the body sees; None where the program has no library of vendors."""
    symbol = (globals_.outer or globals_).types.get(TYPE)
    found = symbol.type if symbol is not None else None
    return found if isinstance(found, StructType) else None


def class_of(type_: Type) -> int:
    match type_:
        case Elementary():
            return _CLASSES.get(type_.name, _NONE)
        case StringType():
            return _WSTRING if type_.wide else _STRING
        case PointerType():
            return _POINTER
        case SubrangeType():
            return _SUBRANGE
        case EnumType():
            return _ENUM
        case ArrayType():
            return _ARRAY
        case InterfaceType():
            return _INTERFACE
        case _:
            return _USERDEF


def handed_over(expressions: Expressions, argument: tree.Expression, parameter: Variable) -> Expression | None:
    """The value of `parameter`, an input of a type ANY, or None after a finding."""
    operand = expressions.resolve(argument)
    if operand is None:
        return None
    if isinstance(operand, Literal):
        type_ = literal_type(operand, None, None)
        operand = Typed(literal_node(operand, type_), type_)
    if operand.type is parameter.type:
        return operand.node  # what this POU was handed itself
    if not _takes(parameter.takes, operand.type):
        finding = calls.ARGUMENT_TYPE.at(argument.span, name=parameter.name, given=operand.type, wanted=parameter.takes)
        expressions.findings.add(finding.also(parameter.span, "declared here"))
        return None
    return _built(expressions, operand, parameter.type, argument.span)


def _takes(any_of: str, type_: Type) -> bool:
    if any_of in ("ANY_STRING", "ANY_ELEMENTARY") and isinstance(type_, StringType):
        return True
    if isinstance(type_, EnumType | SubrangeType):
        type_ = type_.base
    return any_of == "ANY" or (isinstance(type_, Elementary) and type_.kind in _KINDS[any_of])


def _built(expressions: Expressions, operand: Typed, any_type: Type, span: Span) -> Expression | None:
    """The address, the size and the class, put together in a variable of the caller."""
    assert isinstance(any_type, StructType)
    whole = expressions.here.temporary(any_type, span)
    is_variable = isinstance(operand.node, Load) and not is_bit(operand.node.place)
    place = operand.node.place if isinstance(operand.node, Load) and is_variable else None
    steps: list[Statement] = []
    if place is None:
        copy = expressions.here.temporary(operand.type, span)
        if copy is not None:
            place = VariablePlace(copy, span)
            steps.append(_stored(expressions, place, operand, span))
    if whole is None or place is None:
        expressions.findings.add(declarations.NOT_CONSTANT.at(span))
        return None
    to = VariablePlace(whole, span)
    pointer = PointerType(Flavour.ADDRESS, operand.type)
    parts = {
        "PVALUE": Typed(address_of(place, pointer, span), pointer),
        "DISIZE": Literal(operand.type.size, span),
        "TYPECLASS": Literal(class_of(operand.type), span),
    }
    for key, part in parts.items():
        steps.append(_stored(expressions, FieldPlace(to, any_type.fields[key], span), part, span))
    return Stepwise(tuple(steps), Load(to, span), span)


def _stored(expressions: Expressions, place: Place, part: Typed | Literal, span: Span) -> Statement:
    if isinstance(place.type, EnumType) and isinstance(part, Literal):
        return Assign(place, ConstantExpression(int(part.value), place.type, span), span)
    value = coerce(expressions.findings, part, place.type)
    assert value is not None, "what is stored fits where it goes"
    return Assign(place, value, span)
