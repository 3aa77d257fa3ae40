"""One request, one answer: what counts as the answer, what does not, and what becomes of the connection."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import tracemalloc

import pytest

from io_drivers.contract import Reason
from io_drivers.modbus.client import (
    BadAnswer,
    Client,
    LinkLost,
    ModbusError,
    NoAnswer,
    Refused,
    mask_request,
    read_request,
    write_bits_request,
    write_registers_request,
)
from tests.drivers.fault_server import FaultServer

TIMEOUT_S = 0.15


def with_client(behave, scenario, timeout_s: float = TIMEOUT_S):
    """Run `scenario(server, client)` against a server that behaves like that."""

    async def run():
        server = FaultServer(behave) if behave else FaultServer()
        server.areas["holding"][:] = [n & 0xFFFF for n in range(65_536)]
        async with server.serving():
            client = Client("127.0.0.1", server.port, 5.0, timeout_s, lambda: None, time.monotonic_ns)
            await client.connect()
            try:
                return await scenario(server, client)
            finally:
                client.close()

    return asyncio.run(run())


async def read(client: Client, address: int, count: int = 2) -> list[int]:
    data, round_trip_us = await client.request(1, read_request("holding", address, count))
    assert round_trip_us > 0
    return [int.from_bytes(data[n : n + 2], "big") for n in range(0, len(data), 2)]


async def failure(client: Client, address: int = 0, count: int = 2) -> ModbusError:
    with pytest.raises(ModbusError) as caught:
        await read(client, address, count)
    return caught.value


def instead(make):
    """Answer the first request with the bytes that `make(request)` gives, and all others as usual."""

    async def behave(request, link):
        if request.number > 0:
            return False
        await link.send(make(request))
        return True

    return behave


def test_good_answers():
    async def scenario(server, client):
        assert await read(client, 10, 3) == [10, 11, 12]
        await client.request(1, write_registers_request(3, b"\x12\x34\x56\x78"))
        await client.request(1, write_registers_request(5, b"\x00\x07"))
        await client.request(1, write_bits_request(0, [True, False, True]))
        await client.request(1, write_bits_request(9, [True]))
        await client.request(1, mask_request(5, 0xFFFE, 0))
        assert server.areas["holding"][3:6] == [0x1234, 0x5678, 6]
        assert server.areas["coil"][:10] == [1, 0, 1, 0, 0, 0, 0, 0, 0, 1]
        assert [r.function for r in server.requests] == [3, 16, 6, 15, 5, 22]

    with_client(None, scenario)


def test_an_answer_in_single_bytes_is_one_answer():
    async def behave(request, link):
        for byte in request.frame():
            await link.send(bytes((byte,)))
            await asyncio.sleep(0)
        return True

    async def scenario(server, client):
        for n in range(5):
            assert await read(client, n) == [n, n + 1]

    with_client(behave, scenario, timeout_s=5.0)


@pytest.mark.parametrize("answers", [True, False])
def test_a_cancelled_request_is_over_before_the_next(answers: bool):
    """At the end of a PLC the poll under way was cancelled and the safe values were sent right behind it. The device
    took the first request out of what it had received and dropped the rest: the valve stayed where it was.
    """

    async def scenario():
        first, second_waits, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readexactly(12)
            first.set()
            await second_waits.wait()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.readexactly(1), 0.05)
            if answers:
                writer.write(request[:2] + bytes((0, 0, 0, 7, 1, 3, 4, 0, 1, 0, 2)))
            request = await reader.readexactly(12)
            writer.write(request[:2] + bytes((0, 0, 0, 7, 1, 3, 4, 0, 3, 0, 4)))
            await reader.read()
            writer.close()
            await writer.wait_closed()
            ended.set()

        served = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with served:
            port = served.sockets[0].getsockname()[1]
            client = Client("127.0.0.1", port, 5.0, 20.0 if answers else 0.2, lambda: None, time.monotonic_ns)
            await client.connect()
            cancelled = asyncio.create_task(read(client, 0))
            await first.wait()
            cancelled.cancel()
            await asyncio.wait([cancelled])
            following = asyncio.create_task(read(client, 2))
            asyncio.get_running_loop().call_soon(second_waits.set)
            assert await following == [3, 4]
            client.close()
            await ended.wait()

    asyncio.run(scenario())


def test_an_answer_is_received_without_large_objects():
    """Each piece of an answer came in an object of 256 KiB that was then cut to a few bytes. Half an answer that waited
    for its other half pinned such a place, and with ten devices that send in two pieces the I/O process grew by one and
    a half megabytes a minute.
    """

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            while request := connection.recv(64):
                connection.sendall(request[:2] + bytes((0, 0, 0, 7, 1, 3, 4, 0, 1, 0, 2)))

    async def scenario(port: int) -> int:
        client = Client("127.0.0.1", port, 5.0, 20.0, lambda: None, time.monotonic_ns)
        await client.connect()
        assert await read(client, 0) == [1, 2]
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            assert await read(client, 0) == [1, 2]
            return tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
            client.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener,))
        server.start()
        assert asyncio.run(scenario(listener.getsockname()[1])) < 65_536
        server.join()


@pytest.mark.parametrize(
    ("make", "error", "reason", "text"),
    [
        (lambda r: r.exception(2), Refused, Reason.DEVICE_ERROR, r"exception 2 \(illegal data address\)"),
        (lambda r: r.exception(99), Refused, Reason.DEVICE_ERROR, r"exception 99 \(unknown\)"),
        (
            lambda r: r.frame(b"\x04" + r.answer[1:]),
            BadAnswer,
            Reason.BAD_RESPONSE,
            "function 4 to a request of function 3",
        ),
        (lambda r: r.frame(b"\x63\x02\x00\x01"), BadAnswer, Reason.BAD_RESPONSE, "function 99"),
        (lambda r: r.frame(r.answer, unit=2), BadAnswer, Reason.BAD_RESPONSE, "unit 2 answered a request to unit 1"),
        (
            lambda r: r.frame(b"\x03\x02\x00\x01"),
            BadAnswer,
            Reason.BAD_RESPONSE,
            "2 bytes of data announced as 2 instead of 4",
        ),
        (lambda r: r.frame(r.answer[:-1]), BadAnswer, Reason.BAD_RESPONSE, "3 bytes of data announced as 4"),
        (lambda r: r.frame(r.answer + b"\0"), BadAnswer, Reason.BAD_RESPONSE, "5 bytes of data announced as 4"),
        (lambda r: r.frame(b"\x03"), BadAnswer, Reason.BAD_RESPONSE, "0 bytes of data announced as nothing"),
    ],
    ids=["exception", "odd exception", "function", "unknown function", "unit", "short", "cut", "long", "bare"],
)
def test_a_wrong_answer_costs_one_request_and_no_timeout(make, error, reason, text):
    async def scenario(server, client):
        caught = await failure(client)
        assert type(caught) is error
        assert caught.reason is reason
        with pytest.raises(type(caught), match=text):
            raise caught
        assert await read(client, 7) == [7, 8]
        assert server.connections == 1

    with_client(instead(make), scenario, timeout_s=30.0)


@pytest.mark.parametrize("offset", [1, -1, 1000])
def test_an_answer_with_another_transaction_is_not_the_answer(offset):
    async def behave(request, link):
        if request.number != 1:
            return False
        await link.send(request.frame(transaction=(request.transaction + offset) & 0xFFFF))
        return True

    async def scenario(server, client):
        assert await read(client, 5) == [5, 6]
        caught = await failure(client, 6)
        assert isinstance(caught, NoAnswer)
        assert caught.reason is Reason.BAD_RESPONSE
        assert await read(client, 7) == [7, 8]
        assert server.connections == 1

    with_client(behave, scenario)


def test_transaction_zero_is_not_the_answer():
    async def scenario(server, client):
        caught = await failure(client)
        assert (type(caught), caught.reason) == (NoAnswer, Reason.BAD_RESPONSE)
        assert await read(client, 7) == [7, 8]

    with_client(instead(lambda r: r.frame(transaction=0)), scenario)


def test_the_right_answer_after_a_stray_one_counts():
    async def scenario(server, client):
        assert await read(client, 3) == [3, 4]

    with_client(instead(lambda r: r.frame(transaction=r.transaction + 1) + r.frame()), scenario, timeout_s=30.0)


def test_a_late_answer_is_never_taken_for_the_next_requests():
    """All requests ask for the same, so only the transaction tells answers apart. Those held back say 0xAAAA."""
    late = b"\x03\x04\xaa\xaa\xaa\xaa"
    held = []

    async def behave(request, link):
        if request.number < 3:
            held.append(request.frame(late))
            return True
        if held:
            await link.send(b"".join(held) + request.frame())
            held.clear()
            return True
        return False

    async def scenario(server, client):
        for _ in range(3):
            caught = await failure(client, 1)
            assert (type(caught), caught.reason) == (NoAnswer, Reason.TIMEOUT)
        for _ in range(3):
            assert await read(client, 1) == [1, 2]
        assert server.connections == 1, "a late answer is no reason to reconnect"

    with_client(behave, scenario)


def test_a_late_answer_does_not_make_silence_a_bad_response():
    held = []

    async def behave(request, link):
        for frame in held:
            await link.send(frame)
        held[:] = [request.frame()]
        return True

    async def scenario(server, client):
        for n in range(3):
            caught = await failure(client, n)
            assert (type(caught), caught.reason) == (NoAnswer, Reason.TIMEOUT)

    with_client(behave, scenario)


def test_a_cancelled_request_leaves_the_connection_usable():
    arrived = asyncio.Event()

    async def behave(request, link):
        if request.number == 0:
            arrived.set()
            await asyncio.sleep(0.05)
            await link.send(request.frame(b"\x03\x04\xaa\xaa\xaa\xaa"))
            return True
        return False

    async def scenario(server, client):
        task = asyncio.create_task(read(client, 1))
        await arrived.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await read(client, 1) == [1, 2]

    with_client(behave, scenario, timeout_s=5.0)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda r: b"HTTP/1.1 400 Bad Request\r\n\r\n", "no Modbus frame"),
        (lambda r: r.frame()[:4] + b"\xff\xff" + r.frame()[6:], "no Modbus frame"),
        (lambda r: r.frame()[:4] + b"\x00\x01" + r.frame()[6:], "no Modbus frame"),
        (lambda r: r.frame()[:2] + b"\x00\x07" + r.frame()[4:], "no Modbus frame"),
        (lambda r: r.frame(transaction=r.transaction + 1) * 100, "more than 64 answers"),
    ],
    ids=["http", "huge length", "tiny length", "protocol", "flood"],
)
def test_what_is_out_of_step_is_cut_off_at_once(make, text):
    async def scenario(server, client):
        started = time.monotonic()
        caught = await failure(client)
        assert (type(caught), caught.reason) == (LinkLost, Reason.BAD_RESPONSE)
        assert text in str(caught)
        assert time.monotonic() - started < 30.0
        assert not client.connected
        assert text in str(client.loss)
        with pytest.raises(LinkLost):
            await read(client, 0)
        await client.connect()
        assert await read(client, 7) == [7, 8]

    with_client(instead(make), scenario, timeout_s=60.0)


@pytest.mark.parametrize(
    "make", [lambda r: r.frame()[:9], lambda r: r.frame()[:4] + b"\x00\xfa" + r.frame()[6:]], ids=["cut", "long length"]
)
def test_half_an_answer_ends_the_connection_at_the_timeout(make):
    async def scenario(server, client):
        caught = await failure(client)
        assert (type(caught), caught.reason) == (LinkLost, Reason.BAD_RESPONSE)
        assert "incomplete" in str(caught)
        await client.connect()
        assert await read(client, 7) == [7, 8]

    with_client(instead(make), scenario)


@pytest.mark.parametrize("end", ["close", "reset", "close in mid-frame"])
def test_a_closed_connection_is_noticed_at_once(end):
    async def behave(request, link):
        if end == "close in mid-frame":
            await link.send(request.frame()[:10])
        (link.reset if end == "reset" else link.close)()
        return True

    async def scenario(server, client):
        caught = await failure(client)
        assert (type(caught), caught.reason) == (LinkLost, Reason.NOT_CONNECTED)
        assert not client.connected

    with_client(behave, scenario, timeout_s=60.0)  # far beyond the test's own limit: nothing here waits for it


def test_a_refused_connection_says_so():
    async def run():
        async with FaultServer().serving() as server:
            port = server.port
        client = Client("127.0.0.1", port, 5.0, 1.0, lambda: None, time.monotonic_ns)
        with pytest.raises(LinkLost, match=f"127.0.0.1:{port} cannot be reached: Connection refused"):
            await client.connect()
        assert not client.connected

    asyncio.run(run())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda pdu: pdu[:2] + bytes((pdu[2] ^ 1,)) + pdu[3:5],
        lambda pdu: pdu[:4],
        lambda pdu: pdu + b"\0",
        lambda pdu: pdu[:3] + b"\0\3" if pdu[0] == 16 else pdu[:1],
    ],
    ids=["address", "cut", "long", "count"],
)
def test_a_write_counts_only_when_it_is_confirmed(wrong):
    async def behave(request, link):
        await link.send(request.frame(wrong(request.answer)))
        return True

    async def scenario(server, client):
        for request in (
            write_registers_request(3, b"\0\1"),
            write_registers_request(3, bytes(4)),
            write_bits_request(0, [True]),
            mask_request(0, 1, 1),
        ):
            with pytest.raises(BadAnswer, match="not that of what was written"):
                await client.request(1, request)

    with_client(behave, scenario)


def test_a_device_may_confirm_with_the_value_it_holds_now():
    """Seen with a server that reads back: the coil had cleared itself, and the pulse was sent again at every poll."""

    async def behave(request, link):
        await link.send(request.frame(request.pdu[:3] + b"\0\0"))
        return True

    async def scenario(server, client):
        assert (await client.request(1, write_bits_request(2, [True])))[0] == b""
        assert (await client.request(1, write_registers_request(2, b"\0\7")))[0] == b""

    with_client(behave, scenario)


def test_transactions_wrap_around_without_zero():
    async def scenario(server, client):
        client._transaction = 0xFFFE
        for n in range(3):
            assert await read(client, n) == [n, n + 1]
        assert [r.transaction for r in server.requests] == [0xFFFF, 1, 2]

    with_client(None, scenario)
