"""Random well-typed ST programs with the cycles to run them through: `program(seed)` makes one.

Read in this order:

    choices.py      where decisions come from
    repertoire.py   types, values, places
    references.py   pointers and their like
    scope.py        what a body may use
    expressions.py  statements.py  sections.py  classes.py  objects.py  program.py    the text, from the inside out
    cycles.py       what is done with it
"""

from tests.differential.generator.cycles import Cycle
from tests.differential.generator.program import GeneratedProgram, program

__all__ = ["Cycle", "GeneratedProgram", "program"]
