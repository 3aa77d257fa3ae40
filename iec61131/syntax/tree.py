"""The untyped tree: what was written, with its places, and nothing that is not in the text.

Read from the top: a `Unit` has declarations, a POU has variable blocks and a body, a body has statements, a statement
has expressions. Nodes are frozen; every node has a `span`. Names keep their spelling; `Name.key` is what is compared,
since identifiers of the language do not distinguish case.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from iec61131.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    span: Span

    @property
    def key(self) -> str:
        return self.text.upper()


@dataclass(frozen=True, slots=True)
class Pragma:
    """`{...}` kept as written, without the braces."""

    text: str
    span: Span


# ---------------------------------------------------------------------------------------------------- declarations


@dataclass(frozen=True, slots=True)
class Unit:
    """One source file."""

    file: SourceFile
    declarations: tuple[Declaration, ...]


class PouKind(Enum):
    PROGRAM = "PROGRAM"
    FUNCTION = "FUNCTION"
    FUNCTION_BLOCK = "FUNCTION_BLOCK"


@dataclass(frozen=True, slots=True)
class PouDeclaration:
    """PROGRAM, FUNCTION or FUNCTION_BLOCK. `result` is the type after the colon of a FUNCTION, None when it has
    none.
    """

    kind: PouKind
    name: Name
    result: TypeSpec | None
    variables: tuple[VarBlock, ...]
    body: tuple[Statement, ...]
    pragmas: tuple[Pragma, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TypeDeclaration:
    """One name of a TYPE block."""

    name: Name
    spec: TypeSpec
    initial: Initial | None
    pragmas: tuple[Pragma, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class GlobalDeclaration:
    """A VAR_GLOBAL block outside any configuration (a file of globals)."""

    block: VarBlock
    span: Span
    pragmas: tuple[Pragma, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskDeclaration:
    """TASK name (INTERVAL := .., SINGLE := .., PRIORITY := ..). Settings as written, checked later."""

    name: Name
    settings: tuple[tuple[Name, Expression], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ProgramInstance:
    """PROGRAM instance WITH task : type (arguments)."""

    name: Name
    task: Name | None
    type_name: Name
    arguments: tuple[Argument, ...]
    retain: bool
    span: Span


@dataclass(frozen=True, slots=True)
class ResourceDeclaration:
    """RESOURCE name ON processor. A CONFIGURATION without RESOURCE has one with `name` None."""

    name: Name | None
    processor: Name | None
    variables: tuple[VarBlock, ...]
    tasks: tuple[TaskDeclaration, ...]
    programs: tuple[ProgramInstance, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ConfigurationDeclaration:
    name: Name
    variables: tuple[VarBlock, ...]
    resources: tuple[ResourceDeclaration, ...]
    span: Span


Declaration = PouDeclaration | TypeDeclaration | GlobalDeclaration | ConfigurationDeclaration


class VarKind(Enum):
    LOCAL = "VAR"
    INPUT = "VAR_INPUT"
    OUTPUT = "VAR_OUTPUT"
    IN_OUT = "VAR_IN_OUT"
    TEMP = "VAR_TEMP"
    EXTERNAL = "VAR_EXTERNAL"
    GLOBAL = "VAR_GLOBAL"
    CONFIG = "VAR_CONFIG"
    ACCESS = "VAR_ACCESS"


class Qualifier(Enum):
    CONSTANT = "CONSTANT"
    RETAIN = "RETAIN"
    NON_RETAIN = "NON_RETAIN"
    PERSISTENT = "PERSISTENT"


@dataclass(frozen=True, slots=True)
class VarBlock:
    """VAR .. END_VAR with its qualifiers."""

    kind: VarKind
    qualifiers: frozenset[Qualifier]
    variables: tuple[VarDeclaration, ...]
    span: Span


class Edge(Enum):
    RISING = "R_EDGE"
    FALLING = "F_EDGE"


@dataclass(frozen=True, slots=True)
class VarDeclaration:
    """`a, b AT %IX0.0 : BOOL R_EDGE := FALSE;`"""

    names: tuple[Name, ...]
    address: DirectAddress | None
    type: TypeSpec
    edge: Edge | None
    initial: Initial | None
    pragmas: tuple[Pragma, ...]
    span: Span


# --------------------------------------------------------------------------------------------------- type expressions


@dataclass(frozen=True, slots=True)
class NamedType:
    """An elementary or declared type, by name."""

    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class SubrangeSpec:
    """`INT(0..100)`"""

    base: Name
    low: Expression
    high: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class StringSpec:
    """`STRING[40]`, `STRING(40)`, `WSTRING`; `length` None when none was written."""

    wide: bool
    length: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class ArraySpec:
    """`ARRAY[1..3, 0..7] OF element`"""

    ranges: tuple[tuple[Expression, Expression], ...]
    element: TypeSpec
    span: Span


@dataclass(frozen=True, slots=True)
class StructSpec:
    fields: tuple[VarDeclaration, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class EnumMember:
    name: Name
    value: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class EnumSpec:
    """`(Red, Green := 4, Blue) INT`; `base` None when none was written (then INT)."""

    members: tuple[EnumMember, ...]
    base: Name | None
    span: Span


TypeSpec = NamedType | SubrangeSpec | StringSpec | ArraySpec | StructSpec | EnumSpec

# ---------------------------------------------------------------------------------------------------- initial values


@dataclass(frozen=True, slots=True)
class ArrayInitial:
    """`[1, 2, 3(0)]`: pairs of repeat count (None: once) and value (None: `3()`, the default)."""

    items: tuple[tuple[Expression | None, Initial | None], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class StructInitial:
    """`(a := 1, b := [1, 2])`"""

    fields: tuple[tuple[Name, Initial], ...]
    span: Span


# -------------------------------------------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class Assign:
    target: Expression
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class CallStatement:
    call: Call
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    """`branches` are the IF and its ELSIFs in order: condition and statements."""

    branches: tuple[tuple[Expression, tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CaseLabel:
    """A value, or a range when `high` is there."""

    low: Expression
    high: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    """`otherwise` is None when there is no ELSE."""

    selector: Expression
    arms: tuple[tuple[tuple[CaseLabel, ...], tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...] | None
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    variable: Expression
    start: Expression
    end: Expression
    step: Expression | None
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class While:
    condition: Expression
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Repeat:
    body: tuple[Statement, ...]
    until: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Exit:
    span: Span


@dataclass(frozen=True, slots=True)
class Continue:
    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    span: Span


@dataclass(frozen=True, slots=True)
class Empty:
    """A lone semicolon."""

    span: Span


Statement = Assign | CallStatement | If | Case | For | While | Repeat | Exit | Continue | Return | Empty

# ------------------------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class IntegerLiteral:
    """`17`, `16#FF`, `INT#5`; `prefix` is the type name before `#`, if any."""

    value: int
    prefix: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class RealLiteral:
    """`value` is the nearest double of the digits; a REAL is rounded from `text`, not from the double."""

    value: float
    text: str
    prefix: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class BoolLiteral:
    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class DurationLiteral:
    """`T#1m30s`, `LTIME#5us`; nanoseconds."""

    value_ns: int
    long: bool
    span: Span


@dataclass(frozen=True, slots=True)
class StringLiteral:
    """Escapes resolved. `wide` for double quotes."""

    value: str
    wide: bool
    span: Span


@dataclass(frozen=True, slots=True)
class NameExpression:
    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class QualifiedEnum:
    """`Colour#Red`"""

    type_name: Name
    member: Name
    span: Span


@dataclass(frozen=True, slots=True)
class DirectAddress:
    """`%IX0.0`, `%QW3`, `%MD12`; `area` I, Q or M; `size` X, B, W, D or L (X when left out); `path` the numbers."""

    area: str
    size: str
    path: tuple[int, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class MemberAccess:
    """`base.name`"""

    base: Expression
    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class BitAccess:
    """`base.3` or `base.%X3`"""

    base: Expression
    bit: int
    span: Span


@dataclass(frozen=True, slots=True)
class IndexAccess:
    """`base[i, j]`"""

    base: Expression
    indices: tuple[Expression, ...]
    span: Span


class UnaryOperator(Enum):
    NEGATE = "-"
    PLUS = "+"
    NOT = "NOT"


class BinaryOperator(Enum):
    OR = "OR"
    XOR = "XOR"
    AND = "AND"
    OR_ELSE = "OR_ELSE"
    AND_THEN = "AND_THEN"
    EQUAL = "="
    NOT_EQUAL = "<>"
    LESS = "<"
    GREATER = ">"
    LESS_EQUAL = "<="
    GREATER_EQUAL = ">="
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    MODULO = "MOD"
    POWER = "**"


@dataclass(frozen=True, slots=True)
class Unary:
    operator: UnaryOperator
    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    operator: BinaryOperator
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Argument:
    """`value`, `name := value`, or with `output` `name => target` (`negated`: `NOT name => target`).

    `value` is None for `name =>` and `name :=` with nothing behind.
    """

    name: Name | None
    value: Expression | None
    output: bool
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    callee: Expression
    arguments: tuple[Argument, ...]
    span: Span


Expression = (
    IntegerLiteral
    | RealLiteral
    | BoolLiteral
    | DurationLiteral
    | StringLiteral
    | NameExpression
    | QualifiedEnum
    | DirectAddress
    | MemberAccess
    | BitAccess
    | IndexAccess
    | Unary
    | Binary
    | Call
)
Initial = Expression | ArrayInitial | StructInitial
