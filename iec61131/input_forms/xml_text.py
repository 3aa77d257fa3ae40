"""Structured Text inside XML, at its place: CDATA sections, comments, entities and plain characters between tags.

What XML adds is blank in the text for the lexer. Where it stood inside a string the blanks are moved before the
string, whose value they would be a part of.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right

from iec61131.input_forms.canvas import Canvas
from iec61131.source import SourceFile
from iec61131.syntax.lexer import lex
from iec61131.syntax.tokens import Kind

_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_NO_LINE_END = re.compile(r"[^\r\n]")
_PIECE = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)\]\]>|(?P<other><!--.*?-->|<\?.*?\?>)|(?P<signs>(?:[>=:*]|&[^;&<]*;)+)|(?P<plain>[^<>=:*&]+|.)",
    re.DOTALL,
)


class TextCanvas(Canvas):
    """Paper for a file of XML."""

    def __init__(self, file: SourceFile) -> None:
        super().__init__(file.text)
        self._file = file
        self._seams: list[tuple[int, int]] = []  # blanks of ours inside the text

    def keep_text(self, start: int, end: int) -> str:
        """Keeps what is written from `start` to `end`, and returns it."""
        pieces = [*_PIECE.finditer(self._file.text, start, end)]
        content = "".join(_plain(piece) for piece in pieces)
        if start < end:
            self.keep(start, end, content)
        if sum(not piece.group().isspace() for piece in pieces) > 1:  # not just the usual CDATA section
            self._seams += [seam for piece in pieces for seam in _seams(piece)]
        return content

    def finish(self) -> str:
        return self._tight_strings(super().finish())

    def _tight_strings(self, text: str) -> str:
        """The text with the seams that lie in strings moved before them."""
        if not self._seams:
            return text
        parts: list[str] = []
        position = 0
        for token in lex(SourceFile(self._file.name, text))[0]:
            if token.kind is Kind.STRING:
                first = bisect_right(self._seams, token.start, key=lambda seam: seam[1])
                behind = bisect_left(self._seams, token.end, key=lambda seam: seam[0])
                tight = _without(text, token.start, token.end, self._seams[first:behind])
                parts += [text[position : token.start], tight.rjust(token.end - token.start)]
                position = token.end
        return "".join(parts) + text[position:]


def _plain(piece: re.Match[str]) -> str:
    """One piece of an element's content as Structured Text, as long as it was."""
    match piece.lastgroup:
        case "cdata":
            return " " * len(_CDATA) + piece.group("cdata") + " " * len(_CDATA_END)
        case "other":
            return _NO_LINE_END.sub(" ", piece.group())
        case "signs":
            # `:&lt;` and `=&gt;` are one sign each: what belongs together stays together, at the right.
            return html.unescape(piece.group()).rjust(len(piece.group()))
        case _:
            return piece.group()


def _seams(piece: re.Match[str]) -> list[tuple[int, int]]:
    """Where `_plain` put blanks."""
    start, end = piece.span()
    match piece.lastgroup:
        case "cdata":
            return [(start, start + len(_CDATA)), (end - len(_CDATA_END), end)]
        case "plain":
            return []
        case _:
            return [(start, end - len(_plain(piece).lstrip(" ")))]


def _without(text: str, start: int, end: int, seams: list[tuple[int, int]]) -> str:
    """`text` from `start` to `end`, without what lies in the seams."""
    parts: list[str] = []
    for seam_start, seam_end in seams:
        parts.append(text[start:seam_start])
        start = seam_end
    return "".join(parts) + text[start:end]
