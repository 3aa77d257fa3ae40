"""References: what may become one, and how they take part in expressions.

A reference is stored as the distance of its target from the start of the memory block, so a number in all but name:
32 bits hold every one, and 0 is NULL.
"""

from __future__ import annotations

from iec61131.diagnostics.catalogue.expressions import BIT_REFERENCE, REFERENCE_TYPE
from iec61131.semantics.findings import Findings
from iec61131.semantics.model import (
    AddressOf,
    BitPlace,
    ConstantExpression,
    ConversionKind,
    Convert,
    Expression,
    Load,
    MemoryPlace,
    Place,
    TargetPlace,
    VariablePlace,
)
from iec61131.semantics.types import (
    BlockType,
    Elementary,
    Flavour,
    InterfaceType,
    Kind,
    PointerType,
    Type,
    storage_type,
)
from iec61131.source import Span

NULL = PointerType(Flavour.ADDRESS)


def null(span: Span) -> ConstantExpression:
    return ConstantExpression(0, NULL, span)


def address_of(place: Place, type_: PointerType | InterfaceType, span: Span) -> Expression:
    """A reference to `place`. The target of a reference is referred to by that reference itself."""
    if isinstance(place, TargetPlace):
        return Convert(place.pointer, ConversionKind.RELABEL, type_, span)
    return AddressOf(place, type_, span)


def is_bit(place: Place) -> bool:
    """Whether the place is a part of a byte or of a number, which no reference can point at."""
    return isinstance(place, BitPlace) or (
        isinstance(place, VariablePlace | MemoryPlace) and (place.variable.address or "")[2:3] in tuple("Xx0123456789")
    )


def refuse_bit(findings: Findings, place: Place, span: Span) -> bool:
    """Whether `place` is a single bit of a byte, with a finding: no reference can point at one."""
    if not is_bit(place):
        return False
    findings.add(BIT_REFERENCE.at(span))
    return True


def as_reference(findings: Findings, node: Expression, target: PointerType, span: Span) -> Expression | None:
    """A variable where a REFERENCE TO is wanted, as an argument, an initial value or behind `REF=`."""
    if isinstance(node, ConstantExpression) and node.value == 0 and not isinstance(node.value, bool):
        return ConstantExpression(0, target, span)
    if not isinstance(node, Load):
        findings.add(REFERENCE_TYPE.at(span, target=target.target, given="a value"))
        return None
    if refuse_bit(findings, node.place, span):
        return None
    if target.target is not None and not may_refer(node.type, target.target):
        findings.add(REFERENCE_TYPE.at(span, target=target.target, given=f"of type {node.type}"))
        return None
    return address_of(node.place, target, span)


def may_refer(given: Type, wanted: Type) -> bool:
    """Whether a REFERENCE TO `wanted` may refer to a variable of type `given`: its own, or one that extends it."""
    if isinstance(given, BlockType) and isinstance(wanted, BlockType):
        return given.is_a(wanted)
    return given == wanted


def as_interface(node: Expression, target: InterfaceType) -> Expression | None:
    """An instance, or a variable of an interface, where a variable of `target` is wanted; None when it is no such."""
    match node.type:
        case PointerType(flavour=Flavour.ADDRESS, target=None):
            return Convert(node, ConversionKind.RELABEL, target, node.span)
        case InterfaceType() if node.type.is_a(target):
            return Convert(node, ConversionKind.RELABEL, target, node.span)
        case BlockType() if node.type.is_a(target) and isinstance(node, Load):
            return address_of(node.place, target, node.span)
        case PointerType(target=BlockType() as block) if block.is_a(target):
            return Convert(node, ConversionKind.RELABEL, target, node.span)
        case _:
            return None


def fits_pointer(source: Type, target: Type, *, is_strict: bool) -> bool | None:
    """Whether a value of `source` may become one of `target`; None when neither is a pointer.

    The dialects let pointers to anything and whole numbers of at least 32 bits become each other; the standard's
    REF_TO takes a reference to its own type.
    """
    if not (isinstance(source, PointerType) or isinstance(target, PointerType)):
        return None
    if isinstance(source, PointerType) and isinstance(target, PointerType):
        is_null = source.flavour is Flavour.ADDRESS and source.target is None
        if is_null or not is_strict or source.target is None or target.target is None:
            return True
        return may_refer(source.target, target.target)
    other = storage_type(target if isinstance(source, PointerType) else source)
    is_number = isinstance(other, Elementary) and (other.is_integer or other.kind is Kind.BITS) and other.size >= 4
    return is_number and not is_strict
