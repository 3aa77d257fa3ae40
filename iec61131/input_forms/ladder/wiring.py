"""What touches what in a network: from where each shape gets its power.

The rows are read once, from the left to the right and from top to bottom. What stands at the left of a shape and
touches it gives, or is a loose end. Joints below each other, with links between them, are one vertical link: it
gathers what its joints have at their left. Everything flows to the right, so links are resolved from left to right.
"""

from __future__ import annotations

from msgspec import Struct, field

from iec61131.diagnostics.catalogue import ladder as catalogue
from iec61131.input_forms.ladder.boxes import Rectangle
from iec61131.input_forms.ladder.flaws import Flaw
from iec61131.input_forms.ladder.shapes import Kind, Shape, Shapes
from iec61131.input_forms.ladder.sheet import Row

CONNECTIONS_MAX = 500_000
"""Of one network: what is at the left of a link times what is at its right."""

Key = tuple[int, str]
"""A shape or a box, by identity, and the name of a pin."""


class Origin(Struct, frozen=True):
    """Where power comes from: output `pin` of a shape or a box, in row `row`. `column`: of the vertical link that it
    came over as the last one, -1 for none.
    """

    giver: Shape | Rectangle
    pin: str
    row: int
    column: int = -1


class _Link(Struct):
    """A vertical link, and the last of its cells so far."""

    column: int
    last: Shape
    feeding: list[Origin | _Link] = field(default_factory=list["Origin | _Link"])
    joints: int = 0
    taken: bool = False
    origins: tuple[Origin, ...] = ()


Power = Origin | _Link | None
# A member of an enumeration takes ten times as long to find as a name of this file; these are asked for at every shape.
_WIRE, _JOINT, _PIPE, _BOX, _LEFT_RAIL = Kind.WIRE, Kind.JOINT, Kind.PIPE, Kind.BOX, Kind.LEFT_RAIL
_HANDS_ON = frozenset({Kind.LEFT_RAIL, Kind.WIRE, Kind.CONTACT, Kind.COIL, Kind.VALUE, Kind.CONNECTOR})
_TAKES_NOTHING = frozenset({Kind.LEFT_RAIL, Kind.BOX, Kind.PIPE})
"""By itself: a box takes in the row of an input, a vertical link lets through what crosses it."""
_NEEDS_LEFT = frozenset({Kind.WIRE, Kind.CONTACT, Kind.COIL, Kind.JUMP, Kind.RETURN})
_NEEDS_RIGHT = frozenset({Kind.WIRE, Kind.CONTACT})

_ASIDE = 3
"""How far beside its link a joint is taken for one that is out of line."""


class Wiring:
    """`taken` gives what leads to a shape, or to an input of a box. Flaws go to `flaws`; then nothing of it counts."""

    def __init__(self, read: Shapes, rows: list[Row], flaws: list[Flaw]) -> None:
        self._rows = rows
        self._flaws = flaws
        self._inputs: dict[Key, Origin | _Link] = {}
        self._given: set[Key] = set()
        self._links: list[_Link] = []
        self._ended: set[tuple[int, int]] = set()  # row and column where a joint is missing
        self._rail = read[0][0] if read else None
        self._open: dict[int, _Link] = {}  # by column, those that go through the row before
        for row in read:
            self._row(row)
        self._end_links({})
        for link in self._links:
            self._check(link)
        if not flaws:
            self._resolve()

    def taken(self, by: Shape | Rectangle, pin: str = "") -> tuple[Origin, ...]:
        found = self._inputs.get((id(by), pin))
        if found is None:
            return ()
        return found.origins if isinstance(found, _Link) else (found,)

    def gives(self, shape: Shape | Rectangle, pin: str = "") -> bool:
        """Whether something takes what it gives."""
        return (id(shape), pin) in self._given

    # --------------------------------------------------------------------------------------------------------- rows

    def _row(self, row: list[Shape]) -> None:
        open_: dict[int, _Link] = {}
        power: Power = None
        previous: Shape | None = None
        broken = False  # between the two shapes before, and said
        for number, shape in enumerate(row):
            touches = previous is not None and previous.end == shape.start
            takes = touches and _takes(shape)
            if shape.kind is _PIPE:
                touched = number + 1 < len(row) and row[number + 1].start == shape.end
                takes = self._pipe(shape, touches, touched, open_)
            flows = takes and power is not None
            if previous is not None:
                broken = not flows and self._is_broken(previous, shape, touches, broken)
            if shape.kind is not _WIRE or not flows:
                power = self._through(shape, power if takes else None, open_, takes)
            previous = shape
        if previous is not None and previous.kind in _NEEDS_RIGHT:
            self._loose(previous, "ends in nothing")
        self._end_links(open_)

    def _is_broken(self, left: Shape, right: Shape, touches: bool, was_broken: bool) -> bool:
        """Whether power should get from one shape to the next one, which it does not; one finding for each place."""
        if touches and Kind.PIPE in (left.kind, right.kind):
            return True  # said of the link
        if left.kind in _NEEDS_RIGHT:
            is_box = touches and right.kind is Kind.BOX
            self._loose(left, "ends at the box in a row without an input" if is_box else "ends in nothing")
            return True
        if right.kind not in _NEEDS_LEFT or (was_broken and left.kind is Kind.PIPE):
            return False
        if touches and left.kind is Kind.BOX:
            self._loose(right, "begins at the box in a row without an output")
        else:
            self._loose(right, "begins at nothing" if right.kind is Kind.WIRE else "has nothing at its left")
        return True

    def _through(self, shape: Shape, power: Power, open_: dict[int, _Link], crosses: bool) -> Power:
        """What a shape hands on of what it gets; a wire to which something flows hands on that."""
        kind = shape.kind
        if kind is _JOINT:
            return self._joint(shape, power, open_)
        if kind is _PIPE:
            return power if crosses else None
        if kind is _BOX:
            return self._box(shape, power)
        if kind is _LEFT_RAIL:
            return Origin(self._rail or shape, "", shape.row)  # one rail for all rows
        if kind is _WIRE:
            return Origin(shape, "", shape.row)  # of a loose end, which is said
        self._feed(power, shape, "")
        return Origin(shape, "", shape.row) if kind in _HANDS_ON else None

    def _box(self, shape: Shape, power: Power) -> Power:
        box = shape.box
        assert box is not None, "a shape of that kind has one"
        pin, output = box.inputs.get(shape.row), box.outputs.get(shape.row)
        if pin is not None and power is not None:
            if pin.value is not None:
                what = {"what": f"the pin {pin.name} has a wire and a value", "remedy": "remove one of them"}
                self._flaws.append(Flaw(catalogue.PIN, pin.start, pin.end, what))
            self._feed(power, box, pin.name)
        return Origin(box, output.name, shape.row) if output is not None else None

    def _feed(self, power: Power, taker: Shape | Rectangle, pin: str) -> None:
        if power is not None:
            self._inputs[id(taker), pin] = power
            self._mark(power)

    def _mark(self, power: Origin | _Link) -> None:
        if isinstance(power, _Link):
            power.taken = True
        else:
            self._given.add((id(power.giver), power.pin))

    # -------------------------------------------------------------------------------------------------------- links

    def _joint(self, shape: Shape, power: Power, open_: dict[int, _Link]) -> _Link:
        link = self._open.get(shape.start)
        if link is None:
            link = _Link(shape.start, shape)
            self._links.append(link)
        link.last = shape
        link.joints += 1
        open_[shape.start] = link
        if power is not None:
            link.feeding.append(power)
            self._mark(power)
        return link

    def _pipe(self, shape: Shape, left: bool, right: bool, open_: dict[int, _Link]) -> bool:
        """Whether a wire crosses the link; `left` and `right`: whether something touches it there."""
        link = self._open.get(shape.start)
        if link is None:
            self._ended.add((shape.row - 1, shape.start))
            self._flaw(shape, "the | stands below no joint", "write + where the link begins, in the same column")
            return left and right
        link.last = shape
        open_[shape.start] = link
        if left != right:
            remedy = "write + to join them, or lead the wire on at the other side: -|-"
            self._flaw(shape, "the vertical link is touched at one side", remedy)
        return left and right

    def _end_links(self, open_: dict[int, _Link]) -> None:
        """Behind a row: `open_` are the links that go through it."""
        for column, link in self._open.items():
            if link.last.kind is Kind.PIPE and column not in open_:
                self._ended.add((link.last.row + 1, column))
                self._flaw(link.last, "the | stands above no joint", "write + where the link ends, in the same column")
        self._open = open_

    def _check(self, link: _Link) -> None:
        if link.last.kind is Kind.PIPE:
            return  # said
        if link.joints == 1:
            if any((link.last.row, link.column + aside) in self._ended for aside in range(-_ASIDE, _ASIDE + 1)):
                return  # where a link ended that was meant to reach it
            remedy = "put it into the column of the joint that it belongs to, or write - in its place"
            self._flaw(link.last, "the joint joins nothing: no other one is above or below it", remedy)
        elif not link.feeding:
            self._flaw(link.last, "the vertical link has no wire at its left", "lead a wire to one of its joints")
        elif not link.taken:
            self._flaw(link.last, "the vertical link has no wire at its right", "lead a wire from one of its joints")

    def _resolve(self) -> None:
        count = 0
        for link in sorted(self._links, key=lambda link: link.column):
            if len(link.feeding) == 1 and isinstance(link.feeding[0], _Link):
                link.origins = link.feeding[0].origins
                continue
            found: dict[Key, Origin] = {}
            for power in link.feeding:
                for origin in power.origins if isinstance(power, _Link) else (power,):
                    column = link.column if not isinstance(power, _Link) else -1
                    found.setdefault(
                        (id(origin.giver), origin.pin), Origin(origin.giver, origin.pin, origin.row, column)
                    )
                    count += 1
                if count > CONNECTIONS_MAX:
                    self._too_many()
                    return
            link.origins = tuple(found.values())
        count += sum(len(power.origins) for power in self._inputs.values() if isinstance(power, _Link))
        if count > CONNECTIONS_MAX:
            self._too_many()

    def _too_many(self) -> None:
        start = self._rows[0].start
        self._flaws.append(Flaw(catalogue.TOO_MANY_WIRES, start, start + 1, {"limit": f"{CONNECTIONS_MAX:,}"}))

    # -------------------------------------------------------------------------------------------------------- flaws

    def _loose(self, shape: Shape, lacks: str) -> None:
        start = self._rows[shape.row].start
        place = (start + shape.start, start + shape.end)
        if shape.kind is Kind.WIRE:
            place = (place[0], place[0] + 1) if lacks.startswith("begins") else (place[1] - 1, place[1])
        remedy = "lead it on to the next thing, or remove it"
        if not lacks.startswith("ends"):
            remedy = "lead a wire of - to it from what gives power at its left, or remove it"
        arguments = {"what": shape.kind.value, "lacks": lacks, "remedy": remedy}
        self._flaws.append(Flaw(catalogue.LOOSE_END, *place, arguments))

    def _flaw(self, shape: Shape, what: str, remedy: str) -> None:
        start = self._rows[shape.row].start
        arguments = {"what": what, "remedy": remedy}
        self._flaws.append(Flaw(catalogue.JOINT, start + shape.start, start + shape.end, arguments))


def _takes(shape: Shape) -> bool:
    if shape.box is not None:
        return shape.row in shape.box.inputs
    return shape.kind not in _TAKES_NOTHING
