"""What the readers of literals share: how they report, how long a literal may be, and how a message quotes one."""

from __future__ import annotations

from collections.abc import Callable

from iec61131.diagnostics.diagnostic import Diagnostic

Report = Callable[[Diagnostic], None]

# Far above 64 binary digits with underscores, far below the length at which Python's int() refuses or turns slow.
LITERAL_CHARACTERS_MAX = 256


def shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
