"""No two variables share an address by accident.

Accepted                                   Warned about
    Pump  AT %QX0.0 : BOOL;                    Pump  AT %QX0.0 : BOOL;
    Valve AT %QX0.1 : BOOL;                    Valve AT %QX0.0 : BOOL;
    Word  AT %MW0 : WORD;                      Speed AT %QW0 : INT;
    Low   AT %MB0 : BYTE;                      Flags AT %QB1 : BYTE;

Why: two names for one output mean that the last one written wins, and nobody sees why the other has no effect.
Different views of one place in the markers or inputs are how overlaying is used on purpose, so there only the same
address with the same type is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iec61131.addresses import Address, parse_address
from iec61131.diagnostics.catalogue.configuration import ADDRESS_TWICE, OVERLAPPING_OUTPUTS
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.semantics.model import Variable
from iec61131.semantics.types import Type

_Bits = tuple[int, int]


def check(located: Iterable[Variable]) -> Iterator[Diagnostic]:
    places = [(v, address) for v in located if (address := parse_address(v.address or "")) is not None]
    same: dict[tuple[str, _Bits, Type | None], Variable] = {}
    outputs: list[tuple[_Bits, Variable]] = []
    for variable, address in places:
        bits = _bits(variable, address)
        view = None if address.area == "Q" else variable.type
        first = same.setdefault((address.area, bits, view), variable)
        if first is not variable:
            finding = ADDRESS_TWICE.at(variable.span, name=variable.name, address=variable.address, other=first.name)
            yield finding.also(first.span, "the first variable with this address")
        elif address.area == "Q":
            outputs.append((bits, variable))
    yield from _overlaps(outputs)


def _bits(variable: Variable, address: Address) -> _Bits:
    """First bit, and the bit after the last."""
    if address.bit is not None:
        first = address.byte * 8 + address.bit
        return first, first + 1
    return address.byte * 8, (address.byte + variable.type.size) * 8


def _overlaps(outputs: list[tuple[_Bits, Variable]]) -> Iterator[Diagnostic]:
    widest: tuple[_Bits, Variable] | None = None
    for bits, variable in sorted(outputs, key=lambda output: (output[0][0], -output[0][1])):
        if widest is not None and bits[0] < widest[0][1]:
            first, second = widest[1], variable
            if (first.span.file.name, first.span.start) > (second.span.file.name, second.span.start):
                first, second = second, first
            finding = OVERLAPPING_OUTPUTS.at(
                second.span, name=second.name, address=second.address, other=first.name, other_address=first.address
            )
            yield finding.also(first.span, f"{first.name} lies at {first.address}")
        if widest is None or bits[1] > widest[0][1]:
            widest = (bits, variable)
