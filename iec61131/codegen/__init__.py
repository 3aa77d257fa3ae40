"""The generator: typed model to LLVM IR.

`lower` is the whole stage (lowering.py); parts.py says into how many modules a program is cut. What these say is
decided in one file each:

    what is emitted                                    what is known about the program
    pou.py          POUs and tasks as functions        uses.py      what a body touches, read off its text
    calls.py        arguments, results, call paths     reach.py     which accesses can meet, what a call touches
    statements.py   assignments, choices, jumps        regions.py   variables kept in registers
    arms.py         very many arms of a CASE
    loops.py        loops and their budget             charges.py   the most that a nest of loops charges
    expressions.py  values                             ranges.py    bounds of integer expressions
    narrow.py       values of 8 and 16 bits            nesting.py   what is too much for LLVM
    places.py       addresses and bounds checks        stack.py     the native stack needed
    memory.py       loads, stores, copies, slots       heap.py      objects taken and given back
    faults.py       checks and the fault record        body.py      a function under construction
    operators.py, conversions.py, intrinsics.py:       sites.py     numbered places of the source
                    tables of what is emitted          tags.py      alias classes for LLVM
                    for which types                    llvm.py, types_ir.py   LLVM's side, typed
"""

from __future__ import annotations

from iec61131.codegen.lowering import Generator, Lowered, lower

__all__ = ["Generator", "Lowered", "lower"]
