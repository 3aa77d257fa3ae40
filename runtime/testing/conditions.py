"""Conditions as text, which the loop of virtual time tests before each tick: `Main.Level > 2.0 AND NOT Main.Alarm`.

    condition = term { AND term }
    term      = variable relation literal | [NOT] variable
    relation  = one of = <> < <= > >=
    literal   = TRUE | FALSE | a number, also 16#FF | a duration such as 1.5s | a label of the enumeration

A variable is compared in its own type: a limit of a REAL is rounded to single precision, as in the program. Whatever
needs more than this is a function of Python, which is asked in each tick.
"""

from __future__ import annotations

import ast
import re

import numpy as np

from iec61131.program import NUMPY_FORMAT, CompiledProgram, DataType, Target
from runtime.engine.virtual import Condition, Form, Relation
from runtime.service import values
from runtime.service.config.durations import BadDuration, parse_duration
from runtime.testing import variables
from runtime.testing.errors import BadCondition

_RELATIONS = {
    "<>": Relation.DIFFERENT,
    "<=": Relation.AT_MOST,
    ">=": Relation.AT_LEAST,
    "=": Relation.EQUAL,
    "<": Relation.LESS,
    ">": Relation.MORE,
}
_FORMS = {"u": Form.UNSIGNED, "i": Form.SIGNED, "f4": Form.REAL, "f8": Form.LREAL}
_AND = re.compile(r"\s+AND\s+", re.IGNORECASE)
_NOT = re.compile(r"NOT\s+", re.IGNORECASE)
_BASED = re.compile(r"(?P<base>2|8|16)#(?P<digits>[0-9A-F_]+)", re.IGNORECASE)
_TERM = re.compile(r"(?P<path>[^<>=]+?)\s*(?:(?P<relation><>|<=|>=|=|<|>)\s*(?P<literal>[^<>=]+))?")


def parse(program: CompiledProgram, text: str) -> Condition:
    """Raises BadCondition, UnknownVariable, WrongType, OutOfRange."""
    rows, limits = list[list[int]](), list[float]()
    for term in _AND.split(text.strip()):
        row, limit = _term(program, term.strip())
        rows.append(row)
        limits.append(limit)
    return _table(rows, limits)


def _table(rows: list[list[int]], limits: list[float]) -> Condition:
    word = np.zeros(1, np.int64)
    return Condition(
        terms=np.array(rows, np.int64).reshape(-1, 6),
        limits=np.array(limits, np.float64),
        word=word,
        word_f4=word.view(np.float32),
        word_f8=word.view(np.float64),
    )


NONE = _table([], [])
"""Ends no run."""


def _term(program: CompiledProgram, text: str) -> tuple[list[int], float]:
    negated = _NOT.match(text)
    found = _TERM.fullmatch(text[negated.end() :] if negated else text)
    if found is None or (negated and found["relation"]):
        raise BadCondition(f"'{text}' is no condition; one is 'Main.Level > 2.0', 'Main.Pump' or 'NOT Main.Pump'")
    target = variables.find(program, found["path"])
    if not target.type.base:
        raise BadCondition(f"'{target.path}' is {target.type.name or target.type.kind}, not one number or BOOL")
    if found["relation"] is None and target.type.base != "BOOL":
        raise BadCondition(f"'{target.path}' is {target.type.name}; say to what it is compared")
    relation = _RELATIONS[found["relation"]] if found["relation"] else Relation.EQUAL
    literal = _literal(target.type, found["literal"]) if found["relation"] else not negated
    limit = values.pack(target.path, target.type, literal)
    return _row(target, relation, limit)


def _row(target: Target, relation: Relation, limit: bytes) -> tuple[list[int], float]:
    format_ = NUMPY_FORMAT[target.type.base][1:]
    form = _FORMS.get(format_) or _FORMS[format_[0]]
    place = [target.offset, target.type.size, -1 if target.bit is None else target.bit]
    value = np.frombuffer(limit, format_)[0]
    if form in (Form.REAL, Form.LREAL):
        return [*place, form, relation, 0], float(value)
    return [*place, form, relation, int(value.astype(np.int64))], 0.0


def _literal(type_: DataType, text: str) -> object:
    """What the text says; a label, or something that `pack` will not take, as it is."""
    if text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE"
    if type_.base in variables.DURATIONS:
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
