"""What the queue looks like, read by index alone and counted up to a bound."""

from datetime import datetime

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.jobs.models import Job, JobStatus, WorkerPresence

COUNTED = 1000


def count_by_status(limit: int = COUNTED) -> dict[JobStatus, int]:
    """How many jobs stand where. `limit` means that many or more."""
    parts = [
        sa.select(sa.literal(status.value), sa.func.count()).select_from(
            sa.select(Job.id).where(Job.status == status).limit(limit).subquery()
        )
        for status in JobStatus
    ]
    counts = dict(db.session.execute(sa.union_all(*parts)).tuples().all())
    return {status: counts.get(status.value, 0) for status in JobStatus}


def oldest_due() -> sa.Select[datetime]:
    """Since when the job waits that has waited longest; no row when nothing is late."""
    due = (Job.status == JobStatus.QUEUED, Job.run_at <= clock.now())
    return sa.select(Job.run_at).where(*due).order_by(Job.run_at).limit(1)


def worker_last_seen() -> sa.Select[datetime]:
    return sa.select(sa.func.max(WorkerPresence.last_seen_at))
