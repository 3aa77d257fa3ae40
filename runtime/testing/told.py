"""What a failed test tells of a PLC: its state, and of a fault the statement, the calls that led there and values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from iec61131.program import CompiledProgram, DataType, Site, Target, UnknownPath
from runtime.testing import variables
from runtime.testing.virtual_plc import VirtualPlc

_NAME = re.compile(r"(?<![\w#'.])[A-Za-z_]\w*(?:\[[^\]]*\]|\.\w+)*")
_INSTANCES = 3
"""Of a function block: which of them it was is not recorded."""
_LETTERS = 80
_DRAWN = (".xml", ".ld")
"""Files whose drawings the report of a fault shows."""


def told(plc: VirtualPlc) -> str:
    """One line, or a page for a PLC in FAULT."""
    lines = [f"{plc.bound.name}: {plc.state.name} at {plc.time_s:g} s, after {plc.scans} scans"]
    if (fault := plc.fault) is not None:
        lines += fault.lines(plc.sources)
        if fault.site is not None:
            lines += ["", *_statement(plc, fault.site)]
            lines += [line for site in fault.calls for line in _statement(plc, site)]
            lines += _values(plc, fault.site)
    return "\n".join(lines)


def _statement(plc: VirtualPlc, site: Site) -> Iterator[str]:
    """Its first line, underlined as far as it is to blame."""
    text = _line(plc, site)
    if text is not None:
        end = site.end_column if site.end_line == site.line else len(text) + 1
        number = f"{site.line}"
        yield f"{number} | {text}"
        yield f"{'':{len(number)}} | {'':{site.column - 1}}{'^' * max(end - site.column, 1)} {site.file}"


def _line(plc: VirtualPlc, site: Site) -> str | None:
    file = next((file for file in plc.sources if file.name == site.file), None)
    if file is None or file.name.endswith(_DRAWN):
        return None
    lines = file.text.splitlines()
    return lines[site.line - 1] if site.line <= len(lines) else None


def _values(plc: VirtualPlc, site: Site) -> Iterator[str]:
    """The variables that the statement names, as they are in the memory that the fault has left."""
    found = dict[str, Target]()
    for name in _NAME.findall(_line(plc, site) or ""):
        for owner in [*islice(_instances(plc.program, site.pou), _INSTANCES), ""]:
            target = _find(plc.program, f"{owner}.{name}" if owner else name)
            if target is not None:
                found.setdefault(target.path, target)
    for path, target in found.items():
        text = repr(variables.read(plc.program, target, plc.block.memory))
        yield f"    {path} = {text if len(text) <= _LETTERS else f'{text[: _LETTERS - 3]}...'}"


def _find(program: CompiledProgram, path: str) -> Target | None:
    """Also what stands before a bracket whose index is no number."""
    for candidate in (path, path.partition("[")[0]):
        try:
            return program.find(candidate)
        except UnknownPath:
            continue
    return None


def _instances(program: CompiledProgram, pou: str) -> Iterator[str]:
    """Where the variables of a PROGRAM or FUNCTION_BLOCK, or of one that a method belongs to, are found."""
    owner = pou.partition(".")[0].upper()
    for root in program.variables:
        yield from _below(program, root.path, program.types[root.type], owner)


def _below(program: CompiledProgram, path: str, type_: DataType, owner: str) -> Iterator[str]:
    if type_.name.upper() == owner:
        yield path
    if type_.kind == "array":
        first = ", ".join(str(low) for low, _ in type_.ranges)
        yield from _below(program, f"{path}[{first}]", program.types[type_.element], owner)
    for member in type_.members:
        yield from _below(program, f"{path}.{member.name}", program.types[member.type], owner)
