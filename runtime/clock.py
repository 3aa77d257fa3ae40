"""The only reader of real time.

Everything else is handed `now_ns`. One clock is used throughout, CLOCK_MONOTONIC: deadlines of the scan, ages of
inputs, timers of programs. `UTC` is asked only where people or OPC UA clients read a time of day, through
`utc_offset_ns`.

`now_ns` and `sleep_until_ns` also work inside numba functions, where they are direct calls of the C library that need
no GIL.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import errno
import time
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

CLOCK_MONOTONIC = 1
TIMER_ABSTIME = 1
_EINTR = errno.EINTR

_TIMESPEC = ir.LiteralStructType([ir.IntType(64), ir.IntType(64)])
_INT32, _INT64 = ir.IntType(32), ir.IntType(64)


def monotonic_ns() -> int:
    """CLOCK_MONOTONIC in nanoseconds, for Python code."""
    return time.monotonic_ns()


def utc_offset_ns() -> int:
    """What has to be added to a monotonic time to get nanoseconds since 1970-01-01 UTC, as of now."""
    return time.time_ns() - time.monotonic_ns()


def _timespec_field(builder: ir.IRBuilder, timespec: Any, number: int) -> Any:
    return builder.gep(timespec, [_INT32(0), _INT32(number)], inbounds=True)


@intrinsic
def _clock_gettime_ns(typingctx: Any) -> Any:
    """CLOCK_MONOTONIC now, in nanoseconds."""

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        function_type = ir.FunctionType(_INT32, [_INT32, _TIMESPEC.as_pointer()])
        function = _declare(builder, function_type, "clock_gettime")
        timespec = _entry_alloca(builder)
        builder.call(function, [_INT32(CLOCK_MONOTONIC), timespec])
        seconds = builder.load(_timespec_field(builder, timespec, 0))
        nanoseconds = builder.load(_timespec_field(builder, timespec, 1))
        return builder.add(builder.mul(seconds, _INT64(1_000_000_000)), nanoseconds)

    return types.int64(), codegen


@intrinsic
def _clock_nanosleep_until(typingctx: Any, deadline_ns: Any) -> Any:
    """Sleep until an absolute CLOCK_MONOTONIC time; 0 or an errno (EINTR when a signal came)."""

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        function_type = ir.FunctionType(_INT32, [_INT32, _INT32, _TIMESPEC.as_pointer(), _TIMESPEC.as_pointer()])
        function = _declare(builder, function_type, "clock_nanosleep")
        timespec = _entry_alloca(builder)
        billion = _INT64(1_000_000_000)
        builder.store(builder.sdiv(args[0], billion), _timespec_field(builder, timespec, 0))
        builder.store(builder.srem(args[0], billion), _timespec_field(builder, timespec, 1))
        null = ir.Constant(_TIMESPEC.as_pointer(), None)
        result = builder.call(function, [_INT32(CLOCK_MONOTONIC), _INT32(TIMER_ABSTIME), timespec, null])
        return builder.sext(result, _INT64)

    return types.int64(types.int64), codegen


def _declare(builder: ir.IRBuilder, function_type: ir.FunctionType, name: str) -> Any:
    module = builder.module
    return module.globals[name] if name in module.globals else ir.Function(module, function_type, name)


def _entry_alloca(builder: ir.IRBuilder) -> Any:
    """One slot per call site in the function's entry block, so that a loop does not grow the stack."""
    with builder.goto_entry_block():
        return builder.alloca(_TIMESPEC)


@njit(nogil=True, cache=True)
def now_ns() -> int:
    """CLOCK_MONOTONIC in nanoseconds, for numba functions."""
    return _clock_gettime_ns()


@njit(nogil=True, cache=True)
def sleep_until_ns(deadline_ns: int) -> int:
    """Sleep until `deadline_ns` on CLOCK_MONOTONIC, signals notwithstanding. Returns the time of waking up."""
    while _clock_nanosleep_until(deadline_ns) == _EINTR:
        pass
    return _clock_gettime_ns()
