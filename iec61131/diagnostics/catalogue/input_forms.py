"""Codes RUNG06xx: the form of files that engineering tools write.

A test reads each example as a file of the kind that it looks like: XML as a TwinCAT object, all else as an export of
CODESYS 2.3.
"""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code

_GVL = (
    '<TcPlcObject>\n  <GVL Name="Limits">\n    <Declaration><![CDATA[VAR_GLOBAL\nEND_VAR]]></Declaration>\n  </GVL>\n'
)
_POU = (
    '<TcPlcObject>\n  <POU Name="Main">\n    <Declaration><![CDATA[PROGRAM Main\nVAR\n    ready : BOOL;\nEND_VAR]]>'
    "</Declaration>\n    <Implementation>\n      {body}\n    </Implementation>\n  </POU>\n</TcPlcObject>"
)
_ST_BODY = "<ST><![CDATA[ready := TRUE;]]></ST>"

BROKEN_XML = Code(
    "RUNG0601",
    "XML is damaged",
    "this is no well-formed XML: {cause}",
    "take the file from the tool anew; after a merge look for signs that it left in the file",
    "The file is cut off, two versions of it were merged badly, or somebody wrote into it by hand. Reading stops at "
    "the first such place.",
    '<TcPlcObject>\n  <GVL Name="Limits">\n</TcPlcObject>',
    _GVL + "</TcPlcObject>",
)
REFUSED_XML = Code(
    "RUNG0602",
    "XML with what no tool writes",
    "the file has {what}, which is not read",
    "remove it; files of engineering tools do without",
    "A document type can make a small file endless and reach into other files, and elements without end cost memory. "
    "Files that come from elsewhere are therefore read without document types and within limits.",
    '<!DOCTYPE TcPlcObject [<!ENTITY x "y">]>\n' + _GVL + "</TcPlcObject>",
    _GVL + "</TcPlcObject>",
)
UNKNOWN_OBJECT = Code(
    "RUNG0603",
    "file holds no part of a program",
    "the file holds {found}, no object of a TwinCAT program",
    "leave it out of the sources; read are <TcPlcObject> with one of {known}",
    "A file of this kind holds one POU, one type, one list of global variables or one interface. Tasks, visualisations "
    "and other objects have files of their own, which are not compiled.",
    '<TcPlcObject>\n  <Task Name="PlcTask" />\n</TcPlcObject>',
    _GVL + "</TcPlcObject>",
)
BODY_LANGUAGE = Code(
    "RUNG0604",
    "body is not Structured Text",
    "the body of '{name}' is written in another language: {language}",
    "write it as Structured Text, or let the tool convert it",
    "Read from files of engineering tools is Structured Text. A drawing is kept by each tool in a form of its own, "
    "which is not compiled, and leaving it out would make another program of it.",
    _POU.format(body="<CFC></CFC>"),
    _POU.format(body=_ST_BODY),
)
UNKNOWN_ELEMENT = Code(
    "RUNG0605",
    "element with program text of unknown meaning",
    "it is not known what the program text in <{name}> of '{owner}' means",
    "take the file from the tool anew, or leave the element out",
    "The file has Structured Text in a place where none is known. Reading over it would leave a part of the program "
    "out.",
    _GVL.replace("  </GVL>", "    <Extra><Declaration><![CDATA[]]></Declaration></Extra>\n  </GVL>") + "</TcPlcObject>",
    _GVL + "</TcPlcObject>",
)
OBJECT_NAME = Code(
    "RUNG0606",
    "object without a usable name",
    "the name of this <{element}>, '{name}', is no name of the language",
    "write letters A to Z, digits and underscores, beginning with a letter",
    "The name of an action or of a list of global variables stands in the attribute Name alone, so it has to be a name "
    "that the program can use.",
    _GVL.replace("Limits", "upper limits") + "</TcPlcObject>",
    _GVL + "</TcPlcObject>",
)
NO_ROOM = Code(
    "RUNG0607",
    "no room for the end of a declaration",
    "between this declaration and the next is no room for its end",
    "let the tool write the file anew, or put some empty space between the two",
    "Text is read where it stands in the file, and the words that the tool leaves out, such as END_METHOD, are written "
    "into the space that the tags take. Tools leave ample space.",
    '<TcPlcObject>\n<POU>\n<Property>\n<Get/>\n<Set/>\n</Property>\n<Action Name="A"/>\n</POU>\n</TcPlcObject>',
    _POU.format(body=_ST_BODY),
)
