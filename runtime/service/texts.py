"""Texts and characters of a program, as text of Python and of everybody outside.

A STRING and a CHAR hold bytes, whose characters are those of iec61131/code_page.py; a WSTRING and a WCHAR hold UTF-16
code units. So every STRING can be read. Half of a surrogate pair is no character: it is read as U+FFFD and cannot be
written. A CHAR of zero is an empty text.
"""

from __future__ import annotations

from iec61131.code_page import as_bytes, as_characters
from iec61131.program import DataType
from runtime.service.errors import OutOfRange

CHARACTERS = ("CHAR", "WCHAR")


def is_text(type_: DataType) -> bool:
    """Whether the values of `type_` are texts outside of the program."""
    return type_.kind == "string" or type_.base in CHARACTERS


def decode(type_: DataType, raw: bytes) -> str:
    """What stands before the first zero of a value as it lies in memory, or all of it but the place of the zero behind
    a full text.
    """
    if _is_wide(type_):
        text = raw[: 2 * capacity(type_)].decode("utf-16-le", "replace")
    else:
        text = as_characters(raw[: capacity(type_)].decode("latin-1"))
    return text.partition("\0")[0]


def encode(path: str, type_: DataType, text: str) -> bytes:
    """The value as it lies in memory, up to the zero that ends the text: what is behind has no meaning. Raises
    OutOfRange.
    """
    wide, name = _is_wide(type_), type_.name or type_.base
    if "\0" in text:
        raise OutOfRange(f"'{path}' is {name}, whose text ends at a zero; one cannot be in it")
    try:
        raw = text.encode("utf-16-le") if wide else as_bytes(text).encode("latin-1")
    except UnicodeEncodeError as error:
        foreign = error.object[error.start]
        code = f"U+{ord(foreign):04X}"
        if wide:
            raise OutOfRange(f"'{path}': {code} is half of a pair and no character") from None
        cause = f"'{path}' is {name}, which has the characters of Windows-1252, not {code}"
        raise OutOfRange(f"{cause}; a W{name.partition('(')[0]} has it") from None
    unit = 2 if wide else 1
    length, most = len(raw) // unit, capacity(type_)
    if length > most:
        what = f"{most} {'code unit' if wide else 'character'}{'s' if most != 1 else ''}"
        raise OutOfRange(f"'{path}' is {name} and holds {what}, not {length}")
    return raw.ljust(min((length + 1) * unit, type_.size), b"\0")


def capacity(type_: DataType) -> int:
    """The most characters or code units that a value of `type_` can have."""
    return type_.size // (2 if _is_wide(type_) else 1) - (type_.kind == "string")


def _is_wide(type_: DataType) -> bool:
    return type_.wide or type_.base == "WCHAR"
