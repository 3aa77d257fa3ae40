"""Ladder as text in its one form: networks are drawn anew, the Structured Text around them is formatted as always.

The formatter of Structured Text sees a pragma in place of each network. A network that cannot be drawn keeps its rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from iec61131.diagnostics.diagnostic import CompileError
from iec61131.formatting.formatter import format_text
from iec61131.graphical.diagram import Diagram, Label, Network
from iec61131.graphical.ladder import NotDrawable, Pictures, heading
from iec61131.graphical.same import Fingerprint, fingerprint
from iec61131.input_forms.ladder.reading import LadderFile
from iec61131.input_forms.ladder.sheet import Sheet
from iec61131.source import SourceFile
from iec61131.syntax.findings import TooManyFindings

_PLACE = re.compile(r"^[ ]*\{network (?P<number>\d+)\}[ ]*$", re.MULTILINE)


def format_ladder(source: str, name: str = "") -> str:
    """The same program in the form of docs/ladder.md. Raises CompileError with the findings if the text is wrong."""
    mark = "\ufeff" if source.startswith("\ufeff") else ""
    text = source.removeprefix(mark).replace("\r\n", "\n")
    file = _read(text, name, lowers=True)
    known = _fingerprints(file)
    drawn = {network.span.start: (diagram, network) for diagram in file.diagrams for network in diagram.networks}
    outline, sheets = _outline(text, file)
    formatted = format_text(outline, name)
    for strict in (False, True):
        pictures = {id(diagram): Pictures(diagram, strict) for diagram in file.diagrams}
        new = [_network(text, sheet, *drawn[sheet.start], pictures) for sheet in sheets]
        result = _with_networks(formatted, new)
        if _fingerprints(_read(result, name, lowers=False)) == known:
            return mark + result
    kept = [text[sheet.start : sheet.end].rstrip() for sheet in sheets]  # their pictures do not say all of them
    return mark + _with_networks(formatted, kept)


def _read(text: str, name: str, *, lowers: bool) -> LadderFile:
    file = LadderFile(SourceFile(name, text), lowers=lowers)
    with suppress(TooManyFindings):
        file.unit()
    findings = file.findings.in_source_order()
    if any(finding.is_error for finding in findings):
        raise CompileError(findings)
    return file


def _fingerprints(file: LadderFile) -> list[Fingerprint]:
    return [fingerprint(diagram) for diagram in file.diagrams]


def _outline(text: str, file: LadderFile) -> tuple[str, list[Sheet]]:
    """The text with a pragma in place of each network."""
    parts: list[str] = []
    position = 0
    for number, sheet in enumerate(file.sheets):
        parts += [text[position : sheet.start], f"{{network {number}}}\n"]
        position = sheet.end
    return "".join(parts) + text[position:], file.sheets


def _with_networks(formatted: str, networks: list[str]) -> str:
    return _PLACE.sub(lambda place: networks[int(place["number"])], formatted)


def _network(text: str, sheet: Sheet, diagram: Diagram, network: Network, pictures: Mapping[int, Pictures]) -> str:
    """Its heading, its comments as they are, and its rows."""
    label = next((element for key in network.elements if isinstance(element := diagram.by_id[key], Label)), None)
    first, *lines = text[sheet.start : sheet.head_end].split("\n")
    comment = first[sheet.rest[0] - sheet.start :].strip()
    head = heading(network, label) + (f"  {comment}" if comment else "")
    try:
        rows = pictures[id(diagram)].rows(network) if sheet.rows else []
    except NotDrawable:
        rows = [row.text for row in sheet.rows]
    return "\n".join([head, *(line.rstrip() for line in lines if line.strip()), *rows])
