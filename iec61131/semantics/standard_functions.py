"""Calls of the standard functions that the executors know: the conversions and the table of intrinsics.

`StandardFunctions.call` is read first. Each way of preparing operands (`intrinsics.Operands`) is one method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iec61131.diagnostics.catalogue import calls
from iec61131.semantics.constants import elementary
from iec61131.semantics.conversions import CONVERSIONS, IMPLICIT, ConversionFunction, bits_of, common_type, steps
from iec61131.semantics.findings import counted, listed
from iec61131.semantics.intrinsics import INTRINSICS, Intrinsic, Operands
from iec61131.semantics.model import Expression, IntrinsicCall
from iec61131.semantics.operands import (
    Literal,
    Operand,
    Typed,
    apply_steps,
    as_type,
    coerce,
    fits,
    is_scalar,
    literal_node,
    literal_type,
    note_conversion,
)
from iec61131.semantics.operators import BINARY, computation_type
from iec61131.semantics.place_functions import PLACE_FUNCTIONS, PlaceFunctions
from iec61131.semantics.text_functions import TextFunctions
from iec61131.semantics.types import (
    DINT,
    DWORD,
    LREAL,
    LWORD,
    REAL,
    TIME,
    Elementary,
    EnumType,
    Kind,
    StringType,
    Type,
    storage_type,
)
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import BinaryOperator

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions

# fmt: off
NOT_YET = frozenset(
    {
        "EXP", "LN", "LOG", "EXPT", "SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "ATAN2", "MOVE", "MUX", "ADD",
        "SUB", "MUL", "DIV", "MOD", "GT", "GE", "EQ", "LE", "LT", "NE", "AND", "OR", "XOR", "NOT",
                "CEIL", "FLOOR", "ROUND", "TO_STRING", "TO_WSTRING", "ADD_TIME", "SUB_TIME", "MUL_TIME",
        "DIV_TIME", "BCD_TO_INT", "INT_TO_BCD", "LTIME", "ANY_TO_INT", "ANY_TO_REAL",
    }
)
# fmt: on
"""Functions of the standard or of the CODESYS family that this version does not have: a limit, not a misspelling."""

# fmt: off
_OPERATORS = {
    "ADD": "+", "SUB": "-", "MUL": "*", "DIV": "/", "MOD": "MOD", "EXPT": "**", "ADD_TIME": "+", "SUB_TIME": "-",
    "MUL_TIME": "*", "DIV_TIME": "/", "GT": ">", "GE": ">=", "EQ": "=", "LE": "<=", "LT": "<", "NE": "<>",
    "AND": "AND", "OR": "OR", "XOR": "XOR",
}
# fmt: on
"""What says the same as some of them, between the operands."""


def instead_of(name: str) -> str:
    """What to write in place of a function in NOT_YET."""
    operator = _OPERATORS.get(name)
    return "write it as a FUNCTION of your own" if operator is None else f"write the operator: a {operator} b"


class StandardFunctions:
    def __init__(self, expressions_: Expressions) -> None:
        self._expressions = expressions_
        self._findings = expressions_.findings

    def call(self, name: str, call: tree.Call, hint: Type | None) -> Operand | None:
        """A call of `name`, a key of INTRINSICS or CONVERSIONS."""
        if name in PLACE_FUNCTIONS:
            return PlaceFunctions(self._expressions).call(name, call)
        conversion = CONVERSIONS.get(name)
        if conversion is not None:
            return self._conversion(conversion, call)
        row = INTRINSICS[name]
        arguments = self._bind(row.name, row.parameters, call, variadic=row.variadic)
        if arguments is None:
            return None
        match row.operands:
            case Operands.TEXT:
                return TextFunctions(self._expressions).call(row, arguments, call.span)
            case Operands.NOTHING:
                return Typed(IntrinsicCall(row.name, (), TIME, call.span), TIME)
            case Operands.ONE_NUMBER:
                return self._one_number(row, arguments[0], call.span, hint)
            case Operands.ONE_REAL:
                return self._one_real(row, arguments[0], call.span, hint)
            case Operands.SAME:
                return self._same(row, (), arguments, call.span, hint)
            case Operands.SELECT:
                selector = self._expressions.condition(arguments[0], row.name)
                same = self._same(row, (selector,) if selector is not None else (), arguments[1:], call.span, hint)
                return same if selector is not None else None
            case Operands.SHIFT:
                return self._shift(row, arguments[0], arguments[1], call.span, hint)

    # ----------------------------------------------------------------------------------------------------- arguments

    def _bind(
        self, name: str, parameters: tuple[str, ...], call: tree.Call, *, variadic: bool = False
    ) -> list[tree.Expression] | None:
        """The argument expressions in the order of the parameters, or None after a finding."""
        names = list(parameters)
        while variadic and len(names) < len(call.arguments):
            names.append(f"{parameters[-1].rstrip('0123456789')}{len(names) + 1}")
        given: dict[str, tree.Expression] = {}
        for number, argument in enumerate(call.arguments):
            parameter = (
                argument.name.key if argument.name is not None else names[number] if number < len(names) else None
            )
            if argument.name is not None and parameter not in names:
                self._unknown_parameter(name, argument.name, names)
                break
            if parameter is None or parameter in given or argument.value is None or argument.output:
                break
            given[parameter] = argument.value
        else:
            if len(given) == len(names):
                return [given[parameter] for parameter in names]
        self._expressions.calls.arguments_only(call)
        listing = f"{', '.join(parameters)}{', ...' if variadic else ''}" or "none"
        if not any(a.name is not None and a.name.key not in names for a in call.arguments):
            finding = calls.ARGUMENT_COUNT.at(
                call.span,
                name=name,
                given=len(call.arguments),
                wanted=counted(len(parameters), "parameter"),
                parameters=listing,
            )
            self._findings.add(finding)
        return None

    def _unknown_parameter(self, function: str, name: tree.Name, names: list[str]) -> None:
        if name.key in ("EN", "ENO"):
            self._findings.add(calls.EXECUTION_CONTROL_LIMIT.at(name.span, name=name.key))
            return
        finding = calls.UNKNOWN_PARAMETER.at(name.span, name=name.text, pou=function, known=listed(names))
        self._findings.add_near(finding, name.text, names)

    def _refuse(self, function: str, operand: Operand, wanted: str) -> None:
        given = operand.type if isinstance(operand, Typed) else f"the number {operand}"
        self._findings.add(calls.ARGUMENT_TYPE.at(operand.span, name=function, given=given, wanted=wanted))

    # --------------------------------------------------------------------------------------------------- conversions

    def _conversion(self, function: ConversionFunction, call: tree.Call) -> Operand | None:
        """An explicit conversion starts from the value as it was computed: `DINT_TO_INT(a + b)` from 32 bits."""
        arguments = self._bind(function.name, ("IN",), call)
        operand = self._expressions.resolve(arguments[0], function.source) if arguments is not None else None
        if operand is None:
            return None
        node = self._source(function, operand)
        if node is None:
            return None
        target = function.target
        return Typed(apply_steps(node, steps(elementary(node.type), target, truncate=function.truncate)), target)

    def _source(self, function: ConversionFunction, operand: Operand) -> Expression | None:
        source = function.source
        if isinstance(operand, Literal):
            literal = literal_type(operand, None, None) if source is None else source
            if function.truncate and literal.kind is not Kind.REAL:
                literal = LREAL
            return coerce(self._findings, operand, literal)
        if not is_scalar(operand.type):
            self._refuse(function.name, operand, "a value of an elementary type")
            return None
        stored = elementary(operand.type)
        if function.truncate and source is None and stored.kind is not Kind.REAL:
            self._refuse(function.name, operand, "REAL or LREAL")
            return None
        if source is None or stored is source:
            # Computed wider than declared, or an enumeration or subrange: the elementary value as it is.
            return as_type(operand.node, elementary(operand.node.type))
        return coerce(self._findings, operand, source)

    # ---------------------------------------------------------------------------------------------------- intrinsics

    def _one_number(self, row: Intrinsic, argument: tree.Expression, span: Span, hint: Type | None) -> Operand | None:
        operand = self._expressions.resolve(argument, hint)
        if operand is None:
            return None
        if isinstance(operand, Literal):
            return Literal(abs(operand.value), span)
        stored = storage_type(operand.type)
        if not isinstance(stored, Elementary) or not (stored.is_integer or stored.kind is Kind.REAL):
            self._refuse(row.name, operand, "a number")
            return None
        node = as_type(operand.node, computation_type(elementary(operand.node.type)))
        return Typed(IntrinsicCall(row.name, (node,), elementary(node.type), span), stored)

    def _one_real(self, row: Intrinsic, argument: tree.Expression, span: Span, hint: Type | None) -> Operand | None:
        operand = self._expressions.resolve(argument, hint)
        if operand is None:
            return None
        if isinstance(operand, Literal):
            wanted = storage_type(hint) if hint is not None else None
            target = wanted if isinstance(wanted, Elementary) and wanted.kind is Kind.REAL else LREAL
        else:
            stored = storage_type(operand.type)
            if not isinstance(stored, Elementary) or not (stored.is_integer or stored.kind is Kind.REAL):
                self._refuse(row.name, operand, "REAL or LREAL")
                return None
            target = REAL if IMPLICIT[stored, REAL].is_standard else LREAL
        node = coerce(self._findings, operand, target)
        return Typed(IntrinsicCall(row.name, (node,), target, span), target) if node is not None else None

    def _same(
        self,
        row: Intrinsic,
        first: tuple[Expression, ...],
        arguments: list[tree.Expression],
        span: Span,
        hint: Type | None,
    ) -> Operand | None:
        """Operands that meet in one type: MIN, MAX, LIMIT, and the choices of SEL, whose selector is `first`."""
        resolved = [self._expressions.resolve(argument, hint) for argument in arguments]
        operands = [operand for operand in resolved if operand is not None]
        if len(operands) < len(resolved):
            return None
        if any(isinstance(operand, Typed) and isinstance(operand.type, StringType) for operand in operands):
            return self._same_text(row, first, operands, span)
        common = self._meet(row.name, operands, hint)
        if common is None:
            return None
        enumeration = _one_enumeration(operands)
        typed = [o if isinstance(o, Typed) else Typed(literal_node(o, common), common) for o in operands]
        if enumeration is None:
            for operand in typed:
                verdict = IMPLICIT[elementary(operand.type), common]
                if not note_conversion(self._findings, operand.span, operand.type, common, verdict):
                    return None
        computed = computation_type(common, BINARY[BinaryOperator.LESS, common.kind].computes)
        nodes = tuple(as_type(operand.node, computed) for operand in typed)
        return Typed(IntrinsicCall(row.name, (*first, *nodes), computed, span), enumeration or common)

    def _same_text(
        self, row: Intrinsic, first: tuple[Expression, ...], operands: list[Operand], span: Span
    ) -> Operand | None:
        """Strings of one width meet in the longest of their lengths."""
        types = [operand.type for operand in operands if isinstance(operand, Typed)]
        texts = [type_ for type_ in types if isinstance(type_, StringType)]
        for operand in operands:
            type_ = operand.type if isinstance(operand, Typed) else None
            if not isinstance(type_, StringType) or type_.wide is not texts[0].wide:
                self._refuse(row.name, operand, f"a {texts[0].family}, like the other arguments")
                return None
        common = StringType(max(type_.length for type_ in texts), texts[0].wide)
        nodes = tuple(as_type(operand.node, common) for operand in operands if isinstance(operand, Typed))
        return Typed(IntrinsicCall(row.name, (*first, *nodes), common, span), common)

    def _meet(self, function: str, operands: list[Operand], hint: Type | None) -> Elementary | None:
        """The common type of several operands. Those with a type decide; literals fit in where they can."""
        common = _wanted_by_all(operands, hint)
        for operand in sorted(operands, key=lambda o: isinstance(o, Literal)):
            if isinstance(operand, Literal):
                type_ = literal_type(operand, common, hint)
            elif is_scalar(operand.type):
                type_ = elementary(operand.type)
            else:
                self._refuse(function, operand, "a value of an elementary type")
                return None
            met = type_ if common is None else common_type(common, type_)
            if met is None:
                self._refuse(function, operand, f"{common}, like the other arguments")
                return None
            common = met
        return common

    def _shift(
        self, row: Intrinsic, value: tree.Expression, count: tree.Expression, span: Span, hint: Type | None
    ) -> Operand | None:
        operand, places = self._expressions.resolve(value, hint), self._expressions.resolve(count)
        if operand is None or places is None:
            return None
        typed = self._shifted(row.name, operand, hint)
        by = self._count(row.name, places)
        if typed is None or by is None:
            return None
        stored = elementary(typed.type)
        bits = bits_of(stored)
        node = IntrinsicCall(row.name, (as_type(typed.node, bits), by), bits, span)
        return Typed(as_type(node, stored), stored)

    def _shifted(self, function: str, operand: Operand, hint: Type | None) -> Typed | None:
        if isinstance(operand, Literal):
            wanted = storage_type(hint) if hint is not None else None
            if not isinstance(wanted, Elementary) or wanted.kind not in _SHIFTED or operand.is_real:
                wanted = DWORD if fits(operand, DWORD) or operand.is_real else LWORD
            node = coerce(self._findings, operand, wanted)
            return Typed(node, wanted) if node is not None else None
        stored = storage_type(operand.type)
        if not isinstance(stored, Elementary) or stored.kind not in _SHIFTED:
            self._refuse(function, operand, "a bit string")
            return None
        may_mix = self._expressions.operations.may_mix
        if stored.kind is not Kind.BITS and not may_mix(function, operand.type, operand.span):
            return None
        return operand

    def _count(self, function: str, operand: Operand) -> Expression | None:
        """How far to shift, as DINT. Whole numbers of up to 32 bits keep their meaning: what does not fit is too
        far.
        """
        if isinstance(operand, Typed):
            stored = storage_type(operand.type)
            if not isinstance(stored, Elementary) or stored.kind not in _SHIFTED:
                self._refuse(function, operand, "a whole number")
                return None
            if stored.size <= DINT.size:
                return as_type(operand.node, DINT)
        return coerce(self._findings, operand, DINT)


_SHIFTED = (Kind.BITS, Kind.SIGNED, Kind.UNSIGNED)


def _wanted_by_all(operands: list[Operand], hint: Type | None) -> Elementary | None:
    """The type that the result is used as, when all operands are literals and fit it."""
    wanted = storage_type(hint) if hint is not None else None
    if not isinstance(wanted, Elementary) or wanted.is_clock:
        return None
    for operand in operands:
        if not isinstance(operand, Literal):
            return None
        if wanted.kind is not Kind.REAL and (operand.is_real or not fits(operand, wanted)):
            return None
    return wanted


def _one_enumeration(operands: list[Operand]) -> EnumType | None:
    """The enumeration that all operands belong to, if they do."""
    types = {operand.type if isinstance(operand, Typed) else None for operand in operands}
    only = next(iter(types)) if len(types) == 1 else None
    return only if isinstance(only, EnumType) else None
