"""What an expression is while it is being typed, and how it becomes a value of a wanted type.

An `Operand` is a `Literal`, a number that takes its type from its use, or `Typed`, a node of the model with its
static type. The static type judges what is legal; the node may be wider, since INT + INT is an INT that is computed
in 32 bits. None stands for an expression that has failed and has had its finding.
"""

from __future__ import annotations

import math
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from iec61131.diagnostics.catalogue.expressions import (
    CONSTANT_WRAPS,
    CONVERSION_NEEDED,
    IMPLICIT_CONVERSION,
    LITERAL_RANGE,
    NO_CONVERSION,
    OUTSIDE_SUBRANGE,
    REAL_FOR_INTEGER,
    TEXT_CUT,
    WHOLE_BLOCK,
)
from iec61131.semantics.constants import (
    Scalar,
    elementary,
    fold_scalar,
    in_bytes,
    real_from_integer,
    real_from_text,
    round_real,
    wrap,
)
from iec61131.semantics.conversions import (
    IMPLICIT,
    REASON,
    Calculation,
    Rounded,
    Step,
    Verdict,
    bits_of,
    conversion_kind,
    function_name,
    is_convertible,
    number_of,
)
from iec61131.semantics.findings import Findings
from iec61131.semantics.model import (
    BinaryExpression,
    ConstantExpression,
    ConversionKind,
    Convert,
    Expression,
    IntrinsicCall,
)
from iec61131.semantics.pointers import as_interface, as_reference, fits_pointer
from iec61131.semantics.types import (
    BOOL,
    BYTE,
    DINT,
    DWORD,
    LINT,
    LREAL,
    LWORD,
    ULINT,
    WORD,
    ArrayType,
    BlockType,
    Elementary,
    EnumType,
    Flavour,
    InterfaceType,
    Kind,
    PointerType,
    StringType,
    StructType,
    SubrangeType,
    Type,
    storage_type,
)
from iec61131.source import Span
from iec61131.syntax.tree import VarKind


class Form(Enum):
    """How a number came about, which decides what happens when it leaves the range of its type."""

    NUMBER = "one number of the text"
    BITS = "one number of the text, to a base: 16#FFFF"
    COMPUTED = "several numbers combined"


class Literal(Struct, frozen=True):
    """A number of the text, or several combined, still without a type. `text` are the digits of a single real
    literal.
    """

    value: int | float
    span: Span
    text: str | None = None
    form: Form = Form.NUMBER

    @property
    def is_real(self) -> bool:
        return isinstance(self.value, float)

    @property
    def exact(self) -> Literal:
        """The same, where it is compared or counted with: such a number is never cut off."""
        return replace(self, form=Form.NUMBER)

    def __str__(self) -> str:
        return self.text or str(self.value)


class Typed(Struct, frozen=True):
    node: Expression
    type: Type

    @property
    def span(self) -> Span:
        return self.node.span


Operand = Literal | Typed


def is_scalar(type_: Type) -> bool:
    return isinstance(type_, Elementary) or isinstance(storage_type(type_), Elementary)


# ------------------------------------------------------------------------------------------------------------- literals


def literal_type(literal: Literal, other: Elementary | None, hint: Type | None) -> Elementary:
    """The type a literal takes beside an operand of type `other`: that type when it fits, else the smallest that
    holds it.
    """
    if literal.is_real:
        for wanted in (other, storage_type(hint) if hint is not None else None):
            if isinstance(wanted, Elementary) and wanted.kind is Kind.REAL and _is_finite(literal, wanted):
                return wanted
        return LREAL
    if other is not None and (other.kind is Kind.REAL or (other.has_numbers and fits(literal, other))):
        return other
    family = (BYTE, WORD, DWORD, LWORD) if other is not None and other.kind is Kind.BITS else (DINT, LINT, ULINT)
    return next((type_ for type_ in family if fits(literal, type_)), LINT)


def fits(literal: Literal, type_: Elementary) -> bool:
    """Whether a whole number is a value of a type that is not REAL."""
    return type_.minimum <= literal.value <= type_.maximum


def _is_finite(literal: Literal, type_: Elementary) -> bool:
    """Whether a number lies within the range of a REAL type. What was computed from several may be infinite."""
    value = literal_node(literal, type_).value
    assert isinstance(value, float)
    return math.isfinite(value) or (literal.is_real and literal.text is None)


REAL_MAX = {"REAL": "3.4028235E38", "LREAL": "1.7976931348623157E308"}


def literal_node(literal: Literal, type_: Elementary) -> ConstantExpression:
    """The literal as a constant of a type that holds it."""
    value: Scalar = literal.value
    if type_.kind is Kind.REAL:
        if isinstance(value, int):
            value = real_from_integer(value, type_)
        else:
            value = real_from_text(literal.text, type_) if literal.text is not None else round_real(value, type_)
    elif type_.kind is Kind.BOOL:
        value = bool(value)
    return ConstantExpression(value, type_, literal.span)


# --------------------------------------------------------------------------------------------------- nodes of a type


def as_type(node: Expression, target: Type) -> Expression:
    """`node` with conversions to exactly `target`, legal or not. A constant becomes a constant of the target."""
    if node.type is target and isinstance(target, Elementary):  # the usual case
        return node
    assert node.type is not None
    if isinstance(target, StringType) and isinstance(node.type, StringType):
        return as_text(node, node.type, target)
    if node.type == target or not is_scalar(target):
        return node
    if isinstance(target, SubrangeType):
        return _into_subrange(as_type(node, target.base), target)
    kind = conversion_kind(elementary(node.type), elementary(target))
    return _folded(Convert(node, kind, target, node.span))


def _into_subrange(node: Expression, target: SubrangeType) -> Expression:
    check = Convert(node, ConversionKind.SUBRANGE, target, node.span)
    inside = isinstance(node, ConstantExpression) and target.low <= fold_scalar(node) <= target.high
    return _folded(check) if inside else check


def _folded(convert: Convert) -> Expression:
    if not isinstance(convert.operand, ConstantExpression):
        return convert
    return ConstantExpression(fold_scalar(convert), convert.type, convert.span)


def apply_steps(node: Expression, steps: tuple[Step, ...]) -> Expression:
    """`node` taken through the steps of an explicit conversion."""
    for step in steps:
        if isinstance(step, Calculation):
            type_ = elementary(node.type)
            value = float(step.constant) if type_.kind is Kind.REAL else step.constant
            constant = ConstantExpression(value, type_, node.span)
            node = BinaryExpression(step.operator, node, constant, type_, node.span)
        elif isinstance(step, Rounded):
            node = IntrinsicCall(step.function, (node,), elementary(node.type), node.span)
        else:
            kind, target = step
            node = _folded(Convert(node, kind, target, node.span))
    return node


# ------------------------------------------------------------------------------------------------------------- judging


def judge(source: Type, target: Type) -> Verdict | None:
    """What the table says about `source` used as `target`; None when no conversion leads there at all."""
    if source == target:
        return Verdict.SAME
    if isinstance(source, EnumType) and isinstance(target, EnumType):
        return None
    from_type, to_type = storage_type(source), storage_type(target)
    if not (isinstance(from_type, Elementary) and isinstance(to_type, Elementary)):
        return None
    verdict = IMPLICIT[from_type, to_type]
    if verdict is Verdict.EXPLICIT:
        return verdict
    if isinstance(target, EnumType):
        return Verdict.ENUM
    return Verdict.NUMBER if isinstance(source, EnumType) and verdict.is_standard else verdict


def coerce(findings: Findings, operand: Operand | None, target: Type) -> Expression | None:
    """`operand` as a value of `target` for an assignment, an argument or an initial value.

    Finds what is illegal or worth a warning; None when there is no such value.
    """
    if operand is None:
        return None
    if isinstance(operand, Literal):
        return _coerce_literal(findings, operand, target)
    source = operand.type
    if isinstance(source, BlockType) and source is target:
        findings.add(WHOLE_BLOCK.at(operand.span, block=source))
        return None
    if isinstance(source, StringType) and isinstance(target, StringType) and source.wide is target.wide:
        return _coerce_text(findings, operand.node, source, target)
    if isinstance(target, InterfaceType):
        node = as_interface(operand.node, target)
        if node is None:
            findings.add(NO_CONVERSION.at(operand.span, source=source, target=target, hint=_INTERFACE_HINT))
        return node
    if isinstance(target, PointerType) and target.flavour is Flavour.REFERENCE:
        return as_reference(findings, operand.node, target, operand.span)
    fits_here = fits_pointer(source, target, is_strict=findings.is_strict)
    if fits_here:
        return as_type(operand.node, target)
    character = as_character(operand, target)
    if character is not None:
        return character.node
    verdict = judge(source, target) if fits_here is None else None
    if verdict is None and fits_here is None and _has_text(source, target):
        verdict = Verdict.EXPLICIT if _conversion_family(source) and _conversion_family(target) else None
    if verdict is None or (verdict is Verdict.EXPLICIT and not _has_function(source, target)):
        findings.add(
            NO_CONVERSION.at(operand.span, source=source, target=target, hint=_no_conversion_hint(source, target))
        )
        return None
    if verdict is Verdict.EXPLICIT:
        remedy = f"convert it: {_conversion_family(source)}_TO_{_conversion_family(target)}(..)"
        if isinstance(operand.node, ConstantExpression) and isinstance(source, StringType):
            remedy = _quotes_remedy(target) or remedy
        findings.add(CONVERSION_NEEDED.at(operand.span, source=source, target=target, remedy=remedy))
        return None
    if not note_conversion(findings, operand.span, source, target, verdict):
        return None
    return _checked_subrange(findings, operand, target)


def note_conversion(findings: Findings, span: Span, source: Type, target: Type, verdict: Verdict) -> bool:
    """Warn about an implicit conversion that may change the value; False where the dialect refuses it."""
    if not (verdict.is_warned or (findings.is_strict and verdict is Verdict.NUMBER)):
        return True
    advice = f"write {function_name(elementary(source), elementary(target))}(..)"
    if elementary(source) == elementary(target):
        advice = "choose the value in a CASE statement, or use enumerators on both sides"
    code = findings.lenient(IMPLICIT_CONVERSION)
    findings.add(code.at(span, source=source, target=target, reason=REASON[verdict], advice=advice))
    return not findings.is_strict


def _coerce_text(findings: Findings, node: Expression, source: StringType, target: StringType) -> Expression:
    """A text for a string of another length is cut to it; only of a constant one is that surely not meant."""
    if isinstance(node, ConstantExpression):
        assert isinstance(node.value, str)
        if len(node.value) > target.length:
            code = TEXT_CUT.at(node.span, given=len(node.value), length=target.length, target=target)
            findings.add(code)
    return as_text(node, source, target)


def as_text(node: Expression, source: StringType, target: StringType) -> Expression:
    """A string with its text as far as it fits, in characters of the target's width."""
    if isinstance(node, ConstantExpression):
        assert isinstance(node.value, str)
        text = node.value if target.wide else in_bytes(node.value)
        return ConstantExpression(text[: target.length], target, node.span)
    return node if source == target else Convert(node, ConversionKind.STRING, target, node.span)


def as_character(operand: Typed, target: Type) -> Typed | None:
    """A text of one character in quotes where a CHAR or WCHAR is wanted; None when it is something else."""
    node, source = operand.node, operand.type
    is_one = isinstance(source, StringType) and source.length == 1 and target == source.character
    if not (is_one and isinstance(node, ConstantExpression) and isinstance(node.value, str) and node.value):
        return None
    return Typed(ConstantExpression(ord(node.value), target, node.span), target)


def _has_text(source: Type, target: Type) -> bool:
    return isinstance(source, StringType) or isinstance(target, StringType)


def _has_function(source: Type, target: Type) -> bool:
    if _has_text(source, target):
        return True
    stored = storage_type(source), storage_type(target)
    return all(isinstance(type_, Elementary) for type_ in stored) and is_convertible(*map(elementary, stored))


def _quotes_remedy(target: Type) -> str | None:
    """How to write a text that was written for a string of the other width."""
    if not isinstance(target, StringType):
        return None
    return 'write it in double quotes: "text"' if target.wide else "write it in single quotes: 'text'"


def _conversion_family(type_: Type) -> str | None:
    """What conversion functions call a type; None when there are none for it."""
    stored = storage_type(type_)
    if isinstance(stored, StringType):
        return stored.family
    return stored.name if isinstance(stored, Elementary) else None


def _no_conversion_hint(source: Type, target: Type) -> str:
    if isinstance(source, BlockType):
        return f"name the output that is meant, for example '.{_some_output(source)}'"
    if isinstance(source, ArrayType) and not isinstance(target, ArrayType):
        return "name one element with an index in brackets"
    if isinstance(source, StructType) and not isinstance(target, StructType):
        return "name one of its fields behind a point"
    if isinstance(source, EnumType) and isinstance(target, EnumType):
        return "use an enumerator of the type that is wanted"
    return "both must be declared with the same type"


def _some_output(block: BlockType) -> str:
    return next((m.name for m in block.members.values() if m.kind is VarKind.OUTPUT), "Q")


def _checked_subrange(findings: Findings, operand: Typed, target: Type) -> Expression | None:
    if isinstance(target, SubrangeType):
        source = operand.type
        if isinstance(source, SubrangeType) and target.low <= source.low and source.high <= target.high:
            return _relabelled(operand.node, target)
        node = as_type(operand.node, target.base)
        if isinstance(node, ConstantExpression) and not target.low <= fold_scalar(node) <= target.high:
            findings.add(
                OUTSIDE_SUBRANGE.at(operand.span, value=node.value, type=target, low=target.low, high=target.high)
            )
            return None
        return _into_subrange(node, target)
    return as_type(operand.node, target)


def _relabelled(node: Expression, target: SubrangeType) -> Expression:
    """A value that cannot leave the subrange needs no check."""
    assert node.type is not None
    if node.type == target:
        return node
    kind = conversion_kind(elementary(node.type), target.base)
    return _folded(Convert(node, kind, target, node.span))


def _coerce_literal(findings: Findings, literal: Literal, target: Type) -> Expression | None:
    stored = storage_type(target)
    if isinstance(target, InterfaceType) and literal.value == 0 and not literal.is_real:
        return ConstantExpression(0, target, literal.span)
    if isinstance(target, InterfaceType):
        finding = NO_CONVERSION.at(literal.span, source=f"the number {literal}", target=target, hint=_INTERFACE_HINT)
        findings.add(finding)
        return None
    if isinstance(target, PointerType) and (target.flavour is Flavour.REFERENCE or literal.is_real):
        findings.add(
            NO_CONVERSION.at(literal.span, source=f"the number {literal}", target=target, hint=_REFERENCE_HINT)
        )
        return None
    if not isinstance(stored, Elementary) or not stored.has_numbers:
        hint = f"write {_example(stored)}" if isinstance(stored, Elementary) else "write a value of that type"
        findings.add(NO_CONVERSION.at(literal.span, source=f"the number {literal}", target=target, hint=hint))
        return None
    if stored.kind is Kind.REAL:
        if _is_finite(literal, stored):
            return literal_node(literal, stored)
        limit = REAL_MAX[stored.name]
        findings.add(LITERAL_RANGE.at(literal.span, value=literal, target=target, low=f"-{limit}", high=limit))
        return None
    if literal.is_real:
        findings.add(REAL_FOR_INTEGER.at(literal.span, value=literal, target=target))
        return None
    if not fits(literal, stored) and isinstance(target, Elementary) and stored != BOOL:
        wrapped = _wrapped(findings, literal, stored)
        if wrapped is not None:
            return wrapped
    if not fits(literal, stored):
        low, high = stored.minimum, stored.maximum
        findings.add(
            NO_CONVERSION.at(literal.span, source=f"the number {literal}", target=target, hint="write TRUE or FALSE")
            if stored == BOOL
            else LITERAL_RANGE.at(literal.span, value=literal, target=target, low=low, high=high)
        )
        return None
    return _checked_literal(findings, literal, literal_node(literal, stored), target)


def _wrapped(findings: Findings, literal: Literal, target: Elementary) -> ConstantExpression | None:
    """A number outside of `target` where it is cut off as any value is that is stored; None where that is an error."""
    if findings.is_strict:
        return None
    whole = int(literal.value)
    value = wrap(whole, target)
    if literal.form is Form.COMPUTED:
        findings.add(CONSTANT_WRAPS.at(literal.span, value=literal, target=target, stored=value))
        return ConstantExpression(value, target, literal.span)
    unsigned = number_of(bits_of(target))
    if literal.form is not Form.BITS or not target.is_signed or whole > unsigned.maximum:
        return None
    note_conversion(findings, literal.span, unsigned, target, Verdict.SIGN)
    return ConstantExpression(value, target, literal.span)


_INTERFACE_HINT = "name an instance of a block that implements it; what may be one is assigned with ?="
_REFERENCE_HINT = "name a variable of that type"


def _example(type_: Elementary) -> str:
    """What to write where a number is none."""
    is_character = type_.kind is Kind.CHARACTER
    return "the character in quotes, or its number behind a '$'" if is_character else clock_example(type_)


def clock_example(type_: Elementary) -> str:
    """What a duration or date looks like in the text, for those who wrote a number."""
    return _CLOCK_EXAMPLES[type_.name.removeprefix("L")]


_CLOCK_EXAMPLES = {
    "TIME": "a duration such as T#5s",
    "DATE": "a date such as D#2024-02-29",
    "TOD": "a time of day such as TOD#12:30:00",
    "DT": "a date with a time such as DT#2024-02-29-12:30:00",
}


def _checked_literal(
    findings: Findings, literal: Literal, node: ConstantExpression, target: Type
) -> ConstantExpression | None:
    """A number that fits the base of an enumeration or subrange must also be one of its values."""
    if isinstance(target, SubrangeType) and not target.low <= literal.value <= target.high:
        findings.add(OUTSIDE_SUBRANGE.at(literal.span, value=literal, type=target, low=target.low, high=target.high))
        return None
    if isinstance(target, EnumType):
        values = target.members.values()
        if literal.value not in values:
            low, high = min(values), max(values)
            findings.add(OUTSIDE_SUBRANGE.at(literal.span, value=literal, type=target, low=low, high=high))
            return None
        if not note_conversion(findings, literal.span, target.base, target, Verdict.ENUM):
            return None
    return ConstantExpression(node.value, target, node.span)
