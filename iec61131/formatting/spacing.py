"""Whether a space stands between two atoms of a sentence.

`set_spaces` gives the operators their roles first: the same sign stands between two values or before one. Then one rule
after the other is asked, in the order of `_has_space`. Where no space is wanted but the two texts would melt into
another token, there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from iec61131.formatting.atoms import OPENING, OPERATORS, VALUE_ENDS, Atom, Role
from iec61131.formatting.sentences import Sentence, Shape
from iec61131.source import SourceFile
from iec61131.syntax.lexer import lex
from iec61131.syntax.tokens import BINARY_OPERATORS, RESERVED, Kind


def set_spaces(sentence: Sentence) -> None:
    """Set role and space of each atom; the space of the first one is of no meaning."""
    atoms = sentence.atoms
    _set_roles(atoms)
    depth = 0
    for index in range(1, len(atoms)):
        before, atom = atoms[index - 1], atoms[index]
        space = _has_space(before, atom, sentence.shape, depth)
        atom.space = space or not _stay_apart(before, atom)
        if atom.kind in OPENING:
            depth += 1
        elif atom.kind is Kind.RIGHT_PARENTHESIS or atom.kind is Kind.RIGHT_BRACKET:
            depth -= 1


def _set_roles(atoms: Sequence[Atom]) -> None:
    last: Atom | None = None
    operand_word: Atom | None = None
    for atom in atoms:
        if atom.is_note:
            continue
        if operand_word is not None:
            if atom.kind is Kind.LEFT_PARENTHESIS:
                operand_word.role = Role.FUNCTION
            operand_word = None
        if atom.kind in OPERATORS:
            stands_between = last is not None and _ends_value(last)
            if stands_between and atom.kind in BINARY_OPERATORS:
                atom.role = Role.BINARY
            elif atom.kind in (Kind.PLUS, Kind.MINUS, Kind.STAR):
                atom.role = Role.UNARY  # a star: ARRAY[*]
            elif atom.kind in RESERVED and atom.kind is not Kind.NOT:
                operand_word = atom
        last = atom


def _ends_value(atom: Atom) -> bool:
    return atom.kind in VALUE_ENDS and atom.role is not Role.WORD


_NONE_BEFORE = frozenset(
    {
        *(Kind.COMMA, Kind.SEMICOLON, Kind.RIGHT_PARENTHESIS, Kind.RIGHT_BRACKET),
        *(Kind.DOT, Kind.CARET, Kind.RANGE),
    }
)
_NONE_BEHIND = frozenset({Kind.LEFT_PARENTHESIS, Kind.LEFT_BRACKET, Kind.DOT, Kind.RANGE})
_BEFORE_INDEX = frozenset(
    {Kind.IDENTIFIER, Kind.RIGHT_BRACKET, Kind.RIGHT_PARENTHESIS, Kind.CARET, Kind.ARRAY, Kind.ADDRESS}
)
_BEFORE_ARGUMENTS = frozenset(
    {
        *(Kind.IDENTIFIER, Kind.RIGHT_BRACKET, Kind.RIGHT_PARENTHESIS, Kind.CARET),
        *(Kind.INTEGER, Kind.TYPED_NAME, Kind.ADDRESS),
    }
)
# TASK fast (INTERVAL := T#10ms)
_SPACED_ARGUMENTS = frozenset({Shape.PART, Shape.TRANSITION})
_COLON_ADJACENT = frozenset({Shape.LABEL, Shape.STEP, Shape.TRANSITION})


def _has_space(before: Atom, atom: Atom, shape: Shape, depth: int) -> bool:
    kind, kind_before = atom.kind, before.kind
    if kind in _NONE_BEFORE or kind_before in _NONE_BEHIND or before.role is Role.UNARY:
        return False
    if kind is Kind.COLON:
        return shape not in _COLON_ADJACENT or depth > 0
    if before.role is Role.OPERATOR_OF_ASSIGNMENT:
        return False
    if kind is Kind.LEFT_PARENTHESIS:
        return _has_space_before_arguments(before, shape, depth)
    if kind is Kind.LEFT_BRACKET:
        return kind_before not in _BEFORE_INDEX
    is_at_generic = shape is Shape.HEADER and (kind is Kind.GREATER or kind_before is Kind.LESS)
    return not is_at_generic


def _has_space_before_arguments(before: Atom, shape: Shape, depth: int) -> bool:
    if before.role is Role.FUNCTION:
        return False
    if before.kind not in _BEFORE_ARGUMENTS:
        return True
    if before.role is Role.WORD:
        return True
    if before.role is Role.TYPE_NAME:
        return before.key not in ("STRING", "WSTRING")
    return shape in _SPACED_ARGUMENTS and not depth


# ------------------------------------------------------------------------------------------------ texts that would melt

# These begin or end no longer token than themselves.
_ALONE = frozenset({")", "[", "]", ",", ";"})


def _stay_apart(before: Atom, atom: Atom) -> bool:
    """Whether the two texts side by side are still the two tokens."""
    first, second = before.text, atom.text
    if second in _ALONE or first in _ALONE or before.end == atom.start:
        return True
    if second == "(" or (first == "(" and second[0] not in "*/"):
        return True
    return _are_two_tokens(first, second)


@lru_cache(maxsize=4096)
def _are_two_tokens(first: str, second: str) -> bool:
    tokens, findings = lex(SourceFile("", first + second))
    return not findings and [token.end for token in tokens[:-1]] == [len(first), len(first) + len(second)]
