"""Online changes of a hosted PLC: what is answered, and what is refused."""

from __future__ import annotations

from runtime.host.supervised import Running
from runtime.service.change import saying
from runtime.service.change.coordinator import CannotChange, Done
from runtime.service.change.offer import Offer
from runtime.service.http import models
from runtime.service.http.errors import CannotRun, NeedsConsent, NeedsRestart
from runtime.service.retain.carrying import Row


async def decided(running: Running, made: Offer, *, accept: bool, dry_run: bool) -> tuple[models.Change, Done | None]:
    """Make the change, unless it was only asked about. Raises NeedsRestart, NeedsConsent or CannotRun."""
    if dry_run:
        return answer(made, None), None
    if made.obstacles:
        raise NeedsRestart(f"needs a restart: {'; '.join(made.obstacles)}")
    if made.needs_consent and not accept:
        raise NeedsConsent(saying.loss_text(made.losses))
    try:
        done = await running.change(made)
    except CannotChange as error:
        raise CannotRun(str(error)) from error
    return answer(made, done), done


def answer(made: Offer, done: Done | None) -> models.Change:
    report, losses = made.report, made.losses
    return models.Change(
        changed=done is not None,
        kept=report.kept,
        converted=report.converted,
        dropped=report.dropped,
        new=report.new,
        losses=[_row(row) for row in losses],
        others=[_row(row) for row in report.rows if row not in losses],
        needs_consent=made.needs_consent,
        needs_restart=list(made.obstacles),
        handover_us=None if done is None else done.handover_ns / 1000,
        moved_bytes=None if done is None else done.moved_bytes,
        unfit=None if done is None else done.unfit,
        unled=None if done is None else done.unled,
        freed=None if done is None else done.freed,
    )


def _row(row: Row) -> models.RetainedRow:
    return models.RetainedRow(path=row.path, became=row.became, note=row.note)
