"""Online change at 1 kHz, with a program of 10,000 lines and a table of 100 kB: what the scan sees of it.

The two versions differ in every station: each instance of a block has one variable more in the second, so every
variable lies elsewhere. The PLC is a real one, with all its processes. Rounds without a change and rounds with one
alternate, so that both have the same share of whatever else the machine does.

    hand-over       what moving the state takes between two scans, for 100 kB moved
    late scans      that ran past the next tick, in rounds with a change, against those without and what chance may add:
                    one, and twice the root of their number
    whole change    from the order until the new program is in charge: loading its machine code, mostly
"""

from __future__ import annotations

import tempfile
import threading
import time
from math import sqrt
from pathlib import Path
from statistics import median

from bench import report, sources
from runtime.image.block import Block
from runtime.service import plant as plants
from runtime.service.change import offer
from runtime.service.plant import Plant
from runtime.supervisor import Supervisor

NAME = "change"
LINES, TABLE = 10_000, 25_000
ROUNDS, ROUND_S = 40, 0.4
SETTLE_S = 3.0
HANDOVER_TARGET_US = 100.0
WHOLE_TARGET_S = 1.0
_TASK = '\n[task.{0}]\nprogram = "{0}"\ninterval = "1ms"\n'


def run() -> report.Result:
    with tempfile.TemporaryDirectory() as folder:
        first, second = (_built(Path(folder), text) for text in _versions())
        supervisor = Supervisor(first, Path(folder) / "state" / "change")
        supervisor.start()
        thread = threading.Thread(target=supervisor.run)
        thread.start()
        try:
            rounds = _rounds(supervisor, [second, first])
        finally:
            supervisor.request_stop()
            thread.join()
    changed, calm = rounds[True], rounds[False]
    handover_us = median(r["handover_us"] for r in changed)
    late = {kind: sum(r["overruns"] for r in rounds[kind]) for kind in rounds}
    programs = [
        report.row(
            "hand-over of 100 kB",
            median(r["handover_us"] / r["moved_bytes"] * 100_000 for r in changed),
            HANDOVER_TARGET_US,
            1.0,
            "us",
            whole_us=handover_us,
            moved_bytes=changed[0]["moved_bytes"],
            pieces=changed[0]["pieces"],
            worst_us=max(r["handover_us"] for r in changed),
        ),
        report.row("late scans", late[True], late[False] + 1 + 2 * sqrt(late[False]), 1.0, "scans", **_seen(rounds)),
        report.row("whole change", median(r["whole_s"] for r in changed), WHOLE_TARGET_S, 1.0, "s"),
    ]
    worst = max(programs, key=lambda p: p["ratio"])
    return {
        **worst,
        "name": NAME,
        "worst_of": worst["name"],
        "rounds": len(changed),
        "scans_each": median(r["scans"] for r in changed + calm),
        "programs": programs,
    }


def _versions() -> tuple[str, str]:
    table = (
        f"PROGRAM Table\nVAR values : ARRAY[1..{TABLE}] OF DINT; END_VAR\nvalues[1] := values[1] + 1;\nEND_PROGRAM\n"
    )
    text = f"{sources.plant(LINES)}\n{table}"
    return text, text.replace("    text : STRING[40];", "    spare : LREAL;\n    text : STRING[40];")


def _built(folder: Path, text: str) -> Plant:
    project = folder / f"version{len(list(folder.glob('version*')))}"
    project.mkdir()
    (project / "main.st").write_text(text)
    names = [line.split()[1] for line in text.splitlines() if line.startswith("PROGRAM ")]
    tasks = "".join(_TASK.format(name) for name in names)
    (project / "plc.toml").write_text(
        f'[plc]\nname = "change"\nsources = ["main.st"]\n[engine]\npriority = 80\n{tasks}'
    )
    return plants.build(project, cache=folder / "cache")


def _rounds(supervisor: Supervisor, next_: list[Plant]) -> dict[bool, list[dict[str, float]]]:
    """Figures of each round, by whether it had a change in its middle."""
    time.sleep(SETTLE_S)
    rounds: dict[bool, list[dict[str, float]]] = {True: [], False: []}
    for number in range(2 * ROUNDS):
        with_change = number % 2 == 1
        agreed = offer.make(supervisor.plant, next_[number // 2 % 2], _block(supervisor)) if with_change else None
        time.sleep(ROUND_S / 4)  # the offer itself is no part of what is measured
        before = _counted(supervisor)
        time.sleep(ROUND_S / 2)
        figures = _change(supervisor, agreed) if agreed is not None else {}
        time.sleep(ROUND_S / 2)
        after = _counted(supervisor)
        rounds[with_change].append({**figures, **{word: after[word] - before[word] for word in before}})
    return rounds


def _change(supervisor: Supervisor, agreed: offer.Offer) -> dict[str, float]:
    assert supervisor.changing is not None
    begun_s = time.perf_counter()
    future = supervisor.changing.submit(agreed)
    supervisor.wake()
    done = future.result(60)
    return {
        "whole_s": time.perf_counter() - begun_s,
        "handover_us": done.handover_ns / 1000,
        "moved_bytes": done.moved_bytes,
        "pieces": len(agreed.planned.tables["moves"]),
    }


def _block(supervisor: Supervisor) -> Block:
    assert supervisor.block is not None
    return supervisor.block


def _counted(supervisor: Supervisor) -> dict[str, int]:
    return {word: _block(supervisor).get(word) for word in ("scans", "overruns", "lost_activations")}


def _seen(rounds: dict[bool, list[dict[str, float]]]) -> dict[str, float]:
    keys = {"overruns": "overruns", "lost_activations": "lost"}
    return {
        f"{shown}_{'with' if kind else 'without'}": sum(r[key] for r in rounds[kind])
        for key, shown in keys.items()
        for kind in rounds
    }


if __name__ == "__main__":
    import json

    print(json.dumps(run(), indent=1))
