"""The standard function blocks, as sources in structured text: one file each in `blocks/`, named like the block.

They are compiled like the user's own, in a scope around it: a block of the user with the same name wins. Each file
opens with the behaviour it has to show, as a timing diagram or a table.
"""

from __future__ import annotations

from importlib.resources import files

from iec61131.source import SourceFile

BLOCKS = ("CTD", "CTU", "CTUD", "F_TRIG", "R_TRIG", "RS", "SR", "TOF", "TON", "TP")
"""The standard blocks there are."""


def block_source(name: str) -> SourceFile | None:
    """The source of the standard block `name`, in any case; None when there is no such block."""
    key = name.upper()
    if key not in BLOCKS:
        return None
    text = files(__name__).joinpath("blocks", f"{key}.st").read_text(encoding="utf-8")
    return SourceFile(f"stdlib/{key}.st", text)
