"""What somebody asks a program that stands still: expressions of the language, read and typed as at a place in it.

    questions = Questions(understood, model)
    question = questions.condition("Level > Limits.High AND NOT Alarm", pou)
    question.answer(moment, activation)

The names of a POU come first, then those of everybody, then the instances of programs by their names from outside. A
question changes nothing: it calls no function, block or property of the program, only what the standard gives.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from iec61131.compiler import hard_at_work
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.interpreter.flow import Activation, Faulted
from iec61131.interpreter.memory import Location, Value
from iec61131.interpreter.watching import Moment
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.findings import Findings
from iec61131.semantics.here import Here
from iec61131.semantics.model import (
    AddressOf,
    CallFunction,
    Expression,
    HeapCall,
    InstanceMemberPlace,
    Load,
    MemoryPlace,
    Model,
    Pou,
    Stepwise,
    Storage,
    ThisPlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.operands import Literal, Typed, literal_node, literal_type
from iec61131.semantics.resolve import Understood
from iec61131.semantics.scopes import Failed, PouScope
from iec61131.semantics.types import BOOL, Type
from iec61131.semantics.walk import inside
from iec61131.source import SourceFile
from iec61131.syntax import tree
from iec61131.syntax.cursor import Cursor, Recover, TooDeep
from iec61131.syntax.expressions import expression
from iec61131.syntax.findings import Findings as SyntaxFindings
from iec61131.syntax.findings import TooManyFindings
from iec61131.syntax.lexer import lex
from iec61131.syntax.tokens import Kind

MOST_CHARACTERS = 1000
_OF_ONE_CALL = (Storage.FRAME, Storage.STACK, Storage.REFERENCE)


class BadQuestion(ValueError):
    """The text cannot be asked here. The message is for people."""


class Question(Struct, frozen=True, eq=False):
    """`type` is that of the answer."""

    text: str
    node: Expression
    type: Type

    def answer(self, moment: Moment, here: Activation) -> Value:
        """Raises BadQuestion where the program would have a fault."""
        try:
            return moment.evaluate(self.node, here)
        except Faulted as fault:
            raise _no_value(self.text, fault) from None

    def place(self, moment: Moment, here: Activation) -> Location:
        """Where the answer lies; for what was computed, in bytes of its own. Raises BadQuestion."""
        try:
            if isinstance(self.node, Load):
                return moment.locate(self.node.place, here)
        except Faulted as fault:
            raise _no_value(self.text, fault) from None
        computed = Location(memoryview(bytearray(max(self.type.size, 1))), 0, self.type)
        computed.store(self.answer(moment, here))
        return computed


def _no_value(text: str, fault: Faulted) -> BadQuestion:
    return BadQuestion(f"'{text}' has no value here: {fault.code.name.lower().replace('_', ' ')}")


class Questions:
    """About one program. `model` is the one of `understood`, laid out in memory."""

    def __init__(self, understood: Understood, model: Model) -> None:
        self._understood = understood
        self._scopes = {symbol.pou: symbol.scope for symbol in understood.pous}
        self._outside = {v.key: v for v in reversed(model.memory) if v.offset >= 0}  # of two, what everybody knows
        self._known: dict[tuple[Pou | None, Type | None, str], Question] = {}

    def value(self, text: str, pou: Pou | None, type_: Type | None = None) -> Question:
        """An expression where `pou` runs, or outside of all; as a value of `type_` if that is given. Raises
        BadQuestion.
        """
        key = (pou, type_, text)
        if key not in self._known:
            if len(self._known) >= MOST_CHARACTERS:
                self._known.clear()
            with hard_at_work():
                self._known[key] = self._read(text.strip(), pou, type_)
        return self._known[key]

    def condition(self, text: str, pou: Pou | None) -> Question:
        """The same of a BOOL."""
        question = self.value(text, pou)
        if question.type is not BOOL:
            raise BadQuestion(f"'{question.text}' is {question.type}, and no condition; compare it with something")
        return question

    def _read(self, text: str, pou: Pou | None, type_: Type | None) -> Question:
        written = _parsed(text)
        findings = Findings("rung")
        expressions = self._expressions(pou, findings)
        try:
            node = expressions.value(written, type_) if type_ is not None else self._typed(expressions, written)
        except LookupError:  # a part of the library that no program gets unless it names it
            raise BadQuestion(f"'{text}' needs what the program itself does not use") from None
        errors = [finding for finding in findings.in_source_order([written.span.file]) if finding.is_error]
        if errors or node is None or node.type is None:
            raise BadQuestion(_said(text, errors))
        _check(text, node, pou)
        return Question(text, node, node.type)

    @staticmethod
    def _typed(expressions: Expressions, written: tree.Expression) -> Expression | None:
        operand = expressions.resolve(written)
        if isinstance(operand, Literal):
            return literal_node(operand, literal_type(operand, None, None))
        return operand.node if isinstance(operand, Typed) else None

    def _expressions(self, pou: Pou | None, findings: Findings) -> Expressions:
        """As a body of `pou` has them, except that nothing stays of what is resolved here."""
        shared = replace(self._understood.shared, findings=findings, uses=None)
        scope = self._scopes.get(pou) if pou is not None else None
        scope = scope or PouScope(self._understood.globals)
        further = {key: variable for key, variable in self._outside.items() if scope.find_variable(key) is None}
        variables: dict[str, Variable | Failed] = {**further, **scope.variables}
        apart = replace(scope, variables=variables, needs_external=False, reported=set[str]())
        return Expressions(Here(shared, apart, replace(pou) if pou is not None else None))


def _parsed(text: str) -> tree.Expression:
    if not text:
        raise BadQuestion("there is no expression")
    if len(text) > MOST_CHARACTERS:
        raise BadQuestion(f"an expression has at most {MOST_CHARACTERS} characters, not {len(text)}")
    file = SourceFile("expression", text)
    tokens, wrong = lex(file)
    findings = SyntaxFindings()
    cursor = Cursor(file, tokens, findings)
    try:
        read = expression(cursor)
    except (Recover, TooDeep, TooManyFindings):
        raise BadQuestion(_said(text, [*wrong, *findings.in_source_order()])) from None
    if cursor.kind is Kind.ASSIGN:
        raise BadQuestion(f"'{text}' assigns something; what is compared has a '='")
    if cursor.kind is not Kind.END_OF_FILE:
        raise BadQuestion(f"'{text}' is no expression: what is '{cursor.token.text}' behind it?")
    errors = [finding for finding in (*wrong, *findings.in_source_order()) if finding.is_error]
    if errors:
        raise BadQuestion(_said(text, errors))
    return read


def _said(text: str, errors: list[Diagnostic]) -> str:
    if not errors:
        return f"'{text}' is no expression"
    return f"'{text}': {errors[0].message}" + (f"; {errors[0].remedy}" if errors[0].remedy else "")


def _check(text: str, node: Expression, pou: Pou | None) -> None:
    """Nothing is called that could change something, and everything has a place."""
    for part in inside([node]):
        match part:
            case CallFunction() | HeapCall() | Stepwise():
                what = f"'{part.function.name}'" if isinstance(part, CallFunction) else "something"
                raise BadQuestion(f"'{text}' calls {what}; only functions of the standard are called here")
            case AddressOf():
                raise BadQuestion(f"'{text}' asks for an address; name what lies there")
            case VariablePlace(variable=variable) | MemoryPlace(variable=variable):
                _check_variable(text, variable, pou)
            case ThisPlace() if pou is None:
                raise BadQuestion(f"'{text}': nothing runs here that THIS could mean")
            case _:
                pass


def _check_variable(text: str, variable: Variable, pou: Pou | None) -> None:
    is_known = variable.storage not in _OF_ONE_CALL or (pou is not None and variable in pou.variables)
    if not is_known or (variable.storage is Storage.MEMORY and variable.offset < 0):
        raise BadQuestion(f"'{text}': '{variable.name}' has no place in the memory of this program")


def constant_in(node: Expression) -> str | None:
    """The constant that a place is part of, by name."""
    for part in inside([node]):
        variable = part.member if isinstance(part, InstanceMemberPlace) else getattr(part, "variable", None)
        if isinstance(variable, Variable) and variable.is_fixed:
            return variable.name
    return None
