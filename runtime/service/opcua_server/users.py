"""Who a client is. Replaces asyncua's default, which takes the user name `admin` with any password for an
administrator.

No client ever gets asyncua's administrator role: what a client may write is decided by `service.access` and
`service.commands` alone.
"""

from __future__ import annotations

from typing import Any

from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.user_managers import UserManager

from runtime.service import passwords
from runtime.service.access import Principal, Role
from runtime.service.bound import OpcUaSettings

_ROLES = {"viewer": Role.VIEWER, "operator": Role.OPERATOR}


class Users(UserManager):
    """asyncua's view of the users of the project file."""

    def __init__(self, settings: OpcUaSettings) -> None:
        self._users = {user.name: user for user in settings.users}
        self._anonymous = Role.VIEWER if settings.anonymous == "read" else Role.NONE
        if self._users:
            passwords.nobodys()  # made now: the first unknown name should not take longer than the others

    def get_user(
        self, iserver: Any, username: str | None = None, password: str | None = None, certificate: Any = None
    ) -> User | None:
        """None refuses the session. Anonymous clients are users without a name: asyncua lets its own anonymous role not
        even read.
        """
        if username is None:
            return None if self._anonymous is Role.NONE else User(role=UserRole.User, name="")
        user = self._users.get(username)
        known = passwords.verify(user.password_hash if user else passwords.nobodys(), password or "")
        return User(role=UserRole.User, name=user.name) if user is not None and known else None

    def principal(self, user: User) -> Principal:
        """The same user for `service.commands`."""
        known = self._users.get(user.name or "")
        if known is None:
            return Principal("anonymous", self._anonymous)
        return Principal(known.name, _ROLES[known.role])
