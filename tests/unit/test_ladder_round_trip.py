"""A ladder that is drawn as text and read again is the same ladder, whatever it is; drawn again it is the same text."""

from __future__ import annotations

from hypothesis import assume, given, settings

from iec61131.graphical.diagram import Diagram
from iec61131.graphical.ladder import Pictures
from iec61131.graphical.order import EFFECTS
from iec61131.graphical.same import fingerprint
from iec61131.graphical.wiring import Wiring
from iec61131.input_forms.ladder.reading import LadderFile
from iec61131.source import SourceFile
from tests.unit.ladders import diagrams


def as_text(diagram: Diagram, strict: bool = False) -> str:
    pictures = Pictures(diagram, strict)
    return "\n\n".join(pictures.text(network) for network in diagram.networks)


def read(text: str) -> Diagram:
    file = LadderFile(SourceFile("drawing.ld", f"PROGRAM Main\n{text}\nEND_PROGRAM\n"))
    file.unit()
    wrong = [f"{f.span} {f.code.id} {f.message}" for f in file.findings.in_source_order() if f.code.id > "RUNG0629"]
    assert not wrong, "\n".join((*wrong, text))
    return file.diagrams[0]


@settings(max_examples=60, deadline=None)
@given(diagrams())
def test_a_drawn_ladder_is_read_as_what_it_is(diagram: Diagram):
    text = as_text(diagram)
    again = read(text)
    assert fingerprint(again)[:-1] == fingerprint(diagram)[:-1], text
    assert as_text(again) == text


@settings(max_examples=60, deadline=None)
@given(diagrams())
def test_it_is_evaluated_in_the_same_order_where_each_effect_has_its_row(diagram: Diagram):
    """Not so an effect that feeds another one: it is drawn in the rung of that one, whatever comes between them."""
    wiring = Wiring(diagram)
    effects = {element.id for element in diagram.elements if isinstance(element, EFFECTS)}
    assume(all(len(effects & wiring.leading_to([diagram.by_id[effect]])) == 1 for effect in effects))
    text = as_text(diagram, strict=True)
    assert fingerprint(read(text)) == fingerprint(diagram), text
