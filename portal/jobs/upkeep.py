"""Finished jobs are kept long enough to be looked at, then removed."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.jobs.models import Job, JobStatus
from portal.jobs.presence import forget_old_workers
from portal.jobs.registry import handles, recurring

REMOVE = "jobs.remove_finished"
KEPT = {
    JobStatus.DONE: timedelta(days=7),
    JobStatus.CANCELLED: timedelta(days=30),
    JobStatus.FAILED: timedelta(days=90),
}
AT_ONCE = 5000

recurring(REMOVE, every=timedelta(minutes=10))


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
