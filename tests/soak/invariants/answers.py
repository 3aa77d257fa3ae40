"""What the service answers over HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.faults.rig import ROOT
from tests.soak.invariants.base import Invariant

HEALTH_S = 15.0
"""For the answer to `GET /health`, on a machine that others load."""


def documented() -> set[tuple[int, str]]:
    """Status and kind of every refusal, as the table in docs/service.md has them."""
    page = (ROOT / "docs" / "service.md").read_text()
    found: set[tuple[int, str]] = set()
    for row in re.findall(r"^\| ((?:\d{3}, )*\d{3}) \| (.*) \|$", page, re.MULTILINE):
        kinds = re.findall(r"`(\w+)`", row[1])
        found |= {(int(status), kind) for status in row[0].split(", ") for kind in kinds}
    return found


class AnswersAreDocumented(Invariant):
    """Every refusal has a status and a kind that docs/service.md names, in the one shape with a message for people, and
    none is a mistake of the service (500).
    """

    def __init__(self) -> None:
        super().__init__()
        self._known = documented()

    def see(self, request: str, status: int, body: Any) -> None:
        """An answer to anything."""
        if 200 <= status < 300:
            self.require(True, "")
            return
        error = body.get("error") if isinstance(body, dict) else None
        shaped = isinstance(error, dict) and isinstance(error.get("message"), str) and bool(error["message"])
        self.require(status != 500, f"{request} was answered with 500: {body}")
        self.require(shaped, f"{request} was refused without a message: {status} {body}")
        kind = error["kind"] if isinstance(error, dict) else ""
        self.require((status, kind) in self._known, f"{request} was refused as {status} {kind}, which no page names")
        self.require("Traceback" not in str(body), f"{request} was answered with a traceback")


class WrongOrderIsRefused(Invariant):
    """An order that cannot be obeyed is refused with the status that is documented for it."""

    def see(self, what: str, expected: Mapping[int, str], status: int, kind: str) -> None:
        """`expected` has the kind of each status that is right."""
        known = " or ".join(f"{number} {name}" for number, name in expected.items())
        self.require(expected.get(status) == kind, f"{what}: answered {status} {kind}, expected {known}")


class ServiceAnswers(Invariant):
    """While the service runs, `GET /health` is answered within a bound and no connection is lost."""

    unit = "s"

    def health(self, took_s: float, status: int) -> None:
        self.within(took_s, HEALTH_S, "an answer to /health")
        self.require(status == 200, f"/health was answered with {status}")

    def lost(self, request: str, error: str) -> None:
        """A connection that broke although nobody had ended the service."""
        self.require(False, f"{request} has no answer: {error}")
