"""Codes RUNG03xx: expressions, conversions, calls and statements."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code, Severity

__all__ = ["Code", "Severity"]
