"""asyncua's server core with the standard address space in it (`standard_nodes`)."""

# asyncua builds its names at run time and types few of them.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from asyncua import ua
from asyncua.crypto.permission_rules import User
from asyncua.server.address_space import ViewService
from asyncua.server.internal_server import InternalServer
from asyncua.server.subscription_service import SubscriptionService
from asyncua.server.user_managers import UserManager

from runtime.service.opcua_server.standard_nodes import Nodes, Seen, common


class StandardServer(InternalServer):
    """The core of a server that so far has the standard nodes and lets nobody in."""

    def __init__(self) -> None:
        super().__init__(user_manager=_Nobody())
        self.subscription_service = self.subscriptions = Subscriptions(self.aspace, iserver=self)
        self.isession.subscription_service = self.subscription_service
        nodes = Nodes(common())
        seen = Seen(nodes)
        self.aspace._nodes = nodes  # noqa: SLF001 - as asyncua itself does for nodes on a disk
        self.aspace.read_attribute_value = seen.read_attribute_value  # which would take a copy of all that is read
        self.view_service = ViewService(seen)

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


def prepare() -> None:
    """What takes a second and depends on no PLC."""
    common()
