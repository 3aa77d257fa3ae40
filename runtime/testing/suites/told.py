"""What a failed assertion is told with: a sentence, and the variables that it has looked at, as the language writes
values.
"""

from __future__ import annotations

import numpy as np

from iec61131.interpreter.memory import Value
from iec61131.interpreter.suites import AssertionFailed
from iec61131.interpreter.texts import text_of
from iec61131.semantics.assertions import TEST_FUNCTIONS
from iec61131.semantics.types import Elementary, EnumType, Kind, StringType, SubrangeType, Type
from iec61131.source import Span
from runtime.service.config.durations import format_duration
from runtime.service.dates import format_date

_LETTERS = 60
"""Of an expression or a value in a sentence."""
_VALUES = 12
_WORDS = {
    "ASSERT_TRUE": "{0} is FALSE",
    "ASSERT_FALSE": "{0} is TRUE",
    "ASSERT_EQUAL": "{1} is {1v}, not {0v} as expected",
    "ASSERT_NOT_EQUAL": "{1} is {1v}",
    "ASSERT_NEAR": "{1} is {1v}, not {0v} as expected, give or take {2v}",
    "ASSERT_GREATER": "{0} is {0v}, not greater than {1v}",
    "ASSERT_GREATER_EQUAL": "{0} is {0v}, less than {1v}",
    "ASSERT_LESS": "{0} is {0v}, not less than {1v}",
    "ASSERT_LESS_EQUAL": "{0} is {0v}, greater than {1v}",
}


def sentence(failed: AssertionFailed) -> str:
    """With the message of the assertion, if it has one."""
    text = _said(failed)
    return f"{text}: {failed.message}" if text and failed.message else text or failed.message or "FAIL"


def _said(failed: AssertionFailed) -> str:
    if failed.function == "FAIL":
        return ""
    if failed.function == "EXPECT_FAULT":
        return f"{code_of(failed.compared[0].value)} has not come"
    words = _WORDS.get(failed.function)
    if words is not None and len(failed.compared) == len(TEST_FUNCTIONS[failed.function].parameters) - 1:
        labels = next((seen.type for seen in failed.compared if isinstance(seen.type, EnumType)), None)
        parts: dict[str, str] = {}
        for number, seen in enumerate(failed.compared):
            text = value(seen.value, labels or seen.type)  # an enumerator of the text is known by its number alone
            parts |= {f"{{{number}}}": _code(seen.span), f"{{{number}v}}": text}
        for name, text in parts.items():
            words = words.replace(name, text)
        return words
    return f"{_code(failed.span)} does not hold"


def code_of(fault: Value) -> str:
    """The code of a fault in the catalogue."""
    return f"RUNG{900 + int(fault):04d}"


def values(failed: AssertionFailed) -> tuple[str, ...]:
    """`name = value`, each once; without those that the sentence has already."""
    found = {_code(seen.span): value(seen.value, seen.type) for seen in failed.read}
    for seen in failed.compared:
        found.pop(_code(seen.span), None)
    return tuple(f"{name} = {text}" for name, text in list(found.items())[:_VALUES])


def _code(span: Span) -> str:
    text = " ".join(span.text.split())
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"


def value(found: object, type_: Type) -> str:
    """As a literal of the language, as far as there is one."""
    match type_:
        case EnumType() if isinstance(found, int):
            return next((label for label, number in type_.members.items() if number == found), str(found))
        case SubrangeType():
            return value(found, type_.base)
        case StringType() if isinstance(found, bytes):
            text = text_of(found, type_)
            text = text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
            return _text(text, '"' if type_.wide else "'")
        case Elementary() if isinstance(found, int | float):
            return _elementary(found, type_)
        case _:
            return f"a {type_}"


def _text(text: str, quote: str) -> str:
    digits = 2 if quote == "'" else 4
    letters = (
        f"${each}" if each in ("$", quote) else each if each.isprintable() else f"${ord(each):0{digits}X}"
        for each in text
    )
    return f"{quote}{''.join(letters)}{quote}"


def _elementary(found: float, type_: Elementary) -> str:
    match type_.kind:
        case Kind.BOOL:
            return "TRUE" if found else "FALSE"
        case Kind.REAL:
            return str(np.float32(found)) if type_.size == 4 else repr(float(found))
        case Kind.BITS:
            return f"16#{int(found):0{2 * type_.size}X}"
        case Kind.DURATION:
            return (
                f"{'-' if found < 0 else ''}{'LT' if type_.name == 'LTIME' else 'T'}#{format_duration(abs(int(found)))}"
            )
        case Kind.DATE:
            return f"{type_.name}#{format_date(type_.name, int(found))}"
        case Kind.CHARACTER:
            return _text(chr(int(found)), "'" if type_.size == 1 else '"')
        case Kind.SIGNED | Kind.UNSIGNED:
            return str(int(found))
