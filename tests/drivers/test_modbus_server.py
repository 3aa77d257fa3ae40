"""The simulation server, asked by the driver's own client."""

from __future__ import annotations

import asyncio
import time

import pytest

from io_drivers.modbus.client import Client, Refused, read_request, write_bits_request, write_registers_request
from io_drivers.modbus.server import Server, Unit
from tests.drivers.harness import registers


async def ask(server: Server, unit: int, request) -> bytes:
    client = Client("127.0.0.1", server.port, 5.0, 5.0, lambda: None, time.monotonic_ns)
    await client.connect()
    try:
        return (await client.request(unit, request))[0]
    finally:
        client.close()


def serve(units, scenario):
    async def run():
        server = Server(units)
        await server.start()
        try:
            return await scenario(server)
        finally:
            await server.stop()

    return asyncio.run(run())


def test_values_and_callbacks():
    seen = []
    unit = Unit(
        coils=3,
        inputs=6,
        holdings=2,
        on_read=lambda *what: seen.append(("read", *what)),
        on_write=lambda *what: seen.append(("write", *what)),
    )
    unit.set_real("input", 0, -2.5)
    unit.set_dint("input", 2, -70_000)
    unit.set_int("input", 4, -3)

    async def scenario(server):
        data = await ask(server, 1, read_request("input", 0, 5))
        words = [*registers("REAL", -2.5), *registers("DINT", -70_000), *registers("INT", -3)]
        assert data == b"".join(w.to_bytes(2, "big") for w in words)
        await ask(server, 1, write_bits_request(1, [True, True]))
        await ask(server, 1, write_registers_request(1, b"\x00\x2a"))
        assert unit.areas["coil"] == [0, 1, 1]
        assert unit.areas["holding"] == [0, 42]
        assert seen[:2] == [("read", "input", 0, 5), ("write", "coil", 1, [1, 1])]
        assert ("write", "holding", 1, [42]) in seen

    serve({1: unit}, scenario)


@pytest.mark.parametrize(
    ("unit", "request_", "code"),
    [
        (1, read_request("coil", 2, 2), 2),
        (1, read_request("discrete", 0, 1), 2),
        (1, read_request("holding", 65_535, 1), 2),
        (1, write_bits_request(3, [True]), 2),
        (2, read_request("coil", 0, 1), 11),
    ],
)
def test_refusals(unit, request_, code):
    async def scenario(server):
        with pytest.raises(Refused) as caught:
            await ask(server, unit, request_)
        assert caught.value.code == code

    serve({1: Unit(coils=3)}, scenario)


def test_a_port_in_use_is_one_clear_error():
    async def scenario(server):
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{server.port}"):
            await Server({}, port=server.port).start()

    serve({1: Unit()}, scenario)


def test_values_that_do_not_fit_are_refused():
    unit = Unit(inputs=2, coils=1)
    for area, address, value in [("input", 0, 65_536), ("input", 0, -32_769), ("coil", 0, 2), ("input", 2, 0)]:
        with pytest.raises(ValueError, match=area):
            unit.set_int(area, address, value)
    with pytest.raises(ValueError, match="outside"):
        unit.set_real("input", 1, 1.0)
