"""Programs with a `|` where the cursor is, for the tests of the language service."""

from __future__ import annotations

from iec61131.language_service.program import Program
from iec61131.source import SourceFile


def at(text: str, *others: str) -> tuple[Program, SourceFile, int]:
    """The program of `text`, without the mark, and the files `others`; the file; and where the mark was."""
    before, mark, behind = text.partition("|")
    assert mark, "no cursor"
    assert "|" not in behind, "two cursors"
    file = SourceFile("main.st", before + behind)
    program = Program((file, *(SourceFile(f"other{n}.st", other) for n, other in enumerate(others))))
    return program, file, len(before)


def main(variables: str, body: str = "", before: str = "") -> str:
    return f"{before}\nPROGRAM Main\nVAR\n{variables}\nEND_VAR\n{body}\nEND_PROGRAM\n"


PUMP = """
(* Lifts water. *)
FUNCTION_BLOCK Pump
VAR_INPUT
    start : BOOL; // switches it on
    // in percent
    wanted : REAL := 50.0;
END_VAR
VAR_OUTPUT
    running : BOOL;
END_VAR
VAR
    hidden : INT;
END_VAR
METHOD Run : BOOL
VAR_INPUT
    level : REAL;
END_VAR
Run := level > wanted;
END_METHOD
METHOD PRIVATE Inner : BOOL
Inner := TRUE;
END_METHOD
PROPERTY Speed : REAL
GET
Speed := wanted;
END_GET
END_PROPERTY
running := start;
END_FUNCTION_BLOCK
"""
"""A block with everything that a block can show."""
