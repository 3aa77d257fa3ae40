"""Generated function block diagrams: however they are drawn and numbered, functions give what their formula gives."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graphical.build import Drawing, Element, Pou, Wire
from tests.graphical.run import Run

INPUTS = ("a", "b", "c", "d")
INTERPRETED = 5
EXAMPLES = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Node:
    """A function of earlier nodes and of inputs, which come first in the numbering."""

    function: str
    takes: tuple[int, ...]
    negated: tuple[bool, ...]


FUNCTIONS = {"AND": 3, "OR": 3, "XOR": 2, "NOT": 1, "SEL": 3}
"""With the number of inputs."""


@st.composite
def graphs(draw: st.DrawFn) -> list[Node]:
    found: list[Node] = []
    for number in range(draw(st.integers(1, 12))):
        function = draw(st.sampled_from(sorted(FUNCTIONS)))
        count = FUNCTIONS[function]
        earlier = st.integers(0, len(INPUTS) + number - 1)
        takes = tuple(draw(st.lists(earlier, min_size=count, max_size=count)))
        negated = tuple(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
        found.append(Node(function, takes, negated))
    return found


@EXAMPLES
@given(graphs(), st.integers(0, 1 << 30), st.booleans())
def test_functions_give_what_their_formula_gives(nodes: list[Node], seed: int, numbered: bool):
    follow(nodes, Random(seed), numbered)


def follow(nodes: list[Node], random: Random, numbered: bool, interpreted: int = INTERPRETED) -> None:
    results = [f"r{n}" for n in range(len(nodes))]
    declared = f"{', '.join((*INPUTS, *results))} : BOOL"
    run = Run(Pou("Main", declared, drawn(nodes, random, numbered)), interpreted=interpreted)
    for pattern in range(1 << len(INPUTS)):
        inputs = [bool(pattern >> bit & 1) for bit in range(len(INPUTS))]
        run.scan(dict(zip(INPUTS, inputs, strict=True)))
        assert [run.get(name) for name in results] == expected(nodes, inputs), inputs


def drawn(nodes: list[Node], random: Random, numbered: bool) -> Drawing:
    """In any order, at any place; every result is stored. Wires are led when all blocks stand."""
    drawing = Drawing("FBD")
    made: dict[int, Element] = {}
    numbers = random.sample(range(1, 100), 2 * len(nodes))
    stores = [(number, True) for number in range(len(nodes))]
    blocks = [(number, False) for number in range(len(nodes))]
    parts = random.sample([*stores, *blocks], 2 * len(nodes))
    values = [drawing.value(name) for name in INPUTS]
    waiting: list[tuple[int, Element]] = []
    for (number, is_store), order in zip(parts, numbers, strict=True):
        at = random.randint(0, 9) * 100, random.randint(0, 9) * 37
        if is_store:
            drawing.store(f"r{number}", order=order if numbered else 0, at=at)
            waiting.append((number, drawing.elements[-1]))
        else:
            function = nodes[number].function
            made[number] = drawing.block(function, {}, order=order if numbered else 0, at=at)
    for number, store in waiting:
        store.lead(made[number].out)
    for number, node in enumerate(nodes):
        for pin, taken, negated in zip(_pins(node.function), node.takes, node.negated, strict=True):
            wire = values[taken] if taken < len(INPUTS) else made[taken - len(INPUTS)].out
            made[number].lead(wire.inverted() if negated else wire, pin=pin)
    return drawing


def _pins(function: str) -> tuple[str, ...]:
    return {"NOT": ("IN",), "SEL": ("G", "IN0", "IN1")}.get(
        function, tuple(f"IN{n + 1}" for n in range(FUNCTIONS[function]))
    )


def expected(nodes: list[Node], inputs: list[bool]) -> list[bool]:
    known = list(inputs)
    for node in nodes:
        taken = [known[n] is not negated for n, negated in zip(node.takes, node.negated, strict=True)]
        match node.function:
            case "AND":
                known.append(all(taken))
            case "OR":
                known.append(any(taken))
            case "XOR":
                known.append(taken[0] is not taken[1])
            case "NOT":
                known.append(not taken[0])
            case _:
                known.append(taken[2] if taken[0] else taken[1])
    return known[len(inputs) :]


# --------------------------------------------------------------------------------------------------------------- order


def test_instances_are_called_in_the_order_of_their_numbers():
    """The second one is numbered first: it takes what the first one gave in the scan before."""
    assert _counted((2, 1)) == [0, 1, 2]
    assert _counted((1, 2)) == [1, 2, 3]
    assert _counted((0, 0)) == [1, 2, 3]


def _counted(order: tuple[int, int]) -> list[int]:
    drawing = Drawing("FBD")
    first = drawing.block("Count", {}, "first", ("N",), order=order[0])
    drawing.block("Keep", {"N": first["N"]}, "second", ("SEEN",), order=order[1])
    count = Pou("Count", {"outputVars": "N : INT"}, "N := N + 1;", "functionBlock")
    keep = Pou("Keep", {"inputVars": "N : INT", "outputVars": "SEEN : INT"}, "SEEN := N;", "functionBlock")
    run = Run(count, keep, Pou("Main", "first : Count; second : Keep", drawing))
    return [run.scan() or run.get("second.SEEN") for _ in range(3)]


def test_of_instances_in_a_circle_the_first_one_is_called_first():
    """A blinker of two timers: the one at the left takes what the one at the right gave in the scan before."""
    for first_stored in ("left", "right"):
        drawing = Drawing("FBD")
        at = {"left": (100, 0), "right": (400, 0)}
        names = ("left", "right") if first_stored == "left" else ("right", "left")
        made = {n: drawing.block("TON", {"PT": "T#20ms"}, n, ("Q", "ET"), at=at[n]) for n in names}
        made["left"].lead(Wire(made["right"], "Q").inverted(), pin="IN")
        made["right"].lead(made["left"]["Q"], pin="IN")
        run = Run(Pou("Main", "left, right : TON", drawing))
        seen = [run.scan() or (run.get("left.Q"), run.get("right.Q")) for _ in range(6)]
        on, off = True, False
        assert seen == [(off, off), (off, off), (on, off), (on, off), (on, on), (off, off)], first_stored


def test_a_block_that_leads_to_a_rail_alone_is_called():
    drawing = Drawing("LD")
    timer = drawing.block("TON", {"IN": drawing.rail(), "PT": "T#10ms"}, "timer", ("Q", "ET"))
    drawing.right_rail(timer["Q"])
    run = Run(Pou("Main", "timer : TON", drawing))
    run.scan()
    run.scan()
    assert run.get("timer.Q")
