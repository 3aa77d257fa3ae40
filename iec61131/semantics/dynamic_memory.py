"""__NEW and __DELETE: objects that begin and end while the program runs.

    p := __NEW(T)         one object, with its initial values; NULL when the memory for it is used up
    p := __NEW(T, n)      n of them, one behind the other; NULL also for n below 1
    p := __NEW(Fb(x := 1))    FB_Init gets the arguments, as in a declaration
    __DELETE(p)           FB_Exit, then the memory is free again, and p is NULL. Of NULL: nothing

Taking and giving back is a `HeapCall`. All else are statements as others have them: what an instance does at its start
(`starting`) and its end (`ending`), and a loop where there are several objects, which is paid for like any loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from iec61131.diagnostics.catalogue import calls, classes, declarations, expressions
from iec61131.semantics.ending import Ending
from iec61131.semantics.heap import HeapOperation
from iec61131.semantics.here import Here, Shared
from iec61131.semantics.layout import pack
from iec61131.semantics.model import (
    AddressOf,
    Assign,
    BinaryExpression,
    CallFunction,
    Constant,
    ConstantExpression,
    Evaluate,
    Expression,
    HeapCall,
    If,
    Load,
    Place,
    Statement,
    Stepwise,
    TargetPlace,
    Variable,
    VariablePlace,
    While,
)
from iec61131.semantics.operands import Operand, Typed, as_type
from iec61131.semantics.pointers import null
from iec61131.semantics.references import names_of
from iec61131.semantics.scopes import PouSymbol
from iec61131.semantics.starting import Starting
from iec61131.semantics.type_specs import Spec, TypeSpecs
from iec61131.semantics.types import (
    BOOL,
    LINT,
    ULINT,
    ArrayType,
    BlockType,
    Flavour,
    InterfaceType,
    PointerType,
    Type,
)
from iec61131.semantics.walk import inside
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import BinaryOperator, Modifier

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions

DELETE = "$DELETE"
"""The key of what a `Dispatch` chooses between when an object ends."""


class _Object(Struct, frozen=True):
    """What is to be made: `arguments` are for FB_Init."""

    type: Type
    initial: Constant
    arguments: tuple[tree.Argument, ...]


class DynamicMemory:
    def __init__(self, shared: Shared, starting: Starting) -> None:
        self._shared = shared
        self._findings = shared.findings
        self._starting = starting
        self.ending = Ending(shared)
        self.is_used = False

    # ----------------------------------------------------------------------------------------------------------- __NEW

    def new(self, expressions_: Expressions, call: tree.Call) -> Operand | None:
        here, span = expressions_.here, call.span
        self._note_extension(call, "__NEW")
        given = [argument.value for argument in call.arguments if argument.value is not None and not argument.output]
        if not 1 <= len(given) <= 2 or len(given) < len(call.arguments):
            self._wrong_count(call, "__NEW", "a type, and how many")
            return None
        wanted = self._object(here, given[0])
        count = self._count(expressions_, given[1]) if len(given) > 1 else ConstantExpression(1, LINT, span)
        if wanted is None or count is None:
            return None
        made = here.temporary(PointerType(Flavour.POINTER, wanted.type), span)
        if made is None:
            self._findings.add(declarations.NOT_CONSTANT.at(span))
            return None
        self.is_used = True
        return self._made(here, wanted, made, count, span)

    def _made(self, here: Here, wanted: _Object, made: Variable, count: Expression, span: Span) -> Operand | None:
        place = VariablePlace(made, span)
        steps: list[Statement] = []
        several = None if isinstance(count, ConstantExpression) and count.value == 1 else here.temporary(LINT, span)
        if several is not None:
            steps.append(Assign(VariablePlace(several, span), count, span))
            count = Load(VariablePlace(several, span), span)
        steps.append(Assign(place, HeapCall(HeapOperation.TAKE, count, made.type, span), span))
        if several is None:
            begin = self._begin(here, wanted, made, span)
        else:
            begin = self._begin_each(here, wanted, made, several, span)
        if begin:
            steps.append(If(((_is_set(made, span), tuple(begin)),), (), span))
        return Typed(Stepwise(tuple(steps), Load(place, span), span), made.type)

    def _begin(self, here: Here, wanted: _Object, at: Variable, span: Span) -> list[Statement]:
        """The object at `at` holds zeros."""
        place = TargetPlace(Load(VariablePlace(at, span), span), wanted.type, span)
        image = bytearray(wanted.type.size)
        pack(wanted.type, wanted.initial, image, 0)
        initial = ConstantExpression(wanted.initial, wanted.type, span)
        statements: list[Statement] = [Assign(place, initial, span)] if any(image) else []
        return [*statements, *self._starting.of_place(here, place, wanted.initial, (wanted.arguments,))]

    def _begin_each(self, here: Here, wanted: _Object, made: Variable, left: Variable, span: Span) -> list[Statement]:
        at = here.temporary(made.type, span)
        assert at is not None, "there was one before"
        begin = self._begin(here, wanted, at, span)
        if not begin:
            return []
        place, count = VariablePlace(at, span), VariablePlace(left, span)
        zero, one = ConstantExpression(0, LINT, span), ConstantExpression(1, LINT, span)
        size = ConstantExpression(max(wanted.type.size, 1), LINT, span)
        is_left = BinaryExpression(BinaryOperator.GREATER, Load(count, span), zero, BOOL, span)
        fewer = BinaryExpression(BinaryOperator.SUBTRACT, Load(count, span), one, LINT, span)
        next_ = BinaryExpression(BinaryOperator.ADD, as_type(Load(place, span), LINT), size, LINT, span)
        turn = (*begin, Assign(place, as_type(next_, at.type), span), Assign(count, fewer, span))
        return [Assign(place, Load(VariablePlace(made, span), span), span), While(is_left, turn, span)]

    def _object(self, here: Here, written: tree.Expression) -> _Object | None:
        arguments: tuple[tree.Argument, ...] = ()
        name = here.scope.without_namespace(written)
        type_ = _text_type(name)
        if isinstance(name, tree.Call) and type_ is None:
            name, arguments = here.scope.without_namespace(name.callee), name.arguments
        chain = names_of(name)
        if chain is None and type_ is None:
            finding = calls.ARGUMENT_TYPE.at(written.span, name="__NEW", given="no name of one", wanted="a type")
            self._findings.add(finding)
            return None
        named = tree.NamedType(chain[-1], name.span, tuple(chain[:-1])) if chain is not None else None
        wanted = type_ or named
        spec = TypeSpecs(here).resolve(wanted, "") if wanted is not None else None
        if spec is None or not self._can_be_made(spec, written, arguments):
            return None
        return _Object(spec.type, spec.default, arguments)

    def _can_be_made(self, spec: Spec, written: tree.Expression, arguments: tuple[tree.Argument, ...]) -> bool:
        type_ = spec.type
        while isinstance(type_, ArrayType):
            type_ = type_.element
        symbol = self._shared.block_symbols.get(type_) if isinstance(type_, BlockType) else None
        if isinstance(spec.type, InterfaceType):
            finding = calls.ARGUMENT_TYPE.at(
                written.span, name="__NEW", given=f"the interface {type_}", wanted="a block that implements it"
            )
            self._findings.add(finding)
            return False
        if symbol is not None and Modifier.ABSTRACT in symbol.modifiers:
            finding = classes.ABSTRACT_INSTANCE.at(written.span, block=symbol.pou.name)
            self._findings.add(finding.also(symbol.pou.span, "declared here"))
            return False
        if arguments and not (symbol is not None and spec.type is type_ and _has_init(symbol)):
            finding = calls.UNKNOWN_PARAMETER.at(
                arguments[0].span, name=arguments[0].span.text, pou=spec.type, known="nothing, without FB_Init"
            )
            self._findings.add(finding)
            return False
        return True

    def _count(self, expressions_: Expressions, written: tree.Expression) -> Expression | None:
        return expressions_.value(written, LINT)

    # -------------------------------------------------------------------------------------------------------- __DELETE

    def delete(self, expressions_: Expressions, call: tree.Call) -> Statement | None:
        here, span = expressions_.here, call.span
        self._note_extension(call, "__DELETE")
        given = [argument.value for argument in call.arguments if argument.value is not None and not argument.output]
        if len(given) != 1 or len(call.arguments) != 1:
            self._wrong_count(call, "__DELETE", "a pointer")
            return None
        if isinstance(given[0], tree.NameExpression) and given[0].name.key == "THIS":
            this = expressions_.resolve(given[0])
            node = this.node if isinstance(this, Typed) else None
            return self._deleted(here, node, None, span) if isinstance(node, AddressOf) else None
        place = expressions_.places.named(given[0])
        if place is None:
            return None
        type_ = place.type
        is_pointer = isinstance(type_, PointerType) and type_.flavour is not Flavour.REFERENCE
        if not (is_pointer or isinstance(type_, InterfaceType)):
            finding = calls.ARGUMENT_TYPE.at(given[0].span, name="__DELETE", given=type_, wanted="a pointer")
            self._findings.add(finding)
            return None
        if not expressions_.places.check_writable(place):
            return None
        return self._deleted(here, Load(place, span), place, span)

    def _deleted(self, here: Here, reference: Load | AddressOf, place: Place | None, span: Span) -> Statement | None:
        """`reference` has the value of `place`, which is set to NULL, if there is one."""
        first: list[Statement] = []
        if place is not None and _finding_runs(place):  # found once, however it is found
            first, place = self._found_once(here, place, span)
            reference = Load(place, span)
        kept = here.temporary(reference.type, span)
        if kept is None:
            self._findings.add(declarations.NOT_CONSTANT.at(span))
            return None
        self.is_used = True
        value = Load(VariablePlace(kept, span), span)
        first.append(Assign(VariablePlace(kept, span), reference, span))
        free = Evaluate(HeapCall(HeapOperation.FREE, value, None, span), span)
        body: list[Statement] = [*self._end(here, kept, span), free]
        if place is not None:
            body.append(Assign(place, ConstantExpression(0, place.type, span), span))
        condition = Stepwise(tuple(first), _is_set(kept, span), span)
        return If(((condition, tuple(body)),), (), span)

    def _found_once(self, here: Here, place: Place, span: Span) -> tuple[list[Statement], Place]:
        address = here.temporary(PointerType(Flavour.POINTER, place.type), span)
        assert address is not None, "a statement stands in a body"
        at = VariablePlace(address, span)
        return [Assign(at, AddressOf(place, PointerType(Flavour.POINTER, place.type), span), span)], TargetPlace(
            Load(at, span), place.type, span
        )

    def _end(self, here: Here, kept: Variable, span: Span) -> list[Statement]:
        """FB_Exit of the instances that `kept` refers to, and first whether it refers to an object at all."""
        type_ = kept.type
        target = type_.target if isinstance(type_, PointerType) else type_
        kinds = self._kinds(target) if isinstance(target, BlockType | InterfaceType) else []
        is_ending = any(self.ending.exit_of(kind) is not None for kind in kinds)
        if not is_ending and (target is None or not self.ending.has_end(target)):
            return []
        rest = here.temporary(ULINT, span)
        assert rest is not None, "a statement stands in a body"
        value, left = Load(VariablePlace(kept, span), span), VariablePlace(rest, span)
        sized = Assign(left, HeapCall(HeapOperation.SIZE, value, ULINT, span), span)
        if not isinstance(target, BlockType | InterfaceType):
            return [sized, *self.ending.of_each(here, value, left, span)]
        method = self.ending.delete_of(kinds[0])
        is_certain = isinstance(target, BlockType) and len(kinds) == 1
        dispatch = None if is_certain else self._shared.dispatch(target, DELETE)
        if dispatch is None:
            here.calls.setdefault(method, span)
        else:
            here.dispatches.setdefault(dispatch, span)
        instance = TargetPlace(value, target, span)
        call = CallFunction(method, (Load(left, span),), (0,), (), (), None, span, instance, dispatch)
        return [sized, Evaluate(call, span)]

    def _kinds(self, target: BlockType | InterfaceType) -> list[BlockType]:
        """The blocks that an instance seen as `target` may be of."""
        if isinstance(target, BlockType):
            found = self._shared.kinds_of(target)
        else:
            found = [s for b, s in self._shared.block_symbols.items() if b.is_a(target) and not _is_abstract(s)]
        return [symbol.pou.instance for symbol in found if symbol.pou.instance is not None]

    # -------------------------------------------------------------------------------------------------------- findings

    def _note_extension(self, call: tree.Call, name: str) -> None:
        if self._findings.is_strict:
            self._findings.add(expressions.EXTENSION.at(call.span, what=name))

    def _wrong_count(self, call: tree.Call, name: str, parameters: str) -> None:
        wanted = "1 or 2 parameters" if name == "__NEW" else "1 parameter"
        given = len(call.arguments)
        self._findings.add(
            calls.ARGUMENT_COUNT.at(call.span, name=name, given=given, wanted=wanted, parameters=parameters)
        )


def _text_type(written: tree.Expression) -> tree.StringSpec | None:
    """`STRING`, `STRING[20]` or `STRING(20)`: a type that has the form of an element or a call."""
    length: tree.Expression | None = None
    base = written
    match written:
        case tree.IndexAccess(base=base, indices=(length,)):
            pass
        case tree.Call(callee=base, arguments=(tree.Argument(name=None, value=length, output=False),)):
            pass
        case _:
            pass
    if not isinstance(base, tree.NameExpression) or base.name.key not in ("STRING", "WSTRING"):
        return None
    return tree.StringSpec(base.name.key == "WSTRING", length, written.span)


def _has_init(symbol: PouSymbol) -> bool:
    return any("FB_INIT" in block.methods for block in symbol.lineage())


def _is_abstract(symbol: PouSymbol) -> bool:
    return Modifier.ABSTRACT in symbol.modifiers


def _is_set(reference: Variable, span: Span) -> Expression:
    value = as_type(Load(VariablePlace(reference, span), span), LINT)
    return BinaryExpression(BinaryOperator.NOT_EQUAL, value, as_type(null(span), LINT), BOOL, span)


def _finding_runs(place: Place) -> bool:
    """Whether finding `place` runs a function, so that finding it twice would not be the same."""
    return any(isinstance(node, CallFunction | Stepwise | HeapCall) for node in inside([place]))
