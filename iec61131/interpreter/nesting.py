"""How deep calls may nest in the interpreter: as deep as in the program."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def deep_recursion() -> Generator[None, None, None]:
    """Let Python calls nest as deep as the program does.

    The parser bounds the nesting of expressions, the depth limit bounds the recursion of functions; their product is
    beyond Python's default limit. A call from Python to Python takes no native stack (since 3.11), so the limit can
    be lifted without risk as long as no evaluation passes through a C function that calls back, such as `map` or a
    generator in `tuple()`. `execution` avoids those.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 1_000_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
