"""asyncua's server core with the standard address space in it (OPC UA part 5), made before it is needed.

Building those nodes takes about a second, and nothing of it depends on a PLC.
"""

# asyncua builds its names at run time and types few of them.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from asyncua import ua
from asyncua.crypto.permission_rules import User
from asyncua.server.internal_server import InternalServer
from asyncua.server.standard_address_space.standard_address_space import fill_address_space
from asyncua.server.subscription_service import SubscriptionService
from asyncua.server.user_managers import UserManager


class StandardServer(InternalServer):
    """The core of a server that so far has the standard nodes and lets nobody in."""

    def __init__(self) -> None:
        super().__init__(user_manager=_Nobody())
        self.subscription_service = self.subscriptions = Subscriptions(self.aspace, iserver=self)
        self.isession.subscription_service = self.subscription_service
        fill_address_space(self.node_mgt_service)

    async def load_standard_address_space(self, shelf_file: Path | None = None) -> None:
        """They are there already."""


class Subscriptions(SubscriptionService):
    """asyncua gives each new subscriber the value that it reads at that moment; one call comes before, one after."""

    before_items: Callable[[], Awaitable[None]] | None = None
    after_items: Callable[[ua.CreateMonitoredItemsParameters], None] | None = None

    async def create_monitored_items(
        self, params: ua.CreateMonitoredItemsParameters
    ) -> list[ua.MonitoredItemCreateResult]:
        if self.before_items is not None:
            await self.before_items()
        results = await super().create_monitored_items(params)
        if self.after_items is not None:
            self.after_items(params)
        return results


class _Nobody(UserManager):
    def get_user(
        self, iserver: Any, username: str | None = None, password: str | None = None, certificate: Any = None
    ) -> User | None:
        return None


_prepared: list[StandardServer] = []


def prepare() -> None:
    """Make one in advance."""
    if not _prepared:
        _prepared.append(StandardServer())


def take() -> StandardServer:
    """The one that was prepared, or a new one."""
    return _prepared.pop() if _prepared else StandardServer()
