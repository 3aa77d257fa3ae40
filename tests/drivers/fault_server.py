"""A Modbus TCP server written for misbehaving, self-contained and without any Modbus library.

It answers from four areas of numbers; `behave` may answer instead, or do anything else to the connection:

    async def behave(request, link):
        if request.number == 3:
            await link.send(request.frame(transaction=request.transaction + 1))
            return True             # dealt with
        return False                # answer as usual
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

AREA = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 5: "coil", 6: "holding", 15: "coil", 16: "holding"}


@dataclass
class Request:
    number: int  # from 0, over all connections
    connection: int
    transaction: int
    unit: int
    pdu: bytes
    answer: bytes  # PDU that a good device would send

    @property
    def function(self) -> int:
        return self.pdu[0]

    @property
    def address(self) -> int:
        return int.from_bytes(self.pdu[1:3], "big")

    @property
    def count(self) -> int:
        """Items concerned."""
        return 1 if self.function in (5, 6, 22) else int.from_bytes(self.pdu[3:5], "big")

    @property
    def end(self) -> int:
        return self.address + self.count

    def frame(self, answer: bytes | None = None, transaction: int | None = None, unit: int | None = None) -> bytes:
        pdu = self.answer if answer is None else answer
        transaction = self.transaction if transaction is None else transaction
        return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, self.unit if unit is None else unit) + pdu

    def exception(self, code: int) -> bytes:
        return self.frame(bytes((self.function | 0x80, code)))


class Link:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        """RST instead of FIN."""
        linger = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(1, 13, linger)  # SOL_SOCKET, SO_LINGER
        self._writer.transport.abort()


Behaviour = Callable[[Request, Link], Awaitable[bool]]


async def as_usual(request: Request, link: Link) -> bool:
    return False


@dataclass
class FaultServer:
    """Requests beyond `size` or into `holes` (area, address) are refused. Units in `mute` never answer."""

    behave: Behaviour = as_usual
    size: int = 65_536
    holes: set[tuple[str, int]] = field(default_factory=set)
    mute: set[int] = field(default_factory=set)
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    open_connections: int = 0
    all_closed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.areas = {name: [0] * self.size for name in ("coil", "discrete", "holding", "input")}
        self._tasks: set[asyncio.Task] = set()
        self._links: set[Link] = set()

    @asynccontextmanager
    async def serving(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    def close_all(self) -> None:
        """Orderly end of every connection, from outside of any request."""
        for link in list(self._links):
            link.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        connection = self.connections
        self.connections += 1
        self.open_connections += 1
        self.all_closed.clear()
        link = Link(writer)
        self._links.add(link)
        try:
            while True:
                head = await reader.readexactly(7)
                transaction, _, length, unit = struct.unpack(">HHHB", head)
                pdu = await reader.readexactly(length - 1)
                request = Request(len(self.requests), connection, transaction, unit, pdu, b"")
                request.answer = self._answer(request)
                self.requests.append(request)
                if unit in self.mute or await self.behave(request, link):
                    continue
                await link.send(request.frame())
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.open_connections -= 1
            if not self.open_connections:
                self.all_closed.set()
            self._links.discard(link)
            self._tasks.discard(task)
            writer.close()

    def _answer(self, request: Request) -> bytes:
        function, address, pdu = request.function, request.address, request.pdu
        area = AREA.get(function) or ("holding" if function == 22 else None)
        if area is None:
            return bytes((function | 0x80, 1))
        refused = any(start in range(request.address, request.end) for name, start in self.holes if name == area)
        if request.end > self.size or refused:
            return bytes((function | 0x80, 2))
        items = self.areas[area]
        values = items[address : request.end]
        match function:
            case 1 | 2:
                packed = sum(bit << n for n, bit in enumerate(values)).to_bytes((len(values) + 7) // 8, "little")
                return bytes((function, len(packed))) + packed
            case 3 | 4:
                return bytes((function, 2 * len(values))) + struct.pack(f">{len(values)}H", *values)
            case 5:
                items[address] = int(pdu[3] == 0xFF)
            case 6:
                items[address] = int.from_bytes(pdu[3:5], "big")
            case 15:
                bits = int.from_bytes(pdu[6:], "little")
                items[address : request.end] = [bits >> n & 1 for n in range(request.count)]
                return pdu[:5]
            case 16:
                items[address : request.end] = struct.unpack(f">{request.count}H", pdu[6:])
                return pdu[:5]
            case _:
                and_mask, or_mask = struct.unpack(">HH", pdu[3:7])
                items[address] = items[address] & and_mask | or_mask & ~and_mask & 0xFFFF
        return pdu
