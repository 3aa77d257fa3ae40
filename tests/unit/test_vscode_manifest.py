"""The manifest for Visual Studio Code, and the settings on the page about debugging: as the adapter has them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET, inspect, structs

from runtime import cli
from runtime.replay.dap import requests

ROOT = Path(__file__).parents[2]
MANIFEST = json.loads((ROOT / "packaging" / "vscode" / "package.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "debugging.md").read_text(encoding="utf-8")
(DEBUGGER,) = MANIFEST["contributes"]["debuggers"]
ATTRIBUTES: dict[str, dict[str, Any]] = DEBUGGER["configurationAttributes"]["launch"]["properties"]
_ALWAYS = {"name", "type", "request"}
_TYPES = {inspect.StrType: "string", inspect.IntType: "integer", inspect.BoolType: "boolean"}


def _json_type(field: inspect.Field) -> str:
    parts = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
    (found,) = (_TYPES[type(part)] for part in parts if type(part) in _TYPES)
    return found


def test_its_attributes_are_those_of_launch():
    """One that is missing there is underlined in launch.json as not allowed."""
    known = inspect.type_info(requests.Launch)
    assert isinstance(known, inspect.StructType)
    assert {field.encode_name: _json_type(field) for field in known.fields} == {
        name: attribute["type"] for name, attribute in ATTRIBUTES.items()
    }
    defaults = {field.encode_name: field.default for field in structs.fields(requests.Launch)}
    assert all(row["default"] == defaults[name] for name, row in ATTRIBUTES.items() if name in ("stopOnEntry",))
    assert UNSET not in defaults.values()


def test_it_starts_the_adapter(capsys: pytest.CaptureFixture[str]):
    assert DEBUGGER["runtime"] == "rung"
    with pytest.raises(SystemExit, match="0"):
        cli.main([*DEBUGGER["args"], "--help"])
    assert capsys.readouterr().out.startswith("usage: rung dap")


def test_configurations_that_are_shown_have_known_attributes():
    on_page = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]
    shown = [each for block in on_page for each in block["configurations"]]
    shown += DEBUGGER["initialConfigurations"]
    shown += [snippet["body"] for snippet in DEBUGGER["configurationSnippets"]]
    assert len(shown) >= 5
    for each in shown:
        assert (each["type"], each["request"]) == (DEBUGGER["type"], "launch")
        assert set(each) - _ALWAYS <= set(ATTRIBUTES)
        assert ("project" in each) != ("recording" in each)
    assert all(f"`{name}`" in PAGE for name in ATTRIBUTES)
