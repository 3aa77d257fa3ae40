"""`rung watch`: the live view of a PLC that runs on this machine, from another process of the same user."""

from __future__ import annotations

import argparse
import sys
import time

from rich.console import Console
from rich.live import Live

from runtime.service import local
from runtime.service.refused import Refused
from runtime.service.terminal import StatusView

OK = 0
_PERIOD_S = 0.25


def run(arguments: argparse.Namespace) -> int:
    """Until the PLC ends or Ctrl-C; with `--once`, or when nobody looks, a single picture. Gives the exit status."""
    try:
        found = local.find(arguments.name, arguments.state)
    except Refused as refused:
        sys.stderr.write(f"rung: {refused}\n")
        return refused.status
    view, console = StatusView(found.block, found.program, found.bound, found.renewed, found.folder), Console()
    if arguments.once or not sys.stdout.isatty():
        view.render()
        time.sleep(view.answer_s)  # the engine answers the view's question at the end of its next scan
        console.print(view.render())
        return OK
    with Live(view.render(), console=console, refresh_per_second=4) as live:
        while found.is_running():
            time.sleep(_PERIOD_S)
            live.update(view.render(footer="Ctrl-C ends this view; the PLC goes on."))
    console.print("the PLC has ended")
    return OK
