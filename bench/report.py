"""The common form of a bench result, as JSON and as a table.

`ours` and `reference` are in `unit`; `ratio` is ours / reference; `target` the greatest ratio aimed at. A bench of
several programs has a row of the same keys for each in `programs`. Latencies have their percentiles in `ours_us` and
`reference_us`. `itself` is the ratio of the reference measured twice in the same run, `between` where the ratio lies in
95 of 100 cases: what a figure over rounds does not tell.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import geometric_mean
from typing import Any

import numpy as np

Result = dict[str, Any]
_RESAMPLES = 4000


def row(name: str, ours: float, reference: float, target: float, unit: str, **more: Any) -> Result:
    """One figure."""
    return {
        "name": name,
        "ours": ours,
        "reference": reference,
        "ratio": ours / reference,
        "target": target,
        "unit": unit,
        **more,
    }


def of_programs(name: str, programs: list[Result], target: float, **more: Any) -> Result:
    """A bench over several programs: the geometric mean of their ratios."""
    ratio = geometric_mean(program["ratio"] for program in programs)
    return {
        "name": name,
        "ours": ratio,
        "reference": 1.0,
        "ratio": ratio,
        "target": target,
        "unit": "x",
        "programs": programs,
        **more,
    }


def between(ratios: list[float]) -> tuple[float, float]:
    """Where the median of the rounds' ratios lies in 95 of 100 cases, by a bootstrap that draws rounds. It is told from
    its target if that lies outside.
    """
    drawn = np.random.default_rng(0).choice(ratios, size=(_RESAMPLES, len(ratios)))
    low, high = np.percentile(np.median(drawn, axis=1), (2.5, 97.5))
    return float(low), float(high)


def write(folder: Path, result: Result) -> None:
    """Put `result` with a description of the machine into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{result['name']}.json").write_text(json.dumps({**result, **machine()}, indent=2) + "\n")


def machine() -> Result:
    """What the figures were measured on."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "kernel": f"{platform.system()} {platform.release()}",
        "cpu": _cpu(),
        "cores": len(_lines("/proc/cpuinfo", "processor")),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("rung", "numba", "llvmlite", "numpy", "asyncua", "pymodbus")},
        "gcc": _first_line(["gcc", "--version"]),
    }


def beyond(results: Iterable[Result], factor: float) -> list[tuple[str, float, float]]:
    """Figures whose ratio is more than `factor` times their target: name, ratio, the greatest that would do."""
    found: list[tuple[str, float, float]] = []
    for result in results:
        named = [(result["name"], result), *((f"{result['name']}, {p['name']}", p) for p in result.get("programs", ()))]
        found += [
            (name, each["ratio"], factor * each["target"])
            for name, each in named
            if not each["ratio"] <= factor * each["target"]
        ]
    return found


def table(results: Iterable[Result]) -> str:
    """All figures, one a line, programs indented below theirs."""
    lines = [f"{'figure':<28}{'ours':>14}{'reference':>14}{'ratio':>9}{'target':>9}  unit"]
    for result in results:
        lines.append(_table_line(result, ""))
        lines += [_table_line(program, "  ") for program in result.get("programs", ())]
    return "\n".join(lines)


def _table_line(result: Result, indent: str) -> str:
    met = "" if result["ratio"] <= result["target"] else "  not met"
    itself = f"  (the reference to itself {result['itself']:.3f})" if "itself" in result else ""
    interval = "  ({:.2f} to {:.2f})".format(*result["between"]) if "between" in result else ""
    return (
        f"{indent + result['name']:<28}{result['ours']:>14.3f}{result['reference']:>14.3f}{result['ratio']:>9.3f}"
        f"{result['target']:>9.2f}  {result.get('unit', '')}{met}{interval}{itself}"
    )


def _cpu() -> str:
    names = _lines("/proc/cpuinfo", "model name")
    return names[0].partition(":")[2].strip() if names else platform.machine()


def _lines(path: str, start: str) -> list[str]:
    return [line for line in Path(path).read_text().splitlines() if line.startswith(start)]


def _first_line(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError):
        return "none"
