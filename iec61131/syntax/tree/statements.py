"""Statements. What is computed in them is in expressions.py."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from iec61131.source import Span
from iec61131.syntax.tree.expressions import Call, Expression, Initial
from iec61131.syntax.tree.names import Name, Pragma


class AssignOperator(Enum):
    """How the value gets into the target. ATTEMPT: as far as the types agree at run time, else NULL."""

    ASSIGN = ":="
    REFERENCE = "REF="
    SET = "S="
    RESET = "R="
    ATTEMPT = "?="


@dataclass(frozen=True, slots=True)
class Assign:
    """`target := value`. `a := b := 1` has an Assign as value, which is worth what its target holds afterwards."""

    target: Expression
    value: Initial | Assign
    span: Span
    operator: AssignOperator = AssignOperator.ASSIGN


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
class Try:
    """`__TRY body __CATCH (caught) handler __FINALLY final __ENDTRY`. What is not written is None."""

    body: tuple[Statement, ...]
    caught: Expression | None
    handler: tuple[Statement, ...] | None
    final: tuple[Statement, ...] | None
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
class Jump:
    """`JMP label;`"""

    label: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Label:
    """`name:` before a statement, where a Jump goes to."""

    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Link:
    """What a wire of a drawing carries from here on; a `LinkValue` of that name reads it. No text has it."""

    name: Name
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Empty:
    """A lone semicolon."""

    span: Span


Statement = (
    Assign
    | CallStatement
    | If
    | Case
    | For
    | While
    | Repeat
    | Try
    | Exit
    | Continue
    | Return
    | Jump
    | Label
    | Link
    | Empty
    | Pragma
)
