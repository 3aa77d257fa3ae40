"""NAMESPACE and USING."""

import pytest

from iec61131.syntax import tree
from tests.unit.test_parser_errors import findings_of, places_of
from tests.unit.trees import check_places, codes_of, only, parsed, sketch


def test_namespaces_nest():
    text = """{n} NAMESPACE INTERNAL a.b
        USING c, d.e; USING f;
        TYPE T : INT; END_TYPE
        NAMESPACE g VAR_GLOBAL x : INT; END_VAR END_NAMESPACE
        FUNCTION_BLOCK B USING h; VAR y : T; END_VAR END_FUNCTION_BLOCK
        CLASS C END_CLASS INTERFACE I END_INTERFACE
    END_NAMESPACE"""
    check_places(parsed(text))
    outer = only(text)
    assert (sketch(outer.names), outer.is_internal, sketch(outer.pragmas)) == ("[a, b]", True, "[n]")
    assert [sketch(using.names) for using in outer.usings] == ["[c]", "[d, e]", "[f]"]
    type_, inner, block, class_, interface = outer.declarations
    assert isinstance(type_, tree.TypeDeclaration)
    assert (sketch(inner.names), inner.is_internal, len(inner.declarations)) == ("[g]", False, 1)
    assert (block.name.text, sketch(block.usings[0].names), len(block.variables)) == ("B", "[h]", 1)
    assert (class_.name.text, interface.name.text) == ("C", "I")


def test_using_at_the_head_of_a_file():
    unit = parsed("USING a.b, c;\nUSING d;\nPROGRAM P END_PROGRAM")
    assert [sketch(using.names) for using in unit.usings] == ["[a, b]", "[c]", "[d]"]
    assert [using.span.text for using in unit.usings] == ["a.b", "c", "d"]
    assert len(unit.declarations) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NAMESPACE a\nPROGRAM P x := ; END_PROGRAM\nEND_NAMESPACE", [(2, "RUNG0127")]),
        ("NAMESPACE a\nx := 1;\nPROGRAM P x := ; END_PROGRAM\nEND_NAMESPACE", [(2, "RUNG0135"), (3, "RUNG0127")]),
        ("NAMESPACE a\nFUNCTION_BLOCK B\nEND_NAMESPACE", [(3, "RUNG0123")]),
        ("NAMESPACE a.\nPROGRAM P x := ; END_PROGRAM\nEND_NAMESPACE", [(1, "RUNG0120"), (2, "RUNG0127")]),
        ("PROGRAM P END_PROGRAM\nEND_NAMESPACE", [(2, "RUNG0124")]),
        ("USING a b;\nPROGRAM P x := ; END_PROGRAM", [(1, "RUNG0120"), (2, "RUNG0127")]),
        ("USING a\nPROGRAM P x := ; END_PROGRAM", [(1, "RUNG0121"), (2, "RUNG0127")]),
    ],
)
def test_errors_in_namespaces(text, found):
    assert places_of(text) == found
    assert codes_of(text + "\nPROGRAM Last\nx := ;\nEND_PROGRAM") == [*(code for _, code in found), "RUNG0127"]


@pytest.mark.parametrize("times", [101, 5000])
def test_too_many_namespaces_inside_each_other_are_one_finding(times):
    assert codes_of("NAMESPACE a\n" * times + "PROGRAM P END_PROGRAM\n" + "END_NAMESPACE\n" * times) == ["RUNG0190"]
    assert codes_of("NAMESPACE a\n" * 90 + "PROGRAM P END_PROGRAM\n" + "END_NAMESPACE\n" * 90) == []


def test_a_namespace_that_is_not_closed_points_at_its_beginning():
    (finding,) = findings_of("NAMESPACE a\nPROGRAM P END_PROGRAM\nPROGRAM Q END_PROGRAM\n")
    assert (finding.code.id, finding.span.line) == ("RUNG0123", 3)
    assert finding.notes[0].span.text == "NAMESPACE"
