"""The gateway process: the OPC UA server of one PLC."""

from __future__ import annotations

import asyncio
import os
import socket

from iec61131.program import CompiledProgram
from runtime.image.block import Block
from runtime.service import artifacts
from runtime.service.bound import Bound
from runtime.service.opcua_server import sparing, standard
from runtime.service.opcua_server.server import OpcUaDoor
from runtime.service.processes import together
from runtime.service.processes.assignments import Assignment
from runtime.service.processes.common import CANNOT, Child, ending, say, settle_memory

_SPARING = sparing.Sparing()
"""Of the process, however many servers it has."""


async def serve(child: Child) -> int:
    """Run until the end of the line."""
    settings = child.bound.opcua
    assert settings is not None

    def reload(block: Block) -> tuple[CompiledProgram, Bound]:
        return artifacts.load(child.folder, block.build)

    door = OpcUaDoor(child.block, child.program, child.bound, settings, reload)
    try:
        with _SPARING.silenced():
            await door.start()
    except OSError as error:
        known = error.errno is not None and not isinstance(error, socket.gaierror)
        cause = os.strerror(error.errno or 0).lower() if known else error.strerror or str(error)
        say(f"cannot listen on {settings.endpoint}: {cause}; free the port or change [opcua] endpoint in plc.toml")
        return CANNOT
    settle_memory()
    try:
        with ending(child.line) as ended:
            await door.run(ended)
    finally:
        await door.stop()
    return 0


def prepare() -> None:
    """The standard address space, which is most of the way to a server."""
    sparing.install(_SPARING)
    standard.prepare()


def main(child: Child) -> int:
    return asyncio.run(serve(child))


def share(line: socket.socket, first: Assignment) -> int:
    return asyncio.run(together.in_event_loop(line, first, serve))
