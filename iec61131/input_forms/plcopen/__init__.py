"""PLCopen XML, the TC6 format of editions 1.01, 2.00 and 2.01, to the tree of the compiler.

    document.py         the file, and the pieces of Structured Text in it
    types.py            types, variables, initial values
    additions.py        what CODESYS keeps in data of its own
    interfaces.py       what a POU declares
    members.py          methods, properties, interfaces
    globals.py          lists of global variables
    elements.py         drawings
    instructions.py     instruction list
    networks.py         where the networks of a drawing begin
    pins.py             wires that do not name their output; outputs with marks
    pous.py             POUs with their actions and transitions
    configurations.py   configurations, resources, tasks, instances of programs
    intervals.py        how often a task runs
    reading.py          the file as a whole

Every node has the place of what it was read from, so that findings point into the file.
"""

from iec61131.input_forms.plcopen.reading import read_unit

__all__ = ["read_unit"]
