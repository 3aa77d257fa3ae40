"""PLCopen files that somebody made to do harm: findings come of them, in time that grows with the file."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from iec61131 import compiler
from iec61131.diagnostics.render import render
from iec61131.input_forms import decode
from iec61131.input_forms.plcopen.document import CHARACTERS_MAX
from iec61131.source import SourceFile

RAIL = '<leftPowerRail localId="0"><connectionPointOut/></leftPowerRail>'
STEP = '<step localId="s" name="S" initialStep="true">{wire}</step>'


def project(body: str, language: str = "LD") -> str:
    names = (("a", "<BOOL/>"), ("b", "<BOOL/>"), ("n", "<INT/>"), ("t", '<derived name="TON"/>'))
    variables = "".join(f'<variable name="{name}"><type>{type_}</type></variable>' for name, type_ in names)
    return (
        f'<project><types><dataTypes/><pous><pou name="Main" pouType="program"><interface><localVars>{variables}'
        f"</localVars></interface><body><{language}>{body}</{language}></body></pou></pous></types></project>"
    )


def wire(*sources: object) -> str:
    return "<connectionPointIn>" + "".join(f'<connection refLocalId="{s}"/>' for s in sources) + "</connectionPointIn>"


def contact(id_: object, *sources: object) -> str:
    return f'<contact localId="{id_}">{wire(*sources)}<connectionPointOut/><variable>a</variable></contact>'


def coil(*sources: object) -> str:
    return f'<coil localId="end">{wire(*sources)}<variable>b</variable></coil>'


def add(id_: object, *sources: object) -> str:
    pins = (f'<variable formalParameter="IN{n}">{wire(source)}</variable>' for n, source in enumerate(sources, 1))
    return (
        f'<block localId="{id_}" typeName="ADD"><inputVariables>{"".join(pins)}</inputVariables><outputVariables>'
        '<variable formalParameter="OUT"><connectionPointOut/></variable></outputVariables></block>'
    )


def transition(id_: object, source: object, condition: str = '<inline name=""><ST>a</ST></inline>') -> str:
    return f'<transition localId="{id_}">{wire(source)}<condition>{condition}</condition></transition>'


def chain(size: int) -> str:
    return project(RAIL + "".join(contact(i, i - 1) for i in range(1, size)) + coil(size - 1))


def chain_from_behind(size: int) -> str:
    return project(coil(size - 1) + "".join(contact(i, i - 1) for i in range(size - 1, 0, -1)) + RAIL)


def one_with_all_wires(size: int) -> str:
    return project(RAIL + contact(1, 0) + coil(*[1] * size))


def parallel(size: int) -> str:
    return project(RAIL + "".join(contact(i, 0) for i in range(1, size)) + coil(*range(1, size)))


def diamonds(size: int) -> str:
    """Twice as many ways through it with each."""
    parts = (contact(f"x{i}", f"z{i - 1}") + contact(f"y{i}", f"z{i - 1}") + contact(f"z{i}", f"x{i}", f"y{i}")
             for i in range(1, size))  # fmt: skip
    return project(RAIL + contact("z0", 0) + "".join(parts) + coil(f"z{size - 1}"))


def circle(size: int) -> str:
    return project("".join(add(i, (i - 1) % size, (i - 2) % size) for i in range(size)), "FBD")


def circles(size: int) -> str:
    return project("".join(add(i, i, i) for i in range(size)), "FBD")


def connectors(size: int) -> str:
    parts = (
        f'<connector localId="c{i}" name="K{i}">{wire(f"d{i}")}</connector>'
        f'<continuation localId="d{i}" name="K{(i + 1) % size}"/>'
        for i in range(size)
    )
    return project("".join(parts), "FBD")


def branches(size: int) -> str:
    lines = (
        f'<selectionDivergence localId="d{i}">{wire(f"d{i - 1}" if i else "s")}</selectionDivergence>'
        for i in range(size)
    )
    ways = (
        transition(f"t{i}", f"d{size - 1}") + f'<jumpStep localId="j{i}" targetName="S">{wire(f"t{i}")}</jumpStep>'
        for i in range(size)
    )
    return project(STEP.format(wire=wire("t0")) + "".join((*lines, *ways)), "SFC")


def conditions(size: int) -> str:
    """Each transition is decided by all contacts."""
    drawn = "".join(contact(i, i - 1) for i in range(1, size))
    ways = (
        transition(f"t{i}", "s", wire(size - 1)) + f'<jumpStep localId="j{i}" targetName="S">{wire(f"t{i}")}</jumpStep>'
        for i in range(size)
    )
    return project(STEP.format(wire=wire("t0")) + RAIL + drawn + "".join(ways), "SFC")


def dangling(size: int) -> str:
    return project(RAIL + "".join(contact(i, f"nowhere {i}") for i in range(size)))


def same_number(size: int) -> str:
    return project(RAIL + contact(1, 0) * size)


def instructions(size: int) -> str:
    return project("LD n\n" + "ADD(\n LD n\n" * 40 + "ST n\n" * size, "IL")


GROWING = [
    chain,
    chain_from_behind,
    one_with_all_wires,
    parallel,
    diamonds,
    circle,
    circles,
    connectors,
    branches,
    conditions,
    dangling,
    same_number,
    instructions,
]


def seconds(text: str) -> float:
    """Of the processor."""
    begin = time.process_time()
    render(compiler.check([SourceFile("a.xml", text)]), colour=False)
    return time.process_time() - begin


@pytest.mark.parametrize("make", GROWING, ids=lambda make: make.__name__)
def test_time_grows_with_the_file(make: Callable[[int], str]) -> None:
    """Four times the size may take eight times as long; what grows with the square takes sixteen times. Once in three
    times is enough: what else the machine does only adds to it.
    """
    tries = [(1.0, 1000.0)]
    while len(tries) < 4 and not tries[-1][1] < 8 * tries[-1][0] + 0.15:
        tries.append((seconds(make(150)), seconds(make(600))))
    assert tries[-1][1] < 8 * tries[-1][0] + 0.15, tries[1:]


def codes(text: str) -> set[str]:
    found = compiler.check([SourceFile("a.xml", text)])
    render(found, colour=False)
    return {finding.code.id for finding in found if finding.is_error}


def test_a_long_chain_needs_no_recursion() -> None:
    assert codes(chain(5_000)) == set()


BOMB = '<!DOCTYPE project [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
REFUSED = {
    "entities": f"{BOMB}<project>&b;</project>",
    "external entity": '<!DOCTYPE project [<!ENTITY a SYSTEM "file:///etc/hostname">]><project>&a;</project>',
    "document type": '<!DOCTYPE project SYSTEM "project.dtd"><project/>',
    "depth": f"<project>{'<a>' * 10_000}{'</a>' * 10_000}</project>",
    "depth of what is not kept": f"<project><documentation>{'<a>' * 10_000}{'</a>' * 10_000}</documentation></project>",
    "elements": f"<project>{'<a/>' * 500_000}</project>",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_no_tool_writes_is_refused(text: str) -> None:
    assert codes(text) == {"RUNG0602"}


def test_a_file_may_be_sixteen_mebibytes() -> None:
    assert codes(f"<project>{' ' * (CHARACTERS_MAX - 30)}</project>") == set()
    assert codes(f"<project>{' ' * CHARACTERS_MAX}</project>") == {"RUNG0191"}


@pytest.mark.parametrize("place", ["1e308", "NaN", "-1", "9" * 400, "", "0x10", "\u0663"])
def test_places_are_not_the_program(place: str) -> None:
    at = f'<position x="{place}" y="{place}"/>'
    drawn = contact(1, 0).replace("<connectionPointIn>", f"{at}<connectionPointIn>")
    drawn = drawn.replace("<contact ", f'<contact width="{place}" height="{place}" executionOrderId="{place}" ')
    assert codes(project(RAIL + drawn + coil(1))) == set()


@pytest.mark.parametrize("name", ["1a", "a b", "a;b", "a-b", "&lt;x&gt;", "a..b", ".", "a\u20ac", "(* *)"])
def test_names_are_words(name: str) -> None:
    assert codes(f'<project><types><pous><pou name="{name}" pouType="program"/></pous></types></project>') == {
        "RUNG0616"
    }


def test_every_element_has_a_number() -> None:
    assert codes(project(RAIL + contact("", 0) + coil(0))) == {"RUNG0611"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("said", ["utf-8", "utf-16", "iso-8859-1", "nonsense"])
def test_the_file_counts_not_what_it_says_of_its_encoding(encoding: str, said: str) -> None:
    text = f'<?xml version="1.0" encoding="{said}"?>' + project(RAIL + contact(1, 0) + coil(1))
    assert codes(decode("a.xml", text.encode(encoding))) == set()


@pytest.mark.parametrize(
    "text",
    [
        "n := <![CDATA[n]]> + <![CDATA[1]]>;",
        "<![CDATA[n := n]]>]]&gt;<![CDATA[ + 1;]]>",
        "<p>n := n +</p><p>1;</p>",
        "<![CDATA[(* ]]>n := n + 1; *)",
        "n := <!-- ; --> n + 1;",
        "<?x ?>n := n &#43; 1;",
        "n := n + 1; (*",
    ],
)
def test_text_in_pieces(text: str) -> None:
    """Something is read, and what is found lies in the file."""
    source = SourceFile("a.xml", project(text, "ST"))
    for finding in compiler.check([source]):
        assert 0 <= finding.span.start <= finding.span.end <= len(source.text)


@pytest.mark.parametrize(("action", "code"), [('qualifier="D"', "RUNG0640"), ('qualifier="X"', "RUNG0640"), ("", "")])
def test_qualifiers_have_their_times(action: str, code: str) -> None:
    drawn = f'<actionBlock localId="x">{wire("s")}<action {action}><reference name="b"/></action></actionBlock>'
    ways = transition("t", "s") + f'<jumpStep localId="j" targetName="S">{wire("t")}</jumpStep>'
    assert codes(project(STEP.format(wire=wire("t")) + ways + drawn, "SFC")) == ({code} if code else set())


def test_too_many_findings_end_the_reading() -> None:
    """The last one is that of a comment without end, while the file is still being taken apart."""
    assert "RUNG0192" in codes(project("n := \u20ac; " * 199 + "(* ", "ST"))


def test_text_that_declares_nothing() -> None:
    plain = "<InterfaceAsPlainText>VAR_GLOBAL x : INT; END_VAR PROGRAM</InterfaceAsPlainText>"
    data = "http://www.3s-software.com/plcopenxml/globalvars"
    lists = f'<addData><data name="{data}"><globalVars name="G">{plain}</globalVars></data></addData>'
    assert codes(f"<project>{lists}</project>") == {"RUNG0614"}
