"""What a file declares: a `Unit` has declarations, a POU has variable blocks and a body."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from iec61131.source import SourceFile, Span
from iec61131.syntax.tree.expressions import Argument, Expression, Initial
from iec61131.syntax.tree.names import Name, Pragma
from iec61131.syntax.tree.statements import Statement
from iec61131.syntax.tree.types import TypeName, TypeSpec, VarBlock


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
    """One name of a TYPE block. `extends` of a STRUCT: `TYPE Name EXTENDS Base : STRUCT`."""

    name: Name
    spec: TypeSpec
    initial: Initial | None
    pragmas: tuple[Pragma, ...]
    span: Span
    extends: TypeName | None = None


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
