"""A term of a condition as text: `Main.Level > 2.0`, `Main.Pump`, `NOT Main.Pump`.

    term      = variable relation literal | [NOT] variable
    relation  = one of = <> < <= > >=
    literal   = TRUE | FALSE | a number, also 16#FF | a duration such as 1.5s | a label of the enumeration

A variable is compared in its own type: a limit of a REAL is rounded to single precision, as in the program.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from msgspec import Struct

from iec61131.program import NUMPY_FORMAT, DataType, Target
from runtime.engine.relations import Form, Relation
from runtime.service import values
from runtime.service.config.durations import BadDuration, parse_duration

DURATIONS = ("TIME", "LTIME")
_RELATIONS = {
    "<>": Relation.DIFFERENT,
    "<=": Relation.AT_MOST,
    ">=": Relation.AT_LEAST,
    "=": Relation.EQUAL,
    "<": Relation.LESS,
    ">": Relation.MORE,
}
_FORMS = {"u": Form.UNSIGNED, "i": Form.SIGNED, "f4": Form.REAL, "f8": Form.LREAL}
_NOT = re.compile(r"NOT\s+", re.IGNORECASE)
_BASED = re.compile(r"(?P<base>2|8|16)#(?P<digits>[0-9A-F_]+)", re.IGNORECASE)
_TERM = re.compile(r"(?P<path>[^<>=]+?)\s*(?:(?P<relation><>|<=|>=|=|<|>)\s*(?P<literal>[^<>=]+))?")


class BadCondition(ValueError):
    """The text is no term; it says what would be one."""


class Term(Struct, frozen=True):
    """`target` in a relation to a limit, which is a word as `engine.comparing` has it."""

    target: Target
    form: Form
    relation: Relation
    limit: int

    @property
    def row(self) -> list[int]:
        """Offset, size in bytes, bit or -1, form, relation, limit."""
        bit = -1 if self.target.bit is None else self.target.bit
        return [self.target.offset, self.target.type.size, bit, self.form, self.relation, self.limit]


def parse_term(text: str, find: Callable[[str], Target]) -> Term:
    """`find` looks variables up. Raises BadCondition, WrongType, OutOfRange, and what `find` raises."""
    negated = _NOT.match(text)
    found = _TERM.fullmatch(text[negated.end() :] if negated else text)
    if found is None or (negated and found["relation"]):
        raise BadCondition(f"'{text}' is no condition; one is 'Main.Level > 2.0', 'Main.Pump' or 'NOT Main.Pump'")
    target = find(found["path"])
    if not target.type.base:
        raise BadCondition(f"'{target.path}' is {target.type.name or target.type.kind}, not one number or BOOL")
    if found["relation"] is None and target.type.base != "BOOL":
        raise BadCondition(f"'{target.path}' is {target.type.name}; say to what it is compared")
    relation = _RELATIONS[found["relation"]] if found["relation"] else Relation.EQUAL
    literal = _literal(target.type, found["literal"]) if found["relation"] else not negated
    limit = values.pack(target.path, target.type, literal)
    format_ = NUMPY_FORMAT[target.type.base][1:]
    form = _FORMS.get(format_) or _FORMS[format_[0]]
    return Term(target, form, relation, _word(format_, limit))


def _word(format_: str, limit: bytes) -> int:
    """Signed numbers as such, anything else as its bits in a word that has a sign."""
    return int.from_bytes(limit, "little", signed=format_[0] == "i" or len(limit) == 8)


def _literal(type_: DataType, text: str) -> object:
    """What the text says; a label, or something that `pack` will not take, as it is."""
    if text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE"
    if type_.base in DURATIONS:
        try:
            return parse_duration(text)
        except BadDuration as error:
            raise BadCondition(f"'{text}' is no duration: {error}") from None
    if based := _BASED.fullmatch(text):
        return int(based["digits"], int(based["base"]))
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text.rpartition("#")[2] if type_.kind == "enum" else text
