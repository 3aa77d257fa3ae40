"""What a process is told to be, and how that gets to it: one message over a socket, with descriptors.

A process that was waiting gets its first assignment so. One that several PLCs share (`pool`) gets more of them over
the same socket, all of the same role.
"""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec
from msgspec import Struct

MAX_MESSAGE_BYTES = 16384
MAX_DESCRIPTORS = 16


class Assignment(Struct, frozen=True):
    """A part: a role, and the folder of the PLC. The `descriptors` have names:

    | name | is |
    |---|---|
    | `block` | the shared memory |
    | `retained` | for an engine a file with the values that its retained variables begin with, if there are any |
    | `globals` | for an engine the globals that it shares with other resources, if it does |
    | `line` | its end of the line to its supervisor (`line`); added on the way |
    | `words` | where it says something, when that is not the standard output of the process; added on the way |
    """

    role: str
    folder: Path
    descriptors: dict[str, int]

    def with_descriptors(self, **descriptors: int) -> Assignment:
        """The same with these as well."""
        return Assignment(self.role, self.folder, {**self.descriptors, **descriptors})


class _Message(Struct, frozen=True):
    role: str
    folder: str
    names: tuple[str, ...]  # of the descriptors, in their order


def pair() -> tuple[socket.socket, socket.socket]:
    """A line for assignments. It keeps messages apart, however fast they follow each other."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(line: socket.socket, assignment: Assignment) -> None:
    """Raises OSError when nobody is there, or nobody takes what was sent before."""
    message = _Message(assignment.role, str(assignment.folder), tuple(assignment.descriptors))
    socket.send_fds(line, [msgspec.json.encode(message)], [*assignment.descriptors.values()], socket.MSG_DONTWAIT)


def receive(line: socket.socket) -> Assignment | None:
    """Wait for one. None when the line has ended."""
    try:
        text, descriptors, _, _ = socket.recv_fds(line, MAX_MESSAGE_BYTES, MAX_DESCRIPTORS)
    except ConnectionResetError:
        return None
    if not text:
        return None
    message = msgspec.json.decode(text, type=_Message)
    return Assignment(message.role, Path(message.folder), dict(zip(message.names, descriptors, strict=True)))
