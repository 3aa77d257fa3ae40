"""Findings about source text: what they are, the table of all of them, and how they are shown."""
