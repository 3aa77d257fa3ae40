"""Codes RUNG05xx: the project file plc.toml."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code, Severity

__all__ = ["Code", "Severity"]
