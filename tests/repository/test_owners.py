"""Time has one reader, the scan's side knows no event loop, and data is never run as code.

Import contracts cannot say these three: the first two depend on what is called or defined, the third on builtins.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.tree import PACKAGES, python_files, qualified_name, syntax_tree

CLOCK = Path("runtime/clock.py")

READS_TIME = {
    *(
        f"time.{function}{suffix}"
        for function in ("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime")
        for suffix in ("", "_ns")
    ),
    *(
        f"{owner}.{function}"
        for owner in ("datetime", "datetime.datetime", "date", "datetime.date")
        for function in ("now", "utcnow", "today")
    ),
}

RUNS_DATA = {"eval", "exec", "builtins.eval", "builtins.exec"}
"""Called on anything; `compile` alone runs nothing, and a method of the same name is another thing."""

UNPICKLES = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "jsonpickle", "marshal", "shelve"}

BELOW_SERVICE = ("runtime.loop", "runtime.engine", "runtime.image", "runtime.clock", "iec61131")


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of whatever is imported: `from time import sleep` is `time.sleep`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def time_readers(tree: ast.AST) -> Iterator[int]:
    """Lines that read real time, or fetch a function that does."""
    yield from (line for line, name in imports(tree) if name in READS_TIME)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and qualified_name(node) in READS_TIME:
            yield node.lineno


def data_runners(tree: ast.AST) -> Iterator[int]:
    """Lines that run text as code, or could by unpickling."""
    yield from (line for line, name in imports(tree) if name.split(".")[0] in UNPICKLES)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and qualified_name(node.func) in RUNS_DATA:
            yield node.lineno


def coroutines(tree: ast.AST) -> Iterator[int]:
    """Lines that define a coroutine."""
    yield from (node.lineno for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef))


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def test_only_the_clock_reads_real_time():
    readers = [
        f"{path}:{line}"
        for path in python_files(*PACKAGES)
        if path != CLOCK
        for line in time_readers(syntax_tree(path))
    ]
    assert not readers, f"time is an argument; {CLOCK} is its only reader"


def test_no_coroutine_below_the_service():
    found = [
        f"{path}:{line}"
        for path in python_files(*PACKAGES)
        if f"{module_name(path)}.".startswith(tuple(f"{module}." for module in BELOW_SERVICE))
        for line in coroutines(syntax_tree(path))
    ]
    assert not found, "an event loop has no place on the scan's side"


def test_data_is_never_run_as_code():
    found = [f"{path}:{line}" for path in python_files(*PACKAGES) for line in data_runners(syntax_tree(path))]
    assert not found


@pytest.mark.parametrize(
    ("finder", "source", "lines"),
    [
        (time_readers, "import time\nfrom time import monotonic_ns\nnow_ns = time.time_ns()\ntime.sleep(1)", [2, 3]),
        (time_readers, "import datetime\nx = datetime.datetime.now(tz)\nloop.time()", [2]),
        (data_runners, "import pickle\nfrom marshal import loads\neval(x)\nmodel.eval(x)\nre.compile(x)", [1, 2, 3]),
        (coroutines, "def scan(): ...\nasync def poll(): ...", [2]),
    ],
)
def test_the_searches(finder, source: str, lines: list[int]):
    assert sorted(finder(ast.parse(source))) == lines
