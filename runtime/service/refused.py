"""What a service, or the way to it, says no with. By itself, so that a command that may ask one starts without what
asking needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.service.http import models


class Refused(Exception):
    """The service said no, or nothing. `status` is the exit status, `findings` what it found in the program."""

    def __init__(self, text: str, status: int, findings: Sequence[models.Finding] = ()) -> None:
        super().__init__(text)
        self.status, self.findings = status, findings
