"""The mathematical functions of the C library, as the process has them.

Machine code is linked to the same functions, the interpreter and the constants of a program call them here: so all
three agree to the last bit, also where the library is not correctly rounded. A REAL is computed by the function for
single precision (`sinf`), as machine code does it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

LIBM = {
    "exp": 1, "log": 1, "log10": 1, "sin": 1, "cos": 1, "tan": 1, "asin": 1, "acos": 1, "atan": 1, "atan2": 2, "pow": 2,
}  # fmt: skip
"""Name in double precision, and how many operands it takes. They keep no state but `errno`."""


def symbol(name: str, *, single: bool) -> str:
    """What the C library calls the function in that precision."""
    return f"{name}f" if single else name


def call(name: str, *operands: float, single: bool) -> float:
    """The function of LIBM `name`; with `single` the operands are singles, and so is the result."""
    return _function(symbol(name, single=single), len(operands))(*operands)


@cache
def _function(name: str, count: int) -> Callable[..., float]:
    import ctypes

    function = ctypes.CDLL(None)[name]
    function.restype = ctypes.c_float if name.endswith("f") else ctypes.c_double
    function.argtypes = (function.restype,) * count
    return function
