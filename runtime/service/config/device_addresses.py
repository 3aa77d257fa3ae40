"""Outputs that write the same place in a device. Asked of the driver, since only it knows how many addresses a value
takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iec61131.diagnostics.catalogue.project import DEVICE_ADDRESS_TWICE
from iec61131.diagnostics.diagnostic import Diagnostic
from runtime.service.config.project import PointConfig
from runtime.service.config.toml_spans import Document


@dataclass(frozen=True, slots=True)
class _Written:
    """What an output point writes: units `first` up to but not including `end` of `space`."""

    point: PointConfig
    space: tuple[object, ...]
    first: int
    end: int


def address_collisions(document: Document, outputs: Sequence[tuple[PointConfig, str]]) -> list[Diagnostic]:
    """Findings about outputs, given with their wire types, that write what another one writes."""
    places = [_written(point, wire_type) for point, wire_type in outputs]
    findings: list[Diagnostic] = []
    last: dict[tuple[object, ...], _Written] = {}
    for place in sorted(places, key=lambda p: (p.first, p.point.path[-1])):
        before = last.get(place.space)
        if before is None or place.end > before.end:
            last[place.space] = place
        if before is not None and place.first < before.end:
            findings.append(_collision(document, before.point, place.point))
    return findings


def _written(point: PointConfig, wire_type: str) -> _Written:
    device = point.device
    kind = device.connection.kind
    space: tuple[object, ...] = (device.connection.name,)
    if kind.place is not None:
        where, first, end = kind.place(device.settings, wire_type, point.settings)
        return _Written(point, (*space, where), first, end)
    return _Written(point, (*space, device.name, repr(sorted(point.settings.items()))), 0, 1)


def _collision(document: Document, one: PointConfig, other: PointConfig) -> Diagnostic:
    first, second = sorted((one, other), key=lambda p: document.key(p.path).start)
    finding = DEVICE_ADDRESS_TWICE.at(document.value(second.path), name=second.name, other=first.name)
    return finding.also(document.value(first.path), "first written here")
