"""Codes RUNG062x: drawings, in whatever form they are stored."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code, Severity

_PROJECT = (
    '<project>\n<types><pous>\n<pou name="Main" pouType="program">\n<interface><localVars>\n'
    '<variable name="a"><type><BOOL/></type></variable>\n<variable name="b"><type><BOOL/></type></variable>\n'
    "</localVars></interface>\n<body>\n<{language}>\n{elements}\n</{language}>\n</body>\n</pou>\n</pous></types>\n"
    "</project>\n"
)
_RAIL = '<leftPowerRail localId="1"><connectionPointOut/></leftPowerRail>'


def _wire(source: int) -> str:
    return f'<connectionPointIn><connection refLocalId="{source}"/></connectionPointIn>'


def _contact(number: int, source: int) -> str:
    return f'<contact localId="{number}">{_wire(source)}<connectionPointOut/><variable>a</variable></contact>'


def _ladder(source: int | None, *elements: str) -> str:
    """A coil behind `source`, and what stands before it."""
    wire = _wire(source) if source is not None else "<connectionPointIn/>"
    coil = f'<coil localId="9">{wire}<variable>b</variable></coil>'
    return _PROJECT.format(language="LD", elements="\n".join((_RAIL, *elements, coil)))


def _chart(source: int, condition: str) -> str:
    elements = (
        f'<step localId="1" name="S1" initialStep="true">{_wire(2)}<connectionPointOut/></step>',
        f'<transition localId="2">{_wire(source)}<connectionPointOut/>{condition}</transition>',
    )
    return _PROJECT.format(language="SFC", elements="\n".join(elements))


_INLINE = '<condition><inline name=""><ST>a</ST></inline></condition>'
_CONNECTOR = f'<connector localId="2" name="K">{_wire(1)}</connector>'
_CONTINUATION = '<continuation localId="3" name="{name}"><connectionPointOut/></continuation>'

NOT_CONNECTED = Code(
    "RUNG0620",
    "nothing is connected",
    "nothing is connected to {what}",
    "draw a wire to it, or remove it",
    "An element at whose input no wire ends has nothing to do: no power ever reaches a coil, and a variable is not "
    "written.",
    _ladder(None),
    _ladder(1),
    Severity.WARNING,
)
DANGLING_WIRE = Code(
    "RUNG0621",
    "wire that begins nowhere",
    "the wire begins at element {id}, which is not there",
    "draw the wire anew",
    "Each wire names the element where it begins. A tool does not write such a file; a merge of two versions may.",
    _ladder(5),
    _ladder(1),
)
WIRE_LOOP = Code(
    "RUNG0622",
    "wires in a circle",
    "what {what} gives depends on itself",
    "lead it over a variable",
    "Power flows from the left to the right. A wire that leads back has no value when it is needed.",
    _ladder(3, _contact(2, 3), _contact(3, 2)),
    _ladder(3, _contact(2, 1), _contact(3, 2)),
)
NO_CONNECTOR = Code(
    "RUNG0623",
    "continuation of nothing",
    "no connector is called '{name}'",
    "give the connector and its continuations the same name",
    "A wire that ends in a connector goes on at the continuations of the same name in the same drawing.",
    _ladder(3, _CONNECTOR, _CONTINUATION.format(name="L")),
    _ladder(3, _CONNECTOR, _CONTINUATION.format(name="K")),
)
LOOSE_TRANSITION = Code(
    "RUNG0624",
    "transition between nothing",
    "the transition {what}",
    "draw it between the steps that it leaves and enters",
    "A transition leaves the steps before it and enters those behind it.",
    _chart(2, _INLINE),
    _chart(1, _INLINE),
)
NO_CONDITION = Code(
    "RUNG0625",
    "transition without a condition",
    "nothing decides the transition",
    "write or draw its condition",
    "A transition is cleared when its condition is TRUE.",
    _chart(1, ""),
    _chart(1, _INLINE),
)
