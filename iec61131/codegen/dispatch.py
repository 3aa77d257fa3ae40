"""Calls whose target the instance decides: one function for each `Dispatch`, a switch over the tag of the instance.

The whole program is known, so every target is a direct call in an arm of the switch: LLVM can inline it, and there is
no table of pointers that somebody could damage. The function looks like its targets, so callers see no difference.
"""

from __future__ import annotations

from iec61131.codegen import calls, llvm
from iec61131.codegen.body import Unit
from iec61131.codegen.llvm import Block, Function, Value
from iec61131.semantics.model import Dispatch, Pou

UNKNOWN_TAG = -1
"""What a dispatcher returns in place of a fault code when the instance is none that it knows."""


def function_of(unit: Unit, dispatch: Dispatch, like: Pou) -> Function:
    """The function that carries out `dispatch`. It returns UNKNOWN_TAG where no target has the tag: the caller knows
    the place of the fault.
    """
    existing = unit.dispatchers.get(dispatch)
    if existing is None:
        existing = unit.dispatchers[dispatch] = _define(unit, dispatch, like)
    return existing


def _define(unit: Unit, dispatch: Dispatch, like: Pou) -> Function:
    shape = calls.signature(like)
    name = unit.module.get_unique_name(f"dispatch.{dispatch.name}")
    result = shape.result_type
    function = llvm.new_function(unit.module, name, result, shape.parameter_types)
    function.linkage, function.calling_convention = "internal", "fastcc"
    function.attributes.add("nounwind")
    entry, unknown = function.append_basic_block("entry"), function.append_basic_block("unknown")
    build = llvm.new_builder(entry)
    tag = build.load(function.args[1], "tag", 1, typ=llvm.I32)
    switch = build.switch(tag, unknown)
    arms: dict[Pou, Block] = {}
    for number, target in dispatch.targets.items():
        if target not in arms:
            arms[target] = function.append_basic_block(target.name)
            build.position_at_end(arms[target])
            build.ret(build.call(unit.functions[target], list(function.args)))
        switch.add_case(llvm.constant(llvm.I32, number), arms[target])
    build.position_at_end(unknown)
    build.ret(_answer(build, result))
    return function


def _answer(build: llvm.Builder, result: llvm.IrType) -> Value:
    code = llvm.constant(llvm.I32, UNKNOWN_TAG)
    return code if result == llvm.I32 else build.insert_value(llvm.undefined(result), code, 0)
