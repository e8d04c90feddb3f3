"""Finished jobs are kept long enough to be looked at, and SQLite learns what its tables hold."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.core.statistics import gather_statistics
from portal.jobs.models import Job, JobStatus
from portal.jobs.presence import forget_old_workers
from portal.jobs.registry import handles, recurring

REMOVE = "jobs.remove_finished"
STATISTICS = "jobs.gather_statistics"
KEPT = {
    JobStatus.DONE: timedelta(days=7),
    JobStatus.CANCELLED: timedelta(days=30),
    JobStatus.FAILED: timedelta(days=90),
}
AT_ONCE = 5000

recurring(REMOVE, every=timedelta(minutes=10))
recurring(STATISTICS, every=timedelta(days=1))


@handles(REMOVE)
def remove_finished(_payload: dict[str, Any]) -> None:
    """At most 5000 a status and run: no transaction grows long."""
    for status, kept in KEPT.items():
        old = (
            sa.select(Job.id)
            .where(Job.status == status, Job.finished_at < clock.now() - kept)
            .order_by(Job.finished_at)
            .limit(AT_ONCE)
        )
        db.session.execute(
            sa.delete(Job).where(Job.id.in_(old)),
            execution_options={"synchronize_session": False},
        )
    forget_old_workers()


@handles(STATISTICS)
def refresh_statistics(_payload: dict[str, Any]) -> None:
    gather_statistics()
