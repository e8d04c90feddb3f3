"""Jobs that come again and again: rows that say when, locked by whoever queues the next one."""

import math
from datetime import datetime

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db, insert_into
from portal.jobs.models import RecurringJob
from portal.jobs.queue import enqueue
from portal.jobs.registry import recurring_kinds


def register_schedule() -> None:
    """Bring the rows in line with the code. Several workers may do this at once."""
    for kind, every in recurring_kinds().items():
        seconds = int(every.total_seconds())
        new = insert_into(RecurringJob).values(
            kind=kind, every_seconds=seconds, next_run_at=clock.now()
        )
        db.session.execute(new.on_conflict_do_nothing())
        db.session.execute(
            sa.update(RecurringJob)
            .where(RecurringJob.kind == kind, RecurringJob.every_seconds != seconds)
            .values(every_seconds=seconds)
        )


def is_moment_due() -> bool:
    return db.session.scalar(_due(clock.now()).limit(1)) is not None


def queue_due() -> int:
    """Queue what is due, once a moment; how many. Moments slept through are not made up for."""
    now = clock.now()
    queued = 0
    for row in db.session.scalars(_due(now).with_for_update(skip_locked=True)):
        enqueue(row.kind, {}, dedupe_key=f"recurring:{row.kind}")
        passed = math.floor((now - row.next_run_at).total_seconds() / row.every_seconds)
        row.next_run_at += recurring_kinds()[row.kind] * (passed + 1)
        row.last_queued_at = now
        queued += 1
    db.session.flush()
    return queued


def _due(now: datetime) -> sa.Select[RecurringJob]:
    known = RecurringJob.kind.in_(sorted(recurring_kinds()))
    due = sa.select(RecurringJob).where(known, RecurringJob.next_run_at <= now)
    return due.order_by(RecurringJob.kind)
