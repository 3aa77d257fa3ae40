"""`python -m bench [--only NAME ..] [--gate FACTOR]`: run the benches, write a JSON file for each and print one table.

Each module has `run() -> Result`. A figure is always a ratio of two measurements of one run, so that machines
compare; the absolute figures stand beside it. A gate is for continuous integration: generous enough for a noisy
machine, it finds what has become several times as slow.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from bench import report

NAMES = (
    "latency",
    "code",
    "overhead",
    "compile",
    "check",
    "virtual",
    "sharing",
    "recorder",
    "replay",
    "many",
    "hosted",
    "recovery",
    "change",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", choices=NAMES, action="append", help="one figure; may be given several times")
    parser.add_argument(
        "--gate", metavar="FACTOR", type=float, help="status 1 if a ratio is more than so many times its target"
    )
    parser.add_argument("--output", type=Path, default=Path("build/bench"), help="folder for the JSON files")
    arguments = parser.parse_args()
    results = []
    for name in arguments.only or NAMES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        result = importlib.import_module(f"bench.{name}").run()
        report.write(arguments.output, result)
        results.append(result)
    print(report.table(results))
    failed = report.beyond(results, arguments.gate) if arguments.gate is not None else []
    for name, ratio, most in failed:
        print(f"{name}: the ratio is {ratio:.3f}, and may be {most:.3f} at most", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
