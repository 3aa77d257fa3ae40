"""The HTTP server on a real socket: what only the wire can do wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from runtime.service.access import Principal
from runtime.service.http import models, server, upload
from tests.unit.httpdoor import AUTHORISED, TOKEN, FakeHost, make_app, refusal

HEAD = f"PUT /api/plcs/tank/program HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
JSON = b"Content-Type: application/json\r\n"


@asynccontextmanager
async def serving(host: FakeHost | None = None) -> AsyncIterator[int]:
    """A server in this event loop; yields its port."""
    listener = server.listen("127.0.0.1", 0)
    ended = asyncio.Event()
    task = asyncio.create_task(server.serve(make_app(host or FakeHost()), listener, ended))
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        await task
        listener.close()


async def exchange(port: int, *pieces: bytes, end: bool = False) -> bytes:
    """Send, and read until the server closes or a whole answer with a JSON body is there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if end:
            writer.write_eof()
        while True:
            data = await reader.read(65536)
            answer += data
            head, _, body = answer.partition(b"\r\n\r\n")
            lengths = [int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            if not data or (lengths and len(body) >= lengths[0]):
                return answer
    finally:
        writer.close()
        await writer.wait_closed()


def parsed(answer: bytes) -> tuple[int, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 30))


def test_requests_are_answered() -> None:
    async def body() -> None:
        async with serving() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            assert (await client.get("/health")).json() == {"status": "ok"}
            assert (await client.get("/api/plcs", headers=AUTHORISED)).status_code == 200
            response = await client.get("/api/plcs", headers={**AUTHORISED, "Host": "evil.example"})
            refusal(response, 421, "wrong_host")
            assert "server" not in response.headers

    run(body())


def test_a_declared_length_that_is_too_large_is_answered_before_anything_was_sent() -> None:
    async def body() -> None:
        async with serving() as port:
            head = HEAD + JSON + f"Content-Length: {upload.BODY_BYTES + 1}\r\n\r\n".encode()
            status, document = parsed(await exchange(port, head))
            assert (status, document["error"]["kind"]) == (413, "too_large")

    run(body())


def test_a_body_in_chunks_that_becomes_too_large_is_answered() -> None:
    async def body() -> None:
        async with serving() as port:
            chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
            pieces = [chunk] * (upload.BODY_BYTES // 65536 + 2)
            status, document = parsed(
                await exchange(port, HEAD + JSON + b"Transfer-Encoding: chunked\r\n\r\n", *pieces)
            )
            assert (status, document["error"]["kind"]) == (413, "too_large")

    run(body())


def test_the_largest_bundle_passes() -> None:
    files = {"plc.toml": "", "main.st": '"\n' * (upload.MAX_TOTAL_BYTES // 4)}  # each character needs an escape

    async def body() -> None:
        host = FakeHost()
        async with serving(host) as port, httpx.AsyncClient(trust_env=False) as client:
            url = f"http://127.0.0.1:{port}/api/plcs/tank/program"
            response = await client.put(url, json={"files": files}, headers=AUTHORISED)
            assert response.status_code == 201
            assert dict(host.asked[0][2].files)["main.st"] == files["main.st"].encode()

    run(body())


@pytest.mark.parametrize(
    "text",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # the beginning of TLS
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\r\n\r\n",
        b"\r\n" * 10 + b"nonsense\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        HEAD + b"Content-Length: -5\r\n\r\n",
        HEAD + JSON + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_one_answer_in_the_one_shape(text: bytes) -> None:
    async def body() -> None:
        async with serving() as port:
            status, document = parsed(await exchange(port, text))
            assert 400 <= status < 500
            assert document["error"]["message"]
            again, _ = parsed(await exchange(port, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            assert again == 200

    run(body())


@pytest.mark.parametrize("begun", [b"", b"GET /health HT", b"GET /health HTTP/1.1\r\nHost: local"])
def test_a_request_head_that_does_not_come_is_given_up(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_TIMEOUT_S", 0.05)

    async def body() -> None:
        async with serving() as port:
            assert await exchange(port, begun) == b""

    run(body())


def test_a_second_request_head_that_trickles_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """uvicorn's own timer ends with the first byte of the next request."""
    monkeypatch.setattr(server, "HEAD_TIMEOUT_S", 0.2)

    async def body() -> None:
        async with serving() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readuntil(b'{"status":"ok"}')
            writer.write(b"GET /health HTTP/1.1\r\nX: ")
            await _trickle_until_closed(reader, writer)
            await _close(writer)

    run(body())


def test_the_rest_of_a_body_that_was_refused_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger without the token was answered, and could go on sending a body for ever: each byte put uvicorn's timer
    off. Two hundred of these, and the service answered nobody.
    """
    monkeypatch.setattr(server, "HEAD_TIMEOUT_S", 0.2)

    async def body() -> None:
        async with serving() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = HEAD.replace(TOKEN.encode(), b"wrong")
            writer.write(head + JSON + b"Content-Length: 1000000\r\n\r\n")
            status, _ = parsed(await _one_answer(reader))
            assert status == 401
            await _trickle_until_closed(reader, writer)
            await _close(writer)

    run(body())


async def _trickle_until_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send byte after byte, and be told nothing, until the server hangs up. Where it has not read all of them that is a
    reset and no end of the stream.
    """
    with contextlib.suppress(ConnectionError):
        while not reader.at_eof():
            writer.write(b" ")
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                assert await asyncio.wait_for(reader.read(1), 0.005) == b""


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def _one_answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    return head + await reader.readexactly(length)


def test_whoever_says_nothing_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred connections that said nothing, from anybody on the machine, and for ten seconds every request was
    refused, also of clients that had been connected before.
    """
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 3)

    async def body() -> None:
        async with serving() as port:
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            status, _ = parsed(await exchange(port, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            assert status == 200
            assert await silent[0][0].read() == b"", "the one that was waited for longest was given up"
            for _, writer in silent:
                await _close(writer)

    run(body())


def test_those_that_are_being_served_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)

    async def body() -> None:
        async with serving() as port:
            served = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            for _, writer in served:
                writer.write(HEAD + JSON + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            for reader, _ in served:
                assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            status, document = parsed(await exchange(port, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            assert (status, document["error"]["kind"]) == (503, "unavailable")
            for reader, writer in served:
                writer.write(b"{}")
                status, _ = parsed(await _one_answer(reader))
                assert status == 422
                await _close(writer)

    run(body())


def test_what_strangers_send_is_not_written_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Each request for a websocket, and each that was no HTTP, was worth a line or two, with the advice to install a
    library that is not wanted here.
    """

    async def body() -> None:
        async with serving() as port:
            upgrade = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
            assert parsed(await exchange(port, upgrade))[0] == 200
            assert parsed(await exchange(port, b"nonsense\r\n\r\n"))[0] == 400

    run(body())
    assert caplog.text == ""


def test_a_client_that_goes_away_in_the_middle_leaves_nothing() -> None:
    async def body() -> None:
        host = FakeHost()
        async with serving(host) as port:
            await exchange(port, HEAD + JSON + b'Content-Length: 100\r\n\r\n{"files"', end=True)
            status, _ = parsed(await exchange(port, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            assert status == 200
            assert host.asked == []

    run(body())


def test_a_body_that_does_not_come_is_given_up_at_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each was a traceback in the log of a service that had been asked to end."""
    monkeypatch.setattr(server, "GRACE_S", 0)

    async def body() -> None:
        async with serving() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD + JSON + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
        status, document = parsed(await _one_answer(reader))
        assert (status, document["error"]["message"]) == (503, "the service is ending")
        await _close(writer)

    run(body())
    assert "Traceback" not in caplog.text


def test_work_that_takes_too_long_at_the_end_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever had ordered it got an answer of the server's own, of no form that is documented."""
    monkeypatch.setattr(server, "GRACE_S", 0)
    has_begun = asyncio.Event()

    class SlowHost(FakeHost):
        async def start(self, who: Principal, name: str) -> models.PlcDetail:
            has_begun.set()
            await asyncio.Event().wait()
            return await super().start(who, name)

    async def body() -> None:
        async with serving(SlowHost()) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD.replace(b"PUT /api/plcs/tank/program", b"POST /api/plcs/tank/start") + b"\r\n")
            await has_begun.wait()
        status, document = parsed(await _one_answer(reader))
        assert (status, document["error"]["kind"]) == (503, "unavailable")
        assert "waits no longer" in document["error"]["message"]
        await _close(writer)

    run(body())
    assert "Traceback" not in caplog.text


def test_an_address_in_use_is_said_in_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(server.CannotListen, match=f"127.0.0.1, port {port}: Address already in use"):
            server.listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "x" * 300, "a\0b", ""])
def test_an_address_that_is_not_of_this_machine_is_said_in_one_sentence(host: str) -> None:
    with pytest.raises(server.CannotListen, match="listen"):
        server.listen(host, 0)
