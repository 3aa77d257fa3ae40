"""The legality check sees a model that breaks a promise. Each case damages a sound one in one place."""

import pytest
from msgspec.structs import replace

from iec61131.semantics import legality
from iec61131.semantics.model import (
    Assign,
    BinaryExpression,
    CallBlock,
    ConstantExpression,
    ConversionKind,
    Convert,
    ElementPlace,
    Exit,
    For,
    Load,
    Model,
    Storage,
    VariablePlace,
)
from iec61131.semantics.types import BOOL, DINT, INT, LINT
from tests.unit.resolved import build, main, pou

SOUND = main(
    "a, b : INT; d : DINT; x : BOOL; s : INT(0..9); t : ARRAY[1..3] OF INT; i : INT; timer : TON;",
    "a := a + b; s := a; t[i] := 1; FOR i := 1 TO 3 DO d := d + 1; END_FOR; timer(IN := x, PT := T#1s, Q => x);",
    "VAR_GLOBAL g : INT; END_VAR",
)


def sound() -> Model:
    return build(SOUND)[0]


def test_a_sound_model_passes():
    legality.check(sound())


def damaged(index: int, change) -> Model:
    """The sound model with the statement at `index` of Main replaced."""
    model = sound()
    block = pou(model, "Main")
    body = list(block.body)
    body[index] = change(body[index])
    block.body = tuple(body)
    return model


def unconverted(node: Assign) -> Assign:
    """INT := DINT without the conversion."""
    assert isinstance(node.value, Convert)
    return replace(node, value=node.value.operand)


def unchecked(node: Assign) -> Assign:
    """A subrange without its check."""
    assert isinstance(node.value, Convert)
    assert node.value.kind is ConversionKind.SUBRANGE
    return replace(node, value=node.value.operand)


def mixed_operands(node: Assign) -> Assign:
    assert isinstance(node.value, Convert)
    sum_ = node.value.operand
    assert isinstance(sum_, BinaryExpression)
    return replace(node, value=replace(node.value, operand=replace(sum_, right=ConstantExpression(1, LINT, sum_.span))))


def narrow_operands(node: Assign) -> Assign:
    assert isinstance(node.value, Convert)
    sum_ = node.value.operand
    assert isinstance(sum_, BinaryExpression)
    one = ConstantExpression(1, INT, sum_.span)
    return replace(node, value=replace(sum_, left=one, right=one, type=INT))


def wrong_constant(node: Assign) -> Assign:
    return replace(node, value=ConstantExpression(70000, INT, node.span))


def float_constant(node: Assign) -> Assign:
    return replace(node, value=ConstantExpression(1.0, INT, node.span))


def wrong_kind(node: Assign) -> Assign:
    assert isinstance(node.value, Convert)
    return replace(node, value=replace(node.value, kind=ConversionKind.TO_BOOL))


def narrow_index(node: Assign) -> Assign:
    assert isinstance(node.place, ElementPlace)
    return replace(node, place=replace(node.place, indices=(ConstantExpression(1, INT, node.span),)))


def exit_outside(node: Assign) -> Exit:
    return Exit(node.span)


def zero_step(node: For) -> For:
    return replace(node, step=ConstantExpression(0, INT, node.span))


def wide_bound(node: For) -> For:
    return replace(node, end=ConstantExpression(3, DINT, node.span))


def jump_in_body(node: For) -> For:
    inner = Assign(node.place, ConstantExpression(True, BOOL, node.span), node.span)
    return replace(node, body=(inner,))


@pytest.mark.parametrize(
    ("index", "change", "complaint"),
    [
        (0, unconverted, "DINT is stored as INT"),
        (0, mixed_operands, "on DINT and LINT"),
        (0, narrow_operands, "computed in INT"),
        (0, wrong_constant, "70000 is no constant of INT"),
        (0, float_constant, r"1\.0 is no constant of INT"),
        (0, wrong_kind, "TO_BOOL from DINT to INT"),
        (0, exit_outside, "a jump outside a loop"),
        (1, unchecked, "unchecked"),
        (2, narrow_index, "an index that is no integer"),
        (3, zero_step, "a step of zero"),
        (3, wide_bound, "DINT instead of INT"),
        (3, jump_in_body, "BOOL is stored as INT"),
    ],
)
def test_a_damaged_statement_is_seen(index, change, complaint):
    with pytest.raises(AssertionError, match=complaint):
        legality.check(damaged(index, change))


def test_a_counted_loop_over_shared_memory_is_seen():
    model = sound()
    loop = pou(model, "Main").body[3]
    assert isinstance(loop, For)
    assert loop.counted
    shared = replace(loop, place=VariablePlace(model.memory[0], loop.span))
    pou(model, "Main").body = (shared,)
    with pytest.raises(AssertionError, match="a counted FOR over what others can change"):
        legality.check(model)


def test_an_input_given_twice_is_seen():
    model = sound()
    call = pou(model, "Main").body[4]
    assert isinstance(call, CallBlock)
    pou(model, "Main").body = (replace(call, inputs=(call.inputs[0], call.inputs[0])),)
    with pytest.raises(AssertionError, match="IN is given twice"):
        legality.check(model)


def test_a_variable_of_another_instance_is_seen():
    model = sound()
    stranger = pou(model, "TON").variables[0]
    load = Load(VariablePlace(stranger, stranger.span), stranger.span)
    call = pou(model, "Main").body[4]
    assert isinstance(call, CallBlock)
    pou(model, "Main").body = (replace(call, inputs=((stranger, load),)),)
    with pytest.raises(AssertionError, match="of another instance"):
        legality.check(model)


def test_a_callee_after_its_caller_is_seen():
    model = sound()
    with pytest.raises(AssertionError, match="TON comes after its caller"):
        legality.check(replace(model, pous=tuple(reversed(model.pous))))


def test_a_variable_outside_the_memory_is_seen():
    model = sound()
    pou(model, "Main").variables[0].storage = Storage.MEMORY
    with pytest.raises(AssertionError):
        legality.check(model)
