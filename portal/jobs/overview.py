"""What the queue looks like, read by index alone."""

from datetime import datetime

import sqlalchemy as sa

from portal.core import clock
from portal.jobs.models import Job, JobStatus, WorkerPresence


def oldest_due() -> sa.Select[datetime]:
    """Since when the job waits that has waited longest; no row when nothing is late."""
    due = (Job.status == JobStatus.QUEUED, Job.run_at <= clock.now())
    return sa.select(Job.run_at).where(*due).order_by(Job.run_at).limit(1)


def worker_last_seen() -> sa.Select[datetime]:
    return sa.select(sa.func.max(WorkerPresence.last_seen_at))
