"""Codes RUNG02xx: declarations, names, scopes and types."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code, Severity

__all__ = ["Code", "Severity"]
