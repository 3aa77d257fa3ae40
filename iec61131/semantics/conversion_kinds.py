"""The kinds of conversions that a `model.Convert` carries out."""

from __future__ import annotations

from enum import Enum


class ConversionKind(Enum):
    """How the bits change. Source and target are the operand's and the node's types, enumerations as their base."""

    RESIZE = "resize"  # integer, bit string, TIME, date to the same set: truncate, or extend by the sign of the source
    TO_BOOL = "to_bool"  # integer, bit string, TIME, date or REAL to BOOL: value <> 0
    FROM_BOOL = "from_bool"  # BOOL to anything: 0 or 1
    INTEGER_TO_REAL = "integer_to_real"  # rounds to nearest even; signedness of the source
    REAL_TO_INTEGER = "real_to_integer"  # half to even, saturates to the target, NaN gives 0
    TRUNCATE_REAL = "truncate_real"  # TRUNC: towards zero, saturates, NaN gives 0
    REAL_TO_REAL = "real_to_real"
    RELABEL = "relabel"  # same bits, another type name (enumeration and its base)
    SUBRANGE = "subrange"  # base to a SubrangeType: fault when outside
    STRING = "string"  # string or character to a string: the text as far as it fits, then zeros; see CHARACTER
    CHARACTER = "character"  # string or character to a character: the first of a text, 0 if none; no byte: '?'
