"""What comes again and again, in a portal that begins."""

import sqlalchemy as sa

from portal.core.database import db
from portal.jobs.models import Job, JobStatus, RecurringJob
from portal.jobs.registry import recurring_kinds
from portal.jobs.worker import Worker


def test_the_first_worker_of_a_portal_does_each_once(own_app):
    with own_app.app_context():
        db.session.execute(sa.delete(RecurringJob))
        db.session.commit()
        Worker(own_app).run_until_idle()
        jobs = db.session.execute(sa.select(Job.kind, Job.status)).all()
        assert sorted(jobs) == [(kind, JobStatus.DONE) for kind in sorted(recurring_kinds())]
