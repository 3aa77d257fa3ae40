"""Traces: what is sampled when, how they are compared with references, and the picture of a difference."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from runtime.service.tracing.plot import Plot, svg
from runtime.service.tracing.signals import Signals
from runtime.testing import VirtualPlc, load
from runtime.testing.comparison import differences
from runtime.testing.errors import BadReference, NotOneValue, TraceDiffers, UnknownVariable
from runtime.testing.reference import read, text
from runtime.testing.trace import TraceFiles

SOURCE = """
PROGRAM Main
VAR
    scans : DINT;
    small : SINT;
    big : ULINT := 16#FFFF_FFFF_FFFF_FFF0;
    level : REAL;
    far : LREAL;
    pump : BOOL;
    flag AT %QX0.3 : BOOL;
    wait : TIME;
    name : STRING;
END_VAR
scans := scans + 1;
small := DINT_TO_SINT(-scans);
big := big + 1;
level := DINT_TO_REAL(scans) / 10.0;
far := 1.0E300 * scans;
pump := scans MOD 4 < 2;
flag := pump;
wait := T#1ms * scans;
END_PROGRAM
"""
PROJECT = """
[plc]
name = "traced"
sources = ["main.st"]
[task.main]
program = "Main"
interval = "10ms"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traced")
    (folder / "main.st").write_text(SOURCE)
    (folder / "plc.toml").write_text(PROJECT)
    return folder


@pytest.fixture
def plc(folder: Path, tmp_path: Path) -> VirtualPlc:
    return load(folder, trace_files=TraceFiles(tmp_path, tmp_path))


# ------------------------------------------------------------------------------------------------------------- sampling


def test_every_type_is_sampled_as_itself(plc: VirtualPlc) -> None:
    trace = plc.record("Main.small", "Main.big", "Main.level", "Main.far", "Main.pump", "Main.flag", "Main.wait")
    plc.cycle(3)
    assert trace.time_s.tolist() == [0.0, 0.01, 0.02]
    assert trace["Main.small"].tolist() == [-1, -2, -3]
    assert trace["Main.big"].tolist() == [2**64 - 15, 2**64 - 14, 2**64 - 13]
    assert trace["Main.level"].tolist() == [np.float32(n) for n in (0.1, 0.2, 0.3)]
    assert trace["Main.far"].tolist() == [1e300, 2e300, 3e300]
    assert trace["Main.pump"].tolist() == trace["Main.flag"].tolist() == [True, False, False]
    assert trace["Main.wait"].tolist() == [1_000_000, 2_000_000, 3_000_000]


def test_traces_of_different_intervals_at_the_same_time(plc: VirtualPlc) -> None:
    first = plc.record("Main.scans")
    plc.cycle(5)
    second = plc.record("Main.scans", "Main.pump", every="30ms")
    for _ in range(7):
        plc.cycle(1000)
    assert first["Main.scans"].tolist() == [*range(1, 7006)]
    assert second["Main.scans"].tolist() == [*range(6, 7006, 3)]
    assert second.time_s.tolist() == pytest.approx([0.05 + 0.03 * n for n in range(len(second))])


def test_a_late_sample_does_not_shift_the_next(plc: VirtualPlc) -> None:
    trace = plc.record("Main.scans", every="20ms")
    plc.cycle(2)
    plc.miss(1)
    plc.cycle(4)
    assert trace.time_s.tolist() == pytest.approx([0.0, 0.03, 0.04, 0.06])


def test_a_trace_keeps_what_it_has_when_the_plc_starts_anew(plc: VirtualPlc) -> None:
    trace = plc.record("Main.scans")
    plc.cycle(3)
    plc.restart()
    plc.cycle(3)
    assert trace["Main.scans"].tolist() == [1, 2, 3]


def test_what_cannot_be_recorded(plc: VirtualPlc) -> None:
    with pytest.raises(NotOneValue, match=r"'Main\.name' is STRING"):
        plc.record("Main.name")
    with pytest.raises(UnknownVariable, match="did you mean 'level'"):
        plc.record("Main.levle")
    with pytest.raises(UnknownVariable, match=r"'Main\.pump' is not recorded; there are: Main\.level"):
        plc.record("Main.level")["Main.pump"]


# ----------------------------------------------------------------------------------------------------------- references


def test_a_saved_trace_matches_itself(plc: VirtualPlc) -> None:
    trace = plc.record("Main.small", "Main.big", "Main.level", "Main.far", "Main.pump", "Main.wait")
    plc.cycle(50)
    trace.save(plc._trace_files.references / "all.csv")
    assert trace.matches("all.csv")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("Main.level", "Main.levle"), "has the columns time_s, Main.levle, Main.pump"),
        (lambda text: text.replace("TRUE", "yes", 1), "has a row or value that does not belong there: 'yes'"),
        (lambda text: text.replace(",TRUE", "", 1), "has a row or value"),
        (lambda text: "", "is empty"),
    ],
)
def test_a_damaged_reference(plc: VirtualPlc, tmp_path: Path, change, said: str) -> None:
    trace = plc.record("Main.level", "Main.pump")
    plc.cycle(5)
    (tmp_path / "r.csv").write_text(change(text(trace.signals())))
    with pytest.raises(BadReference, match=said):
        trace.matches("r.csv")


def test_a_difference_is_told_and_drawn(plc: VirtualPlc, tmp_path: Path) -> None:
    trace = plc.record("Main.level", "Main.pump", "Main.scans")
    plc.cycle(100)
    trace.save(tmp_path / "r.csv")
    plc.restart()
    plc["Main.scans"] = 1
    trace = plc.record("Main.level", "Main.pump", "Main.scans")
    plc.cycle(100)
    with pytest.raises(TraceDiffers) as caught:
        trace.matches("r.csv", tolerance={"Main.level": 0.11, "Main.scans": 1})
    assert "Main.pump: at 50 times, first at 0 s: False instead of True" in str(caught.value)
    assert "Main.level" not in str(caught.value)
    ElementTree.fromstring((tmp_path / "r.svg").read_text())
    assert trace.matches("r.csv", tolerance=0.11, shift="10ms")
    with pytest.raises(BadReference, match=r"a tolerance for 'Main\.levle'"):
        trace.matches("r.csv", tolerance={"Main.levle": 0.1})


def test_references_are_written_when_somebody_wants_it(folder: Path, tmp_path: Path) -> None:
    plc = load(folder, trace_files=TraceFiles(tmp_path, update=True))
    trace = plc.record("Main.scans")
    plc.cycle(2)
    assert trace.matches("new/r.csv")
    assert read(tmp_path / "new" / "r.csv", trace.signals()).values["Main.scans"].tolist() == [1, 2]


# ----------------------------------------------------------------------------------------------------------- comparison


def signals(values: list[float] | list[bool]) -> Signals:
    return Signals(np.arange(len(values)) / 10, {"x": np.array(values)})


def differ(found: list, wanted: list, tolerance: float = 0.0, shift_s: float = 0.0) -> list[float]:
    """When they differ, in tenths of a second."""
    found_differences = differences(signals(found), signals(wanted), {"x": tolerance}, shift_s)
    return [round(10 * time) for each in found_differences for time in each.time_s]


NAN = float("nan")


@pytest.mark.parametrize(
    ("found", "wanted", "tolerance", "shift_s", "at"),
    [
        ([1, 2, 3], [1, 2, 3], 0, 0, []),
        ([1, 2, 3], [1, 2, 4], 0, 0, [2]),
        ([1.0, 2.0], [1.1, 2.1], 0.11, 0, []),
        ([1.0, 2.0], [1.1, 2.2], 0.11, 0, [1]),
        ([0, 0, 1, 1, 1], [0, 1, 1, 1, 1], 0, 0.1, []),
        ([0, 0, 0, 1, 1], [0, 1, 1, 1, 1], 0, 0.1, [1, 2]),
        ([1, 2, 3, 4], [2, 3, 4, 5], 0, 0.1, []),
        ([0, 0, 0, 0, 0], [0, 0, 1, 0, 0], 0, 0.1, [2]),
        ([0, 0, 1, 0, 0], [0, 0, 0, 0, 0], 0, 0.1, [2]),
        ([0.0, 0.5, 1.0], [0.0, 1.0, 1.0], 0, 0.1, []),
        ([NAN, 1.0], [NAN, 1.0], 0, 0, []),
        ([NAN, 1.0], [0.0, NAN], 0, 0, [0, 1]),
        ([True, False], [True, True], 0.5, 0, [1]),
        ([2**64 - 1, 2**63], [2**64 - 2, 2**63], 0, 0, [0]),
    ],
)
def test_where_signals_differ(found: list, wanted: list, tolerance: float, shift_s: float, at: list[int]) -> None:
    assert differ(found, wanted, tolerance, shift_s) == at
    assert differ(wanted, found, tolerance, shift_s) == at


def test_an_end_that_comes_too_soon_is_a_difference() -> None:
    (found,) = differences(signals([1, 1]), signals([1, 1, 1, 1]), {}, 0.0)
    assert found.text == "it ends at 0.1 s with 2 samples, the reference at 0.3 s with 4"
    (found,) = differences(signals([]), signals([1]), {}, 0.0)
    assert found.text == "it ends at 0 s with 0 samples, the reference at 0 s with 1"


# -------------------------------------------------------------------------------------------------------------- picture


def test_a_picture_of_anything_is_well_formed() -> None:
    time_s = np.linspace(0.0, 10.0, 50_000)
    values = {
        "Main.<level> & more, with a very long name": np.sin(time_s * 1000),
        "flat": np.zeros(50_000),
        "gaps": np.where(time_s % 2 < 1, np.nan, time_s),
        "endless": np.full(50_000, np.inf),
        "pump": time_s % 1 < 0.5,
        "state": (time_s * 2).astype(np.uint64) + 2**63,
    }
    drawn = svg(Plot("all & sundry", Signals(time_s, values), Signals(time_s, values), {"pump": time_s[100:2000]}))
    ElementTree.fromstring(drawn)
    assert len(drawn) < 400_000
    assert "nan" not in drawn
    for samples in (0, 1):
        few = Signals(time_s[:samples], {name: each[:samples] for name, each in values.items()})
        ElementTree.fromstring(svg(Plot("few", few)))
