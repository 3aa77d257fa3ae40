"""Numbers in decimal digits: the two functions on which the library's REAL_TO_STRING and STRING_TO_REAL rest.

Python writes and reads digits exactly, half to even, like the C library that compiled code asks.
"""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.interpreter import texts
from iec61131.interpreter.memory import Value
from iec61131.semantics.constants import real_from_text
from iec61131.semantics.intrinsics import DIGITS
from iec61131.semantics.model import Expression
from iec61131.semantics.types import REAL, Elementary

DECIMAL = frozenset({"__DIGITS", "__REAL", "__LREAL"})


def call(arguments: Sequence[Expression], values: Sequence[Value], type_: object) -> Value:
    (argument,), (value,) = arguments, values
    if isinstance(type_, Elementary):
        return real_from_text(texts.text_of(value, argument.type), type_)
    assert isinstance(value, float)
    assert isinstance(argument.type, Elementary)
    return texts.bytes_of(_shortest(value, argument.type), DIGITS)


def _shortest(value: float, type_: Elementary) -> str:
    enough = 9 if type_ == REAL else 17
    for digits in range(1, enough):
        text = f"{value:.{digits - 1}e}"
        if real_from_text(text, type_) == value:
            return text
    return f"{value:.{enough - 1}e}"
