"""Outputs that write the same place in a device. The driver is asked, since only it knows how many addresses a value
takes."""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.diagnostics.catalogue.project import DEVICE_ADDRESS_TWICE
from iec61131.diagnostics.diagnostic import Diagnostic
from runtime.service.config.project import PointConfig
from runtime.service.config.toml_spans import Document
from runtime.service.overlaps import Range, overlapping


def address_collisions(document: Document, outputs: Sequence[tuple[PointConfig, str]]) -> list[Diagnostic]:
    """Findings about outputs, given with their wire types, that write what another one writes."""
    ranges = [_range(point, wire_type) for point, wire_type in outputs]
    return [_finding(document, one, other) for one, other in overlapping(ranges)]


def _range(point: PointConfig, wire_type: str) -> Range[PointConfig]:
    device = point.device
    kind = device.connection.kind
    if kind.place is not None:
        space, start, end = kind.place(device.settings, wire_type, point.settings)
        return Range(point, (device.connection.name, space), start, end)
    # A driver whose points need no key of their own tells them apart by their names.
    unlike = "" if any(key.required for key in kind.point) else point.name
    return Range(point, (device.connection.name, device.name, unlike, repr(sorted(point.settings.items()))), 0, 1)


def _finding(document: Document, one: PointConfig, other: PointConfig) -> Diagnostic:
    first, second = sorted((one, other), key=lambda point: document.key(point.path).start)
    finding = DEVICE_ADDRESS_TWICE.at(document.value(second.path), name=second.name, other=first.name)
    return finding.also(document.value(first.path), "first written here")
