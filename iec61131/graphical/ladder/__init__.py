"""A ladder as characters: the rows of each network, as docs/ladder.md has them.

    words.py      what stands in contacts, coils and boxes
    nets.py       which outputs lead to which inputs, and in which column what stands
    placing.py    in which line
    linking.py    vertical links, and their tracks between the columns
    painting.py   the characters

The picture depends on nothing but elements, wires and the order of evaluation: places in the drawing do not count. So
two drawings of one network have one picture, and a change of one contact is a change of one line.
"""

from __future__ import annotations

from iec61131.graphical.ladder.painting import Pictures, heading
from iec61131.graphical.ladder.words import NotDrawable

__all__ = ["NotDrawable", "Pictures", "heading"]
