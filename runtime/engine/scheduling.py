"""The priority of the calling thread, for numba functions.

Where one scan thread follows another, neither may run Python at the priority of the scan: the interpreter would take a
part of a millisecond from the processor that the scan needs. So the next one rises and the former one falls without it.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_INT32 = ir.IntType(32)
_ORDINARY, _FIFO = 0, 1  # SCHED_OTHER, SCHED_FIFO of Linux


@intrinsic
def _sched_setscheduler(typingctx: Any, policy: Any, priority: Any) -> Any:
    """Of the calling thread; 0 or -1. The one parameter is a structure that holds the priority alone."""

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        function_type = ir.FunctionType(_INT32, [_INT32, _INT32, _INT32.as_pointer()])
        module = builder.module
        name = "sched_setscheduler"
        function = module.globals[name] if name in module.globals else ir.Function(module, function_type, name)
        with builder.goto_entry_block():
            parameter = builder.alloca(_INT32)
        builder.store(builder.trunc(args[1], _INT32), parameter)
        return builder.call(function, [_INT32(0), builder.trunc(args[0], _INT32), parameter])

    return types.int32(types.int64, types.int64), codegen


@njit(nogil=True, cache=True)
def rise(priority: int) -> None:
    """SCHED_FIFO with this priority; 0 leaves all as it is. Whoever calls has found out whether that is permitted."""
    if priority > 0:
        _sched_setscheduler(_FIFO, priority)


@njit(nogil=True, cache=True)
def fall() -> None:
    """An ordinary thread again."""
    _sched_setscheduler(_ORDINARY, 0)
