"""Every code of the semantic stage does what its page says: `wrong` gives it and no other, `right` gives nothing."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

from iec61131.diagnostics import catalogue
from iec61131.diagnostics.catalogue import CODES
from iec61131.diagnostics.diagnostic import Code
from tests.unit.resolved import codes

SEMANTIC_CODES = [code for code in CODES.values() if code.id.startswith(("RUNG02", "RUNG03", "RUNG04"))]


def dialect_of(example: str):
    return "iec" if example.startswith("(* dialect: iec *)") else "rung"


@pytest.mark.parametrize("code", SEMANTIC_CODES, ids=lambda code: code.id)
def test_wrong_example_gives_the_code_and_no_other(code):
    assert set(codes(code.wrong, dialect_of(code.wrong))) == {code.id}


@pytest.mark.parametrize("code", SEMANTIC_CODES, ids=lambda code: code.id)
def test_right_example_gives_nothing(code):
    assert codes(code.right, dialect_of(code.right)) == []


@pytest.mark.parametrize("code", SEMANTIC_CODES, ids=lambda code: code.id)
def test_page_is_complete(code):
    assert all((code.title, code.message, code.remedy, code.explanation))
    assert code.wrong != code.right
    for sentence in (code.title, code.message, code.remedy):
        assert not sentence.removesuffix(" ..").endswith("."), sentence
    assert code.explanation.endswith((".", "`."))


def test_no_two_codes_have_one_number():
    """`CODES` is a dictionary, in which the later one would silently take the place of the earlier."""
    areas = [import_module(f"{catalogue.__name__}.{info.name}") for info in iter_modules(catalogue.__path__)]
    numbers = [code.id for area in areas for code in vars(area).values() if isinstance(code, Code)]
    assert sorted(numbers) == sorted(CODES)
