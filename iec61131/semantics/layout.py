"""Where every variable of a model lives in the memory block, and what the block holds at a cold start.

Read `layout` first: it places the variables section by section, then derives from the placed model the tables of
`CompiledProgram` (types, variables, retained ranges) and the initial image. Both executors take offsets from here and
from the types; nothing else in the compiler decides a position.

Located variables lie over each other in their area as their addresses say; everything else has bytes of its own. A
global or a program instance that holds anything retained lies as a whole in the section `retain`, and `retained` names
the parts of it that survive a restart.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from msgspec import Struct
from msgspec.structs import replace

from iec61131.addresses import AREA_SECTION, parse_address
from iec61131.program import HEADER_BYTES, NUMPY_FORMAT, SECTION_ALIGN, SECTIONS, DataType, Member, Range, Section
from iec61131.program import Variable as Root
from iec61131.semantics import heap, task_table
from iec61131.semantics.model import (
    Constant,
    ConstantExpression,
    ElementPlace,
    FieldPlace,
    InstanceMemberPlace,
    MemoryPlace,
    Model,
    Place,
    Pou,
    Storage,
    Variable,
    VariablePlace,
)
from iec61131.semantics.options import CompileOptions
from iec61131.semantics.type_facts import TypeFacts
from iec61131.semantics.types import (
    TAG_BYTES,
    ArrayType,
    BlockType,
    Elementary,
    EnumType,
    Field,
    InterfaceType,
    PointerType,
    StringType,
    StructType,
    SubrangeType,
    Type,
    round_up,
    storage_type,
)
from iec61131.syntax.tree import PouKind, VarKind

if TYPE_CHECKING:
    from iec61131.semantics.accesses import AccessPath


class MemoryLayout(Struct, frozen=True):
    """The memory block, as the tables that go into `CompiledProgram`.

    `type_index` gives the row in `types` of a type of the model.
    """

    sections: dict[str, Section]
    types: tuple[DataType, ...]
    variables: tuple[Root, ...]
    retained: tuple[Range, ...]
    initial: bytes
    type_index: Mapping[Type, int]
    accesses: tuple[Root, ...] = ()
    events: tuple[tuple[int, int] | None, ...] = ()  # of each task: offset and bit
    task_table: int = -1  # as in `CompiledProgram`

    @property
    def size(self) -> int:
        """Bytes of the whole block."""
        return len(self.initial)


def layout(model: Model, options: CompileOptions | None = None) -> MemoryLayout:
    """Place every MEMORY variable of `model` (sets `offset` and `bit`) and describe the block."""
    options = options or CompileOptions()
    facts = TypeFacts()
    sections, section_of, size = _place(model, options, facts)
    types = _TypeTable()
    for type_ in model.types:
        types.index(type_)
    roots = sorted(_roots(model, section_of, types), key=lambda root: root[1].offset)
    return MemoryLayout(
        sections,
        tuple(types.rows),
        tuple(root for root, _ in roots),
        tuple(_retained(_kept_here(model, roots), _Retain(types, facts))),
        task_table.with_names(model, _initial_image(model, size)),
        types.numbers,
        tuple(_access(path, section_of, types) for path in model.accesses),
        tuple(_event(task.event) for task in model.tasks),
        task_table.offset_of(model),
    )


# ------------------------------------------------------------------------------------------------------------- placing


def _place(
    model: Model, options: CompileOptions, facts: TypeFacts
) -> tuple[dict[str, Section], dict[Variable, str], int]:
    """Give every MEMORY variable its offset; the sections in their order, who is where, and the size of the block."""
    instances = {variable for variable, _ in _program_instances(model)}
    areas = {section: options.area_bytes.get(area, 0) for area, section in AREA_SECTION.items()}
    members: dict[str, list[Variable]] = {name: [] for name in SECTIONS}
    for variable in model.memory:
        if variable.address is None:
            members[_section_of(variable, variable in instances, facts)].append(variable)
            continue
        address = parse_address(variable.address)
        assert address is not None, variable.address
        section = AREA_SECTION[address.area]
        members[section].append(variable)
        areas[section] = max(areas[section], address.byte + variable.type.size)

    heap_bytes = round_up(options.heap_bytes, SECTION_ALIGN) if model.has_heap else 0
    reserved = {"stack": model.stack_bytes, "heap": heap_bytes, "heap_table": heap.table_bytes(heap_bytes)}
    sections: dict[str, Section] = {}
    end = 0
    for name in SECTIONS:
        start = round_up(end, SECTION_ALIGN)
        if name == "header":
            end = start + HEADER_BYTES
        elif name in areas:
            end = start + areas[name]
            _place_located(members[name], start)
        elif name in reserved:
            end = start + reserved[name]
        else:
            end = _place_in_order(members[name], start)
        sections[name] = Section(start, end - start)
    section_of = {variable: name for name, inside in members.items() for variable in inside}
    return sections, section_of, round_up(end, SECTION_ALIGN)


def _section_of(variable: Variable, is_instance: bool, facts: TypeFacts) -> str:
    if variable.retain or variable.persistent or facts.holds_retained(variable.type):
        return "retain"
    return "instances" if is_instance else "globals"


def _place_in_order(variables: Iterable[Variable], start: int) -> int:
    end = start
    for variable in variables:
        variable.offset = round_up(end, variable.type.align)
        end = variable.offset + variable.type.size
    return end


def _place_located(variables: Iterable[Variable], start: int) -> None:
    for variable in variables:
        address = parse_address(variable.address or "")
        assert address is not None
        variable.offset, variable.bit = start + address.byte, address.bit


# -------------------------------------------------------------------------------------------------------------- roots


def _roots(model: Model, section_of: dict[Variable, str], types: _TypeTable) -> Iterator[tuple[Root, Variable]]:
    """One row for each global, program instance, located variable of a program instance, and table of a FUNCTION.

    A direct address in the text (its variable is named like its address) needs no row: `CompiledProgram.find` reads it.
    """
    owned: set[Variable] = set()
    for pou in model.pous:
        for variable in pou.variables:
            owned.add(variable)
            if variable.storage is Storage.MEMORY and pou.kind is not PouKind.PROGRAM:
                yield _root(f"{pou.name}.{variable.name}", variable, section_of[variable], types), variable
    for variable in model.memory:
        if variable not in owned and not variable.name.startswith("%"):
            yield _root(variable.name, variable, section_of[variable], types), variable
    for instance, program in _program_instances(model):
        for variable in program.variables:
            if variable.storage is Storage.MEMORY:
                yield _root(f"{instance.name}.{variable.name}", variable, section_of[variable], types), variable


def _program_instances(model: Model) -> Iterator[tuple[Variable, Pou]]:
    programs = {pou.instance: pou for pou in model.pous if pou.kind is PouKind.PROGRAM}
    for variable in model.memory:
        program = programs.get(variable.type) if isinstance(variable.type, BlockType) else None
        if program is not None:
            yield variable, program


def _root(path: str, variable: Variable, section: str, types: _TypeTable) -> Root:
    return Root(
        path,
        types.index(variable.type),
        section,
        variable.offset,
        variable.bit,
        variable.address,
        variable.retain,
        variable.persistent,
        variable.constant,
    )


def _access(path: AccessPath, section_of: dict[Variable, str], types: _TypeTable) -> Root:
    variable, offset = _where(path.place)
    address = variable.address if variable.type is path.place.type else None
    constant = not path.is_writable
    return Root(
        path.name, types.index(path.type), section_of[variable], offset, variable.bit, address, constant=constant
    )


def _event(place: Place | None) -> tuple[int, int] | None:
    if place is None:
        return None
    variable, offset = _where(place)
    return offset, variable.bit or 0


def _where(place: Place) -> tuple[Variable, int]:
    """The variable that a place known beforehand lies in, and the offset of the place."""
    match place:
        case VariablePlace(variable=variable) | MemoryPlace(variable=variable):
            return variable, variable.offset
        case FieldPlace(base=base, field=part) | InstanceMemberPlace(base=base, member=part):
            variable, offset = _where(base)
            return variable, offset + part.offset
        case ElementPlace(base=base, indices=indices):
            variable, offset = _where(base)
            array, number = base.type, 0
            assert isinstance(array, ArrayType)
            for index, (low, high) in zip(indices, array.ranges, strict=True):
                assert isinstance(index, ConstantExpression)
                assert isinstance(index.value, int)
                number = number * (high - low + 1) + index.value - low
            return variable, offset + number * array.element.size
        case _:
            raise AssertionError(place)


# ---------------------------------------------------------------------------------------------------------- type table

MEMBER_KIND = {VarKind.INPUT: "input", VarKind.OUTPUT: "output"}
"""How `program.Member.kind` calls a member of a block; everything else is "local"."""


class _TypeTable:
    """Rows for types, each after the types it is made of. A type is entered when it is first asked for."""

    def __init__(self) -> None:
        self.rows: list[DataType] = []
        self.numbers: dict[Type, int] = {}

    def index(self, type_: Type) -> int:
        number = self.numbers.get(type_)
        if number is None:
            row = self._row(type_)
            number = self.numbers[type_] = len(self.rows)
            self.rows.append(row)
        return number

    def _row(self, type_: Type) -> DataType:
        match type_:
            case Elementary():
                return DataType(type_.name, "elementary", type_.size, base=type_.name)
            case EnumType():
                labels = tuple(type_.members.items())
                return DataType(type_.name, "enum", type_.size, base=type_.base.name, labels=labels)
            case SubrangeType():
                base = type_.base.name
                return DataType(type_.name, "subrange", type_.size, base=base, low=type_.low, high=type_.high)
            case InterfaceType():
                return DataType(type_.name, "pointer", type_.size, base="LWORD")
            case PointerType():
                return DataType(str(type_), "pointer", type_.size, base="LWORD")
            case StringType():
                return DataType(str(type_), "string", type_.size, wide=type_.wide)
            case ArrayType():
                element = self.index(type_.element)
                return DataType(str(type_), "array", type_.size, element=element, ranges=type_.ranges)
            case StructType():
                fields = tuple(Member(f.name, self.index(f.type), f.offset) for f in type_.fields.values())
                return DataType(type_.name, "struct", type_.size, members=fields)
            case BlockType():
                members = tuple(self._member(v) for v in type_.members.values())
                return DataType(type_.name, "block", type_.size, members=members, tag=type_.tag)

    def _member(self, v: Variable) -> Member:
        kind = MEMBER_KIND.get(v.kind, "local")
        return Member(v.name, self.index(v.type), v.offset, kind, v.retain, v.persistent, v.constant)


# ------------------------------------------------------------------------------------------------------------- retain


class _Kept(Struct, frozen=True):
    """What a restart leaves of a variable, as far as the sections around it say."""

    retained: bool
    persistent: bool


def _kept_here(model: Model, roots: Iterable[tuple[Root, Variable]]) -> Iterator[tuple[Root, Variable]]:
    """Of the globals that several resources share one keeps what is retained."""
    return ((root, variable) for root, variable in roots if model.keeps_shared or variable not in model.shared)


def _retained(roots: Iterable[tuple[Root, Variable]], retain: _Retain) -> Iterator[Range]:
    """The largest parts of each root that are retained as a whole, and alike."""
    seen: set[Variable] = set()  # a located variable of a program has a root for each instance, but one place
    for root, variable in roots:
        if variable not in seen:
            seen.add(variable)
            kept = _Kept(variable.retain or variable.persistent, variable.persistent)
            for part in retain.parts(root.path, variable.type, variable.offset, kept):
                yield part if variable.bit is None else replace(part, bit=variable.bit)


class _Retain(Struct, frozen=True):
    types: _TypeTable
    facts: TypeFacts

    def parts(self, path: str, type_: Type, offset: int, kept: _Kept) -> Iterator[Range]:
        """`kept`: what becomes of whatever surrounds this place, and so of the place as well unless a member says
        otherwise.
        """
        if kept.retained and self._is_uniform(type_, kept):
            yield Range(path, self.types.index(type_), offset, type_.size, persistent=kept.persistent)
        elif not kept.retained and not self.facts.holds_retained(type_):
            return
        elif isinstance(type_, BlockType):
            for m in type_.members.values():
                yield from self.parts(f"{path}.{m.name}", m.type, offset + m.offset, _of_member(m, kept))
        elif isinstance(type_, StructType):
            for field in type_.fields.values():
                yield from self.parts(f"{path}.{field.name}", field.type, offset + field.offset, kept)
        elif isinstance(type_, ArrayType):
            for number, indices in enumerate(element_indices(type_.ranges)):
                at = offset + number * type_.element.size
                yield from self.parts(f"{path}[{', '.join(map(str, indices))}]", type_.element, at, kept)

    def _is_uniform(self, type_: Type, kept: _Kept) -> bool:
        if self.facts.holds_non_retained(type_):
            return False
        return kept.persistent or not self.facts.holds_persistent(type_)


def _of_member(m: Variable, around: _Kept) -> _Kept:
    around_persistent = around.persistent and not m.non_retain
    return _Kept((around.retained and not m.non_retain) or m.retain or m.persistent, around_persistent or m.persistent)


def element_indices(ranges: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, ...]]:
    """The indices of an array's elements in memory order, the last index fastest."""
    if not ranges:
        yield ()
        return
    low, high = ranges[0]
    for first in range(low, high + 1):
        for rest in element_indices(ranges[1:]):
            yield (first, *rest)


# ------------------------------------------------------------------------------------------------------ initial image


def _initial_image(model: Model, size: int) -> bytes:
    """The block at a cold start.

    Where located variables lie over each other, one that says an initial value beats one that leaves it at the default,
    so that a byte view of a word does not wipe the word's value.
    """
    image = bytearray(size)
    images: dict[Type, bytes] = {}
    located = [v for v in model.memory if v.address is not None]
    for variable in model.memory:
        if variable.address is None:
            pack(variable.type, variable.initial, image, variable.offset, images)
    for wanted in (True, False):
        for variable in located:
            if variable.initial is not None and (variable.initial == default_constant(variable.type)) is wanted:
                _pack_located(variable, image)
    return bytes(image)


def _pack_located(variable: Variable, image: bytearray) -> None:
    if variable.bit is None:
        pack(variable.type, variable.initial, image, variable.offset)
        return
    mask = 1 << variable.bit
    byte = image[variable.offset]
    image[variable.offset] = byte | mask if variable.initial else byte & ~mask


def default_constant(type_: Type) -> Constant:
    """The value of a variable of `type_` that is declared without one."""
    match type_:
        case Elementary():
            return {"BOOL": False, "REAL": 0.0, "LREAL": 0.0}.get(type_.name, 0)
        case EnumType():
            return next(iter(type_.members.values()))
        case SubrangeType():
            return type_.low
        case PointerType() | InterfaceType():
            return 0
        case StringType():
            return ""
        case ArrayType():
            return (default_constant(type_.element),) * type_.count
        case StructType() | BlockType():
            return {}


def pack(
    type_: Type,
    constant: Constant | None,
    into: bytearray,
    offset: int,
    images: dict[Type, bytes] | None = None,
) -> None:
    """Write `constant` as a value of `type_` to `into` at `offset`; None and parts left out are the type's default.

    Padding stays as it is. `images` may be handed from call to call: it keeps the default images of structs and blocks.
    """
    images = {} if images is None else images
    stored = storage_type(type_)
    match stored:
        case Elementary():
            value = default_constant(type_) if constant is None else constant
            struct.pack_into(_FORMAT[stored.name], into, offset, value)
        case StringType():
            text = string_bytes(constant, stored)
            into[offset : offset + stored.size] = text.ljust(stored.size, b"\0")
        case ArrayType():
            _pack_array(stored, constant, into, offset, images)
        case StructType() | BlockType():
            if constant is None or constant == {}:
                into[offset : offset + stored.size] = _default_image(stored, images)
                return
            assert isinstance(constant, dict)
            _pack_tag(stored, into, offset)
            for part, value in _parts(stored, constant):
                pack(part.type, _initial(value), into, offset + part.offset, images)
        case _:
            raise AssertionError(stored)


def string_bytes(constant: Constant | None, type_: StringType) -> bytes:
    """The text of a constant as it lies in memory, without its end, cut to the length of the type."""
    text = "" if constant is None else constant
    assert isinstance(text, str)
    return text[: type_.length].encode("utf-16-le" if type_.wide else "latin-1", "surrogatepass")


def _pack_array(
    type_: ArrayType, constant: Constant | None, into: bytearray, offset: int, images: dict[Type, bytes]
) -> None:
    if constant is None:
        constant = default_constant(type_)
    assert isinstance(constant, tuple)
    assert len(constant) == type_.count, (len(constant), str(type_))
    element = storage_type(type_.element)
    if isinstance(element, Elementary):
        struct.pack_into(f"<{len(constant)}{_FORMAT[element.name][1]}", into, offset, *constant)
        return
    for number, item in enumerate(constant):
        pack(element, item, into, offset + number * element.size, images)


def _default_image(type_: StructType | BlockType, images: dict[Type, bytes]) -> bytes:
    image = images.get(type_)
    if image is None:
        fresh = bytearray(type_.size)
        _pack_tag(type_, fresh, 0)
        for part, value in _parts(type_, {}):
            pack(part.type, _initial(value), fresh, part.offset, images)
        image = images[type_] = bytes(fresh)
    return image


def _parts(type_: StructType | BlockType, given: dict[str, Constant]) -> Iterable[tuple[Field | Variable, object]]:
    """The parts with their constants, in the order in which they are written."""
    if isinstance(type_, StructType):
        return type_.in_writing_order(given)
    return [(member, given.get(key, member.initial)) for key, member in type_.members.items()]


def _pack_tag(type_: StructType | BlockType, into: bytearray, offset: int) -> None:
    """What says of which type an instance is."""
    if isinstance(type_, BlockType) and type_.tag:
        into[offset : offset + TAG_BYTES] = type_.tag.to_bytes(TAG_BYTES, "little")


def _initial(value: object) -> Constant | None:
    """A `Field` calls its constant an object, since the types know nothing of the model."""
    return cast("Constant | None", value)


_NUMPY_TO_STRUCT = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q"} | {
    "f4": "f",
    "f8": "d",
}
_FORMAT = {name: "<" + _NUMPY_TO_STRUCT[code[1:]] for name, code in NUMPY_FORMAT.items()}
"""Each elementary type as the struct module writes it, from the one table of the memory formats."""
