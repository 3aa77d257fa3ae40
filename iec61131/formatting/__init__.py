"""One form for structured text. `formatter.format_text` is the way in, docs/formatting.md describes the form."""
