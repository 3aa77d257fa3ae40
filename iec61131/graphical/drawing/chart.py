"""Sequential function charts, from top to bottom.

A rank is what stands on one height: an item is behind everything that leads to it. Where several ways go on, the first
keeps to the axis of what it comes from and the others get axes to the right of everything that they would touch; what
is branched further down comes first, so that branches lie within each other. A way that leads back up is drawn as an
arrow with the name of the step where it goes on, as a person draws it.
"""

from __future__ import annotations

from msgspec import Struct, field

from iec61131.graphical.diagram import CONDITION, Diagram, Step
from iec61131.graphical.drawing.chart_items import Item, action_blocks, double_of, item_of, jump
from iec61131.graphical.drawing.rungs import Rungs
from iec61131.graphical.drawing.scene import Dot, Point, Shape, Weight, Wire

_APART = 3
"""Cells between what stands side by side."""
_OVERHANG = 2
"""Cells by which the double line of simultaneous branches is longer than they are apart."""


class Chart(Struct):
    shapes: list[Shape] = field(default_factory=list[Shape])
    size: tuple[int, int] = (0, 0)


def chart(diagram: Diagram, elements_max: int, *, values: bool) -> Chart:
    """`elements_max`: of all drawn conditions together."""
    return _Layout(diagram, Rungs(diagram, elements_max), values=values).chart()


class _Layout:
    def __init__(self, diagram: Diagram, rungs: Rungs, *, values: bool) -> None:
        self._diagram = diagram
        blocks = action_blocks(diagram)
        self._items: dict[str, Item] = {}
        for element in diagram.elements:
            item = item_of(element, blocks.get(element.id, []), rungs, values=values)
            if item is not None:
                self._items[item.id] = item
        self._behind = self._ways()
        self._roots = self._beginnings()
        self._order = self._cut_loops()
        self._ranks: dict[str, int] = {}
        self._axes: dict[str, int] = {}
        self._empty: dict[tuple[str, str], int] = {}  # the axis of a way on which nothing stands
        self._floors: list[int] = []
        self._lowered: dict[str, int] = {}  # by how many lines something stands below the top of its rank

    def chart(self) -> Chart:
        self._rank()
        self._floors = [0] * (max(self._ranks.values(), default=0) + 2)
        for root in (*self._roots, *self._order):
            if root not in self._axes:
                self._place(root)
        return self._drawn()

    # ------------------------------------------------------------------------------------------------------------ ways

    def _ways(self) -> dict[str, list[str]]:
        """What is behind each item, from left to right."""
        behind: dict[str, list[str]] = {id_: [] for id_ in self._items}
        for element in sorted(self._diagram.elements, key=lambda element: element.box.x):
            for pin in element.inputs if element.id in self._items else ():
                for source in pin.sources if pin.name != CONDITION else ():
                    if source.element in behind and element.id not in behind[source.element]:
                        behind[source.element].append(element.id)
        return behind

    def _beginnings(self) -> list[str]:
        """Where the chart begins: its initial step, then what nothing leads to."""
        initial = [e.id for e in self._diagram.elements if isinstance(e, Step) and e.is_initial]
        reached = {id_ for ids in self._behind.values() for id_ in ids}
        return [*initial, *(id_ for id_ in self._items if id_ not in reached)]

    def _cut_loops(self) -> list[str]:
        """Puts an arrow in the place of each way that leads back. Gives all items, each behind what leads to it."""
        done: set[str] = set()
        order: list[str] = []
        for root in (*self._roots, *list(self._items)):
            if root in done:
                continue
            open_ = {root}
            work = [(root, iter(list(self._behind[root])))]
            while work:
                id_, waiting = work[-1]
                following = next(waiting, None)
                if following is None:
                    work.pop()
                    open_.discard(id_)
                    done.add(id_)
                    order.append(id_)
                elif following in open_:
                    order.append(self._lead_back(id_, following))
                elif following not in done:
                    open_.add(following)
                    work.append((following, iter(list(self._behind[following]))))
        return order[::-1]

    def _lead_back(self, begin: str, end: str) -> str:
        step = self._step_at(end)
        arrow = jump(f"{begin} to {end}", end, step)
        self._items[arrow.id] = arrow
        self._behind[arrow.id] = []
        self._behind[begin] = [arrow.id if id_ == end else id_ for id_ in self._behind[begin]]
        return arrow.id

    def _step_at(self, id_: str) -> str:
        """The name of the step that a line leads to."""
        seen: set[str] = set()
        while id_ not in seen:
            seen.add(id_)
            element = self._diagram.by_id.get(id_)
            if isinstance(element, Step):
                return element.name.text
            following = self._behind[id_]
            id_ = following[0] if following else id_
        return "?"

    # ----------------------------------------------------------------------------------------------------------- places

    def _rank(self) -> None:
        for id_ in self._order:
            self._ranks.setdefault(id_, 0)
            for following in self._behind[id_]:
                self._ranks[following] = max(self._ranks.get(following, 0), self._ranks[id_] + 1)

    def _place(self, root: str) -> None:
        work: list[tuple[str, str]] = [("", root)]
        while work:
            begin, end = work.pop()
            if end in self._axes:
                self._pass(begin, end)
                continue
            chain = [end]
            while (following := next(iter(self._behind[chain[-1]]), None)) is not None and following not in self._axes:
                chain.append(following)
            last = self._ranks[chain[-1]] if following is None else self._ranks[following] - 1
            first = self._ranks[begin] + 1 if begin else self._ranks[end]
            self._commit(chain, first, last)
            for id_ in chain:  # the last is taken first
                work += [(id_, other) for other in reversed(self._behind[id_][1:])]

    def _commit(self, chain: list[str], first: int, last: int) -> None:
        at = {self._ranks[id_]: self._items[id_] for id_ in chain}
        lefts = {rank: at[rank].left if rank in at else 0 for rank in range(first, last + 1)}
        axis = max((self._floors[rank] + left for rank, left in lefts.items()), default=0)
        for rank in lefts:
            right = at[rank].right if rank in at else 0
            self._floors[rank] = axis + right + 1 + _APART
        for id_ in chain:
            self._axes[id_] = axis

    def _pass(self, begin: str, end: str) -> None:
        """A way without anything on it, to something that has its place: it needs an axis all the same."""
        first, last = self._ranks[begin] + 1, self._ranks[end] - 1
        if begin and first <= last:
            axis = max(self._floors[first : last + 1])
            self._floors[first : last + 1] = [axis + 1 + _APART] * (last + 1 - first)
            self._empty[begin, end] = axis

    # ----------------------------------------------------------------------------------------------------------- shapes

    def _drawn(self) -> Chart:
        self._make_way()
        heights = [1] * (len(self._floors) - 1)
        for id_, rank in self._ranks.items():
            heights[rank] = max(heights[rank], self._items[id_].height + self._lowered[id_])
        tops = [0]
        for height in heights:
            tops.append(tops[-1] + height + 1)
        result = Chart(size=(max(self._floors) - _APART + 1, tops[-1]))
        lines: dict[str, list[int]] = {}
        for id_, item in self._items.items():
            result.shapes += item.draw(self._axes[id_], self._top(id_, tops))
            if item.line is not None:
                lines[id_] = [self._axes[id_]]
        for begin, ends in self._behind.items():
            for end in ends:
                points = self._way(begin, end, tops, lines)
                result.shapes.append(Wire(tuple(points), arrow=self._items[end].is_end))
        for id_, axes in lines.items():
            item, y = self._items[id_], self._top(id_, tops)
            left, right = _extent(item, axes)
            result.shapes.append(Wire(((left, y), (right, y)), weight=double_of(item)))
            result.shapes += [Dot((x, y), is_drawn=False) for x in axes]
        return result

    def _make_way(self) -> None:
        """What stands where a line of its rank passes goes below that line."""
        lines: dict[str, list[int]] = {id_: [self._axes[id_]] for id_, item in self._items.items() if item.line}
        for begin, ends in self._behind.items():
            for end in ends:
                self._way(begin, end, [0] * (len(self._floors) + 1), lines)
        passing: dict[int, list[tuple[int, int, int]]] = {}
        for id_ in (*lines, *(id_ for id_ in self._items if id_ not in lines)):
            item, axis = self._items[id_], self._axes[id_]
            left, right = _extent(item, lines[id_]) if id_ in lines else (axis - item.left, axis + item.right)
            above = passing.setdefault(self._ranks[id_], [])
            met = [low for begin, end, low in above if begin <= right and left <= end]
            self._lowered[id_] = max(met) + 2 if met else 0
            if id_ in lines:
                above.append((left, right, self._lowered[id_]))

    def _top(self, id_: str, tops: list[int]) -> int:
        return tops[self._ranks[id_]] + self._lowered.get(id_, 0)

    def _way(self, begin: str, end: str, tops: list[int], lines: dict[str, list[int]]) -> list[Point]:
        """From the bottom of one item to the top of another. The lines of branches grow as far as they have to."""
        from_x, to_x = self._axes[begin], self._axes[end]
        first, last = self._items[begin], self._items[end]
        from_y, to_y = self._top(begin, tops) + first.bottom, self._top(end, tops)
        between = self._empty.get((begin, end))
        x = between if between is not None else to_x if self._is_side(begin, end) else from_x
        points = [(x, from_y), (x, to_y)]
        if first.line is not None:
            lines[begin].append(x)
        elif x != from_x:
            below = tops[self._ranks[begin] + 1] - 1
            points = [(from_x, from_y), (from_x, below), (x, below), *points[1:]]
        if last.line is not None:
            lines[end].append(x)
        elif x != to_x:
            points = [*points[:-1], (x, to_y - 1), (to_x, to_y - 1), (to_x, to_y)]
        return points

    def _is_side(self, begin: str, end: str) -> bool:
        """Whether a way goes to the axis of its end first, and down afterwards: it is not the first from its begin."""
        return self._behind[begin][0] != end


def _extent(line: Item, axes: list[int]) -> tuple[int, int]:
    """From where to where the line of branches goes."""
    beyond = _OVERHANG if double_of(line) is Weight.DOUBLE else 0
    return min(axes) - beyond, max(axes) + beyond
