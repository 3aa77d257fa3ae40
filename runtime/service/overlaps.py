"""Ranges that share something: bytes of memory, registers of a device."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from msgspec import Struct

Item = TypeVar("Item")


class Range(Struct, Generic[Item], frozen=True):
    """`start` up to but not including `end` of `space`, taken by `item`."""

    item: Item
    space: Hashable
    start: int
    end: int


def overlapping(ranges: Iterable[Range[Item]]) -> list[tuple[Item, Item]]:
    """Each range that begins inside an earlier one, with that one, as (before, after). One sweep: not every pair is
    found, but everyone who is in one."""
    found: list[tuple[Item, Item]] = []
    furthest: dict[Hashable, Range[Item]] = {}
    for one in sorted(ranges, key=lambda r: r.start):
        before = furthest.get(one.space)
        if before is not None and one.start < before.end:
            found.append((before.item, one.item))
        if before is None or one.end > before.end:
            furthest[one.space] = one
    return found
