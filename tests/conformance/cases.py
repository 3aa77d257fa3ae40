"""A case: some sources, what of them runs, and steps with expectations. One JSON object a line in `cases/*.jsonl`.

docs/testing.md describes the form. Unknown steps are kept as they are, so that a case with one fails with its name
instead of ending the run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CYCLES = 200
"""Of a pair, unless a run says otherwise."""

Value = bool | int | float | str | list[Any]


@dataclass(frozen=True, slots=True)
class Text:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Driver:
    """A PROGRAM that runs the sources and leaves what it found in variables of type BOOL."""

    file: Text
    entry: str


@dataclass(frozen=True, slots=True)
class Cycle:
    """One scan."""


@dataclass(frozen=True, slots=True)
class Advance:
    """The virtual clock moves on."""

    ns: int


@dataclass(frozen=True, slots=True)
class Set:
    """`place` is a variable of the entry, a global one, or an address."""

    place: str
    value: Value


@dataclass(frozen=True, slots=True)
class Expect:
    """`place` None: the result of the FUNCTION that runs."""

    place: str | None
    value: Value
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class Restart:
    mode: str


@dataclass(frozen=True, slots=True)
class UnknownStep:
    op: str


Step = Cycle | Advance | Set | Expect | Restart | UnknownStep


@dataclass(frozen=True, slots=True)
class Case:
    """`checks`: what a program prints, as pairs of a directive and a line. `asserts`: the expression behind each
    variable of the driver, for people. `cycles`: of a pair."""

    id: str
    corpus: str
    kind: str
    dialect: str
    sources: tuple[Text, ...]
    entry: str
    steps: tuple[Step, ...]
    driver: Driver | None
    asserts: dict[str, str]
    checks: tuple[tuple[str, str], ...]
    cycles: int = CYCLES


def read_cases(folder: Path) -> Iterator[Case]:
    """All cases below `folder`, in the order of files and lines."""
    for path in sorted((folder / "cases").glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            yield from (case_from(json.loads(line)) for line in lines if line.strip())


def case_from(row: dict[str, Any]) -> Case:
    """Raises KeyError for a row without a part that every case has."""
    driver = row.get("driver")
    asserts = {a["var"]: a["expr"] for a in row.get("asserts", [])}
    steps = tuple(_step(step) for step in row.get("steps", []))
    if driver and not steps:
        steps = (Cycle(), *(Expect(name, True) for name in asserts))
    return Case(
        id=row["id"],
        corpus=row["corpus"],
        kind=row["kind"],
        dialect=row.get("dialect", ""),
        sources=tuple(Text(s["name"], s["text"]) for s in row["sources"]),
        entry=row.get("entry") or "",
        steps=steps,
        driver=Driver(Text(driver["name"], driver["text"]), driver["entry"]) if driver else None,
        asserts=asserts,
        checks=tuple((directive, line) for directive, line in row.get("checks", [])),
    )


def _step(row: dict[str, Any]) -> Step:
    match row["op"]:
        case "cycle":
            return Cycle()
        case "advance":
            return Advance(row["ns"])
        case "set":
            return Set(row["var"], row["value"])
        case "set_direct":
            return Set(row["address"], row["value"])
        case "expect":
            place = None if row.get("target") == "result" else row.get("address") or row["var"]
            return Expect(place, row["value"], row.get("tol"))
        case "restart":
            return Restart(row["mode"])
        case op:
            return UnknownStep(op)
