"""The pages about the language, its diagnostics and the drivers say what the code says."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iec61131.compiler import check
from iec61131.diagnostics.catalogue import CODES
from iec61131.diagnostics.explain import markdown
from iec61131.formatting.formatter import format_text
from iec61131.semantics import limits as limits_of_meaning
from iec61131.semantics.assertions import TEST_FUNCTIONS
from iec61131.semantics.conversions import Rounding
from iec61131.semantics.intrinsics import STANDARD_FUNCTIONS
from iec61131.semantics.place_functions import PLACE_FUNCTIONS
from iec61131.semantics.standard_functions import NOT_YET, OBJECT_FUNCTIONS
from iec61131.semantics.type_specs import UNSUPPORTED_TYPES
from iec61131.semantics.types import ELEMENTARY_NAMES
from iec61131.source import SourceFile
from iec61131.stdlib import BLOCKS, FUNCTIONS
from iec61131.syntax import limits
from io_drivers.contract import Channel, Connection, Device, Direction, InputBlock, OutputBlock, Quality, Reason
from io_drivers.modbus.config import Point
from io_drivers.modbus.plan import coalesce
from io_drivers.modbus.plant import Device as PlantDevice
from io_drivers.modbus.registers import to_bytes
from io_drivers.modbus.wire_types import BYTE_ORDERS
from io_drivers.numeric_types import TYPES
from runtime import cli
from runtime.testing import load

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LANGUAGE = (DOCS / "language.md").read_text(encoding="utf-8")
DRIVERS = (DOCS / "drivers.md").read_text(encoding="utf-8")
COLUMNS = 120


TESTING = (DOCS / "testing.md").read_text(encoding="utf-8")


def blocks(page: str, mark: str) -> list[str]:
    return re.findall(rf"^```{mark}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def test_the_diagnostics_page_is_the_catalogue():
    remedy = "write it anew: python -m iec61131.diagnostics.explain > docs/diagnostics.md"
    assert (DOCS / "diagnostics.md").read_text(encoding="utf-8") == markdown(), remedy


def test_the_diagnostics_page_can_be_written_anew():
    command = [sys.executable, "-m", "iec61131.diagnostics.explain"]
    written = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert written.stdout.decode() == markdown()


@pytest.mark.parametrize("example", blocks(LANGUAGE, "iecst"))
def test_the_examples_of_the_language_compile(example: str):
    assert [finding.message for finding in check([SourceFile("language.md", example)])] == []


@pytest.mark.parametrize("example", blocks(LANGUAGE, "iecst wrong"))
def test_the_wrong_examples_have_the_error_that_they_name(example: str):
    found = {finding.code.id for finding in check([SourceFile("language.md", example)]) if finding.is_error}
    assert found == set(re.findall(r"RUNG\d{4}", example))


def test_the_language_page_has_examples_of_both_kinds():
    assert blocks(LANGUAGE, "iecst")
    assert blocks(LANGUAGE, "iecst wrong")


@pytest.mark.parametrize("name", ["language", "drivers", "opcua", "operation"])
def test_codes_that_a_page_names_exist(name: str):
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert set(re.findall(r"RUNG\d{4}", page)) <= set(CODES)


@pytest.mark.parametrize("name", ["language", "formatting", "drivers", "diagnostics", "opcua", "operation", "testing"])
def test_running_text_is_wrapped(name: str):
    lines = (DOCS / f"{name}.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > COLUMNS and not line.startswith("|")] == []


def test_every_limit_is_on_the_language_page():
    values = [*vars(limits).values(), *vars(limits_of_meaning).values()]
    rows = [row for value in values for row in (value.values() if isinstance(value, dict) else [value])]
    constructs = {row.construct for row in rows if isinstance(row, limits.Limit)}
    assert constructs
    assert {construct for construct in constructs if construct not in LANGUAGE} == set()


def test_types_functions_and_blocks_are_on_the_language_page():
    words = set(re.findall(r"\w+", LANGUAGE))
    functions = {name for name in STANDARD_FUNCTIONS if not name.startswith("__")}  # the others are the library's own
    named = {*ELEMENTARY_NAMES, *functions, *PLACE_FUNCTIONS, *OBJECT_FUNCTIONS, *NOT_YET, *BLOCKS, *FUNCTIONS}
    assert sorted(named - words) == []
    assert {name for name in UNSUPPORTED_TYPES if not name.startswith("ANY_")} <= words
    assert {rounding.value for rounding in Rounding} <= words


def test_the_table_of_byte_orders_is_what_the_driver_sends():
    rows = dict(re.findall(r"^\| (ABCD|CDAB|BADC|DCBA) \| `([0-9A-F ]+)` \| `[0-9A-F ]+` \|$", DRIVERS, re.MULTILINE))
    long = dict(re.findall(r"^\| (ABCD|CDAB|BADC|DCBA) \| `[0-9A-F ]+` \| `([0-9A-F ]+)` \|$", DRIVERS, re.MULTILINE))
    assert set(rows) == set(long) == set(BYTE_ORDERS)
    for order in BYTE_ORDERS:
        for wire_type, value, shown in (
            ("REAL", 0x42F6E979, rows[order]),
            ("LWORD", 0x0102030405060708, long[order]),
        ):
            assert to_bytes(_row(value), wire_type, order) == bytes.fromhex(shown)


def _row(value: int):
    return np.frombuffer(value.to_bytes(8, "little"), np.uint8)


def test_every_reason_is_on_the_drivers_page():
    assert {reason.name for reason in Reason if reason is not Reason.NONE} <= set(re.findall(r"\w+", DRIVERS))


def test_the_example_of_few_requests_is_what_the_driver_plans():
    points = [Point(_channel("INT"), "holding", address, size, "ABCD", -1) for address, size in _PLACES]
    planned = [(block[0].address, block[-1].end - 1) for block in coalesce(points, max_gap=16, max_count=125)]
    assert planned == [(0, 11), (40, 40)]


_PLACES = ((0, 1), (1, 1), (10, 2), (40, 1))


def _channel(type_: str) -> Channel:
    return Channel(index=0, name="device.point", direction=Direction.INPUT, wire_type=type_, type=type_)


def _example(name: str, folder: Path) -> Any:
    """The module that the page about drivers shows under that name."""
    source = blocks(DRIVERS, "python")[("kettle", "counter").index(name)]
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_plant_gets_warm(tmp_path: Path):
    module = _example("kettle", tmp_path)
    device = PlantDevice(module.REGISTERS, module.Kettle())
    device.advance(0.0)
    device.unit.areas["coil"][0] = 1
    device.advance(5.0)
    assert device.unit.areas["input"] == [pytest.approx(300, abs=1)]


def test_the_example_driver_counts(tmp_path: Path):
    asyncio.run(_count(tmp_path))


async def _count(tmp_path: Path) -> None:
    module = _example("counter", tmp_path)
    third = asyncio.Event()
    seen: list[tuple[int, int]] = []

    def publish() -> None:
        seen.append((int(inputs.raw[0].view(TYPES["LINT"].code)[0]), int(inputs.quality[0])))
        if len(seen) == 3:
            third.set()

    inputs = InputBlock(1, publish)
    connection = Connection("c", {"period": 1_000_000}, (Device("d", {}, (_channel("INT"),)),))
    run = asyncio.create_task(module.DRIVER.open(connection, inputs, OutputBlock(0), lambda: 7).run())
    await third.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert seen[:3] == [(1, Quality.GOOD), (2, Quality.GOOD), (3, Quality.GOOD)]
    assert inputs.reason[0] == Reason.STOPPED


@pytest.fixture(scope="module")
def imported() -> None:
    """pytester forgets what is imported in its runs, and numpy and numba can be imported once only."""
    load(ROOT / "programs" / "traffic_light").run_until("Crossing.CarGreen")


def test_the_examples_of_tests_pass(imported: None, pytester: pytest.Pytester):
    """All in one folder, beside the projects that they name. The first run writes the reference of a trace."""
    for name in ("traffic_light", "tank", "motor"):
        kept = shutil.ignore_patterns("*.py", "test_*.st", "__pycache__")
        shutil.copytree(ROOT / "programs" / name, pytester.path / name, ignore=kept)
    examples = blocks(TESTING, "python")
    for number, example in enumerate(examples):
        (pytester.path / f"test_{number}.py").write_text(example, encoding="utf-8")
    arguments = ("-p", "no:cacheprovider", "--import-mode=importlib")
    count = sum(len(re.findall(r"^def test_", example, re.MULTILINE)) for example in examples)
    assert count >= 7
    pytester.runpytest_inprocess(*arguments, "--rung-update-traces").assert_outcomes(passed=count)
    pytester.runpytest_inprocess(*arguments, "-k", "as_it_was").assert_outcomes(passed=1, deselected=count - 1)


def test_the_examples_of_tests_in_structured_text_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Those of both pages, as files of tests of the tank."""
    shutil.copytree(ROOT / "programs" / "tank", tmp_path / "tank", ignore=shutil.ignore_patterns("*.py", "test_*.st"))
    examples = blocks(TESTING, "iecst tests") + blocks((ROOT / "README.md").read_text(encoding="utf-8"), "iecst")
    for number, example in enumerate(examples):
        (tmp_path / "tank" / f"test_{number}.st").write_text(example, encoding="utf-8")
        assert format_text(example) == example
    assert cli.main(["test", str(tmp_path)]) == 0, capsys.readouterr().out
    assert capsys.readouterr().out.splitlines()[-1].startswith("9 passed")


def test_every_function_of_tests_is_on_both_pages():
    for page in (LANGUAGE, TESTING.replace("`_", "`ASSERT_")):
        assert set(TEST_FUNCTIONS) <= set(re.findall(r"\w+", page))
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \| ([A-Z, ]+) \|$", LANGUAGE, re.MULTILINE)
    written = {name.strip("`"): tuple(of.split(", ")) for names, of in rows for name in names.split(", ")}
    assert written == {name: row.parameters for name, row in TEST_FUNCTIONS.items()}


def test_the_examples_of_tests_in_the_readme_pass():
    for example in blocks((ROOT / "README.md").read_text(encoding="utf-8"), "python"):
        names: dict[str, Any] = {}
        exec(compile(example, "README.md", "exec"), names)
        (test,) = (found for name, found in names.items() if name.startswith("test_"))
        test(lambda folder, simulate=None: load(ROOT / folder, simulate))
