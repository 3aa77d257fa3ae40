"""Numbers as texts and back, by compiled code, against Python's own writing and reading of digits."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from iec61131.source import SourceFile
from tests.language.harness.executors import Limits, Subject

COUNT = 500
SOURCE = """
PROGRAM Main
VAR
    numbers : ARRAY[1..{count}] OF {type};
    texts : ARRAY[1..{count}] OF STRING[40];
    back : ARRAY[1..{count}] OF {type};
    i : DINT;
END_VAR
FOR i := 1 TO {count} DO
    IF texts[i] = '' THEN
        texts[i] := {type}_TO_STRING(numbers[i]);
    END_IF;
    back[i] := STRING_TO_{type}(texts[i]);
END_FOR;
END_PROGRAM
"""


class Converter:
    def __init__(self, type_: str, dtype: str) -> None:
        self.subject = Subject([SourceFile("main.st", SOURCE.format(count=COUNT, type=type_))])
        self.dtype = np.dtype(dtype)

    def run(self, numbers: Sequence[float], texts: Sequence[str] = ()) -> tuple[list[str], list[float]]:
        """The texts and what they read back as, of numbers or of texts that are given."""
        memory = self.subject.memory()
        program = self.subject.program
        rows = {name: program.find(f"Main.{name}") for name in ("numbers", "texts", "back")}
        view = {name: memory[row.offset : row.offset + row.type.size] for name, row in rows.items()}
        view["numbers"].view(self.dtype)[: len(numbers)] = numbers
        lines = view["texts"].reshape(COUNT, -1)
        for line, text in zip(lines, texts, strict=False):
            line[: len(text)] = np.frombuffer(text.encode(), np.uint8)
        assert self.subject.scan("compiled", memory, 0, Limits()) is None
        used = max(len(numbers), len(texts))
        written = [bytes(line).partition(b"\0")[0].decode() for line in lines[:used]]
        return written, view["back"].view(self.dtype)[:used].tolist()


@pytest.fixture(scope="module")
def converters() -> dict[str, Converter]:
    rows = {"REAL": "<f4", "LREAL": "<f8", "LINT": "<i8", "ULINT": "<u8", "LTIME": "<i8"}
    return {type_: Converter(type_, dtype) for type_, dtype in rows.items()}


def _numbers(random: np.random.Generator, single: bool) -> list[float]:
    """Of every size, short ones, those beside powers of two and ten, the ends of the type."""
    bits = random.integers(0, 2**32 if single else 2**64, 150, dtype=np.uint64)
    format_ = ("<I", "<f") if single else ("<Q", "<d")
    found = [struct.unpack(format_[1], struct.pack(format_[0], int(b)))[0] for b in bits]
    found += [float(random.integers(-99999, 99999)) / 10 ** int(random.integers(0, 9)) for _ in range(100)]
    powers = (149, 127) if single else (1074, 1023)
    found += [math.ldexp(1.0, int(e)) for e in random.integers(-powers[0], powers[1], 80)]
    found += [float(f"1e{e}") for e in random.integers(-37 if single else -300, 38 if single else 300, 80)]
    found += [0.1 + 0.2, 9.5367431640625e-07, 5e-324, 123456789012345680.0, -0.0, math.inf, -math.inf]
    return [float(np.float32(x)) if single else x for x in found if not math.isnan(x)]


@pytest.mark.parametrize("type_", ["REAL", "LREAL"])
@pytest.mark.filterwarnings("ignore:overflow")
def test_reals_are_written_in_the_fewest_digits_that_read_back(converters: dict[str, Converter], type_: str):
    single = type_ == "REAL"
    numbers = _numbers(np.random.default_rng(4), single)
    texts, back = converters[type_].run(numbers)
    assert [str(x) for x in back] == [str(x) for x in numbers]  # as text: zeros differ by their sign
    assert texts == [_shortest(x, single) for x in numbers]


def _shortest(value: float, single: bool) -> str:
    if math.isinf(value) or value == 0:
        return str(value)
    for places in range(17):
        text = f"{value:.{places}e}"
        if (float(np.float32(text)) if single else float(text)) == value:
            break
    digits, _, exponent = text.lstrip("-").partition("e")
    if not -4 <= int(exponent) < 10:
        return f"{text.partition('e')[0].rstrip('0').rstrip('.') if '.' in text else text.partition('e')[0]}e{exponent}"
    sign = "-" if value < 0 else ""
    number, point = digits.replace(".", ""), int(exponent) + 1
    number = number.rjust(len(number) + max(1 - point, 0), "0")
    point = max(point, 1)
    return f"{sign}{number[:point].ljust(point, '0')}.{number[point:] or '0'}"


@pytest.mark.parametrize("type_", ["REAL", "LREAL"])
def test_digits_are_read_as_the_nearest_number(converters: dict[str, Converter], type_: str):
    random = np.random.default_rng(5)
    texts = [
        f"{random.integers(0, 10**18)}{random.choice(['', '.', '.5', '.25'])}e{random.integers(-60, 30)}"
        for _ in range(300)
    ]
    texts += ["3.402823567797336616e38", "1.401298464324817e-45", "7.006492321624085e-46"]
    texts += ["2.4703282292062328e-324", "2.47032822920623272e-324", "1.7976931348623158e308", "179769313486231580e291"]
    texts += ["9007199254740993", "9007199254740993.0", "16777217", "16777219", "0.1e23", "8.5e22", "1e23"]
    _, back = converters[type_].run((), texts)
    expected = [float(text) if type_ == "LREAL" else _read_single(text) for text in texts]
    assert back == expected


def _read_single(text: str) -> float:
    """Rounded once: through a double it would be twice."""
    exact = Fraction(text)
    with np.errstate(all="ignore"):
        near = np.float32(np.longdouble(text))
        around = [float(np.nextafter(near, np.float32(end))) for end in (-np.inf, np.inf)] + [float(near)]

    def distance(candidate: float) -> tuple[Fraction, int]:
        value = Fraction(2) ** 128 if math.isinf(candidate) else Fraction(candidate)
        return abs(exact - value), struct.unpack("<I", struct.pack("<f", candidate))[0] & 1

    return min(around, key=distance)


def test_whole_numbers(converters: dict[str, Converter]):
    for type_, low, high in (("LINT", -(2**63), 2**63 - 1), ("ULINT", 0, 2**64 - 1)):
        numbers = [low, low + 1, high, high - 1, 0, 1, 9, 10, 99, 100]
        numbers += [10**n for n in range(19)] + [high >> n for n in range(63)]
        texts, back = converters[type_].run(numbers)
        assert (texts, back) == ([str(n) for n in numbers], numbers)
        beyond = [str(high + 1), str(high * 16), "16#1" + "0" * 16, "9" * 39, "-" + "9" * 30]
        assert converters[type_].run((), beyond)[1] == [high, high, high, high, low]


def test_durations_read_back(converters: dict[str, Converter]):
    random = np.random.default_rng(6)
    numbers = [int(random.integers(-(2**63), 2**63)) >> int(random.integers(0, 60)) for _ in range(300)]
    numbers += [-(2**63), 2**63 - 1, 0, 1, -1, 86_400 * 10**9]
    assert converters["LTIME"].run(numbers)[1] == numbers
