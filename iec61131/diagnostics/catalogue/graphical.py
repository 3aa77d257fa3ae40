"""Codes RUNG062x and RUNG064x: drawings, in whatever form they are stored."""

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


def _function_block_diagram(kind: str, *elements: str) -> str:
    """A counter that counts by a wire that leads back."""
    result = "<returnType><INT/></returnType>" if kind == "function" else ""
    return (
        f'<project>\n<types><pous>\n<pou name="Count" pouType="{kind}">\n<interface>{result}<localVars>\n'
        '<variable name="n"><type><INT/></type></variable>\n</localVars></interface>\n<body>\n<FBD>\n'
        + "\n".join(elements)
        + "\n</FBD>\n</body>\n</pou>\n</pous></types>\n</project>\n"
    )


def _function(name: str, *sources: int) -> str:
    inputs = (
        f'<variable formalParameter="IN{number}">{_wire(source)}</variable>' for number, source in enumerate(sources, 1)
    )
    return (
        f'<block localId="2" typeName="{name}">\n<inputVariables>{"".join(inputs)}</inputVariables>\n<outputVariables>'
        '<variable formalParameter="OUT"><connectionPointOut/></variable></outputVariables>\n</block>'
    )


def _stored(name: str) -> str:
    return f'<outVariable localId="3">{_wire(2)}<expression>{name}</expression></outVariable>'


_ONE = '<inVariable localId="1"><connectionPointOut/><expression>1</expression></inVariable>'

UNKNOWN_FEEDBACK = Code(
    "RUNG0626",
    "wire that leads back without a type",
    "it is not known of which type the value is that the wire carries back",
    "store the value in a variable, or lead it over one",
    "What a function gives is carried to its own inputs by a wire that leads back, one evaluation later. Its type is "
    "that of the variable in which it is stored, or it follows from the other inputs.",
    _function_block_diagram("program", _function("ADD", 2, 2)),
    _function_block_diagram("program", _ONE, _function("ADD", 2, 1), _stored("n")),
)
NO_MEMORY = Code(
    "RUNG0627",
    "memory in a FUNCTION",
    "a FUNCTION remembers nothing from call to call, and {what} has to be remembered",
    "draw it in a FUNCTION_BLOCK",
    "The variables of a FUNCTION are new at each call. An edge is a difference to the call before, and a wire that "
    "leads back carries a value from it.",
    _function_block_diagram("function", _ONE, _function("ADD", 2, 1), _stored("Count")),
    _function_block_diagram("functionBlock", _ONE, _function("ADD", 2, 1), _stored("n")),
)


def _action(attributes: str) -> str:
    elements = (
        f'<step localId="1" name="S1" initialStep="true">{_wire(2)}<connectionPointOut/></step>',
        f'<actionBlock localId="3">{_wire(1)}<action {attributes}><reference name="b"/></action></actionBlock>',
        f'<transition localId="2">{_wire(1)}<connectionPointOut/>{_INLINE}</transition>',
    )
    return _PROJECT.format(language="SFC", elements="\n".join(elements))


ACTION_QUALIFIER = Code(
    "RUNG0640",
    "qualifier of an action",
    "{what}",
    "write one of N R S P P0 P1, or one of L D SD DS SL with a duration",
    "The qualifier says when an action is active, and five of them need a time for it. A drawing with another one, or "
    "with an empty duration, does not say what it wants.",
    _action('qualifier="D" duration=""'),
    _action('qualifier="D" duration="T#5s"'),
)


def _timer(type_name: str) -> str:
    elements = (
        _RAIL,
        f'<block localId="2" typeName="{type_name}" instanceName="a"><inputVariables>',
        f'<variable formalParameter="IN">{_wire(1)}</variable>',
        "</inputVariables><outputVariables/></block>",
    )
    drawn = _PROJECT.format(language="LD", elements="\n".join(elements))
    return drawn.replace('"a"><type><BOOL/>', '"a"><type><derived name="TON"/>')


def _sum(output: str) -> str:
    drawn = _function_block_diagram("program", _ONE, _function("ADD", 1, 1), _stored("n"))
    return drawn.replace('refLocalId="2"', f'refLocalId="2" formalParameter="{output}"')


UNKNOWN_OUTPUT = Code(
    "RUNG0628",
    "wire from an output that is not there",
    "{what} has no output '{name}'",
    "draw the wire anew; outputs are: {outputs}",
    "A wire names the output at which it begins. When another block took the place of one, its wires may still have "
    "the names of the old one.",
    _sum("SUM"),
    _sum("OUT"),
)
BLOCK_TYPE = Code(
    "RUNG0629",
    "instance of another block",
    "the block is drawn as {drawn}, but '{instance}' is declared as {declared}",
    "draw the block that the instance is of, or declare the instance as what is drawn",
    "What is called is the instance, whatever stands in the box. A reader would be misled.",
    _timer("TOF"),
    _timer("TON"),
)
