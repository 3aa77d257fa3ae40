"""What an instance does before its memory is given back: FB_Exit, the mirror of `starting`.

First the FB_Exit of the block, then its members, the last one first, then what the block extends. `exit_of` is a
method that does this for one instance, `delete_of` one that does it for as many as an object holds, one behind the
other: which block they are of shows only when the program runs, and so how far they lie apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from iec61131.diagnostics.catalogue import declarations
from iec61131.semantics.calls import Calls
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.here import Here, Shared
from iec61131.semantics.layout import element_indices
from iec61131.semantics.model import (
    AddressOf,
    Assign,
    BinaryExpression,
    CallFunction,
    ConstantExpression,
    ElementPlace,
    Evaluate,
    Expression,
    FieldPlace,
    InstanceMemberPlace,
    Load,
    Place,
    Pou,
    Statement,
    Storage,
    TargetPlace,
    ThisPlace,
    Variable,
    VariablePlace,
    While,
)
from iec61131.semantics.operands import as_type
from iec61131.semantics.scopes import PouSymbol
from iec61131.semantics.starting import ELEMENTS_MAX, constants_for
from iec61131.semantics.types import BOOL, LINT, ULINT, ArrayType, BlockType, Flavour, PointerType, StructType, Type
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import BinaryOperator, PouKind, VarKind

EXIT = "FB_EXIT"


class Ending:
    """`pous`: the methods made so far, each with what it calls."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._exits: dict[BlockType, Pou | None] = {}
        self._deletes: dict[BlockType, Pou] = {}
        self.pous: dict[Pou, Here] = {}

    def has_end(self, type_: Type) -> bool:
        """Whether an instance in a variable of `type_` has anything to do."""
        if isinstance(type_, ArrayType):
            return self.has_end(type_.element)
        if isinstance(type_, StructType) and not type_.is_overlaid:
            return any(self.has_end(field.type) for field in type_.fields.values())
        return isinstance(type_, BlockType) and self.exit_of(type_) is not None

    def of_place(self, here: Here, place: Place) -> list[Statement]:
        """The end of all instances at `place`."""
        type_ = place.type
        if isinstance(type_, ArrayType) and self.has_end(type_):
            if type_.count > ELEMENTS_MAX:
                finding = declarations.TOO_MANY_STARTS.at(place.span, count=type_.count, limit=ELEMENTS_MAX)
                self._shared.findings.add(finding)
                return []
            nodes = [
                tuple(ConstantExpression(index, LINT, place.span) for index in indices)
                for indices in element_indices(type_.ranges)
            ]
            elements = [ElementPlace(place, each, type_.element, place.span) for each in nodes]
            return [statement for element in reversed(elements) for statement in self.of_place(here, element)]
        if isinstance(type_, StructType) and self.has_end(type_):
            parts = [FieldPlace(place, field, place.span) for field in type_.fields.values()]
            return [statement for part in reversed(parts) for statement in self.of_place(here, part)]
        method = self.exit_of(type_) if isinstance(type_, BlockType) else None
        if method is None:
            return []
        here.calls.setdefault(method, place.span)
        return [Evaluate(CallFunction(method, (), (), (), (), None, place.span, instance=place), place.span)]

    def exit_of(self, block: BlockType) -> Pou | None:
        """None when there is nothing to do."""
        if block in self._exits:
            return self._exits[block]
        self._exits[block] = None
        symbol = self._shared.block_symbols.get(block)
        if symbol is None:
            return None
        pou = Pou(f"{symbol.pou.name}.$exit", PouKind.METHOD, symbol.pou.span, instance=block)
        here = Here(self._shared, symbol.scope, pou)
        statements = list(self._statements(here, symbol, block))
        if statements:
            pou.body = tuple(statements)
            self._exits[block] = pou
            self.pous[pou] = here
        return self._exits[block]

    def _statements(self, here: Here, symbol: PouSymbol, block: BlockType) -> Iterable[Statement]:
        this = ThisPlace(block, symbol.pou.span)
        own = symbol.methods.get(EXIT)
        if own is not None:
            call = tree.Call(tree.NameExpression(own.declaration.name, own.pou.span), (), own.pou.span)
            node = Calls(here, Expressions(here)).start(own, call, this, constants_for(own, own.pou.span))
            if node is not None:
                yield Evaluate(node, own.pou.span)
        inherited = block.base.members if block.base is not None else {}
        for member in reversed(block.members.values()):
            if inherited.get(member.key) is not member:
                yield from self.of_place(here, InstanceMemberPlace(this, member, member.span))
        if block.base is not None:
            yield from self.of_place(here, ThisPlace(block.base, symbol.pou.span))

    def delete_of(self, block: BlockType) -> Pou:
        """A method with the bytes of the object as its input."""
        if block not in self._deletes:
            self._deletes[block] = self._delete(block)
        return self._deletes[block]

    def _delete(self, block: BlockType) -> Pou:
        span = self._shared.block_symbols[block].pou.span
        rest = Variable("bytes", ULINT, VarKind.INPUT, Storage.FRAME, span, initial=0)
        pou = Pou(f"{block.name}.$delete", PouKind.METHOD, span, (rest,), instance=block)
        here = Here(self._shared, self._shared.block_symbols[block].scope, pou)
        self.pous[pou] = here
        start = AddressOf(ThisPlace(block, span), PointerType(Flavour.POINTER, block), span)
        pou.body = tuple(self.of_each(here, start, VariablePlace(rest, span), span))
        return pou

    def of_each(self, here: Here, start: Expression, rest: Place, span: Span) -> list[Statement]:
        """The end of the instances that begin at `start`; `rest` holds how many bytes there are of them, and is used
        up.
        """
        pointer = start.type
        assert isinstance(pointer, PointerType)
        assert pointer.target is not None
        at = here.temporary(pointer, span)
        assert at is not None, "a method has a body"
        one = TargetPlace(Load(VariablePlace(at, span), span), pointer.target, span)
        end = self.of_place(here, one)
        if not end:
            return []
        size = ConstantExpression(max(pointer.target.size, 1), ULINT, span)
        is_left = BinaryExpression(BinaryOperator.GREATER_EQUAL, Load(rest, span), size, BOOL, span)
        left = BinaryExpression(BinaryOperator.SUBTRACT, Load(rest, span), size, ULINT, span)
        next_ = BinaryExpression(
            BinaryOperator.ADD, as_type(Load(VariablePlace(at, span), span), ULINT), size, ULINT, span
        )
        turn = (*end, Assign(VariablePlace(at, span), as_type(next_, pointer), span), Assign(rest, left, span))
        return [Assign(VariablePlace(at, span), start, span), While(is_left, turn, span)]
