"""What a test calls to break something, or to say that something will break: the operands of these calls.

LOSE_INPUT(Main.Level)            the variable is one that an input can fill, as for QUALITY
LOSE_INPUT(Main.Level, STALE)     the reason is one of QUALITY_REASON_CODE
LOSE_DEVICE('tank')               the project file has the names, which are looked for when the test runs
EXPECT_FAULT('RUNG0901')          a code as reports show it, known before the test runs
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iec61131.diagnostics.catalogue.suites import NO_FAULT
from iec61131.program import FaultCode
from iec61131.semantics import signal_functions
from iec61131.semantics.model import ConstantExpression, Expression
from iec61131.semantics.signals import Signal
from iec61131.semantics.types import DINT, StringType
from iec61131.source import Span
from iec61131.stdlib import REASON_TYPE
from iec61131.syntax import tree

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions

MESSAGE = StringType(255, wide=False)

_NEVER = (FaultCode.NONE, FaultCode.WATCHDOG, FaultCode.SAFE_MODE)
"""Faults of a PLC that runs on a machine: a watchdog measures that."""

FAULTS = {f"RUNG{900 + code:04d}": code for code in FaultCode if code not in _NEVER}
"""What a test can expect."""

Given = Mapping[str, tree.Expression]
Operands = tuple[Expression, ...] | None


def _input(expressions: Expressions, name: str, given: Given, span: Span) -> Operands:
    what = signal_functions.signal_of(expressions, given["VARIABLE"], Signal.REASON, name, span)
    return (what.node,) if what is not None else None


def _input_and_reason(expressions: Expressions, name: str, given: Given, span: Span) -> Operands:
    what = _input(expressions, name, given, span)
    reason = _reason(expressions, given, span, "TIMEOUT" if name == "LOSE_INPUT" else "NONE")
    return (*what, reason) if what is not None and reason is not None else None


def _reason(expressions: Expressions, given: Given, span: Span, default: str) -> Expression | None:
    """What is written, else the enumerator `default`."""
    type_ = signal_functions.standard_type(expressions.here, REASON_TYPE)
    written = given.get("REASON")
    if written is None:
        return ConstantExpression(type_.members[default], type_, span)
    return expressions.value(written, type_)


def _device(expressions: Expressions, name: str, given: Given, span: Span) -> Operands:
    device = expressions.value(given["DEVICE"], MESSAGE)
    return (device,) if device is not None else None


def _device_and_reason(expressions: Expressions, name: str, given: Given, span: Span) -> Operands:
    device = _device(expressions, name, given, span)
    reason = _reason(expressions, given, span, "TIMEOUT")
    return (*device, reason) if device is not None and reason is not None else None


def _fault(expressions: Expressions, name: str, given: Given, span: Span) -> Operands:
    written = given["CODE"]
    code = expressions.value(written, MESSAGE)
    message = given.get("MESSAGE")
    text = expressions.value(message, MESSAGE) if message is not None else ConstantExpression("", MESSAGE, span)
    if code is None or text is None:
        return None
    known = code.value if isinstance(code, ConstantExpression) else None
    fault = FAULTS.get(known.upper()) if isinstance(known, str) else None
    if fault is None:
        found = f"'{known}'" if isinstance(known, str) else "what is computed when the test runs"
        finding = NO_FAULT.at(written.span, found=found, known=", ".join(FAULTS))
        expressions.findings.add_near(finding, known if isinstance(known, str) else "", FAULTS)
        return None
    return ConstantExpression(int(fault), DINT, written.span), text


STAGINGS: dict[str, Callable[[Expressions, str, Given, Span], Operands]] = {
    "LOSE_INPUT": _input_and_reason,
    "DOUBT_INPUT": _input_and_reason,
    "FREEZE_INPUT": _input,
    "RESTORE_INPUT": _input,
    "LOSE_DEVICE": _device_and_reason,
    "RESTORE_DEVICE": _device,
    "EXPECT_FAULT": _fault,
}
"""How the operands of a call are made of its arguments; None after a finding."""
