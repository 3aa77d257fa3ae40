"""Calls: what is called, which argument goes to which parameter, and the node that comes of it.

`value` is a call inside an expression, `statement` one that stands alone. Both find the callee first: a block
instance, a FUNCTION of the program, or a standard function (`standard_functions.py`). `Binding` then gives each
argument its parameter; everything that can be wrong with a list of arguments is found there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from iec61131.diagnostics.catalogue import calls, classes, expressions
from iec61131.diagnostics.catalogue.suites import ONLY_IN_TESTS
from iec61131.semantics import any_inputs, execution_control, foreign_names
from iec61131.semantics.assertions import TEST_FUNCTIONS, Assertions
from iec61131.semantics.findings import counted, listed
from iec61131.semantics.here import Here
from iec61131.semantics.members import Method, is_exact, may_be_taken_for
from iec61131.semantics.model import (
    CallBlock,
    CallFunction,
    ConstantExpression,
    ConversionKind,
    Convert,
    Dispatch,
    Evaluate,
    Expression,
    Load,
    OutputBinding,
    Place,
    Pou,
    Statement,
    TargetPlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.operands import Operand, Typed, coerce
from iec61131.semantics.pointers import is_bit
from iec61131.semantics.scopes import Failed, PouSymbol
from iec61131.semantics.standard_functions import (
    ACTIONS,
    NOT_YET,
    OBJECT_FUNCTIONS,
    OF_LIBRARY,
    STANDARD,
    STANDARD_KEYS,
    StandardFunctions,
)
from iec61131.semantics.types import BOOL, BlockType, Flavour, PointerType, StringType, Type
from iec61131.semantics.uses import StandardFunction
from iec61131.semantics.variants import takes_outputs, variant
from iec61131.source import Span
from iec61131.stdlib import BLOCKS, FUNCTIONS
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind, VarKind

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions


class Binding(Struct):
    """Arguments by parameter, in the order written. `complete` False: something was wrong and has been reported."""

    inputs: list[tuple[Variable, tree.Argument]] = field(default_factory=list["tuple[Variable, tree.Argument]"])
    in_outs: dict[Variable, tree.Argument] = field(default_factory=dict[Variable, tree.Argument])
    outputs: list[tuple[Variable, tree.Argument]] = field(default_factory=list["tuple[Variable, tree.Argument]"])
    complete: bool = True


class _Arguments(Struct, frozen=True):
    """The typed arguments of one call."""

    inputs: tuple[tuple[Variable, Expression], ...]
    in_outs: tuple[Place, ...]
    outputs: tuple[OutputBinding, ...]


class Calls:
    def __init__(self, here: Here, expressions_: Expressions) -> None:
        self._here = here
        self._findings = here.findings
        self._expressions = expressions_
        self._standard = StandardFunctions(expressions_)

    # ------------------------------------------------------------------------------------------------------ contexts

    def value(self, call: tree.Call, hint: Type | None) -> Operand | None:
        """A call whose result is used. Of a result that is a REFERENCE TO, what it refers to."""
        operand = self.raw_value(call, hint)
        if isinstance(operand, Typed) and isinstance(operand.type, PointerType):
            target = operand.type.target
            if operand.type.flavour is Flavour.REFERENCE:
                place = TargetPlace(operand.node, target, call.span) if target is not None else None
                return Typed(Load(place, call.span), place.type) if place is not None else None
        return operand

    def raw_value(self, call: tree.Call, hint: Type | None) -> Operand | None:
        """A call whose result is used, as it is."""
        call = self._without_namespace(call)
        callee = self._expressions.members.method(call.callee) or self._callee(call)
        if callee is None:
            return None
        if not isinstance(callee, str | PouSymbol | Method):
            name = call.callee.span.text
            self._findings.add(calls.INSTANCE_AS_FUNCTION.at(call.span, name=name, block=callee.type))
            self.arguments_only(call)
            return None
        taken = execution_control.take_out(self._expressions, call, self._pou_of(callee))
        if taken is None:
            return None
        rest, control = taken
        match callee:
            case str() if callee in TEST_FUNCTIONS:
                return Assertions(self._expressions).value(callee, rest)
            case str():
                operand = self._standard.call(callee, rest, hint)
            case PouSymbol():
                operand = self._result(self._function(callee, rest), callee, call)
            case Method(symbol=symbol):
                operand = self._result(self._function(symbol, rest, callee), symbol, call)
        return operand if control is None or operand is None else control.value(self._here, operand, hint)

    def _pou_of(self, callee: Method | Place | PouSymbol | str) -> Pou | None:
        """What the POU behind a callee is; None for a standard function."""
        match callee:
            case str():
                return None
            case PouSymbol():
                return callee.pou
            case Method(symbol=symbol):
                return symbol.pou
            case _:
                assert isinstance(callee.type, BlockType)
                return self._here.shared.block_symbols[callee.type].pou

    def _result(self, node: CallFunction | None, callee: PouSymbol, call: tree.Call) -> Operand | None:
        if node is None:
            return None
        if node.type is None:
            self._findings.add(calls.NO_RESULT.at(call.span, name=callee.pou.name))
            return None
        return Typed(node, node.type)

    def statement(self, call: tree.Call) -> Statement | None:
        """A call that stands alone."""
        call = self._without_namespace(call)
        callee = self._expressions.members.method(call.callee) or self._callee(call)
        if callee is None:
            return None
        if isinstance(callee, str) and callee in TEST_FUNCTIONS:
            return Assertions(self._expressions).statement(callee, call)
        if isinstance(callee, str) and callee in ACTIONS:
            return self._standard.statement(callee, call)
        if isinstance(callee, str):
            if callee not in OBJECT_FUNCTIONS:
                self.arguments_only(call)
            self._findings.add(calls.NO_EFFECT.at(call.span, name=callee))
            return None
        taken = execution_control.take_out(self._expressions, call, self._pou_of(callee))
        if taken is None:
            return None
        rest, control = taken
        statement = self._statement(callee, rest)
        if not isinstance(callee, PouSymbol | Method):
            control = execution_control.remembered(self._here, control, callee, call.span)
        return statement if control is None or statement is None else control.around(statement)

    def _statement(self, callee: Method | Place | PouSymbol, call: tree.Call) -> Statement | None:
        match callee:
            case PouSymbol():
                node = self._function(callee, call)
            case Method(symbol=symbol) if symbol.kind is PouKind.ACTION and call.arguments:
                return self._action(callee, call)
            case Method(symbol=symbol):
                node = self._function(symbol, call, callee)
            case _:
                return self.of_block(callee, call)
        return Evaluate(node, call.span) if node is not None else None

    def arguments_only(self, call: tree.Call) -> None:
        """Look through the arguments of a call that has failed, for errors of their own."""
        for argument in call.arguments:
            if argument.value is not None:
                self._expressions.resolve(argument.value)

    # -------------------------------------------------------------------------------------------------------- callee

    def _without_namespace(self, call: tree.Call) -> tree.Call:
        callee = self._here.scope.without_namespace(call.callee)
        return call if callee is call.callee else tree.Call(callee, call.arguments, call.span)

    def _callee(self, call: tree.Call) -> Place | PouSymbol | str | None:
        """A place of block type, a FUNCTION, the name of a standard function, or None after a finding."""
        found = self._named_callee(call.callee) if isinstance(call.callee, tree.NameExpression) else None
        if found is None:
            place = self._expressions.places.resolve(call.callee)
            if place is not None and isinstance(place.type, BlockType):
                return place
            if place is not None:
                name = call.callee.span.text
                self._findings.add(calls.NOT_CALLABLE.at(call.callee.span, name=name, type=place.type))
        elif not isinstance(found, Failed):
            return found
        self.arguments_only(call)
        return None

    def _named_callee(self, callee: tree.NameExpression) -> PouSymbol | str | Failed | None:
        """What a simple name calls; None when it is a variable, or the one instance of a PROGRAM."""
        name, scope = callee.name, self._here.scope
        variable = scope.find_variable(name.key)
        symbol = scope.globals.find_pou(name.key)
        is_own_result = self._here.pou is not None and variable is self._here.pou.result
        is_instance = not isinstance(variable, Variable) or isinstance(variable.type, BlockType)
        is_function = symbol is not None or self._is_standard(name.key)
        if variable is not None and not is_own_result and (is_instance or not is_function):
            return variable if isinstance(variable, Failed) else None
        if symbol is not None:
            self._here.note(name.span, symbol)
        if symbol is None and self._is_standard(name.key):
            self._here.note(name.span, StandardFunction(name.key))
            return name.key if name.key in STANDARD_KEYS else self._here.shared.converter(name.key)
        if symbol is None and name.key in TEST_FUNCTIONS and self._here.in_test:
            self._here.note(name.span, StandardFunction(name.key))
            return name.key
        if symbol is None and name.key in BLOCKS:
            self._findings.add(calls.BLOCK_TYPE_CALLED.at(name.span, name=name.text))
        elif symbol is None:
            self._unknown(name)
        elif symbol.kind is PouKind.FUNCTION:
            self._here.check_name(name)
            return symbol
        elif symbol.kind is PouKind.FUNCTION_BLOCK:
            self._findings.add(calls.BLOCK_TYPE_CALLED.at(name.span, name=symbol.pou.name))
        elif self._here.shared.program_instance(symbol.pou) is not None:
            return None
        else:
            self._findings.add(calls.PROGRAM_CALLED.at(name.span, name=symbol.pou.name))
        return Failed()

    def _is_standard(self, key: str) -> bool:
        """Whether a function comes with the language and may be called here."""
        if key in OF_LIBRARY or key in FUNCTIONS:
            return self._here.in_library  # a program has the FUNCTIONS that it names in its own scope
        return key in STANDARD_KEYS

    def _unknown(self, name: tree.Name) -> None:
        scope = self._here.scope
        if name.key in scope.reported:
            return
        scope.reported.add(name.key)
        if name.key in NOT_YET:
            self._findings.add(calls.STANDARD_FUNCTION_LIMIT.at(name.span, name=name.key))
            return
        if name.key in TEST_FUNCTIONS:
            self._findings.add(ONLY_IN_TESTS.at(name.span, name=name.text))
            return
        meant = foreign_names.FUNCTIONS.get(name.key) or foreign_names.meant_conversion(name.key)
        if meant is not None:
            self._findings.add(calls.UNKNOWN_FUNCTION.at(name.span, name=name.text).meaning(meant))
            return
        functions = [s.pou.name for s in scope.globals.pous.values() if s.kind is PouKind.FUNCTION]
        blocks = [v.name for v in scope.variables.values() if isinstance(v, Variable) and isinstance(v.type, BlockType)]
        blocks += TEST_FUNCTIONS if self._here.in_test else ()
        known = [*functions, *blocks, *(name for name in (*STANDARD, *FUNCTIONS) if name not in OF_LIBRARY)]
        self._findings.add_near(calls.UNKNOWN_FUNCTION.at(name.span, name=name.text), name.text, known)

    # --------------------------------------------------------------------------------------------------------- nodes

    def start(
        self, symbol: PouSymbol, call: tree.Call, instance: Place, given: dict[Variable, ConstantExpression]
    ) -> CallFunction | None:
        """FB_Init of a new instance: what the declaration says, and `given` by the system. The rest has defaults."""
        binding = self.bind(symbol, call.arguments, call.span, is_function=False)
        inputs, outputs = self.inputs(binding), self.outputs(binding)
        self._here.calls.setdefault(symbol.pou, call.span)
        if inputs is None or outputs is None or not binding.complete or symbol.failed or not symbol.usable:
            return None
        written = {**given, **dict(inputs)}
        parameters = symbol.pou.of_kind(VarKind.INPUT)
        values = tuple(written.get(p) or _default(p, call.span) for p in parameters)
        order = tuple(parameters.index(p) for p, _ in inputs)
        result = symbol.pou.result.type if symbol.pou.result is not None else None
        return CallFunction(symbol.pou, values, order, (), outputs, result, call.span, instance)

    def _function(self, called: PouSymbol, call: tree.Call, method: Method | None = None) -> CallFunction | None:
        found = self._variant(called, call, method.dispatch if method is not None else None)
        if found is None:
            return None
        symbol, dispatch = found
        arguments = self._arguments(symbol, call, is_function=True)
        instance = method.instance if method is not None else None
        self._expressions.members.note_call(symbol, dispatch, call.callee.span)
        if arguments is None or not symbol.usable:
            return None
        parameters = symbol.pou.of_kind(VarKind.INPUT)
        given = dict(arguments.inputs)
        inputs = tuple(given.get(p) or _default(p, call.span) for p in parameters)
        order = tuple(parameters.index(p) for p, _ in arguments.inputs)
        result = symbol.pou.result
        type_ = result.type if result is not None else None
        return CallFunction(
            symbol.pou, inputs, order, arguments.in_outs, arguments.outputs, type_, call.span, instance, dispatch
        )

    def _variant(
        self, symbol: PouSymbol, call: tree.Call, dispatch: Dispatch | None
    ) -> tuple[PouSymbol, Dispatch | None] | None:
        """What is called, and what chooses it, for the arrays that are handed in."""
        made = variant(self._here, self._expressions, symbol, call)
        if made is None:
            return None
        if dispatch is not None and made is not symbol:
            dispatch = self._here.shared.dispatch_for(dispatch, made.scope.bounds)
        return made, dispatch

    def of_block(self, instance: Place, call: tree.Call) -> CallBlock | None:
        """A call of the block at `instance`."""
        assert isinstance(instance.type, BlockType)
        chosen = self._expressions.members.body_dispatch(instance, call.callee)
        found = self._variant(self._here.shared.block_symbols[instance.type], call, chosen)
        if found is None:
            return None
        symbol, dispatch = found
        arguments = self._arguments(symbol, call, is_function=False)
        self._expressions.members.note_call(symbol, dispatch, call.callee.span, instance)
        if arguments is None:
            return None
        inputs, in_outs, outputs = arguments.inputs, arguments.in_outs, arguments.outputs
        return CallBlock(instance, symbol.pou, inputs, in_outs, outputs, call.span, dispatch)

    def _action(self, action: Method, call: tree.Call) -> CallBlock | None:
        """`queue.Add(item := 5)`: the arguments are those of the block, and its action runs in place of its body."""
        instance = action.instance
        assert isinstance(instance.type, BlockType)
        block = self._here.shared.block_symbols[instance.type]
        arguments = self._arguments(block, call, is_function=False)
        self._expressions.members.note_call(action.symbol, action.dispatch, call.callee.span, instance)
        if arguments is None:
            return None
        given = dict(zip((v.key for v in block.pou.of_kind(VarKind.IN_OUT)), arguments.in_outs, strict=True))
        in_outs = tuple(given[variable.key] for variable in action.symbol.pou.of_kind(VarKind.IN_OUT))
        pou, inputs, outputs = action.symbol.pou, arguments.inputs, arguments.outputs
        return CallBlock(instance, pou, inputs, in_outs, outputs, call.span, action.dispatch)

    # ----------------------------------------------------------------------------------------------------- arguments

    def _arguments(self, symbol: PouSymbol, call: tree.Call, *, is_function: bool) -> _Arguments | None:
        if symbol.kind is PouKind.ACTION and not call.arguments:
            return self._handed_on(symbol, call)
        if symbol.failed:  # which argument belongs to which parameter cannot be known
            self.arguments_only(call)
            return None
        binding = self.bind(symbol, call.arguments, call.span, is_function=is_function)
        inputs = self.inputs(binding)
        in_outs = [self._in_out(variable, argument) for variable, argument in binding.in_outs.items()]
        outputs = self.outputs(binding)
        if inputs is None or outputs is None or not binding.complete:
            return None
        by_parameter = dict(zip(binding.in_outs, in_outs, strict=True))
        places = [by_parameter[variable] for variable in symbol.pou.of_kind(VarKind.IN_OUT)]
        if any(place is None for place in places):
            return None
        return _Arguments(inputs, tuple(place for place in places if place is not None), outputs)

    def _handed_on(self, action: PouSymbol, call: tree.Call) -> _Arguments | None:
        """What exists only while the body of the block runs goes to its actions under its own name."""
        places: list[Place] = []
        for variable in action.pou.of_kind(VarKind.IN_OUT):
            own = self._here.scope.variables.get(variable.key)
            if not isinstance(own, Variable) or not self._is_of(action, own):
                self._findings.add(classes.OUTSIDE_METHOD.at(call.span, name=variable.name))
                return None
            places.append(VariablePlace(own, call.span))
            self._here.note_write(places[-1])
        return _Arguments((), tuple(places), ())

    def _is_of(self, action: PouSymbol, own: Variable) -> bool:
        """Whether the block of `action` means `own` by its name: that block is running, or one that extends it."""
        owner, block = action.owner, self._expressions.members.block
        if owner is None:
            return False
        is_same = block is not None and block.pou.instance is owner.pou.instance
        return is_same or own in owner.pou.variables

    def bind(
        self, symbol: PouSymbol, arguments: tuple[tree.Argument, ...], span: Span, *, is_function: bool
    ) -> Binding:
        """Give every argument its parameter."""
        pou, binding = symbol.pou, Binding()
        positional = _in_order(pou, arguments)
        by_key = {v.key: v for v in pou.variables if v.kind in (*_PASSED_IN, VarKind.OUTPUT)}
        taken: dict[Variable, tree.Argument] = {}
        named = is_out_of_order = False
        for number, argument in enumerate(arguments):
            if argument.name is None and is_out_of_order:
                self._findings.add(calls.POSITION_AFTER_NAME.at(argument.span))
                binding.complete = False
            elif argument.name is None and number >= len(positional):
                self._wrong_count(pou, len(arguments), positional, span)
                binding.complete = False
                break
            named = named or argument.name is not None
            at_place = positional[number] if number < len(positional) else None
            parameter = _named(pou, argument.name, by_key) if argument.name is not None else at_place
            is_out_of_order = is_out_of_order or parameter is not at_place
            if parameter is None or not self._may_take(pou, parameter, argument, taken):
                if parameter is None and argument.name is not None:
                    self._unknown_parameter(pou, argument.name, by_key)
                binding.complete = False
                if argument.value is not None:
                    self._expressions.resolve(argument.value)
                continue
            taken[parameter] = argument
            if argument.name is not None and argument.name.span != argument.span:  # else nobody wrote it: `starting`
                self._here.note(argument.name.span, parameter)
            self._sort_in(binding, parameter, argument)
        if named and self._findings.is_strict and any(argument.name is None for argument in arguments):
            self._findings.add(
                expressions.EXTENSION.at(span, what="a call with some arguments by name and some without")
            )
        if binding.complete:
            check_inputs = is_function and bool(arguments) and not named
            self._check_missing(symbol, binding, taken, positional, span, check_inputs=check_inputs)
        return binding

    @staticmethod
    def _sort_in(binding: Binding, parameter: Variable, argument: tree.Argument) -> None:
        if parameter.kind is VarKind.IN_OUT:
            binding.in_outs[parameter] = argument
        elif argument.value is not None:  # `name :=` and `name =>` with nothing behind leave the parameter alone
            target = binding.outputs if parameter.kind is VarKind.OUTPUT else binding.inputs
            target.append((parameter, argument))

    def _may_take(
        self, pou: Pou, parameter: Variable, argument: tree.Argument, taken: dict[Variable, tree.Argument]
    ) -> bool:
        if parameter in taken:
            finding = calls.ARGUMENT_TWICE.at(argument.span, name=parameter.name)
            self._findings.add(finding.also(taken[parameter].span, "first given here"))
            return False
        if argument.name is not None and argument.output is not (parameter.kind is VarKind.OUTPUT):
            right, wrong = ("=>", ":=") if parameter.kind is VarKind.OUTPUT else (":=", "=>")
            finding = calls.ARGUMENT_DIRECTION.at(
                argument.span, name=parameter.name, pou=pou.name, section=parameter.kind.value, right=right, wrong=wrong
            )
            self._findings.add(finding.also(parameter.span, "declared here"))
            return False
        return True

    def _check_missing(
        self,
        symbol: PouSymbol,
        binding: Binding,
        taken: dict[Variable, tree.Argument],
        positional: list[Variable],
        span: Span,
        *,
        check_inputs: bool,
    ) -> None:
        """A VAR_IN_OUT must be given. A FUNCTION called by position needs all its inputs; by name, or with none at all,
        they have defaults.
        """
        for variable in symbol.pou.of_kind(VarKind.IN_OUT):
            argument = taken.get(variable)
            if argument is None or argument.value is None:
                finding = calls.MISSING_IN_OUT.at(span, name=variable.name, pou=symbol.pou.name)
                self._findings.add(finding.also(variable.span, "declared here"))
                binding.complete = False
        needed = [v for v in positional if v.kind in _PASSED_IN and v not in symbol.optional]
        if binding.complete and check_inputs and any(v not in taken for v in needed):
            self._wrong_count(symbol.pou, len(taken), positional, span)
            binding.complete = False

    def _wrong_count(self, pou: Pou, given: int, positional: list[Variable], span: Span) -> None:
        parameters = ", ".join(f"{v.name} : {v.type}" for v in positional) or "none"
        finding = calls.ARGUMENT_COUNT.at(
            span, name=pou.name, given=given, wanted=counted(len(positional), "parameter"), parameters=parameters
        )
        self._findings.add(finding.also(pou.span, f"{pou.name} is declared here"))

    def _unknown_parameter(self, pou: Pou, name: tree.Name, by_key: dict[str, Variable]) -> None:
        names = [v.name for v in by_key.values()]
        finding = calls.UNKNOWN_PARAMETER.at(name.span, name=name.text, pou=pou.name, known=listed(names))
        self._findings.add_near(finding, name.text, names)

    def inputs(self, binding: Binding) -> tuple[tuple[Variable, Expression], ...] | None:
        """The values of the inputs, in the order written; None when one has failed."""
        typed: list[tuple[Variable, Expression]] = []
        for variable, argument in binding.inputs:
            assert argument.value is not None
            if isinstance(variable.type, BlockType):
                value = self._copied(argument.value, variable.type)
            elif variable.takes:
                value = any_inputs.handed_over(self._expressions, argument.value, variable)
            else:
                value = self._expressions.value(argument.value, variable.type)
            if value is not None:
                typed.append((variable, value))
        return tuple(typed) if len(typed) == len(binding.inputs) else None

    def _copied(self, argument: tree.Expression, block: BlockType) -> Expression | None:
        """An instance as an input is a copy. One that may be of a derived type cannot be cut down to its base."""
        place = self._expressions.places.resolve(argument)
        if place is None:
            return None
        if place.type is block and is_exact(place):
            return Load(place, argument.span)
        return coerce(self._findings, Typed(Load(place, argument.span), place.type), block)

    def _in_out(self, variable: Variable, argument: tree.Argument) -> Place | None:
        if argument.value is None:
            return None
        place = self._expressions.places.resolve(argument.value)
        if place is None or not (variable.constant or self._expressions.places.check_writable(place)):
            return None
        if is_bit(place):
            self._findings.add(calls.IN_OUT_BIT.at(argument.span, name=variable.name))
            return None
        if not holds(place.type, variable.type):
            finding = calls.IN_OUT_TYPE.at(argument.span, name=variable.name, wanted=variable.type, given=place.type)
            self._findings.add(finding.also(variable.span, "declared here"))
            return None
        return place

    def outputs(self, binding: Binding) -> tuple[OutputBinding, ...] | None:
        """Where the outputs go, in the order written; None when one has failed."""
        typed = [self._output(variable, argument) for variable, argument in binding.outputs]
        found = tuple(output for output in typed if output is not None)
        return found if len(found) == len(typed) else None

    def _output(self, variable: Variable, argument: tree.Argument) -> OutputBinding | None:
        assert argument.value is not None
        if isinstance(argument.value, tree.LinkValue):
            self._expressions.here.begin_link(argument.value.name, variable.type)
        place = self._expressions.places.resolve(argument.value)
        if place is None or not self._expressions.places.check_writable(place):
            return None
        if argument.negated and variable.type != BOOL:
            finding = expressions.OPERATOR_TYPES.at(
                argument.span, operator="NOT", operands=variable.type, remedy="only a BOOL output can be negated"
            )
            self._findings.add(finding)
            return None
        output = Load(VariablePlace(variable, argument.span), argument.span)
        value = coerce(self._findings, Typed(output, variable.type), place.type)
        if value is None:
            return None
        chain: list[tuple[ConversionKind, Type]] = []
        while isinstance(value, Convert):
            chain.append((value.kind, value.type))
            value = value.operand
        return OutputBinding(variable, place, tuple(reversed(chain)), argument.negated, argument.span)


def holds(given: Type, wanted: Type) -> bool:
    """Whether a variable of the one type can be taken for one of the other: the same type, or a longer string."""
    if isinstance(given, StringType) and isinstance(wanted, StringType):
        return given.wide is wanted.wide and given.length >= wanted.length
    return may_be_taken_for(given, wanted)


_PASSED_IN = (VarKind.INPUT, VarKind.IN_OUT)


def _named(pou: Pou, name: tree.Name, by_key: dict[str, Variable]) -> Variable | None:
    return by_key.get(name.key) or by_key.get(pou.instance.key_of(name.key) if pou.instance is not None else "")


def _in_order(pou: Pou, arguments: tuple[tree.Argument, ...]) -> list[Variable]:
    """What arguments without names stand for: inputs and VAR_IN_OUT, or all parameters where they are more than these.

    The standard lists all parameters, outputs too. Programs of the CODESYS family leave the outputs out.
    """
    outside = (*(execution_control.declared(pou) or ()), pou.result)
    taken = [v for v in pou.variables if v.kind in (*_PASSED_IN, VarKind.OUTPUT) and v not in outside]
    passed_in = [v for v in taken if v.kind in _PASSED_IN]
    return taken if takes_outputs(arguments, len(passed_in)) else passed_in


def _default(parameter: Variable, span: Span) -> ConstantExpression:
    assert parameter.initial is not None
    return ConstantExpression(parameter.initial, parameter.type, span)
