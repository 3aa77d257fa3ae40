"""What `rung show` shows: the drawings of a file, as text or as SVG, with the values of a snapshot if there is one."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from iec61131 import input_forms
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.diagnostics.render import render
from iec61131.graphical.drawing.picture import Scene, draw
from iec61131.graphical.drawing.power import Value
from iec61131.graphical.drawing.scene import Picture
from iec61131.graphical.drawing.svg import svg
from iec61131.graphical.drawing.terminal import Style
from iec61131.input_forms.drawings import Drawing, drawings, rung
from iec61131.source import SourceFile
from runtime.service import plant
from runtime.service.refused import Refused
from runtime.service.show_options import Choice

OK, WRONG = 0, 1
_BOLD, _ITALIC, _RESET = "\x1b[1m", "\x1b[3m", "\x1b[0m"


class NothingToShow(Exception):
    """The message says what was looked for, and what there is."""


def run(choice: Choice) -> int:
    """Prints it, or says why there is nothing to print. Gives the exit status."""
    colour = "NO_COLOR" not in os.environ
    status = WRONG
    try:
        if choice.running is not None:
            running(choice, colour=colour and sys.stdout.isatty(), ended=threading.Event())
        elif choice.watch:
            raise NothingToShow("--watch needs a PLC whose values change; name it with --from")
        else:
            sys.stdout.writelines(show(choice, colour=colour and sys.stdout.isatty()))
        return OK
    except CompileError as error:
        said = render(error.diagnostics, colour=colour and sys.stderr.isatty(), rung=rung)
    except NothingToShow as error:
        said = f"rung: {error}"
    except Refused as refused:
        said, status = f"rung: {refused}", refused.status
    sys.stderr.write(f"{said}\n")
    return status


def show(choice: Choice, *, colour: bool) -> Iterator[str]:
    """The lines to be printed, with their ends; with `svg` the picture is written there instead. Raises CompileError
    when the file cannot be read, and NothingToShow.
    """
    values = read_values(choice.values) if choice.values is not None else None
    shown = scenes(plant.source(choice.file), choice, has_values=values is not None)
    return _shown(shown if values is None else _with_values(shown, values, choice), choice, colour=colour)


def running(choice: Choice, *, colour: bool, ended: threading.Event) -> None:
    """The same with the values of a running PLC; with `watch` again and again until `ended`. Raises Refused, too."""
    from runtime.service.running_values import (  # what asks a service takes longer than all else
        RunningPlc,
        forced_lines,
        watch,
    )

    with RunningPlc(choice) as plc:
        shown = scenes(plant.source(choice.file), choice, has_values=True)

        def drawn(values: Mapping[str, Value]) -> Iterator[str]:
            return _shown(_with_values(shown, values, choice), choice, colour=colour)

        if choice.watch:
            watch(plc, drawn, ended)
        else:
            sys.stdout.writelines([*drawn(plc.values()), *forced_lines(plc)])


def _shown(shown: list[tuple[Drawing, Scene]], choice: Choice, *, colour: bool) -> Iterator[str]:
    if choice.svg is None:
        yield from (f"{line}\n" for line in as_text(shown, choice, Style(choice.ascii, colour)))
        return
    try:
        choice.svg.write_text(as_svg(shown, choice), encoding="utf-8")
    except OSError as error:
        raise NothingToShow(f"{choice.svg}: {error.strerror}") from None


def scenes(file: SourceFile, choice: Choice, *, has_values: bool) -> list[tuple[Drawing, Scene]]:
    found = [drawing for drawing in drawings(file) if not drawing.is_condition]  # which is drawn in its chart
    if not found:
        findings = input_forms.parse(file)[1]
        if any(finding.is_error for finding in findings):
            raise CompileError(findings)
        raise NothingToShow(f"nothing is drawn in {file.name}")
    chosen = [d for d in found if choice.pou is None or d.pou.upper() == choice.pou.upper()]
    if not chosen:
        names = ", ".join(dict.fromkeys(drawing.pou for drawing in found))
        raise NothingToShow(f"nothing is drawn in a POU '{choice.pou}'; there is {names}")
    shown = [(drawing, draw(drawing.diagram, values=has_values)) for drawing in chosen]
    if choice.network is not None and not any(_pictures(scene, choice) for _, scene in shown):
        most = max(len(scene.pictures) for _, scene in shown)
        raise NothingToShow(f"there is no network {choice.network}; the last one is {most}")
    return shown


def _with_values(
    shown: list[tuple[Drawing, Scene]], values: Mapping[str, Value], choice: Choice
) -> list[tuple[Drawing, Scene]]:
    return [(d, scene.with_values(values, d.pou if choice.instance is None else choice.instance)) for d, scene in shown]


def _pictures(scene: Scene, choice: Choice) -> list[Picture]:
    return [picture for picture in scene.pictures if choice.network in (None, picture.number)]


def as_svg(shown: list[tuple[Drawing, Scene]], choice: Choice) -> str:
    sheets = [(drawing.title, scene) for drawing, scene in shown if _pictures(scene, choice)]
    return svg(scene.sheet(title if len(sheets) > 1 else "", choice.network) for title, scene in sheets)


def as_text(shown: list[tuple[Drawing, Scene]], choice: Choice, style: Style) -> Iterator[str]:
    """The lines for a terminal."""
    for drawing, scene in shown:
        pictures = _pictures(scene, choice)
        if not pictures and scene.pictures:
            continue  # another network was asked for
        yield _styled(drawing.title, _BOLD, style)
        if not pictures:
            yield from ("", "(it is empty)")
        for picture in pictures:
            yield ""
            says = [*([picture.title] if picture.title else []), *picture.comment.splitlines()]
            number = f"{picture.number}  " if len(scene.pictures) > 1 else ""
            if number or says:
                yield f"{number}{says[0] if says else ''}".rstrip()
            yield from (f"{' ' * len(number)}{_styled(line, _ITALIC, style)}" for line in says[1:])
            yield from [f"(not drawn: {picture.too_large})"] if picture.too_large else scene.text(picture, style)
        yield ""


def _styled(text: str, look: str, style: Style) -> str:
    return f"{look}{text}{_RESET}" if style.colour else text


def read_values(path: Path) -> dict[str, Value]:
    """Values by path: `{"Main.Start": true}`, or what a service answers for the variables of a PLC. Raises
    NothingToShow.
    """
    try:
        read = cast("object", json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise NothingToShow(f"{path}: {error}") from None
    if not isinstance(read, dict):
        raise NothingToShow(f"{path}: an object with a value for each path is expected")
    named = cast("dict[str, object]", read)
    rows = named.get("variables")
    found = named.items() if not isinstance(rows, list) else _rows(cast("list[object]", rows))
    return {str(name): value for name, value in found if isinstance(value, (bool, int, float, str))}


def _rows(rows: list[object]) -> Iterator[tuple[object, object]]:
    for row in rows:
        if isinstance(row, dict):
            named = cast("dict[str, object]", row)
            yield named.get("path"), named.get("value")
