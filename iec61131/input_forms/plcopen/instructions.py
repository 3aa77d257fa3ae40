"""Bodies in instruction list, as older projects have them, to statements.

Each instruction works on the current result. It is an expression until something happens: then it is computed and kept
as a link, because what it is made of may change. `AND(` puts it aside up to the `)` that takes it up again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from iec61131.diagnostics.catalogue.plcopen import BAD_TEXT, INSTRUCTION_LIST
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import SourceFile, Span
from iec61131.syntax import tree
from iec61131.syntax.cursor import Cursor, Recover, TooDeep
from iec61131.syntax.expressions import expression
from iec61131.syntax.findings import Findings
from iec61131.syntax.tokens import TRIVIA, Kind, Token
from iec61131.syntax.tree import BinaryOperator, Expression, Name, UnaryOperator

HEIGHT_MAX = 40
"""Of the current result, in operators; a higher one is computed in parts."""
DEFERRED_MAX = 50
"""Brackets inside each other."""
_BINARY = {
    "AND": BinaryOperator.AND,
    "&": BinaryOperator.AND,
    "OR": BinaryOperator.OR,
    "XOR": BinaryOperator.XOR,
    "ADD": BinaryOperator.ADD,
    "SUB": BinaryOperator.SUBTRACT,
    "MUL": BinaryOperator.MULTIPLY,
    "DIV": BinaryOperator.DIVIDE,
    "MOD": BinaryOperator.MODULO,
    "GT": BinaryOperator.GREATER,
    "GE": BinaryOperator.GREATER_EQUAL,
    "EQ": BinaryOperator.EQUAL,
    "NE": BinaryOperator.NOT_EQUAL,
    "LE": BinaryOperator.LESS_EQUAL,
    "LT": BinaryOperator.LESS,
}
_NEGATING = {"ANDN": "AND", "&N": "&", "ORN": "OR", "XORN": "XOR"}
_BEGINNING = frozenset({"LD", "LDN", "JMP", "RET"})
"""Behind these nobody works on the result from before."""
_INPUTS = frozenset({"S1", "R1", "CLK", "CU", "CD", "PV", "IN", "PT"})
"""Inputs of standard blocks, which edition 2 has as operators: `CLK trigger`."""
_LITERALS = (tree.IntegerLiteral, tree.RealLiteral, tree.BoolLiteral, tree.StringLiteral, tree.LinkValue)


class _Line(Struct, frozen=True):
    """One instruction, without its label. `operands` are the tokens behind the operator."""

    operator: str
    span: Span
    operands: list[Token]


class _Deferred(Struct, frozen=True):
    """What `AND(` has put aside."""

    operator: str
    is_negated: bool
    result: Expression | None
    span: Span


class Instructions:
    """`new_link` names what is kept."""

    def __init__(self, file: SourceFile, findings: Findings, new_link: Callable[[Span], tree.LinkValue]) -> None:
        self._file = file
        self._findings = findings
        self._new_link = new_link
        self._result: Expression | None = None
        self._height = 0
        self._deferred: list[_Deferred] = []
        self._at_label: dict[str, tree.LinkValue] = {}  # the results at labels behind which one is used
        self._brought: set[str] = set()
        self.statements: list[tree.Statement] = []

    def read(self, tokens: Sequence[Token]) -> tuple[tree.Statement, ...]:
        lines = _lines(self._file, tokens)
        self._at_label = {key: self._new_link(span) for key, span in _labels_with_result(lines)}
        for line in lines:
            try:
                self._line(line)
            except (Recover, TooDeep):
                self._result = None
        for open_ in self._deferred:
            self._wrong(open_.span, "a bracket that nothing closes")
        return tuple(self.statements)

    def _line(self, tokens: list[Token]) -> None:
        if _has_label(tokens):
            label = Name(tokens[0].text, tokens[0].span)
            self._keep()
            self._bring(label)
            self.statements.append(tree.Label(label, label.span))
            self._result = self._at_label.get(label.key) if label.key in self._brought else None
            tokens = tokens[2:]
        if tokens:
            self._instruction(_Line(tokens[0].text.upper(), tokens[0].span, tokens[1:]))

    def _instruction(self, line: _Line) -> None:
        operator, is_negated = line.operator, False
        if operator in _NEGATING:
            operator, is_negated = _NEGATING[operator], True
        if operator == ")":
            self._close(line)
        elif operator in ("LD", "LDN"):
            self._set(_not(self._operand(line), operator == "LDN"))
        elif operator in ("ST", "STN", "S", "R"):
            self._store(line)
        elif operator == "NOT" and not line.operands:
            self._set(_not(self._current(line), True), self._height + 1)
        elif operator in _BINARY:
            self._binary(line, operator, is_negated)
        elif operator.startswith(("JMP", "CAL", "RET")):
            self._control(line)
        elif line.operator in _INPUTS or not line.operator.isidentifier():
            self._wrong(line.span, f"the operator {line.operator[:40]}")
        else:
            self._function(line)

    # ------------------------------------------------------------------------------------------------------ operators

    def _binary(self, line: _Line, operator: str, is_negated: bool) -> None:
        if line.operands and line.operands[0].kind is Kind.LEFT_PARENTHESIS and not _is_closed(line.operands):
            if len(self._deferred) >= DEFERRED_MAX:
                self._wrong(line.span, f"more than {DEFERRED_MAX} brackets inside each other")
                return
            self._deferred.append(_Deferred(operator, is_negated, self._current(line), line.span))
            inside = replace(line, operands=line.operands[1:])
            self._result = None
            if inside.operands:
                self._set(self._operand(inside))
            return
        operand = _not(self._operand(line), is_negated)
        self._combine(operator, self._current(line), operand, line.span)

    def _close(self, line: _Line) -> None:
        if not self._deferred or line.operands:
            self._wrong(line.span, "a bracket that nothing opens")
            return
        outer = self._deferred.pop()
        inner = _not(self._current(line), outer.is_negated)
        self._combine(outer.operator, outer.result, inner, outer.span)

    def _combine(self, operator: str, left: Expression | None, right: Expression | None, span: Span) -> None:
        if left is None or right is None:
            self._result = None
            return
        self._set(tree.Binary(_BINARY[operator], left, right, span), self._height + 2)

    def _function(self, line: _Line) -> None:
        """`MAX b`: the current result is the first argument."""
        values = [self._current(line), *self._operands(line)]
        if any(value is None for value in values):
            self._result = None
            return
        arguments = tuple(tree.Argument(None, value, False, False, line.span) for value in values)
        name = Name(line.span.text, line.span)
        self._set(tree.Call(tree.NameExpression(name, line.span), arguments, line.span), self._height + 1)

    def _store(self, line: _Line) -> None:
        value, target = self._current(line), self._operand(line)
        if value is None or target is None:
            return
        self._keep()
        value = self._result or value
        if line.operator in ("ST", "STN"):
            value_ = _not(value, line.operator == "STN")
            assert value_ is not None
            self.statements.append(tree.Assign(target, value_, line.span))
            return
        stored = tree.Assign(target, tree.BoolLiteral(line.operator == "S", line.span), line.span)
        self.statements.append(tree.If(((value, (stored,)),), (), line.span))

    def _control(self, line: _Line) -> None:
        """`JMP a`, `CALC timer(IN := x)`, `RETCN`"""
        kind, condition = line.operator[:3], line.operator[3:]
        if condition not in ("", "C", "CN"):
            self._function(line)
            return
        self._keep()
        statement: tree.Statement | None = tree.Return(line.span)
        if kind != "RET":
            statement = self._jump(line) if kind == "JMP" else self._call(line)
        if statement is None:
            return
        if condition:
            test = _not(self._current(line), condition == "CN")
            if test is None:
                return
            statement = tree.If(((test, (statement,)),), (), line.span)
        self.statements.append(statement)

    def _jump(self, line: _Line) -> tree.Statement | None:
        operand = self._operand(line)
        if isinstance(operand, tree.NameExpression):
            self._bring(operand.name)
            return tree.Jump(operand.name, line.span)
        if operand is not None:
            self._wrong(operand.span, "a jump to what is no label")
        return None

    def _bring(self, label: Name) -> None:
        """The current result is that at the label, where somebody works on it."""
        link = self._at_label.get(label.key)
        if link is not None and self._result is not None:
            self.statements.append(tree.Link(link.name, self._result, label.span))
            self._brought.add(label.key)

    def _call(self, line: _Line) -> tree.Statement | None:
        operand = self._operand(line)
        if operand is None:
            return None
        call = operand if isinstance(operand, tree.Call) else tree.Call(operand, (), operand.span)
        return tree.CallStatement(call, line.span)

    # ------------------------------------------------------------------------------------------------------- operands

    def _operand(self, line: _Line) -> Expression | None:
        operands = self._operands(line)
        return operands[0] if len(operands) == 1 else self._missing(line) if not operands else self._too_many(line)

    def _operands(self, line: _Line) -> list[Expression]:
        if not line.operands:
            return []
        last = line.operands[-1]
        cursor = Cursor(
            self._file, [*line.operands, Token(Kind.END_OF_FILE, last.end, last.end, self._file)], self._findings
        )
        found = [expression(cursor)]
        while cursor.accept(Kind.COMMA):
            found.append(expression(cursor))
        if not cursor.at(Kind.END_OF_FILE):
            raise cursor.lost(BAD_TEXT.at(cursor.token.span, wanted="the end of the line"))
        return found

    def _missing(self, line: _Line) -> None:
        self._report(BAD_TEXT.at(line.span, wanted=f"an operand behind {line.operator[:40]}"))

    def _too_many(self, line: _Line) -> None:
        self._report(BAD_TEXT.at(line.operands[0].span, wanted="one operand"))

    # --------------------------------------------------------------------------------------------------------- result

    def _current(self, line: _Line) -> Expression | None:
        if self._result is None:
            self._wrong(line.span, f"{line.operator[:40]} without a current result")
        return self._result

    def _set(self, value: Expression | None, height: int = 0) -> None:
        self._result, self._height = value, height
        if height > HEIGHT_MAX:
            self._keep()

    def _keep(self) -> None:
        """The current result, and those that are put aside, are computed now."""
        self._deferred = [replace(each, result=self._kept(each.result)) for each in self._deferred]
        self._result, self._height = self._kept(self._result), 0

    def _kept(self, value: Expression | None) -> Expression | None:
        if value is None or isinstance(value, _LITERALS):
            return value
        link = self._new_link(value.span)
        self.statements.append(tree.Link(link.name, value, value.span))
        return link

    def _wrong(self, span: Span, what: str) -> None:
        self._report(INSTRUCTION_LIST.at(span, what=what))

    def _report(self, finding: Diagnostic) -> None:
        self._findings.add(finding)


def _lines(file: SourceFile, tokens: Sequence[Token]) -> list[list[Token]]:
    """The instructions; one goes on over several lines while the brackets of a call are open."""
    found: list[list[Token]] = []
    depth, end = 0, 0
    for token in tokens:
        if token.kind in TRIVIA or token.kind in (Kind.PRAGMA, Kind.SEMICOLON):
            continue
        is_call = bool(found) and any(each.text.upper() in ("CAL", "CALC", "CALCN") for each in found[-1][:3])
        if not found or ("\n" in file.text[end : token.start] and not (is_call and depth)):
            found.append([])
            depth = 0
        found[-1].append(token)
        depth += (token.kind is Kind.LEFT_PARENTHESIS) - (token.kind is Kind.RIGHT_PARENTHESIS)
        end = token.end
    return found


def _labels_with_result(lines: Sequence[list[Token]]) -> list[tuple[str, Span]]:
    """The keys of the labels behind which an instruction works on the current result before there is a new one."""
    found: list[tuple[str, Span]] = []
    is_used = False
    for line in reversed(lines):
        has_label = _has_label(line)
        operator = line[2 if has_label else 0].text.upper() if len(line) > (2 if has_label else 0) else ""
        if operator in _BEGINNING:
            is_used = False
        elif operator not in ("", "CAL"):
            is_used = True
        if has_label and is_used:
            found.append((line[0].text.upper(), line[0].span))
    return found


def _has_label(line: Sequence[Token]) -> bool:
    return len(line) > 1 and line[0].kind is Kind.IDENTIFIER and line[1].kind is Kind.COLON


def _is_closed(tokens: Sequence[Token]) -> bool:
    """Whether the bracket that opens is closed on the line: `ADD (a)`."""
    signs = [(t.kind is Kind.LEFT_PARENTHESIS) - (t.kind is Kind.RIGHT_PARENTHESIS) for t in tokens]
    return sum(signs) <= 0


def _not(value: Expression | None, is_negated: bool) -> Expression | None:
    return tree.Unary(UnaryOperator.NOT, value, value.span) if value is not None and is_negated else value
