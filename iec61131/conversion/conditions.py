"""A drawn condition with the end that the other form wants: the right rail, or a coil of the name of its transition."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from msgspec.structs import replace

from iec61131.graphical.diagram import Box, Coil, Diagram, Element, Input, Language, LeftRail, Network, RightRail
from iec61131.graphical.networks import joined
from iec61131.source import SourceFile, Span
from iec61131.syntax.tree import Name, NameExpression

_END = "end"


def at_rail(rung: Sequence[Element], pin: Input) -> Diagram:
    """`pin` is what the transition takes from the `rung`."""
    return _ladder(rung, RightRail(id=_END, span=pin.span, box=_below(rung), inputs=(replace(pin, name=""),)))


def stored_under(name: str, rung: Sequence[Element], pin: Input, networks: Sequence[Network] = ()) -> Diagram:
    """The same with a coil, which is evaluated last. `networks` have been those of the rung."""
    span = Span(SourceFile("", name), 0, len(name))
    coil = Coil(
        id=_END,
        span=span,
        box=_below(rung),
        inputs=(replace(pin, name="", negated=False, edge=None),),
        variable=NameExpression(Name(name, span), span),
        negated=pin.negated,
        edge=pin.edge,
    )
    return _ladder(rung, coil, networks)


def _ladder(rung: Sequence[Element], end: Element, networks: Sequence[Network] = ()) -> Diagram:
    """One network: whatever leads to the end may do so with others."""
    elements = (*rung, end)
    inside = tuple(element.id for element in elements if not isinstance(element, LeftRail | RightRail))
    whole = reduce(joined, networks) if networks else Network("", "", end.span, ())
    return Diagram(Language.LD, elements, end.span, networks=(replace(whole, elements=inside),))


def _below(rung: Sequence[Element]) -> Box:
    return Box(y=max((element.box.y + element.box.height + 10 for element in rung), default=0.0))
