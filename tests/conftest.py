"""What holds for every test: how hypothesis searches, that a test run leaves no process behind and compiles nothing of
the runtime, and that neither nine thousand tests nor locked memory make the process of pytest slow.
"""

import ctypes
import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline, because the first example of many a test compiles machine code and the second does not. The blob that a
# failure prints replays exactly that failure: @reproduce_failure(...).
settings.register_profile("rung", deadline=None, print_blob=True)
settings.load_profile("rung")


def pytest_configure() -> None:
    """What is collected stays until the end: a million objects, which no collection of garbage need go through, neither
    while they are made nor during the tests.
    """
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


# Children that multiprocessing keeps for the life of this process; they end with it.
KEPT_BY_MULTIPROCESSING = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


@pytest.fixture(scope="session", autouse=True)
def no_process_left_behind() -> Iterator[None]:
    """Set up before, hence torn down after, every other fixture: whatever runs then was forgotten by some test."""
    yield
    left_behind = [command for command in children() if not any(kept in command for kept in KEPT_BY_MULTIPROCESSING)]
    assert not left_behind, f"tests have left these processes running: {left_behind}"


RUNTIME = Path(__file__).parents[1] / "runtime"
INSTALLED = Path(sys.prefix) / "project.stamp"
"""Made by `make setup`, behind the compilation of all that is native in the runtime."""


@pytest.fixture(scope="session", autouse=True)
def nothing_native_is_compiled() -> Iterator[None]:
    """Not in this process and in none that a test starts: the kernel takes half a minute, and each of a dozen processes
    would begin by compiling it. What somebody has changed since `make setup` is compiled once, by whoever needs it.
    """
    before = native_functions()
    yield
    changed = [source for source in RUNTIME.rglob("*.py") if source.stat().st_mtime_ns > written_ns(INSTALLED)]
    new = sorted(index.name for index, _ in native_functions().items() - before.items())
    assert changed or not new, f"numba compiled what runtime.replay.precompile should have: {new}"


def native_functions() -> dict[Path, int]:
    """The index that numba keeps of each function on disk, and when it was written last."""
    return {index: written_ns(index) for index in RUNTIME.rglob("*.nbi")}


def written_ns(path: Path) -> int:
    """0 for a file that is not there."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:  # numba renames a file that it has written
        return 0


@pytest.fixture(scope="module", autouse=True)
def no_memory_stays_locked() -> Iterator[None]:
    """A scan thread locks the memory of its process, for a test that of pytest: from then on each thread and each
    buffer would be filled with pages at once, of which it uses few.
    """
    yield
    ctypes.CDLL(None).munlockall()


def children() -> Iterator[str]:
    """The command lines of this process's children. A zombie, which nobody has waited for, has an empty one."""
    for thread in Path("/proc/self/task").iterdir():
        for pid in (thread / "children").read_text().split():
            arguments = Path("/proc", pid, "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
            yield f"{pid}: {b' '.join(arguments).decode(errors='replace')}"
