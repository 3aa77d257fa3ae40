"""The runner of `make conformance` on small cases: it lets pass what is right, fails what is not, and outlives both.

From the top: each kind of case, then waivers and the report, then processes that hang or end.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from iec61131.program import DataType
from tests.conformance import kinds, printf, workers
from tests.conformance.__main__ import main
from tests.conformance.cases import case_from
from tests.conformance.comparison import is_as_expected
from tests.conformance.kinds import run_case
from tests.conformance.units import Unit, read_units, run_unit
from tests.conformance.verdict import Outcome, Status
from tests.graphical.build import Drawing, Pou, project
from tests.language.harness.executors import Subject

COUNTER = """
PROGRAM main
VAR
    count : DINT;
    step : DINT := 1;
    table : ARRAY[1..3] OF INT := [1, 2, 3];
    grid : ARRAY[0..1, 0..1] OF INT;
    ratio : REAL := 0.1;
    timer : TON;
    place AT %MW3 : INT;
    elapsed : TIME;
END_VAR
count := count + step;
table[2] := table[2] + 10;
grid[1, 0] := 7;
place := place + 1;
timer(IN := TRUE, PT := T#10s);
elapsed := timer.ET;
END_PROGRAM
"""
SCALE = """
FUNCTION Scale : REAL
VAR_INPUT raw : INT; gain : REAL := 0.5; END_VAR
VAR_IN_OUT calls : DINT; END_VAR
calls := calls + 1;
Scale := raw * gain;
END_FUNCTION
"""
_LIBRARY = """<project><types><dataTypes/><pous>
<pou name="Lamp" pouType="functionBlock"><interface/><body><ST/></body></pou>
</pous></types><instances><configurations/></instances></project>"""
_PROJECT = """<project><types><dataTypes/><pous><pou name="Main" pouType="program"><interface><localVars>
<variable name="lamp"><type><derived name="Lamp"/></type></variable>
<variable name="valve"><type><derived name="Valve"/></type></variable>
</localVars></interface><body><ST>lamp();</ST></body></pou></pous></types><instances><configurations>
<configuration name="C"><resource name="R"><task name="T" interval="T#20ms" priority="1">
<pouInstance name="main" typeName="Main"/></task></resource></configuration></configurations></instances></project>"""
COUNTING_BLOCK = """
FUNCTION_BLOCK Count
VAR_INPUT step : INT; END_VAR
VAR sum : INT; END_VAR
sum := sum + step;
END_FUNCTION_BLOCK
"""
CYCLE = {"op": "cycle"}


def expect(var: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"op": "expect", "var": var, "value": value, **more}


def row(kind: str, text: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    sources = [{"name": "main.st", "text": text}]
    return {"id": "own/x", "corpus": "own", "kind": kind, "sources": sources, "entry": "main", "steps": steps, **more}


def ran(kind: str, text: str, *steps: dict[str, Any], **more: Any) -> Outcome:
    return run_case(case_from(row(kind, text, *steps, **more)))


# ---------------------------------------------------------------------------------------------------------------- kinds


def test_variables_are_followed_through_the_steps():
    outcome = ran(
        "vars",
        COUNTER,
        CYCLE,
        expect("count", 1),
        {"op": "set", "var": "step", "value": -3},
        CYCLE,
        expect("count", -2),
        expect("table", [1, 22, 3]),
        expect("table[2]", 22),
        expect("grid[1][0]", 7),
        expect("ratio", 0.1),
        expect("ratio", 0.1004, tol=0.001),
        expect("timer.Q", False),
        {"op": "advance", "ns": 2_500_000_000},
        CYCLE,
        expect("elapsed", 2_500_000_000),
    )
    assert outcome == Outcome(Status.PASSED, compiled=True)


def test_what_is_not_as_expected_is_said():
    assert ran("vars", COUNTER, CYCLE, expect("count", 2)).reason == "count: expected 2, got 1"
    assert ran("vars", COUNTER, CYCLE, expect("ratio", 0.2, tol=0.01)).status is Status.FAILED
    assert ran("vars", COUNTER, CYCLE, expect("table", [1, 2])).reason == "table: expected [1, 2], got [1, 12, 3]"
    assert ran("vars", COUNTER, expect("nobody", 2)).reason == "no variable 'nobody'"
    assert ran("vars", COUNTER, {"op": "dance"}).reason == "the step 'dance' is not known"


def test_addresses_are_set_and_expected():
    set_word = {"op": "set_direct", "address": "%MW3", "value": 41}
    assert ran("vars", COUNTER, set_word, CYCLE, {"op": "expect", "address": "%MB6", "value": 42}).reason == ""
    assert ran("vars", COUNTER, set_word, CYCLE, expect("place", 43)).reason == "place: expected 43, got 42"


def test_texts_are_set_and_expected():
    text = "PROGRAM main VAR a : STRING[5]; b : ARRAY[1..2] OF WSTRING[9]; n : INT; END_VAR n := LEN(a); END_PROGRAM"
    set_a = {"op": "set", "var": "a", "value": "longer"}
    set_b = {"op": "set", "var": "b", "value": ["one", "zwölf €"]}
    assert ran("vars", text, set_a, set_b, CYCLE, expect("a", "longe"), expect("n", 5)).reason == ""
    assert ran("vars", text, set_b, expect("b", ["one", "zwölf €"])).reason == ""
    assert ran("vars", text, set_a, expect("a", "longer")).reason == "a: expected 'longer', got 'longe'"


def test_a_restart_keeps_what_is_retained():
    text = "PROGRAM main VAR a : INT; END_VAR VAR RETAIN r : INT; END_VAR a := a + 1; r := r + 1; END_PROGRAM"
    warm, cold = {"op": "restart", "mode": "warm"}, {"op": "restart", "mode": "cold"}
    assert ran("vars", text, CYCLE, warm, CYCLE, expect("a", 1), expect("r", 2)).reason == ""
    assert ran("vars", text, CYCLE, cold, CYCLE, expect("a", 1), expect("r", 1)).reason == ""


def test_functions_and_blocks_get_a_program_around_them():
    raw = {"op": "set", "var": "raw", "value": 9}
    result = {"op": "expect", "target": "result", "value": 4.5}
    assert ran("vars", SCALE, raw, CYCLE, CYCLE, result, expect("calls", 2), entry="Scale").reason == ""
    step = {"op": "set", "var": "step", "value": 4}
    assert ran("vars", COUNTING_BLOCK, step, CYCLE, CYCLE, expect("sum", 8), entry="count").reason == ""


def test_an_entry_may_be_an_instance_of_a_configuration():
    text = (
        "CONFIGURATION c VAR_GLOBAL g : INT := 5; END_VAR RESOURCE r ON x\n"
        "TASK t (INTERVAL := T#10ms, PRIORITY := 1); PROGRAM p WITH t : main; END_RESOURCE END_CONFIGURATION\n"
        "PROGRAM main VAR n : INT; END_VAR n := g; END_PROGRAM"
    )
    assert ran("vars", text, CYCLE, expect("n", 5), expect("g", 5), entry="p").reason == ""
    assert ran("vars", text, CYCLE, expect("n", 5)).reason == ""


def test_a_fault_fails_a_case():
    reason = ran("vars", "PROGRAM main VAR n : INT; END_VAR n := 1 / n; END_PROGRAM", CYCLE).reason
    assert reason == "fault DIVIDE_BY_ZERO at main.st:1:40, called from line 1 column 9"


def test_a_driver_sees_the_inside_of_what_it_tests():
    text = "PROGRAM Mixer VAR n : INT; b : Count; END_VAR VAR CONSTANT C : INT := 2; END_VAR n := n + C; END_PROGRAM"
    driver = (
        "PROGRAM test VAR m : Mixer; c : Count; a0, a1 : BOOL; END_VAR\n"
        "m(); m(); c(step := 3); a0 := m.n = 4; a1 := c.sum = 2; END_PROGRAM"
    )
    more = {
        "driver": {"name": "driver.st", "text": driver, "entry": "test"},
        "asserts": [{"var": "a0", "expr": "m.n = 4"}, {"var": "a1", "expr": "c.sum = 2"}],
    }
    outcome = ran("asserts", COUNTING_BLOCK + text, CYCLE, expect("a0", True), **more)
    assert outcome == Outcome(Status.PASSED, compiled=True)
    outcome = ran("asserts", COUNTING_BLOCK + text, CYCLE, expect("a1", True), **more)
    assert outcome.reason == "c.sum = 2: expected True, got False"


PRINTING = """
FUNCTION Twice : DINT VAR_INPUT n : DINT; END_VAR printf('twice$N'); Twice := 2 * n; END_FUNCTION
FUNCTION main : DINT
VAR i : INT; x : REAL := 1.5; m : DINT := -1; END_VAR
printf('begin: 100%%$N'); // printf('not in a comment')
FOR i := 1 TO 2 DO
    printf('%d of %d, x = %.2f$N', i, 2, x * i);
END_FOR;
printf('%u %x %5d|$N', m, 255, Twice(MAX(3, 4)));
END_FUNCTION
"""


def test_what_a_program_prints_is_put_together_outside():
    printed = ["begin: 100%", "1 of 2, x = 1.50", "2 of 2, x = 3.00", "twice", "4294967295 ff 8|"]
    assert ran("stdout", PRINTING, checks=[["CHECK", line] for line in printed]).reason == ""
    assert ran("stdout", PRINTING, checks=[["CHECK", "begin: 100%"], ["CHECK-NEXT", printed[1]]]).reason == ""
    for wrong in ([["CHECK-NEXT", printed[1]]], [["CHECK", printed[2]], ["CHECK", printed[1]]], [["CHECK", "begin"]]):
        assert ran("stdout", PRINTING, checks=wrong).reason.startswith("printed: expected ")


def test_a_format_that_is_not_known_fails():
    assert "not known here" in ran("stdout", "FUNCTION main printf('%p', 1); END_FUNCTION", checks=[]).reason
    assert "computed" in ran("stdout", "FUNCTION main printf(f, 1); END_FUNCTION", checks=[]).reason


def test_a_driver_is_preferred_to_printing():
    driver = {"name": "d.st", "text": "PROGRAM t VAR a : BOOL; END_VAR a := TRUE; END_PROGRAM", "entry": "t"}
    more = {"driver": driver, "asserts": [{"var": "a", "expr": "TRUE"}], "checks": [["CHECK", "never"]]}
    assert ran("stdout", PRINTING, **more) == Outcome(Status.PASSED, compiled=True)


WRONG_TYPE = "PROGRAM main VAR n : INT; END_VAR n := TRUE; END_PROGRAM"


def test_what_must_be_rejected_is():
    assert ran("compile_error", WRONG_TYPE).status is Status.PASSED
    assert ran("compile_error", "PROGRAM main printf('x$N'); END_PROGRAM").reason.startswith("accepted")


def test_a_limit_of_the_compiler_is_no_error_of_a_program(monkeypatch: pytest.MonkeyPatch):
    assert kinds.NOT_COVERED
    assert "RUNG0320" not in kinds.NOT_COVERED
    monkeypatch.setattr(kinds, "NOT_COVERED", {"RUNG0320"})
    assert ran("compile_error", WRONG_TYPE).reason.startswith("not covered yet: RUNG0320")


LEFT = "PROGRAM p VAR_INPUT a : BOOL; END_VAR VAR b : BOOL; free, n : INT; END_VAR b := NOT a; n := n + {}; END_PROGRAM"


def pair(left: str, right: str) -> Outcome:
    sources = [{"name": "left.st", "text": left}, {"name": "right.st", "text": right}]
    return ran("xml_st_pair", "", sources=sources, id="own/pair")


def test_a_pair_must_do_the_same():
    assert pair(LEFT.format("free"), LEFT.format("free")) == Outcome(Status.PASSED, compiled=True, note="placed")
    assert pair(LEFT.format("free"), LEFT.format("free + 1")).reason.startswith("cycle 1: p.n is ")


def test_a_pair_may_need_the_order_in_which_elements_are_stored():
    drawing = Drawing("LD")
    power = drawing.rail()
    drawing.coil("y", drawing.contact("x", power), at=(300, 500))
    drawing.coil("x", drawing.contact("a", power), at=(300, 100))
    drawn = project(Pou("p", {"inputVars": "a : BOOL", "localVars": "x, y : BOOL"}, drawing))
    for text, note in (("x := a; y := x;", "placed"), ("y := x; x := a;", "stored")):
        program = f"PROGRAM p VAR_INPUT a : BOOL; END_VAR VAR x, y : BOOL; END_VAR {text} END_PROGRAM"
        sources = [{"name": "plc.xml", "text": drawn}, {"name": "plc.st", "text": program}]
        assert ran("xml_st_pair", "", sources=sources, id="own/drawn").note == note


@pytest.mark.parametrize("kind", ["asserts", "stdout", "vars"])
def test_what_does_not_compile_says_its_first_error(kind: str):
    driver = {"name": "driver.st", "text": "PROGRAM t END_PROGRAM", "entry": "t"} if kind == "asserts" else None
    outcome = ran(kind, "PROGRAM main n := 1; END_PROGRAM", CYCLE, driver=driver)
    assert outcome.reason.startswith("RUNG0301 ")
    assert not outcome.compiled


def test_executors_that_disagree_fail_a_case(monkeypatch: pytest.MonkeyPatch):
    def scan(self: Subject, executor: str, memory: Any, *_: object) -> None:
        memory[self.program.find("main.count").offset] = executor == "compiled"

    monkeypatch.setattr(Subject, "scan", scan)
    outcome = ran("vars", COUNTER, CYCLE, expect("count", 1))
    assert outcome.reason.startswith("the executors disagree: byte ")
    assert "main.count" in outcome.reason


@pytest.mark.parametrize(
    ("base", "size", "dialect", "expected", "found"),
    [
        ("UDINT", 4, "", -1, 2**32 - 1),
        ("INT", 2, "", 0xFFFF, -1),
        ("BOOL", 1, "", 1, True),
        ("TIME", 8, "ironplc", 1500, 1_500_000_000),
        ("LTIME", 8, "ironplc", 1500, 1_500_000_000),
        ("TIME", 8, "rusty", 1500, 1500),
        ("REAL", 4, "", 0.1, 0.10000000149011612),
        ("LREAL", 8, "", float("nan"), float("nan")),
    ],
)
def test_values_of_other_systems(base: str, size: int, dialect: str, expected: Any, found: Any):
    assert is_as_expected(found, expected, DataType(base, "elementary", size, base), dialect)


@pytest.mark.parametrize(("base", "size", "expected", "found"), [("BOOL", 1, 2, True), ("SINT", 1, 256, 0)])
def test_values_that_are_not_the_same(base: str, size: int, expected: Any, found: Any):
    assert not is_as_expected(found, expected, DataType(base, "elementary", size, base), "")


def test_lines_are_compared_as_wholes_and_in_order():
    printf.compare("a  b\n\nc\n", [("CHECK", "a b"), ("CHECK", "c")])
    with pytest.raises(Exception, match="the directive CHECK-DAG is not known"):
        printf.compare("a", [("CHECK-DAG", "a")])


# ---------------------------------------------------------------------------------------------------------------- units


def unit_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "units" / "own"
    (folder / "far").mkdir(parents=True)
    (folder / "Limits.st").write_text("VAR_GLOBAL CONSTANT TOP : INT := 10; END_VAR")
    (folder / "Colour.st").write_text("TYPE Colour : (Red, Green); END_TYPE")
    block = "FUNCTION_BLOCK Lamp VAR_INPUT on : BOOL; n : INT; END_VAR VAR c : Colour; END_VAR {} END_FUNCTION_BLOCK"
    (folder / "Lamp.st").write_text(block.format("IF on THEN c := Green; END_IF; n := n / TOP;"))
    (folder / "far" / "Lamp.st").write_text(block.format("c := nobody;"))
    (folder / "Two.st").write_text("FUNCTION Two : INT VAR a : Lamp; END_VAR Two := 2; END_FUNCTION")
    (folder / "Ladder.xml.st").write_text("PROGRAM p\n(* GRAPHICAL BODY: LD *)\nEND_PROGRAM")
    (folder / "notes.pdf").write_text("not looked at")
    return tmp_path


def test_units_are_compiled_with_what_they_need(tmp_path: Path):
    units = {unit.id: unit for unit in read_units(unit_folder(tmp_path), cycles=50)}
    names = {id_: [path.name for path in unit.needs] for id_, unit in units.items()}
    assert names == {
        "own/Colour.st": [],
        "own/Ladder.xml.st": [],
        "own/Lamp.st": ["Colour.st", "Limits.st"],
        "own/Limits.st": [],
        "own/Two.st": ["Lamp.st", "Colour.st", "Limits.st"],
        "own/far/Lamp.st": ["Colour.st"],
    }
    assert units["own/Two.st"].needs[0].parent.name == "own"
    assert run_unit(units["own/Lamp.st"]) == Outcome(Status.PASSED, compiled=True)
    assert run_unit(units["own/Colour.st"]) == Outcome(Status.MEASURED, compiled=True, alone=True)
    broken = run_unit(units["own/far/Lamp.st"])
    assert (broken.status, broken.compiled, broken.reason[:8]) == (Status.MEASURED, False, "RUNG0301")
    assert not run_unit(units["own/Ladder.xml.st"]).compiled


def test_what_one_form_of_a_library_lacks_is_taken_from_another(tmp_path: Path):
    texts = {
        "pumps-exp/Lamp.st": "FUNCTION Lamp : INT VAR c : Colour; END_VAR Lamp := TOP; END_FUNCTION",
        "pumps-exp/Colour.st": "TYPE Colour : (Red, Green); END_TYPE",
        "pumps-tc3/Colour.st": "TYPE Colour : (Blue); END_TYPE",
        "pumps-tc3/Limits.st": "VAR_GLOBAL CONSTANT TOP : INT := 10; END_VAR",
        "other-exp/Top.st": "VAR_GLOBAL CONSTANT TOP : INT := 3; END_VAR",
    }
    for name, text in texts.items():
        path = tmp_path / "units" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    needs = {unit.id: [path.parent.name for path in unit.needs] for unit in read_units(tmp_path)}
    assert needs["pumps-exp/Lamp.st"] == ["pumps-exp", "pumps-tc3"]


def test_project_of_xml_takes_blocks_from_libraries(tmp_path: Path):
    folder = tmp_path / "units" / "own"
    valve = _LIBRARY.replace("Lamp", "Valve")
    for name, text in {"lib": _LIBRARY, "same": valve, "one": _PROJECT, "two": _PROJECT}.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "plc.xml").write_text(text)
    units = {unit.path.parent.name: unit for unit in read_units(tmp_path)}
    assert [path.parent.name for path in units["one"].needs] == ["lib", "same"]
    assert run_unit(units["one"]).compiled
    assert not run_unit(units["one"]).alone


def test_a_unit_has_no_error_of_its_own_when_only_another_one_has(tmp_path: Path):
    good, bad = tmp_path / "good.st", tmp_path / "bad.st"
    good.write_text("FUNCTION_BLOCK Good VAR b : Bad; END_VAR b(); END_FUNCTION_BLOCK")
    bad.write_text("FUNCTION_BLOCK Bad VAR n : INT; END_VAR n := TRUE; END_FUNCTION_BLOCK")
    outcome = run_unit(Unit("own/good.st", "own", good, (bad,), 10))
    assert (outcome.status, outcome.compiled) == (Status.MEASURED, True)
    assert outcome.reason.startswith("what it needs: RUNG0320")


def test_a_block_on_which_the_executors_disagree_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "Half.st"
    path.write_text("FUNCTION Half : INT VAR_INPUT n : INT; s : STRING[5]; END_VAR Half := n / 2; END_FUNCTION")
    unit = Unit("own/Half.st", "own", path, (), 100)
    assert run_unit(unit).status is Status.PASSED
    monkeypatch.setattr("iec61131.interpreter.execution.binary", lambda *_: 1)
    outcome = run_unit(unit)
    assert outcome.status is Status.FAILED
    assert outcome.reason.startswith("Half, cycle ")


# -------------------------------------------------------------------------------------------------- waivers and report


def report(tmp_path: Path, cases: list[dict[str, Any]], waivers: str = "", *arguments: str) -> tuple[int, list[str]]:
    (tmp_path / "cases").mkdir(exist_ok=True)
    (tmp_path / "cases" / "own.jsonl").write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    (tmp_path / "waivers.txt").write_text(waivers)
    lines: list[str] = []
    options = ["--waivers", str(tmp_path / "waivers.txt"), "--processes", "1"]
    status = main([str(tmp_path), *options, *arguments], lines.append)
    return status, lines


GOOD = row("vars", COUNTER, CYCLE, expect("count", 1), id="own/good")
BAD = row("vars", COUNTER, CYCLE, expect("count", 9), id="own/bad")
WRONG = row("vars", "PROGRAM main n := 1; END_PROGRAM", CYCLE, id="own/wrong")


def test_the_report_counts_and_names_what_failed(tmp_path: Path):
    status, lines = report(tmp_path, [GOOD, BAD, WRONG])
    assert status == 1
    assert lines[0] == "own: 1 passed, 2 failed, 0 waived, 2 compiled"
    assert lines[1] == "own/bad: count: expected 9, got 1"
    assert lines[2].startswith("own/wrong: RUNG0301 ")
    assert lines[-1] == "1 passed, 2 failed"


def test_a_waiver_takes_a_failure_away(tmp_path: Path):
    status, lines = report(tmp_path, [GOOD, BAD], "# why\n\nown/bad: counts from 9\nother/x: of another corpus\n")
    assert (status, lines) == (0, ["own: 1 passed, 0 failed, 1 waived, 2 compiled", "1 passed, 0 failed"])


def test_an_unnecessary_waiver_is_a_failure(tmp_path: Path):
    status, lines = report(tmp_path, [GOOD], "own/good: is wrong\nown/gone: was wrong\n")
    assert (status, lines) == (
        1,
        [
            "own: 0 passed, 2 failed, 0 waived, 1 compiled",
            "own/gone: its waiver is unnecessary: there is no such case",
            "own/good: its waiver is unnecessary: it passes",
            "0 passed, 2 failed",
        ],
    )


def test_a_waiver_of_a_unit_says_why_it_does_not_compile(tmp_path: Path):
    corpus = tmp_path / "units" / "pumps"
    corpus.mkdir(parents=True)
    (corpus / "Off.st").write_text("FUNCTION Off : INT\nOff := TRUE;\nEND_FUNCTION\n")
    (corpus / "On.st").write_text("FUNCTION On : INT\nOn := 1;\nEND_FUNCTION\n")
    status, lines = report(tmp_path, [], "pumps/Off.st: is wrong\npumps/On.st: was wrong\n", "--random", "0")
    assert status == 1
    assert lines[:2] == [
        "pumps: 0 passed, 1 failed, 1 waived, 1 of 2 compiled (1 alone)",
        "pumps/On.st: its waiver is unnecessary: it compiles",
    ]


def test_a_line_that_is_no_waiver_is_refused(tmp_path: Path):
    status, lines = report(tmp_path, [GOOD], "own/good is wrong\n")
    assert status == 2
    assert "waivers.txt:1" in lines[0]


def test_cases_are_chosen_and_told_one_by_one(tmp_path: Path):
    unit_folder(tmp_path)
    status, lines = report(tmp_path, [GOOD, BAD], "", "--only", "own/Lamp", "--verbose", "--random", "5")
    assert status == 0
    assert lines == [
        "own/Lamp.st: passed",
        "own: 1 passed, 0 failed, 0 waived, 1 of 1 compiled (0 alone)",
        "1 passed, 0 failed",
    ]
    assert report(tmp_path, [GOOD], "", "--only", "nothing")[0] == 2


# ------------------------------------------------------------------------------------------------------------ processes


def behave(job: str) -> Outcome:
    match job:
        case "hang":
            threading.Event().wait()
        case "spin":
            while True:
                pass
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "exit":
            os._exit(3)
        case "eat":
            bytearray(1 << 45)
        case "raise":
            raise ValueError("a\nlong story")
        case _:
            pass
    return Outcome(Status.PASSED)


def test_a_job_that_hangs_or_ends_its_process_fails_alone():
    jobs = ["a", "hang", "b", "crash", "c", "exit", "d", "eat", "e", "raise", "f", "spin"]
    outcomes = dict(workers.run_all(jobs, behave, count=2, job_seconds=3.0, patience=2))
    assert {job: outcome.reason for job, outcome in outcomes.items() if outcome.status is not Status.PASSED} == {
        "hang": "not done after 3 s",
        "spin": "not done after 3 s",
        "crash": "the process ended: SIGSEGV",
        "exit": "the process ended: status 3",
        "eat": "out of memory",
        "raise": "ValueError: a long story",
    }
    assert set(outcomes) == set(jobs)
