"""One Modbus TCP connection: a request, and the answer that belongs to it. The only user of pymodbus' client side.

Of pymodbus this uses the requests (their encoding) and the frame, and not `AsyncModbusTcpClient` with its transaction
manager. Measured with pymodbus 3.16.1 against a scripted server, retries off: an answer with transaction id 0 is taken
for any request, one with another function code or with fewer registers than asked for is handed over as good, a
connection closed by the device costs the full timeout, a function code it does not know raises out of the protocol
into the event loop's handler, half a late answer costs the next request its answer, and connect and answer share one
timeout. Decoding 125 registers takes 12 us and 2000 bits 61 us, where the data are wanted as bytes.

Here an answer counts only if transaction, unit, function, length and (for writes) the place are right:

    LinkLost     refused, closed, or out of step (bytes that are no frame, half an answer at the timeout): it is closed
    NoAnswer     nothing in time, or only answers to something else. The connection stays; a late answer is dropped
    BadAnswer    the answer to this request, but damaged or of another kind
    Refused      the device's exception

Every wait is bounded by one of the two timeouts, the receive buffer by one frame plus one read.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence

from msgspec import Struct
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    MaskWriteRegisterRequest,
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from io_drivers.contract import Reason

_READ = {
    "coil": ReadCoilsRequest,
    "discrete": ReadDiscreteInputsRequest,
    "holding": ReadHoldingRegistersRequest,
    "input": ReadInputRegistersRequest,
}
WRITE_SINGLE_COIL, WRITE_SINGLE_REGISTER = 5, 6
MAX_WRITE_BITS = 1968
MAX_WRITE_REGISTERS = 123
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
GATEWAY_PATH_UNAVAILABLE, GATEWAY_NO_ANSWER = 10, 11

_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    7: "negative acknowledge",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway: the device does not answer",
}
_MAX_LENGTH_FIELD = 254  # unit and 253 bytes of PDU
_READ_BYTES = 4096
_STRAY_LIMIT = 64
_REMEMBERED_LATE = 32
_ABANDONED_S = 0.1
"""How long the answer to a cancelled request is waited for: a device that is alive answers, and for a dead one its
neighbours behind the same gateway must not wait."""


class ModbusError(Exception):
    """A request or a connection failed. `reason` is what to tell of the channels; the text is for people."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class LinkLost(ModbusError):
    """There is no connection (any more)."""


class NoAnswer(ModbusError):
    """The time for the answer is over."""


class BadAnswer(ModbusError):
    """The answer to this request cannot be used."""


class Refused(ModbusError):
    """The device answered with an exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(Reason.DEVICE_ERROR, f"exception {code} ({_EXCEPTIONS.get(code, 'unknown')})")
        self.code = code


class Request(Struct, frozen=True):
    """A protocol data unit and the answer it expects: `data_bytes` of data, or else an answer of `echo_bytes` that
    begins with `echo`.
    """

    pdu: bytes
    data_bytes: int = 0
    echo: bytes = b""
    echo_bytes: int = 0


def read_request(area: str, address: int, count: int) -> Request:
    """Reading `count` bits or registers of an area."""
    size = 2 * count if area in ("holding", "input") else (count + 7) // 8
    return Request(_pdu(_READ[area](address=address, count=count)), data_bytes=size)


def write_bits_request(address: int, values: Sequence[bool]) -> Request:
    """Coils from `address` on: function 5 for one, 15 for more."""
    if len(values) == 1:
        return _echoed(WriteSingleCoilRequest(address=address, bits=list(values)))
    return _counted(WriteMultipleCoilsRequest(address=address, bits=list(values)))


def write_registers_request(address: int, data: bytes) -> Request:
    """Holding registers from `address` on, as they travel: function 6 for one, 16 for more."""
    values = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
    if len(values) == 1:
        return _echoed(WriteSingleRegisterRequest(address=address, registers=values))
    return _counted(WriteMultipleRegistersRequest(address=address, registers=values))


def multiple(request: Request) -> Request:
    """Function 15 or 16 for a single value, in place of 5 or 6."""
    address, value = int.from_bytes(request.pdu[1:3], "big"), int.from_bytes(request.pdu[3:5], "big")
    if request.pdu[0] == WRITE_SINGLE_COIL:
        return _counted(WriteMultipleCoilsRequest(address=address, bits=[value != 0]))
    return _counted(WriteMultipleRegistersRequest(address=address, registers=[value]))


def mask_request(address: int, and_mask: int, or_mask: int) -> Request:
    """Function 22: the register becomes (itself AND and_mask) OR (or_mask AND NOT and_mask)."""
    return _echoed(MaskWriteRegisterRequest(address=address, and_mask=and_mask, or_mask=or_mask))


def _pdu(request: ModbusPDU) -> bytes:
    return bytes((request.function_code,)) + request.encode()


def _echoed(request: ModbusPDU) -> Request:
    """Functions 5, 6 and 22 repeat the request. Some devices answer with what they hold afterwards instead, which
    differs
    for a coil that clears itself or a limited value: so only function and address count."""
    return Request(_pdu(request), echo=_pdu(request)[:3], echo_bytes=len(_pdu(request)))


def _counted(request: ModbusPDU) -> Request:
    """Functions 15 and 16 confirm the address and the number of items."""
    return Request(_pdu(request), echo=_pdu(request)[:5], echo_bytes=5)


class Client:
    """Connects when told to, never by itself. Not more than one request at a time, and one that was cancelled is waited
    for, a moment, before the next: simple devices take one request out of what they receive and drop the rest.
    """

    def __init__(
        self,
        host: str,
        port: int,
        connect_timeout_s: float,
        answer_timeout_s: float,
        on_lost: Callable[[], None],
        now_ns: Callable[[], int],
    ) -> None:
        self._host, self._port = host, port
        self._connect_timeout_s, self._answer_timeout_s = connect_timeout_s, answer_timeout_s
        self._on_lost, self._now_ns = on_lost, now_ns
        self._link: _Link | None = None
        self._transaction = 0

    @property
    def connected(self) -> bool:
        return self._link is not None and self._link.lost is None

    @property
    def loss(self) -> LinkLost:
        """Why there is no connection."""
        lost = self._link.lost if self._link is not None else None
        return lost or LinkLost(Reason.NOT_CONNECTED, f"{self._host}:{self._port} is not connected")

    async def connect(self) -> None:
        """Open a new connection, in place of any other. Raises LinkLost."""
        self.close()
        where = f"{self._host}:{self._port}"
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                loop = asyncio.get_running_loop()
                _, self._link = await loop.create_connection(lambda: _Link(self._on_lost), self._host, self._port)
        except TimeoutError:
            text = f"{where} did not accept the connection within {_ms(self._connect_timeout_s)}"
            raise LinkLost(Reason.NOT_CONNECTED, text) from None
        except OSError as error:
            known = error.errno is not None and not isinstance(error, socket.gaierror)
            cause = os.strerror(error.errno or 0) if known else error.strerror or str(error)
            text = f"{where} cannot be reached: {cause}"
            raise LinkLost(Reason.NOT_CONNECTED, text) from error

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    async def request(self, unit: int, request: Request) -> tuple[bytes, float]:
        """The data of the answer (none after a write), and the round trip in microseconds. Raises any ModbusError."""
        link = self._link
        if link is None or link.lost is not None:
            raise self.loss
        self._transaction = self._transaction % 0xFFFF + 1  # never 0: some devices answer 0 to everything
        started_ns = self._now_ns()
        answer = await link.exchange(self._transaction, unit, request.pdu, self._answer_timeout_s)
        return _data(request, answer), (self._now_ns() - started_ns) / 1000


def _data(request: Request, answer: bytes) -> bytes:
    """Check an answer's PDU against the request and give its data."""
    function = request.pdu[0]
    if answer[0] == function | 0x80 and len(answer) == 2:
        raise Refused(answer[1])
    if answer[0] != function:
        raise BadAnswer(Reason.BAD_RESPONSE, f"answered function {answer[0]} to a request of function {function}")
    if request.echo:
        if len(answer) != request.echo_bytes or not answer.startswith(request.echo):
            raise BadAnswer(Reason.BAD_RESPONSE, "the confirmation is not that of what was written")
        return b""
    if len(answer) != 2 + request.data_bytes or answer[1] != request.data_bytes:
        given = f"{max(0, len(answer) - 2)} bytes of data announced as {answer[1] if len(answer) > 1 else 'nothing'}"
        raise BadAnswer(Reason.BAD_RESPONSE, f"{given} instead of {request.data_bytes}")
    return answer[2:]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:g} ms"


class _Link(asyncio.BufferedProtocol):
    """One TCP connection. Frames in, and one answer waited for.

    Bytes are received into one small buffer. A plain `Protocol` gets each piece in an object of 256 KiB that was cut to
    its length, and half an answer that waits for its other half pins such a place: with devices that send in pieces
    the heap grew and grew.
    """

    def __init__(self, on_lost: Callable[[], None]) -> None:
        self._on_lost = on_lost
        self._framer = FramerSocket(DecodePDU(False))
        self._transport: asyncio.Transport | None = None
        self._inbox = bytearray(_READ_BYTES)
        self._buffer = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._transaction, self._unit = 0, 0
        self._late: deque[int] = deque(maxlen=_REMEMBERED_LATE)  # transactions given up
        self._abandoned: asyncio.Future[None] | None = None  # done when the last cancelled request is over
        self._abandoned_transaction = 0
        self._strays = 0  # answers to nothing that was asked, while waiting
        self.lost: LinkLost | None = None

    async def exchange(self, transaction: int, unit: int, pdu: bytes, timeout_s: float) -> bytes:
        """Send a request and wait for the PDU of its answer, which has at least one byte."""
        if self._abandoned is not None:
            await asyncio.wait([self._abandoned])
        if self.lost is not None:
            raise self.lost
        assert self._answer is None, "one request at a time"
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        answer = self._answer = loop.create_future()
        self._transaction, self._unit, self._strays = transaction, unit, 0
        timer = loop.call_later(timeout_s, self._time_out, timeout_s)
        done = False
        try:
            self._transport.write(self._framer.encode(pdu, unit, transaction))
            result = await answer
            done = True
            return result
        except asyncio.CancelledError:
            if answer.cancelled():  # else the answer came at the same moment
                self._abandoned, self._abandoned_transaction = loop.create_future(), transaction
                loop.call_at(min(timer.when(), loop.time() + _ABANDONED_S), _settle, self._abandoned)
            raise
        finally:
            timer.cancel()
            self._answer = None
            if not done:
                self._late.append(transaction)

    def close(self) -> None:
        self._lose(LinkLost(Reason.NOT_CONNECTED, "the connection was closed here"))

    # ------------------------------------------------------------------------------------- called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        text = "the device closed the connection" if exc is None else f"the connection broke: {exc}"
        self._lose(LinkLost(Reason.NOT_CONNECTED, text))

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._inbox

    def buffer_updated(self, nbytes: int) -> None:
        self._buffer += self._inbox[:nbytes]
        while len(self._buffer) >= 6 and self.lost is None:
            protocol, length = int.from_bytes(self._buffer[2:4], "big"), int.from_bytes(self._buffer[4:6], "big")
            if protocol != 0 or not 2 <= length <= _MAX_LENGTH_FIELD:
                # Nothing marks the start of a frame in the stream, so the only way back into step is a new connection.
                self._lose(LinkLost(Reason.BAD_RESPONSE, "received bytes that are no Modbus frame"))
                return
            used, unit, transaction, pdu = self._framer.decode(self._buffer)
            if not used:
                return
            self._buffer = self._buffer[used:]
            self._frame(transaction, unit, pdu)

    # --------------------------------------------------------------------------------------------------------------

    def _frame(self, transaction: int, unit: int, pdu: bytes) -> None:
        if transaction in self._late:
            self._late.remove(transaction)
            if transaction == self._abandoned_transaction:
                _settle(self._abandoned)
            return
        answer = self._answer
        if answer is None or answer.done() or transaction != self._transaction:
            self._strays += 1
            if self._strays > _STRAY_LIMIT:
                self._lose(LinkLost(Reason.BAD_RESPONSE, f"more than {_STRAY_LIMIT} answers to no request"))
            return
        if unit != self._unit:
            text = f"unit {unit} answered a request to unit {self._unit}"
            answer.set_exception(BadAnswer(Reason.BAD_RESPONSE, text))
            return
        answer.set_result(pdu)

    def _time_out(self, timeout_s: float) -> None:
        answer = self._answer
        if answer is None or answer.done():
            return
        if self._buffer:
            text = f"the answer was incomplete after {_ms(timeout_s)}: {len(self._buffer)} bytes"
            self._lose(LinkLost(Reason.BAD_RESPONSE, text))
        elif self._strays:
            text = f"{self._strays} answers to something else within {_ms(timeout_s)}"
            answer.set_exception(NoAnswer(Reason.BAD_RESPONSE, text))
        else:
            answer.set_exception(NoAnswer(Reason.TIMEOUT, f"no answer within {_ms(timeout_s)}"))

    def _lose(self, loss: LinkLost) -> None:
        if self.lost is not None:
            return
        self.lost = loss
        self._buffer = b""
        if self._transport is not None and self._transport.get_write_buffer_size():
            self._transport.abort()  # an orderly end would wait for a partner that takes nothing
        elif self._transport is not None:
            self._transport.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(loss)
        _settle(self._abandoned)
        self._on_lost()


def _settle(over: asyncio.Future[None] | None) -> None:
    """A cancelled request was answered, or is not waited for any longer."""
    if over is not None and not over.done():
        over.set_result(None)
