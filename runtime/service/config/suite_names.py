"""Which files hold tests in the language: `test_<name>.st` and `<name>_test.st`, where a TEST_SUITE begins a line.

The name alone does not decide: a program may have a source that is called so, and keeps it.
"""

from __future__ import annotations

import re

_NAME = re.compile(r"(?:test_.+|.+_test)\.st", re.IGNORECASE)
_SUITE = re.compile(r"^[ \t]*TEST_SUITE\b", re.IGNORECASE | re.MULTILINE)


def is_suite_name(name: str) -> bool:
    """Whether a file of this name, without its folders, may hold tests."""
    return _NAME.fullmatch(name) is not None


def has_suite(text: str) -> bool:
    return _SUITE.search(text) is not None
