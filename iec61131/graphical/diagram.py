"""What a drawing consists of: elements with pins, and wires between them.

A wire is kept where it ends, at the input: `Input.sources` are the outputs that feed it, each by the id of its element
and its name. Several sources of one input are joined by OR (IEC 61131-3, edition 3, 8.2.2). Places are in the units of
the drawing, x to the right and y downwards; a drawing that was stored without places has them all at 0.

Every element and every wire has the span where it is written, at which findings and faults point.
"""

from __future__ import annotations

from enum import Enum
from functools import cached_property
from typing import TypedDict

from msgspec import Struct

from iec61131.graphical import Drawings
from iec61131.source import Span
from iec61131.syntax.tree import Edge, Expression, Name, Statement


class Language(Enum):
    """In what a body is drawn."""

    LD = "ladder"
    FBD = "function block diagram"
    SFC = "sequential function chart"


class Box(Struct, frozen=True):
    """The place of an element: its upper left corner and its size."""

    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


class Source(Struct, frozen=True):
    """The beginning of a wire: output `pin` of element `element`, empty for its only one. `path` are the corners of
    the wire from its end to its beginning.
    """

    element: str
    pin: str
    span: Span
    path: tuple[tuple[float, float], ...] = ()


class Input(Struct, frozen=True):
    """A pin at the left. `name` is empty where an element has one. `at` is its place from the corner of the element."""

    name: str
    span: Span
    sources: tuple[Source, ...] = ()
    negated: bool = False
    edge: Edge | None = None
    at: tuple[float, float] = (0.0, 0.0)


class Output(Struct, frozen=True):
    """A pin at the right."""

    name: str
    span: Span
    negated: bool = False
    at: tuple[float, float] = (0.0, 0.0)


class _Element(Struct, frozen=True, kw_only=True):
    """`id` is unique in its drawing; `order` the number by which it wants to be evaluated, 0 for none."""

    id: str
    span: Span
    box: Box = Box()
    order: int = 0
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()


class Parts(TypedDict):
    """What all elements have, for those who make them."""

    id: str
    span: Span
    box: Box
    order: int
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]


class Storage(Enum):
    """What a coil does with its variable while power reaches it; nothing while it does not."""

    SET = "set"
    RESET = "reset"


class LeftRail(_Element, frozen=True, kw_only=True):
    """Where power comes from."""


class RightRail(_Element, frozen=True, kw_only=True):
    """Where power goes to."""


class Contact(_Element, frozen=True, kw_only=True):
    """Lets power through while its variable is TRUE, FALSE if negated; with `edge` once for each such change of it."""

    variable: Expression
    negated: bool = False
    edge: Edge | None = None


class Coil(_Element, frozen=True, kw_only=True):
    """Stores whether power reaches it, and hands the power on."""

    variable: Expression
    negated: bool = False
    edge: Edge | None = None
    storage: Storage | None = None


class Block(_Element, frozen=True, kw_only=True):
    """A call: of the instance `instance`, or without one of a FUNCTION. `in_outs` are the names of those pins, which
    are among the inputs and the outputs. With `code` it is none: these statements stand in the box.
    """

    type_name: Name
    instance: Expression | None = None
    in_outs: frozenset[str] = frozenset()
    code: tuple[Statement, ...] | None = None


class InVariable(_Element, frozen=True, kw_only=True):
    """The value of an expression."""

    expression: Expression
    negated: bool = False


class OutVariable(_Element, frozen=True, kw_only=True):
    """Stores a value. Where `in_out` is true it hands it on as well, and reads it where nothing is stored."""

    expression: Expression
    negated: bool = False
    in_out: bool = False


class Label(_Element, frozen=True, kw_only=True):
    """Where a jump of this name goes to."""

    name: Name


class Jump(_Element, frozen=True, kw_only=True):
    """Goes on at the label while power reaches it."""

    label: Name


class Return(_Element, frozen=True, kw_only=True):
    """Ends the body while power reaches it."""


class Connector(_Element, frozen=True, kw_only=True):
    """The end of a wire that goes on at each `Continuation` of the same name."""

    name: Name


class Continuation(_Element, frozen=True, kw_only=True):
    name: Name


class Comment(_Element, frozen=True, kw_only=True):
    text: str


# ------------------------------------------------------------------------------------------------------------- charts


class Step(_Element, frozen=True, kw_only=True):
    """`X` and `T` in `outputs` are its flag and its time as pins."""

    name: Name
    is_initial: bool = False


class Transition(_Element, frozen=True, kw_only=True):
    """`condition` is an expression or the name of a transition that the POU declares. Where it is None, it is drawn:
    `inline`, by itself, or beside the chart, and then the input `CONDITION` is where power comes from. `result` is the
    key of the variable of `inline` that decides, whichever is stored if it is empty; None: what reaches the right rail.
    """

    condition: Expression | None
    inline: Diagram | None = None
    result: str | None = ""
    priority: int | None = None


CONDITION = "condition"
"""The pin of a transition whose condition is drawn."""


class JumpStep(_Element, frozen=True, kw_only=True):
    """Goes on with the step of that name."""

    target: Name


class Branch(Enum):
    SELECTION_DIVERGENCE = "selectionDivergence"
    SELECTION_CONVERGENCE = "selectionConvergence"
    SIMULTANEOUS_DIVERGENCE = "simultaneousDivergence"
    SIMULTANEOUS_CONVERGENCE = "simultaneousConvergence"


class BranchLine(_Element, frozen=True, kw_only=True):
    """The line at which branches begin or end."""

    kind: Branch


class BlockAction(Struct, frozen=True):
    """One line of an action block. `action` is the name of an action or of a variable; without one `body` is done."""

    action: Name | None
    body: Body | None
    qualifier: str
    time: Expression | None
    indicator: Expression | None
    span: Span


class ActionBlock(_Element, frozen=True, kw_only=True):
    """What the step before it does."""

    actions: tuple[BlockAction, ...]


Element = (
    LeftRail
    | RightRail
    | Contact
    | Coil
    | Block
    | InVariable
    | OutVariable
    | Label
    | Jump
    | Return
    | Connector
    | Continuation
    | Comment
    | Step
    | Transition
    | JumpStep
    | BranchLine
    | ActionBlock
)


class Network(Struct, frozen=True):
    """A part of a drawing that no wire leads out of: a rung, with all that hangs on it. `elements` are the ids of what
    belongs to it, labels and comments among them, in the order in which they are stored; a power rail belongs to
    several networks, or to none. `title` and `comment` are what it says to people, both may be empty.
    """

    title: str
    comment: str
    span: Span
    elements: tuple[str, ...]


class Diagram(Struct, frozen=True, dict=True):
    """One body. `elements` in the order in which they are stored. `lost` are the ids of those with a finding.
    `networks` from the first to the last; a chart has none, apart from its drawn conditions behind `conditions.beside`.
    """

    language: Language
    elements: tuple[Element, ...]
    span: Span
    lost: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    drawings: Drawings = "placed"

    @cached_property
    def by_id(self) -> dict[str, Element]:
        return {element.id: element for element in self.elements}


Body = tuple[Statement, ...] | Diagram
"""What a POU, an action or a transition does: Structured Text or a drawing."""
