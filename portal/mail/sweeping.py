"""Mails that nobody is delivering any more get a delivery job again."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.jobs.registry import handles, recurring
from portal.mail.delivery import enqueue_delivery
from portal.mail.models import EmailLog, MailStatus

KIND = "mail.sweep"
OVERDUE = timedelta(minutes=2)
MOST = 500


@handles(KIND)
def sweep(_payload: dict[str, Any]) -> None:
    """A job that failed for good, or a worker that died, must not leave a mail behind unseen."""
    now = clock.now()
    is_overdue = sa.and_(
        EmailLog.status == MailStatus.QUEUED, EmailLog.next_attempt_at < now - OVERDUE
    )
    is_lost = sa.and_(EmailLog.status == MailStatus.SENDING, EmailLog.locked_until < now)
    query = sa.select(EmailLog.id).where(sa.or_(is_overdue, is_lost)).limit(MOST)
    for mail_id in db.session.scalars(query).all():
        enqueue_delivery(mail_id)


recurring(KIND, every=timedelta(minutes=1))
