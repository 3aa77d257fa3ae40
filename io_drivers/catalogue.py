"""Driver names to drivers. Some come along; any installed package can add one, by a Python entry point of the group
`rung.drivers` that names a `DriverKind`.

[project.entry-points."rung.drivers"]
profinet = "my_package:DRIVER"
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from io_drivers.contract import DriverKind

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

OWN = {"modbus": "io_drivers.modbus", "simulated": "io_drivers.simulated"}
"""The drivers that come along, by the package whose DRIVER they are. They are no entry points, for which all installed
packages would have to be asked: that takes longer than the check of a small project.
"""
GROUP = "rung.drivers"


class UnknownDriver(LookupError):
    """No installed package has a driver of that name. The text says what there is, and which name is near."""


class BrokenDriver(ImportError):
    """The driver is installed and cannot be used. The text says whose fault it is."""


def names() -> list[str]:
    """The names of all installed drivers, sorted."""
    return sorted({*OWN, *(point.name for point in entry_points(group=GROUP))})


def near(name: str) -> str | None:
    """The installed driver that was probably meant, if any comes close."""
    from difflib import get_close_matches

    matches = get_close_matches(name.lower(), names(), n=1)
    return matches[0] if matches else None


def find(name: str) -> DriverKind:
    """The driver of that name. Raises UnknownDriver or BrokenDriver."""
    if name in OWN:
        return import_module(OWN[name]).DRIVER
    points = [point for point in entry_points(group=GROUP) if point.name == name]
    if not points:
        meant = near(name)
        remedy = f'did you mean "{meant}"?' if meant else f"installed are: {', '.join(names())}"
        raise UnknownDriver(f'there is no driver "{name}"; {remedy}')
    return _load(points[0])


def entry_points(*, group: str) -> EntryPoints:
    """Those of all installed packages. A project without such drivers need not wait for the import."""
    from importlib import metadata

    return metadata.entry_points(group=group)


def _load(point: EntryPoint) -> DriverKind:
    package = point.dist.name if point.dist is not None else "an unknown package"
    try:
        kind = point.load()
    except (ImportError, AttributeError) as error:
        raise BrokenDriver(f'driver "{point.name}" of {package} cannot be loaded: {error}') from error
    if not isinstance(kind, DriverKind):
        raise BrokenDriver(f'driver "{point.name}" of {package}: {point.value} is no DriverKind')
    return kind
