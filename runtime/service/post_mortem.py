"""The report of a fault as it is kept: what happened, where, and the variables of every instance on the way there.

`collect` makes it from the memory that the fault has left, `store` keeps the last ten in the folder of the PLC, as
`fault-<time>.json`, and `lines` shows one to people. It is plain JSON:

| key | |
|---|---|
| `time`, `plc`, `program` | when, which PLC, and the digest of its program |
| `code`, `message`, `remedy` | as in the catalogue |
| `scan`, `now_ns` | the scan that was abandoned, and its time on the scan clock |
| `frames` | innermost first: `file`, `line`, `column`, `pou`, `instance`, `note`, `variables`, `left_out` |
| `scans` | what came in before it (`recording.recent`); empty where nothing is recorded |

A `variable` has `path`, `type` and `value`, as it is written in Structured Text. Those of an instance stand with its
innermost place; instances inside of it are on the path themselves or not of interest. The variables of a FUNCTION, of
a METHOD and VAR_TEMP are in registers or on the stack of the thread, and gone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from iec61131.program import HEADER, CompiledProgram, Target
from iec61131.source import SourceFile
from runtime.service import call_path, literals, values
from runtime.service.artifacts import write_atomically
from runtime.service.fault import FaultReport
from runtime.service.parts import members

KEPT = 10
MAX_VARIABLES = 200
"""Of one instance."""
MAX_TEXT = 200
"""Characters of one value."""
MAX_ELEMENTS = 1000
"""An array of more is left out."""
MAX_CHANGES = 10
"""Scans that people are shown."""
MAX_BYTES = 4 << 20
"""Of a stored report that is read."""
_NAME = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{6}Z")
_LATEST = "latest"


def collect(
    program: CompiledProgram,
    memory: NDArray[np.uint8],
    sources: Sequence[SourceFile],
    found: FaultReport,
    utc_ns: int,
) -> dict[str, Any]:
    """The report of the fault `found` in `memory`."""
    header = memory[: HEADER.itemsize].view(HEADER)[0]
    path = [site for site in (found.site, *found.calls) if site is not None]
    shown = set[str]()
    frames: list[dict[str, Any]] = []
    for frame in call_path.frames(program, memory, call_path.by_name(sources), path):
        site, instance = frame.site, frame.instance
        row: dict[str, Any] = {"file": site.file, "line": site.line, "column": site.column, "pou": site.pou}
        row |= {"instance": None if instance is None else instance.path, "note": frame.note}
        row |= {"variables": list[Any](), "left_out": 0}
        if instance is not None and instance.path not in shown:
            shown.add(instance.path)
            row["variables"], row["left_out"] = _variables(program, memory, instance)
        frames.append(row)
    return {
        "time": _time(utc_ns).isoformat(),
        "plc": program.name,
        "program": program.digest,
        "code": found.code,
        "message": found.message,
        "remedy": found.remedy,
        "scan": int(header["scan"]),
        "now_ns": int(header["now_ns"]),
        "frames": frames,
        "scans": [],
    }


def _variables(
    program: CompiledProgram, memory: NDArray[np.uint8], instance: Target
) -> tuple[list[dict[str, str]], int]:
    """The first so many, and how many there are beyond them."""
    rows: list[dict[str, str]] = []
    left_out = 0
    for target in members(program, instance, instances=False):
        too_long = (
            target.type.kind == "array" and target.type.size // program.types[target.type.element].size > MAX_ELEMENTS
        )
        if too_long or len(rows) >= MAX_VARIABLES:
            left_out += 1
            continue
        text = literals.of_target(program, target, values.read(program, target, memory))
        rows.append({"path": target.path, "type": target.type.name or target.type.kind, "value": _cut(text)})
    return rows, left_out


# -------------------------------------------------------------------------------------------------------------- storing


def keep(folder: Path, report: dict[str, Any], utc_ns: int) -> str:
    """Store it, and say what became of it."""
    try:
        name = store(folder, report, utc_ns)
    except OSError as error:
        return f"the report of the fault cannot be kept: {error.strerror or error}"
    return f"`rung fault {folder.name} --report {name}` shows the variables on the way"


def store(folder: Path, report: dict[str, Any], utc_ns: int) -> str:
    """Keep it, and of all no more than the last ten. Returns its name. Raises OSError."""
    name = _time(utc_ns).strftime("%Y%m%dT%H%M%S.%fZ")
    write_atomically(_file(folder, name), json.dumps(report).encode() + b"\n", mode=0o600)
    for old in stored(folder)[KEPT:]:
        _file(folder, old).unlink(missing_ok=True)
    return name


def stored(folder: Path) -> list[str]:
    """The names of those that are kept, newest first."""
    names = (path.name.removeprefix("fault-").removesuffix(".json") for path in folder.glob("fault-*.json"))
    return sorted((name for name in names if _NAME.fullmatch(name)), reverse=True)


def load(folder: Path, name: str) -> dict[str, Any]:
    """One of them, or the `latest`. Raises LookupError, with the end of a sentence."""
    kept = stored(folder)
    chosen = kept[0] if name == _LATEST and kept else name
    if chosen not in kept:
        raise LookupError(f"no report '{name[:40]}'")
    try:
        with _file(folder, chosen).open("rb") as file:
            found = json.loads(file.read(MAX_BYTES))
        if isinstance(found, dict):
            return cast("dict[str, Any]", found)
    except (OSError, ValueError):
        pass
    raise LookupError(f"a report '{chosen}' that cannot be read")


def _file(folder: Path, name: str) -> Path:
    return folder / f"fault-{name}.json"


def _time(utc_ns: int) -> datetime:
    return datetime.fromtimestamp(utc_ns // 1000 / 1e6, UTC)


# -------------------------------------------------------------------------------------------------------------- showing


def lines(report: dict[str, Any]) -> Iterator[str]:
    """A report for people."""
    yield f"fault[{report['code']}]: {report['message']}"
    yield f"  {report['time']}, {report['plc']}, scan {report['scan']:,}, program {report['program'][:12]}"
    arrow = "  -->"
    for frame in report["frames"]:
        instance = f", instance {frame['instance']}" if frame["instance"] else ""
        yield f"{arrow} {frame['file']}:{frame['line']}:{frame['column']} in {frame['pou']}{instance}"
        arrow = "  called from"
        if frame["note"]:
            yield f"      ({frame['note']})"
        yield from variable_lines(frame)
    yield from scan_lines(report["scans"])
    yield f"  = remedy: {report['remedy']}"


def scan_lines(scans: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The last changes of inputs; all that is kept is in the JSON."""
    if not scans:
        return
    changes = [scan for scan in scans if scan["inputs"] or scan["commands"]][-MAX_CHANGES:]
    yield f"  the last of {len(scans):,} scans that are kept, with what came in (all with --json):"
    end_ns = scans[-1]["now_ns"]
    for scan in changes:
        parts = [_input(name, *told) for name, told in scan["inputs"].items()]
        if scan["commands"]:
            parts.append(f"{scan['commands']} command{'s' if scan['commands'] > 1 else ''}")
        yield f"      {(scan['now_ns'] - end_ns) / 1e6:.1f} ms: {_cut(', '.join(parts))}"


def _input(name: str, value: str, quality: str) -> str:
    return f"{name} = {value}" if quality == "good" else f"{name} = {value} ({quality})"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def variable_lines(frame: dict[str, Any]) -> Iterator[str]:
    """What the variables of one place were."""
    for variable in frame["variables"]:
        yield f"      {variable['path']} = {variable['value']}"
    if frame["left_out"]:
        yield f"      and {frame['left_out']} more"
