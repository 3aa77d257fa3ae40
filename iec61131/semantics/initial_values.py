"""Initial values: what stands behind `:=` in a declaration, as the constant that the memory begins with.

A scalar takes a constant expression, an array a list with repeats, a STRUCT and an instance of a block a list of named
members; each may also take a constant of its own type by name. What a list leaves out keeps its default.
"""

from __future__ import annotations

from typing import cast

from iec61131.diagnostics.catalogue import declarations
from iec61131.diagnostics.catalogue.expressions import EXTENSION
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.findings import listed
from iec61131.semantics.here import Here
from iec61131.semantics.layout import default_constant
from iec61131.semantics.model import Constant, Variable
from iec61131.semantics.operands import is_scalar
from iec61131.semantics.types import ArrayType, BlockType, Field, StringType, StructType, Type
from iec61131.syntax import tree
from iec61131.syntax.tree import VarKind


class InitialValues:
    def __init__(self, here: Here, expressions: Expressions) -> None:
        self._here = here
        self._findings = here.findings
        self._expressions = expressions

    def resolve(self, initial: tree.Initial, type_: Type, default: Constant | None = None) -> Constant | None:
        """`initial` as a constant of `type_`, or None after a finding. `default`: what is left out, None the type's
        own.
        """
        match initial:
            case tree.ArrayInitial():
                if initial.is_bare and self._findings.is_strict:
                    self._findings.add(EXTENSION.at(initial.span, what="a list of values without square brackets"))
                if isinstance(type_, ArrayType):
                    return self._array(initial, type_, default)
                self._wrong_shape(initial, type_)
            case tree.StructInitial():
                if isinstance(type_, StructType | BlockType):
                    return self._members(initial, type_, default)
                self._wrong_shape(initial, type_)
            case _:
                if is_scalar(type_) or isinstance(type_, StringType) or not _is_a_value(initial):
                    return self._leaf(initial, type_)
                self._wrong_shape(initial, type_)
        return None

    def _leaf(self, expression: tree.Expression, type_: Type) -> Constant | None:
        return self._expressions.constant(expression, type_)

    def look_through(self, initial: tree.Initial) -> None:
        """Find the errors inside an initial value whose type is not known."""
        match initial:
            case tree.ArrayInitial():
                for _, item in initial.items:
                    if item is not None:
                        self.look_through(item)
            case tree.StructInitial():
                for _, value in initial.fields:
                    self.look_through(value)
            case _:
                self._expressions.resolve(initial)

    def _wrong_shape(self, initial: tree.Initial, type_: Type) -> None:
        match type_:
            case ArrayType():
                form = "a list in brackets: [1, 2, 3(0)]"
            case StructType() | BlockType():
                form = "named members in parentheses: (a := 1, b := 2)"
            case _:
                form = "a single value"
        self._findings.add(declarations.INITIAL_SHAPE.at(initial.span, type=type_, form=form))
        if isinstance(initial, tree.ArrayInitial | tree.StructInitial):
            self.look_through(initial)

    # --------------------------------------------------------------------------------------------------------- lists

    def _array(self, initial: tree.ArrayInitial, type_: ArrayType, default: Constant | None) -> Constant | None:
        values: list[Constant] = []
        sound = True
        for written in initial.items:
            count_expression, item = self._repeated(*written)
            count = self._repeat(count_expression)
            value = self._element(item, type_, len(values), count or 0)
            if count is None or value is None:
                sound = False
            elif len(values) + count > type_.count:
                place = (item or count_expression or initial).span
                self._findings.add(declarations.TOO_MANY_INITIALS.at(place, count=type_.count, type=type_))
                return None
            else:
                values.extend([value] * count)
        rest = default if isinstance(default, tuple) else None
        if rest is None and len(values) < type_.count:
            rest = cast("tuple[Constant, ...]", default_constant(type_))
        return tuple(values) + (rest[len(values) :] if rest is not None else ()) if sound else None

    def _repeated(
        self, count: tree.Expression | None, item: tree.Initial | None
    ) -> tuple[tree.Expression | None, tree.Initial | None]:
        """`COUNT(7)` looks like a call, but a variable before the brackets is the number of times."""
        if count is not None or not isinstance(item, tree.Call) or len(item.arguments) > 1:
            return count, item
        match item.callee:
            case tree.NameExpression(name=name):
                found = self._here.scope.find_variable(name.key)
            case tree.MemberAccess():
                found = self._expressions.places.find_listed(item.callee)
            case _:
                found = None
        if not isinstance(found, Variable) or isinstance(found.type, BlockType):
            return count, item
        return item.callee, item.arguments[0].value if item.arguments else None

    def _repeat(self, expression: tree.Expression | None) -> int | None:
        if expression is None:
            return 1
        count = self._expressions.whole_number(expression)
        if count is not None and count < 0:
            self._findings.add(declarations.REPEAT_COUNT.at(expression.span, count=count))
            return None
        return count

    def _element(self, item: tree.Initial | None, array: ArrayType, number: int, count: int) -> Constant | None:
        """The value of element `number` in memory order and of those behind it, `count` in all."""
        return default_constant(array.element) if item is None else self.resolve(item, array.element)

    # ------------------------------------------------------------------------------------------------------- members

    def _members(
        self, initial: tree.StructInitial, type_: StructType | BlockType, default: Constant | None
    ) -> Constant | None:
        values: dict[str, Constant] = dict(default) if isinstance(default, dict) else {}
        first: dict[str, tree.Name] = {}
        sound = True
        for name, value in initial.fields:
            key = type_.key_of(name.key) if isinstance(type_, BlockType) else name.key
            before = first.setdefault(key, name)
            part = self._part(type_, key, name)
            constant: Constant | None = None
            if before is not name:
                finding = declarations.MEMBER_TWICE.at(name.span, name=name.text)
                self._findings.add(finding.also(before.span, "first given here"))
            elif part is None:
                self.look_through(value)
            else:
                constant = self._member(value, part)
            if constant is None:
                sound = False
            else:
                values.pop(key, None)  # what is given last is written last, should they lie over each other
                values[key] = constant
        return values if sound else None

    def _member(self, value: tree.Initial, part: Field | Variable) -> Constant | None:
        return self.resolve(value, part.type, cast("Constant | None", part.initial))

    def _part(self, type_: StructType | BlockType, key: str, name: tree.Name) -> Field | Variable | None:
        """The member that `name` stands for, of the key `key`; of a block only what can be set from outside."""
        if name.key in self._here.shared.failed_members.get(type_, ()):
            return None
        parts: dict[str, Field | Variable]
        if isinstance(type_, StructType):
            parts = dict(type_.fields)
        else:
            parts = {k: m for k, m in type_.members.items() if m.kind in (VarKind.INPUT, VarKind.OUTPUT)}
        part = parts.get(key)
        if part is not None:
            self._here.note(name.span, part)
        else:
            names = [p.name for p in parts.values()]
            finding = declarations.UNKNOWN_INITIAL.at(name.span, name=name.text, type=type_, known=listed(names))
            self._findings.add_near(finding, name.text, names)
        return part


def _is_a_value(initial: tree.Expression) -> bool:
    """Whether an expression can only be a single value: for an array or struct it has the wrong form."""
    return not isinstance(initial, tree.NameExpression | tree.MemberAccess | tree.IndexAccess | tree.Call)
