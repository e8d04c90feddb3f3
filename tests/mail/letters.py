"""Short ways to queue and deliver a mail."""

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.jobs.worker import Worker
from portal.mail.outbox import queue_mail

LINK = "http://localhost/invite/opens-something"


def letter(to="bea@boxcostpro.test", **more):
    """An invitation, queued and not yet committed."""
    context = {"name": "Bea Agent", "inviter": "Ann", "role": "Support agent", "url": LINK}
    values = {"template": "invite", "context": context, "carries_secret": True, **more}
    return queue_mail(by=SYSTEM, to=to, **values)


def work(app):
    """Do what is due, as a worker would."""
    db.session.commit()
    Worker(app).run_until_idle()
    db.session.expire_all()
