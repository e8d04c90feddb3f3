"""What the people of these tests find in their mail."""

import re
from email import message_from_bytes, policy

from portal.core.database import db
from portal.jobs.models import Job
from portal.jobs.registry import kind_named
from portal.mail.bodies import open_body
from portal.mail.models import EmailLog


def mails(template):
    return db.session.query(EmailLog).filter_by(template=template).order_by(EmailLog.id).all()


def link_in(template):
    """The path of the newest mail's link."""
    letter = message_from_bytes(open_body(mails(template)[-1]), policy=policy.default)
    text = letter.get_body(("plain",)).get_content()
    return re.search(r"http://localhost(/\S+/\S{40,})", text)[1]


def do_jobs(name):
    """What the worker would do now with the jobs of this kind. How many there were."""
    jobs = db.session.query(Job).filter_by(kind=name).all()
    for job in jobs:
        kind_named(name).run(job.payload)
        db.session.delete(job)
    db.session.commit()
    return len(jobs)
