"""docs/project-file.md and the tables of keys say the same. With RUNG_UPDATE_GOLDEN=1 the tables are written anew."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

from iec61131.input_forms import SUFFIXES
from io_drivers import catalogue
from runtime.service.config import load, schema, sources, toml_spans
from runtime.service.config.devices import MAX_POINTS
from runtime.service.config.findings import FINDINGS_MAX
from runtime.service.exposure import MAX_EXPOSED
from tests.unit.project_reference import TABLES, fill
from tests.unit.project_world import make_program, project

FILE = Path(__file__).parents[2] / "docs" / "project-file.md"
DOCUMENT = FILE.read_text(encoding="utf-8")


def test_the_tables_of_the_document_are_those_of_the_keys():
    if os.environ.get("RUNG_UPDATE_GOLDEN"):
        FILE.write_text(fill(DOCUMENT), encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == fill(DOCUMENT)


def test_every_table_of_keys_is_in_the_document():
    of_drivers = {f"{d} {table}" for d in ("modbus", "simulated") for table in ("connection", "device", "point")}
    wanted = {*TABLES, *of_drivers}
    assert set(re.findall(r"<!-- keys: (.*?) -->", DOCUMENT)) == wanted
    assert DOCUMENT.count("<!-- end -->") == len(wanted)


def test_the_document_names_every_kind_of_source():
    table = DOCUMENT.partition("| source | holds |")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"`(\.\w+)`", table)) == SUFFIXES


def test_every_table_of_the_file_has_its_heading():
    headings = re.findall(r"^##+ (.*)$", DOCUMENT, re.MULTILINE)
    assert set(schema.TOP_LEVEL.values()) <= set(headings)


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL))
def test_the_examples_are_right(example: str):
    from runtime.service.binding import bind
    from tests.unit.project_world import tasks_of

    assert tomllib.loads(example)
    read = project(example, catalogue)
    assert bind(read, make_program(tasks_of(read)) if read.tasks else make_program()).name == read.name


def test_the_limits_of_the_document_are_those_of_the_program():
    limits = dict(re.findall(r"^\| ([a-z .]+?) \| (.*?) \|$", DOCUMENT.split("## Limits")[1], re.MULTILINE))
    mib = 1 << 20
    assert limits["plc.toml"] == (
        f"{load.MAX_FILE_BYTES // mib} MiB, {toml_spans.MAX_ENTRIES:,} keys and list elements, "
        f"{toml_spans.MAX_DEPTH} levels"
    )
    assert limits["sources"] == (
        f"{sources.MAX_FILES:,} files of {sources.MAX_FILE_BYTES // mib} MiB, "
        f"of PLCopen XML {sources.MAX_XML_BYTES // mib} MiB, "
        f"{sources.MAX_TOTAL_BYTES // mib} MiB together"
    )
    assert limits["points"] == f"{MAX_POINTS:,}"
    assert limits["exposed variables"] == f"{MAX_EXPOSED:,}; {schema.MAX_PATTERNS:,} patterns"
    assert limits["errors shown in one run"] == str(FINDINGS_MAX)
