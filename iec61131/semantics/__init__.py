"""Untyped tree to typed model: every name resolved, every conversion explicit, every type known."""
