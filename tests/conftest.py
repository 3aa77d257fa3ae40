"""What holds for every test: how hypothesis searches, and that a test run leaves no process behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline, because the first example of many a test compiles machine code and the second does not. The blob that a
# failure prints replays exactly that failure: @reproduce_failure(...).
settings.register_profile("rung", deadline=None, print_blob=True)
settings.load_profile("rung")

# Children that multiprocessing keeps for the life of this process; they end with it.
KEPT_BY_MULTIPROCESSING = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


@pytest.fixture(scope="session", autouse=True)
def no_process_left_behind() -> Iterator[None]:
    """Set up before, hence torn down after, every other fixture: whatever runs then was forgotten by some test."""
    yield
    left_behind = [command for command in children() if not any(kept in command for kept in KEPT_BY_MULTIPROCESSING)]
    assert not left_behind, f"tests have left these processes running: {left_behind}"


def children() -> Iterator[str]:
    """The command lines of this process's children. A zombie, which nobody has waited for, has an empty one."""
    for thread in Path("/proc/self/task").iterdir():
        for pid in (thread / "children").read_text().split():
            arguments = Path("/proc", pid, "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
            yield f"{pid}: {b' '.join(arguments).decode(errors='replace')}"
