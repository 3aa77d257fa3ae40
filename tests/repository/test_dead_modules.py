"""No module of the packages is left over: each is imported, or started by name, by another one.

Tests do not count, for a module that only its tests use is dead; `runtime.testing`, which exists for them, is the
exception. A module that is started by name (`python -m`, a process target, an entry point) is alive where that name is
written.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.repository.tree import PACKAGES, files, python_files, syntax_tree, text

TESTING = "runtime.testing"
USERS = (*PACKAGES, "programs")
"""Where a module has to be used to be alive: an example program may bring a simulation."""
DOTTED = re.compile(r"\w+(?:\.\w+)+")


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def names_used(path: Path) -> Iterator[str]:
    """Whatever a file imports, and whatever dotted name it spells out in a string."""
    package = path.parent.parts
    for node in ast.walk(syntax_tree(path)):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=module, names=aliases, level=level):
                base = ".".join(
                    [*(package[: len(package) - level + 1] if level else ()), *([module] if module else ())]
                )
                yield base
                yield from (f"{base}.{alias.name}" for alias in aliases)
            case ast.Constant(value=str(string)) if len(string) < 200:  # longer ones are prose
                yield from DOTTED.findall(string)
            case _:
                pass


def with_parents(name: str) -> Iterator[str]:
    """Importing a.b.c runs a and a.b as well."""
    parts = name.split(".")
    yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def test_every_module_is_used():
    used = {name for path in ("pyproject.toml", "Makefile") for name in DOTTED.findall(text(Path(path)))}
    used_by_tests: set[str] = set()
    for path in files():
        if path.suffix == ".py":
            in_packages = path.parts[0] in USERS and not path.name.startswith("test_")
            itself = module_name(path)
            names = {parent for name in names_used(path) if name != itself for parent in with_parents(name)}
            (used if in_packages else used_by_tests).update(names - {itself})
    unused = [
        str(path)
        for path in python_files(*PACKAGES)
        if path.name != "__main__.py"
        and (name := module_name(path)) not in used
        and not (name in used_by_tests and name.startswith(TESTING))
    ]
    assert not unused, "nothing imports these modules or starts them by name"
