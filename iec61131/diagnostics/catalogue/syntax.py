"""Codes RUNG01xx: characters, tokens and grammar."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code, Severity

__all__ = ["Code", "Severity"]
