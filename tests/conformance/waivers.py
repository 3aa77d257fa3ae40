"""Cases that are not expected to pass: one line each, `id: reason`, in waivers.txt. Empty lines and # lines are free.

The file stays true by itself: a waiver whose case passes, or that names no case of a corpus that was run, is a failure.
So is one of a unit that compiles; the reason is that of the whole unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

FILE = Path(__file__).with_name("waivers.txt")


class WaiverError(Exception):
    """A line that is no waiver."""


def read_waivers(path: Path) -> dict[str, str]:
    """Reason by id. Raises WaiverError."""
    waivers: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        id_, colon, reason = line.partition(": ")
        if not colon or not reason.strip() or id_ in waivers:
            raise WaiverError(
                f"{path.name}:{number}: not of the form 'id: reason', or a second line for one id: {line}"
            )
        waivers[id_] = reason.strip()
    return waivers


def without_case(waivers: Iterable[str], ids: Iterable[str], selected: str) -> list[str]:
    """The waivers that name no case although their corpus was read. `selected`: what the ids of this run begin with."""
    known = set(ids)
    corpora = {id_.partition("/")[0] for id_ in known}
    return [w for w in waivers if w not in known and w.partition("/")[0] in corpora and w.startswith(selected)]
