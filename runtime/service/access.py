"""Who may do what, one table for every door.

| role | may |
|---|---|
| none | nothing |
| viewer | read exposed variables |
| operator | also write those named writable |
| engineer | also start, stop, reset and replace programs |
"""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct

from runtime.service.errors import AccessDenied


class Role(IntEnum):
    """Ordered: each may do what the ones before it may."""

    NONE = 0
    VIEWER = 1
    OPERATOR = 2
    ENGINEER = 3


class Action(IntEnum):
    """What can be asked for; the value is the least role that may."""

    READ = Role.VIEWER
    WRITE = Role.OPERATOR
    CONTROL = Role.ENGINEER


class Principal(Struct, frozen=True):
    """Who asks, as established by the door: a user name, a token, or nobody."""

    name: str
    role: Role

    def may(self, action: Action) -> bool:
        return self.role >= int(action)

    def require(self, action: Action) -> None:
        """Raises AccessDenied."""
        if not self.may(action):
            raise AccessDenied(
                f"'{self.name}' is {self.role.name.lower()}; this takes the role {Role(int(action)).name.lower()}"
            )
