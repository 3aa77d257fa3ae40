"""ARRAY[*]: a POU that takes arrays of any bounds is compiled once for each combination of bounds that it is called
with, like one that was declared with these bounds.

So LOWER_BOUND and UPPER_BOUND are numbers, indices are checked as everywhere, and nothing is handed over besides the
array itself. All variants have the name and the text of the POU: messages and call paths do not tell them apart. What
nobody calls has no variant, and its body is not looked at. Where the instance decides what runs, each combination of
bounds has a choice of its own between the variants for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from iec61131.diagnostics.catalogue import calls, classes
from iec61131.semantics import limits
from iec61131.semantics.findings import counted
from iec61131.semantics.here import Here, Shared
from iec61131.semantics.model import Pou
from iec61131.semantics.operands import Typed
from iec61131.semantics.scopes import Bounds, PouSymbol
from iec61131.semantics.types import ArrayType
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind, VarKind

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions

VARIANTS_MAX = 64
"""Of one POU: each takes its share of the time that compiling takes."""

_PASSED_IN = (VarKind.INPUT, VarKind.IN_OUT)
_PASSED = (*_PASSED_IN, VarKind.OUTPUT)


def takes_outputs(arguments: tuple[tree.Argument, ...], passed_in: int) -> bool:
    """Whether arguments without names stand for outputs, too, and not only for the `passed_in` other parameters."""
    return sum(argument.name is None for argument in arguments) > passed_in


def is_open(symbol: PouSymbol) -> bool:
    """Whether it takes an array of any bounds, or sees one as an action of such a block: called in variants alone."""
    if symbol.kind is PouKind.ACTION and symbol.owner is not None:
        return is_open(symbol.owner)
    return any(is_open_array(spec) for _, spec in _parameters(symbol))


def _parameters(symbol: PouSymbol, kinds: tuple[VarKind, ...] = _PASSED) -> Iterator[tuple[tree.Name, tree.TypeSpec]]:
    """In the order of arguments without names: that of a base first. Inputs and outputs of a block live in the
    instance, which has one size.
    """
    for each in reversed(list(symbol.lineage())):
        for block in each.declaration.variables:
            if block.kind in kinds:
                is_kept = each.kind in (PouKind.FUNCTION_BLOCK, PouKind.PROGRAM) and block.kind is not VarKind.IN_OUT
                for variable in block.variables:
                    for name in variable.names:
                        yield name, tree.NamedType(name, variable.type.span) if is_kept else variable.type


def is_open_array(spec: tree.TypeSpec) -> bool:
    return isinstance(spec, tree.ArraySpec) and None in spec.ranges


def bounds_of(here: Here, expressions: Expressions, symbol: PouSymbol, call: tree.Call) -> Bounds | None:
    """Those of the arrays that `call` gives where `symbol` takes any: to an output, the one that it is stored to. None
    after a finding.
    """
    bounds: Bounds = {}
    in_order = list(_parameters(symbol, _PASSED_IN))
    if takes_outputs(call.arguments, len(in_order)):
        in_order = list(_parameters(symbol))
    numbers = {name.key: number for number, (name, _) in enumerate(in_order)}
    for name, spec in _parameters(symbol):
        if isinstance(spec, tree.ArraySpec) and None in spec.ranges:
            argument = _argument(call, name, numbers.get(name.key, len(call.arguments)))
            found = _bounds(here, expressions, name, spec, argument or call)
            if found is None:
                return None
            bounds[name.key] = found
    return bounds


def variant(here: Here, expressions: Expressions, symbol: PouSymbol, call: tree.Call) -> PouSymbol | None:
    """What `call` runs: `symbol` itself, or its variant for these arguments. None after a finding."""
    if not is_open(symbol):
        return symbol
    if symbol.kind is PouKind.ACTION:
        return _action(here, symbol, call)
    bounds = bounds_of(here, expressions, symbol, call)
    made = with_bounds(here.shared, symbol, bounds) if bounds is not None else None
    if bounds is not None and made is None:
        limits.report(here, limits.VARIANTS, call.span)
    return made


def probe(shared: Shared, symbol: PouSymbol) -> PouSymbol:
    """`symbol`, or a variant that only shows what it looks like: its body is never resolved."""
    if not is_open(symbol):
        return symbol
    specs = [(name, spec) for name, spec in _parameters(symbol) if isinstance(spec, tree.ArraySpec)]
    bounds: Bounds = {name.key: ((0, 0),) * len(spec.ranges) for name, spec in specs if None in spec.ranges}
    made = _made(symbol, bounds)
    shared.declare_variant(made, False)
    return made


def _action(here: Here, symbol: PouSymbol, call: tree.Call) -> PouSymbol | None:
    """The action of the variant that is running. None after a finding: nothing runs that has the arrays."""
    assert symbol.owner is not None
    key = tuple(sorted(here.scope.bounds.items()))
    owner = here.shared.variants.get(symbol.owner, {}).get(key)
    if owner is None or here.pou is None or here.pou.instance is not symbol.pou.instance:
        name = next(name for name, spec in _parameters(symbol.owner) if is_open_array(spec))
        here.findings.add(classes.OUTSIDE_METHOD.at(call.span, name=name.text))
        return None
    variants = here.shared.variants.setdefault(symbol, {})
    if key not in variants:
        variants[key] = _made(replace(symbol, owner=owner), here.scope.bounds)
        here.shared.declare_variant(variants[key], True)
    return variants[key]


def _argument(call: tree.Call, name: tree.Name, number: int) -> tree.Argument | None:
    named = [a for a in call.arguments if a.name is not None and a.name.key == name.key]
    if named:
        return named[0]
    in_place = call.arguments[number] if number < len(call.arguments) else None
    return in_place if in_place is not None and in_place.name is None else None


def _bounds(
    here: Here, expressions: Expressions, name: tree.Name, spec: tree.ArraySpec, given_by: tree.Argument | tree.Call
) -> tuple[tuple[int, int], ...] | None:
    value = given_by.value if isinstance(given_by, tree.Argument) else None
    operand = expressions.resolve(value) if value is not None else None
    if value is not None and operand is None:
        return None
    type_ = operand.type if isinstance(operand, Typed) else None
    if isinstance(type_, ArrayType) and len(type_.ranges) == len(spec.ranges):
        return type_.ranges
    wanted = f"an array with {counted(len(spec.ranges), 'dimension')}"
    given = type_ or operand or "nothing"
    here.findings.add(calls.ARGUMENT_TYPE.at(given_by.span, name=name.text, given=given, wanted=wanted))
    return None


def with_bounds(shared: Shared, symbol: PouSymbol, bounds: Bounds) -> PouSymbol | None:
    """The variant for these bounds, which is declared when it is met first; None when there are too many."""
    if bounds.keys() != {name.key for name, spec in _parameters(symbol) if is_open_array(spec)}:
        return probe(shared, symbol)  # what is called as another takes other arrays: that is found elsewhere
    variants = shared.variants.setdefault(symbol, {})
    key = tuple(sorted(bounds.items()))
    found = variants.get(key)
    if found is not None:
        return found
    if len(variants) >= VARIANTS_MAX:
        return None
    made = variants[key] = _made(symbol, bounds)
    has_body = symbol.owner is None or symbol.owner.pou.instance in shared.block_symbols  # else of an interface
    shared.declare_variant(made, has_body)
    return made


def of_base(shared: Shared, symbol: PouSymbol) -> PouSymbol | None:
    """What the block of a variant extends: the variant for the same bounds."""
    base = symbol.base
    if base is None or not is_open(base):
        return base
    own = {name.key for name, spec in _parameters(base) if is_open_array(spec)}
    return with_bounds(shared, base, {key: found for key, found in symbol.scope.bounds.items() if key in own})


def _made(symbol: PouSymbol, bounds: Bounds) -> PouSymbol:
    pou = Pou(symbol.pou.name, symbol.pou.kind, symbol.pou.span, instance=symbol.pou.instance)
    scope = replace(
        symbol.scope,
        variables=dict(symbol.scope.variables),
        enumerators={},
        external=set(),
        read_only=set(),
        reported=set(),
        outer=symbol.owner.scope if symbol.kind is PouKind.ACTION and symbol.owner is not None else symbol.scope.outer,
        bounds=bounds,
    )
    return replace(symbol, pou=pou, scope=scope, failed=set(symbol.failed), optional=set(symbol.optional), usable=True)
