"""Breakpoints as an editor has them: those of a file, or of data, are always set all at once."""

from __future__ import annotations

from typing import Any

from iec61131.language_service.questions import BadQuestion
from runtime.replay.dap import requests
from runtime.replay.dap.files import Files
from runtime.replay.debugger import Debugger, Refused
from runtime.replay.places import NoPlace

_MOST_TIMES = 1_000_000_000


class Breakpoints:
    """Those of one session; `base` is the number of the first line."""

    def __init__(self, session: Debugger, files: Files, base: int) -> None:
        self._session, self._files, self._base = session, files, base
        self._of_file: dict[str, list[int]] = {}
        self._of_data: list[int] = []

    def set_lines(self, asked: requests.SetBreakpoints) -> list[dict[str, Any]]:
        try:
            name = self._name(asked.source)
        except NoPlace as error:
            return [{"verified": False, "message": str(error)} for _ in asked.breakpoints]
        for number in self._of_file.pop(name, []):
            self._session.breakpoints.pop(number, None)
        numbers = self._of_file.setdefault(name, [])
        return [self._set_line(name, each, numbers) for each in asked.breakpoints]

    def _set_line(self, name: str, asked: requests.SourceBreakpoint, numbers: list[int]) -> dict[str, Any]:
        """Moved to the next line on which a statement begins."""
        try:
            if asked.log_message:
                raise Refused("messages instead of a stop are not written here")
            made = self._session.add_line(
                name, asked.line + 1 - self._base, asked.condition or "", _times(asked.hit_condition)
            )
        except (NoPlace, BadQuestion, Refused) as error:
            return {"verified": False, "line": asked.line, "message": str(error)}
        numbers.append(made.number)
        found: dict[str, Any] = {"id": made.number, "verified": True, "line": made.spot.line - 1 + self._base}
        note = self._files.difference(name)
        return {**found, "source": self._files.source(name), **({"message": note} if note else {})}

    def locations(self, asked: requests.BreakpointLocations) -> list[dict[str, Any]]:
        first = asked.line + 1 - self._base
        last = first if asked.end_line is None else asked.end_line + 1 - self._base
        lines = self._session.places.lines(self._name(asked.source), first, last)
        return [{"line": line - 1 + self._base} for line in lines]

    def set_data(self, asked: requests.SetDataBreakpoints) -> list[dict[str, Any]]:
        for number in self._of_data:
            self._session.breakpoints.pop(number, None)
        self._of_data.clear()
        found = list[dict[str, Any]]()
        for each in asked.breakpoints:
            try:
                if each.condition or each.hit_condition or each.access_type != "write":
                    raise Refused("a change of data stops every time, and nothing but a change does")
                made = self._session.add_change(each.data_id)
            except Refused as error:
                found.append({"verified": False, "message": str(error)})
                continue
            self._of_data.append(made.number)
            found.append({"id": made.number, "verified": True})
        return found

    def _name(self, source: requests.Source) -> str:
        """Raises NoPlace, Refused."""
        if source.source_reference:
            return self._files.referred(source.source_reference).name
        return self._session.places.file(source.path or source.name or "")


def _times(text: str | None) -> int:
    """Raises Refused."""
    cleaned = (text or "1").strip().lstrip("=").strip()
    if not cleaned.isascii() or not cleaned.isdecimal() or not 1 <= int(cleaned[:12]) <= _MOST_TIMES:
        raise Refused(f"'{cleaned[:40]}' is no number of times; write 3 to stop at the third time")
    return int(cleaned)
