"""The values of a running PLC, for `rung show --from http://127.0.0.1:8880/tank`, and the picture that follows them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from iec61131.graphical.drawing.power import Value
from runtime.service import literals
from runtime.service.client import USAGE, access_token, ask, connect
from runtime.service.http import models
from runtime.service.refused import Refused
from runtime.service.show_options import Choice
from runtime.service.versions import is_name

REDRAWN_EVERY_S = 1.0
_CLEAR = "\x1b[H\x1b[2J"
_DURATIONS = frozenset({"TIME", "LTIME"})

Lines = Iterable[str]


class RunningPlc:
    """A PLC of a service. Raises Refused where the address or the token are none."""

    def __init__(self, choice: Choice) -> None:
        url = choice.running or ""
        service, _, plc = url.rstrip("/").rpartition("/")
        if not service.partition("://")[2] or not is_name(plc):
            raise Refused(f"'{url}' is no address of a PLC; write it as http://127.0.0.1:8880/tank", USAGE)
        self._path = f"/api/plcs/{plc}/variables"
        self._client = connect(service, access_token(choice.token_file))

    def __enter__(self) -> RunningPlc:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def forced(self) -> list[str]:
        """What is forced, `Main.Start = TRUE`. Raises Refused."""
        listed = ask(self._client, models.ForceList, "GET", self._path.removesuffix("variables") + "forces")
        return [f"{force.path} = {literals.written(force.type, force.value, force.label)}" for force in listed.forces]

    def values(self) -> Mapping[str, Value]:
        """Of one scan, by path. Raises Refused."""
        listed = ask(self._client, models.VariableList, "GET", self._path)
        return {each.path: shown for each in listed.variables if (shown := _shown(each)) is not None}


def watch(plc: RunningPlc, drawn: Callable[[Mapping[str, Value]], Lines], ended: threading.Event) -> None:
    """Writes to the terminal what `drawn` makes of the values, once a second until `ended` or interrupted. Raises
    Refused when the service has gone.
    """
    with suppress(KeyboardInterrupt):
        while True:
            lines = "".join(
                [*drawn(plc.values()), *forced_lines(plc)]
            )  # all of it first, so that the terminal is empty for no time
            sys.stdout.write(f"{_CLEAR}{lines}" if sys.stdout.isatty() else lines)
            sys.stdout.flush()
            if ended.wait(REDRAWN_EVERY_S):
                return


def forced_lines(plc: RunningPlc) -> Lines:
    """Below the drawing: whoever looks at it should know that a value is not the program's."""
    forced = plc.forced()
    return [f"forced: {', '.join(forced)}\n"] if forced else []


def _shown(variable: models.Variable) -> Value | None:
    """As it is drawn: enumerations by their labels, times in seconds; None for what is no single value."""
    value: Any = variable.value
    if variable.label is not None:
        return variable.label
    if variable.type in _DURATIONS and isinstance(value, int):
        return f"T#{value / 1e9:.10g}s"
    return value if isinstance(value, (bool, int, float, str)) else None
