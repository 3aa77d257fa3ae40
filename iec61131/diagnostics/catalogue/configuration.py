"""Codes RUNG04xx: configuration, resource, task and addresses."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code, Severity

__all__ = ["Code", "Severity"]
