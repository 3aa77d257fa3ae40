"""`python -m bench [--only NAME]`: run the benches, write a JSON file for each and print one table.

Each module has `run() -> Result`. A figure is always a ratio of two measurements of one run, so that machines
compare; the absolute figures stand beside it.
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
    parser.add_argument("--only", choices=NAMES, help="one figure")
    parser.add_argument("--output", type=Path, default=Path("build/bench"), help="folder for the JSON files")
    arguments = parser.parse_args()
    results = []
    for name in [arguments.only] if arguments.only else NAMES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        result = importlib.import_module(f"bench.{name}").run()
        report.write(arguments.output, result)
        results.append(result)
    print(report.table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
