"""Which words are written in capitals: keywords, and the words that are keywords in their place only.

Names stay as their author wrote them, also names that look like a keyword of another place: a variable `step`, a
function `time`. Hence no word is looked up here without its place. Reserved words need no place; their atoms hold
capitals from the start.
"""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.formatting.atoms import CLOSING, OPENING, VALUE_ENDS, Atom, Role
from iec61131.formatting.blocks import WITHIN_DECLARATION
from iec61131.formatting.sentences import Sentence, Shape
from iec61131.syntax.tokens import DATE_PREFIXES, DURATION_PREFIXES, ELEMENTARY_TYPES, Kind

TYPE_NAMES = ELEMENTARY_TYPES | (DATE_PREFIXES - {"D", "LD"}) | {"STRING", "WSTRING", "CHAR", "WCHAR"}
_LITERAL_PREFIXES = TYPE_NAMES | DURATION_PREFIXES | DATE_PREFIXES

MODIFIERS = frozenset({"ABSTRACT", "FINAL", "OVERRIDE", "PUBLIC", "PRIVATE", "PROTECTED", "INTERNAL"})
INHERITANCE = frozenset({"EXTENDS", "IMPLEMENTS"})
QUALIFIERS = frozenset({"CONSTANT", "RETAIN", "NON_RETAIN", "PERSISTENT"}) | MODIFIERS
CONNECTING = frozenset({"AT", "WITH", "ON", "FROM", "R_EDGE", "F_EDGE", *INHERITANCE})
"""Words between two names, which so are one sentence although no sign stands between them."""

_BEHIND_TYPE = frozenset({"R_EDGE", "F_EDGE", "READ_ONLY", "READ_WRITE", "OVERLAP"})
OPERATORS_OF_ASSIGNMENT = frozenset({"S", "R", "REF"})
_TRY = frozenset({"__TRY", "__CATCH", "__FINALLY", "__ENDTRY"})
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


def _kind(code: Sequence[Atom], index: int) -> Kind:
    return code[index].kind if 0 <= index < len(code) else Kind.END_OF_FILE


def _key(code: Sequence[Atom], index: int) -> str:
    return code[index].key if 0 <= index < len(code) else ""


def _anywhere(code: Sequence[Atom], index: int) -> None:
    """Words that what stands beside them makes keywords."""
    atom = code[index]
    follows = _kind(code, index + 1)
    if follows is Kind.CARET and atom.key in ("THIS", "SUPER"):
        atom.text = atom.key
    elif follows is Kind.EQUAL and atom.key in OPERATORS_OF_ASSIGNMENT and _kind(code, index - 1) in VALUE_ENDS:
        _word(atom, Role.OPERATOR_OF_ASSIGNMENT)
    elif index == 0 and atom.key in _TRY:
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
    index = 0
    while code[index].key in MODIFIERS and index + 1 < len(code):
        _word(code[index])
        index += 1
    if code[index].kind is Kind.IDENTIFIER:
        _word(code[index])
    index += 1
    while _key(code, index) in MODIFIERS and _kind(code, index + 1) is Kind.IDENTIFIER:
        if _key(code, index + 1) in INHERITANCE:
            break
        _word(code[index])
        index += 1
    for behind in range(index + 1, len(code)):
        atom, before = code[behind], code[behind - 1]
        if atom.kind is Kind.COLON:
            _type(code[behind:])
            return
        is_behind_name = before.kind is Kind.IDENTIFIER and before.role is not Role.WORD
        if is_behind_name and atom.key in INHERITANCE | MODIFIERS:
            _word(atom)


def _words(code: Sequence[Atom]) -> None:
    for atom in code:
        if atom.kind is Kind.IDENTIFIER:
            _word(atom)


def _first_word(code: Sequence[Atom]) -> None:
    _words(code[:1])


def _declaration(code: Sequence[Atom]) -> None:
    """`names AT place : type := value`, and what closes a STRUCT."""
    if _key(code, 0) in WITHIN_DECLARATION:
        _words(code[:1])
    for index, atom in enumerate(code):
        if atom.kind is Kind.COLON:
            _type(code[index:])
        if atom.kind in (Kind.COLON, Kind.ASSIGN):
            return
        if atom.key in CONNECTING and _kind(code, index - 1) is Kind.IDENTIFIER:
            _word(atom)


def _type(code: Sequence[Atom]) -> None:
    """From the colon up to the value."""
    depth = 0
    is_type = False  # whether a type begins here
    for index, atom in enumerate(code):
        depth += (atom.kind in OPENING) - (atom.kind in CLOSING)
        if atom.kind is Kind.ASSIGN and not depth:
            return
        if atom.kind is Kind.IDENTIFIER:
            if is_type:
                _first_of_type(code, index)
            elif not depth and atom.key in _BEHIND_TYPE:
                _word(atom)
        is_type = atom.kind in (Kind.COLON, Kind.OF, Kind.TO) or (is_type and atom.key == "REF_TO")


def _first_of_type(code: Sequence[Atom], index: int) -> None:
    atom, follows = code[index], _kind(code, index + 1)
    if atom.key in TYPE_NAMES and follows is not Kind.DOT:
        _word(atom, Role.TYPE_NAME)
    elif atom.key in ("REF_TO", "UNION") or (atom.key in ("POINTER", "REFERENCE") and follows is Kind.TO):
        _word(atom)


def _part(code: Sequence[Atom]) -> None:
    """`TASK name (INTERVAL := ..)`, `PROGRAM name WITH task : type (..)`, `RESOURCE name ON name`."""
    is_task = code[0].key == "TASK"
    if is_task or code[0].key == "RESOURCE":
        _word(code[0])
    for index in range(2, len(code)):
        atom = code[index]
        is_parameter = is_task and atom.key in _OF_TASK and _kind(code, index + 1) is Kind.ASSIGN
        if is_parameter or (atom.key in CONNECTING and _kind(code, index - 1) is Kind.IDENTIFIER):
            _word(atom)


def _transition(code: Sequence[Atom]) -> None:
    """`TRANSITION name (PRIORITY := 1) FROM step TO step := condition;`."""
    _words(code[:1])
    for index, atom in enumerate(code):
        if atom.key == "FROM" or (atom.key == "PRIORITY" and _kind(code, index + 1) is Kind.ASSIGN):
            _word(atom)
        if atom.kind is Kind.TO:
            return


def _statement(code: Sequence[Atom]) -> None:
    if _key(code, 0) in ("JMP", "USING", "MOCK") and _kind(code, 1) is Kind.IDENTIFIER:
        _word(code[0])
        for atom in code[2:] if code[0].key == "MOCK" else ():
            if atom.key == "WITH":
                _word(atom)


_BY_SHAPE = {
    Shape.HEADER: _header,
    Shape.WORDS: _words,
    Shape.STEP: _first_word,
    Shape.DECLARATION: _declaration,
    Shape.PART: _part,
    Shape.TRANSITION: _transition,
    Shape.STATEMENT: _statement,
}
