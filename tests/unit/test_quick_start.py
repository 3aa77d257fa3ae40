"""`rung check` answers at once: whatever takes longer to load than it is worth there stays away.

A stopwatch would measure the machine; the list of what was loaded is the same everywhere.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TANK = Path(__file__).parents[2] / "programs" / "tank"

TOO_SLOW = {
    "asyncio",
    "dataclasses",  # writes out and compiles what a class of plain data can do; `msgspec` has it in C
    "difflib",
    "hashlib",  # loads OpenSSL
    "iec61131.codegen",
    "iec61131.input_forms.twincat",
    "importlib.metadata",
    "importlib.resources",
    "json",
    "llvmlite",
    "numba",
    "numpy",
    "pydantic",
    "rich",
    "subprocess",
    "threading",
}

_CHECK = """
import sys
from runtime.cli import main
status = main(["check", sys.argv[1]])
print(status, *sys.modules)
"""


def test_a_check_loads_nothing_that_it_could_do_without() -> None:
    ended = subprocess.run([sys.executable, "-c", _CHECK, str(TANK)], check=True, capture_output=True, text=True)
    said, found = ended.stdout.splitlines()
    assert said == "no errors"
    status, *loaded = found.split()
    assert status == "0"
    assert "iec61131.compiler" in loaded
    assert not TOO_SLOW & set(loaded)
