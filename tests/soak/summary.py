"""The tables at the end: what was done how often, which invariant was looked at how often, and the greatest figures."""

from __future__ import annotations

from collections.abc import Iterator

from tests.soak.soak import Soak

_SHOWN_GROWTHS = 6


def lines(soak: Soak) -> Iterator[str]:
    yield ""
    yield f"{'done':<40} {'times':>8}"
    yield from (f"{what:<40} {count:>8,}" for what, count in sorted(soak.story.counts.items()))
    yield ""
    yield f"{'invariant':<28} {'checked':>9} {'greatest':>10}"
    for invariant in soak.world.invariants:
        greatest = "" if invariant.greatest is None else f"{invariant.greatest:10.3f} {invariant.unit}"
        yield f"{invariant.name:<28} {invariant.checked:>9,} {greatest}".rstrip()
    growths = list(soak.world.invariants.memory.report().items())[:_SHOWN_GROWTHS]
    yield ""
    yield f"{'resident memory, MiB':<28} {'first -> last':>16}"
    yield from (f"{role:<28} {change:>16}" for role, change in growths)
