"""A PLC of a service, by HTTP, with its access token."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from runtime.service import literals
from runtime.service.client import USAGE, access_token, ask, connect
from runtime.service.http import models
from runtime.service.operating.door import Shown
from runtime.service.refused import Refused
from runtime.service.versions import is_name


class RemotePlc:
    """Raises Refused where the address or the token are none."""

    def __init__(self, url: str, token_file: Path | None) -> None:
        service, _, plc = url.rstrip("/").rpartition("/")
        if not service.partition("://")[2] or not is_name(plc):
            raise Refused(f"'{url}' is no address of a PLC; write it as http://127.0.0.1:8880/tank", USAGE)
        self._path = f"/api/plcs/{plc}"
        self._client = connect(service, access_token(token_file))

    def close(self) -> None:
        self._client.close()

    def read(self, paths: Sequence[str]) -> list[Shown]:
        listed = ask(self._client, models.VariableList, "GET", f"{self._path}/variables").variables
        if not paths:
            return [_shown(variable) for variable in listed]
        known = {variable.path.upper(): variable for variable in listed}
        for path in paths:
            if path.upper() not in known:  # refused there, with the reason
                one = ask(self._client, models.Variable, "GET", f"{self._path}/variables/{quote(path, safe='')}")
                known[path.upper()] = one
        return [_shown(known[path.upper()]) for path in paths]

    def write(self, values: Sequence[tuple[str, str]]) -> list[Shown]:
        listed = ask(self._client, models.VariableList, "PUT", f"{self._path}/variables", _body(values))
        return [_shown(variable) for variable in listed.variables]

    def forces(self) -> list[Shown]:
        return self._forces("GET", "")

    def force(self, values: Sequence[tuple[str, str]]) -> list[Shown]:
        return self._forces("PUT", "", _body(values))

    def unforce(self, paths: Sequence[str] | None) -> list[Shown]:
        if paths is None:
            return self._forces("DELETE", "")
        return [self._forces("DELETE", f"/{quote(path, safe='')}") for path in paths][-1]

    def _forces(self, method: str, path: str, body: dict[str, Any] | None = None) -> list[Shown]:
        listed = ask(self._client, models.ForceList, method, f"{self._path}/forces{path}", body)
        return [Shown(force.path, literals.written(force.type, force.value, force.label)) for force in listed.forces]

    def reset(self, kind: str, *, start: bool) -> str:
        detail = ask(self._client, models.PlcDetail, "POST", f"{self._path}/reset", {"kind": kind})
        if start:
            detail = ask(self._client, models.PlcDetail, "POST", f"{self._path}/start")
        return detail.state.value

    def faults(self) -> list[str]:
        return ask(self._client, models.FaultList, "GET", f"{self._path}/faults").faults

    def fault(self, name: str) -> dict[str, Any]:
        return ask(self._client, models.FaultReport, "GET", f"{self._path}/faults/{quote(name, safe='')}").report


def _body(values: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {"values": dict(values), "form": models.ValueForm.ST.value}


def _shown(variable: models.Variable) -> Shown:
    text = literals.written(variable.type, variable.value, variable.label)
    notes = ["forced"] if variable.forced else []
    if variable.quality != "good":
        notes.append(
            f"{variable.quality}, {variable.reason.replace('_', ' ')}" if variable.reason else variable.quality
        )
    return Shown(variable.path, text, "; ".join(notes))
