"""The types of the language, as the compiler knows them after all names are resolved.

Types are immutable and compared by value, except blocks and enumerations, which are what they are by declaration.
Every type knows its `size` and `align` in bytes, and aggregates know the offsets of their parts, so that memory
layout is said once, here. Layout follows C on a 64-bit target: natural alignment, fields in declaration order, sizes
rounded up to the alignment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from iec61131.semantics.model import Variable
    from iec61131.source import Span


class Kind(Enum):
    """What arithmetic an elementary type takes part in."""

    __hash__ = object.__hash__  # by its name, as enumerations do, is a Python call for every look into a table

    BOOL = "bool"
    BITS = "bits"  # BYTE WORD DWORD LWORD
    SIGNED = "signed"
    UNSIGNED = "unsigned"
    REAL = "real"
    DURATION = "duration"  # TIME LTIME: signed 64-bit nanoseconds
    DATE = "date"  # DATE TOD DT and their long forms: signed 64-bit nanoseconds since 1970-01-01, TOD since midnight
    CHARACTER = "character"  # CHAR WCHAR: a byte, a UTF-16 code unit


_SIGNED = (Kind.SIGNED, Kind.DURATION, Kind.DATE)
_INTEGERS = (Kind.SIGNED, Kind.UNSIGNED)
_CLOCKS = (Kind.DURATION, Kind.DATE)


class Elementary(Struct, frozen=True, eq=False):
    """A row of the table below: each is one object, and the key of many tables."""

    name: str
    kind: Kind
    size: int

    @property
    def align(self) -> int:
        return self.size

    @property
    def bits(self) -> int:
        return 1 if self.kind is Kind.BOOL else self.size * 8

    @property
    def is_signed(self) -> bool:
        return self.kind in _SIGNED

    @property
    def is_integer(self) -> bool:
        return self.kind in _INTEGERS

    @property
    def is_clock(self) -> bool:
        """Whether it tells time, as a span or a point: no number is a value of it."""
        return self.kind in _CLOCKS

    @property
    def has_numbers(self) -> bool:
        """Whether a number of the text can be a value of it."""
        return not self.is_clock and self.kind is not Kind.CHARACTER

    @property
    def minimum(self) -> int:
        """Least value of a type that is not REAL."""
        return -(1 << (self.bits - 1)) if self.is_signed else 0

    @property
    def maximum(self) -> int:
        """Greatest value of a type that is not REAL."""
        return (1 << (self.bits - 1)) - 1 if self.is_signed else (1 << self.bits) - 1

    def __str__(self) -> str:
        return self.name


ELEMENTARY: dict[str, Elementary] = {
    row.name: row
    for row in (
        Elementary("BOOL", Kind.BOOL, 1),
        Elementary("BYTE", Kind.BITS, 1),
        Elementary("WORD", Kind.BITS, 2),
        Elementary("DWORD", Kind.BITS, 4),
        Elementary("LWORD", Kind.BITS, 8),
        Elementary("SINT", Kind.SIGNED, 1),
        Elementary("INT", Kind.SIGNED, 2),
        Elementary("DINT", Kind.SIGNED, 4),
        Elementary("LINT", Kind.SIGNED, 8),
        Elementary("USINT", Kind.UNSIGNED, 1),
        Elementary("UINT", Kind.UNSIGNED, 2),
        Elementary("UDINT", Kind.UNSIGNED, 4),
        Elementary("ULINT", Kind.UNSIGNED, 8),
        Elementary("REAL", Kind.REAL, 4),
        Elementary("LREAL", Kind.REAL, 8),
        Elementary("TIME", Kind.DURATION, 8),
        Elementary("LTIME", Kind.DURATION, 8),
        Elementary("DATE", Kind.DATE, 8),
        Elementary("LDATE", Kind.DATE, 8),
        Elementary("TOD", Kind.DATE, 8),
        Elementary("LTOD", Kind.DATE, 8),
        Elementary("DT", Kind.DATE, 8),
        Elementary("LDT", Kind.DATE, 8),
        Elementary("CHAR", Kind.CHARACTER, 1),
        Elementary("WCHAR", Kind.CHARACTER, 2),
    )
}
BOOL, BYTE, WORD, DWORD, LWORD = (ELEMENTARY[n] for n in ("BOOL", "BYTE", "WORD", "DWORD", "LWORD"))
SINT, INT, DINT, LINT = (ELEMENTARY[n] for n in ("SINT", "INT", "DINT", "LINT"))
USINT, UINT, UDINT, ULINT = (ELEMENTARY[n] for n in ("USINT", "UINT", "UDINT", "ULINT"))
REAL, LREAL, TIME, LTIME = (ELEMENTARY[n] for n in ("REAL", "LREAL", "TIME", "LTIME"))
DATE, LDATE, TOD, LTOD, DT, LDT = (ELEMENTARY[n] for n in ("DATE", "LDATE", "TOD", "LTOD", "DT", "LDT"))

ALIASES = {"TIME_OF_DAY": TOD, "LTIME_OF_DAY": LTOD, "DATE_AND_TIME": DT, "LDATE_AND_TIME": LDT}
"""Elementary types under the long names that the standard also gives them."""

ELEMENTARY_NAMES: dict[str, Elementary] = {**ELEMENTARY, **ALIASES}
"""Every word of a source text that is an elementary type."""
CHAR, WCHAR = ELEMENTARY["CHAR"], ELEMENTARY["WCHAR"]


class EnumType(Struct, frozen=True, eq=False):
    """Stored as `base`; `members` in declaration order."""

    name: str
    base: Elementary
    members: dict[str, int]  # spelling as declared -> value

    @property
    def size(self) -> int:
        return self.base.size

    @property
    def align(self) -> int:
        return self.base.align

    def __repr__(self) -> str:
        return self.name


class SubrangeType(Struct, frozen=True):
    """`base` restricted to `low..high`; a store outside is a fault."""

    name: str
    base: Elementary
    low: int
    high: int

    @property
    def size(self) -> int:
        return self.base.size

    @property
    def align(self) -> int:
        return self.base.align

    def __str__(self) -> str:
        return self.name


STRING_LENGTH = 80
"""Characters of a STRING or WSTRING that says no length."""

STRING_LENGTH_MAX = 65_535


class StringType(Struct, frozen=True):
    """STRING or, `wide`, WSTRING, of at most `length` characters: bytes, or UTF-16 code units.

    In memory the text, then a terminating zero, then bytes without meaning, which are copied with the rest: a value is
    all of its bytes.
    """

    length: int
    wide: bool

    @property
    def unit(self) -> int:
        """Bytes of a character."""
        return 2 if self.wide else 1

    @property
    def size(self) -> int:
        return (self.length + 1) * self.unit

    @property
    def align(self) -> int:
        return self.unit

    @property
    def element(self) -> Elementary:
        """What `text[n]` is."""
        return WORD if self.wide else BYTE

    @property
    def character(self) -> Elementary:
        """What a text of one character can be instead."""
        return WCHAR if self.wide else CHAR

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """What `n` may be in `text[n]`: from the first character to the zero behind the last one."""
        return ((0, self.length),)

    @property
    def family(self) -> str:
        return "WSTRING" if self.wide else "STRING"

    def __str__(self) -> str:
        return f"{self.family}({self.length})"


class ArrayType(Struct, frozen=True):
    """`ranges` are inclusive bounds per dimension; elements in row-major order (last index fastest)."""

    element: Type
    ranges: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        total = 1
        for low, high in self.ranges:
            total *= high - low + 1
        return total

    @property
    def size(self) -> int:
        return self.count * self.element.size

    @property
    def align(self) -> int:
        return self.element.align

    def __str__(self) -> str:
        return f"ARRAY[{', '.join(f'{low}..{high}' for low, high in self.ranges)}] OF {self.element}"


class Field(Struct, frozen=True, eq=False):
    """A part of a STRUCT at a fixed offset. `initial` is a constant in the form of `model.Constant`, or None; `span`
    where it is declared.
    """

    name: str
    type: Type
    offset: int
    initial: object
    span: Span | None = None

    @property
    def key(self) -> str:
        return self.name.upper()


class StructType(Struct, frozen=True, eq=False):
    """A STRUCT, or a UNION. `is_overlaid`: its fields may lie over each other; the `initial` of one that says nothing
    about what the bytes hold at first is None.
    """

    name: str
    fields: dict[str, Field]  # by key
    size: int
    align: int
    is_overlaid: bool = False

    def in_writing_order(self, given: Mapping[str, object]) -> Iterable[tuple[Field, object]]:
        """The fields with their constants, from `given` or their own, in the order in which they are written where
        they lie over each other: those given last. Fields without a constant are not written.
        """
        if not self.is_overlaid:
            return [(part, given.get(key, part.initial)) for key, part in self.fields.items()]
        own = [(part, part.initial) for key, part in self.fields.items() if key not in given]
        found = [*own, *((self.fields[key], value) for key, value in given.items())]
        return [(part, value) for part, value in found if value is not None]

    def __repr__(self) -> str:
        return self.name


class BlockType(Struct, eq=False):
    """The instance of a FUNCTION_BLOCK or PROGRAM: the variables that live from call to call, at their offsets.

    Filled in by `resolve` before any body is looked at. Located variables, VAR_TEMP, VAR_IN_OUT and VAR_EXTERNAL are
    not part of the instance. A block that extends another has its members first, at the same offsets. Where the type
    of an instance can be in question, it begins with its `tag`, a UDINT of 4 bytes that is not 0; `tag` 0: no such.
    """

    name: str
    members: dict[str, Variable] = field(default_factory=dict[str, "Variable"])  # by key, INSTANCE storage only
    size: int = 0
    align: int = 1
    base: BlockType | None = None
    tag: int = 0
    interfaces: list[InterfaceType] = field(default_factory=list["InterfaceType"])
    further_names: Mapping[str, str] = field(default_factory=dict[str, str])

    def __repr__(self) -> str:
        return self.name

    def key_of(self, key: str) -> str:
        """The key of the member that a name stands for, which is mostly itself: `further_names` has more of some."""
        block: BlockType | None = self
        while block is not None and key not in self.members:
            key, block = block.further_names.get(key, key), block.base
        return key

    def is_a(self, other: BlockType | InterfaceType) -> bool:
        """Whether it is `other`, extends it or implements it, at any distance."""
        block: BlockType | None = self
        while block is not None:
            if block is other or any(interface.is_a(other) for interface in block.interfaces):
                return True
            block = block.base
        return False


class InterfaceType(Struct, eq=False):
    """A variable of an INTERFACE: refers to an instance of whatever block implements it, like a pointer.

    `extends` is filled in by `resolve`.
    """

    name: str
    extends: list[InterfaceType] = field(default_factory=list["InterfaceType"])

    @property
    def size(self) -> int:
        return 8

    @property
    def align(self) -> int:
        return 8

    def is_a(self, other: BlockType | InterfaceType) -> bool:
        return self is other or any(base.is_a(other) for base in self.extends)

    def __repr__(self) -> str:
        return self.name


TAG_BYTES = 4
"""At the start of an instance that has a tag."""


class Flavour(Enum):
    """How a reference is declared, and so how it is used. An ADDRESS is what ADR gives: it fits every pointer."""

    POINTER = "POINTER TO"  # p^ is what it points at; whole numbers are added in bytes
    REF_TO = "REF_TO"  # the standard's: r^, NULL
    REFERENCE = "REFERENCE TO"  # its name alone means what it refers to; REF= sets it
    ADDRESS = "address of"


class PointerType:
    """A reference to a variable of type `target`: its distance from the start of the memory block in bytes, 0 for NULL.

    The same in every process and in every run, whatever the machine does with its memory. The target is filled in once
    all types are known, since a STRUCT may hold a pointer to itself; until then, and after an error in it, it is None.
    Compared by target; hashed without it, since it comes late.
    """

    __slots__ = ("flavour", "target")

    def __init__(self, flavour: Flavour, target: Type | None = None) -> None:
        self.flavour, self.target = flavour, target

    @property
    def size(self) -> int:
        return 8

    @property
    def align(self) -> int:
        return 8

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PointerType):
            return NotImplemented
        return self is other or (self.flavour is other.flavour and self.target == other.target)

    def __hash__(self) -> int:
        return hash(self.flavour)

    def __str__(self) -> str:
        if self.target is None and self.flavour is Flavour.ADDRESS:
            return "NULL"
        return f"{self.flavour.value} {self.target if self.target is not None else '?'}"

    __repr__ = __str__


Type = (
    Elementary | EnumType | SubrangeType | StringType | ArrayType | StructType | BlockType | PointerType | InterfaceType
)


def storage_type(type_: Type) -> Type:
    """The elementary type that an enumeration, a subrange or a reference is stored as; any other type itself."""
    if isinstance(type_, Elementary):  # nearly always
        return type_
    if isinstance(type_, PointerType | InterfaceType):
        return LWORD
    return type_.base if isinstance(type_, EnumType | SubrangeType) else type_


def round_up(offset: int, align: int) -> int:
    return -(-offset // align) * align


def place_fields(parts: Iterable[tuple[int, int]]) -> tuple[list[int], int, int]:
    """Offsets, total size and alignment for parts given as (size, align), laid out in order like a C struct."""
    offsets: list[int] = []
    end, align = 0, 1
    for part_size, part_align in parts:
        offset = round_up(end, part_align)
        offsets.append(offset)
        end = offset + part_size
        align = max(align, part_align)
    return offsets, round_up(end, align), align
