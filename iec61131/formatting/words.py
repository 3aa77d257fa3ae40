"""Which words are written in capitals: keywords, and the words that are keywords in their place only.

Names stay as their author wrote them, also names that look like a keyword of another place: a variable `step`, a
function `time`. Hence no word is looked up here without its place. Reserved words need no place; their atoms hold
capitals from the start.
"""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.formatting.atoms import CLOSING, OPENING, VALUE_ENDS, Atom, Role
from iec61131.formatting.sentences import Sentence, Shape
from iec61131.syntax.tokens import DATE_PREFIXES, DURATION_PREFIXES, ELEMENTARY_TYPES, Kind

TYPE_NAMES = ELEMENTARY_TYPES | (DATE_PREFIXES - {"D", "LD"}) | {"STRING", "WSTRING", "CHAR", "WCHAR"}
_LITERAL_PREFIXES = TYPE_NAMES | DURATION_PREFIXES | DATE_PREFIXES

MODIFIERS = frozenset({"ABSTRACT", "FINAL", "OVERRIDE", "PUBLIC", "PRIVATE", "PROTECTED", "INTERNAL"})
INHERITANCE = frozenset({"EXTENDS", "IMPLEMENTS"})
QUALIFIERS = frozenset({"CONSTANT", "RETAIN", "NON_RETAIN", "PERSISTENT"}) | MODIFIERS
CONNECTING = frozenset({"AT", "WITH", "ON", "FROM", "R_EDGE", "F_EDGE", *INHERITANCE})
"""Words between two names, so that these are one sentence although no sign stands between them."""

_REFERENCES = frozenset({"POINTER", "REFERENCE", "REF_TO"})
_BEHIND_TYPE = frozenset({"R_EDGE", "F_EDGE", "READ_ONLY", "READ_WRITE", "OVERLAP"})
_OPERATORS_OF_ASSIGNMENT = frozenset({"S", "R", "REF"})
_OF_TASK = frozenset({"INTERVAL", "PRIORITY", "SINGLE"})
_LITERALS = frozenset({Kind.INTEGER, Kind.REAL, Kind.DURATION, Kind.DATE, Kind.STRING, Kind.TYPED_NAME})


def capitalise(sentence: Sentence) -> None:
    """Give the words of `sentence` the roles that their places give them, and capitals to those that are keywords."""
    code = [atom for atom in sentence.atoms if not atom.is_note]
    for index, atom in enumerate(code):
        if atom.kind is Kind.IDENTIFIER:
            _anywhere(code, index)
        elif atom.kind in _LITERALS and "#" in atom.text:
            _prefix(atom)
    if sentence.shape in _BY_SHAPE:
        _BY_SHAPE[sentence.shape](code)


def _word(atom: Atom, role: Role = Role.WORD) -> None:
    atom.role = role
    atom.text = atom.key


def _anywhere(code: Sequence[Atom], index: int) -> None:
    atom = code[index]
    follows = code[index + 1].kind if index + 1 < len(code) else Kind.END_OF_FILE
    if follows is Kind.CARET and atom.key in ("THIS", "SUPER"):
        atom.text = atom.key
    elif follows is Kind.EQUAL and atom.key in _OPERATORS_OF_ASSIGNMENT and index and code[index - 1].kind in VALUE_ENDS:
        _word(atom, Role.OPERATOR_OF_ASSIGNMENT)
    elif atom.key.startswith("__") and index == 0:
        _word(atom)


def _prefix(atom: Atom) -> None:
    """`int#16#ff`: the type in capitals, the digits as they are."""
    prefix, sign, rest = atom.text.partition("#")
    if prefix.upper() in _LITERAL_PREFIXES:
        is_truth = prefix.upper() == "BOOL" and rest.upper() in ("TRUE", "FALSE")
        atom.text = prefix.upper() + sign + (rest.upper() if is_truth else rest)


# ------------------------------------------------------------------------------------------------------------ by shape


def _header(code: Sequence[Atom]) -> None:
    """`PUBLIC METHOD FINAL name EXTENDS base : type`."""
    for index, atom in enumerate(code):
        if atom.kind is Kind.COLON:
            _type(code[index:])
            return
        is_last = index + 1 == len(code)
        if atom.kind is Kind.IDENTIFIER and (index == 0 or atom.key in CONNECTING):
            _word(atom)
        elif atom.kind is Kind.IDENTIFIER and (not is_last and code[index + 1].kind is not Kind.COLON):
            if atom.key in QUALIFIERS or code[index - 1].key in MODIFIERS and code[index + 1].kind is Kind.IDENTIFIER:
                _word(atom)


def _opener(code: Sequence[Atom]) -> None:
    for atom in code:
        if atom.kind is Kind.IDENTIFIER:
            _word(atom)


def _declaration(code: Sequence[Atom]) -> None:
    """`names AT place : type := value`, and what closes a STRUCT."""
    for index, atom in enumerate(code):
        if atom.kind is Kind.COLON:
            _type(code[index:])
            return
        if atom.kind is Kind.ASSIGN:
            return
        if index and atom.key in CONNECTING and code[index - 1].kind is Kind.IDENTIFIER:
            _word(atom)


def _type(code: Sequence[Atom]) -> None:
    """From the colon up to the value."""
    depth = 0
    is_type_next = False
    for index, atom in enumerate(code):
        if atom.kind in OPENING:
            depth += 1
        elif atom.kind in CLOSING:
            depth -= 1
        elif atom.kind is Kind.ASSIGN and not depth:
            return
        if atom.kind is Kind.IDENTIFIER:
            follows = code[index + 1].kind if index + 1 < len(code) else Kind.END_OF_FILE
            if is_type_next and follows is not Kind.DOT and atom.key in TYPE_NAMES:
                _word(atom, Role.TYPE_NAME)
            elif is_type_next and (atom.key == "REF_TO" or (atom.key in _REFERENCES and follows is Kind.TO)):
                _word(atom)
            elif (is_type_next and atom.key == "UNION") or (not depth and atom.key in _BEHIND_TYPE and index > 1):
                _word(atom)
        is_type_next = atom.kind in (Kind.COLON, Kind.OF, Kind.TO) or (atom.role is Role.WORD and atom.key == "REF_TO")


def _part(code: Sequence[Atom]) -> None:
    """`TASK name (INTERVAL := ..)`, `PROGRAM name WITH task : type (..)`."""
    for index, atom in enumerate(code):
        if atom.kind is not Kind.IDENTIFIER:
            continue
        is_named = index + 1 < len(code) and code[index + 1].kind is Kind.ASSIGN
        if index == 0 or atom.key in CONNECTING or (is_named and code[0].key == "TASK" and atom.key in _OF_TASK):
            if not (index == 1 or (index == 0 and code[0].key not in ("TASK", "PROGRAM"))):
                _word(atom)


def _transition(code: Sequence[Atom]) -> None:
    for index, atom in enumerate(code):
        if atom.kind in (Kind.ASSIGN, Kind.COLON) and atom.kind is not Kind.ASSIGN:
            return
        if atom.kind is Kind.IDENTIFIER and (index == 0 or atom.key in ("FROM", "PRIORITY")):
            _word(atom)


def _statement(code: Sequence[Atom]) -> None:
    if len(code) > 1 and code[0].key == "JMP" and code[1].kind is Kind.IDENTIFIER:
        _word(code[0])


_BY_SHAPE = {
    Shape.HEADER: _header,
    Shape.WORDS: _opener,
    Shape.DECLARATION: _declaration,
    Shape.PART: _part,
    Shape.TRANSITION: _transition,
    Shape.STATEMENT: _statement,
}
