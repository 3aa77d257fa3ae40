"""What a program shows to OPC UA clients, whose sessions outlive an online change if that stays the same."""

from __future__ import annotations

from msgspec.structs import replace

from iec61131.program import DataType
from runtime.service.bound import Bound, Exposed


def is_same_face(old: Bound, new: Bound) -> bool:
    """Whether OPC UA clients see the same address space: only where the values lie may differ."""
    return old.opcua == new.opcua and [*map(_face, old.exposed)] == [*map(_face, new.exposed)]


def _face(exposed: Exposed) -> tuple[str, bool, DataType]:
    target = exposed.target
    return target.path, exposed.writable, replace(target.type, element=-1, members=(), tag=0)
