"""The project's own files, as the rules in this folder see them: what git tracks, and what it would if you added it."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("iec61131", "io_drivers", "runtime")


@cache
def files() -> tuple[Path, ...]:
    """All files that are in the repository or about to be, sorted, relative to ROOT."""
    # A clone often belongs to another user than the one who tests it; git refuses such a folder unless told.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    # A file that is deleted but not yet committed is still listed.
    return tuple(sorted(Path(name) for name in set(listing.split("\0")) if name and (ROOT / name).is_file()))


def python_files(*folders: str) -> list[Path]:
    """The Python files below some top-level folders, or all there are."""
    return [path for path in files() if path.suffix == ".py" and (not folders or path.parts[0] in folders)]


@cache
def text(path: Path) -> str:
    """A file's text, and the empty text for a file that is none, such as an image."""
    content = (ROOT / path).read_bytes()
    return "" if b"\0" in content else content.decode()


@cache
def syntax_tree(path: Path) -> ast.Module:
    return ast.parse(text(path), filename=str(path))


def qualified_name(expression: ast.expr) -> str:
    """`time.monotonic_ns` for that attribute, `eval` for that name, the empty text for anything that is no name."""
    match expression:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            owner = qualified_name(value)
            return f"{owner}.{name}" if owner else ""
        case _:
            return ""
