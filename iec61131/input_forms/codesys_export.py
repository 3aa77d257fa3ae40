"""Exports of CODESYS 2.3: Structured Text with what the tool knows besides in comments and sections of its own.

Most of such a file is read as it is. Changed, each time to something of the same length:

    (* @GLOBAL_VARIABLE_LIST := 'Name' *)    the pragma {list_name Name}, and {list_name} at the end of the list
    LIBRARY .., PLC_CONFIGURATION .., _..    sections outside declarations that hold no program: blank
    (* a (* b *)                             under NESTEDCOMMENTS := 'No' the inner sign is blank

A body in a graphical language, `_FBD_BODY`, is a finding.
"""

from __future__ import annotations

import re

from iec61131.diagnostics.catalogue.input_forms import BODY_LANGUAGE
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.input_forms.passages import comment_end
from iec61131.source import SourceFile, Span

DECLARATIONS = {
    "PROGRAM": "END_PROGRAM",
    "FUNCTION": "END_FUNCTION",
    "FUNCTION_BLOCK": "END_FUNCTION_BLOCK",
    "FUNCTIONBLOCK": "END_FUNCTION_BLOCK",
    "INTERFACE": "END_INTERFACE",
    "ACTION": "END_ACTION",
    "TYPE": "END_TYPE",
    "VAR_GLOBAL": "END_VAR",
    "VAR_CONFIG": "END_VAR",
    "CONFIGURATION": "END_CONFIGURATION",
}
"""What can stand in a file, by its first word, with its last one."""
SECTIONS = frozenset({"LIBRARY", "PLC_CONFIGURATION", "RESOURCE", "TASKCONFIG", "VISUALISATION", "WORKSPACE"})
"""Sections of the tool; those with `_` before their names are known by that."""
BODIES = {
    "_FBD_BODY": "function block diagram",
    "_LD_BODY": "ladder",
    "_CFC_BODY": "continuous function chart",
    "_SFC_BODY": "sequential function chart",
    "_IL_BODY": "instruction list",
}

_ITEM = re.compile(
    r"(?P<comment>\(\*)|(?P<word>[^\W\d]\w*)|//[^\n]*|\{[^}]*\}|\d\w*"
    r"|'[^'$\r\n]*(?:\$.[^'$\r\n]*)*'?|\"[^\"$\r\n]*(?:\$.[^\"$\r\n]*)*\"?"
)
_HEADER = re.compile(r"\(\*\s*@(?P<key>\w+)\s*:=\s*'?(?P<value>[^'\r\n]*?)'?\s*\*\)")
_NEXT_DECLARATION = re.compile(
    rf"^[ \t]*(?:(?:{'|'.join(DECLARATIONS)})\b|\(\*\s*@(?:NESTEDCOMMENTS|GLOBAL_VARIABLE_LIST|PATH)\b)", re.MULTILINE
)
_NO_LINE_END = re.compile(r"[^\r\n]")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def read(name: str, text: str) -> SourceFile:
    """The source in an export. Raises CompileError."""
    return _Export(SourceFile(name, text)).read()


class _Export:
    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._text = file.text
        self._changes: list[tuple[int, str]] = []  # offset and what stands there instead
        self._findings: list[Diagnostic] = []
        self._closer = ""  # of the declaration that is open
        self._name = ""  # of the POU or action that is open
        self._nested = True

    def read(self) -> SourceFile:
        position = 0
        while item := _ITEM.search(self._text, position):
            position = item.end()
            if item.lastgroup == "comment":
                position = self._comment(item.start())
            elif item.lastgroup == "word":
                position = self._word(item.start(), item.group().upper(), position)
        if self._findings:
            raise CompileError(self._findings)
        return SourceFile(self._file.name, self._changed(), self._text)

    def _changed(self) -> str:
        parts: list[str] = []
        position = 0
        for start, text in sorted(self._changes):
            if start < position:
                continue  # inside a comment that is a pragma now
            parts += [self._text[position:start], text]
            position = start + len(text)
        return "".join(parts) + self._text[position:]

    def _blank(self, start: int, end: int) -> None:
        self._changes.append((start, _NO_LINE_END.sub(" ", self._text[start:end])))

    # ------------------------------------------------------------------------------------------------- comments

    def _comment(self, start: int) -> int:
        """Behind the comment at `start`."""
        end = comment_end(self._text, start) if self._nested else self._flat_comment_end(start)
        header = _HEADER.fullmatch(self._text, start, end)
        if header is not None:
            self._tool_says(header.group("key").upper(), header.group("value"), start, end)
        return end

    def _flat_comment_end(self, start: int) -> int:
        """Behind the first closing sign; opening ones before it are made blank, because the lexer would count them."""
        closing = self._text.find("*)", start + 2)
        end = closing + 2 if closing >= 0 else len(self._text)
        inner = self._text.find("(*", start + 2, end)
        while inner >= 0:
            self._blank(inner, inner + 2)
            inner = self._text.find("(*", inner + 2, end)
        return end

    def _tool_says(self, key: str, value: str, start: int, end: int) -> None:
        if key == "NESTEDCOMMENTS":
            self._nested = value.upper() != "NO"
        if self._closer:
            return
        if key == "GLOBAL_VARIABLE_LIST" and _IDENTIFIER.fullmatch(value):
            self._pragma(f"{{list_name {value}", start, end)
        elif key == "OBJECT_END":
            self._pragma("{list_name", start, end)

    def _pragma(self, text: str, start: int, end: int) -> None:
        self._changes.append((start, text.ljust(end - start - 1) + "}"))

    # ---------------------------------------------------------------------------------------------------- words

    def _word(self, start: int, word: str, end: int) -> int:
        """Where reading goes on behind the word."""
        if self._closer:
            if word == self._closer:
                self._closer = ""
            elif word in BODIES and self._is_first(start):
                finding = BODY_LANGUAGE.at(Span(self._file, start, end), name=self._name, language=BODIES[word])
                self._findings.append(finding)
        elif word in DECLARATIONS:
            self._opened(word, end)
        elif (word in SECTIONS or word.startswith("_")) and self._is_first(start):
            following = _NEXT_DECLARATION.search(self._text, end)
            end = following.start() if following else len(self._text)
            self._blank(start, end)
        return end

    def _is_first(self, start: int) -> bool:
        """Whether nothing but blanks is before `start` in its line."""
        before = start - 1
        while before >= 0 and self._text[before] in " \t":
            before -= 1
        return before < 0 or self._text[before] == "\n"

    def _opened(self, word: str, end: int) -> None:
        self._closer = DECLARATIONS[word]
        name = _IDENTIFIER.search(self._text, end)
        self._name = name.group() if name else word
