"""What may lie at an address: a value of the address's size, or an array or struct that starts there.

Accepted                                   Rejected
    Start AT %IX0.0 : BOOL;                    Start AT %IW0 : BOOL;
    Level AT %IW2 : INT;                       Level AT %IB2 : INT;
    Row   AT %MW10 : ARRAY[0..9] OF INT;       Bits  AT %MX4.0 : ARRAY[0..7] OF BOOL;
    Flow  AT %ID0.1.4 : REAL;                  Flow  AT %IW0.1.4 : REAL;

Why: the letter of the address says how many bits are read. A BOOL of an array takes a byte, so an array of BOOL does
not lie over the bits of the process image as one would expect. An instance of a block has no fixed layout to share.
"""

from __future__ import annotations

from collections.abc import Iterator

from iec61131.addresses import MAX_AREA_BYTES, locate
from iec61131.diagnostics.catalogue.configuration import ADDRESS_RANGE, ADDRESS_SIZE, ADDRESS_TYPE, RETAINED_INPUT
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.semantics.type_facts import TypeFacts
from iec61131.semantics.types import BOOL, Elementary, Type, storage_type
from iec61131.syntax.tree import DirectAddress

_BYTES = {"B": 1, "W": 2, "D": 4, "L": 8}
_LETTER = {size: letter for letter, size in _BYTES.items()}


def check(address: DirectAddress, type_: Type, facts: TypeFacts, *, retained: bool) -> Iterator[Diagnostic]:
    text = address.span.text
    place = locate(address.area, address.size, address.path)
    if address.is_of_channel:
        byte = 0  # its variable has a place of its own
    elif place is not None and place.byte + type_.size <= MAX_AREA_BYTES:
        byte = place.byte
    else:
        yield ADDRESS_RANGE.at(address.span, address=text)
        return
    stored = storage_type(type_)
    if isinstance(stored, Elementary):
        right = "X" if stored == BOOL else _LETTER[stored.size]
        if address.size != right:
            example = f"%{address.area}{right}{_example(address, right)}"
            yield ADDRESS_SIZE.at(address.span, address=text, type=type_, right=example)
    elif facts.holds_bool(type_) or facts.holds_block(type_):
        yield ADDRESS_TYPE.at(address.span, type=type_, reason="a BOOL inside it is a byte, and a block has no bits")
    elif address.size == "X" or byte % type_.align:
        letter = _LETTER[type_.align]
        reason = (
            f"its parts need an address that is a multiple of {type_.align} bytes, such as %{address.area}{letter}0"
        )
        yield ADDRESS_TYPE.at(address.span, type=type_, reason=reason)
    if retained and address.area == "I":
        yield RETAINED_INPUT.at(address.span, address=text)


def _example(address: DirectAddress, size: str) -> str:
    if address.is_of_channel:
        return ".".join(map(str, address.path))
    return f"{address.path[0]}{'.0' if size == 'X' else ''}"
