"""Every file opens with how to read it, stays short, and leaves nothing for later."""

import ast
import re

from tests.repository.tree import PACKAGES, files, python_files, syntax_tree, text

LINES_MAX = 600

# Joined here, so that this file does not break its own rule.
UNFINISHED = re.compile(r"\b(?:" + "|".join(["NotImplemented" + "Error", "TO" + "DO", "FIX" + "ME"]) + r")\b")


def test_python_files_open_with_a_docstring():
    # An empty __init__.py outside the packages only makes a folder importable: there is nothing to explain.
    silent = [
        str(path)
        for path in python_files()
        if not ast.get_docstring(syntax_tree(path)) and (path.parts[0] in PACKAGES or text(path).strip())
    ]
    assert not silent, "these files do not open by saying how to read them"


def test_files_are_short():
    lines = {str(path): text(path).count("\n") for path in files() if path.suffix in {".py", ".st", ".ld"}}
    long = {path: count for path, count in lines.items() if count >= LINES_MAX}
    assert not long, f"these files hold more than one concept, or one that wants parts (limit {LINES_MAX} lines)"


def test_nothing_is_left_for_later():
    unfinished = [
        f"{path}:{number}: {line.strip()}"
        for path in files()
        if path.suffix != ".md"  # CONTRIBUTING.md names what is not wanted
        for number, line in enumerate(text(path).splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert not unfinished


def test_the_search_for_unfinished_work_finds_it():
    assert UNFINISHED.search("x = 1  # TO" + "DO: the other half")
    assert not UNFINISHED.search("return NotImplemented")
