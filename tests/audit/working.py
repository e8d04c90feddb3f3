"""The worker's jobs, done here and now."""

import sqlalchemy as sa
from flask import current_app

from portal.core.database import db
from portal.jobs.models import Job
from portal.jobs.worker import Worker


def done() -> set[str]:
    """Do what is due; which kinds there were."""
    db.session.commit()
    Worker(current_app._get_current_object()).run_until_idle()
    db.session.expire_all()
    return set(db.session.scalars(sa.select(Job.kind).where(Job.status == "done")))


def failures() -> list[str]:
    """What attempts said that did not succeed."""
    query = sa.select(Job.last_error).where(Job.last_error.is_not(None))
    return list(db.session.scalars(query))
