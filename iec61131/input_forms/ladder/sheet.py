"""Where in the text networks stand: their headings, their rows, and all else as it is.

A network begins with a line `NETWORK label: "title"`. Comments may follow, then its rows, each of which begins with the
left rail. It ends before the first line that is no row. For the lexer the word NETWORK is a pragma, so that the parser
leaves it where it stands: what is around it is the body that the network belongs to.
"""

from __future__ import annotations

import re

from msgspec import Struct, field

from iec61131.input_forms.passages import comment_end

WORD = "NETWORK"
MARK = "{ld   }"
"""What stands in place of the word: a pragma, as long as it."""
_ITEM = re.compile(
    r"(?P<comment>\(\*|/\*)|//[^\n]*|\{[^}\n]*\}|'[^'$\r\n]*(?:\$.[^'$\r\n]*)*'?|\"[^\"$\r\n]*(?:\$.[^\"$\r\n]*)*\"?"
    r"|(?P<heading>^[ \t]*NETWORK\b(?=[ \t]*(?:[\r\n\"]|//|\(\*|/\*|[^\W\d]\w*[ \t]*:(?!=)|\Z)))|(?P<row>^[ \t]*\|)",
    re.MULTILINE | re.IGNORECASE,
)
_LABEL = re.compile(r"[ \t]*(?P<label>[^\W\d]\w*)[ \t]*:(?!=)")
_TITLE = re.compile(r"[ \t]*\"(?P<title>(?:[^\"$\r\n]|\$[^\r\n])*)\"")
_BLANKS = re.compile(r"\s*")
_REST = re.compile(r"[^\r\n]*")
_ROW = re.compile(r"[ \t]*\|[^\r\n]*")
_ESCAPED = re.compile(r"\$(.)")


class Row(Struct, frozen=True):
    """`start` is the offset of its first column. `text` has no blanks at its end."""

    start: int
    text: str


class Sheet(Struct):
    """One network as text. `start` is the offset of its heading, `head_end` where what stands before the rows ends,
    `end` where the network ends. `label` is its place, None where it has none.
    """

    start: int
    head_end: int
    end: int
    label: tuple[int, int] | None
    title: str
    comment: str
    rest: tuple[int, int]  # of the heading, what can be no part of it
    rows: list[Row] = field(default_factory=list[Row])


class Sheets(Struct):
    """`strays` are the first rows that belong to no network."""

    networks: list[Sheet] = field(default_factory=list[Sheet])
    strays: list[Row] = field(default_factory=list[Row])
    blanks: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])


def split(text: str) -> Sheets:
    """The networks in a file. `blanks` is what the parser of Structured Text is not to see."""
    found = Sheets()
    position = 0
    while item := _ITEM.search(text, position):
        position = item.end()
        match item.lastgroup:
            case "comment":
                position = comment_end(text, item.start())
            case "heading":
                sheet = _network(text, item.end() - len(WORD), found)
                found.networks.append(sheet)
                position = sheet.end
            case "row":
                rows, position = _rows(text, item.start())
                found.strays.append(rows[0])
                found.blanks.append((item.start(), position))
            case _:
                pass
    return found


def _network(text: str, start: int, found: Sheets) -> Sheet:
    position = start + len(WORD)
    label = _LABEL.match(text, position)
    position = label.end() if label else position
    title = _TITLE.match(text, position)
    position = title.end() if title else position
    found.blanks.append((start + len(WORD), position))
    comments, head_end, rest = _comments(text, position)
    if rest[0] < rest[1]:
        found.blanks.append(rest)
    rows, end = _rows(text, head_end)
    found.blanks.append((head_end, end))
    name = label.span("label") if label else None
    words = _ESCAPED.sub(r"\1", title["title"]) if title else ""
    return Sheet(start, head_end, end, name, words, "\n".join(comments), rest, rows)


def _comments(text: str, position: int) -> tuple[list[str], int, tuple[int, int]]:
    """What they say, where the first row can stand, and what else is in the line of the heading."""
    comments: list[str] = []
    rest = (position, position)
    end_of_line = text.find("\n", position)
    end_of_line = end_of_line if end_of_line >= 0 else len(text)
    while True:
        blanks = _BLANKS.match(text, position)
        place = blanks.end() if blanks else position
        if text.startswith("//", place):
            line = _REST.match(text, place)
            position = line.end() if line else place
            comments.append(text[place + 2 : position].strip())
        elif text.startswith(("(*", "/*"), place):
            position = comment_end(text, place)
            lines = text[place + 2 : max(position - 2, place + 2)].splitlines()
            comments += [stripped for line in lines if (stripped := line.strip())]
        elif place < end_of_line and rest[0] == rest[1]:
            rest = (place, place + len(text[place:end_of_line].rstrip()))
            position = end_of_line
        else:
            line_start = text.rfind("\n", 0, place) + 1
            return comments, max(line_start, position), rest


def _rows(text: str, position: int) -> tuple[list[Row], int]:
    """The rows from `position` on, and where they end."""
    rows: list[Row] = []
    while row := _ROW.match(text, position):
        rows.append(Row(position, row.group().rstrip()))
        position = row.end()
        following = text.find("\n", position)
        if following < 0 or text[position:following].strip():
            break
        position = following + 1
    return rows, position
