"""Faults: checks that leave a body, and the two runtime functions that write the fault and its call path to the header.

A check costs one compare and one branch that is never taken; what follows the branch is out of the way, in cold code.
"""

from __future__ import annotations

from iec61131.codegen import llvm
from iec61131.codegen.body import HEADER_FIELDS, Body
from iec61131.codegen.llvm import Function, Module, Value
from iec61131.program import CALL_PATH_LENGTH, FaultCode
from iec61131.source import Span

_UNLIKELY = (1, 4000)


def check(body: Body, fine: Value, code: FaultCode, span: Span) -> None:
    """Go on when `fine` is true, else leave the body with `code`, recorded at `span`."""
    proceed, failed = body.block(f"{code.name.lower()}.no"), body.block(f"{code.name.lower()}")
    body.builder.cbranch(fine, proceed, failed).set_weights(_UNLIKELY[::-1])
    body.enter(failed)
    raise_fault(body, code, span)
    body.enter(proceed)


def raise_fault(body: Body, code: FaultCode, span: Span) -> None:
    """Leave the body with `code`, recorded at `span`. Ends the block."""
    site = body.unit.sites.number(span, body.owner)
    arguments = [body.memory, llvm.constant(llvm.I32, code), llvm.constant(llvm.I32, site)]
    body.return_with(body.builder.call(_runtime(body, "rung.fault"), arguments))


def leave_if_faulted(body: Body, code: Value, call: Span) -> None:
    """After a call at `call`: when it returned a fault, add the call to the path and return the same code."""
    proceed, failed = body.block("returned"), body.block("faulted")
    fine = body.builder.icmp_unsigned("==", code, llvm.constant(llvm.I32, 0))
    body.builder.cbranch(fine, proceed, failed).set_weights(_UNLIKELY[::-1])
    body.enter(failed)
    site = llvm.constant(llvm.I32, body.unit.sites.number(call, body.owner))
    body.builder.call(_runtime(body, "rung.called_from"), [body.memory, site])
    body.return_with(code)
    body.enter(proceed)


def _runtime(body: Body, name: str) -> Function:
    existing = body.unit.runtime.get(name)
    if existing is None:
        existing = body.unit.runtime[name] = _RUNTIME[name](body.unit.module)
    return existing


def _cold(function: Function) -> Function:
    """`preserve_mostcc`: the callee saves all registers, so that the healthy path of a caller saves none on account
    of a fault.
    """
    function.linkage, function.calling_convention = "internal", "preserve_mostcc"
    for attribute in ("cold", "noinline", "nounwind"):
        function.attributes.add(attribute)
    return function


def _field(build: llvm.Builder, memory: Value, name: str) -> Value:
    return build.gep(memory, [llvm.constant(llvm.I64, HEADER_FIELDS[name].offset)], True, name, llvm.I8)


def _define_fault(module: Module) -> Function:
    """Record where and why; the call path starts empty. Returns the code."""
    function = _cold(llvm.new_function(module, "rung.fault", llvm.I32, [llvm.POINTER, llvm.I32, llvm.I32]))
    memory, code, site = function.args
    memory.name, code.name, site.name = "memory", "code", "site"
    build = llvm.new_builder(function.append_basic_block("entry"))
    build.store(code, _field(build, memory, "fault_code"))
    build.store(site, _field(build, memory, "fault_site"))
    build.store(llvm.constant(llvm.I32, 0), _field(build, memory, "call_depth"))
    build.ret(code)
    return function


def _define_called_from(module: Module) -> Function:
    """Append a call site while there is room: innermost calls come first, and they tell most."""
    function = _cold(llvm.new_function(module, "rung.called_from", llvm.I32, [llvm.POINTER, llvm.I32]))
    memory, site = function.args
    memory.name, site.name = "memory", "site"
    entry, room, end = (function.append_basic_block(name) for name in ("entry", "room", "end"))
    build = llvm.new_builder(entry)
    counter = _field(build, memory, "call_depth")
    depth = build.load(counter, "depth", typ=llvm.I32)
    build.cbranch(build.icmp_signed("<", depth, llvm.constant(llvm.I32, CALL_PATH_LENGTH)), room, end)
    build.position_at_end(room)
    path = _field(build, memory, "call_path")
    build.store(site, build.gep(path, [build.zext(depth, llvm.I64)], True, "entry", llvm.I32))
    build.store(build.add(depth, llvm.constant(llvm.I32, 1)), counter)
    build.branch(end)
    build.position_at_end(end)
    build.ret(llvm.constant(llvm.I32, 0))
    return function


_RUNTIME = {"rung.fault": _define_fault, "rung.called_from": _define_called_from}
