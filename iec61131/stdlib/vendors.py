"""What libraries of TwinCAT, CODESYS, OpenPLC Editor and Beremiz declare, as far as programs from there name it: one
file for each library, in `libraries/`, or several, with what part of it they have behind a point.

Names, members and types are those of the vendors' documentation, what they do is written here; each file opens with it.
A declaration is taken into a program that names it and does not declare it itself (`semantics/library.py`). Names that
are common words count only where the library is named, too.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from functools import cache
from typing import NamedTuple

from iec61131.source import SourceFile
from iec61131.stdlib import FOLDER, LIBRARIES

FILES = (
    *("TwinCAT", "TwinCAT_SystemInfoVarList", "Tc2_System"),
    *("Tc2_Utilities", "Tc2_Utilities.Arguments", "Tc2_Utilities.FormatString"),
    *("__SYSTEM", "CmpErrors", "IBaseLibrary", "Standard64", "SysFile", "SysMem", "SysTypes"),
    *("Beremiz", "Edition2", "TaskInfo"),
)

_NAMED_WITH: dict[str, frozenset[str]] = {
    "__SYSTEM": frozenset({"__SYSTEM"}),
    "CmpErrors": frozenset({"CMPERRORS", "SYSDIR", "SYSFILE"}),
    "IBaseLibrary": frozenset({"IBASELIBRARY", "__SYSTEM"}),
    "SysFile": frozenset({"SYSFILE", "SYSFILEOPEN"}),
    "SysTypes": frozenset({"SYSTYPES", "SYSDIR", "SYSFILE"}),
}
"""Libraries that are meant only where one of these words stands somewhere in the program."""

_TYPES_ONLY = frozenset({"Beremiz", "Edition2", "TaskInfo"})
"""Libraries that are meant only where a type of theirs is named: a variable may well be called `ramp` or `info`."""

NAMES = frozenset(
    {
        *(file.partition(".")[0].upper() for file in FILES),
        *("STANDARD", "SYSDIR", "TC2_STANDARD", "TC3_MODULE", "UTIL"),
    }
)
"""Libraries whose names may stand before a point. What those without a file have is the language's own, or is in the
file of another one.
"""


class Declared(NamedTuple):
    """Where a name comes from. `key`: of the declaration, which is the type of an enumerator, or the list of a variable
    that needs the name of its list.
    """

    library: str
    key: str


@cache
def source_of(library: str) -> SourceFile:
    return SourceFile(f"stdlib/{library}.st", _read(library))


def _read(library: str) -> str:
    return (FOLDER / LIBRARIES / f"{library}.st").read_text(encoding="utf-8")


def meant_by(words: AbstractSet[str], types: AbstractSet[str]) -> set[str]:
    """The names that a program with these words, in capitals, may mean; `types` are those that it names as types."""
    return {
        key
        for key in words & index().keys()
        if _is_meant(index()[key].library, words) and (index()[key].library not in _TYPES_ONLY or key in types)
    }


def _is_meant(library: str, words: AbstractSet[str]) -> bool:
    return library not in _NAMED_WITH or not words.isdisjoint(_NAMED_WITH[library])


# The files have the form of `rung format`, so lines and their depth are enough to find names without parsing.
_BLOCK = re.compile(
    r"^(?:FUNCTION|FUNCTION_BLOCK|PROGRAM) (?P<pou>\w+)"
    r"|^TYPE$(?P<types>.*?)^END_TYPE$"
    r"|(?:^\{list_name (?P<list>\w+)\}\n(?:^\{.*\}\n)*)?^VAR_GLOBAL(?: CONSTANT)?$(?P<variables>.*?)^END_VAR$",
    re.MULTILINE | re.DOTALL,
)
_DECLARED = re.compile(r"^ {4}(\w+) :|^ {8}(\w+)(?: := [\w#]+)?,?$", re.MULTILINE)


@cache
def index() -> dict[str, Declared]:
    """Everything that has a name, by it in capitals."""
    found: dict[str, Declared] = {}
    for library in FILES:
        for block in _BLOCK.finditer(_read(library)):
            key = (block["pou"] or block["list"] or "").upper()
            if key:
                found[key] = Declared(library, key)
            for name, enumerator in _DECLARED.findall(block["types"] or block["variables"] or ""):
                key = key if block["list"] or not name else name.upper()
                found[(name or enumerator).upper()] = Declared(library, key)
    return found
