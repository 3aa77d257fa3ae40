"""The standard functions that the executors know, in words: parameters and what they do, from the tables."""

from __future__ import annotations

from msgspec import Struct

from iec61131.semantics.assertions import TEST_FUNCTIONS
from iec61131.semantics.conversions import CONVERSIONS, Rounding
from iec61131.semantics.intrinsics import STANDARD_FUNCTIONS
from iec61131.semantics.place_functions import PLACE_FUNCTIONS
from iec61131.semantics.types import ELEMENTARY_NAMES, Elementary
from iec61131.stdlib import QUALITY_TYPE, REASON_TYPE


class Described(Struct, frozen=True):
    """`parameters` as they are shown; the last one repeats when `variadic`. `result` is empty where the operands decide
    it.
    """

    name: str
    parameters: tuple[str, ...]
    result: str
    semantics: str
    variadic: bool = False

    @property
    def heading(self) -> str:
        result = f" : {self.result}" if self.result else ""
        return f"{self.name}({', '.join(self.parameters)}{', ..' if self.variadic else ''}){result}"


_ROUNDING = {
    None: "an integer keeps its low bits; REAL to integer rounds half to even and saturates, NaN gives 0",
    Rounding.TRUNCATE: "rounds towards zero, saturates, NaN gives 0",
    Rounding.NEAREST: "rounds half to even, saturates, NaN gives 0",
    Rounding.DOWN: "the greatest whole number not above, saturates, NaN gives 0",
    Rounding.UP: "the least whole number not below, saturates, NaN gives 0",
}

_OF_PLACES = {
    "ADR": (("variable",), "", "the address of a variable, for a POINTER TO its type"),
    "REF": (("variable",), "", "a reference to a variable, for a REF_TO its type"),
    "SIZEOF": (("variable or type",), "", "its size in bytes, known before the program runs"),
    "UPPER_BOUND": (("ARR", "DIM"), "", "the upper bound of dimension DIM, from 1, of an array"),
    "LOWER_BOUND": (("ARR", "DIM"), "", "the lower bound of dimension DIM, from 1, of an array"),
    "__ISVALIDREF": (("reference",), "BOOL", "whether a REFERENCE TO or a pointer refers to anything"),
    "QUALITY": (("variable",), QUALITY_TYPE, "how far the input that fills it can be trusted; GOOD without an input"),
    "QUALITY_REASON": (("variable",), REASON_TYPE, "why the input that fills it is not good; NONE when it is"),
    "AGE": (("variable",), "TIME", "the time since the last good read of the input that fills it, by the scan clock"),
}

_OF_OBJECTS = {
    "__NEW": (("type", "count"), "", "a pointer to new objects, one unless counted; NULL when there is no memory"),
    "__DELETE": (("pointer",), "", "ends the object, FB_Exit first, and sets the pointer to NULL"),
    "__QUERYINTERFACE": (("from", "to"), "BOOL", "lets `to`, of an interface, refer to the object if it has that"),
    "__QUERYPOINTER": (("from", "to"), "BOOL", "lets the pointer `to` refer to the object if it is of its block"),
}


def describe(name: str) -> Described | None:
    """What is known about the standard function `name`, a key; None when it is none of the executors'."""
    row = STANDARD_FUNCTIONS.get(name)
    if row is not None:
        return Described(row.name, row.parameters, "", f"{row.semantics}\n\n{row.operands.value}", row.variadic)
    conversion = CONVERSIONS.get(name)
    if conversion is not None:
        source = f"IN : {conversion.source}" if conversion.source is not None else "IN"
        return Described(conversion.name, (source,), str(conversion.target), _ROUNDING[conversion.rounding])
    if name in PLACE_FUNCTIONS and name in _OF_PLACES:
        return Described(name, *_OF_PLACES[name])
    if name in _OF_OBJECTS:
        return Described(name, *_OF_OBJECTS[name])
    if name in TEST_FUNCTIONS:
        return Described(name, TEST_FUNCTIONS[name].parameters, "", f"in tests: {TEST_FUNCTIONS[name].semantics}")
    return None


def names(prefix: str) -> list[str]:
    """Standard functions whose names begin with `prefix`. Of the many conversions only `TO_X`, unless it names more."""
    key = prefix.upper()
    found = [name for name in (*STANDARD_FUNCTIONS, *PLACE_FUNCTIONS, *_OF_OBJECTS) if name.startswith(key)]
    is_plain = "_" not in key
    return found + [
        name for name in CONVERSIONS if name.startswith(key) and (name.startswith("TO_") if is_plain else True)
    ]


def range_of(type_: Elementary) -> str:
    """`-32768 to 32767`, empty for types without whole numbers."""
    return f"{type_.minimum} to {type_.maximum}" if type_.is_integer else ""


TYPES = tuple(ELEMENTARY_NAMES)
"""Elementary types by every name they have."""
