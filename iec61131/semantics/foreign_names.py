"""Names of other languages, and what this one has for them: for messages about names that do not exist."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import near_name
from iec61131.semantics.types import ELEMENTARY_NAMES

TYPES: dict[str, str] = {
    "INTEGER": "INT",
    "SHORT": "INT",
    "LONG": "DINT",
    "UNSIGNED": "UINT",
    "FLOAT": "REAL",
    "SINGLE": "REAL",
    "DOUBLE": "LREAL",
    "BOOLEAN": "BOOL",
    "STR": "STRING",
    "TEXT": "STRING",
    "CHARACTER": "CHAR",
    "DATETIME": "DT",
    "DURATION": "TIME",
    "INT8": "SINT",
    "INT16": "INT",
    "INT32": "DINT",
    "INT64": "LINT",
    "UINT8": "USINT",
    "UINT16": "UINT",
    "UINT32": "UDINT",
    "UINT64": "ULINT",
    "FLOAT32": "REAL",
    "FLOAT64": "LREAL",
}
FUNCTIONS: dict[str, str] = {
    "LENGTH": "LEN",
    "STRLEN": "LEN",
    "STRCAT": "CONCAT",
    "SUBSTR": "MID",
    "SUBSTRING": "MID",
    "POW": "EXPT",
    "POWER": "EXPT",
    "FABS": "ABS",
    "CEILING": "CEIL",
    "IIF": "SEL",
}
_CONVERTED = (*ELEMENTARY_NAMES, "STRING", "WSTRING")
OTHERWISE = frozenset({"DEFAULT", "OTHER", "OTHERS", "OTHERWISE"})
"""What other languages call the ELSE of a CASE."""
RESULTS = frozenset({"RESULT", "RETVAL", "RETURN_VALUE", "RETURNVALUE"})
"""What a result may be called that here is called like its FUNCTION."""


def meant_type(key: str) -> str | None:
    """The type of this language that a name of another one stands for, also where it is misspelt."""
    return TYPES.get(key) or TYPES.get(near_name(key, TYPES) or "")


def meant_conversion(key: str) -> str | None:
    """`REAL_TO_INT` for REAL_TO_INTEGER: each half is corrected by itself. None when it is none, or a right one."""
    source, to, target = key.rpartition("_TO_")
    if not to:
        return None
    halves = [_meant_type(source), _meant_type(target)]
    meant = "_TO_".join(half for half in halves if half is not None)
    return meant if None not in halves and meant != key else None


def _meant_type(key: str) -> str | None:
    return TYPES.get(key) or (key if key in _CONVERTED else near_name(key, _CONVERTED))
