"""What happens when: statements, expressions, calls, loops and faults of the typed model, in the order in which the
language says it.

Read from the top: `Interpreter` is what others use; `Scan` is one run of one task and holds everything that runs; an
`Activation` (`flow.py`) is one call of one POU. Each `match` below has one arm for each class of node, and the type
checker proves that none is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct
from msgspec.structs import replace

from iec61131.interpreter import decimals, texts
from iec61131.interpreter.conversions import convert
from iec61131.interpreter.flow import LEAVES_LOOPS, Activation, Faulted, Flow
from iec61131.interpreter.heap import Heap
from iec61131.interpreter.intrinsics import CHOICES, INTRINSIC
from iec61131.interpreter.memory import Header, Location, Value, constant_bytes, constant_value
from iec61131.interpreter.nesting import deep_recursion
from iec61131.interpreter.operators import COMPARISON, binary, unary, wrap
from iec61131.interpreter.signals import InputRow, ask
from iec61131.interpreter.texts import TEXT
from iec61131.program import CALL_PATH_LENGTH, HEADER_BYTES, FaultCode, Section
from iec61131.semantics.layout import MemoryLayout
from iec61131.semantics.model import (
    AddressOf,
    Assign,
    BinaryExpression,
    BitPlace,
    CallBlock,
    CallFunction,
    Case,
    ConstantExpression,
    Continue,
    ConversionKind,
    Convert,
    Dispatch,
    ElementPlace,
    Evaluate,
    Exit,
    Expression,
    FieldPlace,
    For,
    HeapCall,
    If,
    InstanceMemberPlace,
    IntrinsicCall,
    Jump,
    Label,
    Load,
    MemoryPlace,
    Model,
    OutputBinding,
    Place,
    Pou,
    ProgramRun,
    Repeat,
    Return,
    SignalOf,
    Statement,
    Stepwise,
    Storage,
    TargetPlace,
    ThisPlace,
    UnaryExpression,
    ValuePlace,
    Variable,
    VariablePlace,
    While,
)
from iec61131.semantics.types import (
    TAG_BYTES,
    ArrayType,
    Elementary,
    Kind,
    StringType,
    SubrangeType,
    Type,
    storage_type,
)
from iec61131.source import Span
from iec61131.syntax.tree import BinaryOperator, VarKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = memoryview | bytearray | NDArray[np.uint8]
    """A memory block, as its owner holds it."""

Executed = Callable[[Statement], object]
"""Is told what runs."""

START_DEPTH = 100
"""Activations of recursive POUs before the first scan."""

MOST_CHARGED_AT_ONCE = 1 << 62
"""A loop's charge is cut here, so that budget minus charge cannot overflow 64 bits."""


class Fault(Struct, frozen=True):
    """Why a task was abandoned: where, and the calls that led there, innermost first, at most CALL_PATH_LENGTH of
    them."""

    code: FaultCode
    span: Span
    call_path: tuple[Span, ...]


class Interpreter:
    """Runs the tasks of a model on a memory block laid out by `layout`. Keeps nothing between two runs: all state is
    in the block. `executed` is told each statement before it runs."""

    def __init__(self, model: Model, layout: MemoryLayout, executed: Executed | None = None) -> None:
        self._model = model
        self._layout = layout
        self._executed = executed

    def start(self, memory: Block, loop_budget: int) -> Fault | None:
        """Do on fresh memory what the model asks for before the first scan; the header is left as it was."""
        block = memoryview(cast(Any, memory)).cast("B")  # its type does not say that an array has a buffer
        before = bytes(block[:HEADER_BYTES])
        with deep_recursion():
            fault = Scan(block, self._layout.sections).start(self._model.start, loop_budget)
        block[:HEADER_BYTES] = before
        return fault

    def run_task(self, index: int, memory: Block, inputs: Sequence[InputRow] = ()) -> Fault | None:
        """One activation of task number `index` of the model on `memory`, which must be writable. `inputs` is the table
        of signals, of which the program may ask.

        Reads `now_ns`, `loop_budget` and `depth_limit` from the header, and writes there what machine code writes,
        apart from `fault_site` and `call_path`: sites are numbered by the generator. The fault returned names them by
        their spans instead.
        """
        block = memoryview(cast(Any, memory)).cast("B")
        if len(block) != self._layout.size:
            raise ValueError(f"the memory block has {len(block)} bytes, the program needs {self._layout.size}")
        with deep_recursion():
            return self._scan(block, inputs).run(self._model.tasks[index].programs)

    def _scan(self, block: memoryview, inputs: Sequence[InputRow]) -> Scan:
        return Scan(block, self._layout.sections, inputs, self._executed)


class Scan:
    def __init__(
        self,
        memory: memoryview,
        sections: Mapping[str, Section],
        inputs: Sequence[InputRow] = (),
        executed: Executed | None = None,
    ) -> None:
        self._memory = memory
        self._inputs = inputs
        self._executed = executed
        self._stack = sections["stack"]
        self._referable = sections["heap_table"].offset  # where what references may lead to ends
        self._heap = Heap(memory, sections["heap"], sections["heap_table"])
        self._header = Header(memory)

    def run(self, programs: Sequence[ProgramRun]) -> Fault | None:
        try:
            for program in programs:
                self._run_program(program)
        except Faulted as faulted:
            path = tuple(faulted.call_path[:CALL_PATH_LENGTH])
            self._header.write("fault_code", faulted.code)
            self._header.write("call_depth", len(path))
            return Fault(faulted.code, faulted.span, path)
        return None

    def start(self, pou: Pou | None, loop_budget: int) -> Fault | None:
        if pou is None:
            return None
        self._header.write("loop_budget", loop_budget)
        self._header.write("depth_limit", START_DEPTH)
        activation = Activation(None)
        self._set_up(pou, activation, 0)
        try:
            self._execute(pou.body, activation)
        except Faulted as faulted:
            return Fault(faulted.code, faulted.span, tuple(faulted.call_path[:CALL_PATH_LENGTH]))
        return None

    def _run_program(self, run: ProgramRun) -> None:
        """Inputs and outputs of a program instance are expressions over globals and constants: they belong to no
        activation."""
        outside = Activation(None)
        instance = self._memory_location(run.variable)
        for variable, value in run.inputs:
            instance.part(variable.offset, variable.type).store(self._evaluate(value, outside))
        self._run_body(run.program, Activation(instance), run.span)
        for binding in run.outputs:
            self._store_output(binding, instance.part(binding.output.offset, binding.output.type).load(), outside)

    # ---------------------------------------------------------------------------------------------------- statements

    def _execute(self, statements: Sequence[Statement], here: Activation) -> Flow:
        index = 0
        while index < len(statements):
            if self._executed is not None:
                self._executed(statements[index])
            flow = self._execute_one(statements[index], here)
            index += 1
            if flow is Flow.JUMP and here.target in statements:
                index = statements.index(here.target)
            elif flow is not Flow.NEXT:
                return flow
        return Flow.NEXT

    def _execute_one(self, statement: Statement, here: Activation) -> Flow:
        match statement:
            case Assign():
                self._put(statement.place, self._evaluate(statement.value, here), here)
                return Flow.NEXT
            case CallBlock():
                self._call_block(statement, here)
                return Flow.NEXT
            case Evaluate(call=CallFunction() as call):
                self._call_function(call, here)
                return Flow.NEXT
            case Evaluate(call=HeapCall() as call):
                self._heap.call(call, self._integer(call.operand, here))
                return Flow.NEXT
            case Evaluate(call=call):
                self._evaluate(call, here)
                return Flow.NEXT
            case If():
                for condition, body in statement.branches:
                    if self._decide(condition, here):
                        return self._execute(body, here)
                return self._execute(statement.otherwise, here)
            case Case():
                return self._execute(self._choose(statement, here), here)
            case For(counted=True):
                return self._counted_for(statement, here)
            case For():
                return self._tested_for(statement, here)
            case While():
                return self._while(statement, here)
            case Repeat():
                return self._repeat(statement, here)
            case Exit():
                return Flow.EXIT
            case Continue():
                return Flow.CONTINUE
            case Return():
                return Flow.RETURN
            case Label():
                return Flow.NEXT
            case Jump():
                if statement.is_backward:
                    self._charge(1, statement.span)
                here.target = statement.label
                return Flow.JUMP

    def _decide(self, condition: Expression, here: Activation) -> bool:
        """The condition of an IF, WHILE or REPEAT."""
        return bool(self._evaluate(condition, here))

    def _choose(self, case: Case, here: Activation) -> Sequence[Statement]:
        selector = self._integer(case.selector, here)
        for ranges, body in case.arms:
            for low, high in ranges:
                if low <= selector <= high:
                    return body
        return case.otherwise

    # --------------------------------------------------------------------------------------------------------- loops

    def _while(self, loop: While, here: Activation) -> Flow:
        while self._decide(loop.condition, here):
            self._charge(1, loop.span)
            flow = self._execute(loop.body, here)
            if flow is Flow.EXIT:
                break
            if flow in LEAVES_LOOPS:
                return flow
        return Flow.NEXT

    def _repeat(self, loop: Repeat, here: Activation) -> Flow:
        while True:
            self._charge(1, loop.span)
            flow = self._execute(loop.body, here)
            if flow in LEAVES_LOOPS:
                return flow
            if flow is Flow.EXIT or self._decide(loop.until, here):
                return Flow.NEXT

    def _counted_for(self, loop: For, here: Activation) -> Flow:
        """The number of turns is known before the first, and paid for at once."""
        place, type_, start, end, step = self._start_for(loop, here)
        turns = max((end - start) // step + 1, 0)
        self._charge(turns, loop.span)
        for _ in range(turns):
            flow = self._execute(loop.body, here)
            if flow is Flow.EXIT:
                break
            if flow in LEAVES_LOOPS:
                return flow
            place.store(wrap(_as_integer(place.load()) + step, type_))
        return Flow.NEXT

    def _tested_for(self, loop: For, here: Activation) -> Flow:
        """The body, or somebody else, may change the variable: it is tested as it is at each turn."""
        place, type_, _, end, step = self._start_for(loop, here)
        while True:
            value = _as_integer(place.load())
            if value > end if step > 0 else value < end:
                return Flow.NEXT
            self._charge(1, loop.span)
            flow = self._execute(loop.body, here)
            if flow in LEAVES_LOOPS:
                return flow
            if flow is Flow.EXIT:
                return Flow.NEXT
            advanced = _as_integer(place.load()) + step
            place.store(wrap(advanced, type_))
            if wrap(advanced, type_) != advanced:
                return Flow.NEXT

    def _start_for(self, loop: For, here: Activation) -> tuple[Location, Elementary, int, int, int]:
        start = self._integer(loop.start, here)
        end = self._integer(loop.end, here)
        step = self._integer(loop.step, here)
        place = self._locate(loop.place, here)
        place.store(start)
        if step == 0:
            raise Faulted(FaultCode.LOOP_LIMIT, loop.span)
        return place, _elementary(place.type), start, end, step

    def _charge(self, turns: int, span: Span) -> None:
        budget = self._header.read("loop_budget") - min(turns, MOST_CHARGED_AT_ONCE)
        self._header.write("loop_budget", budget)
        if budget < 0:
            raise Faulted(FaultCode.LOOP_LIMIT, span)

    # --------------------------------------------------------------------------------------------------------- calls

    def _call_block(self, call: CallBlock, here: Activation) -> None:
        instance = self._locate(call.instance, here)
        for variable, value in call.inputs:
            instance.part(variable.offset, variable.type).store(self._evaluate(value, here))
        in_outs = [self._locate(place, here) for place in call.in_outs]
        callee = Activation(instance)
        block = call.block
        if call.dispatch is not None:
            block = self._choose_target(call.dispatch, instance, call.span)
        callee.bind(block.of_kind(VarKind.IN_OUT), in_outs)
        self._run_body(block, callee, call.span)
        for binding in call.outputs:
            self._store_output(binding, instance.part(binding.output.offset, binding.output.type).load(), here)

    def _choose_target(self, dispatch: Dispatch, instance: Location, span: Span) -> Pou:
        """By what the instance says it is, at the moment of the call. There has to be room for any of them."""
        self._check_room(list(dispatch.targets.values()), span)
        tag = int.from_bytes(instance.buffer[instance.offset : instance.offset + TAG_BYTES], "little")
        target = dispatch.targets.get(tag)
        if target is None:
            raise Faulted(FaultCode.NULL_REFERENCE, span)
        return target

    def _call_function(self, call: CallFunction, here: Activation) -> Value | None:
        """The inputs written by the caller in the order written, then the defaults, which are constants."""
        function = call.function
        instance = self._locate(call.instance, here) if call.instance is not None else None
        given = {index: self._evaluate(call.inputs[index], here) for index in call.order}
        for index, default in enumerate(call.inputs):
            if index not in given:
                given[index] = self._evaluate(default, here)
        in_outs = [self._locate(place, here) for place in call.in_outs]
        if call.dispatch is not None:
            assert instance is not None
            function = self._choose_target(call.dispatch, instance, call.span)
        parameters = function.of_kind(VarKind.INPUT)
        values = {parameters[index]: value for index, value in given.items()}
        callee = Activation(instance)
        callee.bind(function.of_kind(VarKind.IN_OUT), in_outs)
        self._run_body(function, callee, call.span, values)
        result = callee.places[function.result].load() if function.result is not None else None
        # All are taken before the first is stored: finding a place can run functions, which use the stack anew.
        declared, own = call.function.of_kind(VarKind.OUTPUT), function.of_kind(VarKind.OUTPUT)
        outputs = [callee.places[own[declared.index(binding.output)]].load() for binding in call.outputs]
        for binding, value in zip(call.outputs, outputs, strict=True):
            self._store_output(binding, value, here)
        return result

    def _run_body(
        self, pou: Pou, callee: Activation, call_span: Span, inputs: dict[Variable, Value] | None = None
    ) -> None:
        """Enter `pou`, called at `call_span`: frame variables get their initial values, a FUNCTION's inputs their
        arguments."""
        self._check_room([pou], call_span)
        used, depth = self._header.read("stack_used"), self._header.read("depth")
        self._header.write("depth", depth + pou.recursive)
        try:
            self._set_up(pou, callee, used)
            for variable, value in (inputs or {}).items():
                callee.places[variable].store(value)
            self._execute(pou.body, callee)
        except Faulted as faulted:
            faulted.call_path.append(call_span)
            raise
        finally:
            self._header.write("stack_used", used)
            self._header.write("depth", depth)

    def _set_up(self, pou: Pou, callee: Activation, used: int) -> None:
        """Frame variables with their initial values, each in a buffer of its own or in the stack of the block."""
        if pou.stack_bytes:
            self._header.write("stack_used", used + pou.stack_bytes)
        for variable in pou.variables:
            if variable.storage is Storage.FRAME:
                frame = memoryview(bytearray(constant_bytes(variable.initial, variable.type)))
                callee.places[variable] = Location(frame, 0, variable.type)
            elif variable.storage is Storage.STACK:
                place = Location(self._memory, self._stack.offset + used + variable.offset, variable.type)
                place.store(constant_value(variable.initial, variable.type))
                callee.places[variable] = place

    def _check_room(self, pous: Sequence[Pou], call_span: Span) -> None:
        """What can reach itself counts against the depth limit; one call too many is a fault, whichever it is."""
        if any(pou.recursive for pou in pous):
            used = self._header.read("stack_used") + max([pou.stack_bytes for pou in pous])
            if used > self._stack.size or self._header.read("depth") >= self._header.read("depth_limit"):
                raise Faulted(FaultCode.RECURSION_DEPTH, call_span)

    def _store_output(self, binding: OutputBinding, value: Value, here: Activation) -> None:
        if binding.negated:
            value = not value
        source: Type = binding.output.type
        for kind, type_ in binding.chain:
            value = self._convert(kind, value, source, type_, binding.span)
            source = type_
        self._put(binding.place, value, here)

    def _put(self, place: Place, value: Value, here: Activation) -> None:
        self._locate(place, here).store(value)

    # --------------------------------------------------------------------------------------------------- expressions

    def _evaluate(self, node: Expression, here: Activation) -> Value:
        match node:
            case ConstantExpression():
                return constant_value(node.value, node.type)
            case Load():
                return self._locate(node.place, here).load()
            case AddressOf():
                return self._address(self._locate(node.place, here))
            case SignalOf():
                location = self._locate(node.place, here)
                rows = self._inputs if location.buffer is self._memory else ()  # a variable of a call has no input
                return ask(node.signal, location.bits, rows, self._header.read("now_ns"))
            case Convert():
                value = self._evaluate(node.operand, here)
                return self._convert(node.kind, value, node.operand.type, node.type, node.span)
            case UnaryExpression():
                return unary(node.operator, self._evaluate(node.operand, here), _elementary(node.type))
            case BinaryExpression():
                return self._binary(node, here)
            case IntrinsicCall():
                return self._intrinsic(node, here)
            case CallFunction():
                result = self._call_function(node, here)
                assert result is not None
                return result
            case HeapCall():
                return self._heap.call(node, self._integer(node.operand, here))
            case Stepwise():
                self._execute(node.statements, here)
                return self._evaluate(node.value, here)

    def _integer(self, node: Expression, here: Activation) -> int:
        return _as_integer(self._evaluate(node, here))

    def _intrinsic(self, node: IntrinsicCall, here: Activation) -> Value:
        if node.name in ("TIME", "LTIME"):
            return self._header.read("now_ns")
        operands = [self._evaluate(argument, here) for argument in node.arguments]
        if node.name in CHOICES:
            return CHOICES[node.name](operands)
        if node.name in decimals.DECIMAL:
            return decimals.call(node.arguments, operands, node.type)
        if node.name in TEXT:
            return texts.call(node.name, node.arguments, operands, node.type)
        if isinstance(node.type, StringType):
            return texts.choose(node.name, operands, node.type)
        return INTRINSIC[node.name](operands, _elementary(node.type))

    def _convert(self, kind: ConversionKind, value: Value, source: Type | None, target: Type, span: Span) -> Value:
        if kind in (ConversionKind.STRING, ConversionKind.CHARACTER):
            return texts.convert(value, source, target)
        if kind is not ConversionKind.SUBRANGE:
            return convert(kind, value, target)
        assert isinstance(target, SubrangeType)
        if not target.low <= _as_integer(value) <= target.high:
            raise Faulted(FaultCode.SUBRANGE, span)
        return value

    def _binary(self, node: BinaryExpression, here: Activation) -> Value:
        left = self._evaluate(node.left, here)
        if node.operator is BinaryOperator.AND_THEN and not left:
            return False
        if node.operator is BinaryOperator.OR_ELSE and left:
            return True
        right = self._evaluate(node.right, here)
        if isinstance(node.left.type, StringType):
            left, right = texts.text_of(left, node.left.type), texts.text_of(right, node.right.type)
            return COMPARISON[node.operator](left, right)
        operands = _elementary(node.left.type)
        if node.operator in _DIVIDES and operands.kind is not Kind.REAL and right == 0:
            raise Faulted(FaultCode.DIVIDE_BY_ZERO, node.span)
        return binary(node.operator, left, right, operands)

    # -------------------------------------------------------------------------------------------------------- places

    def _locate(self, place: Place, here: Activation) -> Location:
        match place:
            case VariablePlace(variable=variable):
                return self._variable_location(variable, here)
            case MemoryPlace(variable=variable):
                return self._memory_location(variable)
            case FieldPlace():
                return self._locate(place.base, here).part(place.field.offset, place.field.type)
            case InstanceMemberPlace():
                return self._locate(place.base, here).part(place.member.offset, place.member.type)
            case ThisPlace():
                assert here.instance is not None
                return replace(here.instance, type=place.type)
            case ValuePlace():
                computed = Location(memoryview(bytearray(place.type.size)), 0, place.type)
                computed.store(self._evaluate(place.value, here))
                return computed
            case TargetPlace():
                return self._locate_target(place, here)
            case ElementPlace():
                return self._locate_element(place, here)
            case BitPlace():
                return self._locate(place.base, here).bits_from(place.bit, place.type)

    def _variable_location(self, variable: Variable, here: Activation) -> Location:
        match variable.storage:
            case Storage.FRAME | Storage.REFERENCE | Storage.STACK:
                return here.places[variable]
            case Storage.INSTANCE:
                assert here.instance is not None
                return here.instance.part(variable.offset, variable.type)
            case Storage.MEMORY:
                return self._memory_location(variable)

    def _memory_location(self, variable: Variable) -> Location:
        return Location(self._memory, variable.offset, variable.type, variable.bit)

    def _address(self, location: Location) -> int:
        assert location.buffer is self._memory, "a reference to what lies outside the memory block"
        return location.offset

    def _locate_target(self, place: TargetPlace, here: Activation) -> Location:
        """NULL, and whatever else does not lead to memory of the program, is a fault."""
        offset = self._integer(place.pointer, here)
        is_inside = HEADER_BYTES <= offset <= self._referable - max(place.type.size, 1)
        if not is_inside or self._heap.is_dangling(offset):
            raise Faulted(FaultCode.NULL_REFERENCE, place.span)
        return Location(self._memory, offset, place.type)

    def _locate_element(self, place: ElementPlace, here: Activation) -> Location:
        """All indices are evaluated before the first is checked."""
        base = self._locate(place.base, here)
        assert isinstance(base.type, ArrayType | StringType)
        indices = [self._integer(expression, here) for expression in place.indices]
        element = 0
        for index, (low, high) in zip(indices, base.type.ranges, strict=True):
            if not low <= index <= high:
                raise Faulted(FaultCode.INDEX_OUT_OF_BOUNDS, place.span)
            element = element * (high - low + 1) + index - low
        return base.part(element * place.type.size, place.type)


_DIVIDES = (BinaryOperator.DIVIDE, BinaryOperator.MODULO)


def _as_integer(value: Value) -> int:
    assert isinstance(value, int)
    return value


def _elementary(type_: Type | None) -> Elementary:
    assert type_ is not None
    stored = storage_type(type_)
    assert isinstance(stored, Elementary)
    return stored
