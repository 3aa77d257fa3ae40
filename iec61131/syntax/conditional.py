"""Conditional compilation: `{IF defined (x)} .. {ELSIF ..} .. {ELSE} .. {END_IF}`, `{define x}`, `{undefine x}`.

`Conditions` sees the tokens of a file in their order, before the parser does, and says which of them count. So a branch
may hold any stretch of text, in declarations and in bodies. Names are compared without case.

What a condition asks is answered from the file itself, up to the pragma:

    defined (name)                              a {define} has set it
    defined (variable: a), (type: a), (pou: a)  the file has declared it
    hasvalue (name, 'text')                     a {define name 'text'} has set it to that text
    hasattribute, hastype, hasconstantvalue     FALSE: what they ask for is known only after the file is read

Every other pragma has no effect here and stays for the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from iec61131.diagnostics.catalogue.syntax import CONDITIONAL_PRAGMA
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.syntax.tokens import POUS, SECTION_STARTS, Kind, Token

_WORD = re.compile(r"\s*(IF|ELSIF|ELSE|END_IF|DEFINE|UNDEFINE)\b(.*)", re.IGNORECASE | re.DOTALL)
_NESTING_MAX = 50  # of brackets and NOT in one condition
_UNKNOWN_LATER = frozenset({"HASATTRIBUTE", "HASTYPE", "HASCONSTANTVALUE"})
_QUESTIONS = _UNKNOWN_LATER | {"DEFINED", "HASVALUE"}


class _Malformed(Exception):
    """The message is the reason."""


class _Branch:
    """An open {IF}: whether its text counts now, and whether one of its branches has counted."""

    def __init__(self, pragma: Token, counts: bool) -> None:
        self.pragma = pragma
        self.counts = counts
        self.has_counted = counts
        self.is_last = False  # {ELSE} has come


class Conditions:
    """`counts`: whether the next token belongs to the program. `findings` are for the parser to report."""

    def __init__(self, before: Iterable[Token]) -> None:
        """`before`: the tokens in front of the first pragma."""
        self.counts = True
        self.findings: list[Diagnostic] = []
        self._branches: list[_Branch] = []
        self._defined: dict[str, str] = {}
        self._declared = _Declared()
        for token in before:
            self.token(token)

    def token(self, token: Token) -> None:
        """A token that counts."""
        self._declared.token(token)

    def pragma(self, token: Token) -> bool:
        """Whether the pragma was one of these, and so is not for the tree."""
        match = _WORD.fullmatch(token.text[1:-1])
        if match is None:
            return False
        word, rest = match[1].upper(), match[2].strip()
        try:
            match word:
                case "IF":
                    self._branches.append(_Branch(token, self.counts and self._holds(rest)))
                case "ELSIF" | "ELSE":
                    self._next_branch(word, rest)
                case "END_IF":
                    if not self._branches:
                        raise _Malformed("no {IF} is open here")
                    self._branches.pop()
                case _:
                    self._define(word, rest)
        except _Malformed as malformed:
            self.findings.append(CONDITIONAL_PRAGMA.at(token.span, reason=malformed))
            if word == "IF":
                self._branches.append(_Branch(token, counts=False))
        self.counts = all(branch.counts for branch in self._branches)
        return True

    def end(self) -> bool:
        """The file is over. Whether a branch is still open."""
        for branch in self._branches:
            self.findings.append(CONDITIONAL_PRAGMA.at(branch.pragma.span, reason="its {END_IF} is missing"))
        return bool(self._branches)

    def _next_branch(self, word: str, condition: str) -> None:
        if not self._branches:
            raise _Malformed("no {IF} is open here")
        branch = self._branches[-1]
        if branch.is_last:
            raise _Malformed("{ELSE} was the last branch")
        branch.is_last = word == "ELSE"
        is_reached = all(outer.counts for outer in self._branches[:-1]) and not branch.has_counted
        branch.counts = False  # also where the condition cannot be read
        branch.counts = is_reached and (word == "ELSE" or self._holds(condition))
        branch.has_counted = branch.has_counted or branch.counts

    def _define(self, word: str, rest: str) -> None:
        name, _, value = rest.partition(" ")
        if not re.fullmatch(r"\w+", name):
            raise _Malformed(f"{word.lower()} needs a name")
        if not self.counts:
            return
        if word == "DEFINE":
            self._defined[name.upper()] = _unquoted(value.strip())
        else:
            self._defined.pop(name.upper(), None)

    def _holds(self, condition: str) -> bool:
        return _Condition(condition, self._defined, self._declared).value()


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == "'" else text


class _Declared:
    """What a file has declared up to some token: keys of POUs, of types and of variables."""

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {"POU": set(), "TYPE": set(), "VARIABLE": set()}
        self._group: str | None = None  # where a name before ':' or ',' goes to
        self._previous: Token | None = None
        self._depth = 0  # of STRUCT and brackets, whose names are not the file's

    def token(self, token: Token) -> None:
        kind, previous = token.kind, self._previous
        self._previous = token
        if kind is Kind.IDENTIFIER:
            if previous is not None and previous.kind in POUS:
                self.names["POU"].add(token.key)
        elif kind is Kind.TYPE:
            self._enter("TYPE")
        elif kind in SECTION_STARTS:
            self._enter("VARIABLE")
        elif kind is Kind.END_TYPE or kind is Kind.END_VAR:
            self._group = None
        elif self._group is not None:
            self._inside(self._group, kind, previous)

    def _enter(self, group: str) -> None:
        self._group, self._depth = group, 0

    def _inside(self, group: str, kind: Kind, previous: Token | None) -> None:
        if kind in _OPENING:
            self._depth += 1
        elif kind in _CLOSING:
            self._depth -= 1
        elif self._depth == 0 and kind in _BEHIND_NAME and previous is not None and previous.kind is Kind.IDENTIFIER:
            self.names[group].add(previous.key)


_BEHIND_NAME = frozenset({Kind.COLON, Kind.COMMA})
_OPENING = frozenset({Kind.STRUCT, Kind.LEFT_PARENTHESIS, Kind.LEFT_BRACKET})
_CLOSING = frozenset({Kind.END_STRUCT, Kind.RIGHT_PARENTHESIS, Kind.RIGHT_BRACKET})


class _Condition:
    """Recursive descent over `NOT`, `AND`, `OR`, brackets and the questions; the weakest first."""

    _PARTS = re.compile(r"\s*(\w+|'[^']*'|[(),:]|\S)")

    def __init__(self, text: str, defined: dict[str, str], declared: _Declared) -> None:
        self._words = self._PARTS.findall(text)
        self._index = 0
        self._depth = 0
        self._defined = defined
        self._declared = declared

    def value(self) -> bool:
        value = self._or()
        if self._index < len(self._words):
            raise _Malformed(f"'{self._words[self._index][:20]}' does not belong to the condition")
        return value

    def _next(self) -> str:
        word = self._words[self._index] if self._index < len(self._words) else ""
        self._index += 1
        return word

    def _accept(self, word: str) -> bool:
        if self._index < len(self._words) and self._words[self._index].upper() == word:
            self._index += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise _Malformed(f"'{word}' is missing in its condition")

    def _or(self) -> bool:
        value = self._and()
        while self._accept("OR"):
            value = self._and() or value  # the right side is read in any case
        return value

    def _and(self) -> bool:
        value = self._not()
        while self._accept("AND"):
            value = self._not() and value
        return value

    def _not(self) -> bool:
        self._depth += 1
        if self._depth > _NESTING_MAX:
            raise _Malformed("its condition is nested too deep")
        if self._accept("NOT"):
            value = not self._not()
        elif self._accept("("):
            value = self._or()
            self._expect(")")
        else:
            value = self._question()
        self._depth -= 1
        return value

    def _question(self) -> bool:
        word = self._next().upper()
        if word not in _QUESTIONS:
            raise _Malformed("a condition is made of defined (..), hasvalue (..), NOT, AND, OR and brackets")
        self._expect("(")
        inside: list[str] = []
        while not self._accept(")"):
            part = self._next()
            if not part or part == "(":
                raise _Malformed("')' is missing in its condition")
            inside.append(part)
        if word in _UNKNOWN_LATER:
            return False
        return self._is_defined(inside) if word == "DEFINED" else self._has_value(inside)

    def _is_defined(self, inside: list[str]) -> bool:
        match [part.upper() for part in inside]:
            case [name]:
                return name in self._defined
            case [group, ":", name]:
                return name in self._declared.names.get(group, ())
            case _:
                raise _Malformed("defined takes one name: defined (x), defined (variable: x)")

    def _has_value(self, inside: list[str]) -> bool:
        match inside:
            case [name, ",", value]:
                return self._defined.get(name.upper()) == _unquoted(value)
            case _:
                raise _Malformed("hasvalue takes a name and a text: hasvalue (x, 'a')")
