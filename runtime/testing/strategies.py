"""What hypothesis draws from the types that a program declares.

```python
from hypothesis import given
from runtime.testing import load
from runtime.testing.strategies import inputs_of

PLC = load("programs/silo")

@given(inputs_of(PLC))
def test_one_silo_is_filled_at_a_time(images):
    PLC.restart()
    for image in images:
        PLC.set_inputs(image)
        PLC.cycle()
        assert PLC["MAIN.served"] in (0, 1, 2, 3)
```

The PLC is loaded once, because the strategies need its types before the first example, and started anew for each. REAL
and LREAL are finite; dates lie between 1970 and 2106.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from hypothesis import strategies
from hypothesis.strategies import SearchStrategy

from iec61131.code_page import as_characters
from iec61131.program import NUMPY_FORMAT, CompiledProgram, DataType
from io_drivers.numeric_types import whole_range
from runtime.service.dates import DATES, DAY_NS, TIMES_OF_DAY
from runtime.service.texts import capacity, is_text
from runtime.testing import variables
from runtime.testing.virtual_plc import VirtualPlc

_DATE_TIMES = ("DT", "LDT")
_DAYS, _SECOND_NS = 49_710, 1_000_000_000
_IMAGES = 20
_NARROW = as_characters(bytes(range(1, 256)).decode("latin-1"))


def values_of(plc: VirtualPlc, path: str) -> SearchStrategy[Any]:
    """Every value that the variable can hold: a subrange keeps its bounds, an enumeration its labels, a text its
    length; arrays are lists, structures and instances dicts. Raises UnknownVariable.
    """
    return _of_type(plc.program, variables.find(plc.program, path).type)


def inputs_of(
    plc: VirtualPlc, given: Mapping[str, SearchStrategy[Any]] | None = None, *, max_size: int = _IMAGES
) -> SearchStrategy[list[dict[str, Any]]]:
    """Sequences of input images for `set_inputs`: a value for each point, by its type or as `given` for that point."""
    points = {point: _of_type(plc.program, type_) for point, type_ in plc.input_types.items()}
    return strategies.lists(strategies.fixed_dictionaries({**points, **(given or {})}), min_size=1, max_size=max_size)


def _of_type(program: CompiledProgram, type_: DataType) -> SearchStrategy[Any]:
    if type_.kind == "array":
        made = _of_type(program, program.types[type_.element])
        for low, high in reversed(type_.ranges):
            made = strategies.lists(made, min_size=high - low + 1, max_size=high - low + 1)
        return made
    if type_.members:
        members = [m for m in type_.members if not m.is_hidden and not m.constant]
        return strategies.fixed_dictionaries({m.name: _of_type(program, program.types[m.type]) for m in members})
    if is_text(type_):
        return _texts(type_)
    return _numbers(type_)


def _texts(type_: DataType) -> SearchStrategy[str]:
    """No zero, which ends a text in memory; of the wide ones characters of one code unit."""
    wide = strategies.characters(min_codepoint=1, max_codepoint=0xFFFF, exclude_categories=["Cs"])
    letters = wide if type_.wide or type_.base == "WCHAR" else strategies.sampled_from(_NARROW)
    return strategies.text(letters, min_size=0 if type_.kind == "string" else 1, max_size=capacity(type_))


def _numbers(type_: DataType) -> SearchStrategy[Any]:
    base = type_.base
    if type_.kind == "enum":
        return strategies.sampled_from([variables.Enumerator.of(type_, number) for _, number in type_.labels])
    if type_.kind == "subrange":
        return strategies.integers(type_.low, type_.high)
    if base == "BOOL":
        return strategies.booleans()
    if base in ("REAL", "LREAL"):
        width = cast("Any", 32 if base == "REAL" else 64)
        return strategies.floats(allow_nan=False, allow_infinity=False, width=width)
    if base in DATES:
        return strategies.integers(0, _DAYS - 1).map(lambda day: day * DAY_NS)
    if base in TIMES_OF_DAY:
        return strategies.integers(0, DAY_NS - 1)
    if base in _DATE_TIMES:
        return strategies.integers(0, _DAYS * DAY_NS // _SECOND_NS - 1).map(lambda second: second * _SECOND_NS)
    return strategies.integers(*whole_range(NUMPY_FORMAT[base]))
