"""Text to untyped tree."""
