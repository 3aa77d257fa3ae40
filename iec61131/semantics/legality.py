"""The hand-over from semantics to the executors: what `model.py` promises, asserted node by node.

`check` raises AssertionError with the place and what is wrong there. It is the definition of a sound model for whoever
writes an executor: nothing that passes here may surprise them. It runs on every program that is compiled; one pass over
the tree is cheap beside making machine code of it, and machine code of an unsound model would drive a plant.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from msgspec import Struct, field

from iec61131.semantics import intrinsic_operands
from iec61131.semantics.conversions import conversion_kind
from iec61131.semantics.heap import HeapOperation
from iec61131.semantics.here import root_variable
from iec61131.semantics.intrinsic_operands import is_computation_type
from iec61131.semantics.intrinsics import INTRINSICS
from iec61131.semantics.members import may_be_taken_for
from iec61131.semantics.model import (
    AddressOf,
    Assign,
    BinaryExpression,
    BitPlace,
    CallBlock,
    CallFunction,
    Case,
    Constant,
    ConstantExpression,
    Continue,
    ConversionKind,
    Convert,
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
from iec61131.semantics.operators import BINARY, COMPARISONS
from iec61131.semantics.types import (
    BOOL,
    CHAR,
    DINT,
    LINT,
    LREAL,
    LWORD,
    REAL,
    UDINT,
    ULINT,
    WCHAR,
    ArrayType,
    BlockType,
    Elementary,
    EnumType,
    InterfaceType,
    Kind,
    PointerType,
    StringType,
    StructType,
    SubrangeType,
    Type,
    storage_type,
)
from iec61131.semantics.walk import inside, targets
from iec61131.source import Span
from iec61131.syntax.tree import BinaryOperator, PouKind, VarKind

_NUMBERS = (DINT, UDINT, LINT, ULINT, REAL, LREAL)
_INDICES = (DINT, UDINT, LINT, ULINT)


def check(model: Model, known: Container[Pou] = ()) -> None:
    """Raises AssertionError when `model` breaks a promise. The bodies of `known` were looked at before."""
    memory = set(model.memory)
    done: set[Pou] = set()
    for variable in model.memory:
        _require(variable.storage is Storage.MEMORY, variable.span, "a variable of the memory has another storage")
        _initial(variable)
    for pou in model.pous:
        done.add(pou)
        if pou in known:
            continue
        _Pou(pou, memory).check()
        for callee in _callees(pou.body):
            _require(callee in done or callee.recursive, pou.span, f"{callee.name} comes after its caller")
    for task in model.tasks:
        _require(task.interval_ns >= 0, task.span, "a task with a negative interval")
        for run in task.programs:
            outside = _Pou(run.program, memory)
            _require(run.variable in memory, run.span, "a program instance outside the memory")
            _require(run.program in done, run.span, "a program that is not in the model")
            _require(run.variable.type is run.program.instance, run.span, "an instance of another type")
            outside.inputs(run.inputs, run.span)
            for output in run.outputs:
                outside.output(output)
    priorities = [task.priority for task in model.tasks]
    assert priorities == sorted(priorities), "tasks are not in the order of their priority"
    located = [variable.address is not None for variable in model.memory]
    assert located == sorted(located), "a located variable before one without an address"


def _require(condition: bool, span: Span, what: str) -> None:
    assert condition, f"{span}: {what}"


def _initial(variable: Variable) -> None:
    if variable.storage is Storage.REFERENCE:
        _require(variable.initial is None, variable.span, "a reference with an initial value")
    elif not variable.name.startswith("%"):
        _require(variable.initial is not None, variable.span, f"{variable.name} has no initial value")
        assert variable.initial is not None
        _constant(variable.initial, variable.type, variable.span)


def _constant(value: Constant, type_: Type, span: Span) -> None:
    """The form of a constant. The elements of an array are looked at only where they are not all the same object."""
    match type_:
        case ArrayType():
            _require(isinstance(value, tuple) and len(value) == type_.count, span, f"no constant of {type_}")
            assert isinstance(value, tuple)
            seen: set[int] = set()
            for item in value:
                if id(item) not in seen:
                    seen.add(id(item))
                    _constant(item, type_.element, span)
        case StructType() | BlockType():
            parts = type_.fields if isinstance(type_, StructType) else type_.members
            _require(isinstance(value, dict), span, f"no constant of {type_}")
            assert isinstance(value, dict)
            for key, item in value.items():
                _require(key in parts, span, f"{type_} has no {key}")
                _constant(item, parts[key].type, span)
        case StringType():
            _require(isinstance(value, str) and len(value) <= type_.length, span, f"no constant of {type_}")
        case PointerType() | InterfaceType():
            _require(isinstance(value, int) and value >= 0, span, f"no constant of {type_}")
        case Elementary() | EnumType() | SubrangeType():
            _scalar_constant(value, type_, span)


def _scalar_constant(value: Constant, type_: Elementary | EnumType | SubrangeType, span: Span) -> None:
    stored = storage_type(type_)
    assert isinstance(stored, Elementary)
    if stored.kind is Kind.REAL:
        _require(isinstance(value, float), span, f"{value!r} is no constant of {type_}")
    elif stored.kind is Kind.BOOL:
        _require(isinstance(value, bool), span, f"{value!r} is no constant of {type_}")
    else:
        fits = isinstance(value, int) and not isinstance(value, bool) and stored.minimum <= value <= stored.maximum
        _require(fits, span, f"{value!r} is no constant of {type_}")
        if isinstance(type_, SubrangeType):
            assert isinstance(value, int)
            _require(type_.low <= value <= type_.high, span, f"{value!r} is outside {type_}")


def _storage(type_: Type | None, span: Span) -> Type:
    _require(type_ is not None, span, "a value without a type")
    assert type_ is not None
    return storage_type(type_)


class _Pou(Struct, frozen=True):
    pou: Pou
    memory: set[Variable]
    labels: list[Label] = field(default_factory=list[Label])  # those that a jump may go to

    def check(self) -> None:
        pou = self.pou
        _require((pou.instance is None) is (pou.kind is PouKind.FUNCTION), pou.span, "an instance of a FUNCTION")
        _require(pou.result is None or pou.result in pou.variables, pou.span, "a result that is no variable")
        for variable in pou.variables:
            _initial(variable)
            is_member = variable.storage is Storage.INSTANCE
            found = pou.instance is not None and pou.instance.members.get(variable.key) is variable
            _require(
                is_member is found, variable.span, f"{variable.name} is in the instance without living there, or not"
            )
            if variable.storage is Storage.MEMORY:
                _require(variable in self.memory, variable.span, f"{variable.name} is not in the memory")
            _require(
                (variable.storage is Storage.REFERENCE) is (variable.kind is VarKind.IN_OUT),
                variable.span,
                "VAR_IN_OUT",
            )
        self.statements(pou.body, in_loop=False)

    # ---------------------------------------------------------------------------------------------------- statements

    def statements(self, body: Iterable[Statement], *, in_loop: bool) -> None:
        among = list(body)
        self.labels.extend(statement for statement in among if isinstance(statement, Label))
        for statement in among:
            self._statement(statement, in_loop)
        for statement in among:
            if isinstance(statement, Label):
                self.labels.remove(statement)

    def _statement(self, node: Statement, in_loop: bool) -> None:
        match node:
            case Assign():
                self.place(node.place)
                self.value(node.value, node.place.type)
            case CallBlock():
                self.place(node.instance)
                _require(_runs_on(node.block, node.instance.type), node.span, "a call of another block")
                self.inputs(node.inputs, node.span)
                self._in_outs(node.block, node.in_outs, node.span)
                for output in node.outputs:
                    self.output(output)
            case Evaluate():
                self.expression(node.call)
            case If():
                for condition, body in node.branches:
                    self._of_type(condition, BOOL)
                    self.statements(body, in_loop=in_loop)
                self.statements(node.otherwise, in_loop=in_loop)
            case Case():
                self._case(node, in_loop)
            case For():
                self._for(node)
            case While():
                self._of_type(node.condition, BOOL)
                self.statements(node.body, in_loop=True)
            case Repeat():
                self._of_type(node.until, BOOL)
                self.statements(node.body, in_loop=True)
            case Exit() | Continue():
                _require(in_loop, node.span, "a jump outside a loop")
            case Return() | Label():
                pass
            case Jump():
                _require(node.label in self.labels, node.span, f"a jump to {node.label.name} from outside")

    def _case(self, node: Case, in_loop: bool) -> None:
        type_ = self.expression(node.selector)
        as_is = (Kind.BITS, Kind.CHARACTER)
        is_whole = type_ in _INDICES or (isinstance(type_, Elementary) and type_.kind in as_is)
        _require(is_whole, node.span, f"a CASE over {type_}")
        for ranges, body in node.arms:
            for low, high in ranges:
                _require(low <= high, node.span, "an empty range")
            self.statements(body, in_loop=in_loop)
        self.statements(node.otherwise, in_loop=in_loop)

    def _for(self, node: For) -> None:
        self.place(node.place)
        type_ = node.place.type
        whole = (Kind.SIGNED, Kind.UNSIGNED, Kind.BITS)
        _require(isinstance(type_, Elementary) and type_.kind in whole, node.span, f"a FOR over {type_}")
        for bound in (node.start, node.end, node.step):
            self._of_type(bound, type_)
        if isinstance(node.step, ConstantExpression):
            _require(node.step.value != 0, node.span, "a step of zero")
        if node.counted:
            is_own = isinstance(node.place, VariablePlace) and node.place.variable.storage in _OWN
            _require(is_own, node.span, "a counted FOR over what others can change")
        self.statements(node.body, in_loop=True)

    # ---------------------------------------------------------------------------------------------------------- calls

    def inputs(self, inputs: Iterable[tuple[Variable, Expression]], span: Span) -> None:
        seen: set[Variable] = set()
        for variable, value in inputs:
            _require(variable.kind is VarKind.INPUT and variable not in seen, span, f"{variable.name} is given twice")
            seen.add(variable)
            self.value(value, variable.type)

    def _in_outs(self, callee: Pou, places: tuple[Place, ...], span: Span) -> None:
        parameters = callee.of_kind(VarKind.IN_OUT)
        _require(len(parameters) == len(places), span, "VAR_IN_OUT are missing")
        for parameter, place in zip(parameters, places, strict=True):
            self.place(place)
            is_right = may_be_taken_for(place.type, parameter.type) or (
                _are_texts(place.type, parameter.type) and place.type.size >= parameter.type.size
            )
            _require(is_right, span, f"{parameter.name} gets {place.type}")
            _require(not isinstance(place, BitPlace), span, f"{parameter.name} gets a bit")

    def output(self, binding: OutputBinding) -> None:
        self.place(binding.place)
        type_: Type = binding.output.type
        _require(binding.output.kind is VarKind.OUTPUT, binding.span, f"{binding.output.name} is no output")
        _require(not binding.negated or type_ == BOOL, binding.span, "NOT of no BOOL")
        for kind, target in binding.chain:
            self._conversion(type_, target, kind, binding.span)
            type_ = target
        self._fits(type_, binding.place.type, binding.span)

    def _function(self, node: CallFunction) -> Type | None:
        function = node.function
        parameters = function.of_kind(VarKind.INPUT)
        _require(len(parameters) == len(node.inputs), node.span, "inputs are missing")
        _require(len(set(node.order)) == len(node.order), node.span, "an input is evaluated twice")
        for number, (parameter, value) in enumerate(zip(parameters, node.inputs, strict=True)):
            self.value(value, parameter.type)
            is_constant = isinstance(value, ConstantExpression)
            _require(number in node.order or is_constant, node.span, "a default that is no constant")
        self._in_outs(function, node.in_outs, node.span)
        for output in node.outputs:
            self.output(output)
        result = function.result.type if function.result is not None else None
        _require(node.type == result, node.span, "a call of another type than its function")
        return node.type

    # --------------------------------------------------------------------------------------------------- expressions

    def value(self, node: Expression, target: Type) -> None:
        """A value to be stored as `target`."""
        self._fits(self.expression(node), target, node.span)

    @staticmethod
    def _fits(type_: Type | None, target: Type, span: Span) -> None:
        _require(_storage(type_, span) == storage_type(target), span, f"{type_} is stored as {target}")
        if isinstance(target, SubrangeType):
            _require(type_ == target, span, f"{type_} is stored as {target} unchecked")

    def _of_type(self, node: Expression, type_: Type) -> None:
        found = self.expression(node)
        _require(found == type_, node.span, f"{found} instead of {type_}")

    def expression(self, node: Expression) -> Type | None:
        match node:
            case ConstantExpression():
                _constant(node.value, node.type, node.span)
            case Load():
                self.place(node.place)
            case AddressOf():
                self.place(node.place)
                _require(not isinstance(node.place, BitPlace | TargetPlace), node.span, "the address of a bit")
                root = root_variable(node.place)
                is_fixed = root is None or root.storage is not Storage.FRAME
                _require(is_fixed, node.span, "the address of what lies outside the memory block")
            case SignalOf():
                self.place(node.place)
                root = root_variable(node.place)
                is_fixed = root is None or root.storage not in (Storage.FRAME, Storage.STACK)
                _require(is_fixed, node.span, "a signal of what is in an activation")
            case Convert():
                source = self.expression(node.operand)
                _require(source is not None, node.span, "a conversion of nothing")
                assert source is not None
                self._conversion(source, node.type, node.kind, node.span)
            case UnaryExpression():
                self._of_type(node.operand, node.type)
                _require(is_computation_type(node.type), node.span, f"computed in {node.type}")
            case BinaryExpression():
                self._binary(node)
            case IntrinsicCall():
                self._intrinsic(node)
            case CallFunction():
                return self._function(node)
            case HeapCall():
                self._heap(node)
            case Stepwise():
                self.statements(node.statements, in_loop=False)
                _require(not any(isinstance(n, Return | Jump) for n in inside(node.statements)), node.span, "a way out")
                return self.expression(node.value)
        return node.type

    @staticmethod
    def _conversion(source: Type, target: Type, kind: ConversionKind, span: Span) -> None:
        from_type, to_type = storage_type(source), storage_type(target)
        if kind is ConversionKind.STRING:
            is_right = _holds_text(from_type) and isinstance(to_type, StringType)
            _require(is_right, span, f"{kind} from {source} to {target}")
            return
        if kind is ConversionKind.CHARACTER:
            is_right = _holds_text(from_type) and to_type in (CHAR, WCHAR)
            _require(is_right, span, f"{kind} from {source} to {target}")
            return
        _require(
            isinstance(from_type, Elementary) and isinstance(to_type, Elementary), span, "a conversion of an aggregate"
        )
        assert isinstance(from_type, Elementary)
        assert isinstance(to_type, Elementary)
        wanted = conversion_kind(from_type, to_type)
        if kind is ConversionKind.SUBRANGE:
            is_right = isinstance(target, SubrangeType) and from_type == to_type
        elif kind is ConversionKind.TRUNCATE_REAL:
            is_right = wanted is ConversionKind.REAL_TO_INTEGER
        else:
            is_right = kind is wanted
        _require(is_right, span, f"{kind} from {source} to {target}")

    def _binary(self, node: BinaryExpression) -> None:
        left, right = self.expression(node.left), self.expression(node.right)
        if _are_texts(left, right):
            is_right = node.operator in COMPARISONS and node.type == BOOL
            _require(is_right, node.span, f"{node.operator} on {left} gives {node.type}")
            return
        _require(left == right, node.span, f"{node.operator} on {left} and {right}")
        assert left is not None
        _require(is_computation_type(left), node.span, f"computed in {left}")
        assert isinstance(left, Elementary)
        result = BOOL if node.operator in COMPARISONS else left
        _require(node.type == result, node.span, f"{node.operator} on {left} gives {node.type}")
        if node.operator is BinaryOperator.POWER:
            _require(left.kind is Kind.REAL, node.span, "a power of integers")
        else:
            _require((node.operator, left.kind) in BINARY, node.span, f"there is no {node.operator} on {left}")

    def _intrinsic(self, node: IntrinsicCall) -> None:
        row = INTRINSICS.get(node.name)
        _require(row is not None, node.span, f"there is no {node.name}")
        assert row is not None
        types = [self.expression(argument) for argument in node.arguments]
        count = len(types)
        _require(count >= len(row.parameters) if row.variadic else count == len(row.parameters), node.span, "arguments")
        is_right = intrinsic_operands.are_right(row.operands, types, node.type)
        _require(is_right, node.span, f"{node.name} on {types} gives {node.type}")

    def _heap(self, node: HeapCall) -> None:
        operand = self.expression(node.operand)
        if node.operation is HeapOperation.TAKE:
            is_typed = isinstance(node.type, PointerType) and node.type.target is not None
            _require(operand == LINT and is_typed, node.span, f"{operand} objects of {node.type}")
        else:
            wanted = ULINT if node.operation is HeapOperation.SIZE else None
            is_reference = _storage(operand, node.span) == LWORD
            _require(is_reference and node.type == wanted, node.span, f"{node.operation} of {operand}")

    # --------------------------------------------------------------------------------------------------------- places

    def place(self, node: Place) -> None:
        match node:
            case VariablePlace(variable=variable):
                is_known = variable in self.memory if variable.storage is Storage.MEMORY else True
                _require(is_known, node.span, f"{variable.name} is not in the memory")
                if variable.storage is Storage.INSTANCE:
                    instance = self.pou.instance
                    is_known = instance is not None and instance.members.get(variable.key) is variable
                    _require(is_known, node.span, f"{variable.name} is of another instance")
            case MemoryPlace(variable=variable):
                _require(variable in self.memory and variable.address is not None, node.span, "no direct address")
            case ThisPlace():
                own = self.pou.instance
                _require(own is not None and own.is_a(node.type), node.span, f"no instance of {node.type}")
            case ValuePlace():
                self._of_type(node.value, node.type)
            case TargetPlace():
                pointer = _storage(self.expression(node.pointer), node.span)
                _require(pointer == LWORD, node.span, f"a reference stored as {pointer}")
            case FieldPlace(base=base):
                self.place(base)
                is_part = isinstance(base.type, StructType) and base.type.fields.get(node.field.key) is node.field
                _require(is_part, node.span, f"{base.type} has no {node.field.name}")
            case InstanceMemberPlace(base=base):
                self.place(base)
                is_part = isinstance(base.type, BlockType) and base.type.members.get(node.member.key) is node.member
                _require(is_part, node.span, f"{base.type} has no {node.member.name}")
            case ElementPlace(base=base):
                self.place(base)
                assert isinstance(base.type, ArrayType | StringType), f"{node.span}: {base.type} is no array"
                _require(node.type == base.type.element, node.span, "an element of another type")
                _require(len(node.indices) == len(base.type.ranges), node.span, "a wrong number of indices")
                for index in node.indices:
                    _require(self.expression(index) in _INDICES, node.span, "an index that is no integer")
            case BitPlace(base=base):
                self.place(base)
                whole = storage_type(base.type)
                is_whole = isinstance(whole, Elementary) and (whole.is_integer or whole.kind is Kind.BITS)
                _require(is_whole, node.span, f"a bit of {base.type}")
                assert isinstance(whole, Elementary)
                last = node.bit + node.type.bits - 1
                _require(0 <= node.bit <= last < whole.bits, node.span, f"bits {node.bit} to {last} of {whole}")
                is_part = node.type.kind is Kind.BITS and node.bit % 8 == 0
                _require(node.type == BOOL or is_part, node.span, f"{node.type} at bit {node.bit} of {whole}")


def _holds_text(type_: Type) -> bool:
    return isinstance(type_, StringType) or type_ in (CHAR, WCHAR)


def _are_texts(left: Type | None, right: Type | None) -> bool:
    return isinstance(left, StringType) and isinstance(right, StringType) and left.wide is right.wide


_OWN = (Storage.FRAME, Storage.INSTANCE)


def _callees(body: Iterable[Statement]) -> set[Pou]:
    """The POUs that some statements call, wherever in them."""
    found: set[Pou] = set()
    for node in inside(body):
        match node:
            case CallFunction() | CallBlock():
                found.update(targets(node))
            case _:
                pass
    return found


def _runs_on(pou: Pou, type_: Type) -> bool:
    """Whether a call of an instance of this type may run `pou`: its body, or an action of it or of what it extends."""
    block = pou.instance
    if pou.kind is PouKind.ACTION and block is not None and isinstance(type_, BlockType):
        return type_.is_a(block)
    return type_ is block
