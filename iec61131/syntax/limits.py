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


_STATES = "write the states as a CASE statement over an enumeration"

# Whole declarations of a file.
DECLARATIONS: dict[str, Limit] = {
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

GENERIC = Limit("a FUNCTION for several types", "write one FUNCTION for each type")

# Variable sections.
SECTIONS: dict[str, Limit] = {
    "VAR_ACCESS": Limit("VAR_ACCESS", "expose the variable in the project file"),
}
TASK_OF_BLOCK = Limit("a task for a single function block", "call the block from a PROGRAM of that task")
