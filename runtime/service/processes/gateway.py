"""The gateway process: the OPC UA server of one PLC."""

from __future__ import annotations

import asyncio
import signal

from runtime.service.opcua_server.server import OpcUaDoor
from runtime.service.processes.common import CANNOT, Child, run_child, say, start


async def serve(child: Child) -> int:
    """Run until SIGTERM or the supervisor's end."""
    settings = child.bound.opcua
    assert settings is not None
    ended = asyncio.Event()
    event_loop = asyncio.get_running_loop()
    event_loop.add_signal_handler(signal.SIGTERM, ended.set)
    event_loop.add_reader(child.life_fd, ended.set)
    door = OpcUaDoor(child.block, child.program, child.bound, settings)
    try:
        await door.start()
    except OSError as error:
        cause = error.strerror or str(error)
        say(f"cannot listen on {settings.endpoint}: {cause}; free the port or change [opcua] endpoint in plc.toml")
        return CANNOT
    try:
        await door.run(ended)
    finally:
        event_loop.remove_reader(child.life_fd)
        await door.stop()
    return 0


def main() -> int:
    return asyncio.run(serve(start("gateway")))


if __name__ == "__main__":
    run_child(main)
