"""What the queue looks like, read by index alone."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.counting import capped
from portal.jobs.models import Job, JobStatus, WorkerPresence

SILENT_AFTER = timedelta(minutes=2)


def oldest_due(now: Any = None) -> sa.Select[datetime]:
    """Since when the job waits that has waited longest; no row when nothing is late.

    `now` may be a parameter of a statement.
    """
    due = (Job.status == JobStatus.QUEUED, Job.run_at <= (clock.now() if now is None else now))
    return sa.select(Job.run_at).where(*due).order_by(Job.run_at).limit(1)


def worker_last_seen() -> sa.Select[datetime]:
    return sa.select(sa.func.max(WorkerPresence.last_seen_at))


def is_silent(worker_seen_at: datetime | None) -> bool:
    """No worker is there, or none that works."""
    return worker_seen_at is None or clock.now() - worker_seen_at > SILENT_AFTER


def jobs_in(status: JobStatus) -> sa.ScalarSelect[Any]:
    """How many jobs are there, for a statement of several numbers."""
    return capped(sa.select(Job.id).where(Job.status == status))
