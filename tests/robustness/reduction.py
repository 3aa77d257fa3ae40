"""Make a text on which something fails small enough to be read: `reduce` takes away lines, then words, then characters,
half of them at a time, then a quarter, and so on, as long as the same thing fails.
"""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable
from pathlib import PurePath

from tests.robustness.corpus import Text
from tests.robustness.mutations import WORD
from tests.robustness.questions import TooSlow, ask

Kind = tuple[str, ...]
"""What failed and where: enough to tell one defect from another."""


def failure(text: Text, seed: int) -> tuple[Kind, str] | None:
    """What `ask` raises about `text`, with the end of its traceback."""
    try:
        ask(text, random.Random(seed))
    except TooSlow as slow:
        return ("TooSlow", str(slow)), str(slow)
    except Exception as error:  # noqa: BLE001
        frames = traceback.extract_tb(error.__traceback__)
        innermost = next((frame for frame in reversed(frames) if "iec61131" in frame.filename), frames[-1])
        kind = (type(error).__name__, PurePath(innermost.filename).name, innermost.name, str(innermost.lineno))
        return kind, "".join(traceback.format_exception(error)[-12:])
    return None


def reduce(text: Text, seed: int, kind: Kind, seconds: float) -> Text:
    """The smallest text that was found in `seconds` and fails alike."""
    ends_s = time.monotonic() + seconds

    def still_fails(parts: list[str]) -> bool:
        found = failure(Text(text.name, "".join(parts)), seed)
        return found is not None and found[0] == kind

    whole = text.text
    for parts in (lambda t: t.splitlines(keepends=True), WORD.findall, list[str]):
        whole = "".join(_fewer(parts(whole), still_fails, ends_s))
    return Text(text.name, whole)


def _fewer(parts: list[str], still_fails: Callable[[list[str]], bool], ends_s: float) -> list[str]:
    size = max(len(parts) // 2, 1)
    while parts and time.monotonic() < ends_s:
        start, shrunk = 0, False
        while start < len(parts) and time.monotonic() < ends_s:
            candidate = parts[:start] + parts[start + size :]
            if still_fails(candidate):
                parts, shrunk = candidate, True
            else:
                start += size
        if size == 1 and not shrunk:
            break
        size = max(size // 2, 1)
    return parts
