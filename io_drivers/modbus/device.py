"""One device behind a connection: its cycle of writing and reading, and what becomes of failures.

    poll        writes what is due, then reads every block, each answer at once into the input block
    write_due   the writing half alone, between two polls, when outputs changed
    write_all   every active output whatever its mode, for safe values at the end

What a failure means, from `client`:

| raised    | the block or the outputs concerned | the rest of the cycle                                             |
|-----------|------------------------------------|-------------------------------------------------------------------|
| Refused   | bad, DEVICE_ERROR                  | goes on; a block with illegal addresses is taken apart            |
| BadAnswer | bad, BAD_RESPONSE                  | goes on: it cost one request                                      |
| NoAnswer  | bad, TIMEOUT or BAD_RESPONSE       | left out: one timeout is enough. The next cycle begins behind it  |
| LinkLost  | bad                                | is the driver's business                                          |

After `offline.after` unanswered requests in a row the device is OFFLINE: all its inputs are bad, and one request every
`offline.probe` finds out whether it is back. A single block that stays unanswered or refused while others are answered
is asked at the same rate. A gateway's report that the device does not answer (exceptions 10 and 11) counts as
unanswered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from io_drivers.codec import Conversion, Rows
from io_drivers.contract import Device, DeviceState, DeviceStatus, Direction, InputBlock, OutputBlock, Reason
from io_drivers.modbus import config
from io_drivers.modbus.client import (
    GATEWAY_NO_ANSWER,
    GATEWAY_PATH_UNAVAILABLE,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    WRITE_SINGLE_COIL,
    WRITE_SINGLE_REGISTER,
    BadAnswer,
    Client,
    LinkLost,
    NoAnswer,
    Refused,
    Request,
    multiple,
    read_request,
    write_registers_request,
)
from io_drivers.modbus.config import Point
from io_drivers.modbus.plan import ReadBlock, ReadRegion, WriteRun, read_regions, write_runs
from io_drivers.writing import Ledger

_ILLEGAL = (ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE)
"""Refusals that will be repeated, in contrast to a device that is busy."""

SPLITS_PER_POLL = 8
"""How often in one cycle a refused block is taken apart at once. Whatever remains is read in the next cycle."""


class _Wanted(Struct, frozen=True, eq=False):
    """The outputs of a device at one moment: as the program gave them, and as wire values. `wanted`: active, and a
    value of the wire type.
    """

    epoch: int
    raw: Rows
    active: NDArray[np.bool_]
    wire: Rows
    wanted: NDArray[np.bool_]
    problem: str

    def same(self, epoch: int, raw: Rows, active: NDArray[np.bool_]) -> bool:
        return self.epoch == epoch and np.array_equal(self.raw, raw) and np.array_equal(self.active, active)


class ModbusDevice:
    def __init__(self, device: Device, inputs: InputBlock, outputs: OutputBlock, now_ns: Callable[[], int]) -> None:
        self.settings = config.device_settings(device)
        self.status = DeviceStatus(device.name)
        self.next_ns = 0
        """When the next cycle is due."""
        self.on_grid = False
        """Whether `next_ns` is a time of the schedule, so that being late counts."""
        self._inputs, self._outputs, self._now_ns = inputs, outputs, now_ns

        points = config.points(device)
        self._reads = [p for p in points if p.channel.direction is Direction.INPUT]
        self._writes = [p for p in points if p.channel.direction is Direction.OUTPUT]
        self._regions = read_regions(self._reads, self.settings)
        self._last_silent: ReadBlock | None = None
        self._reads_first = False  # the last write stayed unanswered: let the reads through before it is tried again
        self._input_rows: NDArray[np.intp] = np.array([p.channel.index for p in self._reads], np.intp)
        self._output_rows: NDArray[np.intp] = np.array([p.channel.index for p in self._writes], np.intp)
        self._to_wire = Conversion.to_wire([p.channel for p in self._writes])
        self.ledger = Ledger([p.channel for p in self._writes])
        self._seen: _Wanted | None = None
        self._changed = False  # outputs differ from what the last cycle saw
        self._wrote_early = False  # between the last poll and the next, outputs have been written once already
        self._alone: set[int] = set()  # channels whose joint write was refused on this connection
        self._no_mask = False  # the device does not know function 22
        self._multiple: dict[int, bool] = {}  # functions 5 and 6, once refused: whether it knows 15 or 16 instead
        self._unanswered_writes = np.zeros(len(self._writes), np.int64)  # in a row, of each channel
        self._resume_writes_ns = np.zeros(len(self._writes), np.int64)  # a channel is not written before

        self._silent = 0  # unanswered requests in a row
        self._heard = False  # since the connection was made
        self._write_problem = ""

    @property
    def has_points(self) -> bool:
        return bool(self._reads or self._writes)

    @property
    def offline(self) -> bool:
        return self.status.state is DeviceState.OFFLINE

    @property
    def silent(self) -> bool:
        """Its last request stayed unanswered."""
        return self._silent > 0

    @property
    def heard(self) -> bool:
        """The device answered on this connection."""
        return self._heard

    @property
    def has_changes(self) -> bool:
        """`write_due` is worth while."""
        return self._changed and not self._wrote_early and not self.offline

    # ------------------------------------------------------------------------------------------------------ the cycle

    async def poll(self, client: Client) -> None:
        """One cycle. Raises LinkLost, and nothing else."""
        self._wrote_early = False
        try:
            if self._reads_first:
                await self._read(client)
                await self._write(client, at_poll=True)
            else:
                await self._write(client, at_poll=True)
                await self._read(client)
        except NoAnswer as failure:
            self._unanswered(failure)
        self._conclude()
        if self._reads:
            self._inputs.publish()

    async def write_due(self, client: Client) -> None:
        """Write what changed, without waiting for the poll. Raises LinkLost, and nothing else."""
        try:
            self._wrote_early = await self._write(client, at_poll=False)
        except NoAnswer as failure:
            self._wrote_early = True
            self._unanswered(failure)
        self._conclude()

    async def write_all(self, client: Client) -> None:
        """Write every active output that has a wire value, each alone if a joint write is refused, and again if it was
        not answered. Raises LinkLost; and NoAnswer when the device is given up, which takes as many unanswered requests
        in a row as it takes to be offline.
        """
        seen = self._look()
        wire, rows = seen.wire, np.flatnonzero(seen.wanted)
        work = deque((run, rows[list(run.members)]) for run in self._runs(rows, wire[rows]))
        silent = 0
        while work:
            run, members = work.popleft()
            try:
                done = await self._write_run(client, run, members, wire[members])
                silent = 0
            except NoAnswer:
                silent += 1
                if self.offline or silent >= self.settings.offline_after:
                    raise
                work.append((run, members))
                continue
            if not done and len(members) > 1:
                singles = np.split(members, len(members))
                work.extend((again, single) for single in singles for again in self._runs(single, wire[single]))

    def link_lost(self, reason: Reason, problem: str) -> None:
        """The connection is gone. What the device holds is unknown from now on."""
        self.ledger.forget()
        self._alone.clear()
        self._heard = False
        self.status.state = DeviceState.CONNECTING
        self.status.problem = problem
        self._start_afresh()
        self._inputs.bad(self._input_rows, reason)

    def stopped(self) -> None:
        self._inputs.bad(self._input_rows, Reason.STOPPED)

    # -------------------------------------------------------------------------------------------------------- reading

    async def _read(self, client: Client) -> None:
        now_ns = self._now_ns()
        due = [(region, block) for region in self._regions for block in region.due(now_ns)]
        behind = next((n + 1 for n, (_, block) in enumerate(due) if block is self._last_silent), 0)
        work = deque(due[behind:] + due[:behind])
        self._last_silent = None
        splits = 0
        while work:
            region, block = work.popleft()
            try:
                data = await self._request(client, block.request)
            except NoAnswer as failure:
                self._last_silent = block
                self._block_failed(block, failure.reason, str(failure))
                block.silent += 1
                if block.silent >= self.settings.offline_after:
                    block.resume_ns = self._now_ns() + self.settings.probe_ns
                raise
            except BadAnswer as failure:
                self._block_failed(block, failure.reason, str(failure))
            except Refused as failure:
                self._block_failed(block, failure.reason, str(failure))
                pieces = self._refused(region, block, failure.code)
                splits += bool(pieces)
                if splits <= SPLITS_PER_POLL:
                    work.extendleft((region, piece) for piece in reversed(pieces))
            else:
                region.accepted(block)
                self._take(block, data)

    def _take(self, block: ReadBlock, data: bytes) -> None:
        block.silent, block.resume_ns, block.problem = 0, 0, ""
        values, fits = block.decode(data)
        now_ns = self._now_ns()
        if fits.all():
            self._inputs.good(block.rows, values, now_ns)
            return
        self._inputs.good(block.rows[fits], values[fits], now_ns)
        self._inputs.bad(block.rows[~fits], Reason.OUT_OF_RANGE)
        channel = block.points[int(np.flatnonzero(~fits)[0])].channel
        block.problem = f"{channel.name}: what the device sends as {channel.wire_type} does not fit {channel.type}"

    def _refused(self, region: ReadRegion, block: ReadBlock, code: int) -> list[ReadBlock]:
        """What to read instead of the block, if anything."""
        now_ns = self._now_ns()
        if region.on_trial(block):
            return region.trial_failed(now_ns)
        if code in (ILLEGAL_ADDRESS, ILLEGAL_VALUE) and (pieces := region.take_apart(block, now_ns)):
            return pieces
        if code in _ILLEGAL:
            block.resume_ns = now_ns + self.settings.probe_ns
        return []

    def _block_failed(self, block: ReadBlock, reason: Reason, text: str) -> None:
        block.problem = f"{block}: {text}"
        self._inputs.bad(block.rows, reason)

    # -------------------------------------------------------------------------------------------------------- writing

    def outputs_changed(self) -> None:
        """Called at every change of any output; quick where it is another device's."""
        before = self._seen
        seen = self._look()
        if seen is before:
            return
        self._changed = True
        if self.ledger.has_edges:
            self.ledger.observe(seen.wire, seen.wanted, seen.epoch)

    def _look(self) -> _Wanted:
        """What is wanted now; the same object as before when nothing changed."""
        block, seen = self._outputs, self._seen
        raw, active = block.raw[self._output_rows], block.active[self._output_rows]
        if seen is not None and seen.same(block.epoch, raw, active):
            return seen
        wire, fits = self._to_wire(raw)
        misfits = np.flatnonzero(active & ~fits)
        problem = ""
        if len(misfits):
            channel = self._writes[int(misfits[0])].channel
            problem = f"{channel.name} is not written: the value does not fit {channel.wire_type} on the wire"
        self._seen = _Wanted(block.epoch, raw, active, wire, active & fits, problem)
        return self._seen

    async def _write(self, client: Client, *, at_poll: bool) -> bool:
        """Write what is due; False when nothing is. Raises LinkLost and NoAnswer."""
        self._changed = False
        if not self._writes:
            return False
        seen = self._look()
        self.ledger.observe(seen.wire, seen.wanted, seen.epoch)
        now_ns = self._now_ns()
        rows, values = self.ledger.take(now_ns, at_poll=at_poll)
        resting = self._resume_writes_ns[rows] > now_ns
        if resting.any():
            self.ledger.failed(rows[resting], values[resting])
            rows, values = rows[~resting], values[~resting]
        elif at_poll:
            self._write_problem = ""  # whatever failed before is due again now
        unsent = set(range(len(rows)))
        try:
            for run in self._runs(rows, values):
                members = list(run.members)
                unsent.difference_update(members)
                await self._write_run(client, run, rows[members], values[members])
        finally:
            rest = sorted(unsent)
            self.ledger.failed(rows[rest], values[rest])
        return len(rows) > 0

    def _runs(self, rows: NDArray[np.intp], values: Rows) -> list[WriteRun]:
        if not len(rows):
            return []
        return write_runs(self._points(rows), values, self.settings, self._is_alone)

    def _points(self, rows: NDArray[np.intp]) -> list[Point]:
        numbers: list[int] = rows.tolist()
        return [self._writes[number] for number in numbers]

    def _is_alone(self, point: Point) -> bool:
        return point.channel.index in self._alone

    async def _write_run(self, client: Client, run: WriteRun, rows: NDArray[np.intp], values: Rows) -> bool:
        """Send a run and enter the outcome into the ledger. False when the device refused or confirmed something
        else. Raises LinkLost and NoAnswer.
        """
        done = False
        try:
            await self._send(client, run)
            self.ledger.written(rows, values, self._now_ns())
            self._unanswered_writes[rows] = 0
            self._reads_first = False
            done = True
        except (Refused, BadAnswer) as failure:
            channels = [point.channel for point in self._points(rows)]
            if isinstance(failure, Refused) and failure.code in _ILLEGAL and len(channels) > 1:
                self._alone.update(channel.index for channel in channels)
            others = f" and {len(channels) - 1} more" if len(channels) > 1 else ""
            self._write_problem = f"writing {channels[0].name}{others}: {failure}"
        except NoAnswer as failure:
            points = self._points(rows)
            self._write_problem = f"writing {points[0].channel.name}: {failure}"
            self._reads_first = True
            self._unanswered_writes[rows] += 1
            if self._unanswered_writes[rows].max() >= self.settings.offline_after:
                self._resume_writes_ns[rows] = self._now_ns() + self.settings.probe_ns
                self._alone.update(point.channel.index for point in points)
            raise
        finally:
            if not done:
                self.ledger.failed(rows, values)
        return done

    async def _send(self, client: Client, run: WriteRun) -> None:
        if run.mask is None:
            await self._send_write(client, run.request)
            return
        if not self._no_mask:
            try:
                await self._request(client, run.request)
                return
            except Refused as failure:
                if failure.code != ILLEGAL_FUNCTION:
                    raise
                self._no_mask = True
                self.status.failures -= 1  # not the device's failure: that is how one learns that it lacks the function
        # Without function 22 another master's change of the same register, between these two requests, is undone.
        data = await self._request(client, read_request(run.area, run.address, 1))
        register = int.from_bytes(data, "big") & ~run.mask.bits | run.mask.set_bits
        await self._send_write(client, write_registers_request(run.address, register.to_bytes(2, "big")))

    async def _send_write(self, client: Client, request: Request) -> None:
        """Inverters and meters are about that write single registers with function 16 only, and say so with exception
        1. That is found out once.
        """
        function = request.pdu[0]
        known = self._multiple.get(function)
        try:
            await self._request(client, multiple(request) if known else request)
            return
        except Refused as failure:
            is_single = function in (WRITE_SINGLE_COIL, WRITE_SINGLE_REGISTER)
            if failure.code != ILLEGAL_FUNCTION or not is_single or known is not None:
                raise
        try:
            await self._request(client, multiple(request))
        except Refused as failure:
            self._multiple[function] = failure.code != ILLEGAL_FUNCTION
            raise
        self._multiple[function] = True
        self.status.failures -= 1  # as with function 22

    # ----------------------------------------------------------------------------------------------- requests and state

    async def _request(self, client: Client, request: Request) -> bytes:
        """A request with its bookkeeping. Raises any ModbusError."""
        status = self.status
        status.requests += 1
        try:
            data, status.round_trip_us = await client.request(self.settings.unit, request)
        except Refused as failure:
            status.failures += 1
            if failure.code in (GATEWAY_PATH_UNAVAILABLE, GATEWAY_NO_ANSWER):
                raise NoAnswer(failure.reason, str(failure)) from failure
            self._answered()
            raise
        except BadAnswer:
            status.failures += 1
            self._answered()
            raise
        except (NoAnswer, LinkLost):
            status.failures += 1
            raise
        self._answered()
        return data

    def _answered(self) -> None:
        self._silent = 0
        self._heard = True
        if self.offline:
            self.status.state = DeviceState.ONLINE

    def _unanswered(self, failure: NoAnswer) -> None:
        self._silent += 1
        if self._silent < self.settings.offline_after and not self.offline:
            return
        if not self.offline:
            self.status.state = DeviceState.OFFLINE
            self.ledger.forget()  # it may be restarting
            self._start_afresh()
        self.status.problem = f"offline: {failure}"
        self._inputs.bad(self._input_rows, failure.reason)

    def _start_afresh(self) -> None:
        self._silent = 0
        self._unanswered_writes[:] = 0
        self._resume_writes_ns[:] = 0
        for region in self._regions:
            for block in (region.whole, *region.parts):
                block.silent, block.resume_ns, block.problem = 0, 0, ""

    def _conclude(self) -> None:
        """State and problem after a cycle."""
        if self.offline:
            return
        problems = [self._write_problem, self._seen.problem if self._seen is not None else ""]
        problems += [block.problem for region in self._regions for block in region.blocks]
        self.status.problem = next((problem for problem in problems if problem), "")
        if self._heard:
            self.status.state = DeviceState.DEGRADED if self.status.problem else DeviceState.ONLINE
