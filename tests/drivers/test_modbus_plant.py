"""Simulated plants behind Modbus: their registers without a clock, and the process around them over a real socket."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from io_drivers.modbus.client import Client, Refused, Request, read_request, write_bits_request, write_registers_request
from io_drivers.modbus.plant import LONGEST_CATCH_UP_S, STEP_S, Device, Register
from tests.drivers.kettle import REGISTERS, Kettle


@pytest.mark.parametrize(
    ("type_", "scale", "value", "items"),
    [
        ("BOOL", 1.0, True, [1]),
        ("INT", 0.1, -12.34, [0xFF85]),
        ("UINT", 0.01, 655.35, [0xFFFF]),
        ("DINT", 1.0, -2, [0xFFFF, 0xFFFE]),
        ("UDINT", 1.0, 0x1234_5678, [0x1234, 0x5678]),
        ("REAL", 1.0, 123.456, [0x42F6, 0xE979]),
    ],
)
def test_what_travels(type_, scale, value, items):
    register = Register("r", "holding", 4, type_, scale)
    assert register.items(value) == items
    assert register.end == 4 + len(items)
    assert register.value(items) == pytest.approx(value, abs=scale / 2, rel=1e-6)


def test_what_does_not_fit_is_an_error():
    with pytest.raises(struct.error):
        Register("r", "input", 0, "INT", 0.1).items(4000.0)


def test_registers_show_the_model_and_take_commands():
    device = Device(REGISTERS, kettle := Kettle(), speed=10.0)
    areas = device.unit.areas
    assert {area: len(items) for area, items in areas.items()} == {"coil": 1, "holding": 2, "discrete": 2, "input": 8}
    device.advance(100.0)
    assert (kettle.steps, areas["input"][2]) == (0, 0xFFFF & -100), "it shows what it is before anything moves"
    areas["coil"][0], areas["holding"][1] = 1, 240
    device.advance(100.2)
    assert kettle.steps == pytest.approx(200, abs=1)
    assert kettle.temperature_c == pytest.approx(10.0, abs=0.2)
    assert areas["input"][2] == round(kettle.temperature_c * 10)
    device.advance(102.0)
    assert kettle.temperature_c == pytest.approx(120.0, abs=0.2), "the limit is 240 halves of a degree"
    assert areas["discrete"] == [0, 1]


def test_a_long_pause_is_not_made_up_for():
    device = Device(REGISTERS, kettle := Kettle())
    device.advance(0.0)
    device.advance(1000.0)
    assert kettle.steps == pytest.approx(LONGEST_CATCH_UP_S / STEP_S, abs=1)


# ---------------------------------------------------------------------------------------------------------- the process

KETTLE = Path(__file__).with_name("kettle.py")


class Process:
    """The kettle with its standard input held open as a pipe."""

    def __init__(self, *arguments: str, pass_fds: tuple[int, ...] = ()) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(KETTLE), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=pass_fds,
        )

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def port(self) -> int:
        assert self.process.stdout is not None
        word, port = self.process.stdout.readline().split()
        assert word == "ready"
        return int(port)


def ask(port: int, *requests: Request, unit: int = 1) -> list[bytes]:
    async def talk() -> list[bytes]:
        client = Client("127.0.0.1", port, 10.0, 10.0, lambda: None, time.monotonic_ns)
        await client.connect()
        try:
            return [(await client.request(unit, request))[0] for request in requests]
        finally:
            client.close()

    return asyncio.run(talk())


def test_a_controller_sees_the_plant_through_modbus():
    with Process("--port", "0", "--speed", "20") as plant:
        port = plant.port()
        ask(port, write_registers_request(1, (200).to_bytes(2, "big")), write_bits_request(0, [True]))
        boils = b"\x00"
        while boils != b"\x02":
            boils, heater, limit = ask(
                port, read_request("discrete", 0, 2), read_request("coil", 0, 1), read_request("holding", 1, 1)
            )
        assert (heater, limit) == (b"\x01", (200).to_bytes(2, "big"))
        with pytest.raises(Refused, match="exception 2"):
            ask(port, read_request("input", 7, 2))
        with pytest.raises(Refused, match="exception 11"):
            ask(port, read_request("coil", 0, 1), unit=2)


def test_the_plant_stands_still_until_somebody_asks():
    with Process("--port", "0", "--speed", "100") as plant:
        port = plant.port()
        assert ask(port, read_request("input", 6, 2)) == [bytes(4)]


@pytest.mark.parametrize("end", ["SIGTERM", "SIGINT", "closed stdin"])
def test_the_process_ends_when_told(end):
    with Process("--port", "0") as plant:
        port = plant.port()
        with socket.create_connection(("127.0.0.1", port)):
            if end == "closed stdin":
                assert plant.process.stdin is not None
                plant.process.stdin.close()
                plant.process.stdin = None
            else:
                plant.process.send_signal(signal.Signals[end])
            _, errors = plant.process.communicate(timeout=30)
        assert plant.process.returncode == 0
        assert errors == ""


def test_the_port_number_goes_to_the_ready_descriptor_too():
    reading, writing = os.pipe()
    with Process("--port", "0", "--ready-fd", str(writing), pass_fds=(writing,)) as plant:
        os.close(writing)
        port = plant.port()
        with os.fdopen(reading) as ready:
            assert ready.read() == f"{port}\n"


def test_bad_arguments_and_a_port_in_use_get_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Process("--port", str(port)) as plant:
            _, errors = plant.process.communicate(timeout=30)
            assert plant.process.returncode == 1
            assert errors == f"kettle plant: cannot listen on 127.0.0.1:{port}: the port is in use or not permitted\n"
    with Process("--speed", "0") as plant:
        _, errors = plant.process.communicate(timeout=30)
        assert plant.process.returncode == 2
        assert "--speed must be above 0" in errors


def test_the_help_is_the_data_sheet():
    shown = subprocess.run([sys.executable, str(KETTLE), "--help"], capture_output=True, text=True, check=True).stdout
    assert "limit        holding   1        INT    0.5    degrees C at which it goes off by itself" in shown
