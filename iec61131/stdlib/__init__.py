"""The standard function blocks, those standard functions that take several statements, and the types of some others, in
structured text: one file each, in `blocks/`, `functions/`, `converters/` and `types/`, named like what it declares.

They are compiled like the user's own, in a scope around it: what the user declares under the same name wins. Each file
opens with the behaviour it has to show, as a timing diagram or a table. `libraries/` is another matter: see vendors.py.

What exists for several types is written once, for the type without a name of its own or for the widest, and read with
other words in its place: CTU_DINT is CTU with DINT for INT, and with the limits of a DINT.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from msgspec import Struct, field

from iec61131.source import SourceFile

FOLDER = Path(__file__).parent
"""Of these files. `importlib.resources` would find it too, but takes longer to be loaded than they take to be read."""


class _Text(Struct, frozen=True):
    """A file, and words of it with what stands in their place. Words end at an underscore too."""

    folder: str
    file: str
    words: dict[str, str] = field(default_factory=dict[str, str])

    def read(self, name: str) -> str:
        text = (FOLDER / self.folder / f"{self.file}.st").read_text(encoding="utf-8")
        words = {self.file: name, **self.words}
        longest_first = sorted(words, key=len, reverse=True)
        pattern = rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z0-9])"
        return re.sub(pattern, lambda found: words[found[0]], text)


LIBRARIES = "libraries"
"""The folder of vendors.py."""

# -------------------------------------------------------------------------------------------------------------- blocks

_LIMITS = {
    "INT": (-32768, 32767),
    "DINT": (-(2**31), 2**31 - 1),
    "LINT": (-(2**63), 2**63 - 1),
    "UDINT": (0, 2**32 - 1),
    "ULINT": (0, 2**64 - 1),
}
_COUNTERS = ("CTU", "CTD", "CTUD")
_TIMERS = ("TON", "TOF", "TP")
_LONG_TIME = {"TIME": "LTIME", "T": "LTIME"}


def _blocks() -> dict[str, _Text]:
    names = (*_COUNTERS, *_TIMERS, "F_TRIG", "R_TRIG", "RS", "RTC", "SR")
    found = {name: _Text("blocks", name) for name in names}
    for counter in _COUNTERS:
        for type_, (least, greatest) in _LIMITS.items():
            words = {"INT": type_, "-32768": str(least), "32767": str(greatest)}
            found[f"{counter}_{type_}"] = _Text("blocks", counter, words)
    for timer in _TIMERS:
        found[f"{timer}_TIME"] = _Text("blocks", timer)
        found[f"{timer}_LTIME"] = found[f"L{timer}"] = _Text("blocks", timer, _LONG_TIME)
    return found


BLOCKS: dict[str, _Text] = _blocks()
"""The standard blocks there are."""

_CODESYS_INPUTS = {
    "CTU": {"RESET": "R"},
    "CTD": {"LOAD": "LD"},
    "CTUD": {"RESET": "R", "LOAD": "LD"},
    "SR": {"SET1": "S1", "RESET": "R"},
    "RS": {"SET": "S", "RESET1": "R1"},
}


def codesys_inputs(block: str) -> dict[str, str]:
    """What inputs of a standard block, given by its key, are called in the CODESYS family, where that is another name.
    By this name; the value is the standard's.
    """
    return _CODESYS_INPUTS.get(BLOCKS[block].file, {}) if block in BLOCKS else {}


# ----------------------------------------------------------------------------------------------------------- functions

_LONG_DT, _LONG_TOD = {"DT": "LDT"}, {"TOD": "LTOD"}
_BCD = {"USINT": "BYTE", "UINT": "WORD", "UDINT": "DWORD", "ULINT": "LWORD"}


def _functions() -> dict[str, _Text]:
    names = ("CONCAT_DATE", "CONCAT_TOD", "CONCAT_DT", "CONCAT_DATE_TOD", "SPLIT_DATE", "SPLIT_TOD", "SPLIT_DT")
    found = {name: _Text("functions", name) for name in (*names, "DAY_OF_WEEK", "IS_VALID_BCD")}
    found["CONCAT_DATE_LTOD"] = _Text("functions", "CONCAT_DATE_TOD", {**_LONG_TOD, **_LONG_DT})
    found["CONCAT_LTOD"] = _Text("functions", "CONCAT_TOD", _LONG_TOD)
    found["CONCAT_LDT"] = _Text("functions", "CONCAT_DT", _LONG_DT)
    found["SPLIT_LTOD"] = _Text("functions", "SPLIT_TOD", _LONG_TOD)
    found["SPLIT_LDT"] = _Text("functions", "SPLIT_DT", _LONG_DT)
    for number, bits in _BCD.items():
        words = {"ULINT": number, "LWORD": bits}
        for name in (f"BCD_TO_{number}", f"{bits}_BCD_TO_{number}"):
            found[name] = _Text("functions", "BCD_TO_ULINT", words)
        for name in (f"{number}_TO_BCD", f"{number}_TO_BCD_{bits}", f"TO_BCD_{bits}"):
            found[name] = _Text("functions", "ULINT_TO_BCD", words)
    # The CODESYS family has these two for a BYTE.
    found["BCD_TO_INT"] = _Text("functions", "BCD_TO_ULINT", {"ULINT": "INT", "LWORD": "BYTE"})
    found["INT_TO_BCD"] = _Text("functions", "ULINT_TO_BCD", {"ULINT": "INT", "LWORD": "BYTE"})
    return found


FUNCTIONS: dict[str, _Text] = _functions()
"""The standard functions that are written in the language."""

# --------------------------------------------------------------------------------------------------------------- types

QUALITY_TYPE, REASON_TYPE = "QUALITY_CODE", "QUALITY_REASON_CODE"
"""What QUALITY and QUALITY_REASON give."""

TYPES: dict[str, _Text] = {name: _Text("types", name) for name in (QUALITY_TYPE, REASON_TYPE)}
"""The standard types that are written in the language."""

TYPE_BEHIND = {
    "QUALITY": QUALITY_TYPE,
    **dict.fromkeys(("QUALITY_REASON", "LOSE_INPUT", "DOUBT_INPUT", "FREEZE_INPUT", "RESTORE_INPUT"), REASON_TYPE),
    "LOSE_DEVICE": REASON_TYPE,
}
"""Functions that the executors know, and the types of TYPES that they give or are given."""

# --------------------------------------------------------------------------------------------------------- conversions


_NUMBERS = ("LINT", "ULINT", "REAL", "LREAL")


def _converters() -> dict[str, _Text]:
    written = [f"{type_}_TO_STRING" for type_ in (*_NUMBERS, "TIME", "LTIME", "DATE", "TOD", "DT")]
    read = [f"STRING_TO_{type_}" for type_ in (*_NUMBERS, "BOOL", "LTIME", "LDATE", "LTOD", "LDT")]
    texts = [f"__{what}_TEXT" for what in ("DECIMAL", "DIGITS", "DURATION", "DAY", "CLOCK")]
    scans = [f"__SCAN_{what}" for what in ("WHOLE", "DECIMAL", "MOMENT")]
    found = {name: _Text("converters", name) for name in (*written, *read, *texts, *scans, "__SKIP_BLANKS")}
    found["LDATE_TO_STRING"] = _Text("converters", "DATE_TO_STRING", {"D": "LD", ": DATE": ": LDATE"})
    found["LTOD_TO_STRING"] = _Text("converters", "TOD_TO_STRING", _LONG_TOD)
    found["LDT_TO_STRING"] = _Text("converters", "DT_TO_STRING", _LONG_DT)
    return found


CONVERTERS: dict[str, _Text] = _converters()
"""The functions behind the conversions of texts. What begins with `__` is called by the others only."""


@cache
def converter_source(name: str) -> SourceFile:
    """The source of one of CONVERTERS, or of a function that they call."""
    found = CONVERTERS.get(name) or FUNCTIONS[name]
    return SourceFile(f"stdlib/{name}.st", found.read(name))


def words_of(texts: Iterable[str]) -> set[str]:
    """All words of some texts, in capitals: what they may name, be it in a comment."""
    return {word.upper() for text in texts for word in set(_WORD.findall(text))}


_WORD = re.compile(r"\w+")


@cache
def standard_source(name: str) -> SourceFile | None:
    """The source of the standard block, function or type `name`, in any case; None when there is none."""
    key = name.upper()
    found = BLOCKS.get(key) or FUNCTIONS.get(key) or TYPES.get(key)
    return SourceFile(f"stdlib/{key}.st", found.read(key)) if found is not None else None


def file_of(name: str) -> str | None:
    """The file of this folder that the source `stdlib/{name}.st` was read from: line for line the same."""
    found = BLOCKS.get(name.upper()) or FUNCTIONS.get(name.upper()) or TYPES.get(name.upper())
    if found is not None:
        return f"{found.folder}/{found.file}.st"
    path = f"{LIBRARIES}/{name}.st"
    return path if (FOLDER / path).is_file() else None


QUERY_INTERFACE = SourceFile("stdlib/IQUERYINTERFACE.st", "INTERFACE IQueryInterface\nEND_INTERFACE\n")
"""What interfaces extend in the CODESYS family, so that their type can be asked for: `__System.IQueryInterface`."""
