"""Codes RUNG061x: PLCopen XML."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code

_PROJECT = (
    '<project xmlns="http://www.plcopen.org/xml/tc6_0201">\n<types>\n<dataTypes/>\n<pous>\n'
    '<pou name="Main" pouType="program">\n<interface>\n<localVars>\n<variable name="n"><type>{type}</type></variable>\n'
    "</localVars>\n</interface>\n<body>\n{body}\n</body>\n</pou>\n</pous>\n</types>\n</project>\n"
)
_RIGHT = _PROJECT.format(type="<INT/>", body="<ST>n := n + 1;</ST>")


def _fbd(value: str, number: str = "2") -> str:
    drawn = (
        f'<FBD>\n<inVariable localId="1">\n<connectionPointOut/>\n<expression>{value}</expression>\n</inVariable>\n'
        f'<outVariable localId="{number}">\n<connectionPointIn><connection refLocalId="1"/></connectionPointIn>\n'
        "<expression>n</expression>\n</outVariable>\n</FBD>"
    )
    return _PROJECT.format(type="<INT/>", body=drawn)


NOT_PLCOPEN = Code(
    "RUNG0610",
    "XML is no PLCopen project",
    "the file holds a <{found}>, no <project>",
    "export the program as PLCopen XML, or leave the file out of the sources",
    "A file whose name ends in .xml is read as PLCopen XML, the form in which OpenPLC Editor, Beremiz, CODESYS and "
    "others exchange projects. It begins with <project>.",
    "<settings/>",
    _RIGHT,
)
MISSING_ATTRIBUTE = Code(
    "RUNG0611",
    "element without its name",
    "this <{element}> has no {attribute}",
    "give it one in the tool that wrote the file, and export it anew",
    "An element that something else speaks of needs a name.",
    _RIGHT.replace('pou name="Main"', "pou"),
    _RIGHT,
)
UNKNOWN_ELEMENT = Code(
    "RUNG0612",
    "element that is not known where it stands",
    "{where} cannot be read: <{element}>",
    "export the project anew, or take the element out",
    "The file has something that PLCopen XML does not have in this place, or lacks what belongs there. Reading over it "
    "would make another program of it.",
    _PROJECT.format(type="<INT><REAL/></INT>", body="<ST/>"),
    _RIGHT,
)
DUPLICATE_ID = Code(
    "RUNG0613",
    "two elements with one number",
    "the number {id} is taken by another element of this drawing",
    "give each element a number of its own; a tool that writes the drawing anew does that",
    "Wires name the element that they begin at by its number. When two have the same one, nobody knows which is meant.",
    _fbd("5", number="1"),
    _fbd("5"),
)
BAD_TEXT = Code(
    "RUNG0614",
    "text in a drawing that is none",
    "expected {wanted}",
    "correct it in the tool that wrote the file",
    "Contacts, variables and attributes of a drawing hold one expression each: a variable, a literal or a term.",
    _fbd("5 n"),
    _fbd("5"),
)
INSTRUCTION_LIST = Code(
    "RUNG0615",
    "instruction list",
    "{what} is not read in instruction list",
    "convert the body to Structured Text in the tool that wrote the file",
    "Instruction list is no longer part of the standard since its fourth edition. Read are LD, ST, S, R, AND, OR, XOR, "
    "NOT, the operators of arithmetic and comparison, functions, brackets, JMP, CAL and RET. An instruction that works "
    "on the current result needs one: behind a label it begins anew.",
    _PROJECT.format(type="<INT/>", body="<IL>ADD 1</IL>"),
    _PROJECT.format(type="<INT/>", body="<IL>LD n\nADD 1\nST n</IL>"),
)
BAD_NAME = Code(
    "RUNG0616",
    "name that is none",
    "'{name}' cannot be the name of this <{element}>",
    "rename it in the tool that wrote the file: letters, digits and underscores, no digit first",
    "What has a name in the file has it in the program, too, where names are words of letters, digits and underscores.",
    _RIGHT.replace('pou name="Main"', 'pou name="my program"'),
    _RIGHT,
)
SHEETS = Code(
    "RUNG0617",
    "sheets of a body that do not go together",
    "this sheet of the body is in {language}, and the first one in {first}",
    "make a POU or an action of it, and call that",
    "A body may be drawn on several sheets, each in a <body> of its own; they are done one after the other. All are in "
    "one language, and a chart stands on one sheet: it is not done in parts.",
    _PROJECT.format(type="<INT/>", body="<ST>n := 1;</ST>\n</body>\n<body>\n<IL>LD 2\nST n</IL>"),
    _PROJECT.format(type="<INT/>", body="<ST>n := 1;</ST>\n</body>\n<body>\n<ST>n := n + 1;</ST>"),
)
