"""The functions that tests alone may call: assertions, those that let time go by, and those that break something
(`stagings.py`).

A row of `TEST_FUNCTIONS` says what the parameters are, the last of an assertion being its message. A call becomes an
`IntrinsicCall` of that name, which stands in no program that a PLC runs and is carried out by
`interpreter.suites`, with these operands:

| function | operands |
|---|---|
| ASSERT_TRUE, ASSERT_FALSE | the condition, the message |
| ASSERT_NEAR | the difference, how large it may be (in its type), the message |
| another assertion | the comparison, the message |
| FAIL | the message |
| ADVANCE_TIME | LTIME |
| RUN_CYCLES, MISS_CYCLES | DINT |
| DELAY_CYCLE | LTIME |
| LOSE_INPUT, DOUBT_INPUT | what QUALITY_REASON says of the variable, whose place is meant, and what it shall say |
| FREEZE_INPUT, RESTORE_INPUT | the first of these |
| LOSE_DEVICE | the name, the reason |
| RESTORE_DEVICE | the name |
| EXPECT_FAULT | a FaultCode as DINT, the message |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from iec61131.diagnostics.catalogue import calls
from iec61131.semantics.findings import counted, listed
from iec61131.semantics.model import ConstantExpression, Evaluate, Expression, IntrinsicCall, Statement
from iec61131.semantics.operands import Literal, Operand, Typed, literal_node, literal_type
from iec61131.semantics.stagings import MESSAGE, STAGINGS
from iec61131.semantics.types import BOOL, DINT, LTIME, EnumType, Type
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import BinaryOperator

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions


class TestFunction(Struct, frozen=True):
    """`operator` of an assertion that compares. `optional` of the last parameters may be left out."""

    __test__ = False  # nothing for pytest

    parameters: tuple[str, ...]
    semantics: str
    operator: BinaryOperator | None = None
    optional: int = 1


TEST_FUNCTIONS: dict[str, TestFunction] = {
    "ASSERT_TRUE": TestFunction(("CONDITION", "MESSAGE"), "CONDITION is TRUE"),
    "ASSERT_FALSE": TestFunction(("CONDITION", "MESSAGE"), "CONDITION is FALSE"),
    "ASSERT_EQUAL": TestFunction(("EXPECTED", "ACTUAL", "MESSAGE"), "EXPECTED = ACTUAL", BinaryOperator.EQUAL),
    "ASSERT_NOT_EQUAL": TestFunction(("UNWANTED", "ACTUAL", "MESSAGE"), "UNWANTED <> ACTUAL", BinaryOperator.NOT_EQUAL),
    "ASSERT_NEAR": TestFunction(
        ("EXPECTED", "ACTUAL", "TOLERANCE", "MESSAGE"), "ACTUAL is off by TOLERANCE at most; NaN is near nothing"
    ),
    "ASSERT_GREATER": TestFunction(("ACTUAL", "BOUND", "MESSAGE"), "ACTUAL > BOUND", BinaryOperator.GREATER),
    "ASSERT_GREATER_EQUAL": TestFunction(
        ("ACTUAL", "BOUND", "MESSAGE"), "ACTUAL >= BOUND", BinaryOperator.GREATER_EQUAL
    ),
    "ASSERT_LESS": TestFunction(("ACTUAL", "BOUND", "MESSAGE"), "ACTUAL < BOUND", BinaryOperator.LESS),
    "ASSERT_LESS_EQUAL": TestFunction(("ACTUAL", "BOUND", "MESSAGE"), "ACTUAL <= BOUND", BinaryOperator.LESS_EQUAL),
    "FAIL": TestFunction(("MESSAGE",), "the test has failed"),
    "ADVANCE_TIME": TestFunction(("DURATION",), "so much time goes by, and the tasks run that fall due", optional=0),
    "RUN_CYCLES": TestFunction(("COUNT",), "time goes by up to the end of so many base periods", optional=0),
    "MISS_CYCLES": TestFunction(("COUNT",), "so many base periods go by in which no task runs", optional=0),
    "DELAY_CYCLE": TestFunction(("DURATION",), "the next cycle comes late by so much", optional=0),
    "LOSE_INPUT": TestFunction(("VARIABLE", "REASON"), "the device of the input answers no more: BAD, TIMEOUT"),
    "DOUBT_INPUT": TestFunction(("VARIABLE", "REASON"), "what the device of the input answers is UNCERTAIN"),
    "FREEZE_INPUT": TestFunction(("VARIABLE",), "nothing new comes for the input, and nobody says so", optional=0),
    "RESTORE_INPUT": TestFunction(("VARIABLE",), "the device of the input answers as if nothing had been", optional=0),
    "LOSE_DEVICE": TestFunction(("DEVICE", "REASON"), "all inputs of a device of plc.toml are lost: BAD, TIMEOUT"),
    "RESTORE_DEVICE": TestFunction(("DEVICE",), "all inputs of the device answer as if nothing had been", optional=0),
    "EXPECT_FAULT": TestFunction(("CODE", "MESSAGE"), "from here to the end of this part the fault has to come"),
}


class Assertions:
    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._findings = expressions.findings

    def value(self, name: str, call: tree.Call) -> None:
        """A call that is used as though it had a result."""
        self._findings.add(calls.NO_RESULT.at(call.span, name=name))
        self._expressions.calls.arguments_only(call)

    def statement(self, name: str, call: tree.Call) -> Statement | None:
        row = TEST_FUNCTIONS[name]
        given = self._bind(name, row, call)
        if given is None:
            return None
        operands = self._operands(name, row, given, call.span)
        if operands is None:
            return None
        return Evaluate(IntrinsicCall(name, operands, BOOL, call.span), call.span)

    # ----------------------------------------------------------------------------------------------------- arguments

    def _bind(self, name: str, row: TestFunction, call: tree.Call) -> dict[str, tree.Expression] | None:
        """The arguments by parameter, or None after a finding."""
        given: dict[str, tree.Expression] = {}
        for number, argument in enumerate(call.arguments):
            position = row.parameters[number] if number < len(row.parameters) else None
            parameter = argument.name.key if argument.name is not None else position
            if argument.name is not None and parameter not in row.parameters:
                known = listed(row.parameters)
                finding = calls.UNKNOWN_PARAMETER.at(argument.name.span, name=argument.name.text, pou=name, known=known)
                self._findings.add_near(finding, argument.name.text, row.parameters)
                break
            if parameter is None or parameter in given or argument.value is None or argument.output:
                self._refuse_count(name, row, call)
                break
            given[parameter] = argument.value
        else:
            if set(given) >= set(row.parameters[: len(row.parameters) - row.optional]):
                return given
            self._refuse_count(name, row, call)
        self._expressions.calls.arguments_only(call)
        return None

    def _refuse_count(self, name: str, row: TestFunction, call: tree.Call) -> None:
        needed, most = len(row.parameters) - row.optional, len(row.parameters)
        wanted = counted(most, "parameter") if needed == most else f"{needed} or {counted(most, 'parameter')}"
        shown = ", ".join(row.parameters)
        self._findings.add(
            calls.ARGUMENT_COUNT.at(call.span, name=name, given=len(call.arguments), wanted=wanted, parameters=shown)
        )

    # ------------------------------------------------------------------------------------------------------ operands

    def _operands(
        self, name: str, row: TestFunction, given: dict[str, tree.Expression], span: Span
    ) -> tuple[Expression, ...] | None:
        if name in STAGINGS:
            return STAGINGS[name](self._expressions, name, given, span)
        if name in ("ADVANCE_TIME", "DELAY_CYCLE"):
            return self._single(given["DURATION"], LTIME)
        if name in ("RUN_CYCLES", "MISS_CYCLES"):
            return self._single(given["COUNT"], DINT)
        message = self._message(given.get("MESSAGE"), span)
        if name == "FAIL":
            checked: tuple[Expression, ...] | None = ()
        elif row.operator is not None:
            checked = self._comparison(row.operator, given[row.parameters[0]], given[row.parameters[1]], span)
        elif name == "ASSERT_NEAR":
            checked = self._nearness(given["EXPECTED"], given["ACTUAL"], given["TOLERANCE"], span)
        else:
            condition = self._expressions.condition(given["CONDITION"], name)
            checked = (condition,) if condition is not None else None
        return (*checked, message) if checked is not None and message is not None else None

    def _single(self, written: tree.Expression, type_: Type) -> tuple[Expression, ...] | None:
        node = self._expressions.value(written, type_)
        return (node,) if node is not None else None

    def _message(self, written: tree.Expression | None, span: Span) -> Expression | None:
        if written is None:
            return ConstantExpression("", MESSAGE, span)
        return self._expressions.value(written, MESSAGE)

    def _both(self, one: tree.Expression, other: tree.Expression) -> tuple[Operand, Operand] | None:
        """Two operands; an enumerator takes its enumeration from the other one."""
        right = self._expressions.resolve(other)
        hint = right.type if isinstance(right, Typed) and isinstance(right.type, EnumType) else None
        left = self._expressions.resolve(one, hint)
        return (left, right) if left is not None and right is not None else None

    def _comparison(
        self, operator: BinaryOperator, one: tree.Expression, other: tree.Expression, span: Span
    ) -> tuple[Expression, ...] | None:
        both = self._both(one, other)
        compared = self._expressions.operations.binary(operator, *both, span, None) if both is not None else None
        return (compared.node,) if isinstance(compared, Typed) else None

    def _nearness(
        self, expected: tree.Expression, actual: tree.Expression, tolerance: tree.Expression, span: Span
    ) -> tuple[Expression, ...] | None:
        both = self._both(expected, actual)
        operations = self._expressions.operations
        difference = operations.binary(BinaryOperator.SUBTRACT, *both, span, None) if both is not None else None
        if difference is None:
            return None
        if isinstance(difference, Literal):
            type_ = literal_type(difference, None, None)
            difference = Typed(literal_node(difference, type_), type_)
        allowed = self._expressions.value(tolerance, difference.type)
        return (difference.node, allowed) if allowed is not None else None
