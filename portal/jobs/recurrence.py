"""Jobs that come again: each moment is queued once, however many workers look at the clock."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.jobs.models import Job, JobStatus, RecurringJob
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring, recurring_kinds

SWEEP = "jobs.sweep"
KEPT_FOR = timedelta(days=14)


def queue_due() -> int:
    """Queue every recurring kind whose moment has come. How many."""
    now = clock.now()
    due = _due_kinds(now)
    queued = sum(_queue_once(kind, every, now) for kind, every in due.items())
    db.session.commit()
    return queued


def _due_kinds(now: datetime) -> dict[str, timedelta]:
    """One read tells, most of the time, that nothing is to be done."""
    known = {
        row.kind: row.next_run_at
        for row in db.session.execute(sa.select(RecurringJob.kind, RecurringJob.next_run_at))
    }
    return {
        kind: every
        for kind, every in recurring_kinds().items()
        if kind not in known or known[kind] <= now
    }


def _queue_once(kind: str, every: timedelta, now: datetime) -> bool:
    seconds = int(every.total_seconds())
    taken = db.session.execute(
        sa.update(RecurringJob)
        .where(RecurringJob.kind == kind, RecurringJob.next_run_at <= now)
        .values(next_run_at=now + every, every_seconds=seconds, last_queued_at=now)
        .returning(RecurringJob.kind)
    ).one_or_none()
    if taken is None and not _add(kind, seconds, now + every, now):
        return False
    enqueue(kind, {}, dedupe_key=f"recurring:{kind}")
    return True


def _add(kind: str, seconds: int, next_run_at: datetime, now: datetime) -> bool:
    """The first time ever: of two workers one adds the row."""
    if db.session.get(RecurringJob, kind) is not None:
        return False
    try:
        with db.session.begin_nested():
            db.session.add(
                RecurringJob(
                    kind=kind, every_seconds=seconds, next_run_at=next_run_at, last_queued_at=now
                )
            )
    except sa.exc.IntegrityError:
        return False
    return True


def worker_last_seen() -> datetime | None:
    """When a worker last queued something recurring, which each does at least once a minute."""
    return db.session.scalar(sa.select(sa.func.max(RecurringJob.last_queued_at)))


@handles(SWEEP)
def sweep(_payload: dict[str, Any]) -> None:
    """Forget jobs that ended two weeks ago."""
    db.session.execute(
        sa.delete(Job)
        .where(
            Job.status.in_((JobStatus.DONE, JobStatus.CANCELLED)),
            Job.finished_at < clock.now() - KEPT_FOR,
        )
        .execution_options(synchronize_session=False)
    )


recurring(SWEEP, every=timedelta(hours=1))
