"""Calls of the standard functions that the executors know: the conversions and the table of intrinsics.

`StandardFunctions.call` is read first. Each way of preparing operands (`intrinsics.Operands`) is one method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from iec61131.diagnostics.catalogue import calls
from iec61131.semantics.choices import Choices
from iec61131.semantics.constants import elementary
from iec61131.semantics.conversions import (
    CONVERSIONS,
    IMPLICIT,
    ConversionFunction,
    bits_of,
    is_convertible,
    steps,
)
from iec61131.semantics.findings import counted, listed
from iec61131.semantics.intrinsics import CODESYS_PARAMETERS, DIGITS, STANDARD_FUNCTIONS, Intrinsic, Operands
from iec61131.semantics.model import Expression, If, IntrinsicCall, Statement
from iec61131.semantics.operands import (
    Literal,
    Operand,
    Typed,
    apply_steps,
    as_character,
    as_type,
    coerce,
    fits,
    is_scalar,
    literal_type,
)
from iec61131.semantics.operators import computation_type
from iec61131.semantics.place_functions import PLACE_FUNCTIONS, PlaceFunctions
from iec61131.semantics.text_conversions import TEXT_CONVERSIONS, TextConversions
from iec61131.semantics.text_functions import TextFunctions
from iec61131.semantics.type_tests import TypeTests
from iec61131.semantics.types import (
    BOOL,
    DINT,
    DWORD,
    ELEMENTARY,
    LREAL,
    LWORD,
    REAL,
    Elementary,
    Kind,
    StringType,
    Type,
    storage_type,
)
from iec61131.source import Span
from iec61131.stdlib import CONVERTERS
from iec61131.syntax import tree

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions

TESTS = ("__QUERYINTERFACE", "__QUERYPOINTER")
"""Functions that tell whether an object is of a type, and let a reference refer to it."""

OBJECT_FUNCTIONS = ("__NEW", "__DELETE", *TESTS)
"""Functions about objects that begin and end while the program runs, and of which only then the type shows."""

ACTIONS = ("__DELETE", *TESTS)
"""Those that may stand alone."""

STANDARD = tuple(
    dict.fromkeys((*STANDARD_FUNCTIONS, *CONVERSIONS, *TEXT_CONVERSIONS, *PLACE_FUNCTIONS, *OBJECT_FUNCTIONS))
)
"""Every standard function that has its meaning here."""
STANDARD_KEYS = frozenset(STANDARD)

OF_LIBRARY = frozenset(name for name in (*STANDARD_FUNCTIONS, *CONVERTERS) if name.startswith("__"))
"""Functions that only the library calls."""

NOT_YET = frozenset({"BITADR", "INDEXOF", "INI", "XSIZEOF", "__VARINFO"})
"""Functions of the standard or of the CODESYS family that this version does not have: a limit, not a misspelling."""


class StandardFunctions:
    def __init__(self, expressions_: Expressions) -> None:
        self._expressions = expressions_
        self._findings = expressions_.findings

    def call(self, name: str, call: tree.Call, hint: Type | None) -> Operand | None:
        """A call of `name`, one of STANDARD."""
        if name in PLACE_FUNCTIONS:
            return PlaceFunctions(self._expressions).call(name, call)
        if name == "__DELETE":
            self._findings.add(calls.NO_RESULT.at(call.span, name=name))
            return None
        if name in TESTS:
            return TypeTests(self._expressions).call(name, call)
        if name in OBJECT_FUNCTIONS:
            return self._expressions.here.shared.dynamic_memory.new(self._expressions, call)
        conversion = CONVERSIONS.get(name)
        if conversion is not None:
            return _narrowed(name, self._conversion(conversion, call), hint)
        text = TEXT_CONVERSIONS.get(name)
        if text is not None:
            only = self._bind(name, ("IN",), call)
            return TextConversions(self._expressions).call(text, only[0]) if only is not None else None
        row = STANDARD_FUNCTIONS[name]
        arguments = self._bind(row.name, row.parameters, call, variadic=row.variadic)
        if arguments is None:
            return None
        match row.operands:
            case Operands.TEXT:
                return TextFunctions(self._expressions).call(row, arguments, call.span)
            case Operands.DIGITS:
                digits = self._reals(row, arguments, call.span, hint)
                assert isinstance(digits, Typed)
                return Typed(replace(digits.node, type=DIGITS), DIGITS)
            case Operands.DECIMAL:
                text = self._expressions.value(arguments[0], DIGITS)
                type_ = ELEMENTARY[row.name.removeprefix("__")]
                return Typed(IntrinsicCall(row.name, (text,), type_, call.span), type_) if text is not None else None
            case Operands.NOTHING:
                type_ = ELEMENTARY[row.name]
                return Typed(IntrinsicCall(row.name, (), type_, call.span), type_)
            case Operands.ONE_NUMBER:
                return self._one_number(row, arguments[0], call.span, hint)
            case Operands.ONE_REAL | Operands.TWO_REALS | Operands.TEST_REAL:
                return self._reals(row, arguments, call.span, hint)
            case Operands.SAME | Operands.COMPARED | Operands.SELECT | Operands.MULTIPLEX:
                return Choices(self._expressions).call(row, arguments, call.span, hint)
            case Operands.SHIFT:
                return self._shift(row, arguments[0], arguments[1], call.span, hint)
            case Operands.BYTES:
                return self._bytes(row, arguments[0], call.span, hint)
            case Operands.ANYTHING:
                return self._expressions.resolve(arguments[0], hint)
            case Operands.OPERATOR | Operands.TYPED_OPERATOR:
                return self._operator(row, arguments, call.span, hint)

    def statement(self, name: str, call: tree.Call) -> Statement | None:
        """A call of `name`, one of ACTIONS."""
        if name == "__DELETE":
            return self._expressions.here.shared.dynamic_memory.delete(self._expressions, call)
        test = TypeTests(self._expressions).call(name, call)
        return If(((test.node, ()),), (), call.span) if isinstance(test, Typed) else None

    def _operator(
        self, row: Intrinsic, arguments: list[tree.Expression], span: Span, hint: Type | None
    ) -> Operand | None:
        operations, operator = self._expressions.operations, row.operator
        assert operator is not None
        if row.operands is Operands.OPERATOR:
            return operations.fold(operator, arguments, span, hint)
        left, right = (self._operand(a, type_) for a, type_ in zip(arguments, row.types, strict=True))
        return operations.binary(operator, left, right, span, hint) if left is not None and right is not None else None

    def _operand(self, argument: tree.Expression, type_: Elementary | None) -> Operand | None:
        if type_ is None:
            return self._expressions.resolve(argument)
        node = self._expressions.value(argument, type_)
        return Typed(node, type_) if node is not None else None

    # ----------------------------------------------------------------------------------------------------- arguments

    def _bind(
        self, name: str, parameters: tuple[str, ...], call: tree.Call, *, variadic: bool = False
    ) -> list[tree.Expression] | None:
        """The argument expressions in the order of the parameters, or None after a finding."""
        names = list(parameters)
        while variadic and len(names) < len(call.arguments):
            stem = names[-1].rstrip("0123456789")
            names.append(f"{stem}{int(names[-1].removeprefix(stem)) + 1}")
        given: dict[str, tree.Expression] = {}
        others = {} if self._findings.is_strict else dict(zip(CODESYS_PARAMETERS.get(name, ()), names, strict=False))
        for number, argument in enumerate(call.arguments):
            written = argument.name.key if argument.name is not None else ""
            parameter = others.get(written, written) or (names[number] if number < len(names) else None)
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
        if not any(a.name is not None and a.name.key not in (*names, *others) for a in call.arguments):
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
        target = function.target
        takes_text = function.source is None and function.rounding is None
        if takes_text and isinstance(operand, Typed) and isinstance(operand.type, StringType):
            return TextConversions(self._expressions).from_text(operand, target)
        node = self._source(function, operand)
        if node is None:
            return None
        if not is_convertible(elementary(node.type), target):
            self._refuse(function.name, operand, "a whole number, a character or a text")
            return None
        return Typed(apply_steps(node, steps(elementary(node.type), target, function.rounding)), target)

    def _source(self, function: ConversionFunction, operand: Operand) -> Expression | None:
        source = function.source
        if isinstance(operand, Literal):
            literal = literal_type(operand, None, None) if source is None else source
            if function.rounding is not None and literal.kind is not Kind.REAL:
                literal = LREAL
            return coerce(self._findings, operand, literal)
        if source is not None:
            operand = as_character(operand, source) or operand
        if not is_scalar(operand.type):
            self._refuse(function.name, operand, "a value of an elementary type")
            return None
        stored = elementary(operand.type)
        if function.rounding is not None and source is None and stored.kind is not Kind.REAL:
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

    def _reals(self, row: Intrinsic, arguments: list[tree.Expression], span: Span, hint: Type | None) -> Operand | None:
        """Operands in REAL where that holds all of them, else in LREAL."""
        resolved = [self._expressions.resolve(argument, hint) for argument in arguments]
        operands = [operand for operand in resolved if operand is not None]
        targets = [self._real_for(row.name, operand) for operand in operands if isinstance(operand, Typed)]
        if len(operands) < len(resolved) or None in targets:
            return None
        wanted = storage_type(hint) if hint is not None else None
        if not targets:
            targets = [wanted if isinstance(wanted, Elementary) and wanted.kind is Kind.REAL else LREAL]
        target = LREAL if LREAL in targets else REAL
        nodes = [coerce(self._findings, operand, target) for operand in operands]
        sound = tuple(node for node in nodes if node is not None)
        result = BOOL if row.operands is Operands.TEST_REAL else target
        return Typed(IntrinsicCall(row.name, sound, result, span), result) if len(sound) == len(nodes) else None

    def _real_for(self, function: str, operand: Typed) -> Elementary | None:
        stored = storage_type(operand.type)
        if isinstance(stored, Elementary) and (stored.is_integer or stored.kind is Kind.REAL):
            return REAL if IMPLICIT[stored, REAL].is_standard else LREAL
        self._refuse(function, operand, "REAL or LREAL")
        return None

    def _bytes(self, row: Intrinsic, argument: tree.Expression, span: Span, hint: Type | None) -> Operand | None:
        operand = self._expressions.resolve(argument, hint)
        typed = self._shifted(row.name, operand, hint) if operand is not None else None
        if typed is None:
            return None
        stored = elementary(typed.type)
        bits = bits_of(stored)
        return Typed(as_type(IntrinsicCall(row.name, (as_type(typed.node, bits),), bits, span), stored), stored)

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


def _narrowed(name: str, operand: Operand | None, hint: Type | None) -> Operand | None:
    """TRUNC gives a DINT, which also counts as the narrower integer that is wanted: in older CODESYS it was an INT. It
    is computed as a DINT all the same, like any sum of INTs.
    """
    wanted = storage_type(hint) if name == "TRUNC" and hint is not None else None
    is_narrower = isinstance(wanted, Elementary) and wanted.is_integer and wanted.size < DINT.size
    return Typed(operand.node, wanted) if is_narrower and wanted is not None and isinstance(operand, Typed) else operand


_SHIFTED = (Kind.BITS, Kind.SIGNED, Kind.UNSIGNED)
