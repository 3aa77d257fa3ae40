"""What the packages import is declared, and what is declared is pinned: a name, a version, hashes, and no address."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.repository.tree import PACKAGES, python_files, syntax_tree, text

PROJECT = tomllib.loads(text(Path("pyproject.toml")))["project"]
EXTRAS = PROJECT["optional-dependencies"]
TESTING = Path("runtime/testing")
CONSTRAINTS = text(Path("constraints.txt"))

PIN = re.compile(r"(?P<name>[a-z0-9-]+)==[\w.+]+(?: ; [^\\]+)?(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)")


def pins() -> list[str]:
    """The constraints, one line for each distribution, without the comments on who needs it."""
    lines = "\n".join(line for line in CONSTRAINTS.splitlines() if not line.lstrip().startswith("#"))
    return re.sub(r"\s*\\\n\s*", " ", lines).splitlines()


def normalised(requirement: str) -> str:
    """The name that a requirement asks for, in the one spelling that indexes compare."""
    name = re.match(r"[\w.-]+", requirement)
    assert name, f"not a requirement: {requirement!r}"
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_constraints_hold_names_versions_and_hashes_only():
    odd = [pin for pin in pins() if not PIN.fullmatch(pin)]
    assert not odd, "make lock writes nothing else"


def test_every_declared_dependency_is_pinned():
    pinned = {match["name"] for pin in pins() if (match := PIN.match(pin))}
    declared = {normalised(name) for name in [*PROJECT["dependencies"], *EXTRAS["dev"], *EXTRAS["testing"]]}
    assert declared <= pinned, "make lock"


def test_every_imported_distribution_is_declared():
    # An import that works because some other dependency happens to bring it breaks on that one's next release.
    always = {normalised(requirement) for requirement in PROJECT["dependencies"]}
    in_tests = always | {normalised(requirement) for requirement in EXTRAS["testing"]}
    providers = packages_distributions()
    undeclared = [
        f"{path}: {module}"
        for path in python_files(*PACKAGES)
        for node in ast.walk(syntax_tree(path))
        for module in top_level_modules(node)
        if module not in PACKAGES
        and module not in sys.stdlib_module_names
        and (in_tests if TESTING in path.parents else always).isdisjoint(
            normalised(name) for name in providers.get(module, [module])
        )
    ]
    assert not undeclared


def top_level_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module.partition(".")[0]]
    return []
