"""Bytes to text, catalogue examples, and the names of files that count as sources."""

from __future__ import annotations

import pytest

from iec61131.compiler import check
from iec61131.diagnostics.catalogue import CODES
from iec61131.diagnostics.diagnostic import Code
from iec61131.input_forms import SUFFIXES, decode, is_source, read
from tests.unit.resolved import errors_of_form

FORM_CODES = [code for code in CODES.values() if code.id.startswith("RUNG06")]
# Its example cannot be the file that it describes; see test_ladder_text_limits.py.
WITHOUT_EXAMPLE = {"RUNG0639"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_xml(encoding: str):
    assert decode("a.TcPOU", "<ä€/>".encode(encoding)) == "<ä€/>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_exports(encoding: str):
    assert decode("a.EXP", "(* ä€ *)".encode(encoding)) == "(* ä€ *)"


def test_a_byte_without_a_letter_is_no_error():
    assert decode("a.exp", b"(* \x81\xe4 *)") == "(* \x81ä *)"


@pytest.mark.parametrize("data", [b"<\xe4/>", b"\xff\xfe<\x00\x00\xd8x\x00", b"\xef\xbb\xbf\xe4"])
def test_wrong_bytes(data: bytes):
    with pytest.raises(UnicodeDecodeError):
        decode("a.TcPOU", data)


def test_names_of_sources():
    assert all(is_source(f"blocks/a{suffix}") and is_source(f"a{suffix}") for suffix in SUFFIXES)
    assert is_source("a.tcpou")
    assert is_source("a.exp")
    assert not any(is_source(name) for name in ("a.ST", "a.TcTTO", "TcPOU", "a.toml", "a.TcPOU/b"))


def file_of(example: str) -> str:
    if "\n|" in example:
        return "a.ld"
    if not example.lstrip().startswith("<"):
        return "a.EXP"
    return "a.xml" if example.startswith(("<project", "<settings")) else "a.TcPOU"


@pytest.mark.parametrize(
    "code", [code for code in FORM_CODES if code.id not in WITHOUT_EXAMPLE], ids=lambda code: code.id
)
def test_the_examples_of_a_code(code: Code):
    assert [finding.code.id for finding in errors_of_form(file_of(code.wrong), code.wrong)] == [code.id]
    assert not errors_of_form(file_of(code.right), code.right)


@pytest.mark.parametrize("code", FORM_CODES, ids=lambda code: code.id)
def test_a_page_is_complete(code: Code):
    assert all((code.title, code.message, code.remedy, code.explanation))
    assert code.wrong != code.right


def test_there_are_codes():
    assert len(FORM_CODES) >= 29
    assert not check([read("a.TcGVL", FORM_CODES[0].right)])
