"""Strings: conversions between lengths, comparisons, and the standard functions of texts.

The value of a string is a pointer to all of its bytes. What computes a text builds it piece by piece in memory of the
caller's frame: `append` copies as much of a piece as still fits, `finish` fills up with zeros. Lengths, positions and
counts are i64 and count characters. Texts are measured within their capacity, so that one without a zero at its end
(program and plant can write any bytes) is as long as its type allows and never longer.

The pieces of machinery are internal functions of the module, defined at their first use, one for each width; they rest
on the C library's, which are the fastest there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from iec61131.codegen import expressions, llvm
from iec61131.codegen.body import Body, Unit
from iec61131.codegen.llvm import Builder, Function, Value
from iec61131.codegen.types_ir import elementary, register_type
from iec61131.semantics.model import (
    BinaryExpression,
    ConstantExpression,
    Convert,
    Expression,
    IntrinsicCall,
)
from iec61131.semantics.types import Elementary, StringType
from iec61131.syntax.tree import BinaryOperator

_I64, _PTR = llvm.I64, llvm.POINTER


def string(node: Expression) -> StringType:
    assert isinstance(node.type, StringType), str(node.type)
    return node.type


# ---------------------------------------------------------------------------------------------------------- expressions


def convert(body: Body, node: Convert) -> Value:
    """The text of the operand as a string of another length. What computes a text is told the length at once: a text
    that is cut at the end of each step is the same as one that is cut at the end.
    """
    target = string(node)
    operand = node.operand
    if not isinstance(operand.type, StringType):
        return _of_character(body, expressions.evaluate(body, operand), elementary(operand.type), target)
    is_alike = operand.type.wide is target.wide
    if is_alike and isinstance(operand, IntrinsicCall) and operand.name in _TEXTS:
        return call(body, operand, target)
    if isinstance(operand, Convert) and string(operand).length > target.length:
        return convert(body, Convert(operand.operand, operand.kind, target, node.span))
    value = expressions.evaluate(body, operand)
    return resize(body, value, string(operand), target)


def resize(body: Body, value: Value, source: StringType, target: StringType) -> Value:
    built = Text(body, target, body.temporary(target.size, "text"))
    built.append(value, _length(body, value, source), source)
    return built.finish()


def _of_character(body: Body, value: Value, source: Elementary, target: StringType) -> Value:
    """A text of one character, or of none where it is zero: a zero ends a text."""
    place = body.temporary(max(target.size, 2 * target.unit), "text")
    register = llvm.integer_type(8 * target.unit)
    build = body.builder
    build.store(_resized(build, value, source.size, target.unit), place, 1)
    end = _character_at(build, place, llvm.constant(_I64, min(target.length, 1)), target.unit)
    build.store(llvm.constant(register, 0), end, 1)
    return place


def character(body: Body, node: Convert) -> Value:
    """The first character of a text, or another kind of character."""
    target, operand, build = elementary(node.type), node.operand, body.builder
    value = expressions.evaluate(body, operand)
    if not isinstance(operand.type, StringType):
        return _resized(build, value, elementary(operand.type).size, target.size)
    if operand.type.length == 0:
        return llvm.constant(register_type(target), 0)
    unit = operand.type.unit
    first = build.load(value, "", 1, typ=llvm.integer_type(8 * unit))
    return _resized(build, first, unit, target.size)


def _resized(build: Builder, value: Value, size: int, wanted: int) -> Value:
    """A character in another number of bytes; a question mark where it does not fit."""
    if wanted > size:
        return build.zext(value, llvm.integer_type(8 * wanted))
    if wanted == size:
        return value
    fits = build.icmp_unsigned("<=", value, llvm.constant(llvm.integer_type(8 * size), 0xFF))
    cut = build.trunc(value, llvm.integer_type(8 * wanted))
    return build.select(fits, cut, llvm.constant(llvm.integer_type(8 * wanted), ord("?")))


def compare(body: Body, node: BinaryExpression) -> Value:
    """Character by character, as numbers without sign; of two that begin alike the shorter is less."""
    left, right = expressions.in_order(body, (node.left, node.right))
    if node.operator in (BinaryOperator.EQUAL, BinaryOperator.NOT_EQUAL):
        alike = _equal(body, node.left, left, node.right, right)
        return alike if node.operator is BinaryOperator.EQUAL else body.builder.not_(alike)
    order = ordering(body, left, string(node.left), right, string(node.right))
    return body.builder.icmp_signed(_SIGNS[node.operator], order, llvm.constant(llvm.I32, 0))


def _equal(body: Body, left_node: Expression, left: Value, right_node: Expression, right: Value) -> Value:
    """Whether two texts are the same, which needs less than their order: the length of one of them, and mostly only
    the first characters.
    """
    if isinstance(left_node, ConstantExpression):
        return _is_constant(body, right, string(right_node), left, left_node)
    if isinstance(right_node, ConstantExpression):
        return _is_constant(body, left, string(left_node), right, right_node)
    types, build = (string(left_node), string(right_node)), body.builder
    capacities = [llvm.constant(_I64, type_.length) for type_ in types]
    character = llvm.integer_type(8 * types[0].unit)
    first = [build.load(side, "", 1, typ=character) for side in (left, right)]
    same_start, joined = body.block("same_start"), body.block("compared")
    start = build.block
    build.cbranch(build.icmp_unsigned("==", *first), same_start, joined)
    body.enter(same_start)
    whole = build.call(_machinery(body.unit, "equal", types[0]), [left, capacities[0], right, capacities[1]])
    build.branch(joined)
    body.enter(joined)
    result = build.phi(llvm.I1)
    result.add_incoming(llvm.constant(llvm.I1, 0), start)
    result.add_incoming(whole, same_start)
    return result


def _is_constant(body: Body, value: Value, type_: StringType, constant: Value, node: ConstantExpression) -> Value:
    """Whether a text is a constant one: the same characters, and no more of them. None of them is the zero that would
    end the text before.
    """
    assert isinstance(node.value, str)
    length = len(node.value.partition("\0")[0])
    if length > type_.length:
        return llvm.constant(llvm.I1, 0)
    build, found = body.builder, llvm.constant(llvm.I1, 1)
    if length > 0:
        compare = body.unit.declared("memcmp", llvm.I32, [_PTR, _PTR, _I64])
        order = build.call(compare, [value, constant, llvm.constant(_I64, length * type_.unit)])
        found = build.icmp_signed("==", order, llvm.constant(llvm.I32, 0))
    if length < type_.length:
        register = llvm.integer_type(8 * type_.unit)
        behind = build.load(_character_at(build, value, llvm.constant(_I64, length), type_.unit), "", 1, typ=register)
        found = build.and_(found, build.icmp_unsigned("==", behind, llvm.constant(register, 0)))
    return found


def ordering(body: Body, left: Value, left_type: StringType, right: Value, right_type: StringType) -> Value:
    """An i32 below, at or above zero."""
    function = _machinery(body.unit, "compare", left_type)
    arguments = [left, _length(body, left, left_type), right, _length(body, right, right_type)]
    return body.builder.call(function, arguments)


def call(body: Body, node: IntrinsicCall, into: StringType | None = None) -> Value:
    """A function of texts; `into` is the string that its result becomes, its own type when None."""
    values = expressions.in_order(body, node.arguments)
    if node.name in _NUMBERS:
        operands = [_operand(body, argument, value) for argument, value in zip(node.arguments, values, strict=True)]
        return _NUMBERS[node.name](body, operands)
    type_ = into or string(node)
    return build(body, node.name, node.arguments, values, Text(body, type_, body.temporary(type_.size, "text")))


def is_built(node: IntrinsicCall) -> bool:
    """Whether it computes a text piece by piece, and does not choose one that there is."""
    return node.name in _TEXTS


def build(body: Body, name: str, arguments: Sequence[Expression], values: Sequence[Value], text: Text) -> Value:
    """Put the result of the function `name` into `text`; where it lies."""
    operands = [_operand(body, argument, value) for argument, value in zip(arguments, values, strict=True)]
    _TEXTS[name](text, operands)
    return text.finish()


class _Operand(Struct, frozen=True):
    """A text with its length, or, `type` None, a count as i64."""

    value: Value
    length: Value
    type: StringType | None


def _operand(body: Body, node: Expression, value: Value) -> _Operand:
    if not isinstance(node.type, StringType):
        wide = body.builder.sext(value, _I64)
        return _Operand(wide, wide, None)
    if isinstance(node, ConstantExpression):
        assert isinstance(node.value, str)
        return _Operand(value, llvm.constant(_I64, len(node.value.partition("\0")[0])), node.type)
    return _Operand(value, _length(body, value, node.type), node.type)


def _length(body: Body, value: Value, type_: StringType) -> Value:
    return body.builder.call(_machinery(body.unit, "length", type_), [value, llvm.constant(_I64, type_.length)])


class Text:
    """A text under construction at `pointer`; with `has_text` behind the one that stands there."""

    def __init__(self, body: Body, type_: StringType, pointer: Value, *, has_text: bool = False) -> None:
        self.body, self.type, self.pointer = body, type_, pointer
        self._capacity = llvm.constant(_I64, type_.length)
        self._end: Value = _length(body, pointer, type_) if has_text else llvm.constant(_I64, 0)

    def append(self, source: Value, count: Value, type_: StringType | None = None) -> None:
        """`count` characters; `type_` is the string they are from, None for one of this width."""
        is_alike = type_ is None or type_.wide is self.type.wide
        function = _machinery(self.body.unit, "append" if is_alike else "append_other", self.type)
        arguments = [self.pointer, self._capacity, self._end, source, count]
        self._end = self.body.builder.call(function, arguments)

    def append_part(self, operand: _Operand, start: Value, count: Value) -> None:
        """`count` characters from number `start` on, counted from 0, all inside the text."""
        self.append(self._at(operand.value, start), count)

    def finish(self) -> Value:
        function = _machinery(self.body.unit, "finish", self.type)
        self.body.builder.call(function, [self.pointer, self._capacity, self._end])
        return self.pointer

    def _at(self, pointer: Value, characters: Value) -> Value:
        return self.body.builder.gep(pointer, [characters], True, "", llvm.integer_type(8 * self.type.unit))


# ------------------------------------------------------------------------------------------------------------ functions


def _least(body: Body, left: Value, right: Value) -> Value:
    return body.builder.select(body.builder.icmp_signed("<", left, right), left, right)


def _clamped(body: Body, value: Value, high: Value) -> Value:
    """Not below zero, not above `high`."""
    zero = llvm.constant(_I64, 0)
    raised = body.builder.select(body.builder.icmp_signed("<", value, zero), zero, value)
    return _least(body, raised, high)


def _left(text: Text, operands: Sequence[_Operand]) -> None:
    whole, count = operands
    text.append(whole.value, _clamped(text.body, count.value, whole.length))


def _right(text: Text, operands: Sequence[_Operand]) -> None:
    whole, count = operands
    taken = _clamped(text.body, count.value, whole.length)
    text.append_part(whole, text.body.builder.sub(whole.length, taken), taken)


def _span(body: Body, whole: _Operand, count: Value, position: Value) -> tuple[Value, Value]:
    """Where `count` characters from number `position` on begin, and how many of them there are. A position below 1
    has none.
    """
    build = body.builder
    start = _clamped(body, build.sub(position, llvm.constant(_I64, 1)), whole.length)
    taken = _clamped(body, count, build.sub(whole.length, start))
    is_there = build.icmp_signed(">=", position, llvm.constant(_I64, 1))
    return start, build.select(is_there, taken, llvm.constant(_I64, 0))


def _mid(text: Text, operands: Sequence[_Operand]) -> None:
    whole, count, position = operands
    start, taken = _span(text.body, whole, count.value, position.value)
    text.append_part(whole, start, taken)


def _concat(text: Text, operands: Sequence[_Operand]) -> None:
    for operand in operands:
        text.append(operand.value, operand.length)


def _insert(text: Text, operands: Sequence[_Operand]) -> None:
    whole, inserted, position = operands
    at = _clamped(text.body, position.value, whole.length)
    text.append(whole.value, at)
    text.append(inserted.value, inserted.length)
    text.append_part(whole, at, text.body.builder.sub(whole.length, at))


def _delete(text: Text, operands: Sequence[_Operand]) -> None:
    whole, count, position = operands
    start, taken = _span(text.body, whole, count.value, position.value)
    text.append(whole.value, start)
    after = text.body.builder.add(start, taken)
    text.append_part(whole, after, text.body.builder.sub(whole.length, after))


def _replace(text: Text, operands: Sequence[_Operand]) -> None:
    whole, replacement, count, position = operands
    build = text.body.builder
    start, taken = _span(text.body, whole, count.value, position.value)
    is_there = build.icmp_signed(">=", position.value, llvm.constant(_I64, 1))
    text.append(whole.value, start)
    text.append(replacement.value, build.select(is_there, replacement.length, llvm.constant(_I64, 0)))
    after = build.add(start, taken)
    text.append_part(whole, after, build.sub(whole.length, after))


def _len(body: Body, operands: Sequence[_Operand]) -> Value:
    return body.builder.trunc(operands[0].length, llvm.I32)


def _find(body: Body, operands: Sequence[_Operand]) -> Value:
    whole, part = operands
    assert whole.type is not None
    found = body.builder.call(
        _machinery(body.unit, "find", whole.type), [whole.value, whole.length, part.value, part.length]
    )
    return body.builder.trunc(found, llvm.I32)


_TEXTS: dict[str, Callable[[Text, Sequence[_Operand]], None]] = {
    "LEFT": _left,
    "RIGHT": _right,
    "MID": _mid,
    "CONCAT": _concat,
    "INSERT": _insert,
    "DELETE": _delete,
    "REPLACE": _replace,
}
_NUMBERS: dict[str, Callable[[Body, Sequence[_Operand]], Value]] = {"LEN": _len, "FIND": _find}
FUNCTIONS = frozenset({*_TEXTS, *_NUMBERS})
"""Intrinsics that are lowered here."""

_SIGNS = {
    BinaryOperator.EQUAL: "==",
    BinaryOperator.NOT_EQUAL: "!=",
    BinaryOperator.LESS: "<",
    BinaryOperator.GREATER: ">",
    BinaryOperator.LESS_EQUAL: "<=",
    BinaryOperator.GREATER_EQUAL: ">=",
}

# ------------------------------------------------------------------------------------------------------------ machinery


def _machinery(unit: Unit, name: str, type_: StringType) -> Function:
    """One of `_MACHINERY` for the width of `type_`."""
    full_name = f"rung.text.{name}.{8 * type_.unit}"
    existing = unit.runtime.get(full_name)
    if existing is None:
        define, result, parameters = _MACHINERY[name]
        existing = unit.runtime[full_name] = llvm.new_function(unit.module, full_name, result, parameters)
        existing.linkage = "internal"
        existing.attributes.add("nounwind")
        define(unit, existing, type_.unit)
    return existing


def _bytes(build: Builder, characters: Value, unit: int) -> Value:
    return characters if unit == 1 else build.mul(characters, llvm.constant(_I64, unit), "", ("nsw",))


def _character_at(build: Builder, pointer: Value, number: Value, unit: int) -> Value:
    return build.gep(pointer, [number], True, "", llvm.integer_type(8 * unit))


def _define_length(unit: Unit, function: Function, width: int) -> None:
    pointer, capacity = function.args
    entry = function.append_basic_block("entry")
    build = llvm.new_builder(entry)
    if width == 1:
        measure = unit.declared("strnlen", _I64, [_PTR, _I64])
        build.ret(build.call(measure, [pointer, capacity]))
        return
    test, look, end = (function.append_basic_block(name) for name in ("test", "look", "end"))
    build.branch(test)
    build.position_at_end(test)
    count = build.phi(_I64)
    count.add_incoming(llvm.constant(_I64, 0), entry)
    build.cbranch(build.icmp_signed("<", count, capacity), look, end)
    build.position_at_end(look)
    character = build.load(_character_at(build, pointer, count, width), "", 1, typ=llvm.integer_type(16))
    count.add_incoming(build.add(count, llvm.constant(_I64, 1)), look)
    build.cbranch(build.icmp_unsigned("!=", character, llvm.constant(llvm.integer_type(16), 0)), test, end)
    build.position_at_end(end)
    build.ret(count)


def _define_append(unit: Unit, function: Function, width: int) -> None:
    target, capacity, end, source, count = function.args
    build = llvm.new_builder(function.append_basic_block("entry"))
    room = build.sub(capacity, end)
    taken = build.select(build.icmp_signed("<", count, room), count, room)
    copy = unit.declared("llvm.memcpy.p0.p0.i64", llvm.VOID, [_PTR, _PTR, _I64, llvm.I1])
    place = _character_at(build, target, end, width)
    build.call(copy, [place, source, _bytes(build, taken, width), llvm.constant(llvm.I1, 0)])
    build.ret(build.add(end, taken))


def _define_append_other(unit: Unit, function: Function, width: int) -> None:
    """From a string of the other width, character by character."""
    target, capacity, end, source, count = function.args
    source_width = 3 - width
    entry, copy, done = (function.append_basic_block(name) for name in ("entry", "copy", "done"))
    build = llvm.new_builder(entry)
    zero, one = llvm.constant(_I64, 0), llvm.constant(_I64, 1)
    room = build.sub(capacity, end)
    taken = build.select(build.icmp_signed("<", count, room), count, room)
    build.cbranch(build.icmp_signed("<", zero, taken), copy, done)
    build.position_at_end(copy)
    at = build.phi(_I64)
    at.add_incoming(zero, entry)
    place = _character_at(build, source, at, source_width)
    found = build.load(place, "", 1, typ=llvm.integer_type(8 * source_width))
    written = _resized(build, found, source_width, width)
    build.store(written, _character_at(build, target, build.add(end, at), width), 1)
    following = build.add(at, one)
    at.add_incoming(following, copy)
    build.cbranch(build.icmp_signed("<", following, taken), copy, done)
    build.position_at_end(done)
    build.ret(build.add(end, taken))


def _define_finish(unit: Unit, function: Function, width: int) -> None:
    """Zeros from the end of the text to the end of the string, one at least."""
    target, capacity, end = function.args
    build = llvm.new_builder(function.append_basic_block("entry"))
    rest = build.add(build.sub(capacity, end), llvm.constant(_I64, 1))
    clear = unit.declared("llvm.memset.p0.i64", llvm.VOID, [_PTR, llvm.I8, _I64, llvm.I1])
    place = _character_at(build, target, end, width)
    build.call(clear, [place, llvm.constant(llvm.I8, 0), _bytes(build, rest, width), llvm.constant(llvm.I1, 0)])
    build.ret(llvm.constant(llvm.I32, 0))


def _define_compare(unit: Unit, function: Function, width: int) -> None:
    left, left_length, right, right_length = function.args
    entry = function.append_basic_block("entry")
    build = llvm.new_builder(entry)
    common = build.select(build.icmp_signed("<", left_length, right_length), left_length, right_length)
    by_length = _sign_of_difference(build, left_length, right_length)
    if width == 1:
        compare = unit.declared("memcmp", llvm.I32, [_PTR, _PTR, _I64])
        order = build.call(compare, [left, right, common])
        is_equal = build.icmp_signed("==", order, llvm.constant(llvm.I32, 0))
        build.ret(build.select(is_equal, by_length, order))
        return
    test, look, differ, alike = (function.append_basic_block(name) for name in ("test", "look", "differ", "alike"))
    build.branch(test)
    build.position_at_end(test)
    at = build.phi(_I64)
    at.add_incoming(llvm.constant(_I64, 0), entry)
    build.cbranch(build.icmp_signed("<", at, common), look, alike)
    build.position_at_end(look)
    characters = [
        build.zext(build.load(_character_at(build, side, at, width), "", 1, typ=llvm.integer_type(16)), _I64)
        for side in (left, right)
    ]
    at.add_incoming(build.add(at, llvm.constant(_I64, 1)), look)
    build.cbranch(build.icmp_unsigned("==", *characters), test, differ)
    build.position_at_end(differ)
    build.ret(_sign_of_difference(build, *characters))
    build.position_at_end(alike)
    build.ret(by_length)


def _define_equal(unit: Unit, function: Function, width: int) -> None:
    """As many characters of the right text as the left one has, and then its end."""
    left, capacity, right, right_capacity = function.args
    entry, look, end, differ = (function.append_basic_block(name) for name in ("entry", "look", "end", "differ"))
    build = llvm.new_builder(entry)
    length = build.call(_machinery(unit, "length", StringType(1, wide=width == 2)), [left, capacity])
    build.cbranch(build.icmp_signed(">", length, right_capacity), differ, look)
    build.position_at_end(look)
    compare = unit.declared("memcmp", llvm.I32, [_PTR, _PTR, _I64])
    order = build.call(compare, [left, right, _bytes(build, length, width)])
    build.cbranch(build.icmp_signed("==", order, llvm.constant(llvm.I32, 0)), end, differ)
    build.position_at_end(end)
    register = llvm.integer_type(8 * width)
    behind = build.load(_character_at(build, right, length, width), "", 1, typ=register)
    has_ended = build.icmp_unsigned("==", behind, llvm.constant(register, 0))
    build.ret(build.or_(build.icmp_signed("==", length, right_capacity), has_ended))
    build.position_at_end(differ)
    build.ret(llvm.constant(llvm.I1, 0))


def _sign_of_difference(build: Builder, left: Value, right: Value) -> Value:
    above = build.zext(build.icmp_signed(">", left, right), llvm.I32)
    return build.sub(above, build.zext(build.icmp_signed("<", left, right), llvm.I32))


def _define_find(unit: Unit, function: Function, width: int) -> None:
    """The number of the first character, from 1, at which the part begins; 0 when it is empty or nowhere."""
    whole, whole_length, part, part_length = function.args
    names = ("entry", "test", "look", "next", "found", "absent")
    entry, test, look, following, found, absent = (function.append_basic_block(name) for name in names)
    build = llvm.new_builder(entry)
    zero, one = llvm.constant(_I64, 0), llvm.constant(_I64, 1)
    last = build.sub(whole_length, part_length)
    size = _bytes(build, part_length, width)
    build.cbranch(build.icmp_signed("==", part_length, zero), absent, test)
    build.position_at_end(test)
    at = build.phi(_I64)
    at.add_incoming(zero, entry)
    build.cbranch(build.icmp_signed("<=", at, last), look, absent)
    build.position_at_end(look)
    compare = unit.declared("memcmp", llvm.I32, [_PTR, _PTR, _I64])
    order = build.call(compare, [_character_at(build, whole, at, width), part, size])
    build.cbranch(build.icmp_signed("==", order, llvm.constant(llvm.I32, 0)), found, following)
    build.position_at_end(following)
    at.add_incoming(build.add(at, one), following)
    build.branch(test)
    build.position_at_end(found)
    build.ret(build.add(at, one))
    build.position_at_end(absent)
    build.ret(zero)


_MACHINERY: dict[str, tuple[Callable[[Unit, Function, int], None], llvm.IrType, list[llvm.IrType]]] = {
    "length": (_define_length, _I64, [_PTR, _I64]),
    "append": (_define_append, _I64, [_PTR, _I64, _I64, _PTR, _I64]),
    "append_other": (_define_append_other, _I64, [_PTR, _I64, _I64, _PTR, _I64]),
    "finish": (_define_finish, llvm.I32, [_PTR, _I64, _I64]),
    "compare": (_define_compare, llvm.I32, [_PTR, _I64, _PTR, _I64]),
    "equal": (_define_equal, llvm.I1, [_PTR, _I64, _PTR, _I64]),
    "find": (_define_find, _I64, [_PTR, _I64, _PTR, _I64]),
}
