"""Codes RUNG029x: namespaces. For the examples see `declarations.py`."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code


def _namespace(name: str, inside: str) -> str:
    return f"NAMESPACE {name}\n{inside}END_NAMESPACE\n"


_TYPE = "TYPE Speed : REAL; END_TYPE\n"
_MAIN = "PROGRAM Main\nVAR speed : {type}; END_VAR\nspeed := 1.0;\nEND_PROGRAM"
_TWO = _namespace("Pumps", _TYPE) + _namespace("Fans", _TYPE)

UNKNOWN_NAMESPACE = Code(
    "RUNG0290",
    "unknown namespace",
    "there is no namespace '{name}'",
    "correct the name, or add the file that declares it",
    "USING names a namespace of the program. It is looked for in the namespace around, then further out.",
    "USING Pump;\n" + _namespace("Pumps", _TYPE) + _MAIN.format(type="Pumps.Speed"),
    "USING Pumps;\n" + _namespace("Pumps", _TYPE) + _MAIN.format(type="Speed"),
)
AMBIGUOUS_NAME = Code(
    "RUNG0291",
    "name from several namespaces",
    "'{name}' may be {full}",
    "write it with its namespace, or leave out one USING",
    "Two namespaces may have the same names. Where USING opens both, a name that both have says too little.",
    "USING Pumps, Fans;\n" + _TWO + _MAIN.format(type="Speed"),
    "USING Pumps, Fans;\n" + _TWO + _MAIN.format(type="Fans.Speed"),
)
INTERNAL_NAME = Code(
    "RUNG0292",
    "name that is INTERNAL",
    "'{name}' is INTERNAL in {where}",
    "use what that namespace offers to all, or remove INTERNAL",
    "INTERNAL keeps a declaration to its namespace: nothing outside may depend on it. A NAMESPACE INTERNAL is kept to "
    "the namespace around it.",
    _namespace("Pumps", _TYPE.replace("TYPE", "TYPE INTERNAL", 1)) + _MAIN.format(type="Pumps.Speed"),
    _namespace("Pumps", _TYPE) + _MAIN.format(type="Pumps.Speed"),
)
