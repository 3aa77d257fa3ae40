"""Screens: an OPC UA client for each PLC, which subscribes to it, comes back when its gateway was killed, and reads and
writes for the operator. All in one event loop in a thread.
"""

# asyncua's declarations say less than its classes accept.
# pyright: reportArgumentType=false, reportOptionalMemberAccess=false

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from asyncua import Client, ua

from tests.soak.designs import OPERATOR, PASSWORD
from tests.soak.door import Interrupted
from tests.soak.invariants.variables import CLIENT_S
from tests.soak.model import Plc
from tests.soak.world import World

T = TypeVar("T")

_ANSWER_S = 10.0
_LOOK_S = 0.5
_BROKEN = (OSError, TimeoutError, ua.UaError, ConnectionError, asyncio.CancelledError)
"""What a client meets when its gateway is killed in the midst of something."""


class _Screen:
    """One PLC as its client knows it."""

    def __init__(self, plc: Plc) -> None:
        self.plc = plc
        self.client: Client | None = None
        self.heard_s = time.monotonic()
        self.news = self.connections = 0

    def datachange_notification(self, _node: Any, _value: Any, _data: Any) -> None:
        """Called by asyncua."""
        self.heard_s = time.monotonic()
        self.news += 1

    async def node(self, path: str) -> Any:
        assert self.client is not None
        index = await self.client.get_namespace_index(f"urn:rung:{self.plc.name}:variables")
        return self.client.get_node(ua.NodeId(f"{self.plc.name}.{path}", index))


class Hmi:
    """`close` ends all clients."""

    def __init__(self, world: World) -> None:
        logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # broken connections are what this is about
        self._world = world
        self._screens = {plc.name: _Screen(plc) for plc in world.plcs}
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)  # of connections that break in the midst of work
        self._thread = threading.Thread(target=self._loop.run_forever, name="hmi", daemon=True)
        self._thread.start()
        self._following = [
            asyncio.run_coroutine_threadsafe(self._follow(screen), self._loop) for screen in self._screens.values()
        ]

    # ------------------------------------------------------------------------------------------------- for the operator

    def read(self, plc: Plc, path: str) -> tuple[Any, str]:
        """Value and name of the status."""

        async def read(screen: _Screen) -> tuple[Any, str]:
            found = await (await screen.node(path)).read_data_value(raise_on_bad_status=False)
            return found.Value.Value, found.StatusCode.name

        return self._insist(plc, f"read {path}", read)

    def write(self, plc: Plc, path: str, value: Any) -> None:
        async def write(screen: _Screen) -> None:
            node = await screen.node(path)
            kind = (await node.read_data_value()).Value.VariantType
            await node.write_value(ua.DataValue(ua.Variant(value, kind)))

        self._insist(plc, f"write {path}", write)

    def _insist(self, plc: Plc, what: str, work: Callable[[_Screen], Coroutine[Any, Any, T]]) -> T:
        """Until it is done; for as long as a gateway may take to come back."""
        screen, began_s, last = self._screens[plc.name], time.monotonic(), "not connected"

        async def bounded() -> T:
            return await asyncio.wait_for(work(screen), _ANSWER_S)

        while True:
            try:
                if screen.client is not None:
                    return asyncio.run_coroutine_threadsafe(bounded(), self._loop).result(3 * _ANSWER_S)
            except _BROKEN as error:
                last = f"{type(error).__name__}: {error}"
            if self._world.ended.is_set() or not self._world.gate.is_up:
                raise Interrupted
            waited_s = time.monotonic() - began_s
            self._world.invariants.clients.require(
                waited_s < CLIENT_S, f"{plc.name}: {what} was not possible within {CLIENT_S:g} s ({last})"
            )
            self._world.pause(0.2)

    # ------------------------------------------------------------------------------------------------ in the event loop

    async def _follow(self, screen: _Screen) -> None:
        """Come back, for ever."""
        while not self._world.ended.is_set():
            with suppress(*_BROKEN):
                await self._show(screen)
            await asyncio.sleep(0.3)

    async def _show(self, screen: _Screen) -> None:
        client = Client(f"opc.tcp://127.0.0.1:{screen.plc.design.opcua_port}", timeout=_ANSWER_S)
        client.set_user(OPERATOR)
        client.set_password(PASSWORD)
        try:
            await client.connect()
            screen.client, screen.connections = client, screen.connections + 1
            self._world.story.tell(f"screen of {screen.plc.name}", "connected")
            subscription = await client.create_subscription(200, screen)
            paths = ("Main.Count", "Main.Setpoint") if screen.plc.design.has_core else ("Main.Level", "Main.Setpoint")
            await subscription.subscribe_data_change([await screen.node(path) for path in paths])
            while not self._world.ended.is_set():
                await asyncio.sleep(_LOOK_S)
                await client.check_connection()
        finally:
            screen.client = None
            with suppress(*_BROKEN):
                await asyncio.wait_for(client.disconnect(), 2.0)

    # ---------------------------------------------------------------------------------------------------------- looking

    def look(self, now_s: float) -> None:
        """Whether everybody who should have heard something has."""
        for screen in self._screens.values():
            plc = screen.plc
            is_due = plc.design.has_core and plc.glance() is not None and plc.epoch == self._world.gate.epoch
            if self._world.gate.is_up and is_due:
                since_s = max(screen.heard_s, plc.settled_s)
                self._world.invariants.clients.see(plc.name, max(0.0, now_s - since_s))

    @property
    def news(self) -> dict[str, tuple[int, int]]:
        """Connections and notifications by PLC."""
        return {name: (screen.connections, screen.news) for name, screen in self._screens.items()}

    def close(self) -> None:
        for following in self._following:
            with suppress(Exception):
                following.result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
