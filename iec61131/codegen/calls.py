"""Calls: what a POU looks like as a function, and how callers hand over arguments and take results back.

A FUNCTION_BLOCK or PROGRAM is `i32 body(memory, instance, in-outs…)`; its inputs and outputs lie in the instance. A
FUNCTION is `{i32, scalars…} f(memory, inputs…, in-outs…, aggregates…)`: it returns the fault code, its result and its
outputs in registers as far as they are scalars; for those that are not, the caller passes memory to write them to. An
aggregate input is a pointer to a copy that is the callee's own.

When a callee returns a fault, the caller adds its call site to the path and returns the same code.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from iec61131.codegen import dispatch, expressions, faults, heap, llvm, memory, places
from iec61131.codegen.body import Address, Body
from iec61131.codegen.llvm import Function, IrType, Value
from iec61131.codegen.types_ir import elementary, register_type, scalar
from iec61131.codegen.uses import finding_changes
from iec61131.program import FaultCode
from iec61131.semantics.model import (
    CallBlock,
    CallFunction,
    Dispatch,
    Expression,
    HeapCall,
    InstanceMemberPlace,
    IntrinsicCall,
    OutputBinding,
    Place,
    Pou,
    Variable,
)
from iec61131.semantics.types import Type
from iec61131.source import Span
from iec61131.syntax.tree import VarKind


class Signature(Struct, frozen=True):
    """The variables that pass between a POU and its callers, in the order in which they do. Of a block only the
    in-outs.
    """

    inputs: tuple[Variable, ...]
    in_outs: tuple[Variable, ...]
    returned: tuple[Variable, ...]  # scalars: result, then outputs
    written: tuple[Variable, ...]  # aggregates: result, then outputs
    has_instance: bool

    @property
    def result_type(self) -> IrType:
        parts = [register_type(elementary(variable.type)) for variable in self.returned]
        return llvm.literal_struct([llvm.I32, *parts]) if parts else llvm.I32

    @property
    def parameter_types(self) -> list[IrType]:
        pointers = 1 + self.has_instance
        after = len(self.in_outs) + len(self.written)
        return [llvm.POINTER] * pointers + [_parameter_type(v.type) for v in self.inputs] + [llvm.POINTER] * after


def signature(pou: Pou) -> Signature:
    in_outs = tuple(pou.of_kind(VarKind.IN_OUT))
    if pou.is_block:
        return Signature((), in_outs, (), (), True)
    results = [*([pou.result] if pou.result else []), *pou.of_kind(VarKind.OUTPUT)]
    return Signature(
        tuple(pou.of_kind(VarKind.INPUT)),
        in_outs,
        tuple(v for v in results if scalar(v.type)),
        tuple(v for v in results if not scalar(v.type)),
        pou.instance is not None,
    )


def _parameter_type(type_: Type) -> IrType:
    kept = scalar(type_)
    return register_type(kept) if kept else llvm.POINTER


# ------------------------------------------------------------------------------------------------------------ functions


def call_function(body: Body, node: CallFunction) -> Value | None:
    """The value of the call; None for a function without result."""
    shape = signature(node.function)
    instance = [places.locate(body, node.instance).pointer] if node.instance is not None else []
    inputs = _inputs(body, node)
    in_outs = [_reference(body, place) for place in node.in_outs]
    written = {variable: body.temporary(variable.type.size, variable.name) for variable in shape.written}
    arguments = [body.memory, *instance, *inputs, *in_outs, *written.values()]
    answer = _run(body, node.function, arguments, node.span, node.dispatch)
    results = dict(written)
    for position, variable in enumerate(shape.returned, start=1):
        results[variable] = body.builder.extract_value(answer, position)
    for binding in node.outputs:
        _store_output(body, binding, results[binding.output])
    return results[node.function.result] if node.function.result is not None else None


def evaluate_and_drop(body: Body, node: CallFunction | IntrinsicCall | HeapCall) -> None:
    """A call as a statement. An intrinsic has no effect, but its operands can."""
    if isinstance(node, CallFunction):
        call_function(body, node)
    elif isinstance(node, HeapCall):
        heap.call(body, node)
    else:
        expressions.evaluate(body, node)


def _inputs(body: Body, node: CallFunction) -> list[Value]:
    """Those that the caller wrote in the order written, then the defaults, which are constants."""
    order = [*node.order, *(i for i in range(len(node.inputs)) if i not in node.order)]
    values = {position: _input(body, node.inputs[position]) for position in order}
    return [values[position] for position in range(len(node.inputs))]


def _input(body: Body, node: Expression) -> Value:
    value = expressions.evaluate(body, node)
    if scalar(node.type):
        return value
    assert node.type is not None, "a function without result is no argument"
    return memory.snapshot(body, value, node.type, "argument")


def _reference(body: Body, place: Place) -> Value:
    address = places.locate(body, place)
    assert address.container is None, "a bit cannot be handed out by reference"
    return address.pointer


# --------------------------------------------------------------------------------------------------------------- blocks


def call_block(body: Body, node: CallBlock) -> None:
    instance = places.locate(body, node.instance).pointer
    run_block(body, node.instance, instance, node)


def run_block(body: Body, place: Place, instance: Value, node: CallBlock) -> None:
    """Store the inputs, run the body, take the outputs. `instance` is where `place` lies."""
    for variable, value in node.inputs:
        stored = expressions.evaluate(body, value)
        memory.store(body, _member(body, place, instance, variable), stored)
    in_outs = [_reference(body, handed) for handed in node.in_outs]
    _run(body, node.block, [body.memory, instance, *in_outs], node.span, node.dispatch)
    for binding in node.outputs:
        output = memory.load(body, _member(body, place, instance, binding.output))
        _store_output(body, binding, output)


def _member(body: Body, place: Place, instance: Value, variable: Variable) -> Address:
    """A member of the instance at `place`, which is found already."""
    parts = body.unit.reach.parts(InstanceMemberPlace(place, variable, variable.span))
    tag = body.unit.tags.of(parts) if scalar(variable.type) else None
    return Address(body.at(instance, variable.offset, variable.name), variable.type, tag)


# --------------------------------------------------------------------------------------------------------------- common


def _run(body: Body, pou: Pou, arguments: Sequence[Value], call: Span, dispatched: Dispatch | None = None) -> Value:
    """Enter and leave the function of `pou`; leave this body when it faults. The answer as it returns it."""
    targets = list(dispatched.targets.values()) if dispatched is not None else [pou]
    footprint = body.unit.reach.footprint(targets)
    if body.budget is not None and footprint.loops:
        body.write_header("loop_budget", body.builder.load(body.budget, "", typ=llvm.I64))
    is_recursive = any(target.recursive for target in targets)
    stack_bytes = max((target.stack_bytes for target in targets), default=0)
    if is_recursive and stack_bytes:
        _check_stack(body, stack_bytes, call)
    depth = _count_activation(body, call) if is_recursive else None
    answer = body.builder.call(_function(body, pou, dispatched), arguments)
    if depth is not None:
        body.write_header("depth", depth)
    if body.budget is not None and footprint.loops:
        body.builder.store(body.read_header("loop_budget"), body.budget)
    if footprint.faults or dispatched is not None:
        code = body.builder.extract_value(answer, 0) if signature(pou).returned else answer
        if dispatched is not None:
            fine = body.builder.icmp_unsigned("!=", code, llvm.constant(llvm.I32, dispatch.UNKNOWN_TAG))
            faults.check(body, fine, FaultCode.NULL_REFERENCE, call)
        faults.leave_if_faulted(body, code, call)
    return answer


def _function(body: Body, pou: Pou, dispatched: Dispatch | None) -> Function:
    return body.unit.functions[pou] if dispatched is None else dispatch.function_of(body.unit, dispatched, pou)


def _check_stack(body: Body, size: int, call: Span) -> None:
    """Whether there is room for one more activation. What cannot reach itself was counted beforehand."""
    used = body.builder.add(body.read_header("stack_used"), llvm.constant(llvm.I64, size))
    fine = body.builder.icmp_signed("<=", used, llvm.constant(llvm.I64, body.unit.common.stack.size))
    faults.check(body, fine, FaultCode.RECURSION_DEPTH, call)


def _count_activation(body: Body, call: Span) -> Value:
    """One activation more, if the limit allows; the depth as it was."""
    before = body.read_header("depth")
    depth = body.builder.add(before, llvm.constant(llvm.I32, 1))
    fine = body.builder.icmp_signed("<=", depth, body.read_header("depth_limit"))
    faults.check(body, fine, FaultCode.RECURSION_DEPTH, call)
    body.write_header("depth", depth)
    return before


def _store_output(body: Body, binding: OutputBinding, value: Value) -> None:
    type_ = binding.output.type
    if binding.negated:
        value = body.builder.not_(value)
    for kind, target in binding.chain:
        value = expressions.convert(body, value, type_, kind, target, binding.span)
        type_ = target
    store_at(body, binding.place, value)


def store_at(body: Body, place: Place, value: Value) -> None:
    """Find `place`, then store. An aggregate that a function in the place's indices could change is copied first."""
    if scalar(place.type) is None and finding_changes(place):
        value = memory.snapshot(body, value, place.type, "value")
    memory.store(body, places.locate(body, place), value)
