"""How often a task of a PLCopen file runs, in all the ways in which tools write it."""

from __future__ import annotations

import pytest

from iec61131.compiler import check, compile_program
from iec61131.source import SourceFile

MS = 1_000_000
_SETTINGS = 'name="http://www.3s-software.com/plcopenxml/tasksettings"'


def project(interval: str, settings: str = "") -> SourceFile:
    data = f"<addData><data {_SETTINGS}><TaskSettings {settings}/></data></addData>" if settings else ""
    text = (
        '<project><types><dataTypes/><pous><pou name="Main" pouType="program"><interface/><body><ST/></body></pou>'
        '</pous></types><instances><configurations><configuration name="C"><resource name="R">'
        f'<task name="T" {interval} priority="1"><pouInstance name="one" typeName="Main"/>{data}</task>'
        "</resource></configuration></configurations></instances></project>"
    )
    return SourceFile("plc.xml", text)


@pytest.mark.parametrize(
    ("interval", "settings", "period_ns"),
    [
        ('interval="T#20ms"', "", 20 * MS),
        ('interval="PT0.02S"', "", 20 * MS),
        ('interval="P0DT0H1M"', "", 60_000 * MS),
        ('interval="00:00:00.020000"', "", 20 * MS),
        ('interval="PT0S"', 'KindOfTask="Cyclic" Interval="20000" IntervalUnit="us"', 20 * MS),
        ('interval="PT0S"', 'KindOfTask="Cyclic" Interval="20" IntervalUnit="ms"', 20 * MS),
        ('interval="PT0S"', 'KindOfTask="Cyclic" Interval="t#20ms" IntervalUnit="ms"', 20 * MS),
        ('interval=""', 'Interval="PT0.02S"', 20 * MS),
        ("", 'KindOfTask="Cyclic" Interval="20000" IntervalUnit="us"', 20 * MS),
        ('interval="PT0.03S"', 'KindOfTask="Cyclic" Interval="20000" IntervalUnit="us"', 30 * MS),
    ],
)
def test_period(interval: str, settings: str, period_ns: int):
    tasks = compile_program([project(interval, settings)])[0].tasks
    assert [(task.name, task.interval_ns) for task in tasks] == [("T", period_ns)]


@pytest.mark.parametrize(
    "settings", ['KindOfTask="Freewheeling"', 'KindOfTask="Freewheeling" Interval="t#4ms"', 'Interval="0"']
)
def test_task_of_codesys_that_begins_anew_at_once_is_freewheeling(settings: str):
    source = project('interval="PT0S"', settings)
    assert check([source]) == []
    assert [task.is_freewheeling for task in compile_program([source])[0].tasks] == [True]


def test_task_of_codesys_that_something_else_starts_is_none():
    source = project('interval="PT0S"', 'KindOfTask="External"')
    assert [finding.code.id for finding in check([source])] == ["RUNG0431"]
    assert [task.name for task in compile_program([source])[0].tasks] == ["one"]


def test_other_tools_write_what_they_mean():
    assert [finding.code.id for finding in check([project("")]) if finding.is_error] == ["RUNG0424"]
    source = project('interval="PT0S"')
    assert [task.is_freewheeling for task in compile_program([source])[0].tasks] == [True]
