"""What a picture shows is what the drawing says: the wires that are drawn join what is wired and nothing else, nothing
is drawn over something else, and power flows in it as in the ladder that it shows.

The wires of a picture are followed as a reader follows them: two lines that cross are joined where there is a dot.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from iec61131.graphical.diagram import Coil, Diagram, Language, LeftRail, Transition
from iec61131.graphical.drawing import draw
from iec61131.graphical.drawing.grid import RAIL, grid
from iec61131.graphical.drawing.networks import networks
from iec61131.graphical.drawing.power import flow
from iec61131.graphical.drawing.scene import Box, Dot, Key, Point, Rail, Role, Shape, State, Symbol, Text, Wire
from iec61131.graphical.drawing.terminal import Style
from iec61131.graphical.drawing.wires import Wiring
from iec61131.input_forms.drawings import drawings
from iec61131.syntax.tree import NameExpression
from tests.graphical import charts, ladders
from tests.graphical.build import Drawing, Pou, source


def diagram_of(pou: Pou) -> Diagram:
    (drawing,) = drawings(source(pou))
    return drawing.diagram


@settings(max_examples=60, deadline=None)
@given(ladders.ladders())
def test_a_ladder(ladder: ladders.Ladder) -> None:
    looks_right(diagram_of(ladders.pou(ladder)))


@pytest.mark.parametrize("seed", range(30))
def test_function_blocks_wired_by_chance(seed: int) -> None:
    """With wires that lead back among them."""
    chance = random.Random(seed)
    drawing = Drawing("FBD")
    wires = [drawing.value(name) for name in "abc"]
    blocks = []
    for _ in range(chance.randint(2, 25)):
        inputs = [chance.choice(wires) for _ in range(chance.randint(1, 4))]
        blocks.append(drawing.block("ADD", inputs, outputs=("OUT", "MORE")[: chance.randint(1, 2)]))
        wires += [blocks[-1][pin] for pin in blocks[-1].outputs]
    for block in chance.sample(blocks, len(blocks) // 6):
        block.lead(chance.choice(wires[3:]), pin=f"IN{chance.randint(1, len(block.inputs))}")
    for wire in chance.sample(wires, 2):
        drawing.store("z", wire)
    looks_right(diagram_of(Pou("Main", "a, b, c, z : INT", drawing)))


CHART = charts.Net.of(
    """
    Idle -a-> Fill + Heat
    Fill -b-> Full
    Heat -2:c-> Hot
    Heat -1:a-> Idle
    Full + Hot -b-> Drain
    Drain -a-> Idle
    Drain -b-> Fill
    """
)


@pytest.mark.parametrize("seed", range(20))
def test_a_chart_whose_conditions_are_drawn(seed: int) -> None:
    """In whichever way: power reaches the bar of a transition when its variable is TRUE."""
    chance = random.Random(seed)
    chart = next(
        drawing.diagram
        for drawing in drawings(source(charts.pou(CHART, "a, b, c, holds : BOOL", chance)))
        if drawing.diagram.language is Language.SFC
    )
    values = {name: chance.random() < 0.5 for name in "abc"}
    scene = draw(chart).with_values(values)
    (picture,) = scene.pictures
    nothing_is_drawn_over_something(picture.shapes)
    transitions = [element for element in chart.elements if isinstance(element, Transition)]
    bars = {shape.element: shape.state for shape in picture.shapes if isinstance(shape, Symbol)}
    words = {shape.element: shape.text for shape in picture.shapes if isinstance(shape, Text)}
    for transition, drawn in zip(CHART.transitions, transitions, strict=True):
        is_named = isinstance(drawn.condition, NameExpression) and drawn.condition.name.text.startswith("t")
        assert words[drawn.id] != "?"
        if not is_named:
            assert bars[drawn.id] is (State.ON if values[transition.condition] else State.OFF)


def looks_right(diagram: Diagram) -> None:
    for network in networks(diagram):
        for values in (False, True):
            placed = grid(diagram, network, values=values)
            wiring = Wiring(placed, diagram.language)
            wiring.run()
            nothing_is_drawn_over_something(wiring.shapes)
            wired = [(("out", edge.key), ("in", edge.end, edge.pin)) for edge in placed.edges if edge.begin != RAIL]
            wired += [(("in", joint, 0), ("out", (joint, ""))) for joint in placed.joints]
            expected = joined([*wired])
            places: list[tuple[Point, object]] = []
            for id_, (x, y) in wiring.corners.items():
                node = placed.nodes[id_]
                outputs, inputs = node.outputs.items(), node.inputs.items()
                places += [((x + node.exit, y + line), ("out", (id_, name))) for name, line in outputs]
                places += [((x + node.entry, y + line), ("in", id_, pin)) for pin, line in inputs]
            assert read(wiring.shapes, places, expected) == expected


def nothing_is_drawn_over_something(shapes: Iterable[Shape]) -> None:
    owners: dict[Point, str] = {}
    boxes: dict[Point, str] = {}
    for shape in shapes:
        if isinstance(shape, Box):
            (x, y), (width, height) = shape.at, shape.size
            inside = {(x + i, y + j): shape.element for i in range(1, width - 1) for j in range(1, height - 1)}
            assert not boxes.keys() & inside.keys()
            boxes |= inside
    for shape in shapes:
        if isinstance(shape, Text) and shape.role is not Role.VALUE:
            x, y = shape.at
            first = {"start": x, "middle": x - len(shape.text) // 2, "end": x - len(shape.text) + 1}[shape.anchor.value]
            for cell in ((first + i, y) for i in range(len(shape.text))):
                assert cell not in owners, shape
                assert boxes.get(cell, shape.element) == shape.element
                owners[cell] = shape.element
        elif isinstance(shape, Symbol):
            assert shape.at not in owners
    for shape in shapes:
        if isinstance(shape, Wire):
            for begin, end in pairwise(shape.points):
                for cell in cells(begin, end):
                    assert cell not in boxes
                    assert cell not in owners


def cells(begin: Point, end: Point) -> list[Point]:
    (x0, y0), (x1, y1) = sorted((begin, end))
    assert x0 == x1 or y0 == y1
    return [(x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)]


Nets = set[frozenset[object]]


def joined(pairs: list[tuple[object, object]]) -> Nets:
    """The sets of what belongs together."""
    nets: dict[object, set[object]] = {}
    for one, other in pairs:
        net = nets.get(one, {one}) | nets.get(other, {other})
        for member in net:
            nets[member] = net
    return {frozenset(net) for net in nets.values()}


def read(shapes: Iterable[Shape], places: list[tuple[Point, object]], expected: Nets) -> Nets:
    """What the wires of a picture join, of what is expected to be joined at all."""
    wanted = {member for net in expected for member in net}
    dots = {shape.at for shape in shapes if isinstance(shape, Dot)}
    sides: dict[Point, set[str]] = {}
    pairs: list[tuple[object, object]] = []
    rails = [shape.at[0] for shape in shapes if isinstance(shape, Rail)]
    for shape in shapes:
        if isinstance(shape, Wire):
            for begin, end in pairwise(shape.points):
                line = [cell for cell in cells(begin, end) if cell[0] not in rails]
                way = "h" if begin[1] == end[1] else "v"
                for one, other in pairwise(line):
                    pairs.append(((one, way), (other, way)))
                    sides.setdefault(one, set()).add(f"{way}+")
                    sides.setdefault(other, set()).add(f"{way}-")
    for cell, found in sides.items():
        if len(found) < 4 or cell in dots:
            pairs.append(((cell, "h"), (cell, "v")))
    pairs += [((cell, "h"), place) for cell, place in places]
    return {net for each in joined(pairs) if (net := frozenset(each & wanted))}


# --------------------------------------------------------------------------------------------------------------- power


@settings(max_examples=60, deadline=None)
@given(ladders.ladders(), st.lists(st.booleans(), min_size=12, max_size=12))
def test_power_flows_as_in_the_ladder(ladder: ladders.Ladder, given_values: list[bool]) -> None:
    values = dict(zip((*ladders.INPUTS, *ladders.OUTPUTS), given_values, strict=True))
    diagram = diagram_of(ladders.pou(ladder))
    found = flow(diagram, values)
    expected: list[bool] = []
    for rung in ladder:
        for output in rung.outputs:
            networks_before = [rung.network, *([output.network] if output.network is not None else [])]
            power = all(conducts(network, values) for network in networks_before)
            expected += [power] * len(output.coils)
    assert [found.outputs[element.id, ""] for element in diagram.elements if isinstance(element, Coil)] == expected


def conducts(network: ladders.Network, values: dict[str, bool]) -> bool:
    match network:
        case ladders.Contact():
            return values[network.variable] is not network.negated
        case ladders.Series():
            return all(conducts(part, values) for part in network.parts)
        case ladders.Parallel():
            return any(conducts(branch, values) for branch in network.branches)


def test_what_is_not_in_the_snapshot_is_unknown_and_stays_so_behind_it() -> None:
    drawing = Drawing("LD")
    power = drawing.rail()
    drawing.coil("x", drawing.contact("a", power))
    drawing.coil("y", drawing.contact("a", drawing.contact("b", power)))
    diagram = diagram_of(Pou("Main", "a, b, x, y : BOOL", drawing))
    x, y = (key_of(element) for element in diagram.elements if isinstance(element, Coil))
    rail = next(element.id for element in diagram.elements if isinstance(element, LeftRail))
    found = flow(diagram, {"Main.B": False}, "main")
    assert x not in found.outputs
    assert found.outputs[y] is False
    assert found.outputs[rail, ""] is True


def key_of(element: Coil) -> Key:
    return element.id, ""


# -------------------------------------------------------------------------------------------------------------- limits


def test_what_is_too_large_is_named_and_not_drawn() -> None:
    drawing = Drawing("LD")
    power = drawing.rail()
    drawing.coil("x", *(drawing.contact(f"a{number}", power) for number in range(2_500)))
    drawing.coil("y", drawing.contact("b", power))
    scene = draw(diagram_of(Pou("Main", "x, y, b : BOOL", drawing)))
    first, second = scene.pictures
    assert first.too_large == "2501 elements and 5000 wires"
    assert not second.too_large
    assert "not drawn: 2501 elements and 5000 wires" in scene.svg()


def test_wires_by_chance_between_many_elements_come_to_an_end() -> None:
    chance = random.Random(1)
    drawing = Drawing("LD")
    contacts = [drawing.contact(f"a{number}") for number in range(400)]
    for contact in contacts:
        contact.element.lead(*(chance.choice(contacts) for _ in range(3)))
    scene = draw(diagram_of(Pou("Main", "", drawing)))
    assert all(scene.text(picture, Style()) or picture.too_large for picture in scene.pictures)


def test_a_name_that_looks_like_markup_is_text_in_the_picture() -> None:
    drawing = Drawing("LD")
    drawing.coil("x", drawing.contact("'<b>&amp;'", drawing.rail()))
    picture = draw(diagram_of(Pou("Main", "x : BOOL", drawing))).svg()
    assert "<b>" not in picture
    assert "&lt;b&gt;&amp;amp;" in picture
