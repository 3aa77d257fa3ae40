"""`python -m tests.soak --minutes 10 --seed 1`: a soak, its summary, and exit status 1 when something did not hold.

The seed decides what each actor does and in which order; when two actors meet is a matter of the machine.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

from tests.faults.rig import ROOT
from tests.soak.invariants.base import Violated
from tests.soak.soak import Soak
from tests.soak.summary import lines

FOLDER = ROOT / "build" / "soak"


def main() -> int:
    parser = argparse.ArgumentParser(description="Run everything at once and look whether what must hold does.")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default: 10)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of all random numbers (default: the time)")
    parser.add_argument("--plcs", nargs="*", default=(), help="names of those that take part (default: all)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for the story, the log and the state")
    options = parser.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    say(f"soak of {options.minutes:g} minutes, seed {options.seed}; the story is in {options.folder}/story.jsonl")
    soak = Soak(options.folder, options.seed, options.minutes * 60, only=options.plcs)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was started is ended
    failure = soak.run()
    say("\n".join(lines(soak)))
    if failure is None:
        say(f"seed {options.seed}: everything held")
        return 0
    say("the last events:")
    say("\n".join(soak.story.last()))
    say(f"seed {options.seed}, {failure.who}: {type(failure.error).__name__}: {failure.error}")
    if not isinstance(failure.error, Violated):
        say("".join(traceback.format_exception(failure.error)))
    return 1


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
