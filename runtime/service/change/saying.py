"""An offer and its outcome in words, for the command line, events and the service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runtime.service.retain.carrying import Row
from runtime.service.retain.recalling import row_text, summary

if TYPE_CHECKING:
    from runtime.service.change.coordinator import Done
    from runtime.service.change.offer import Offer

CONSENT = "it was not made, since something would be lost; say --accept to agree to that"


def offer_lines(offer: Offer, rows: int | None = None) -> Iterator[str]:
    """What would become of the variables; of those that are not simply kept at most `rows` by name, losses first."""
    yield f"variables: {summary(offer.report)}"
    losses = offer.losses
    shown = [*losses, *(row for row in offer.report.rows if row not in losses)]
    yield from (f"  {row_text(row)}" for row in shown[:rows])
    if rows is not None and len(shown) > rows:
        yield f"  and {len(shown) - rows:,} more"
    yield from (f"needs a restart: {obstacle}" for obstacle in offer.obstacles)


def done_line(done: Done) -> str:
    """One line about a change that was made."""
    kib = done.moved_bytes / 1024
    text = f"the program was changed between two scans: {kib:,.1f} KiB in {done.handover_ns / 1000:,.0f} us"
    counted = (
        (done.unfit, "did not fit into their new types"),
        (done.unled, "references lead to nothing now"),
        (done.freed, "forced places are free"),
    )
    return "; ".join([text, *(f"{number:,} {what}" for number, what in counted if number)])


def loss_text(rows: list[Row]) -> str:
    """The losses in a sentence."""
    named = ", ".join(row.path for row in rows[:5])
    return f"{len(rows):,} would lose something: {named}" + (" and others" if len(rows) > 5 else "")
