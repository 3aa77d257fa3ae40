"""The memory that programs take with __NEW and give back with __DELETE: how it lies in the sections `heap` and
`heap_table`. Both executors follow this page, each with code of its own.

`heap` is cut into *units*. An object begins at a unit and has its bytes in a row; it occupies 1, 2, 4, 8 .. units, its
*class* 0, 1, 2, 3 .., of which it uses as many as its size needs. `heap_table` is a row of UDINT, no part of which a
reference can reach:

    0                    units in use so far, from the start of the heap: what is behind has never been taken
    4 + 4 * class        the free objects of this class, last freed first: 1 + unit of the first, 0 for none
    ENTRIES_AT + 4 * unit    an entry for each unit

    entry                of
    FIRST + size         the first unit of a live object; size in bytes, at least 1
    INSIDE               a further unit that a live object uses
    1 + unit of the next one in the list, 0 for none     the first unit of a free object
    0                    any other

So an entry with the bit LIVE means that a reference there refers to something. Taking `size` bytes:

    1. size 0, or above that of the heap: nothing is taken, the reference is NULL
    2. the first free object of the class is taken off its list; without one as many units as the class has are taken
       from behind those in use; if they do not fit, nothing is taken, the reference is NULL
    3. the entries of the units that the object uses are written, and these units are filled with zeros

Giving back a reference that is no object's first byte is a fault (WRONG_DELETE). Else the entries of its units become
0, and it is put in front of the list of its class. NULL is not given back.

Every step takes a time that is known beforehand: there is no search, nothing is split or merged.
"""

from __future__ import annotations

from enum import Enum

UNIT = 16
ENTRY_BYTES = 4
LISTS_AT = ENTRY_BYTES
ENTRIES_AT = 128
"""Behind the lists of 27 classes, enough for any size that an entry holds."""
LIVE = 1 << 31
FIRST = LIVE
INSIDE = (1 << 32) - 1
SIZE_MASK = (1 << 30) - 1
"""The bits of an entry that hold a size. The one between them and LIVE tells INSIDE from FIRST."""


def table_bytes(heap_bytes: int) -> int:
    """The size of `heap_table`; none for no heap. `heap_bytes` are whole units."""
    return ENTRIES_AT + heap_bytes // UNIT * ENTRY_BYTES if heap_bytes else 0


class HeapOperation(Enum):
    """What a `HeapCall` does."""

    TAKE = "take"  # a LINT: as many objects of the target of `type`, a reference; NULL for less than one or no room
    SIZE = "size"  # a reference to an object: its bytes, as ULINT; a fault when it is none
    FREE = "free"  # a reference to an object, which ends; a fault when it is none
