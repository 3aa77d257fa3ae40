"""Which initial values of declarations are no constants, and so are computed when their variable begins to exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from iec61131.semantics.model import Variable
from iec61131.semantics.references import Reference
from iec61131.semantics.scopes import PouScope
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind

IsOwn = Callable[[str], bool]
"""Whether a key is that of a name that the same POU declares and that is no constant."""


def has_to_run(scope: PouScope, is_own: IsOwn, initial: tree.Initial) -> bool:
    """Whether an initial value is to be computed when its variable begins to exist."""
    return any(_runs(scope, is_own, part) for part in _parts(initial))


def _parts(initial: tree.Initial) -> Iterator[tree.Expression]:
    match initial:
        case tree.ArrayInitial():
            for _, value in initial.items:
                if value is not None:
                    yield from _parts(value)
        case tree.StructInitial():
            for _, value in initial.fields:
                yield from _parts(value)
        case _:
            yield initial


def _runs(scope: PouScope, is_own: IsOwn, expression: tree.Expression) -> bool:
    work = [expression]
    while work:
        part = work.pop()
        match part:
            case tree.NameExpression(name=name):
                if is_own(name.key) or name.key == "THIS" or _is_variable(scope, name.key):
                    return True
            case tree.Dereference():
                return True
            case tree.Call():
                if _calls_the_program(scope, part):
                    return True
                work.extend(argument.value for argument in part.arguments if argument.value is not None)
            case tree.MemberAccess() if (whole := scope.without_namespace(part)) is not part:
                work.append(whole)
            case tree.MemberAccess(base=tree.NameExpression(name=base), name=name) if not _is_value(
                scope, is_own, base
            ):
                if _is_listed_variable(scope, base.key, name.key):
                    return True
            case tree.MemberAccess() | tree.BitAccess() | tree.PartAccess():
                work.append(part.base)
            case tree.IndexAccess():
                work.extend((part.base, *part.indices))
            case tree.Unary():
                work.append(part.operand)
            case tree.Binary():
                work.extend((part.left, part.right))
            case _:
                pass
    return False


def _is_value(scope: PouScope, is_own: IsOwn, name: tree.Name) -> bool:
    """Whether what stands before a point has a value: not the `Colour` of `Colour.Red`, also where a variable is called
    `colour`, and not a list of global variables.
    """
    if scope.globals.names_enumeration(Reference(name.key, is_type=False, member="member")):
        return False
    return is_own(name.key) or name.key == "THIS" or scope.find_variable(name.key) is not None


def _is_listed_variable(scope: PouScope, list_key: str, key: str) -> bool:
    """Whether `Limits.high` is a variable of a list, and no constant."""
    full = (scope.globals.find_list(list_key) or {}).get(key)
    symbol = scope.globals.variable(full) if full is not None else None
    return symbol is not None and isinstance(symbol.variable, Variable) and not symbol.variable.is_fixed


def _is_variable(scope: PouScope, key: str) -> bool:
    found = scope.find_variable(key)
    return isinstance(found, Variable) and not found.is_fixed


def _calls_the_program(scope: PouScope, call: tree.Call) -> bool:
    if not isinstance(call.callee, tree.NameExpression):
        return True
    key = call.callee.name.key
    symbol = scope.globals.find_pou(key)
    return key in ("ADR", "REF", "__NEW") or (symbol is not None and symbol.kind is PouKind.FUNCTION)
