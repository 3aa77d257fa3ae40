"""The pages about diagnostic codes: one as plain text for `rung explain`, all as Markdown for the documentation.

Both read the catalogue and nothing else, so a new row is a new page. `python -m iec61131.diagnostics.explain` writes
the document to standard output.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable

from iec61131.diagnostics.catalogue import CODES
from iec61131.diagnostics.diagnostic import Code, near_name

_WIDTH_COLUMNS = 88
_MARKDOWN_COLUMNS = 120
# Each hundred of codes has its file in the catalogue; these are their titles in the documentation.
AREAS = {
    "01": "Characters, tokens and grammar",
    "02": "Declarations, names and types",
    "03": "Expressions, calls and statements",
    "04": "Configuration and addresses",
    "05": "The project file",
    "06": "Files of engineering tools",
    "07": "Tests in the language",
    "09": "Faults of a running program",
}


def find(wanted: str) -> Code | None:
    """The code that a person means: `RUNG0121`, `rung0121` or `121`."""
    digits = wanted.strip().upper().removeprefix("RUNG")
    return CODES.get(f"RUNG{digits:0>4}")


def nearest(wanted: str) -> str | None:
    """The id of the code that looks most like one that does not exist."""
    return near_name(wanted.strip(), CODES)


def page(code: Code) -> str:
    """The page of one code as plain text, with a line end at its end."""
    head = f"{code.id}: {code.title} ({code.severity.value})"
    parts = [
        head,
        "=" * len(head),
        "",
        *textwrap.wrap(code.explanation, _WIDTH_COLUMNS, break_long_words=False),
        "",
        "Wrong:",
        "",
        textwrap.indent(_folded(code.wrong), "    "),
        "",
        "Right:",
        "",
        textwrap.indent(_folded(code.right), "    "),
    ]
    return "\n".join(parts) + "\n"


def markdown(codes: Iterable[Code] | None = None) -> str:
    """The whole catalogue, or `codes`, as one Markdown document: a table of contents by area, then a section each."""
    listed = sorted(CODES.values() if codes is None else codes, key=lambda code: code.id)
    parts = ["# Diagnostics", "", "Every message names its code; `rung explain RUNG0121` prints the section below.", ""]
    for area, title in AREAS.items():
        of_area = [code for code in listed if code.id[4:6] == area]
        if not of_area:
            continue
        parts += [f"## {title}", "", "| code | meaning | severity |", "|---|---|---|"]
        parts += [
            f"| [{code.id}](#{code.id.lower()}) | {_cell(code.title)} | {code.severity.value} |" for code in of_area
        ]
        parts.append("")
        for code in of_area:
            parts += _section(code)
    return "\n".join(parts)


def _section(code: Code) -> list[str]:
    return [
        f"### {code.id}",
        "",
        *textwrap.wrap(
            f"**{code.title[0].upper()}{code.title[1:]}.** {code.explanation}",
            _MARKDOWN_COLUMNS,
            break_long_words=False,
            break_on_hyphens=False,
        ),
        "",
        "Wrong:",
        "",
        *_fenced(code.wrong),
        "",
        "Right:",
        "",
        *_fenced(code.right),
        "",
    ]


def _fenced(example: str) -> list[str]:
    return ["```iecst", _folded(example), "```"]


def _cell(text: str) -> str:
    """Text inside a table, where a bar would end the cell."""
    return text.replace("|", "\\|")


def _folded(example: str) -> str:
    """An example whose point is its length is not shown in full."""
    return "\n".join(
        line if len(line) <= _WIDTH_COLUMNS else f"{line[: _WIDTH_COLUMNS // 2]} … {line[-_WIDTH_COLUMNS // 4 :]}"
        for line in example.splitlines()
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(markdown().encode())  # as UTF-8 whatever the terminal's encoding
