"""Samples as columns of their types, in files and in the terminal."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from iec61131.compiler import CompileOptions, compile_program
from iec61131.source import SourceFile
from runtime.service.refused import Refused
from runtime.service.tracing import files, screen
from runtime.service.tracing.columns import Column, Kind, Table, table, typed
from runtime.service.tracing.plot import Plot, svg
from runtime.service.tracing.signals import Signals

SOURCE = """
TYPE Phase : (Idle, Filling := 5, Draining); END_TYPE
PROGRAM Main
VAR on : BOOL; small : SINT; big : ULINT; level : REAL; far : LREAL; wait : TIME; day : DATE; phase : Phase; END_VAR
;
END_PROGRAM
"""
PROGRAM = compile_program([SourceFile("main.st", SOURCE)], CompileOptions(optimise=0))[0]
KINDS = [Kind.of(PROGRAM.find(f"Main.{name}")) for name in SOURCE.split("VAR ")[1].split(" : ", maxsplit=1)[0].split()]
NAMES = ("on", "small", "big", "level", "far", "wait", "day", "phase")
KINDS = [Kind.of(PROGRAM.find(f"Main.{name}")) for name in NAMES]
HOUR_NS = 3600 * 10**9
UTC_NS = 1_772_366_400 * 10**9  # 2026-03-01T12:00:00Z

REAL_1_1 = int(np.float32(1.1).view(np.uint32))
LREAL = int(np.float64(-0.1).view(np.int64))
RAW = np.array(
    [
        [0, 0xFF, -1, REAL_1_1, LREAL, 1_500_000, 24 * HOUR_NS, 5],
        [1, 0x80, 0, REAL_1_1, LREAL, -1, 0, 6],
        [1, 0x7F, 7, REAL_1_1, LREAL, 0, 0, 7],
    ],
    np.int64,
)
CSV = """\
time_s,utc,scan,Main.on,Main.small,Main.big,Main.level,Main.far,Main.wait (ms),Main.day,Main.phase
-0.001000000,2026-03-01T12:00:00.000000000Z,7,FALSE,-1,18446744073709551615,1.1,-0.1,1.5,1970-01-02,Filling
0.000000000,2026-03-01T12:00:00.001000000Z,8,TRUE,-128,0,1.1,-0.1,-1e-06,1970-01-01,Draining
0.001000001,2026-03-01T12:00:00.002000001Z,11,TRUE,127,7,1.1,-0.1,0.0,1970-01-01,7
"""


def sampled() -> Table:
    time_ns = np.array([1_000_000, 2_000_000, 3_000_001], np.int64)
    values = [typed(kind, np.ascontiguousarray(RAW[:, n])) for n, kind in enumerate(KINDS)]
    scan = np.array([7, 8, 11], np.int64)
    return table(KINDS, time_ns, scan, values, zero_ns=2_000_000, utc_offset_ns=UTC_NS - 1_000_000)


def test_a_table_as_csv() -> None:
    written = io.StringIO()
    out = files.CsvWriter(written, KINDS)
    out.write(sampled())
    out.close()
    assert written.getvalue() == CSV


def test_what_was_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    found = files.read(tmp_path / "a.csv")
    assert found.time_s.tolist() == [-0.001, 0.0, 0.001000001]
    assert found.utc_ns.tolist() == sampled().utc_ns.tolist()
    assert found.scan.tolist() == [7, 8, 11]
    assert [column.texts() for column in found.columns] == [column.texts() for column in sampled().columns]
    assert [column.kind.title for column in found.columns] == [kind.title for kind in KINDS]
    again = files.writer(tmp_path / "b.csv", [column.kind for column in found.columns])
    again.write(found)
    again.close()
    assert (tmp_path / "b.csv").read_text() == CSV


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its first columns are not"),
        ("a,b\n1,2\n", "its first columns are not"),
        ("time_s,utc,scan,Main.x\n0,2026-03-01T12:00:00Z,1\n", "row 2 has 3 values instead of 4"),
        ("time_s,utc,scan\nx,2026-03-01T12:00:00Z,1\n", "is no trace"),
        ("time_s,utc,scan\n0,yesterday,1\n", "is no trace"),
        ("time_s,utc,scan\n0,2026-03-01T12:00:00Z,1e400\n", "is no trace"),
    ],
)
def test_what_is_no_trace_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(Refused, match=said):
        files.read(tmp_path / "a.csv")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="No such file"):
        files.read(tmp_path / "a.csv")


def test_parquet_keeps_the_types(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="comes with rung[parquet] only")
    out = files.writer(tmp_path / "a.parquet", KINDS)
    out.write(sampled())
    out.write(sampled())
    out.close()
    found = parquet.read_table(tmp_path / "a.parquet")
    kinds = dict(zip(found.column_names, map(str, found.schema.types), strict=True))
    assert kinds == {
        "time_s": "double",
        "utc": "timestamp[ns, tz=UTC]",
        "scan": "int64",
        "Main.on": "bool",
        "Main.small": "int8",
        "Main.big": "uint64",
        "Main.level": "float",
        "Main.far": "double",
        "Main.wait (ms)": "double",
        "Main.day": "string",
        "Main.phase": "string",
    }
    again = files.read(tmp_path / "a.parquet")
    assert again.utc_ns.tolist() == [*sampled().utc_ns.tolist()] * 2
    assert again.columns[0].texts() == ["FALSE", "TRUE", "TRUE"] * 2
    assert again.columns[7].texts() == ["Filling", "Draining", "7"] * 2


def test_without_the_library_parquet_is_refused_before_anything_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Refused, match=r"rung\[parquet\]"):
        files.check_suffix(Path("a.parquet"))


# ------------------------------------------------------------------------------------------------------------- pictures


def drawn(columns: dict[str, np.ndarray], labels: dict[str, dict[int, str]] | None = None) -> Table:
    count = len(next(iter(columns.values())))
    bases = {"b": "BOOL", "f": "LREAL", "i": "LINT"}
    made = tuple(
        Column(Kind(name, bases[values.dtype.kind], (labels or {}).get(name, {})), values)
        for name, values in columns.items()
    )
    numbers = np.arange(count)
    return Table(numbers / 10, numbers, numbers, made)


def lines(found: Table, width: int = 60, height: int = 20, **more: object) -> list[str]:
    frame = screen.Frame(float(found.time_s[0]), float(found.time_s[-1]), width, height, **more)  # pyright: ignore[reportArgumentType]
    return [line.plain.rstrip() for line in screen.picture(found, frame)]


def test_lanes_and_curves_in_a_terminal() -> None:
    n = np.arange(41)
    found = drawn(
        {"Main.Ramp": n / 40.0, "Main.On": n % 20 >= 10, "Main.Phase": n // 20 + 1},
        {"Main.Phase": {1: "Idle", 2: "On"}},
    )
    assert lines(found, height=8, trigger_s=2.0) == [
        "                   1                    ⣀⣀⡤⠴⠒⠋",
        "Main.Ramp                        ⢀⣀⡤⠤⠖⠒⠋⠁       1.0",
        "                           ⣀⣀⡤⠖⠒⠋⠉",
        "                   0 ⣀⡤⠴⠒⠋⠉⠁",
        "Main.On              ▁▁▁▁▁▁██████▁▁▁▁▁▁▒█████▒  FALSE",
        "Main.Phase           │Idle───────│On─────────│  3",
        "                     ┴───────────▲───────────┴",
        "                     0 s        2 s         4 s",
    ]


def test_a_terminal_that_is_too_low_says_what_is_left_out() -> None:
    found = drawn({f"Main.x{n}": np.arange(10.0) for n in range(9)})
    shown = lines(found, height=12)
    assert shown[-1] == "and 4 more, for which the terminal is too low"
    assert len(shown) <= 13


def test_nothing_is_drawn_where_nothing_is_known() -> None:
    found = drawn({"Main.On": np.ones(5, np.bool_)})
    frame = screen.Frame(0.0, 0.8, 60, 10, None, [(0.1, 0.3)])
    lane = screen.picture(found, frame)[0].plain
    assert " " in lane[lane.index("█") : lane.rindex("█")]
    assert lane.rstrip().endswith("TRUE")


def test_numbers_that_are_none_leave_a_hole() -> None:
    found = drawn({"Main.x": np.array([0.0, np.nan, np.inf, 1.0])})
    assert any("⠁" <= sign <= "⣿" for line in lines(found) for sign in line)
    everywhere = drawn({"Main.x": np.full(4, np.nan)})
    assert lines(everywhere)[0].split()[0] == "1"


def test_a_picture_has_labels_a_trigger_and_gaps() -> None:
    signals = Signals(np.array([-1.0, 0.0, 2.0]), {"Main.Phase": np.array([1, 2, 1])})
    text = svg(Plot("t", signals, labels={"Main.Phase": {1: "Idle", 2: "A<Filling>!"}}, trigger_s=0.0, gaps=[(0.5, 1)]))
    for part in (">Idle<", ">A&lt;Filling…<", ">trigger<", 'class="gap"', "samples were lost here"):
        assert part in text
