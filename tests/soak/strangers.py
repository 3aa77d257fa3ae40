"""Ways to annoy the service over raw sockets, and what has to come of each."""

from __future__ import annotations

import json
import random
import re
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from tests.soak.world import World

ANSWER_S = 60.0
HEAD_S = 60.0
"""A head that does not come to its end is given ten seconds; the rest is for a machine that others load."""
MOST_BYTES = 1 << 16


class Stranger:
    """`ways` are names and functions. Each opens its own connections and closes them."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self._world, self._chance = world, chance
        self._address = (urlsplit(world.gate.url).hostname or "", urlsplit(world.gate.url).port or 0)
        self._epoch = world.gate.epoch
        self.ways: dict[str, Callable[[], None]] = {
            "no token": self.no_token,
            "wrong tokens": self.wrong_tokens,
            "wrong host": self.wrong_host,
            "declares too much": self.declares_too_much,
            "sends too much": self.sends_too_much,
            "no JSON": self.no_json,
            "deep JSON": self.deep_json,
            "wrong media type": self.wrong_media,
            "no HTTP": self.no_http,
            "huge head": self.huge_head,
            "slow heads": self.slow_heads,
            "leaves in the midst": self.leaves,
        }

    def no_token(self) -> None:
        refused = {401: "not_authorised", 429: "too_many_attempts"}
        self._expect("no token", refused, self._request("GET", "/api/plcs", token=False))

    def wrong_tokens(self) -> None:
        for _ in range(15):
            request = self._request("GET", "/metrics", token=False, head="Authorization: Bearer guessed\r\n")
            self._expect("a wrong token", {401: "not_authorised", 429: "too_many_attempts"}, request)
        answer = self._talk(self._request("GET", "/api/plcs"))
        if answer is not None:
            found = _status_and_kind(answer)
            self._world.invariants.refused.see("the right token after wrong ones", {200: ""}, *found)

    def wrong_host(self) -> None:
        request = self._request("GET", "/health").replace(b"Host: 127.0.0.1", b"Host: plc.example.org")
        self._expect("a wrong host", {421: "wrong_host"}, request)

    def declares_too_much(self) -> None:
        request = self._request("PUT", "/api/plcs/counter/variables", head="Content-Length: 99999999\r\n")
        self._expect("too large a body", {413: "too_large"}, request)

    def sends_too_much(self) -> None:
        chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
        request = self._request("PUT", "/api/plcs/counter/variables", head="Transfer-Encoding: chunked\r\n")
        self._expect("a body without end", {413: "too_large"}, request + chunk * 12)

    def no_json(self) -> None:
        body = self._chance.choice((b"{", b"\xff\xfe", b'{"values": NaN}', b'{"a": 1, "a": 2}', b"9" * 5000))
        self._expect("no JSON", {400: "bad_body"}, self._request("PUT", "/api/plcs/counter/variables", body))

    def deep_json(self) -> None:
        body = b"[" * 100 + b"]" * 100
        self._expect("deep JSON", {400: "bad_body"}, self._request("PUT", "/api/plcs/counter/forces", body))

    def wrong_media(self) -> None:
        request = self._request("POST", "/api/plcs/counter/reset", b"{}").replace(b"application/json", b"text/plain")
        self._expect("a wrong media type", {415: "wrong_media_type"}, request)

    def no_http(self) -> None:
        noise = self._chance.randbytes(self._chance.randint(1, 200)).replace(b"\n", b"x") + b"\r\n\r\n"
        self._expect("no HTTP", {400: "bad_request"}, noise)

    def huge_head(self) -> None:
        request = self._request("GET", "/health", head=f"X-Filling: {'x' * 2_000_000}\r\n")
        self._expect("a huge head", {400: "bad_request"}, request)

    def slow_heads(self) -> None:
        """They are given up; meanwhile others are served, which the prober of the service sees."""
        connections = [self._connected() for _ in range(self._chance.randint(1, 40))]
        began_s = time.monotonic()
        try:
            for connection in connections:
                with suppress(OSError):
                    connection.sendall(b"GET /heal")
            for connection in connections:
                connection.settimeout(max(0.1, HEAD_S - (time.monotonic() - began_s)))
                with suppress(OSError):
                    while connection.recv(1000):
                        pass
            if self._is_same():
                took_s = time.monotonic() - began_s
                self._world.invariants.answers.require(
                    took_s < HEAD_S, f"a head without end is waited for {took_s:.0f} s"
                )
        finally:
            for connection in connections:
                connection.close()

    def leaves(self) -> None:
        """With half a body on its way."""
        with suppress(OSError), self._connected() as connection:
            head = f"Content-Length: {self._chance.randint(100, 9999)}\r\n"
            connection.sendall(self._request("PUT", "/api/plcs/counter/variables", head=head) + b'{"values"')

    # ---------------------------------------------------------------------------------------------------------- talking

    def _request(self, method: str, path: str, body: bytes = b"", *, head: str = "", token: bool = True) -> bytes:
        lines = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
        )
        if token:
            lines += f"Authorization: Bearer {self._world.gate.token}\r\n"
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        return f"{lines}{length}{head}\r\n".encode() + body

    def _connected(self) -> socket.socket:
        return socket.create_connection(self._address, ANSWER_S)

    def _expect(self, what: str, expected: Mapping[int, str], request: bytes) -> None:
        answer = self._talk(request)
        if answer is not None:
            self._world.invariants.refused.see(what, expected, *_status_and_kind(answer))

    def _talk(self, request: bytes) -> bytes | None:
        """The answer; None when the connection was lost because the service was ended, or because it is closed while
        more is being sent than anybody wants to read.
        """
        answer = b""
        try:
            with self._connected() as connection:
                with suppress(ConnectionError):
                    connection.sendall(request)
                while len(answer) < MOST_BYTES and (part := connection.recv(MOST_BYTES)):
                    answer += part
        except OSError as error:
            if self._is_same() and not answer and not isinstance(error, ConnectionError):
                self._world.invariants.answers.lost(repr(request[:80]), f"{type(error).__name__}: {error}")
        return answer if answer and self._is_same() else None

    def _is_same(self) -> bool:
        return self._world.gate.is_up and self._world.gate.epoch == self._epoch


def _status_and_kind(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    found = re.match(rb"HTTP/1\.1 (\d{3})", head)
    kind = ""
    with suppress(ValueError, KeyError, TypeError):
        kind = json.loads(body[body.find(b"{") : body.rfind(b"}") + 1])["error"]["kind"]
    return int(found[1]) if found else 0, kind
