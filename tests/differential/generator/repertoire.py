"""The types that generated programs use, the values that are worth trying, and the places inside a variable of each
type.

A type is its name: an elementary type or one of the tables below. `places` of a variable are its elementary parts; an
array's index is left open in them, to be filled with an expression for each use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from iec61131.semantics.intrinsics import INTRINSICS
from iec61131.semantics.types import ELEMENTARY, Elementary, Kind

ENUMERATIONS = {"Colour": ("Red", "Green", "Blue"), "Level": ("Low", "Middle", "High")}
NUMBERED = {"INT": "Colour", "USINT": "Level"}
"""Integer types that an enumeration is based on, and so becomes by itself."""
SUBRANGES = {"Percent": ("INT", 0, 100), "Nudge": ("SINT", -5, 5)}
STRUCTS = {
    "Point": (("x", "INT"), ("on", "BOOL"), ("y", "LREAL"), ("t", "TIME"), ("b", "BYTE"), ("s", "STRING[6]")),
    "Box": (("tag", "USINT"), ("corner", "Point"), ("list", "Row"), ("c", "Colour"), ("r", "REAL"), ("p", "Percent")),
    "Mix": (("w", "WORD"), ("d", "DINT"), ("l", "ULINT"), ("bytes", "Bytes"), ("s", "STRING[6]")),
}
UNIONS = ("Mix",)
"""Those of STRUCTS whose fields lie over each other. No REAL is among these: two executors may give a NaN different
bits, which would show."""
OPEN = "ARRAY[*] OF "
"""What the types of arrays of any bounds begin with."""
ARRAYS = {
    "Row": ("INT", ((-1, 2),)),
    "Week": ("INT", ((1, 7),)),
    "Grid": ("REAL", ((0, 1), (1, 3))),
    "Bytes": ("BYTE", ((0, 4),)),
    "Longs": ("LINT", ((5, 7),)),
    "Points": ("Point", ((1, 3),)),
    "Flags": ("BOOL", ((0, 2),)),
    "Names": ("STRING[4]", ((1, 2),)),
}
DECLARATIONS = {
    "Colour": "Colour : (Red, Green := 5, Blue);",
    "Level": "Level : (Low := 200, Middle, High) USINT := High;",
    "Percent": "Percent : INT(0..100);",
    "Nudge": "Nudge : SINT(-5..5);",
    "Row": "Row : ARRAY[-1..2] OF INT := [1, 2(-7)];",
    "Week": "Week : ARRAY[1..7] OF INT;",
    "Grid": "Grid : ARRAY[0..1, 1..3] OF REAL;",
    "Bytes": "Bytes : ARRAY[0..4] OF BYTE;",
    "Longs": "Longs : ARRAY[5..7] OF LINT;",
    "Flags": "Flags : ARRAY[0..2] OF BOOL;",
    "Names": "Names : ARRAY[1..2] OF STRING[4];",
    "Point": "Point : STRUCT x : INT := 3; on : BOOL; y : LREAL := 0.5; t : TIME; b : BYTE; s : STRING[6] := 'none'; "
    "END_STRUCT;",
    "Points": "Points : ARRAY[1..3] OF Point;",
    "Mix": "Mix : UNION w : WORD; d : DINT; l : ULINT; bytes : Bytes; s : STRING[6]; END_UNION;",
    "Box": "Box : STRUCT tag : USINT; corner : Point; list : Row; c : Colour; r : REAL; p : Percent; END_STRUCT;",
}
# The types met most in real programs first: shrinking goes there.
SCALARS = (
    "INT",
    "BOOL",
    "DINT",
    "REAL",
    "WORD",
    "TIME",
    "UINT",
    "LINT",
    "LREAL",
    "BYTE",
    "UDINT",
    "SINT",
    "USINT",
    "ULINT",
    "DWORD",
    "LWORD",
    "LTIME",
    "DT",
    "DATE",
    "TOD",
    "LDT",
    "LTOD",
    "LDATE",
    "CHAR",
    "WCHAR",
)
TEXTS = {"STRING": 80, "STRING[4]": 4, "STRING[6]": 6, "STRING[12]": 12, "WSTRING[5]": 5, "WSTRING[20]": 20}
"""Strings by the names of their types, with their length."""
WORDS = {
    False: ("", "a", "ab", "ABC", "pump 7", "-17", "3.25", "16#FF", "T#1s500ms", "true", "1e3", "$FF$01", "x$00y"),
    True: ("", "a", "ab", "20 $20AC", "-17", "2.5", "TRUE", "$D83D$DE00", "$FFFF", "x$0000y"),
}
"""Texts of bytes and, True, of code units, as they stand in the quotes of a literal."""
AGGREGATES = (*STRUCTS, *ARRAYS)
ASSIGNABLE = (*SCALARS, *ENUMERATIONS, *SUBRANGES, *TEXTS)
DECLARABLE = (*SCALARS, *SCALARS, *ENUMERATIONS, *SUBRANGES, *TEXTS, *TEXTS, *AGGREGATES)

REALS = (
    "0.0",
    "1.0",
    "-1.0",
    "0.5",
    "2.5",
    "3.5",
    "-0.1",
    "100.25",
    "1.0E10",
    "-3.0E20",
    "1.0E-20",
    "16777217.0",
    "1.5E38",
)
CALCULATIONS = tuple(name for name, row in INTRINSICS.items() if row.libm)
"""Functions of the C library: of one or two REAL, and the result is one."""
LIBRARY = {
    "DATE": (("CONCAT_DATE", ("INT", "INT", "INT")),),
    "TOD": (("CONCAT_TOD", ("INT", "INT", "INT", "INT")),),
    "LDT": (("CONCAT_DATE_LTOD", ("DATE", "LTOD")),),
    "DT": (("CONCAT_DATE_TOD", ("DATE", "TOD")),),
    "INT": (("DAY_OF_WEEK", ("DATE",)),),
    "UINT": (("BCD_TO_UINT", ("WORD",)),),
    "ULINT": (("BCD_TO_ULINT", ("LWORD",)),),
    "BYTE": (("USINT_TO_BCD", ("USINT",)),),
    "LWORD": (("ULINT_TO_BCD", ("ULINT",)),),
    "BOOL": (("IS_VALID_BCD", ("DWORD",)),),
}
"""By their result, some of the functions that are written in the language, with the types of their operands."""
DURATIONS = ("0ms", "10ms", "1ns", "1s500ms", "3d", "7us")
_DAYS = ("1970-01-01", "2024-02-29", "1969-12-31", "2262-04-10")
_CLOCKS = ("00:00:00", "12:30:15.5", "23:59:59.999999999")
DATES = {
    "DATE": _DAYS,
    "TOD": _CLOCKS,
    "DT": tuple(f"{day}-{clock}" for day in _DAYS for clock in _CLOCKS),
}
"""What stands behind the `#` of their literals, those of the long forms too."""


def elementary(name: str) -> Elementary:
    """The type that a value of `name` has in an expression."""
    return ELEMENTARY[SUBRANGES[name][0] if name in SUBRANGES else name]


def is_wide(name: str | None) -> bool:
    return name is not None and name.startswith("WSTRING")


def size_of(name: str) -> int:
    """Bytes of an elementary type or a string."""
    return (TEXTS[name] + 1) * (2 if is_wide(name) else 1) if name in TEXTS else ELEMENTARY[name].size


def is_scalar(name: str) -> bool:
    return name in ELEMENTARY


def names_of_kind(*kinds: Kind) -> list[str]:
    return [name for name in SCALARS if ELEMENTARY[name].kind in kinds]


WHOLE = tuple(names_of_kind(Kind.SIGNED, Kind.UNSIGNED))
BIT_STRINGS = tuple(names_of_kind(Kind.BITS))


def numbers(type_: Elementary) -> list[int]:
    """Values of a type that is not REAL, those near its limits and near zero among them."""
    near = [0, 1, 2, 3, 7, 10, 100, -1, -2, -7, 31, 64, 255, 1000, 30000]
    edges = [type_.maximum, type_.maximum - 1, type_.maximum // 2 + 1, type_.minimum, type_.minimum + 1]
    return [n for n in (*near, *edges) if type_.minimum <= n <= type_.maximum]


Bounds = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Place:
    """A part of a variable; `parts` are text, or the bounds of an index that is still to be chosen."""

    parts: tuple[str | Bounds, ...]
    type: str

    @property
    def is_direct(self) -> bool:
        """Whether it is an address."""
        return isinstance(self.parts[0], str) and self.parts[0].startswith("%")

    def then(self, part: str | Bounds, type_: str) -> Place:
        return Place((*self.parts, part), type_)


def parts_of(place: Place) -> list[Place]:
    """The place itself, then everything inside it."""
    found = [place]
    if place.type in STRUCTS:
        for name, type_ in STRUCTS[place.type]:
            found += parts_of(place.then(f".{name}", type_))
    elif place.type in ARRAYS:
        element, bounds = ARRAYS[place.type]
        found += parts_of(place.then(bounds, element))
    return found


def declarations_for(text: str) -> str:
    """TYPE blocks for the types that `text` names, and those they are made of."""
    needed: set[str] = set()
    pending = text
    while True:
        new = {name for name in DECLARATIONS if re.search(rf"\b{name}\b", pending)} - needed
        if not new:
            break
        needed |= new
        pending = " ".join(DECLARATIONS[name] for name in new)
    lines = [f"    {declaration}" for name, declaration in DECLARATIONS.items() if name in needed]
    return "\n".join(["TYPE", *lines, "END_TYPE", "", ""]) if lines else ""
