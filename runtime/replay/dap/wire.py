"""Messages of the protocol: a head that says how many bytes follow, and these, JSON."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct, field

MOST_BYTES = 4 << 20
"""Of one message."""
_MOST_HEAD_BYTES = 1024
_MOST_HEAD_LINES = 16
_AT_ONCE = 1 << 16
_LENGTH = b"content-length"
_ANSWERED_IN_PLACE = ("evaluate", "setVariable", "setExpression")
"""An editor says where it has asked what is wrong, so it need not say it in a window as well: words that the pointer
passes are evaluated.
"""


class Unreadable(Exception):
    """The other side does not speak the protocol; where its next message begins is not known."""


class Misread(Exception):
    """A message that is none; the next one can be read. `seq` as far as it is known."""

    def __init__(self, why: str, seq: int = 0, command: str = "") -> None:
        super().__init__(why)
        self.seq, self.command = seq, command


class Request(Struct):
    seq: int
    command: str
    type: str = "request"
    arguments: dict[str, Any] | None = field(default=None)


class _Head(Struct):
    """What can be said of a request that is not one."""

    seq: int = 0
    command: str = ""


def read(stream: Incoming) -> Request | None:
    """The next request; None at the end. Raises Misread, Unreadable."""
    length = _length(stream)
    if length is None:
        return None
    body = stream.read(length)
    if len(body) < length:
        return None
    try:
        found = msgspec.json.decode(body, type=Request)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise _misread(body, str(error)) from None
    if found.type != "request":
        raise Misread(f"a {found.type[:40]} is not expected", found.seq, found.command)
    return found


def _misread(body: bytes, why: str) -> Misread:
    """Python reads more than JSON is, halves of characters for example: so somebody gets the answer nevertheless."""
    try:
        head = msgspec.convert(json.loads(body), _Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        head = _Head()
    return Misread(f"the message is no request: {why}", head.seq, head.command)


class Incoming:
    """Bytes from a descriptor, without the lock of Python's own streams: whoever still reads when everything ends would
    hold it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._held = descriptor, b""

    def read(self, count: int) -> bytes:
        """So many, or fewer at the end."""
        pieces, missing = [self._held[:count]], count - len(self._held)
        self._held = self._held[count:]
        while missing > 0 and (piece := os.read(self._descriptor, min(missing, _AT_ONCE))):
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def readline(self, most: int) -> bytes:
        """Up to and with the end of a line, `most` bytes, or the end."""
        while (end := self._held.find(b"\n")) < 0 and len(self._held) < most:
            piece = os.read(self._descriptor, _AT_ONCE)
            if not piece:
                break
            self._held += piece
        count = min(most, end + 1 if end >= 0 else len(self._held))
        found, self._held = self._held[:count], self._held[count:]
        return found


def _length(stream: Incoming) -> int | None:
    """What the head of a message says, None at the end of the stream."""
    length: int | None = None
    for number in range(_MOST_HEAD_LINES):
        line = stream.readline(_MOST_HEAD_BYTES)
        if not line:
            return None
        if not line.endswith(b"\n"):
            raise Unreadable("the head of a message has a line without an end")
        name, sign, value = line.strip().partition(b":")
        if not name and not sign:
            if length is None and number == 0:
                continue  # an empty line between two messages
            break
        if name.strip().lower() == _LENGTH:
            digits = value.strip()
            if not digits.isdigit() or len(digits) > 12:
                raise Unreadable("the head of a message says no length")
            length = int(digits)
    else:
        raise Unreadable("the head of a message does not end")
    if length is None:
        raise Unreadable("the head of a message says no length")
    if length > MOST_BYTES:
        raise Unreadable(f"a message of {length:,} bytes is longer than any may be, {MOST_BYTES:,}")
    return length


class Sender:
    """Numbers what is sent; may be used by several threads."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._lock, self._number = stream, threading.Lock(), 0

    def respond(self, request: Request, body: Mapping[str, Any] | None = None) -> None:
        answer = {"request_seq": request.seq, "success": True, "command": request.command, "body": body or {}}
        self._send("response", answer)

    def refuse(self, seq: int, command: str, why: str) -> None:
        error = {"id": 1, "format": "{why}", "variables": {"why": why}, "showUser": command not in _ANSWERED_IN_PLACE}
        answer = {"request_seq": seq, "success": False, "command": command, "message": why, "body": {"error": error}}
        self._send("response", answer)

    def tell(self, event: str, body: Mapping[str, Any] | None = None) -> None:
        self._send("event", {"event": event, "body": body or {}})

    def _send(self, type_: str, message: Mapping[str, Any]) -> None:
        """What nobody reads any more is dropped."""
        with self._lock:
            self._number += 1
            body = msgspec.json.encode({"seq": self._number, "type": type_, **message})
            try:
                self._stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
                self._stream.flush()
            except (OSError, ValueError):
                return
