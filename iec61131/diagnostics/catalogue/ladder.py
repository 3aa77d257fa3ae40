"""Codes RUNG063x: ladder as text."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code

_PROGRAM = "PROGRAM Main\nVAR\n    a, b : BOOL;\n    t1 : TON;\nEND_VAR\n{network}\nEND_PROGRAM\n"


def _drawn(*rows: str) -> str:
    return _PROGRAM.format(network="\n".join(("NETWORK", *rows)))


_RUNG = "|--[ a ]--( b )--|"
_RIGHT = _drawn(_RUNG)
_BOX = (
    "|           +-------------+",
    "|           | t1 : TON    |",
    "|--[ a ]----| IN        Q |--( b )",
    "|           | PT := T#1s  |",
    "|           +-------------+",
)
_BOX_RIGHT = _drawn(*_BOX)

TAB = Code(
    "RUNG0630",
    "tab in a network",
    "a tab stands in a network",
    "write blanks; most editors have a setting for that",
    "What stands in which column decides what is connected with what, and how wide a tab is differs from editor to "
    "editor.",
    _drawn("|\t--[ a ]--( b )--|"),
    _RIGHT,
)
STRAY = Code(
    "RUNG0631",
    "characters that belong to nothing",
    "{found} belongs to nothing",
    "remove it, or put it into a contact [ x ], a coil ( x ), a box or a comment before the first row",
    "Every character of a network is part of a contact, a coil, a box or a wire. A comment stands between the line "
    "NETWORK and the first row.",
    _drawn("|--[ a ]-- b --( b )--|"),
    _RIGHT,
)
UNCLOSED = Code(
    "RUNG0632",
    "shape that is not closed",
    "{what} is not closed",
    "{remedy}",
    "A contact ends with ], a coil with ), a variable at a wire with }, each in its own row. A box is a rectangle: its "
    "sides stand below the corners of its first line, and its last line is as long as the first one.",
    _drawn("|--[ a --( b )--|"),
    _RIGHT,
)
TEXT = Code(
    "RUNG0633",
    "text in a network that cannot be read",
    "expected {wanted}",
    "write one variable or value, without comments: [ x ], ( x ), {{ x }}",
    "A contact, a coil and an input of a box hold one expression each.",
    _drawn("|--[ a b ]--( b )--|"),
    _RIGHT,
)
LOOSE_END = Code(
    "RUNG0634",
    "end that touches nothing",
    "{what} {lacks}",
    "{remedy}",
    "Power flows through a row from the left to the right as far as what stands in it touches: wires of -, contacts, "
    "coils and boxes. A wire touches a box in the row of a pin. Over a gap nothing flows, and nobody draws a gap on "
    "purpose.",
    _drawn("|--[ a ]-- --( b )--|"),
    _RIGHT,
)
JOINT = Code(
    "RUNG0635",
    "joint out of line",
    "{what}",
    "{remedy}",
    "A vertical link goes from one + to another one in the same column, with | in every row between them. Its state is "
    "TRUE while one of the wires at its left is, and all wires at its right carry it. A wire that crosses a link "
    "without a joint is written -|-.",
    _drawn("|--[ a ]--+--( b )--|", "|         |", "|--[ b ]-+          |"),
    _drawn("|--[ a ]--+--( b )--|", "|         |         |", "|--[ b ]--+         |"),
)
PIN = Code(
    "RUNG0636",
    "line of a box that cannot be read",
    "{what}",
    "{remedy}",
    "The first line of a box is 'instance : TYPE', or the name of a function. Each line below it holds a pin at its "
    "left, at its right or both: IN, PT := value, Q, ET => variable, with two blanks or more between them.",
    _BOX_RIGHT.replace("PT := T#1s ", "PT = T#1s  "),
    _BOX_RIGHT,
)
RAIL = Code(
    "RUNG0637",
    "rail out of line",
    "{what}",
    "{remedy}",
    "All rows of a network begin with the left rail, in one column. The right rail is one column as well; a row may "
    "end before it.",
    _drawn(_RUNG, " |--[ b ]--( a )--|"),
    _drawn(_RUNG, "|--[ b ]--( a )--|"),
)
PLACE = Code(
    "RUNG0638",
    "network out of place",
    "{what}",
    "{remedy}",
    "A body consists of statements or of networks. A network begins with a line NETWORK and ends with the first line "
    "that does not begin with the left rail.",
    _PROGRAM.format(network=_RUNG),
    _RIGHT,
)
TOO_MANY_WIRES = Code(
    "RUNG0639",
    "vertical links with too many wires",
    "the links of this network make more than {limit} connections",
    "store what a link carries in a variable with a coil, and go on from a contact",
    "Everything at the left of a vertical link is connected with everything at its right.",
    "(* 1000 contacts at the left of one link, and 1000 coils at its right *)",
    _RIGHT,
)
