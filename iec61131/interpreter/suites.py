"""Tests in the language: the parts of a suite, run statement by statement on the memory of a PLC.

No other executor knows the functions of tests (`semantics.assertions`). While a test lets time go by, somebody else
runs the tasks on the same memory (`World`); what the test holds of the header and of the stack is put back afterwards,
so that the test goes on as though nothing had been.

A test ends by coming to its end, or by an exception: `AssertionFailed`, `Faulted` of its own statements, or whatever
`World` raises. The fault that it expects does not end it: of its own statements, the innermost that stands in the suite
is left there, and the next one goes on; of the tasks, time goes on as it does for a PLC in FAULT.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from iec61131.interpreter.decisions import Decided, DecidingScan
from iec61131.interpreter.execution import Executed
from iec61131.interpreter.flow import Activation, Faulted, Flow
from iec61131.interpreter.memory import Value
from iec61131.interpreter.nesting import deep_recursion
from iec61131.interpreter.signals import InputRow
from iec61131.interpreter.texts import text_of
from iec61131.program import FaultCode
from iec61131.semantics.assertions import TEST_FUNCTIONS
from iec61131.semantics.layout import MemoryLayout
from iec61131.semantics.model import (
    BinaryExpression,
    ConstantExpression,
    Convert,
    Expression,
    IntrinsicCall,
    Load,
    Place,
    Pou,
    SignalOf,
    Statement,
    Variable,
)
from iec61131.semantics.suites import is_of_suite
from iec61131.semantics.types import DINT, StringType, Type
from iec61131.source import Span

_KEPT = ("loop_budget", "depth_limit", "stack_used", "depth")
"""Of the header: what each run of a task sets for itself."""


class World(Protocol):
    """What is around a test: the PLC and its clock."""

    @property
    def now_ns(self) -> int:
        """What TIME() gives in the test."""
        ...

    @property
    def inputs(self) -> Sequence[InputRow]: ...

    @property
    def loop_limit(self) -> int: ...

    @property
    def depth_limit(self) -> int: ...

    def end_of(self, cycles: int) -> int:
        """When so many base periods are over."""
        ...

    def pass_until(self, end_ns: int) -> None:
        """Let time go by; the tasks run that fall due. Raises TasksFaulted once, at the fault: a further call goes on
        from there.
        """
        ...

    def miss(self, cycles: int) -> None:
        """Let so many base periods go by in which no task runs."""
        ...

    def delay(self, duration_ns: int) -> None:
        """The next cycle comes late by so much."""
        ...

    def wrote(self, bits: range) -> None:
        """The test has written there."""
        ...

    def inputs_at(self, bits: range) -> Sequence[str]:
        """The inputs that say something of this place. Raises NoInput."""
        ...

    def inputs_of(self, device: str) -> Sequence[str]:
        """All inputs of a device. Raises NoInput."""
        ...

    def disturb(self, function: str, inputs: Sequence[str], reason: int) -> None:
        """What the function of tests does to the inputs."""
        ...


class NoInput(Exception):
    """A test names what is no input. The text is for people, and so is `remedy`."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy
        self.span: Span | None = None
        """Where the test names it."""


class TasksFaulted(Exception):
    """The PLC has come to FAULT while a test let time go by."""

    def __init__(self, code: FaultCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Expected(Struct, frozen=True):
    """The fault that a test says will come, from `span` on."""

    code: FaultCode
    span: Span
    message: str


class Seen(Struct, frozen=True):
    """What an expression was; `value` as it lies in memory, in `type`."""

    span: Span
    type: Type
    value: Value


class AssertionFailed(Exception):
    """`function` is the assertion at `span`. `compared` are the two sides of a comparison, of ASSERT_NEAR those and
    the tolerance, else the condition; `read` all variables that were looked at on the way, the first time each.
    """

    def __init__(self, function: str, span: Span, message: str, compared: Sequence[Seen], read: Sequence[Seen]) -> None:
        super().__init__(f"{span}: {function}")
        self.function, self.span, self.message = function, span, message
        self.compared, self.read = tuple(compared), tuple(read)


class SuiteScan(DecidingScan):
    """Runs tests on `memory`, a block that `layout` describes."""

    def __init__(
        self,
        memory: memoryview,
        layout: MemoryLayout,
        world: World,
        executed: Executed | None = None,
        decided: Decided | None = None,
    ) -> None:
        super().__init__(memory, layout.sections, (), executed, decided)
        self._world = world
        self._block = memory
        self._noted: dict[int, tuple[Expression, Value]] | None = None  # of an assertion, by the identity of the nodes
        self._noting: Activation | None = None
        self._parts: list[Activation] = []  # what runs of the suite itself: a test, and methods that it calls
        self.expected: Expected | None = None
        """The fault that has not come yet."""

    def run_part(self, pou: Pou, suite: Variable) -> None:
        """A test, SETUP or TEARDOWN: `pou` is a method of the block of which `suite` is the instance. Raises Faulted,
        AssertionFailed and what `World` raises.
        """
        self.expected = None
        self._header.write("stack_used", 0)
        self._header.write("depth", 0)
        self._go_on()
        with deep_recursion():
            self._run_body(pou, Activation(self._memory_location(suite)), pou.span)
        self._require_nothing_expected()

    def _go_on(self) -> None:
        self._header.write("loop_budget", self._world.loop_limit)
        self._header.write("depth_limit", self._world.depth_limit)
        self._header.write("now_ns", self._world.now_ns)
        self._inputs = self._world.inputs

    # ------------------------------------------------------------------------------------------------------- statements

    def _run_body(
        self, pou: Pou, callee: Activation, call_span: Span, inputs: dict[Variable, Value] | None = None
    ) -> None:
        if not is_of_suite(pou.name):
            super()._run_body(pou, callee, call_span, inputs)
            return
        self._parts.append(callee)
        try:
            super()._run_body(pou, callee, call_span, inputs)
        finally:
            self._parts.pop()

    def _execute_one(self, statement: Statement, here: Activation) -> Flow:
        try:
            return super()._execute_one(statement, here)
        except Faulted as faulted:
            if not self._parts or here is not self._parts[-1]:
                raise
            self._meet(faulted.code, faulted)
            self._go_on()
            return Flow.NEXT

    def _put(self, place: Place, value: Value, here: Activation) -> None:
        location = self._locate(place, here)
        location.store(value)
        if location.buffer is self._memory:
            self._world.wrote(location.bits)

    def _meet(self, code: FaultCode, fault: Faulted | TasksFaulted) -> None:
        """Of the fault that is expected there is no more to say; any other is raised."""
        if self.expected is None or self.expected.code is not code:
            raise fault
        self.expected = None

    def _require_nothing_expected(self) -> None:
        """Raises AssertionFailed when the fault that is expected has not come."""
        expected = self.expected
        if expected is not None:
            self.expected = None
            seen = Seen(expected.span, DINT, int(expected.code))
            raise AssertionFailed("EXPECT_FAULT", expected.span, expected.message, (seen,), ())

    # ------------------------------------------------------------------------------------------------------ expressions

    def _evaluate(self, node: Expression, here: Activation) -> Value:
        value = super()._evaluate(node, here)
        if self._noted is not None and here is self._noting:
            self._noted.setdefault(id(node), (node, value))
        return value

    def _intrinsic(self, node: IntrinsicCall, here: Activation) -> Value:
        if node.name not in TEST_FUNCTIONS:
            return super()._intrinsic(node, here)
        match node.name:
            case "ADVANCE_TIME" | "RUN_CYCLES" | "MISS_CYCLES" | "DELAY_CYCLE":
                self._let_pass(node, here)
            case "LOSE_INPUT" | "DOUBT_INPUT" | "FREEZE_INPUT" | "RESTORE_INPUT" | "LOSE_DEVICE" | "RESTORE_DEVICE":
                self._disturb(node, here)
            case "EXPECT_FAULT":
                self._expect(node, here)
            case _:
                self._assert(node, here)
        return True

    def _let_pass(self, node: IntrinsicCall, here: Activation) -> None:
        amount = self._integer(node.arguments[0], here)
        if amount < 0:
            raise AssertionFailed(node.name, node.span, "time does not go back", (), ())
        match node.name:
            case "ADVANCE_TIME":
                self._pass_until(self._world.now_ns + amount)
            case "RUN_CYCLES":
                self._pass_until(self._world.end_of(amount))
            case "MISS_CYCLES":
                self._world.miss(amount)
                self._go_on()
            case _:
                self._world.delay(amount)

    def _pass_until(self, end_ns: int) -> None:
        """The tasks begin with an empty stack: what the test has there is out of their way meanwhile."""
        kept = {name: self._header.read(name) for name in _KEPT}
        start = self._stack.offset
        stack = bytes(self._block[start : start + kept["stack_used"]])
        try:
            self._world.pass_until(end_ns)
        except TasksFaulted as faulted:
            self._meet(faulted.code, faulted)
            self._world.pass_until(end_ns)
        self._block[start : start + len(stack)] = stack
        for name, value in kept.items():
            self._header.write(name, value)
        self._go_on()

    def _disturb(self, node: IntrinsicCall, here: Activation) -> None:
        what, *rest = node.arguments
        reason = self._integer(rest[0], here) if rest else 0
        try:
            if isinstance(what, SignalOf):
                inputs = self._world.inputs_at(self._locate(what.place, here).bits)
            else:
                inputs = self._world.inputs_of(self._text(what, here))
        except NoInput as missing:
            missing.span = what.place.span if isinstance(what, SignalOf) else what.span
            raise
        self._world.disturb(node.name, inputs, reason)

    def _expect(self, node: IntrinsicCall, here: Activation) -> None:
        self._require_nothing_expected()
        code, message = node.arguments
        assert isinstance(code, ConstantExpression)
        self.expected = Expected(FaultCode(self._integer(code, here)), node.span, self._text(message, here))

    def _text(self, node: Expression, here: Activation) -> str:
        assert isinstance(node.type, StringType)
        return str(text_of(self._evaluate(node, here), node.type))

    # ------------------------------------------------------------------------------------------------------- assertions

    def _assert(self, node: IntrinsicCall, here: Activation) -> None:
        """The message is computed only when it is needed. What is asserted may call a method that asserts, too."""
        outer = self._noted, self._noting
        noted: dict[int, tuple[Expression, Value]] = {}
        self._noted, self._noting = noted, here
        try:
            holds = self._holds(node, here)
        finally:
            self._noted, self._noting = outer
        if holds:
            return
        text = self._text(node.arguments[-1], here)
        known = [Seen(one.span, one.type, value) for one, value in noted.values() if isinstance(one, Load)]
        compared = [_seen(operand, noted) for operand in _compared(node)]
        raise AssertionFailed(node.name, node.span, text, [each for each in compared if each is not None], known)

    def _holds(self, node: IntrinsicCall, here: Activation) -> bool:
        match node.name:
            case "FAIL":
                return False
            case "ASSERT_FALSE":
                return not self._evaluate(node.arguments[0], here)
            case "ASSERT_NEAR":
                return self._is_near(node.arguments[0], node.arguments[1], here)
            case _:
                return bool(self._evaluate(node.arguments[0], here))

    def _is_near(self, difference: Expression, tolerance: Expression, here: Activation) -> bool:
        """The two sides are subtracted here, where nothing is too large: in the language, unsigned numbers wrap."""
        sides = _sides(difference)
        if sides is None:
            return abs(_number(self._evaluate(difference, here))) <= _number(self._evaluate(tolerance, here))
        expected, actual = (_number(self._evaluate(side, here)) for side in sides)
        return abs(expected - actual) <= _number(self._evaluate(tolerance, here))


def _number(value: Value) -> float | int:
    assert isinstance(value, int | float)
    return value


def _sides(node: Expression) -> tuple[Expression, Expression] | None:
    """What is compared or subtracted in `node`, whose value may have been converted."""
    while isinstance(node, Convert):
        node = node.operand
    return (node.left, node.right) if isinstance(node, BinaryExpression) else None


def _compared(node: IntrinsicCall) -> tuple[Expression, ...]:
    """The operands that a report of a failed assertion names."""
    if node.name == "ASSERT_NEAR":
        return (*(_sides(node.arguments[0]) or ()), node.arguments[1])
    if node.name in ("ASSERT_TRUE", "ASSERT_FALSE"):
        return node.arguments[:1]
    is_comparison = TEST_FUNCTIONS[node.name].operator is not None
    return (_sides(node.arguments[0]) or ()) if is_comparison else ()


def _seen(node: Expression, noted: dict[int, tuple[Expression, Value]]) -> Seen | None:
    """What it was before it was converted in order to be compared: an enumerator rather than its number."""
    while isinstance(node, Convert) and id(node.operand) in noted:
        node = node.operand
    found = noted.get(id(node))
    if found is None or node.type is None:
        return None
    return Seen(node.span, node.type, found[1])


__all__ = [
    "AssertionFailed",
    "Executed",
    "Expected",
    "Faulted",
    "NoInput",
    "Seen",
    "SuiteScan",
    "TasksFaulted",
    "World",
]
