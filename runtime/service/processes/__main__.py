"""`python -m runtime.service.processes FD [ROLE..]`: a process in waiting, which gets its role over the socket FD.

Until then it prepares for those roles, by default for all, a step at a time, and looks between the steps whether it is
needed yet. It ends when the socket does.

No garbage is collected until the role is known: what is imported and prepared stays, and going through it again and
again would be a third of the time.
"""

from __future__ import annotations

import gc
import select
import signal
import socket
import sys
from collections.abc import Callable, Collection
from importlib import import_module
from types import ModuleType

from setproctitle import setproctitle

from runtime.service.processes import assignments, common
from runtime.service.processes.assignments import Assignment

ROLES = {
    "io": "runtime.service.processes.io",
    "engine": "runtime.service.processes.engine",
    "gateway": "runtime.service.processes.gateway",
}
"""The modules, each with `prepare`, `main` and `share`, in the order in which they are prepared for. Imported when
needed: what another role needs would only hold up a process in a hurry."""


def main() -> int:
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the supervisor decides what it means
    setproctitle("rung in waiting")
    with socket.socket(fileno=int(sys.argv[1])) as line:
        is_needed = select.poll()
        is_needed.register(line, select.POLLIN)
        for step in _preparations(sys.argv[2:]):
            if is_needed.poll(0):
                break
            step()
        assignment = assignments.receive(line)
        if assignment is None:
            return 0
        common.end_on_sigterm(line)
        role = _role(assignment.role)
        role.prepare()  # nothing is left to be done where there was time to wait
        gc.freeze()
        gc.enable()
        if "words" in assignment.descriptors:
            return role.share(line, assignment)
    return _alone(role, assignment)


def _alone(role: ModuleType, assignment: Assignment) -> int:
    with common.line_of(assignment) as line:
        try:
            return role.main(common.take_part(assignment, line))
        finally:
            line.leave_open()  # it is over when the process is


def _preparations(roles: Collection[str]) -> list[Callable[[], object]]:
    return [lambda role=role: _role(role).prepare() for role in ROLES if role in roles or not roles]


def _role(name: str) -> ModuleType:
    return import_module(ROLES[name])


if __name__ == "__main__":
    common.run_child(main)
