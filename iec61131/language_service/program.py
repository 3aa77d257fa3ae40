"""The files of a program as they are now, understood; and what a fragment of text means at a place in them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from msgspec.structs import replace

from iec61131.compiler import Analysis, CompileOptions, Parsed, analyse, analyse_tests, hard_at_work, parsed
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.findings import Findings
from iec61131.semantics.here import Here
from iec61131.semantics.scopes import Globals, PouScope, PouSymbol
from iec61131.semantics.types import Type
from iec61131.semantics.uses import Use
from iec61131.source import SourceFile
from iec61131.syntax import tree
from iec61131.syntax.cursor import Cursor, Recover, TooDeep
from iec61131.syntax.expressions import expression
from iec61131.syntax.findings import Findings as SyntaxFindings
from iec61131.syntax.findings import TooManyFindings
from iec61131.syntax.lexer import lex
from iec61131.syntax.tokens import TRIVIA, Token


class Parses:
    """Trees of the files that are in use: a file that has not changed is not parsed again."""

    def __init__(self) -> None:
        self._known: dict[tuple[SourceFile, str], Parsed] = {}

    def of(self, files: Sequence[SourceFile], options: CompileOptions) -> list[Parsed]:
        """Those of `files`; all others are forgotten."""
        keys = [(file, options.drawings) for file in files]
        self._known = {key: self._known.get(key) or parsed(key[0], options) for key in keys}
        return list(self._known.values())


class Program:
    """One state of a program. Nothing in it changes: another state is another Program.

    `tests`: that one of `files` that holds tests of the others.
    """

    def __init__(
        self,
        files: Sequence[SourceFile],
        options: CompileOptions | None = None,
        parses: Parses | None = None,
        tests: SourceFile | None = None,
    ) -> None:
        self.options = options or CompileOptions()
        files = files if tests is None else [*(file for file in files if file is not tests), tests]
        self.files = tuple(files)
        self.tests = tests
        known = (parses or Parses()).of(files, self.options)
        self.analysis: Analysis = (
            analyse(known, self.options) if tests is None else analyse_tests(known[:-1], known[-1], self.options)
        )
        self._units = dict(zip(dict.fromkeys(files), self.analysis.units, strict=True))
        self._tokens: dict[SourceFile, list[Token]] = {}

    @property
    def findings(self) -> list[Diagnostic]:
        return self.analysis.findings

    @property
    def globals(self) -> Globals:
        return self.analysis.understood.globals

    def file(self, name: str) -> SourceFile | None:
        return next((file for file in self.files if file.name == name), None)

    def unit(self, file: SourceFile) -> tree.Unit:
        return self._units[file]

    def tokens(self, file: SourceFile) -> list[Token]:
        """All tokens of a file, comments and white space too. Also of the standard library's."""
        if file not in self._tokens:
            self._tokens[file], _ = lex(file)
        return self._tokens[file]

    def use_at(self, file: SourceFile, offset: int) -> Use | None:
        return self.analysis.understood.uses.at(file, offset)

    # ---------------------------------------------------------------------------------------------------- surroundings

    @cached_property
    def blocks(self) -> list[PouSymbol]:
        """Every POU and what belongs to it, of the program's own files."""
        own = set(self.files)
        return [symbol for symbol in self.analysis.understood.pous if symbol.pou.span.file in own]

    def pou_at(self, file: SourceFile, offset: int) -> PouSymbol | None:
        """The POU, method or action around a place; of one that has no end yet, also behind its last word."""
        around = [
            symbol
            for symbol in self.blocks
            if symbol.pou.span.file is file and symbol.declaration.span.start <= offset <= self._end(symbol)
        ]
        return max(around, key=lambda symbol: symbol.declaration.span.start, default=None)

    def _end(self, symbol: PouSymbol) -> int:
        """The end of a POU; of one that is not closed that of the white space and comments behind it."""
        span = symbol.declaration.span
        words = span.text.rstrip().rsplit(None, 1)
        if words and words[-1].upper().startswith("END_"):
            return span.end
        behind = next((t for t in self.tokens(span.file) if t.start >= span.end and t.kind not in TRIVIA), None)
        return behind.start if behind is not None else len(span.file.text)

    # ------------------------------------------------------------------------------------------------------- fragments

    def expressions_at(self, file: SourceFile, offset: int) -> Expressions:
        """Resolves expressions as though they stood at a place. What it finds wrong is nobody's concern."""
        shared = replace(self.analysis.understood.shared, findings=Findings("rung"), uses=None)
        symbol = self.pou_at(file, offset)
        scope = symbol.scope if symbol is not None else PouScope(self.globals)
        unheard = replace(scope, reported=set[str]())
        return Expressions(Here(shared, unheard, symbol.pou if symbol is not None else None))

    def type_of(self, written: tree.Expression, expressions: Expressions) -> Type | None:
        """The type of the variable or value that `written` stands for."""
        with hard_at_work():
            place = expressions.places.resolve(written)
        return place.type if place is not None else None


def parse_fragment(text: str) -> tree.Expression | None:
    """The expression in `text`, None when it is none from end to end."""
    file = SourceFile("", text)
    tokens, _ = lex(file)
    cursor = Cursor(file, tokens, SyntaxFindings())
    try:
        with hard_at_work():
            read = expression(cursor)
    except (Recover, TooDeep, TooManyFindings):
        return None
    return read if cursor.token.start >= len(text.rstrip()) else None
