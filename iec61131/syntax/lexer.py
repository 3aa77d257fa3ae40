"""Text to tokens, without losing a character: the spans of all tokens, white space and comments too, tile the text.

`_TOKEN` says how each token starts: one match for it and the white space before it, and a method for the few kinds that
a regular expression cannot finish. The common kinds are dealt with in the loop itself: a file has up to a
million tokens, and a call for each took as long as everything else. What follows a repetition never fails or never
begins like it, so nothing is tried twice and the time is linear in the text whatever it holds. What a literal means is
not decided here but in literals.py: `16#FG` is one INTEGER token, because that is what somebody meant to write.
"""

from __future__ import annotations

import re
import unicodedata

from iec61131.diagnostics.catalogue.syntax import (
    FOREIGN_OPERATOR,
    NAME_CHARACTERS,
    SOURCE_TOO_LARGE,
    TYPOGRAPHIC_QUOTES,
    UNCLOSED_COMMENT,
    UNCLOSED_PRAGMA,
    UNCLOSED_STRING,
    UNEXPECTED_CHARACTER,
)
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import SourceFile, Span
from iec61131.syntax.findings import Findings, TooManyFindings
from iec61131.syntax.tokens import (
    DATE_PREFIXES,
    DURATION_PREFIXES,
    FOREIGN_OPERATORS,
    KEYWORDS,
    SIGNS,
    Kind,
    Token,
)

# More than any hand-written or generated control program; a larger text is a mistake or an attack.
SOURCE_CHARACTERS_MAX = 4 * 1024 * 1024

# Greedy on purpose: `12abc`, `1.` and `0x1F` are one malformed number each, not a number and a riddle. Two points make
# a range, so `1..5` is not a real.
_NUMBER = r"[0-9][0-9_]*(?:\#[0-9A-Za-z_]*|(?:\.(?!\.))?[0-9A-Za-z_]*(?:(?<=[eE])[+-][0-9_]+)?)"
_TOKEN = re.compile(
    rf"""
    [ \t\r\n\f\v]*+(?:
      (?P<name>[A-Za-z_][A-Za-z0-9_]*+(?![\w\#]))
    | (?P<word>[^\W\d]\w*)
    | (?P<number>{_NUMBER})
    | (?P<line_comment>//[^\n]*)
    | (?P<block_comment>\(\*|/\*)
    | (?P<string>['"])
    | (?P<pragma>\{{)
    | (?P<address>%(?=[0-9A-Za-z*])[A-Za-z]*(?:\*|[0-9]+(?:\.[0-9]+)*)?[0-9A-Za-z_]*)
    | (?P<foreign>===?|->|\?(?!=)|=:(?!=)|!=|><|=<|&&|\|\|?|<<|>>|[-+*/]=|\+\+(?=[ \t]*;)|--(?=[ \t]*;)|[!~%])
    | (?P<sign>:=|\?=|=>|\.\.|\*\*|<>|<=|>=|[:;,.^()\[\]+\-*/=<>&])
    | (?P<typographic>[‘’][^‘’\r\n]*[‘’]|[“”„][^“”„\r\n]*[“”„])
    | (?P<strange>[^ \t\r\n\f\v\w'"{{%!~|:;,.^()\[\]+\-*/=<>&‘’“”„]+|.)
    | (?P<end>)
    )
    """,
    re.VERBOSE | re.DOTALL,
)
# Up to the closing quote or the end of the line.
_STRING_BODIES = {quote: re.compile(rf"[^{quote}$\r\n]*(?:\$[^\r\n]?[^{quote}$\r\n]*)*") for quote in "'\""}
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_COMMENT_ENDS = {"(*": re.compile(r"\(\*|\*\)"), "/*": re.compile(r"/\*|\*/")}
_AFTER_HASH = re.compile(rf"(?P<number>[+-]?{_NUMBER})|(?P<quote>['\"])|(?P<word>[^\W\d]\w*)|")
_DURATION_BODY = re.compile(r"[+-]?[0-9A-Za-z_µμ]*(?:\.[0-9A-Za-z_µμ]+)*")
_DATE_BODY = re.compile(r"[0-9A-Za-z_:-]*(?:\.[0-9A-Za-z_:-]+)*")
_HAS_EXPONENT = re.compile(r"[0-9_.]+[eE]")


def lex(
    file: SourceFile, characters_max: int = SOURCE_CHARACTERS_MAX, *, with_space: bool = True
) -> tuple[list[Token], list[Diagnostic]]:
    """The tokens of `file`, the last one END_OF_FILE, and what is wrong with its characters. Never raises.

    The grammar needs no white space, which is nearly half of all tokens; without it the tokens do not tile the text.
    """
    lexer = _Lexer(file, characters_max)
    lexer.run(with_space)
    return lexer.tokens, lexer.findings.in_source_order()


class _Lexer:
    def __init__(self, file: SourceFile, characters_max: int) -> None:
        self.characters_max = characters_max
        self.file = file
        self.text = file.text
        self.tokens: list[Token] = []
        self.findings = Findings()
        self.start = 0  # of the token being read

    def run(self, with_space: bool) -> None:
        length = len(self.text)
        if length > self.characters_max:
            limit_mib = self.characters_max // (1024 * 1024)
            self.findings.add(SOURCE_TOO_LARGE.at(Span(self.file, 0, 0), limit_mib=limit_mib))
            self.emit(Kind.STRANGE, length)
        elif self.text.startswith("\ufeff"):
            self.emit(Kind.WHITESPACE, 1)  # a byte order mark, which editors on Windows put there
        try:
            self._tokens(with_space)
        except TooManyFindings:
            self.emit(Kind.STRANGE, length)
        self.emit(Kind.END_OF_FILE, length)

    def _tokens(self, with_space: bool) -> None:
        """All tokens from `self.start` on, which is only kept up to date for those that take a method."""
        text, file, found = self.text, self.file, self.tokens
        match_at, white_space, identifier = _TOKEN.match, Kind.WHITESPACE, Kind.IDENTIFIER
        start, length = self.start, len(text)
        while start < length:
            match = match_at(text, start)
            assert match is not None, "the last alternative matches nothing at all"
            begin, end = match.span(match.lastindex or 0)
            if begin > start and with_space:
                found.append(Token(white_space, start, begin, file))
            group = match.lastgroup
            if group == "name":
                kind = KEYWORDS.get(text[begin:end].upper(), identifier)
            elif group == "sign":
                kind = SIGNS[text[begin:end]]
            else:
                self.start = begin
                self.token(match, end)
                start = self.start
                continue
            found.append(Token(kind, begin, end, file))
            start = end
        self.start = start

    def emit(self, kind: Kind, end: int, damaged: bool = False) -> None:
        self.tokens.append(Token(kind, self.start, end, self.file, damaged))
        self.start = end

    def span(self, start: int, end: int) -> Span:
        return Span(self.file, start, end)

    def token(self, match: re.Match[str], end: int) -> None:
        """The token from `self.start` to `end` or further, unless it is one of the common ones."""
        text = self.text[self.start : end]
        match match.lastgroup:
            case "word":
                self.word(text, end)
            case "number":
                self.emit(_number_kind(text), end)
            case "line_comment":
                self.emit(Kind.COMMENT, end)
            case "block_comment":
                self.block_comment(text, end)
            case "string":
                self.string(end)
            case "pragma":
                self.pragma(end)
            case "address":
                self.emit(Kind.ADDRESS, end)
            case "foreign":
                self.foreign_operator(text, end)
            case "typographic":
                start = self.start
                self.emit(Kind.STRING, end, damaged=True)
                self.findings.add(TYPOGRAPHIC_QUOTES.at(self.span(start, end)))
            case "end":
                pass
            case _:
                self.strange(text, end)

    def word(self, text: str, end: int) -> None:
        start = self.start
        if self.text.startswith("#", end):
            self.typed_literal(text.upper(), end + 1)
        elif text.isascii():
            self.emit(KEYWORDS.get(text.upper(), Kind.IDENTIFIER), end)
        else:
            self.emit(Kind.IDENTIFIER, end, damaged=True)
        if not text.isascii():
            self.findings.add(NAME_CHARACTERS.at(self.span(start, start + len(text)), name=text))

    def typed_literal(self, prefix: str, after_hash: int) -> None:
        """`prefix#` has been read: a duration, a date, a number, a string or the name of an enumerator follows."""
        if prefix in DURATION_PREFIXES:
            self.emit(Kind.DURATION, _end(_DURATION_BODY, self.text, after_hash))
            return
        if prefix in DATE_PREFIXES:
            self.emit(Kind.DATE, _end(_DATE_BODY, self.text, after_hash))
            return
        match = _AFTER_HASH.match(self.text, after_hash)
        assert match is not None, "the last alternative matches nothing at all"
        if match.lastgroup == "number":
            self.emit(_number_kind(match.group().lstrip("+-")), match.end())
        elif match.lastgroup == "quote":
            self.string(match.end())
        else:
            self.emit(Kind.TYPED_NAME, match.end())

    def string(self, body: int) -> None:
        """The opening quote is right before `body`."""
        quote = self.text[body - 1]
        end = _end(_STRING_BODIES[quote], self.text, body)
        if self.text.startswith(quote, end):
            self.emit(Kind.STRING, end + 1)
            return
        self.emit(Kind.STRING, end, damaged=True)
        found = UNCLOSED_STRING.at(self.span(end, end), quote=quote)
        self.findings.add(found.also(self.span(body - 1, body), "the string starts here"))

    def pragma(self, body: int) -> None:
        closing = "}}" if self.text.startswith("{", body) else "}"
        end = self.text.find(closing, body)
        if end >= 0:
            self.emit(Kind.PRAGMA, end + len(closing))
            return
        end = _end(_REST_OF_LINE, self.text, body)
        self.emit(Kind.STRANGE, end)
        found = UNCLOSED_PRAGMA.at(self.span(end, end))
        self.findings.add(found.also(self.span(body - 1, body), "the pragma starts here"))

    def block_comment(self, opening: str, end: int) -> None:
        """Comments nest, each kind within itself. An open one swallows the rest of the file."""
        start = self.start
        open_at = [start]
        for match in _COMMENT_ENDS[opening].finditer(self.text, end):
            if match.group() == opening:
                open_at.append(match.start())
            else:
                open_at.pop()
            if not open_at:
                self.emit(Kind.COMMENT, match.end())
                return
        length = len(self.text)
        self.emit(Kind.COMMENT, length, damaged=True)
        place = len(self.text.rstrip())
        found = UNCLOSED_COMMENT.at(self.span(place, place), closing=opening[::-1].replace("(", ")"))
        found = found.also(self.span(start, start + 2), "the comment starts here")
        if len(open_at) > 1:
            found = found.also(self.span(open_at[-1], open_at[-1] + 2), "and this one inside it is not closed either")
        self.findings.add(found)

    def foreign_operator(self, text: str, end: int) -> None:
        kind, remedy = FOREIGN_OPERATORS[text]
        start = self.start
        self.emit(Kind.STRANGE if kind is None else kind, end, damaged=True)
        self.findings.add(FOREIGN_OPERATOR.at(self.span(start, end), written=text, remedy=remedy))

    def strange(self, text: str, end: int) -> None:
        start = self.start
        self.emit(Kind.STRANGE, end)
        self.findings.add(UNEXPECTED_CHARACTER.at(self.span(start, end), character=describe_character(text[0])))


def describe_character(character: str) -> str:
    """`'@'` where a person can see it, otherwise its number and its name."""
    if character.isascii() and character.isprintable():
        return f"'{character}'"
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".rstrip()


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return start if match is None else match.end()


def _number_kind(text: str) -> Kind:
    """REAL for a point or an exponent, unless the digits are hexadecimal."""
    if "#" in text:
        return Kind.INTEGER
    return Kind.REAL if "." in text or _HAS_EXPONENT.match(text) else Kind.INTEGER
