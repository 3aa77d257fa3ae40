"""The standard blocks and functions that are written in the language, all variants of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from iec61131 import compiler
from iec61131.source import SourceFile
from iec61131.stdlib import BLOCKS, FUNCTIONS, standard_source, words_of
from tests.language.harness.executors import Limits, Subject
from tests.language.harness.values import read, write


@pytest.mark.parametrize("dialect", ["rung", "iec"])
def test_each_compiles_without_a_word(dialect: str) -> None:
    blocks = "".join(f"    b_{name} : {name};\n" for name in BLOCKS)
    calls = "".join(f"// {name}\n" for name in FUNCTIONS)
    text = f"PROGRAM Main\nVAR\n{blocks}END_VAR\n{calls}END_PROGRAM\n"
    options = compiler.CompileOptions(dialect="iec" if dialect == "iec" else "rung")
    model, _, found = compiler.build_model([SourceFile("main.st", text)], options)
    assert found == []
    assert {pou.key for pou in model.pous} == {"MAIN", *BLOCKS, *FUNCTIONS}


@pytest.mark.parametrize("name", [*BLOCKS, *FUNCTIONS])
def test_each_declares_what_it_is_called(name: str) -> None:
    source = standard_source(name.lower())
    assert source is not None
    assert source.name == f"stdlib/{name}.st"
    assert source.text.startswith(f"(* {name}: ")
    keyword = "FUNCTION_BLOCK" if name in BLOCKS else "FUNCTION"
    assert f"\n{keyword} {name}" in source.text


def test_a_variant_is_the_same_text_with_other_words() -> None:
    source = standard_source("CTD_UDINT")
    assert source is not None
    assert "CV stays at 0, the smallest UDINT" in source.text
    assert "PVmin : UDINT := 0;" in source.text


def test_what_a_text_may_call_is_read_off_its_words() -> None:
    found = words_of(["x := Split_Dt(y); (* day_of_week *)", "my_CONCAT_DT := 1;"])
    assert found & FUNCTIONS.keys() == {"SPLIT_DT", "DAY_OF_WEEK"}


def test_what_the_program_declares_comes_first() -> None:
    text = """
FUNCTION DAY_OF_WEEK : INT
VAR_INPUT IN : INT; END_VAR
DAY_OF_WEEK := IN;
END_FUNCTION
PROGRAM Main
VAR n : INT; END_VAR
n := DAY_OF_WEEK(5);
END_PROGRAM
"""
    model, _, _ = compiler.build_model([SourceFile("main.st", text)])
    assert [pou.name for pou in model.pous] == ["DAY_OF_WEEK", "Main"]


CALENDAR = """
PROGRAM Main
VAR
    day, again : DATE;
    year, month, day_of_month, weekday : INT;
END_VAR
SPLIT_DATE(day, YEAR => year, MONTH => month, DAY => day_of_month);
again := CONCAT_DATE(year, month, day_of_month);
weekday := DAY_OF_WEEK(day);
END_PROGRAM
"""


def test_the_calendar_is_that_of_the_library_of_python() -> None:
    """Every day of the years in which something about leap years can go wrong, in machine code."""
    subject = Subject([SourceFile("main.st", CALENDAR)])
    memory = subject.memory()
    targets = {name: subject.program.find(f"Main.{name}") for name in ("day", "again", "weekday")}
    parts = [subject.program.find(f"Main.{name}") for name in ("year", "month", "day_of_month")]
    for first, last in (
        (1678, 1681),
        (1699, 1701),
        (1896, 1905),
        (1968, 1973),
        (1999, 2005),
        (2099, 2101),
        (2260, 2262),
    ):
        day = date(first, 1, 1)
        while day < date(last, 1, 1):
            value_ns = (day - date(1970, 1, 1)).days * 86_400 * 10**9
            write(memory, targets["day"], value_ns)
            assert subject.scan("compiled", memory, 0, Limits()) is None
            assert [read(memory, part) for part in parts] == [day.year, day.month, day.day], day
            assert read(memory, targets["again"]) == value_ns, day
            assert read(memory, targets["weekday"]) == (day.weekday() + 1) % 7, day
            day += timedelta(days=1)
