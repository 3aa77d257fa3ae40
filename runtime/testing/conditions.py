"""Conditions as text, which the loop of virtual time tests before each tick: `Main.Level > 2.0 AND NOT Main.Alarm`.

    condition = term { AND term }

`service.conditions` says what a term is. Whatever needs more than this is a function of Python, which is asked in each
tick.
"""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from iec61131.program import HEADER_FIELDS, CompiledProgram
from runtime.engine.relations import Form, Relation
from runtime.engine.virtual import Condition
from runtime.service import conditions
from runtime.testing import variables
from runtime.testing.errors import BadCondition

_AND = re.compile(r"\s+AND\s+", re.IGNORECASE)


def parse(program: CompiledProgram, text: str) -> Condition:
    """Raises BadCondition, UnknownVariable, WrongType, OutOfRange."""
    find = partial(variables.find, program)
    try:
        return _table([conditions.parse_term(term.strip(), find).row for term in _AND.split(text.strip())])
    except conditions.BadCondition as error:
        raise BadCondition(str(error)) from None


def _table(rows: list[list[int]]) -> Condition:
    return Condition(terms=np.array(rows, np.int64).reshape(-1, 6))


NONE = _table([])
"""Ends no run."""

_FAULT_CODE, _FORMAT = HEADER_FIELDS["fault_code"]
FAULTED = _table([[_FAULT_CODE, int(_FORMAT[2:]), -1, int(Form.SIGNED), int(Relation.DIFFERENT), 0]])
"""The PLC has come to FAULT."""
