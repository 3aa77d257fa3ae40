"""Text in, text out: the stages in their order.

    text -> tokens -> atoms -> sentences -> lines -> text

atoms.py, outline.py (with reading.py and blocks.py), words.py and spacing.py, layout.py (with groups.py), comments.py.
"""

from __future__ import annotations

from iec61131.diagnostics.catalogue.syntax import ADDRESS_WITHOUT_PLACE, NOT_SUPPORTED
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.formatting.atoms import atoms_of
from iec61131.formatting.comments import text_of
from iec61131.formatting.layout import Line, lay_out
from iec61131.formatting.outline import Outline
from iec61131.formatting.spacing import set_spaces
from iec61131.formatting.words import capitalise
from iec61131.source import SourceFile
from iec61131.syntax.lexer import lex
from iec61131.syntax.parser import parse_tokens
from iec61131.syntax.tokens import Token

# Text that only this version cannot read is right all the same.
_LIMITS = frozenset({NOT_SUPPORTED, ADDRESS_WITHOUT_PLACE})


def format_text(source: str, name: str = "") -> str:
    """The same program in the one form that docs/formatting.md describes; `name` is what findings call the text.

    Raises CompileError with the findings if characters, grammar or blocks are wrong. Where the text holds what this
    version of the grammar lacks, only characters and blocks are looked at.
    """
    mark = "\ufeff" if source.startswith("\ufeff") else ""
    file = SourceFile(name, source.removeprefix(mark).replace("\r\n", "\n"))
    tokens, findings = lex(file)
    _refuse(
        _grammatical(file, tokens, findings)
    )  # before anything else is made: the tree is large, and gone again here
    _refuse(findings)
    outline = Outline(file, atoms_of(file.text, tokens))
    outline.read()
    _refuse(outline.findings)
    lines: list[Line] = []
    for sentence in outline.sentences:
        capitalise(sentence)
        set_spaces(sentence)
        lines += lay_out(sentence)
    return mark + text_of(lines) if lines else ""


def _grammatical(file: SourceFile, tokens: list[Token], lexical: list[Diagnostic]) -> list[Diagnostic]:
    """What the parser finds wrong, if it knows all the constructs in the text."""
    _, findings = parse_tokens(file, tokens, lexical)
    return [] if any(finding.code in _LIMITS for finding in findings) else findings


def _refuse(findings: list[Diagnostic]) -> None:
    if any(finding.is_error for finding in findings):
        raise CompileError(sorted(findings, key=lambda finding: finding.span.start))
