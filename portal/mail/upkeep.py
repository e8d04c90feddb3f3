"""Mails whose worker is gone, mails without a job, and bodies that are no longer needed."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows, db
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring
from portal.mail.delivery import enqueue_delivery
from portal.mail.models import EmailLog, MailStatus

SWEEP = "mail.sweep"
WIPE = "mail.wipe_bodies"
LATE = timedelta(minutes=5)
SECRETS_KEPT = timedelta(days=7)  # longer than any mailed link is good for
BODIES_KEPT = timedelta(days=90)
AT_ONCE = 500

recurring(SWEEP, every=timedelta(minutes=1))
recurring(WIPE, every=timedelta(hours=6))


@handles(SWEEP)
def sweep(_payload: dict[str, Any]) -> None:
    """After this, each unfinished mail has a job, or waits for a person."""
    now = clock.now()
    is_over = (EmailLog.status == MailStatus.SENDING, EmailLog.locked_until <= now)
    is_late = (EmailLog.status == MailStatus.QUEUED, EmailLog.next_attempt_at <= now - LATE)
    # Delivery itself tells what can have left from what has not, each mail in a transaction of
    # its own: what one of them means to others must not hold up the rest.
    for which in (is_over, is_late):
        for mail_id in db.session.scalars(sa.select(EmailLog.id).where(*which).limit(AT_ONCE)):
            enqueue_delivery(mail_id)


@handles(WIPE)
def wipe_bodies(_payload: dict[str, Any]) -> None:
    """A link that is dead opens nothing, but nobody needs to read it either. Five hundred at once,
    and the next job when there may be more.
    """
    now = clock.now()
    is_old = sa.or_(
        EmailLog.created_at <= now - BODIES_KEPT,
        sa.and_(EmailLog.carries_secret, EmailLog.created_at <= now - SECRETS_KEPT),
    )
    ended = EmailLog.status.not_in([MailStatus.QUEUED, MailStatus.SENDING])
    old = sa.select(EmailLog.id).where(EmailLog.body_sealed.is_not(None), ended, is_old)
    wiped = changed_rows(
        sa.update(EmailLog).where(EmailLog.id.in_(old.limit(AT_ONCE))).values(body_sealed=None)
    )
    if wiped == AT_ONCE:
        enqueue(WIPE, {})
