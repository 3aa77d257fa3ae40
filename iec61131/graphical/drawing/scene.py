"""What a picture consists of. The unit is a cell, as wide as a character of a terminal and as high as a line of it.

Nothing here says how a shape looks, only what it is and where: `terminal` and `svg` draw it. Whatever belongs to an
element of the drawing carries its id, and whatever can carry power has a state.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from iec61131.source import Span

Key = tuple[str, str]
"""An output: the id of its element and its name, empty for the only one."""
Point = tuple[int, int]


class State(Enum):
    """`PLAIN`: nothing is known about values, or there is no power in it."""

    PLAIN = "plain"
    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


class Anchor(Enum):
    """Which cell of a text is at its place: the first, the middle, the last."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


class Role(Enum):
    """What a text says."""

    NAME = "name"
    TYPE = "type"
    PIN = "pin"
    OPERAND = "operand"
    VALUE = "value"
    REMARK = "remark"


class Weight(Enum):
    SINGLE = "single"
    DOUBLE = "double"


class Kind(Enum):
    """The symbols, each with its middle at its place. Contacts and coils are three cells wide, more with more letters
    in them. `NEGATION` is the circle at a pin, `EDGE` the wedge.
    """

    CONTACT = "contact"
    COIL = "coil"
    TRANSITION = "transition"
    NEGATION = "negation"
    EDGE = "edge"


class Frame(Enum):
    """The boxes. A step that is active when the chart starts has two frames, one inside the other."""

    BLOCK = "block"
    STEP = "step"
    INITIAL_STEP = "initial step"
    ACTION = "action"


class Wire(Struct, frozen=True):
    """Goes through `points`, horizontally or vertically from each to the next. It carries power while one of `sources`
    gives it. `arrow` is at its last point.
    """

    points: tuple[Point, ...]
    sources: tuple[Key, ...] = ()
    state: State = State.PLAIN
    weight: Weight = Weight.SINGLE
    arrow: bool = False


class Dot(Struct, frozen=True):
    """Where wires are joined. In a chart all that meet are, and nobody draws a dot."""

    at: Point
    sources: tuple[Key, ...] = ()
    state: State = State.PLAIN
    is_drawn: bool = True


class Symbol(Struct, frozen=True):
    """`mark` is the letter in it: `/` for negation, `P` and `N` for edges, `S` and `R` for storage."""

    kind: Kind
    at: Point
    element: str
    mark: str = ""
    state: State = State.PLAIN


class Box(Struct, frozen=True):
    """`size` counts the cells of the frame."""

    frame: Frame
    at: Point
    size: tuple[int, int]
    element: str
    state: State = State.PLAIN


class Text(Struct, frozen=True):
    """`full` is what it says uncut. A value is that of `pin` of its element, empty for its variable."""

    text: str
    at: Point
    role: Role
    anchor: Anchor = Anchor.START
    element: str = ""
    full: str = ""
    pin: str = ""
    state: State = State.PLAIN


class Rail(Struct, frozen=True):
    """The power rail: a vertical line from the first line to the last."""

    at: Point
    bottom: int
    sources: tuple[Key, ...] = ()
    state: State = State.PLAIN


Shape = Wire | Dot | Symbol | Box | Text | Rail


class Picture(Struct, frozen=True):
    """One network. `number` counts from 1; a chart has the one. `too_large` says why it has no shapes."""

    number: int
    title: str
    comment: str
    size: tuple[int, int]
    shapes: tuple[Shape, ...]
    elements: frozenset[str]
    too_large: str = ""


class Place(Struct, frozen=True):
    """Where an element is written, and what it is in words."""

    span: Span
    words: str


def moved(shape: Shape, columns: int, lines: int) -> Shape:
    """The same further right and further down."""
    if isinstance(shape, Wire):
        return replace(shape, points=tuple((x + columns, y + lines) for x, y in shape.points))
    x, y = shape.at
    if isinstance(shape, Rail):
        return replace(shape, at=(x + columns, y + lines), bottom=shape.bottom + lines)
    return replace(shape, at=(x + columns, y + lines))


def clipped(text: str, columns: int) -> str:
    """At most so many characters, those in the middle left out: names differ at their ends."""
    if len(text) <= columns:
        return text
    head = (columns - 1) // 2
    return f"{text[:head]}…{text[len(text) - (columns - 1 - head) :]}"
