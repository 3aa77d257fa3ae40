"""Type expressions, and the declarations of variables, which a STRUCT holds as well as a section."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from iec61131.source import Span
from iec61131.syntax.tree.expressions import Argument, DirectAddress, Expression, Initial
from iec61131.syntax.tree.names import Name, Pragma


class NamedType(Struct, frozen=True):
    """An elementary or declared type, by name. `qualifier` are the namespaces before it: a and b in `a.b.Motor`."""

    name: Name
    span: Span
    qualifier: tuple[Name, ...] = ()


# What stands behind EXTENDS and IMPLEMENTS.
TypeName = NamedType


class SubrangeSpec(Struct, frozen=True):
    """`INT(0..100)`"""

    base: Name
    low: Expression
    high: Expression
    span: Span
    qualifier: tuple[Name, ...] = ()


class StringSpec(Struct, frozen=True):
    """`STRING[40]`, `STRING(40)`, `WSTRING`; `length` None when none was written."""

    wide: bool
    length: Expression | None
    span: Span


class ArraySpec(Struct, frozen=True):
    """`ARRAY[1..3, 0..7] OF element`; a range is None where `*` leaves it to the caller."""

    ranges: tuple[tuple[Expression, Expression] | None, ...]
    element: TypeSpec
    span: Span


class StructSpec(Struct, frozen=True):
    """`STRUCT .. END_STRUCT`. With OVERLAP its members may lie over each other, each at its own `AT %B0`."""

    fields: tuple[VarDeclaration, ...]
    span: Span
    is_overlapping: bool = False


class UnionSpec(Struct, frozen=True):
    """`UNION .. END_UNION`: all members lie at one place."""

    fields: tuple[VarDeclaration, ...]
    span: Span


class PointerSpec(Struct, frozen=True):
    """`POINTER TO target`"""

    target: TypeSpec
    span: Span


class ReferenceSpec(Struct, frozen=True):
    """`REFERENCE TO target`"""

    target: TypeSpec
    span: Span


class RefToSpec(Struct, frozen=True):
    """`REF_TO target`"""

    target: TypeSpec
    span: Span


class EnumMember(Struct, frozen=True):
    name: Name
    value: Expression | None
    span: Span


class EnumSpec(Struct, frozen=True):
    """`(Red, Green := 4, Blue) INT`; `base` None when none was written (then INT)."""

    members: tuple[EnumMember, ...]
    base: Name | None
    span: Span


class TypeOf(Struct, frozen=True):
    """The type of the first of these expressions that has one: of what a wire of a drawing carries back. No text has
    it.
    """

    candidates: tuple[Expression, ...]
    span: Span


TypeSpec = (
    NamedType
    | SubrangeSpec
    | StringSpec
    | ArraySpec
    | StructSpec
    | UnionSpec
    | EnumSpec
    | PointerSpec
    | ReferenceSpec
    | RefToSpec
    | TypeOf
)

# --------------------------------------------------------------------------------------------------------- variables


class VarKind(Enum):
    __hash__ = object.__hash__  # by its name, as enumerations do, is a Python call for every look into a table

    LOCAL = "VAR"
    INPUT = "VAR_INPUT"
    OUTPUT = "VAR_OUTPUT"
    IN_OUT = "VAR_IN_OUT"
    TEMP = "VAR_TEMP"
    EXTERNAL = "VAR_EXTERNAL"
    GLOBAL = "VAR_GLOBAL"
    CONFIG = "VAR_CONFIG"
    ACCESS = "VAR_ACCESS"
    INST = "VAR_INST"
    STAT = "VAR_STAT"


class Qualifier(Enum):
    __hash__ = object.__hash__  # by its name, as enumerations do, is a Python call for every look into a table

    CONSTANT = "CONSTANT"
    RETAIN = "RETAIN"
    NON_RETAIN = "NON_RETAIN"
    PERSISTENT = "PERSISTENT"


class Access(Enum):
    """Who may use what is declared."""

    PUBLIC = "PUBLIC"
    PROTECTED = "PROTECTED"
    PRIVATE = "PRIVATE"
    INTERNAL = "INTERNAL"


class VarBlock(Struct, frozen=True):
    """VAR .. END_VAR with its qualifiers."""

    kind: VarKind
    qualifiers: frozenset[Qualifier]
    variables: tuple[VarDeclaration, ...]
    span: Span
    pragmas: tuple[Pragma, ...] = ()
    access: Access | None = None


class Edge(Enum):
    RISING = "R_EDGE"
    FALLING = "F_EDGE"


class VarDeclaration(Struct, frozen=True):
    """`a, b AT %IX0.0 : BOOL R_EDGE := FALSE;`

    `binds` is true where the initial value stands behind `REF=`: the variable then refers to it. `arguments` are those
    of a block instance: one list for `t : Motor(speed := 2)`, one for each element for `t : ARRAY[0..1] OF
    Motor[(speed := 2), (speed := 3)]`, none where no brackets stand. `place` is the variable that a VAR_CONFIG section
    means, `Main.motors[1].start`, and `names` the last name in it; or the variable that a VAR_ACCESS section gives the
    name in `names`, to be written by others if `is_writable`.
    """

    names: tuple[Name, ...]
    address: DirectAddress | None
    type: TypeSpec
    edge: Edge | None
    initial: Initial | None
    pragmas: tuple[Pragma, ...]
    span: Span
    binds: bool = False
    arguments: tuple[tuple[Argument, ...], ...] = ()
    place: Expression | None = None
    is_writable: bool = False
