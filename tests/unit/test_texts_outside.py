"""Texts of a compiled program, seen from outside: what is exposed, what is retained, and why no point carries one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iec61131.diagnostics.diagnostic import CompileError
from runtime.service import values
from runtime.service.plant import build

SOURCE = """
TYPE Order : STRUCT name : STRING[6] := 'none'; count : INT; END_STRUCT; END_TYPE
PROGRAM Main
VAR
    title : STRING[20] := 'gr$FCn';
    wide : WSTRING[5] := "20 $20AC";
    mark : CHAR := 'x';
    words : ARRAY[0..1, 1..2] OF STRING[3] := ['a', 'bcd', '', 'e'];
    letters : ARRAY[1..2] OF WCHAR := ["a", "$20AC"];
    orders : ARRAY[1..2] OF Order;
END_VAR
VAR RETAIN
    kept : STRING[9] := 'kept';
END_VAR
title := CONCAT(title, mark);
END_PROGRAM
"""
PLC = '[plc]\nname = "a"\nsources = ["main.st"]\n'


def project(folder: Path, settings: str):
    (folder / "main.st").write_text(SOURCE)
    (folder / "plc.toml").write_text(PLC + settings)
    return build(folder)


def test_texts_are_exposed_as_single_values_and_as_arrays(tmp_path: Path) -> None:
    plant = project(tmp_path, '[opcua]\nexpose = ["Main.*"]\nwritable = ["Main.*"]\n')
    memory = np.frombuffer(plant.program.initial, np.uint8)
    found = {e.target.path: values.read(plant.program, e.target, memory) for e in plant.bound.exposed}
    assert found == {
        "Main.title": "grün",
        "Main.wide": "20 €",
        "Main.mark": "x",
        "Main.words": [["a", "bcd"], ["", "e"]],
        "Main.letters": ["a", "€"],
        "Main.orders[1].name": "none",
        "Main.orders[1].count": 0,
        "Main.orders[2].name": "none",
        "Main.orders[2].count": 0,
        "Main.kept": "kept",
    }


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    plant = project(tmp_path, '[opcua]\nexpose = ["Main.*"]\nwritable = ["Main.*"]\n')
    memory = np.frombuffer(plant.program.initial, np.uint8).copy()
    wanted = {
        "Main.words": [["xyz", ""], ["q", "rs"]],
        "Main.wide": "",
        "Main.letters": ["", "z"],
        "Main.title": "ÿ" * 20,
    }
    for path, value in wanted.items():
        target = plant.program.find(path)
        write = values.write(plant.program, target, value)
        memory[write.offset : write.offset + len(write.data)] = np.frombuffer(write.data, np.uint8)
        assert values.read(plant.program, target, memory) == value


def test_a_retained_text_is_kept_whole(tmp_path: Path) -> None:
    plant = project(tmp_path, '[opcua]\nexpose = ["Main.*"]\n')
    sizes = {kept.path: kept.size for kept in plant.program.retained}
    assert sizes == {"Main.kept": 10}


@pytest.mark.parametrize(
    ("variable", "code", "says"),
    [
        ("Main.title", "RUNG0552", "exchange texts through OPC UA or HTTP"),
        ("Main.mark", "RUNG0554", "use a variable of type BYTE, and BYTE_TO_CHAR in the program"),
    ],
)
def test_no_point_carries_a_text(tmp_path: Path, variable: str, code: str, says: str) -> None:
    settings = (
        '[connection.line]\ndriver = "modbus"\ntransport = "tcp"\nhost = "127.0.0.1"\n'
        '[device.tank]\nconnection = "line"\nunit = 1\n'
        f'[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\nto = "{variable}"\n'
    )
    with pytest.raises(CompileError) as refused:
        project(tmp_path, settings)
    (finding,) = refused.value.diagnostics
    assert finding.code.id == code
    assert says in str(finding.remedy)
