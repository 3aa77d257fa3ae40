"""What the language or its common dialects have and this version does not: one row each.

A construct is met in the parser by its first word, reported with `Cursor.limit`, and skipped to its `closer`. To
support one, delete its row and parse it where the row was used.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """`construct` as a message names it, `instead` what to do now, `closer` the word that ends it (None: no block)."""

    construct: str
    instead: str
    closer: str | None = None


_FUNCTION_BLOCKS = "write it as a FUNCTION or FUNCTION_BLOCK of its own"
_STATES = "write the states as a CASE statement over an enumeration"

# Whole declarations, in a file or between the sections of a FUNCTION_BLOCK.
DECLARATIONS: dict[str, Limit] = {
    "METHOD": Limit("METHOD", _FUNCTION_BLOCKS, "END_METHOD"),
    "PROPERTY": Limit("PROPERTY", "use a variable, or a FUNCTION for a computed value", "END_PROPERTY"),
    "INTERFACE": Limit("INTERFACE", "call the function blocks by their own types", "END_INTERFACE"),
    "CLASS": Limit("CLASS", _FUNCTION_BLOCKS, "END_CLASS"),
    "ACTION": Limit("ACTION", "write its statements in the body, or as a FUNCTION_BLOCK", "END_ACTION"),
    "USING": Limit("USING", "name the types and functions without a namespace"),
}
NAMESPACE = Limit("NAMESPACE", "declare its contents without a namespace, under names that are unique")

# Sequential function chart in its textual form, in the body of a POU.
_CHART = "the sequential function chart"
CHART_ELEMENTS: dict[str, Limit] = {
    "INITIAL_STEP": Limit(_CHART, _STATES, "END_STEP"),
    "STEP": Limit(_CHART, _STATES, "END_STEP"),
    "TRANSITION": Limit(_CHART, _STATES, "END_TRANSITION"),
}

# Statements of the dialects.
STATEMENTS: dict[str, Limit] = {
    "__TRY": Limit(
        "__TRY", "test for the cause before it can happen: a zero divisor, an index out of bounds", "__ENDTRY"
    ),
}

# Instruction list: the words that load a value or call, with which a body of it begins.
INSTRUCTIONS = frozenset({"LD", "LDN", "CAL"})
INSTRUCTION_LIST = Limit("the instruction list", "write the body as statements: x := a AND b;")

# What may stand between FUNCTION_BLOCK and its name, or behind VAR.
MODIFIERS: dict[str, Limit] = {
    word: Limit(word, "leave it out: without METHOD and EXTENDS it has nothing to act on")
    for word in ("ABSTRACT", "FINAL", "OVERRIDE", "PUBLIC", "PRIVATE", "PROTECTED", "INTERNAL")
}

GENERIC = Limit("a FUNCTION for several types", "write one FUNCTION for each type")

# Behind the name of a POU, a type or an interface.
INHERITANCE: dict[str, Limit] = {
    "EXTENDS": Limit("EXTENDS", "declare an instance of the base as a variable instead"),
    "IMPLEMENTS": Limit("IMPLEMENTS", "leave it out and call the function block by its own type"),
}

BLOCK_ARGUMENTS = Limit(
    "an instance with arguments behind its type", "set the inputs with an initial value: t : TON := (PT := T#1s)"
)

# Variable sections.
SECTIONS: dict[str, Limit] = {
    "VAR_CONFIG": Limit("VAR_CONFIG", "write the address and the initial value in the declaration itself"),
    "VAR_ACCESS": Limit("VAR_ACCESS", "expose the variable in the project file"),
    "VAR_INST": Limit("VAR_INST", "declare the variable in the VAR section of the FUNCTION_BLOCK"),
    "VAR_STAT": Limit("VAR_STAT", "declare the variable as VAR_GLOBAL, or use a FUNCTION_BLOCK"),
}
TASK_OF_BLOCK = Limit("a task for a single function block", "call the block from a PROGRAM of that task")
