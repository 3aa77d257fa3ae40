"""Listening: a socket made beforehand, uvicorn on it, and an orderly end.

uvicorn would take over the process's signals and end it by one of them. Here the service decides when to end, and in
which order, so `serve` leaves signals alone and goes on until `ended` is set.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import socket
from collections.abc import Generator
from typing import Any, cast

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from runtime.service.http import errors
from runtime.service.http.guard import Guard

MAX_CONNECTIONS = 200
"""One more takes the place of the one that has kept the service waiting longest: strangers hold nobody up."""
HEAD_TIMEOUT_S = 10.0
"""For the head of a request, and for what is left of its body once it was answered, such as one without the token."""
GRACE_S = 10
"""For requests that are being answered when the end comes."""
_MAX_HEAD_BYTES = 32 << 10


class CannotListen(Exception):
    """The address cannot be listened on; the text is for people."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Port 0 takes any free one. Raises CannotListen."""
    if not host:  # which would mean every address there is
        raise CannotListen("there is no address to listen on; name one with --host")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(128)
            listener.setblocking(False)
        except BaseException:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CannotListen(
            f"cannot listen on {host}, port {port}: {cause}; free the port or choose others with --host and --port"
        ) from error
    return listener


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class _BoundedProtocol(H11Protocol):
    """A connection that has to get said in time what it is waited for; uvicorn itself waits for ever."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > MAX_CONNECTIONS:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """To what is no HTTP."""
        self._refuse(400, "bad_request", msg)

    def _refuse(self, status: int, kind: str, message: str) -> None:
        """In the shape of every refusal, as far as an answer can still be begun."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = json.dumps(errors.shape(kind, message, None)).encode()
            headers = [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("Connection", "close"),
            ]
            for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _look(self) -> None:
        """Whose turn is it?"""
        if self.conn.their_state is h11.IDLE:
            if self.conn.trailing_data[0]:
                self._wait()  # a head has begun; before that uvicorn's own timer runs
        elif self.conn.our_state is h11.DONE:
            self._wait()  # answered, and the body goes on
        else:
            self._stop_waiting()

    def _wait(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_TIMEOUT_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        self.transport.close()

    def _make_room(self) -> None:
        """Give up the connection whose time to say something ends next."""
        others = cast("set[_BoundedProtocol]", self.connections)
        longest = min(others, key=lambda other: other.waited_for_until_s)  # this one waits as well
        if longest is self:
            self._refuse(503, "unavailable", f"all {MAX_CONNECTIONS} connections are being served")
        else:
            longest.transport.close()

    @property
    def waited_for_until_s(self) -> float:
        """When this connection is given up unless it says something; never while it is being served."""
        handles = cast("tuple[asyncio.TimerHandle | None, ...]", (self._deadline, self.timeout_keep_alive_task))
        return min((handle.when() for handle in handles if handle is not None), default=math.inf)


async def serve(app: Guard, listener: socket.socket, ended: asyncio.Event) -> None:
    """Answer requests until `ended`, then finish those that were begun."""
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what strangers send is not worth a line each
    config = uvicorn.Config(
        app,
        http=_BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=_MAX_HEAD_BYTES,
    )
    server = _Server(config)

    async def end() -> None:
        await ended.wait()
        server.should_exit = True

    ending = asyncio.create_task(end())
    try:
        await server.serve([listener])
    finally:
        ending.cancel()
