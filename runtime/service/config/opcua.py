"""OPC UA: `[opcua]` and `[opcua.user.NAME]`. No open default: an endpoint that other machines reach has to say who
may use it."""

from __future__ import annotations

from typing import cast

from iec61131.diagnostics.catalogue.project import BAD_ENDPOINT, BAD_PASSWORD_HASH, OPEN_ENDPOINT
from runtime.service import passwords
from runtime.service.bound import OpcUaSettings, OpcUaUser
from runtime.service.config import schema
from runtime.service.config.check import Checker
from runtime.service.config.project import OpcUaConfig, ResourceConfig
from runtime.service.config.toml_spans import Path

_PATH = ("opcua",)


def read_opcua(checker: Checker) -> OpcUaConfig | None:
    """The OPC UA server, or None when the file has none or a wrong one."""
    if checker.at(_PATH) is None:
        return None
    checked = checker.table(_PATH, schema.OPCUA, "[opcua]", more=("user",))
    users = _users(checker)
    host = _host(checker, checked["endpoint"], (*_PATH, "endpoint"))
    if host is None:
        return None
    if not is_loopback(host):
        _check_open(checker, checked["anonymous"], host, _PATH)
    settings = OpcUaSettings(checked["endpoint"], checked["publish"], checked["anonymous"], tuple(users))
    return OpcUaConfig(settings, checked["expose"], checked["writable"])


def _users(checker: Checker) -> list[OpcUaUser]:
    users: list[OpcUaUser] = []
    for name in checker.names((*_PATH, "user"), "user"):
        path = (*_PATH, "user", name)
        checked = checker.table(path, schema.OPCUA_USER, f"[opcua.user.{name}]")
        hashed = cast("str | None", checked["password_hash"])
        if hashed is not None and not passwords.is_hash(hashed):
            checker.refuse(BAD_PASSWORD_HASH, (*path, "password_hash"))
        elif checked.sound and hashed is not None:
            users.append(OpcUaUser(name, hashed, checked["role"]))
    return users


def read_resources(checker: Checker) -> list[ResourceConfig]:
    """`[resource.NAME]`, as far as this can be told without the sources."""
    found: list[ResourceConfig] = []
    for name in checker.names(("resource",), "resource"):
        path = ("resource", name)
        checked = checker.table(path, schema.RESOURCE, f"[resource.{name}]")
        endpoint = checked["endpoint"]
        host = _host(checker, endpoint, (*path, "endpoint")) if endpoint is not None else None
        if host is not None and not is_loopback(host):
            _check_open(checker, checker.at((*_PATH, "anonymous")), host, path)
        if checked.sound:
            found.append(ResourceConfig(name, checked["cpu"], endpoint, checked["connections"]))
    return found


def _host(checker: Checker, endpoint: str, path: Path) -> str | None:
    """The host of an endpoint, or None after a finding."""
    from urllib.parse import urlsplit

    cause = ""
    host: str | None = None
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname, parts.port
        if parts.scheme != "opc.tcp":
            cause = "it does not begin with opc.tcp://"
        elif not host:
            cause = "it names no host"
        elif port is None or port == 0:
            cause = "it names no port"
        elif parts.username or parts.query or parts.fragment:
            cause = "it has more than host, port and path"
    except ValueError as error:
        cause = str(error)
    if not cause:
        return host
    checker.refuse(BAD_ENDPOINT, path, found=endpoint[:80], cause=cause)
    return None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    from ipaddress import ip_address

    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_open(checker: Checker, anonymous: object, host: str, path: Path) -> None:
    users = checker.at((*_PATH, "user"))
    if anonymous != "none":
        cause, remedy = "anonymous clients may read", 'add anonymous = "none" and users, or use the host 127.0.0.1'
    elif not users:
        cause, remedy = (
            "no user is named",
            "add [opcua.user.NAME] with password_hash and role, or use the host 127.0.0.1",
        )
    else:
        return
    checker.refuse(OPEN_ENDPOINT, (*path, "endpoint"), host=host, cause=cause, remedy=remedy)
