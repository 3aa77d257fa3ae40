"""The Modbus driver: one connection, the devices behind it in turn.

Read `_work` first. Each device has its period, on an absolute schedule: a cycle that comes late does not move the next
one, and cycles that could not be held are left out and counted (the event loop wakes up on whole milliseconds, so
periods of a few of them are not kept well). Whichever cycle is due longest comes first; a silent device costs one
timeout per cycle and, once it is offline, one per probe, so the others get their turn. When outputs change between two
polls, what changed is written at once, but only once before the next poll.

Connecting is separate from asking: after a lost connection the wait doubles up to `reconnect.max` until a device has
answered. When all devices of a connection are silent the connection itself is suspect (a forgotten NAT entry, a cable
pulled behind a switch), so each probe then uses a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from random import Random
from typing import Any

from io_drivers.backoff import Backoff
from io_drivers.contract import Connection, DeviceStatus, InputBlock, OutputBlock, Reason
from io_drivers.modbus import config
from io_drivers.modbus.client import Client, LinkLost, ModbusError
from io_drivers.modbus.device import ModbusDevice


class ModbusDriver:
    """See `contract.Driver`."""

    def __init__(
        self, connection: Connection, inputs: InputBlock, outputs: OutputBlock, now_ns: Callable[[], int]
    ) -> None:
        settings = config.connection_settings(connection)
        self._inputs, self._outputs, self._now_ns = inputs, outputs, now_ns
        self._devices = [ModbusDevice(device, inputs, outputs, now_ns) for device in connection.devices]
        self.status: Sequence[DeviceStatus] = [device.status for device in self._devices]
        self._polled = [device for device in self._devices if device.has_points]
        self._wake = asyncio.Event()
        self._client = Client(
            settings.host, settings.port, settings.connect_timeout_s, settings.answer_timeout_s, self._wake.set, now_ns
        )
        self._backoff = Backoff(settings.reconnect_min_ns, settings.reconnect_max_ns, Random())
        self._up = False
        self._connections = 0
        self._connect_ns = 0  # not before
        self._begin_ns = 0
        self._running = False
        self._worker: asyncio.Task[None] | None = None
        self._unclaimed = asyncio.Event()  # set while `write_now` does not claim the connection
        self._unclaimed.set()

    async def run(self) -> None:
        """Poll and write until cancelled."""
        self._running = True
        self._begin_ns = self._now_ns()
        watcher = asyncio.create_task(self._watch_outputs())
        try:
            while True:
                await self._unclaimed.wait()
                worker = self._worker = asyncio.create_task(self._work())
                await asyncio.wait((worker, watcher), return_when=asyncio.FIRST_COMPLETED)
                for task in (worker, watcher):
                    if task.done() and not task.cancelled():
                        task.result()  # neither ends by itself: this is a defect, and is raised
        finally:
            self._running = False
            await _end(watcher)
            if self._worker is not None:
                await _end(self._worker)
            self._client.close()
            for device in self._devices:
                device.stopped()
            self._inputs.publish()

    async def write_now(self, deadline_ns: int) -> None:
        """Write every active output once, best effort, before `deadline_ns`. Polling pauses; a request under way is
        abandoned.

        The devices that answer quickest come first, and each has its share of the time that is left: one that has
        just died must not keep the safe values from its neighbours.
        """
        self._unclaimed.clear()
        try:
            if self._worker is not None:
                await _end(self._worker)
            devices = sorted(self._polled, key=lambda d: (d.offline, d.silent, d.status.round_trip_us))
            for done, device in enumerate(devices):
                share_ns = (deadline_ns - self._now_ns()) // (len(devices) - done)
                await self._write_all(device, share_ns)
        finally:
            self._unclaimed.set()
            if not self._running:
                self._client.close()

    async def _write_all(self, device: ModbusDevice, timeout_ns: int) -> None:
        try:
            async with asyncio.timeout(timeout_ns / 1e9):
                if not self._client.connected:
                    await self._client.connect()
                await device.write_all(self._client)
        except TimeoutError:
            device.status.problem = device.status.problem or "the time to write all outputs was too short"
        except ModbusError as failure:
            device.status.problem = f"outputs could not be written: {failure}"

    # ------------------------------------------------------------------------------------------------------ the work

    async def _work(self) -> None:
        """Keep the connection up and the devices served. Ends only by cancellation."""
        while True:
            if not self._up or not self._client.connected:
                await self._connect()
                continue
            now_ns = self._now_ns()
            device = min(self._polled, key=lambda d: d.next_ns, default=None)
            changed = next((d for d in self._polled if d.has_changes), None)
            if device is not None and device.next_ns <= now_ns:
                await self._serve(device, device.poll(self._client))
                self._schedule(device)
            elif changed is not None:
                await self._serve(changed, changed.write_due(self._client))
            else:
                await self._sleep_until(device.next_ns if device is not None else now_ns + 1_000_000_000)

    async def _serve(self, device: ModbusDevice, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except LinkLost as loss:
            if device.heard:
                self._backoff.reset()
            self._lost(loss, device)
            return
        if device.heard:
            self._backoff.reset()
        if all(d.offline for d in self._polled):
            self._client.close()
            self._up = False
            self._connect_ns = self._now_ns() + min(d.settings.probe_ns for d in self._polled)

    def _schedule(self, device: ModbusDevice) -> None:
        """Set the device's next cycle: on its grid, or after the probe's wait."""
        now_ns, period_ns = self._now_ns(), device.settings.poll_ns
        if device.offline:
            device.next_ns = now_ns + device.settings.probe_ns
            return
        behind = device.next_ns + period_ns
        on_grid = self._begin_ns + -((self._begin_ns - now_ns) // period_ns) * period_ns
        if device.on_grid and now_ns > behind:
            device.status.skipped_polls += -((behind - now_ns) // period_ns)
        device.next_ns = max(on_grid, behind) if device.on_grid else on_grid
        device.on_grid = True

    async def _watch_outputs(self) -> None:
        """Take notice of every change at once: an edge may be gone before the next poll."""
        changed = self._outputs.changed
        while True:
            await changed.wait()
            changed.clear()
            for device in self._polled:
                device.outputs_changed()
            self._wake.set()

    async def _sleep_until(self, time_ns: int) -> None:
        """Return at `time_ns`, or as soon as outputs changed or the connection was lost."""
        self._wake.clear()
        timer = asyncio.get_running_loop().call_later(max(0.0, (time_ns - self._now_ns()) / 1e9), self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()

    # ------------------------------------------------------------------------------------------------- the connection

    async def _connect(self) -> None:
        """One step towards a connection: notice that it is gone, or wait, or try."""
        if self._up:
            self._lost(self._client.loss, None)
        if not self._client.connected:  # `write_now` may have connected
            if self._now_ns() < self._connect_ns:
                await self._sleep_until(self._connect_ns)
                return
            try:
                await self._client.connect()
            except LinkLost as loss:
                self._lost(loss, None)
                return
        self._up = True
        self._connections += 1
        now_ns = self._now_ns()
        for device in self._polled:
            device.status.reconnects = self._connections - 1
            device.next_ns, device.on_grid = now_ns, False

    def _lost(self, loss: LinkLost, culprit: ModbusDevice | None) -> None:
        """There is no connection. The device that was being asked gets the reason; to the others it is simply not
        there.
        """
        self._up = False
        self._client.close()
        self._connect_ns = self._now_ns() + self._backoff.next_ns()
        for device in self._devices:
            device.link_lost(loss.reason if device is culprit else Reason.NOT_CONNECTED, str(loss))
        self._inputs.publish()


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    await asyncio.wait((task,))
