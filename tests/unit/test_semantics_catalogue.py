"""Every code of the semantic stage does what its page says: `wrong` gives it and no other, `right` gives nothing."""

import pytest

from iec61131.diagnostics.catalogue import CODES
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
