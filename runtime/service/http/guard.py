"""What every request passes before a route sees it: host name, token, size, time, and that its body is sane JSON.

It stands in front of the whole application, so a route that forgets to ask for the token does not exist. The order
matters: a stranger's body is never read, and the body of somebody known is read with a limit on size and time, also
when it comes in pieces without a length.

Against pages in a browser that a person has open elsewhere: there is no CORS, the token travels in a header that no
form can set, and the Host header has to name this service (DNS rebinding). A browser cannot send that header when a
person types an address, so the read-only pages below /docs also take the token as the password of HTTP Basic;
browsers send that along unasked, hence nowhere else.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import ipaddress
import json
import logging
import re
import socket
from collections import Counter
from collections.abc import Iterable
from typing import Any, cast

from msgspec import Struct
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.service.access import Principal, Role
from runtime.service.errors import RequestError, Unavailable
from runtime.service.http import errors, upload
from runtime.service.http.token import Attempts, Token

log = logging.getLogger("rung")

BODY_BYTES = 256 << 10
"""Of every request but uploads."""
BODY_TIMEOUT_S = 30.0
JSON_DEPTH = 32

_OPEN = ("/health",)
_PAGES = ("/docs", "/openapi.json")
_UPLOAD = re.compile(r"/api/plcs/[^/]+/program/?")
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^\[\]:/@\s]+)(?::[0-9]{1,5})?")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
TOKEN_HOLDER = Principal("token", Role.ENGINEER)
"""Who shows the token. Roles will come with more than one token."""


class Hosts(Struct, frozen=True):
    """Names by which the service may be addressed.

    With `any_address` every IP address will do: an address cannot be rebound, a name can.
    """

    names: frozenset[str]
    any_address: bool

    def accept(self, header: str) -> bool:
        match = _HOST.fullmatch(header)
        if match is None:
            return False
        name = match["name"].lower().rstrip(".")
        return name in self.names or (self.any_address and _address(name.strip("[]")) is not None)


def hosts_for(host: str) -> Hosts:
    """What to accept when listening on `host`."""
    names = {"localhost", "127.0.0.1", "[::1]"}
    address = _address(host)
    if address is not None and address.is_unspecified:
        return Hosts(frozenset({*names, socket.gethostname().lower()}), any_address=True)
    names.add(f"[{address.compressed}]" if isinstance(address, ipaddress.IPv6Address) else host.lower())
    return Hosts(frozenset(names), any_address=False)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


class Guard:
    """The application behind its guard, itself an ASGI application."""

    def __init__(self, app: ASGIApp, token: Token, attempts: Attempts, hosts: Hosts) -> None:
        self._app, self._token, self._attempts, self._hosts = app, token, attempts, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the service speaks HTTP only, not {scope['type']}")

        has_begun = False

        async def send_hardened(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            headers = Headers(scope=scope)
            self._check_host(headers)
            self._check_token(scope["path"], scope["method"], headers)
            body = await _read_body(scope, headers, receive)
        except asyncio.CancelledError:  # the server gives up what it waits for, at the end of its patience
            await _answer(Unavailable("the service is ending"), scope, receive, send_hardened)
            return
        except RequestError as error:
            await _answer(error, scope, receive, send_hardened)
            return
        scope.setdefault("state", {})["principal"] = TOKEN_HOLDER
        try:
            await self._app(scope, _replay(body, receive), send_hardened)
        except asyncio.CancelledError:
            if has_begun:
                raise
            text = "the service is ending and waits no longer; whether it was done is seen when the service is back"
            await _answer(Unavailable(text), scope, receive, send_hardened)
        except Exception:  # the application has answered by now; the server would add the end of the connection
            log.exception("%s %s failed", scope["method"], scope["path"])

    def _check_host(self, headers: Headers) -> None:
        given = headers.getlist("host")
        if len(given) != 1 or not self._hosts.accept(given[0]):
            shown = ", ".join(given)[:100] or "none"
            raise errors.WrongHost(f"the header Host is {shown}, which is not a name of this service")

    def _check_token(self, path: str, method: str, headers: Headers) -> None:
        if path in _OPEN:
            return
        is_page = method == "GET" and any(path == page or path.startswith(f"{page}/") for page in _PAGES)
        given = headers.getlist("authorization")
        presented = _presented(given[0], basic=is_page) if len(given) == 1 else None
        if presented is not None and self._token.matches(presented):
            return
        if self._attempts.fail():
            raise errors.TooManyAttempts("too many requests without the right token")
        text = "the token is wrong" if presented else "the token is missing"
        raise errors.NotAuthorised(text, browser=is_page)


async def _answer(error: RequestError, scope: Scope, receive: Receive, send: Send) -> None:
    answer = JSONResponse(errors.body_of(error), errors.row_of(error).status, errors.headers_of(error))
    await answer(scope, receive, send)


def _presented(header: str, *, basic: bool) -> str | None:
    """The token in an Authorization header."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if basic and scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return None


# ------------------------------------------------------------------------------------------------------------- bodies


async def _read_body(scope: Scope, headers: Headers, receive: Receive) -> bytes:
    """The whole body, checked. Raises a RequestError."""
    limit = upload.BODY_BYTES if scope["method"] == "PUT" and _UPLOAD.fullmatch(scope["path"]) else BODY_BYTES
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared[:20]) > limit:
        raise errors.TooLarge(f"the body may have {limit} bytes here, not {declared[:20]}")
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise errors.BadBody("the connection ended before the body did")
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limit:
                    raise errors.TooLarge(f"the body may have {limit} bytes here; more have come")
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        raise errors.TooSlow(f"the body did not arrive within {BODY_TIMEOUT_S:g} s") from None
    body = b"".join(parts)
    if body:
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise errors.WrongMedia("the body is not declared to be JSON")
        await asyncio.to_thread(check_json, body)
    return body


def check_json(body: bytes) -> None:
    """That `body` is JSON as the standard has it, without a key written twice, and not nested deeper than JSON_DEPTH.

    Raises BadBody.
    """
    try:
        document = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise errors.BadBody(f"the body is not UTF-8: byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise errors.BadBody(f"the body is not JSON: {error.msg}, line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise errors.BadBody(f"the body is nested deeper than {JSON_DEPTH} levels") from error
    except ValueError as error:  # a number of thousands of digits
        raise errors.BadBody(f"the body is not JSON: {str(error)[:200]}") from error
    _check_depth(document)


def _check_depth(document: object) -> None:
    """Level by level, so that the check itself does not recurse."""
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > JSON_DEPTH + 1:
            raise errors.BadBody(f"the body is nested deeper than {JSON_DEPTH} levels")
        level = [inner for outer in level for inner in _inside(outer)]


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return cast("dict[str, object]", value).values()
    return cast("list[object]", value) if isinstance(value, list) else ()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise errors.BadBody(f"the key {twice[:80]!a} is written twice")
    return found


def _no_constant(text: str) -> Any:
    raise errors.BadBody(f'{text} is no JSON; write it as a text, "{text}"')


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body as one message; whoever goes on listening hears of a disconnect."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
