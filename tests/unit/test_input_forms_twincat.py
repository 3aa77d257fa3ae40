"""TwinCAT objects: what the compiler reads of them, and that every place is that of the file."""

from __future__ import annotations

import re

import pytest

from iec61131.compiler import check
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.input_forms import read
from iec61131.input_forms.xml_tree import DEPTH_MAX, ELEMENTS_MAX
from iec61131.source import SourceFile
from iec61131.syntax.lexer import lex
from iec61131.syntax.parser import parse
from iec61131.syntax.tokens import TRIVIA, Kind
from iec61131.syntax.tree import PouDeclaration
from tests.unit.resolved import errors_of_form


def pou(declaration: str, body: str = "<ST><![CDATA[]]></ST>", members: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<TcPlcObject Version="1.1.0.1">\n'
        '  <POU Name="P" Id="{0f}" SpecialFunc="None">\n'
        f"    <Declaration><![CDATA[{declaration}]]></Declaration>\n"
        f"    <Implementation>\n      {body}\n    </Implementation>\n{members}"
        '    <LineIds Name="P">\n      <LineId Id="3" Count="0" />\n    </LineIds>\n  </POU>\n</TcPlcObject>'
    )


def words(text: str, name: str = "P.TcPOU") -> str:
    """What the parser sees of a file: its tokens with one blank between them."""
    tokens, found = lex(read(name, text))
    assert not found
    return " ".join(token.text for token in tokens if token.kind not in TRIVIA).rstrip()


def codes(text: str, name: str = "P.TcPOU") -> list[str]:
    return [finding.code.id for finding in errors_of_form(name, text)]


# ---------------------------------------------------------------------------------------------------------- structure


def test_a_program_ends_behind_its_body():
    text = pou("PROGRAM P\nVAR\n    x : INT;\nEND_VAR", "<ST><![CDATA[x := 1;]]></ST>")
    assert words(text) == "PROGRAM P VAR x : INT ; END_VAR x := 1 ; END_PROGRAM"


@pytest.mark.parametrize("kind", ["PROGRAM", "FUNCTION_BLOCK", "FUNCTION"])
def test_the_end_belongs_to_the_kind(kind: str):
    before = "(* a (* FUNCTION *) b *) // PROGRAM\n{attribute 'hide'}\n"
    assert words(pou(f"{before}{kind.lower()} P", "<ST/>")) == f"{kind.lower()} P END_{kind}"


def test_methods_and_properties_stand_behind_the_body():
    members = """    <Folder Name="Public" Id="{1}" />
    <Method Name="Open" Id="{2}" FolderPath="Public\\">
      <Declaration><![CDATA[METHOD PUBLIC Open : BOOL]]></Declaration>
      <Implementation>
        <ST><![CDATA[Open := TRUE; // at once]]></ST>
      </Implementation>
    </Method>
    <Property Name="Level" Id="{3}">
      <Declaration><![CDATA[PROPERTY Level : INT]]></Declaration>
      <Get Name="Get" Id="{4}">
        <Declaration><![CDATA[VAR
END_VAR]]></Declaration>
        <Implementation>
          <ST><![CDATA[Level := 1;]]></ST>
        </Implementation>
      </Get>
      <Set Name="Set" Id="{5}">
        <Declaration><![CDATA[]]></Declaration>
        <Implementation>
          <ST><![CDATA[]]></ST>
        </Implementation>
      </Set>
    </Property>
"""
    assert words(pou("FUNCTION_BLOCK P", members=members)) == (
        "FUNCTION_BLOCK P "
        "METHOD PUBLIC Open : BOOL Open := TRUE ; END_METHOD "
        "PROPERTY Level : INT GET VAR END_VAR Level := 1 ; END_GET SET END_SET END_PROPERTY "
        "END_FUNCTION_BLOCK"
    )


def test_the_tree_of_an_object_has_its_members():
    members = """    <Method Name="Open"><Declaration>METHOD Open : BOOL</Declaration></Method>
    <Property Name="Level"><Declaration>PROPERTY Level : INT</Declaration>
      <Get Name="Get"><Implementation><ST>Level := 1;</ST></Implementation></Get></Property>
    <Action Name="Start"><Implementation><ST>;</ST></Implementation></Action>
"""
    unit, found = parse(read("P.TcPOU", pou("FUNCTION_BLOCK P", members=members)))
    assert not found
    (block,) = unit.declarations
    assert isinstance(block, PouDeclaration)
    assert [method.name.text for method in block.methods] == ["Open"]
    (level,) = block.properties
    assert level.getter is not None
    assert level.setter is None
    assert [action.name.text for action in block.actions] == ["Start"]


def test_actions_and_transitions_take_their_names_from_the_tags():
    members = """    <Action Id="{2}" Name="Start">
      <Implementation>
        <ST><![CDATA[x := 1;]]></ST>
      </Implementation>
    </Action>
    <Transition Name="done">
      <Implementation>
        <ST><![CDATA[TRUE]]></ST>
      </Implementation>
    </Transition>
"""
    text = pou("PROGRAM P", members=members)
    assert (
        words(text) == "PROGRAM P ACTION Start : x := 1 ; END_ACTION TRANSITION done : TRUE END_TRANSITION END_PROGRAM"
    )
    source = read("P.TcPOU", text)
    for name in ("Start", "done"):
        assert source.text.index(name) == text.index(name), "a finding about the name shows the attribute"


def test_an_interface():
    text = """<TcPlcObject>
  <Itf Name="I_Valve">
    <Declaration><![CDATA[INTERFACE I_Valve EXTENDS I_Part]]></Declaration>
    <Method Name="Open">
      <Declaration><![CDATA[METHOD Open : BOOL
]]></Declaration>
    </Method>
    <Property Name="Level">
      <Declaration><![CDATA[PROPERTY Level : INT]]></Declaration>
      <Get Name="Get">
        <Declaration><![CDATA[]]></Declaration>
      </Get>
    </Property>
  </Itf>
</TcPlcObject>"""
    assert words(text, "I_Valve.TcIO") == (
        "INTERFACE I_Valve EXTENDS I_Part METHOD Open : BOOL END_METHOD "
        "PROPERTY Level : INT GET END_GET END_PROPERTY END_INTERFACE"
    )


def test_a_type_and_a_list_of_globals():
    declaration = "<Declaration><![CDATA[TYPE E : (a, b); END_TYPE]]></Declaration>"
    dut = f"<TcPlcObject><DUT Name='E'>{declaration}</DUT></TcPlcObject>"
    assert words(dut, "E.TcDUT") == "TYPE E : ( a , b ) ; END_TYPE"
    gvl = dut.replace("DUT", "GVL").replace("TYPE E : (a, b); END_TYPE", "VAR_GLOBAL\n x : INT;\nEND_VAR")
    source = read("E.TcGVL", gvl)
    assert re.search(r"\{list_name +E\}\s+VAR_GLOBAL\s+x : INT;\s+END_VAR\s*$", source.text)


def test_all_on_one_line():
    text = (
        "<TcPlcObject><POU Name='P'><Declaration>FUNCTION_BLOCK P // c</Declaration><Implementation><ST>;//</ST>"
        "</Implementation><Method Name='M'><Declaration>METHOD M</Declaration></Method></POU></TcPlcObject>"
    )
    assert words(text) == "FUNCTION_BLOCK P ; METHOD M END_METHOD END_FUNCTION_BLOCK"


def test_words_without_room_follow_the_file():
    text = "<TcPlcObject>\n<POU>\n<Declaration>FUNCTION_BLOCK P</Declaration>\n</POU>\n</TcPlcObject>"
    assert words(text) == "FUNCTION_BLOCK P END_FUNCTION_BLOCK"
    source = read("P.TcPOU", text.replace("BLOCK P", "BLOCK P VAR"))
    end = len(source.text)
    assert source.position(end) == source.position(len(source.shown)) == (5, 15)


def test_no_room_in_between():
    text = '<TcPlcObject>\n<POU>\n<Property>\n<Get/>\n<Set/>\n</Property>\n<Action Name="A"/>\n</POU>\n</TcPlcObject>'
    assert codes(text) == ["RUNG0607"]


# --------------------------------------------------------------------------------------------------------------- places


def test_every_place_is_that_of_the_file():
    text = pou("PROGRAM P\nVAR\n\tx : INT; // µ, Füllstand\nEND_VAR", "<ST><![CDATA[(* ä *) y := 1;]]></ST>")
    for written in (text, text.replace("\n", "\r\n")):
        source = read("P.TcPOU", written)
        assert source.shown == written
        assert len(source.text) == len(written)
        for line in range(1, len(source.line_starts) + 1):
            assert source.line_text(line) == written.splitlines()[line - 1]
        finding = next(f for f in check([source]) if f.code.id == "RUNG0301")
        assert (finding.span.line, finding.span.file.line_text(finding.span.line).strip()) == (
            9,
            "<ST><![CDATA[(* ä *) y := 1;]]></ST>",
        )
        assert written[finding.span.start : finding.span.end] == "y"


def test_the_digest_is_that_of_the_file():
    text = pou("PROGRAM P")
    assert read("P.TcPOU", text).digest == SourceFile("P.TcPOU", text).digest


# ---------------------------------------------------------------------------------------- text outside CDATA sections


def test_references_of_xml_keep_signs_together():
    body = "<ST>IF a &lt;= b AND c&lt;&gt;d THEN f(q=&gt;e); g :=&#32;h&amp;i; END_IF;</ST>"
    assert words(pou("PROGRAM P", body)) == (
        "PROGRAM P IF a <= b AND c <> d THEN f ( q => e ) ; g := h & i ; END_IF ; END_PROGRAM"
    )


def test_strings_have_the_value_of_the_tool():
    body = "<ST>s := 'a&amp;b&lt;'; t := &apos;x&apos;; u := \"&quot;; (* &gt; *) v := 'plain';</ST>"
    tokens, found = lex(read("P.TcPOU", pou("PROGRAM P", body)))
    assert not found
    assert [t.text for t in tokens if t.kind is Kind.STRING] == ["'a&b<'", "'x'", '""', "'plain'"]


def test_a_split_cdata_section():
    """A tool writes `]]>` as two sections, since the three signs would end the one."""
    body = "<ST><![CDATA[IF a[b[1]]]]><![CDATA[>2 THEN s := ']]]]><![CDATA[>'; END_IF;]]></ST>"
    assert words(pou("PROGRAM P", body)) == ("PROGRAM P IF a [ b [ 1 ] ] > 2 THEN s := ']]>' ; END_IF ; END_PROGRAM")


def test_comments_of_xml_are_blank():
    body = "<ST><!-- by a script\n --><![CDATA[x := 1;]]><?tool y?></ST>"
    assert words(pou("PROGRAM P", body)) == "PROGRAM P x := 1 ; END_PROGRAM"


# -------------------------------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize("language", ["NWL", "CFC", "SFC", "Strange"])
def test_a_body_that_is_a_drawing(language: str):
    archive = f"<{language}><XmlArchive><Data><o><Declaration/></o></Data></XmlArchive></{language}>"
    (finding,) = errors_of_form("P.TcPOU", pou("FUNCTION_BLOCK P", archive))
    assert finding.code.id == "RUNG0604"
    assert "'P'" in finding.message
    assert finding.span.text == f"<{language}>"


def test_each_body_that_is_a_drawing_is_named():
    members = '<Action Name="Start"><Implementation><SFC/></Implementation></Action>'
    found = errors_of_form("P.TcPOU", pou("PROGRAM P", "<CFC />", members))
    assert [re.findall(r"'([\w.]+)'", finding.message) for finding in found] == [["P"], ["P.Start"]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PROGRAM P END_PROGRAM",
        "<TcPlcObject>",
        "<TcPlcObject><POU></TcPlcObject></POU>",
        "<TcPlcObject>&nbsp;</TcPlcObject>",
        "<TcPlcObject/><TcPlcObject/>",
        "<TcPlcObject>\0</TcPlcObject>",
        "<TcPlcObject>\ud800</TcPlcObject>",
        "<TcPlcObject x='1' x='2'/>",
    ],
)
def test_damaged_xml(text: str):
    assert codes(text) == ["RUNG0601"]


def test_damage_has_its_place_behind_letters_of_several_bytes():
    (finding,) = errors_of_form("P.TcPOU", "<TcPlcObject>\n<!-- äöü€ --></POU>")
    assert finding.span.line == 2
    assert finding.span.file.text[finding.span.start - 2 :].startswith("</POU>")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><TcPlcObject>&c;</TcPlcObject>', "document type"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><TcPlcObject/>', "document type"),
        ("<TcPlcObject>" + "<a>" * DEPTH_MAX, "inside each other"),
        ("<TcPlcObject><XmlArchive>" + "<a>" * DEPTH_MAX, "inside each other"),
        ("<TcPlcObject>" + "<a/>" * ELEMENTS_MAX, "elements"),
    ],
)
def test_what_makes_xml_dangerous(text: str, what: str):
    (finding,) = errors_of_form("P.TcPOU", text)
    assert finding.code.id == "RUNG0602"
    assert what in finding.message


def test_an_archive_may_be_large():
    archive = "<CFC><XmlArchive>" + "<o/>" * (2 * ELEMENTS_MAX) + "</XmlArchive></CFC>"
    assert codes(pou("PROGRAM P", archive)) == ["RUNG0604"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<project/>", "RUNG0603"),
        ("<TcPlcObject/>", "RUNG0603"),
        ("<TcPlcObject><Task Name='T'/></TcPlcObject>", "RUNG0603"),
        ("<TcPlcObject><POU><New><ST>x</ST></New></POU></TcPlcObject>", "RUNG0605"),
        ("<TcPlcObject><POU><Action><Implementation/></Action></POU></TcPlcObject>", "RUNG0606"),
        ("<TcPlcObject><POU><Action Name='a b'/></POU></TcPlcObject>", "RUNG0606"),
        ("<TcPlcObject><POU><Action Name='a&#98;'/></POU></TcPlcObject>", "RUNG0606"),
    ],
)
def test_an_unknown_form(text: str, code: str):
    assert codes(text) == [code]


def test_elements_without_program_text_are_passed_over():
    assert codes("<TcPlcObject><POU><ObjectProperties><ST/></ObjectProperties><New/></POU></TcPlcObject>") == []


def test_a_form_that_is_refused_says_all():
    text = "<TcPlcObject><Task/><POU><Implementation><CFC/></Implementation></POU></TcPlcObject>"
    with pytest.raises(CompileError) as caught:
        read("P.TcPOU", text)
    assert len(caught.value.diagnostics) == 2
