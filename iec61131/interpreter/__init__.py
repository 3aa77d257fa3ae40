"""The interpreter: a slow, obvious executor of the typed model, and so the living definition of the language.

It runs the model of `semantics.model` on the same memory block that machine code runs on. After every scan the two
blocks are equal, byte for byte; where they are not, one of the two executors is wrong. It shares no code with the
generator: each has its own tables.

Read in this order:

    execution.py    statements, calls, loops, faults: what happens when
    memory.py       a place in bytes, how values lie there, the header
    operators.py    operator x kind of operand
    conversions.py  one function for each kind of conversion
    intrinsics.py   the standard functions that need no source text
    signals.py      what a program asks about its inputs
    decisions.py    the same, telling which ways a program goes
    suites.py       tests in the language, which the interpreter alone runs
    floats.py       IEEE 754 in both precisions, signed zeros and NaN included
"""

from iec61131.interpreter.execution import Fault, Interpreter
from iec61131.interpreter.signals import InputRow

__all__ = ["Fault", "InputRow", "Interpreter"]
