"""From one form of a program to another one: PLCopen XML to ladder as text, and back.

    project.py        what both forms hold, read from either
    from_plcopen.py   .xml to that
    from_ladder.py    .ld to that
    declared.py       types, variables and configurations as Structured Text
    names.py          names for what has none in the other form
    conditions.py     drawn conditions of charts with the end that the other form wants
    chart_text.py     drawn charts as text
    chart_drawing.py  charts in text as drawings
    to_ladder.py      the project as .ld
    plcopen_types.py  types, variables and configurations as XML
    plcopen_bodies.py drawn bodies as XML
    to_plcopen.py     the project as .xml, PLCopen TC6 2.01

What the other form cannot say is left out, with the reason. Nothing is left out in silence.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from iec61131.conversion.from_ladder import project_of_ladder
from iec61131.conversion.from_plcopen import project_of_plcopen
from iec61131.conversion.project import Converted
from iec61131.conversion.to_ladder import to_ladder
from iec61131.conversion.to_plcopen import to_plcopen
from iec61131.input_forms import LADDER
from iec61131.source import SourceFile

__all__ = ["FORMS", "Converted", "convert"]

FORMS = (".xml", LADDER)


def convert(source: SourceFile, target: str) -> Converted:
    """`source` in the form of the file `target`; both have one of `FORMS`. Raises CompileError where it is wrong."""
    read = project_of_ladder if PurePosixPath(source.name).suffix == LADDER else project_of_plcopen
    project = read(source)
    name = PurePosixPath(target)
    return to_ladder(project) if name.suffix == LADDER else to_plcopen(project, name.stem)
