"""What the scan touches is in memory before the first scan, and stays there.

Locking everything that a process has (`mlockall` by itself) also brings everything in: a hundred megabytes of libraries
that no scan calls, untouched stacks, and rings of traces that nobody has set up; in a process with many PLCs for each
of them. So pages are locked as they come, and what the scan needs is brought in by name: the block and all else in its
view, but for the rings of traces (whoever sets one up brings its ring in, `image.trace`), the stack of the scan thread,
and the C library's code. Machine code is there because it has just been written.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.engine.arrays import View
from runtime.image.block import Block
from runtime.image.trace_layout import RING

_CURRENT, _FUTURE, _ONFAULT = 1, 2, 4  # of mlockall
_PAGE = 4096
_LIBRARIES = ("libc.so", "libm.so", "libc-", "libm-", "ld-musl")
"""How files begin whose functions programs may call (`iec61131.jit`)."""
_ATTRIBUTE_BYTES = 128
"""No less than a pthread_attr_t."""


def lock_memory(block: Block, view: View) -> None:
    """Of this process, and all that a scan touches. Raises OSError when that is not permitted."""
    bring_in(block, view)
    _check(_libc.mlockall(_CURRENT | _FUTURE | _ONFAULT))
    _lock_library()


@cache
def _lock_library() -> None:
    """Once in a process."""
    for start, end in library_ranges(Path("/proc/self/maps").read_text()):
        _check(_libc.mlock(ctypes.c_void_p(start), ctypes.c_size_t(end - start)))


def bring_in(block: Block, view: View) -> None:
    """Every page that a scan touches of the block, with its bank, and of what else is in its view. The scan has not
    begun yet.
    """
    fixed, bank = block.whole
    _touch(fixed[: _offset(fixed, block.traces)])
    _touch(bank)
    for trace in block.traces:
        _touch(trace[:RING].view(np.uint8))
    for array in view.arrays:
        if array is not view.traces:
            _touch_all(array)


def _offset(whole: NDArray[np.uint8], part: NDArray[np.int64]) -> int:
    return part.ctypes.data - whole.ctypes.data


def _touch(region: NDArray[np.uint8]) -> None:
    """Reading is enough for memory that is shared: its pages are there and writable from then on."""
    region[::_PAGE].sum()


def _touch_all(array: NDArray[Any]) -> None:
    if (
        array.flags.owndata and array.flags.writeable
    ):  # of this thread alone: pages that were only read are nobody's yet
        array[...] = array.copy()
    else:
        array.sum()


@contextmanager
def locked_stack() -> Generator[None]:
    """All of the stack of the calling thread is there, however deep it will be, if that is permitted. Afterwards it is
    free to go: the C library keeps stacks of threads that have ended, for others.
    """
    start, size = _stack()
    _libc.mlock(ctypes.c_void_p(start), ctypes.c_size_t(size))
    try:
        yield
    finally:
        _libc.munlock(ctypes.c_void_p(start), ctypes.c_size_t(size))


def _stack() -> tuple[int, int]:
    """Where the stack of the calling thread begins, and its size; 0 bytes when nobody knows."""
    attributes = ctypes.create_string_buffer(_ATTRIBUTE_BYTES)
    start, size = ctypes.c_void_p(), ctypes.c_size_t()
    if _libc.pthread_getattr_np(ctypes.c_void_p(_libc.pthread_self()), attributes) != 0:
        return 0, 0
    _libc.pthread_attr_getstack(attributes, ctypes.byref(start), ctypes.byref(size))
    _libc.pthread_attr_destroy(attributes)
    return start.value or 0, size.value


def library_ranges(maps: str) -> list[tuple[int, int]]:
    """Where code and constants of the C library lie, of what /proc/self/maps says."""
    found: list[tuple[int, int]] = []
    for line in maps.splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[1][0] == "r" and Path(fields[5]).name.startswith(_LIBRARIES):
            start, _, end = fields[0].partition("-")
            found.append((int(start, 16), int(end, 16)))
    return found


def _check(result: int) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


_libc = ctypes.CDLL(None, use_errno=True)
_libc.pthread_self.restype = ctypes.c_void_p
