"""POUs and tasks as functions.

All functions of one module are declared before the first is defined, so that they can call each other. LLVM decides
which to inline; tasks are what the outside calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from iec61131.codegen import calls, llvm, memory, places, regions, statements
from iec61131.codegen.body import Body, Unit
from iec61131.codegen.calls import Signature
from iec61131.codegen.llvm import Function, Value
from iec61131.codegen.sites import Owner
from iec61131.codegen.types_ir import constant_bytes, scalar, scalar_constant
from iec61131.semantics.model import CallBlock, Pou, Storage, Task, Variable, VariablePlace
from iec61131.syntax.tree import PouKind

_TASK = Signature((), (), (), (), False)
_PREFIX = {
    PouKind.PROGRAM: "program",
    PouKind.FUNCTION_BLOCK: "block",
    PouKind.CLASS: "class",
    PouKind.FUNCTION: "function",
    PouKind.METHOD: "method",
    PouKind.ACTION: "action",
}


def symbols(pous: Iterable[Pou]) -> dict[Pou, str]:
    """The names of their functions; variants of one POU are numbered."""
    found: dict[Pou, str] = {}
    times: Counter[str] = Counter()
    for pou in pous:
        name = f"{_PREFIX[pou.kind]}.{pou.name}"
        times[name] += 1
        found[pou] = name if times[name] == 1 else f"{name}.{times[name]}"
    return found


def declare(unit: Unit, pou: Pou, *, is_own: bool, is_copy: bool) -> None:
    """`is_own`: the unit defines it; `is_copy`: it defines it for itself alone."""
    shape, restricted = calls.signature(pou), unit.common.restricted
    function = llvm.new_function(unit.module, unit.common.symbols[pou], shape.result_type, shape.parameter_types)
    function.calling_convention = "fastcc"
    if is_own and pou not in unit.common.shared:
        function.linkage = "internal"
    if is_copy:
        function.linkage = "available_externally"
    function.attributes.add("nounwind")
    if pou in restricted.not_inlined or pou in restricted.not_optimised:
        function.attributes.add("noinline")
    if pou in restricted.not_optimised:
        function.attributes.add("optnone")
    _describe_memory(unit, function.args[0])
    rest = list(function.args[1:])
    if pou.instance is not None:
        _describe_pointer(rest.pop(0), "instance", pou.instance.size)
    for variable in (*shape.inputs, *shape.in_outs, *shape.written):
        argument = rest.pop(0)
        if scalar(variable.type) and variable in shape.inputs:
            argument.name = variable.name
            continue
        _describe_pointer(argument, variable.name, variable.type.size)
        if variable not in shape.in_outs:
            argument.add_attribute("noalias")  # a copy or a result, in the caller's frame, for this call alone
    unit.functions[pou] = function


def define(unit: Unit, pou: Pou) -> int:
    """Lower the body of `pou`. The bytes of its native frame, as far as variables and temporaries go."""
    function, shape = unit.functions[pou], calls.signature(pou)
    body = _open(unit, Owner(pou.name), function, has_instance=pou.instance is not None)
    arguments = function.args[1 + shape.has_instance :]
    given = dict(zip((*shape.inputs, *shape.in_outs, *shape.written), arguments, strict=True))
    handed = {place.variable for _, place in unit.reach.uses[pou].handed if isinstance(place, VariablePlace)}
    stack = _take_stack(body, pou) if pou.stack_bytes else None
    for variable in pou.variables:
        if variable.storage is Storage.REFERENCE:
            body.frame[variable] = given[variable]
        elif variable.storage is Storage.STACK:
            assert stack is not None
            body.frame[variable] = body.at(stack, variable.offset, variable.name)
            _fill_stack(body, variable, given.get(variable) if variable in shape.inputs else None)
        elif variable.storage is Storage.FRAME:
            _set_up(body, variable, given.get(variable), variable in shape.inputs, variable in handed)
    regions.around_body(body, pou, lambda: statements.lower(body, pou.body))
    _close(body, shape, pou, given)
    return body.frame_bytes


def _set_up(body: Body, variable: Variable, given: Value | None, is_input: bool, is_handed: bool) -> None:
    """Frame variables begin each call anew: inputs with their argument, all others with their initial value.

    A scalar lives in a register, unless its address is handed out.
    """
    if scalar(variable.type) is None:
        place = body.frame[variable] = given if given is not None else body.storage(variable.type, variable.name)
        if not is_input:
            memory.fill(body, place, constant_bytes(variable.initial, variable.type))
        return
    if is_handed:
        body.frame[variable] = body.storage(variable.type, variable.name)
    else:
        body.registers[variable] = memory.slot(body, variable.type, variable.name)
    initial = given if is_input and given is not None else scalar_constant(variable.initial, variable.type)
    memory.store(body, places.locate(body, VariablePlace(variable, variable.span)), initial)


def _take_stack(body: Body, pou: Pou) -> Value:
    """This activation's part of the section `stack`."""
    used = body.read_header("stack_used")
    body.write_header("stack_used", body.builder.add(used, llvm.constant(llvm.I64, pou.stack_bytes)))
    start = body.at(body.memory, body.unit.common.stack.offset, "stack")
    return body.builder.gep(start, [used], True, "stack.part", llvm.I8)


def _give_back_stack(body: Body, pou_bytes: int) -> None:
    used = body.builder.sub(body.read_header("stack_used"), llvm.constant(llvm.I64, pou_bytes))
    body.write_header("stack_used", used)


def _fill_stack(body: Body, variable: Variable, given: Value | None) -> None:
    """The argument, or the initial value."""
    place = body.frame[variable]
    if scalar(variable.type) is None:
        if given is None:
            memory.fill(body, place, constant_bytes(variable.initial, variable.type))
        else:
            memory.copy(body, place, given, variable.type)
        return
    value = scalar_constant(variable.initial, variable.type) if given is None else given
    memory.store(body, places.locate(body, VariablePlace(variable, variable.span)), value)


def define_task(unit: Unit, task: Task, symbol: str) -> int:
    """The entry point of a task: its programs in order, each with its inputs before and its outputs after."""
    function = llvm.new_function(unit.module, symbol, llvm.I32, [llvm.POINTER])
    function.attributes.add("nounwind")
    _describe_memory(unit, function.args[0])
    body = _open(unit, Owner(task.name, is_task=True), function, has_instance=False)
    for run in task.programs:
        place = VariablePlace(run.variable, run.span)
        instance = body.at(body.memory, run.variable.offset, run.variable.name)
        node = CallBlock(place, run.program, run.inputs, (), run.outputs, run.span)
        calls.run_block(body, place, instance, node)
    _close(body, _TASK, None, {})
    return body.frame_bytes


def _open(unit: Unit, owner: Owner, function: Function, has_instance: bool) -> Body:
    entry, start, leave = (llvm.new_block(function, block) for block in ("entry", "start", "leave"))
    allocas, builder = llvm.new_builder(entry), llvm.new_builder(start)
    llvm.append(function, entry)
    code = allocas.alloca(llvm.I32, None, "code")
    code.type = llvm.POINTER
    memory_, instance = function.args[0], function.args[1] if has_instance else None
    body = Body(unit, owner, function, memory_, instance, builder, allocas, code, leave, start)
    body.enter(start)
    builder.store(llvm.constant(llvm.I32, 0), code)
    return body


def _close(body: Body, shape: Signature, pou: Pou | None, given: Mapping[Variable, Value]) -> None:
    """The one way out, which every RETURN and every fault takes."""
    body.go_to(body.leave)
    body.allocas.branch(body.start)
    body.enter(body.leave)
    for variable in shape.written:
        if variable.storage is Storage.STACK:
            memory.copy(body, given[variable], body.frame[variable], variable.type)
    if pou is not None and pou.stack_bytes:
        _give_back_stack(body, pou.stack_bytes)
    code = body.builder.load(body.code, "", typ=llvm.I32)
    if not shape.returned:
        body.builder.ret(code)
        return
    answer = body.builder.insert_value(llvm.undefined(shape.result_type), code, 0)
    for position, variable in enumerate(shape.returned, start=1):
        value = memory.load(body, places.locate(body, VariablePlace(variable, variable.span)))
        answer = body.builder.insert_value(answer, value, position)
    body.builder.ret(answer)


def _describe_memory(unit: Unit, argument: Any) -> None:
    """A power of two, so that few changes of a program change the declarations of all its functions."""
    _describe_pointer(argument, "memory", 1 << (unit.common.memory_bytes.bit_length() - 1))


def _describe_pointer(argument: Any, name: str, size: int) -> None:
    """Nobody keeps a pointer beyond the call, and the bytes behind it exist: LLVM may load them before it knows that
    they are needed.
    """
    argument.name = name
    argument.attributes.dereferenceable = size
    for attribute in ("nonnull", "noundef", "captures(none)"):
        argument.add_attribute(attribute)
