"""What the routes need of the service: many named PLCs. `runtime.host` is the real one; tests have another.

Every method checks the rights of `who` first and raises a RequestError for whatever cannot be done. All of it is
called from one event loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from runtime.service.access import Principal
from runtime.service.http.models import (
    Change,
    ChangeBody,
    Force,
    PlcDetail,
    PlcSummary,
    ResetKind,
    Retained,
    Uploaded,
    Variable,
)
from runtime.service.http.trace_routes import TracesHost
from runtime.service.http.upload import Bundle


class Host(TracesHost, Protocol):
    """See the module's text."""

    def plcs(self, who: Principal) -> list[PlcSummary]:
        """All PLCs, by name."""
        ...

    def details(self, who: Principal) -> list[PlcDetail]:
        """All PLCs with everything about them, by name."""
        ...

    def plc(self, who: Principal, name: str) -> PlcDetail:
        """One of them."""
        ...

    def retained(self, who: Principal, name: str) -> Retained:
        """What the retained variables of one of them began with, and how they are stored."""
        ...

    async def faults(self, who: Principal, name: str) -> list[str]:
        """The reports of its faults that are kept, newest first."""
        ...

    async def fault(self, who: Principal, name: str, report: str) -> dict[str, Any]:
        """One of them, or the `latest`."""
        ...

    async def upload(self, who: Principal, name: str, bundle: Bundle) -> Uploaded:
        """Check a project and keep it as a version of the PLC `name`, which is made if there is none.

        What runs goes on running.
        """
        ...

    async def activate(self, who: Principal, name: str, digest: str) -> PlcDetail:
        """Run this version in place of the present one.

        When it cannot run, the present one is brought back and CannotRun raised.
        """
        ...

    async def change(self, who: Principal, name: str, wanted: ChangeBody) -> Change:
        """Have another version take over between two scans, or say what that would do."""
        ...

    async def start(self, who: Principal, name: str) -> PlcDetail:
        """Bring the active version to run."""
        ...

    async def stop(self, who: Principal, name: str) -> PlcDetail:
        """Stop the program; the outputs take their safe values."""
        ...

    async def reset(self, who: Principal, name: str, kind: ResetKind) -> PlcDetail:
        """Give the variables their initial values and clear a fault; the program is stopped afterwards."""
        ...

    async def delete(self, who: Principal, name: str) -> None:
        """Remove a stopped PLC with all its versions."""
        ...

    async def read(self, who: Principal, name: str, paths: Sequence[str] | None) -> list[Variable]:
        """These exposed variables, or all of them, as of one scan that ended after this call."""
        ...

    async def write(self, who: Principal, name: str, wanted: Sequence[tuple[str, object]]) -> list[Variable]:
        """Write values, all before one scan or none; the answer shows the variables as of a later scan."""
        ...

    async def forces(self, who: Principal, name: str) -> list[Force]:
        """All that is forced."""
        ...

    async def force(self, who: Principal, name: str, wanted: Sequence[tuple[str, object]]) -> list[Force]:
        """Force values from one scan on; the answer is all that is forced then."""
        ...

    async def unforce(self, who: Principal, name: str, paths: Sequence[str] | None) -> list[Force]:
        """Free these variables, or all; the answer is what is still forced."""
        ...
