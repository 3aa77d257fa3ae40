"""`rung watch`: the live view of a PLC that runs on this machine, from another process of the same user."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.live import Live

from runtime.image.block import Block
from runtime.service import artifacts
from runtime.service.terminal import StatusView

USAGE, CANNOT = 2, 3
_PERIOD_S = 0.25


class Failed(Exception):
    """Why there is nothing to watch, with the exit status."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.text, self.status = text, status


def watch(
    name: str | None, state: Path, running: Callable[[], list[str]], attach: Callable[[Path], Block], *, once: bool
) -> Failed | None:
    """Until the PLC ends or Ctrl-C; with `once`, or when nobody looks, a single picture. `running` are the names of the
    PLCs that run below `state`, and `attach` leads to one.
    """
    try:
        folder = state / _chosen(name, running())
        view, console = _view(folder, attach), Console()
    except Failed as failed:
        return failed
    if once or not sys.stdout.isatty():
        view.render()
        time.sleep(view.answer_s)  # the engine answers the view's question at the end of its next scan
        console.print(view.render())
        return None
    with Live(view.render(), console=console, refresh_per_second=4) as live:
        while folder.name in running():
            time.sleep(_PERIOD_S)
            live.update(view.render(footer="Ctrl-C ends this view; the PLC goes on."))
    console.print("the PLC has ended")
    return None


def _chosen(name: str | None, names: list[str]) -> str:
    if not names:
        raise Failed("no PLC runs here; start one with `rung run DIR`", CANNOT)
    if name is None and len(names) > 1:
        raise Failed(f"several PLCs run here, say which: {', '.join(names)}", USAGE)
    if name is not None and name not in names:
        raise Failed(f"no PLC '{name}' runs here; these do: {', '.join(names)}", CANNOT)
    return name or names[0]


def _view(folder: Path, attach: Callable[[Path], Block]) -> StatusView:
    try:
        block = attach(folder)
        program, bound = artifacts.load(folder, block.build)
    except LookupError as error:
        raise Failed(str(error), CANNOT) from error
    return StatusView(block, program, bound, lambda new: artifacts.load(folder, new.build), folder)
