"""The parser's place in the tokens, and how it reports and recovers. The grammar is in the files beside this one.

Three ways to deal with an error, from the mildest:

- insert: what is missing is reported and reading goes on as though it stood there (`;`, THEN, a closing bracket);
- repair: a misspelt keyword is reported and counts as the keyword (`cursor.repair`);
- give up: `raise cursor.lost(..)` reports and raises `Recover`; the nearest list of statements, variables or
  declarations catches it, skips to a place where reading can start anew, and goes on.

No error is reported right beside a token that already has a finding, nor twice at one place (findings.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from msgspec.structs import replace

from iec61131.diagnostics.catalogue.syntax import (
    EXPECTED,
    KEYWORD_AS_NAME,
    MISSING_END,
    MISSING_SEMICOLON,
    MISSPELT_KEYWORD,
    NESTING_TOO_DEEP,
    NOT_SUPPORTED,
    UNCLOSED_BRACKET,
)
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import SourceFile, Span
from iec61131.syntax.conditional import Conditions
from iec61131.syntax.findings import Findings
from iec61131.syntax.limits import Limit
from iec61131.syntax.misspelling import meant_keyword
from iec61131.syntax.slips import remedy_at_end
from iec61131.syntax.tokens import (
    BINARY_OPERATORS,
    CHART_WORDS,
    DECLARATION_STARTS,
    DECLARATION_WORDS,
    ENDS,
    MODIFIER_WORDS,
    OPENING_WORDS,
    RESERVED,
    SECTION_STARTS,
    TRIVIA,
    UNARY_OPERATORS,
    Kind,
    Token,
)
from iec61131.syntax.tree import Name, Pragma

# No path from a declaration to a leaf of its tree is longer, neither by brackets nor by a sum of many terms. The parser
# takes up to three Python frames per level, and so may every stage after it, within Python's usual limit of 1000.
NESTING_MAX = 200
# How many tokens a question about what comes later may look at, so that many questions stay cheap.
_LOOKAHEAD_MAX = 5000
_SHOWN_MAX = 30
# A member of an enumeration takes ten times as long to find as a name of this file; these are asked for at every token.
_IDENTIFIER, _SEMICOLON = Kind.IDENTIFIER, Kind.SEMICOLON


class Recover(Exception):
    """What is being read is lost and its finding is recorded."""


class TooDeep(Exception):
    """The nesting limit is exceeded and reported. Unwinds further than `Recover`: to the declaration as a whole."""


class Cursor:
    """`kind` is the kind of the token at the cursor, which every rule of the grammar asks for first."""

    def __init__(self, file: SourceFile, tokens: list[Token], findings: Findings) -> None:
        self.file = file
        self.findings = findings
        self.tokens: list[Token] = []
        self.index = 0
        self.last = 0  # the index of the end of the file
        self.depth = 0  # levels open above the cursor
        self.height = 0  # levels of the expression read last
        self.open_blocks: list[frozenset[Kind]] = []  # for each open block of statements, the keywords it waits for
        self.said_once: set[str] = set()  # what need not be said again in this declaration
        self.pragmas: dict[int, list[Pragma]] = {}  # by the index of the token behind them
        self._take(tokens)
        self.last = len(self.tokens) - 1
        self.kind = self.tokens[0].kind

    def _take(self, tokens: list[Token]) -> None:
        """Keep what the grammar knows; what it does not know leaves a pragma or damage behind."""
        damaged = False
        conditions: Conditions | None = None  # a file without pragmas has none
        for token in tokens:
            kind = token.kind
            if kind not in TRIVIA and conditions is None and not damaged:
                self.tokens.append(token)  # nearly all of them
            elif kind is Kind.PRAGMA:
                conditions = conditions or Conditions(self.tokens)
                if not conditions.pragma(token) and conditions.counts:
                    self.pragmas.setdefault(len(self.tokens), []).append(Pragma(token.text[1:-1], token.span))
            elif kind in TRIVIA:
                damaged = damaged or token.damaged or kind is Kind.STRANGE
            elif conditions is None or conditions.counts or kind is Kind.END_OF_FILE:
                if conditions is not None:
                    conditions.token(token)
                self.tokens.append(replace(token, damaged=True) if damaged else token)
                damaged = False
        if conditions is not None:
            if conditions.end():  # what the file lacks may stand in the text that does not count
                self.tokens[-1] = replace(self.tokens[-1], damaged=True)
            for finding in conditions.findings:
                self.findings.add(finding)

    # ------------------------------------------------------------------------------------------------------- moving

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    @property
    def previous(self) -> Token:
        """The token before the cursor; at the start of the file the first one."""
        return self.tokens[self.index - 1 if self.index else 0]

    def peek(self, ahead: int = 1) -> Token:
        index = self.index + ahead
        return self.tokens[index if index < self.last else self.last]

    def advance(self) -> Token:
        """Past the token at the cursor, which is returned. The end of the file stays where it is."""
        index = self.index
        if index < self.last:
            self.index = index + 1
            self.kind = self.tokens[index + 1].kind
        return self.tokens[index]

    def move_to(self, index: int) -> None:
        self.index = index
        self.kind = self.tokens[index].kind

    def accept(self, kind: Kind) -> bool:
        """Past the token at the cursor if it is of that kind."""
        if self.kind is not kind:
            return False
        self.advance()
        return True

    def at(self, kind: Kind) -> bool:
        """As `self.kind is kind`, where a type checker would otherwise remember the kind from before a call."""
        return self.kind is kind

    def at_word(self, word: str) -> bool:
        """Whether a word that is a keyword in few places only stands here."""
        return self.kind is _IDENTIFIER and self.token.key == word

    def accept_word(self, word: str) -> bool:
        if self.at_word(word):
            self.advance()
            return True
        return False

    @property
    def is_followed_by_name(self) -> bool:
        """Whether a name comes behind the token at the cursor, on its line."""
        return self._is_name_on_line(self.index)

    def _is_name_on_line(self, index: int) -> bool:
        if index + 1 >= len(self.tokens) or self.tokens[index + 1].kind not in _MEANT_AS_NAME:
            return False
        return self.file.text.find("\n", self.tokens[index].end, self.tokens[index + 1].start) < 0

    @property
    def opening_word(self) -> str:
        """METHOD, INTERFACE.. where one of them starts here: with a name behind it, and modifiers around it or not.

        Otherwise empty. Two names in a row are rare where a statement starts, so that nearly every answer is quick.
        """
        index = self.index
        if self.kind is not _IDENTIFIER or self.tokens[index + 1].kind not in _MEANT_AS_NAME:
            return ""
        while self._is_name_on_line(index):
            key = self.tokens[index].key
            if key in OPENING_WORDS:
                is_located = self.tokens[index + 1].key == "AT" and self.tokens[index + 2].kind is Kind.ADDRESS
                return "" if is_located else key
            if key not in MODIFIER_WORDS:
                return ""
            index += 1
        return ""

    @property
    def chart_word(self) -> str:
        """STEP, INITIAL_STEP or TRANSITION where one of them starts here, otherwise empty."""
        if self.kind is not Kind.IDENTIFIER:
            return ""
        if self.peek().kind is Kind.LEFT_PARENTHESIS:
            has_priority = self.token.key == "TRANSITION" and self.peek(2).key == "PRIORITY"
            return "TRANSITION" if has_priority and self._is_before_from() else ""
        word = self.opening_word
        return word if word in CHART_WORDS else ""

    def _is_before_from(self) -> bool:
        """Whether FROM comes on the line, which tells `TRANSITION (PRIORITY := 1) FROM` from a call."""
        index = self.index + 1
        while self.tokens[index].kind not in _AFTER_EXPRESSION:
            index += 1
            if self.tokens[index].key == "FROM" and self.tokens[index - 1].kind is Kind.RIGHT_PARENTHESIS:
                return True
        return False

    @property
    def is_on_new_line(self) -> bool:
        """Whether the cursor's token is the first of its line, hence probably the start of something new."""
        if self.index == 0:
            return True
        return self.file.text.find("\n", self.previous.end, self.token.start) >= 0

    def span_from(self, start: int) -> Span:
        """From a character offset to the end of the last token read."""
        index = self.index
        end = self.tokens[index - 1 if index else 0].end
        return Span(self.file, start, end if end > start else start)

    @property
    def end_of_previous(self) -> Span:
        end = self.previous.end if self.index else 0
        return Span(self.file, end, end)

    @property
    def place(self) -> Span:
        """Where an unexpected token is shown: itself, or the end of the sentence before it that breaks off there."""
        breaks_off = self.index and self.is_on_new_line and self.previous.kind not in _COMPLETE
        return self.end_of_previous if breaks_off else self.token.span

    def take_pragmas(self) -> tuple[Pragma, ...]:
        """The pragmas right before the cursor. Each is handed out once."""
        return tuple(self.pragmas.pop(self.index, ()))

    def comes_before(self, wanted: frozenset[Kind], stops: frozenset[Kind]) -> bool:
        """Whether one of `wanted` comes later, before one of `stops`."""
        for index in range(self.index, min(self.index + _LOOKAHEAD_MAX, len(self.tokens))):
            kind = self.tokens[index].kind
            if kind in wanted:
                return True
            if kind in stops:
                return False
        return False

    # ---------------------------------------------------------------------------------------------------- reporting

    def report(self, finding: Diagnostic) -> None:
        """Record `finding`, unless the cursor stands beside a token that has one already."""
        if not (self.token.damaged or (self.index and self.previous.damaged)):
            self.findings.add(finding)

    def blame(self, finding: Diagnostic) -> None:
        """Record `finding` about the token at the cursor: nothing more is said beside it."""
        self.report(finding)
        self.tokens[self.index] = replace(self.token, damaged=True)

    def lost(self, finding: Diagnostic) -> Recover:
        """Record `finding` and give the exception to raise: what is being read cannot be read."""
        self.report(finding)
        return Recover()

    def limit(self, limit: Limit, span: Span) -> None:
        """Report a construct that this version does not support, once in each declaration."""
        if limit.construct not in self.said_once:
            self.said_once.add(limit.construct)
            self.findings.add(NOT_SUPPORTED.at(span, construct=limit.construct, instead=limit.instead))

    def report_once(self, finding: Diagnostic) -> None:
        """As `report`, but one finding of its code in each declaration is enough."""
        if finding.code.id not in self.said_once:
            self.said_once.add(finding.code.id)
            self.report(finding)

    def unclosed(self, opener: Token, closer: Kind) -> Diagnostic:
        """The finding that `closer` is missing before the token at the cursor."""
        where = self.end_of_previous if self.kind is Kind.END_OF_FILE else self.token.span
        # RESOURCE is a name to the lexer, hence not corrected in a misspelt token; its END says what it is.
        word = opener.key if opener.kind in RESERVED else closer.value.removeprefix("END_")
        finding = MISSING_END.at(where, opener=f"this {word}", closer=closer.value, found=self.found)
        return finding.also(opener.span, f"this {word} is not closed")

    @property
    def found(self) -> str:
        return shown(self.token)

    def expected(self, what: str, remedy: str = "") -> Diagnostic:
        """The finding that `what` should stand at the cursor."""
        return EXPECTED.at(self.place, expected=what, found=self.found, remedy=remedy)

    def expected_at(self, span: Span, what: str, remedy: str = "") -> Diagnostic:
        """The finding that `what` should stand in place of something that was read already."""
        found = quoted(" ".join(span.text.split())) if span.text else self.found
        return EXPECTED.at(span, expected=what, found=found, remedy=remedy)

    # ---------------------------------------------------------------------------------------------------- expecting

    def expect(self, kind: Kind, remedy: str = "", instead: frozenset[Kind] = frozenset()) -> None:
        """Past `kind`. If it is missing that is reported, and reading goes on as though it stood here.

        `instead` are kinds that people write in its place; they are skipped.
        """
        if self.accept(kind) or (self.repair(frozenset({kind})) and self.accept(kind)):
            return
        self.report(self.expected(f"'{kind.value}'", remedy))
        if self.kind in instead:
            self.advance()

    def semicolon(self, after: str) -> None:
        """Past `;`. Its absence is reported where it should stand; what then cannot start anything is skipped."""
        if self.accept(_SEMICOLON):
            return
        begins_sentence = self.kind is Kind.IDENTIFIER and self.peek().kind in _AFTER_FIRST_NAME
        if self.is_on_new_line or begins_sentence or self.kind in RESERVED or self.kind is Kind.END_OF_FILE:
            self.report(MISSING_SEMICOLON.at(self.end_of_previous, after=f"at the end of {after}"))
        else:
            remedy = remedy_at_end(self.tokens, self.index) or f"finish {after} with ';'"
            raise self.lost(self.expected("';'", remedy))

    def close(self, kind: Kind, opener: Token, others: str = "") -> None:
        """Past the closing bracket of `opener`. `others` names what else could stand here."""
        if self.accept(kind):
            return
        several = "write ',' between two of them" if "','" in others else "write an operator"
        if self.kind is Kind.COMMA:
            several = "write a list of values with names, (a := 1, b := 2), or that of an array as [1, 2]"
        finding = self.expected(f"{others}'{kind.value}'", f"{several}, or close the bracket")
        behind = self._index_behind(kind, opener.kind)
        if behind is None and (self.is_on_new_line or self.kind in _AFTER_EXPRESSION):
            finding = UNCLOSED_BRACKET.at(self.end_of_previous, closer=kind.value, opener=opener.text)
            self.report(finding.also(opener.span, "the bracket opens here"))
            return
        self.report(finding.also(opener.span, "the bracket opens here"))
        if behind is not None:
            self.move_to(behind)
        raise Recover

    def _index_behind(self, closer: Kind, opener: Kind) -> int | None:
        """Where the statement goes on behind the bracket that closes the one open before the cursor, if it does."""
        open_inside = 0
        for index in range(self.index, min(self.index + _LOOKAHEAD_MAX, len(self.tokens))):
            kind = self.tokens[index].kind
            if kind is opener:
                open_inside += 1
            elif kind is closer:
                open_inside -= 1
            if open_inside < 0:
                return index + 1
            if kind in _AFTER_EXPRESSION:
                return None
        return None

    def name(self, what: str, remedy: str = "") -> Name:
        """An identifier; `what` is what it names, as in "the name of the program"."""
        token = self.token
        if self.kind is _IDENTIFIER:
            self.advance()
            return Name(token.text, token.span)
        follows = self.peek().kind
        if self.kind in _WORDS_LIKE_NAMES and (not self.is_on_new_line or follows in (Kind.COLON, Kind.COMMA)):
            self.report(KEYWORD_AS_NAME.at(token.span, word=token.text))
            self.advance()
            return Name(token.text, token.span)
        raise self.lost(self.expected(what, remedy))

    def repair(self, candidates: frozenset[Kind]) -> bool:
        """If the identifier at the cursor is a slip for one of `candidates`: report that and make it the keyword."""
        if self.kind is not Kind.IDENTIFIER:
            return False
        token = self.token
        kind = meant_keyword(token.key, sorted(candidates, key=lambda candidate: candidate.value))
        if kind is None:
            return False
        self.report(MISSPELT_KEYWORD.at(token.span, written=token.text, keyword=kind.value))
        self.tokens[self.index] = replace(token, kind=kind)
        self.kind = kind
        return True

    # ------------------------------------------------------------------------------------------- nesting, starting anew

    def deeper(self) -> None:
        """One level down. The level up again is `depth -= 1`, or `restore` after an error."""
        self.depth += 1
        if self.depth > NESTING_MAX:
            self.too_deep()

    def grown(self, height: int) -> None:
        """The expression being read has become `height` levels high."""
        self.height = height
        if self.depth + height > NESTING_MAX:
            self.too_deep()

    def too_deep(self) -> NoReturn:
        self.report(NESTING_TOO_DEEP.at(self.token.span, limit=NESTING_MAX))
        raise TooDeep

    def mark(self) -> tuple[int, int]:
        """What `restore` needs to go on after an error."""
        return self.depth, len(self.open_blocks)

    def restore(self, mark: tuple[int, int]) -> None:
        self.depth, blocks = mark
        del self.open_blocks[blocks:]

    def skip_until(self, is_stop: Callable[[], bool]) -> None:
        while self.kind is not Kind.END_OF_FILE and not is_stop():
            self.advance()

    def skip_to_declaration(self) -> None:
        """To where the next declaration of the file can start."""
        self.skip_until(lambda: self.is_at_declaration or self.kind is Kind.END_NAMESPACE)

    @property
    def is_at_declaration(self) -> bool:
        """Whether a declaration of the file starts here, rather than a keyword stands where a name should."""
        if self.kind is _IDENTIFIER:
            return self.opening_word in DECLARATION_WORDS and self.is_on_new_line
        if self.kind not in DECLARATION_STARTS:
            return False
        return self.is_on_new_line or self.previous.kind in ENDS or self.previous.kind is Kind.SEMICOLON


# Keywords that somebody may take for a name: not those that open a section or end anything.
_WORDS_LIKE_NAMES = RESERVED - SECTION_STARTS - ENDS
_MEANT_AS_NAME = _WORDS_LIKE_NAMES | {Kind.IDENTIFIER}
# Behind these nothing is left unfinished.
_COMPLETE = frozenset({Kind.SEMICOLON, Kind.THEN, Kind.DO, Kind.OF, Kind.ELSE, Kind.REPEAT}) | ENDS | SECTION_STARTS
# What follows the name with which a statement or a declaration starts.
_AFTER_FIRST_NAME = frozenset(
    {
        *(Kind.ASSIGN, Kind.EQUAL, Kind.COLON, Kind.COMMA, Kind.DOT),
        *(Kind.LEFT_PARENTHESIS, Kind.LEFT_BRACKET),
    }
)
# Where no expression goes on: the next part of a statement, or another statement. An assignment sign is not among them,
# because it may belong to an argument.
_AFTER_EXPRESSION = frozenset({*RESERVED, Kind.SEMICOLON, Kind.END_OF_FILE}) - {
    *BINARY_OPERATORS,
    *UNARY_OPERATORS,
    *(Kind.TRUE, Kind.FALSE),
}


def shown(token: Token) -> str:
    """The token as a message quotes it, never longer than a few words."""
    if token.kind is Kind.END_OF_FILE:
        return Kind.END_OF_FILE.value
    return quoted(token.text)


def quoted(text: str) -> str:
    return f"'{text}'" if len(text) <= _SHOWN_MAX else f"'{text[: _SHOWN_MAX - 1]}…'"
