"""Codes RUNG062x: drawings, in whatever form they are stored."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code

NOT_CONNECTED = Code(
    "RUNG0620",
    "nothing is connected",
    "nothing is connected to {what}",
    "draw a wire to it, or remove it",
    "An element at whose input no wire ends has nothing to do.",
    "",
    "",
)
DANGLING_WIRE = Code(
    "RUNG0621",
    "wire that begins nowhere",
    "the wire begins at element {id}, which is not there",
    "draw the wire anew",
    "Each wire names the element where it begins. A tool does not write such a file; a merge of two versions may.",
    "",
    "",
)
WIRE_LOOP = Code(
    "RUNG0622",
    "wires in a circle",
    "what {what} gives depends on itself",
    "lead it over a variable",
    "Power flows from the left to the right. A wire that leads back has no value when it is needed.",
    "",
    "",
)
NO_CONNECTOR = Code(
    "RUNG0623",
    "continuation of nothing",
    "no connector is called '{name}'",
    "give the connector and its continuations the same name",
    "A wire that ends in a connector goes on at the continuations of the same name in the same drawing.",
    "",
    "",
)
LOOSE_TRANSITION = Code(
    "RUNG0624",
    "transition between nothing",
    "the transition {what}",
    "draw it between the steps that it leaves and enters",
    "A transition leaves the steps before it and enters those behind it.",
    "",
    "",
)
NO_CONDITION = Code(
    "RUNG0625",
    "transition without a condition",
    "nothing decides the transition",
    "write or draw its condition",
    "A transition is cleared when its condition is TRUE.",
    "",
    "",
)
