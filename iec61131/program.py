"""CompiledProgram: everything a runtime needs to run a program, as plain data.

This is the only part of the compiler that the engine and the image know. It holds no object of the compiler, needs no
source text, and goes to and from bytes with msgpack (`to_bytes`, `from_bytes`), so it can be stored, sent and
compared by digest.

**Memory.** One flat block per PLC. It begins with the `HEADER`, which machine code and engine share; the sections
inputs, outputs, markers, globals, instances, retain, stack, heap and heap_table follow (`stack` is scratch: variables
of a running FUNCTION that something refers to; `heap` has what the program takes with __NEW, `heap_table` which parts
of it are taken: `semantics/heap.py`). `CompiledProgram.dtype()` describes all of it as one numpy structured dtype.

**Entry points.** Each task is one function `int32 task(uint8 *memory)` in `objects`, by its `symbol`. It returns
0, or the `FaultCode` of a fault after it has written the fault's site and call path to the header. It touches nothing
but the block, allocates nothing, calls nothing outside. It reads the table of signals besides, where the program asks
for quality and age (`SIGNAL_COLUMNS`).
"""

# msgpack ships no types, and what it unpacks has none until the classes below have taken it.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import cache, cached_property
from itertools import product
from math import gcd
from typing import TYPE_CHECKING, Any, cast

import msgpack
from msgspec import Struct
from msgspec.structs import asdict

from iec61131.addresses import AREA_SECTION, parse_address

FORMAT = 8
"""Version of the byte form; a stored program of another version is compiled anew."""


class FaultCode(IntEnum):
    """Why a scan was abandoned. The text of each is in the catalogue under RUNG0900 + value."""

    NONE = 0
    DIVIDE_BY_ZERO = 1
    INDEX_OUT_OF_BOUNDS = 2
    LOOP_LIMIT = 3
    RECURSION_DEPTH = 4
    SUBRANGE = 5
    NULL_REFERENCE = 6
    INPUT_LOST = 7
    WRONG_DELETE = 8
    WATCHDOG = 9
    SAFE_MODE = 10


CALL_PATH_LENGTH = 24
"""Call sites kept of a fault, innermost first; deeper paths are cut."""

HEADER_FIELDS = {
    "now_ns": (0, "<i8"),  # the scan's one reading of time
    "loop_budget": (8, "<i8"),  # iterations left in this scan, set by the engine before the tasks run
    "depth": (16, "<i4"),  # activations of recursive functions at the moment
    "fault_code": (20, "<i4"),
    "fault_site": (24, "<i4"),  # key in CompiledProgram.sites
    "call_depth": (28, "<i4"),  # entries of call_path in use
    "call_path": (32, "<i4"),  # sites of the calls that led to the fault, innermost first: CALL_PATH_LENGTH of them
    "scan": (128, "<i8"),  # number of the running scan
    "depth_limit": (136, "<i4"),  # activations allowed, set by the engine
    "stack_used": (144, "<i8"),  # bytes of the section `stack` in use: 0 outside of a task
    "signals": (152, "<i8"),  # where the table of signals begins, in bytes from the start of the block
    "signal_count": (160, "<i8"),  # its rows: 0 for no table
}
"""Offset and numpy format of the header's fields. `HEADER` is the whole as a numpy type."""
HEADER_BYTES = 192

if TYPE_CHECKING:
    import numpy as np

    HEADER: np.dtype[np.void]


def __getattr__(name: str) -> object:
    """Who only looks for errors in a program need not wait for numpy."""
    if name == "HEADER":
        return _header()
    raise AttributeError(name)


@cache
def _header() -> np.dtype[np.void]:
    import numpy as np

    formats: list[Any] = [code for _, code in HEADER_FIELDS.values()]
    formats[[*HEADER_FIELDS].index("call_path")] = ("<i4", (CALL_PATH_LENGTH,))
    offsets = [offset for offset, _ in HEADER_FIELDS.values()]
    spec = {"names": [*HEADER_FIELDS], "formats": formats, "offsets": offsets, "itemsize": HEADER_BYTES}
    return np.dtype(cast(Any, spec))


SIGNAL_COLUMNS = ("start", "end", "time_ns", "state")
"""What each row of the table of signals says, in words of 64 bits: which bits of the block an input fills, from `start`
up to but not including `end`; the time of its last good read, 0 for never; quality + 256 * reason, as the last latch
judged them. Rows are in the order of their bits and do not overlap. The table lies outside of the block, since how many
inputs there are is the project's to say and not the program's. What the program makes of it: `semantics/signals.py`.
"""

TASK_ROW = (
    "count",
    "lost",
    "overruns",
    "last",
    "least",
    "most",
    "total",
    "latency",
    "least_latency",
    "most_latency",
)
"""Words of 64 bits with which each row of the table of tasks begins, which lies at `CompiledProgram.task_table` of the
block of a program that asks for it. Three counters, then nanoseconds: how long runs took, and how late they began. The
engine adds to them before the tasks of a scan run (`semantics/task_table.py`).
"""
TASK_ROWS, TASK_ROW_BYTES = 64, 144

SECTIONS = ("header", "inputs", "outputs", "markers", "globals", "instances", "retain", "stack", "heap", "heap_table")
SECTION_ALIGN = 64

NUMPY_FORMAT = {
    "BOOL": "|u1",
    "BYTE": "|u1",
    "WORD": "<u2",
    "DWORD": "<u4",
    "LWORD": "<u8",
    "SINT": "|i1",
    "INT": "<i2",
    "DINT": "<i4",
    "LINT": "<i8",
    "USINT": "|u1",
    "UINT": "<u2",
    "UDINT": "<u4",
    "ULINT": "<u8",
    "REAL": "<f4",
    "LREAL": "<f8",
    "TIME": "<i8",
    "LTIME": "<i8",
    "DATE": "<i8",
    "LDATE": "<i8",
    "TOD": "<i8",
    "LTOD": "<i8",
    "DT": "<i8",
    "LDT": "<i8",
    "CHAR": "|u1",
    "WCHAR": "<u2",
}
"""How each elementary type lies in memory. BOOL is one byte, 0 or 1."""


class Member(Struct, frozen=True):
    """A field of a struct or a member of a block instance. `kind` is `field`, `input`, `output` or `local`."""

    name: str
    type: int
    offset: int
    kind: str = "field"
    retain: bool = False
    persistent: bool = False
    constant: bool = False

    @property
    def is_hidden(self) -> bool:
        """The compiler's own, such as the memory behind an R_EDGE input: not for people. No source can write a `$`."""
        return "$" in self.name


class DataType(Struct, frozen=True):
    """A type, by its index in `CompiledProgram.types`.

    kind: `elementary`, `enum`, `subrange` (these three have `base`, an elementary name), `string` (`wide`: of UTF-16
    code units, else of bytes; `size` includes the terminating zero), `array` (`element`, `ranges`), `struct`, `block`
    (`members`; `tag` is the number that its instances begin with, 0 for none). `labels` are an enumeration's names and
    values; `low`, `high` a subrange's bounds.
    """

    name: str
    kind: str
    size: int
    base: str = ""
    element: int = -1
    ranges: tuple[tuple[int, int], ...] = ()
    members: tuple[Member, ...] = ()
    labels: tuple[tuple[str, int], ...] = ()
    low: int = 0
    high: int = 0
    wide: bool = False
    tag: int = 0

    @property
    def is_single(self) -> bool:
        """Whether a variable of this type has one value, not parts with values of their own."""
        return bool(self.base) or self.kind == "string"


class Variable(Struct, frozen=True):
    """A root of the variable tree: a global, a program instance, or a located variable.

    `path` is its full name for people (`Main`, `gSpeed`, `Main.Start`). `offset` in bytes from the start of the
    memory block; `bit` for a BOOL that is one bit of a byte.
    """

    path: str
    type: int
    section: str
    offset: int
    bit: int | None = None
    address: str | None = None
    retain: bool = False
    persistent: bool = False
    constant: bool = False


class Target(Struct, frozen=True):
    """What a path leads to."""

    path: str
    type: DataType
    offset: int
    bit: int | None
    constant: bool
    section: str

    @property
    def bits(self) -> tuple[int, int]:
        """The bits of memory, from and up to but not including, that it takes."""
        if self.bit is not None:
            start = self.offset * 8 + self.bit
            return start, start + 1
        return self.offset * 8, (self.offset + self.type.size) * 8


class Task(Struct, frozen=True):
    """Tasks are stored in the order of their priority, the most urgent first.

    `event` is the place, offset and bit, of the BOOL at whose rising edges the task runs besides; while it is TRUE, the
    task does not run cyclically. `interval_ns` 0: it has no cycle at all. Without both it is freewheeling: it runs in
    every tick, when all others have had their turn.
    """

    name: str
    interval_ns: int
    priority: int
    symbol: str
    event: tuple[int, int] | None = None

    @property
    def is_freewheeling(self) -> bool:
        return self.interval_ns == 0 and self.event is None


DEFAULT_INTERVAL_NS = 10_000_000
"""The interval of a task that says none, and how often events are looked for where no task is cyclic."""


FREEWHEEL_NS = 1_000_000
"""How often a freewheeling task runs, if nothing takes longer."""
_FINEST = 10


def base_period_ns(tasks: Iterable[Task]) -> int:
    """The tick: the greatest common divisor of the tasks' intervals; for one that is freewheeling a part of it, of at
    most FREEWHEEL_NS as far as that can be.
    """
    tasks = tuple(tasks)
    common_ns = gcd(*(task.interval_ns for task in tasks))
    if not any(task.is_freewheeling for task in tasks):
        return common_ns or DEFAULT_INTERVAL_NS
    common_ns = common_ns or FREEWHEEL_NS
    least = -(-common_ns // FREEWHEEL_NS)
    parts = next((count for count in range(least, least * _FINEST) if common_ns % count == 0), 1)
    return common_ns // parts


class Site(Struct, frozen=True):
    """A place in the source that a fault or a call can name. Lines and columns from 1."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    pou: str


class Asked(Struct, frozen=True):
    """A variable that the program asks about: its quality, reason or age. `path` is empty where only the running
    program knows which one it is. It stands in `file`, from character `start` up to but not including `end`.
    """

    path: str
    file: str
    start: int
    end: int


class Copied(Struct, frozen=True):
    """An input that each task copies from its `address` to the variable at `path` before anything else."""

    address: str
    path: str


class Section(Struct, frozen=True):
    offset: int
    size: int


class Range(Struct, frozen=True):
    """Bytes that survive a restart: a retained variable with the path and type it is restored by. `bit` for a BOOL that
    is one bit of a byte; what is `persistent` survives a cold start as well.
    """

    path: str
    type: int
    offset: int
    size: int
    bit: int | None = None
    persistent: bool = False


class UnknownPath(LookupError):
    """A path that names no variable. `known` are the names that could have stood at the place that failed."""

    def __init__(self, path: str, part: str, known: list[str]) -> None:
        self.path, self.part, self.known = path, part, known
        super().__init__(f"no variable '{path}': '{part}' is not known here")


class CompiledProgram(Struct, frozen=True, dict=True):
    """See the module's text. `digest` identifies sources, options, compiler and target; `initial` is the memory
    block at a cold start. `accesses` are further names of variables or parts of them, for those who reach the program
    from outside: constant, where they may only be read.
    """

    name: str
    digest: str
    target: str
    objects: tuple[bytes, ...]
    initial: bytes
    sections: dict[str, Section]
    types: tuple[DataType, ...]
    variables: tuple[Variable, ...]
    retained: tuple[Range, ...]
    tasks: tuple[Task, ...]
    sites: dict[int, Site]
    stack_bytes: int
    source_digests: dict[str, str]
    accesses: tuple[Variable, ...] = ()
    asked: tuple[Asked, ...] = ()
    copied: tuple[Copied, ...] = ()
    task_table: int = -1  # where the table of tasks begins, for a program that asks
    shared: tuple[str, ...] = ()  # paths of variables that all resources of its configuration have

    @property
    def memory_bytes(self) -> int:
        return len(self.initial)

    # ------------------------------------------------------------------------------------------------------ variables

    def find(self, path: str) -> Target:
        """The variable behind a path such as `Main.Timer.Q`, `gTable[2, 3]`, `Main.Flags.3` (a bit) or `%MW4`; names in
        any case.

        Raises UnknownPath.
        """
        if path.startswith("%"):
            return self._direct(path)
        parts = split_path(path)
        for length in range(len(parts), 0, -1):
            if not all(isinstance(p, str) for p in parts[:length]):
                continue
            root = self._roots.get(".".join(cast("list[str]", parts[:length])).upper())
            if root is not None:
                return self._walk(path, root, parts[length:])
        raise UnknownPath(path, str(parts[0]) if parts else path, sorted(v.path for v in self.variables))

    @cached_property
    def _roots(self) -> dict[str, Variable]:
        return {v.path.upper(): v for v in (*self.accesses, *self.variables)}

    def _walk(self, path: str, root: Variable, parts: list[str | tuple[int, ...]]) -> Target:
        type_, offset, bit, constant = self.types[root.type], root.offset, root.bit, root.constant
        for part in parts:
            if isinstance(part, tuple):
                offset += self._element_offset(path, type_, part)
                type_ = self.types[type_.element]
                continue
            if (
                part.isdigit()
                and bit is None
                and type_.base
                and NUMPY_FORMAT[type_.base][1] in "iu"
                and type_.base != "BOOL"
            ):
                bit = int(part)
                if bit >= type_.size * 8:
                    raise UnknownPath(path, part, [str(b) for b in range(type_.size * 8)])
                offset, bit = offset + bit // 8, bit % 8
                type_ = DataType("BOOL", "elementary", 1, base="BOOL")
                continue
            members = [m for m in type_.members if not m.is_hidden]
            member = next((m for m in members if m.name.upper() == part.upper()), None)
            if member is None:
                raise UnknownPath(path, part, [m.name for m in members])
            type_, offset, constant = self.types[member.type], offset + member.offset, constant or member.constant
        return Target(path, type_, offset, bit, constant, root.section)

    def _element_offset(self, path: str, type_: DataType, indices: tuple[int, ...]) -> int:
        text = ", ".join(map(str, indices))
        if type_.kind != "array" or len(indices) != len(type_.ranges):
            raise UnknownPath(path, f"[{text}]", [])
        element = 0
        for index, (low, high) in zip(indices, type_.ranges, strict=True):
            if not low <= index <= high:
                raise UnknownPath(path, f"[{text}]", [f"[{low}..{high}]"])
            element = element * (high - low + 1) + index - low
        return element * self.types[type_.element].size

    def _direct(self, path: str) -> Target:
        location = parse_address(path)
        if location is None:
            raise UnknownPath(path, path, [])
        section_name = AREA_SECTION[location.area]
        section = self.sections[section_name]
        if location.byte + location.size > section.size:
            raise UnknownPath(path, path, [f"{section.size} bytes of {section_name}"])
        name = {1: "BYTE", 2: "WORD", 4: "DWORD", 8: "LWORD"}[location.size] if location.bit is None else "BOOL"
        type_ = DataType(name, "elementary", location.size, base=name)
        return Target(path, type_, section.offset + location.byte, location.bit, False, section_name)

    def leaves(self) -> Iterator[Target]:
        """Every variable with a single value (`DataType.is_single`), array elements included, in the order of the
        roots.
        """
        for root in self.variables:
            yield from self._leaves(
                root.path, self.types[root.type], root.offset, root.bit, root.constant, root.section
            )

    def _leaves(
        self, path: str, type_: DataType, offset: int, bit: int | None, constant: bool, section: str
    ) -> Iterator[Target]:
        if type_.kind == "array":
            element = self.types[type_.element]
            for number, indices in enumerate(product(*[range(high - low + 1) for low, high in type_.ranges])):
                text = ", ".join(str(i + low) for i, (low, _) in zip(indices, type_.ranges, strict=True))
                yield from self._leaves(
                    f"{path}[{text}]", element, offset + number * element.size, None, constant, section
                )
        elif type_.members:
            for m in type_.members:
                yield from self._leaves(
                    f"{path}.{m.name}", self.types[m.type], offset + m.offset, None, constant or m.constant, section
                )
        elif type_.is_single:
            yield Target(path, type_, offset, bit, constant, section)

    # ---------------------------------------------------------------------------------------------------------- numpy

    def dtype(self) -> np.dtype[np.void]:
        """The memory block as one structured dtype: a field for each section, in them a field for each variable."""
        import numpy as np

        names, formats, offsets = list[str](), list[Any](), list[int]()
        for name, section in self.sections.items():
            names.append(name)
            offsets.append(section.offset)
            formats.append(_header() if name == "header" else self._section_dtype(name, section))
        spec = {"names": names, "formats": formats, "offsets": offsets, "itemsize": self.memory_bytes}
        return np.dtype(cast(Any, spec))

    def _section_dtype(self, name: str, section: Section) -> np.dtype[Any]:
        import numpy as np

        if name in AREA_SECTION.values():
            return np.dtype(("|u1", (section.size,)))
        inside = [v for v in self.variables if v.section == name]
        spec = {
            "names": [v.path for v in inside],
            "formats": [self.numpy_type(v.type) for v in inside],
            "offsets": [v.offset - section.offset for v in inside],
            "itemsize": section.size,
        }
        return np.dtype(cast(Any, spec))

    def numpy_type(self, index: int) -> np.dtype[Any]:
        """The numpy dtype of type number `index`."""
        known = self._numpy_types
        if index not in known:
            known[index] = self._make_numpy_type(self.types[index])
        return known[index]

    @cached_property
    def _numpy_types(self) -> dict[int, np.dtype[Any]]:
        """Those made so far: thousands of instances share a few types, which in turn contain each other."""
        return {}

    def _make_numpy_type(self, type_: DataType) -> np.dtype[Any]:
        import numpy as np

        if type_.kind == "array":
            shape = tuple(high - low + 1 for low, high in type_.ranges)
            return np.dtype((self.numpy_type(type_.element), shape))
        if type_.base:
            return np.dtype(NUMPY_FORMAT[type_.base])
        spec = {
            "names": [m.name for m in type_.members],
            "formats": [self.numpy_type(m.type) for m in type_.members],
            "offsets": [m.offset for m in type_.members],
            "itemsize": type_.size,
        }
        return np.dtype(cast(Any, spec))

    # ---------------------------------------------------------------------------------------------------------- bytes

    def to_bytes(self) -> bytes:
        """msgpack of all fields, with the format version."""
        return cast(bytes, msgpack.packb({"format": FORMAT, **asdict(self)}, default=asdict))

    @classmethod
    def from_bytes(cls, data: bytes) -> CompiledProgram:
        """The reverse of `to_bytes`. Raises ValueError when the bytes are damaged or of another format version."""
        try:
            raw = cast(dict[str, Any], msgpack.unpackb(data, use_list=False, strict_map_key=False))
            if raw.pop("format") != FORMAT:
                raise ValueError("compiled by another version of rung")
            raw["sections"] = {name: Section(**s) for name, s in raw["sections"].items()}
            raw["types"] = tuple(
                DataType(**{**t, "members": tuple(Member(**m) for m in t["members"])}) for t in raw["types"]
            )
            for key, row in _PLAIN_ROWS:
                raw[key] = tuple(row(**item) for item in raw[key])
            raw["sites"] = {number: Site(**site) for number, site in raw["sites"].items()}
            return cls(**raw)
        except (KeyError, TypeError, AttributeError, msgpack.UnpackException) as error:
            raise ValueError(f"not a compiled program: {error}") from error


_PLAIN_ROWS = (
    ("variables", Variable),
    ("retained", Range),
    ("tasks", Task),
    ("accesses", Variable),
    ("asked", Asked),
    ("copied", Copied),
)
"""Fields that are tuples of one class."""

# -------------------------------------------------------------------------------------------------------- names as text


def split_path(path: str) -> list[str | tuple[int, ...]]:
    """`Main.a[1, 2].b` -> ["Main", "a", (1, 2), "b"]. Raises UnknownPath when the text has no such form."""
    parts: list[str | tuple[int, ...]] = []
    for piece in path.split("."):
        name, *brackets = piece.split("[")
        if not name.strip():
            raise UnknownPath(path, piece, [])
        parts.append(name.strip())
        for bracket in brackets:
            inside, closed, rest = bracket.partition("]")
            numbers = [number.strip() for number in inside.split(",")]
            if not closed or rest.strip() or not all(n.removeprefix("-").isdecimal() and len(n) < 12 for n in numbers):
                raise UnknownPath(path, piece, [])
            parts.append(tuple(int(number) for number in numbers))
    return parts
