"""A simulated plant behind a Modbus TCP server, as a process of its own.

A plant is a model in plain Python and the table of its registers:

    REGISTERS = (
        Register("heater", "coil", 0),
        Register("temperature", "input", 0, "INT", 0.1, "degrees C"),
    )

    class Kettle:
        def step(self, commands, dt_s): ...           commands["heater"]
        def answers(self): ...                        {"temperature": 21.5}

    if __name__ == "__main__":
        sys.exit(main("kettle", REGISTERS, Kettle(), port=5020))

The controller writes coils and holding registers, the plant discrete inputs and input registers. The model never asks
for the time, so that it runs in virtual time as well (runtime/testing/plants.py). Read `Device` first.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import stat
import struct
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from msgspec import Struct

from io_drivers.modbus.server import Server, Unit

STEP_S = 0.01
LONGEST_CATCH_UP_S = 10.0
_LOOK_S = 0.05
"""How often the model is moved while nobody reads."""

_FORMATS = {"INT": "h", "UINT": "H", "DINT": "i", "UDINT": "I", "REAL": "f"}
"""Of numbers, as `struct` names them; a BOOL is one bit."""


class Register(Struct, frozen=True):
    """One row of a plant's data sheet. What travels is the value divided by `scale`; the more significant register of
    two comes first.
    """

    name: str
    area: Literal["coil", "discrete", "input", "holding"]
    address: int
    type: Literal["BOOL", "INT", "UINT", "DINT", "UDINT", "REAL"] = "BOOL"
    scale: float = 1.0
    meaning: str = ""

    @property
    def is_command(self) -> bool:
        return self.area in ("coil", "holding")

    @property
    def end(self) -> int:
        """The address behind it."""
        return self.address + len(self.items(0))

    def items(self, value: float) -> list[int]:
        """What stands in the area: a bit, or registers. Raises struct.error when the value does not fit."""
        if self.type == "BOOL":
            return [int(bool(value))]
        raw = value / self.scale
        packed = struct.pack(f">{_FORMATS[self.type]}", raw if self.type == "REAL" else round(raw))
        return list(struct.unpack(f">{len(packed) // 2}H", packed))

    def value(self, items: Sequence[int]) -> Any:
        """What these bits or registers say."""
        if self.type == "BOOL":
            return bool(items[0])
        return struct.unpack(f">{_FORMATS[self.type]}", struct.pack(f">{len(items)}H", *items))[0] * self.scale


class Model(Protocol):
    """What is simulated. Names are those of the registers; answers that have none are left out."""

    def step(self, commands: Mapping[str, Any], dt_s: float) -> None:
        """Move on by `dt_s`, during which the controller wants this."""
        ...

    def answers(self) -> Mapping[str, Any]:
        """What the plant says of itself now."""
        ...


class Device:
    """A model behind registers. `advance` may be called as often as anybody likes: the model moves in steps of
    `STEP_S`. `speed` is plant seconds per second.
    """

    def __init__(self, registers: Sequence[Register], model: Model, speed: float = 1.0) -> None:
        ends = dict.fromkeys(("coil", "discrete", "input", "holding"), 0)
        for register in registers:
            ends[register.area] = max(ends[register.area], register.end)
        self.unit = Unit(coils=ends["coil"], discretes=ends["discrete"], inputs=ends["input"], holdings=ends["holding"])
        self._registers, self._model, self._speed = registers, model, speed
        self._behind_s = 0.0
        self._advanced_s: float | None = None

    def advance(self, now_s: float) -> None:
        """Bring model and registers up to `now_s`; the first call starts the plant's time. After a pause of the process
        no more than ten seconds are made up for.
        """
        since_s = now_s - (now_s if self._advanced_s is None else self._advanced_s)
        self._advanced_s = now_s
        self._behind_s += min(since_s, LONGEST_CATCH_UP_S) * self._speed
        commands = self._commands()
        while self._behind_s >= STEP_S:
            self._model.step(commands, STEP_S)
            self._behind_s -= STEP_S
        self._show()

    def _commands(self) -> dict[str, Any]:
        areas = self.unit.areas
        return {
            row.name: row.value(areas[row.area][row.address : row.end]) for row in self._registers if row.is_command
        }

    def _show(self) -> None:
        answers = self._model.answers()
        for row in self._registers:
            if not row.is_command:
                self.unit.areas[row.area][row.address : row.end] = row.items(answers[row.name])


# --------------------------------------------------------------------------------------------------------- the process


def main(name: str, registers: Sequence[Register], model: Model, *, port: int) -> int:
    """The command line of a plant; returns its exit status.

    It prints `ready PORT` when it listens and ends on SIGTERM, on SIGINT, or when its standard input is a pipe that is
    closed. The plant stands still until a controller has asked for the first time.
    """
    parser = argparse.ArgumentParser(
        description=f"simulated plant '{name}' behind a Modbus TCP server on 127.0.0.1, unit 1",
        epilog=_data_sheet(registers),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=port, help=f"0 takes a free one (default: {port})")
    parser.add_argument("--speed", type=float, default=1.0, help="plant seconds per second, up to 100 (default: 1)")
    parser.add_argument("--ready-fd", type=int, help="write the port number to this descriptor when listening")
    arguments = parser.parse_args()
    if not 0.0 < arguments.speed <= 100.0:
        parser.error("--speed must be above 0 and at most 100")
    if not 0 <= arguments.port <= 65_535:
        parser.error("--port must be 0 to 65535")
    try:
        asyncio.run(_serve(Device(registers, model, arguments.speed), arguments.port, arguments.ready_fd))
    except OSError as error:
        print(f"{name} plant: {error}", file=sys.stderr)
        return 1
    return 0


def _data_sheet(registers: Sequence[Register]) -> str:
    rows = [("name", "area", "address", "type", "scale", "meaning")]
    rows += [(r.name, r.area, f"{r.address}", r.type, f"{r.scale:g}", r.meaning) for r in registers]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


async def _serve(device: Device, port: int, ready_fd: int | None) -> None:
    """Until it is told to end. Raises OSError when the port cannot be had."""
    loop = asyncio.get_running_loop()

    def look(area: str, address: int, count: int) -> None:
        device.advance(loop.time())

    device.unit.on_read = look
    server = Server({1: device.unit}, port=port)
    await server.start()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if _is_pipe(sys.stdin.fileno()):
        loop.add_reader(sys.stdin.fileno(), _end_of_input, ended)
    print(f"ready {server.port}", flush=True)
    if ready_fd is not None:
        os.write(ready_fd, f"{server.port}\n".encode())
        os.close(ready_fd)
    while not ended.is_set():
        if server.requests:
            device.advance(loop.time())
        try:
            await asyncio.wait_for(ended.wait(), _LOOK_S)
        except TimeoutError:
            continue
    await server.stop()


def _is_pipe(fd: int) -> bool:
    mode = os.fstat(fd).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _end_of_input(ended: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        ended.set()
