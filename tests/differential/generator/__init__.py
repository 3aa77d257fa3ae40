"""Random well-typed ST programs with the cycles to run them through: `programs()` is a hypothesis strategy.

choices.py      where decisions come from
repertoire.py   types, values, places
scope.py        what a body may use
expressions.py  statements.py  program.py    the text, from the inside out
"""

from tests.differential.generator.program import Cycle, GeneratedProgram, programs

__all__ = ["Cycle", "GeneratedProgram", "programs"]
