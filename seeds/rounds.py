"""What the worker would have done in its time, and what of it nobody waits for any more."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.coupons.upkeep import release_stale
from portal.entitlements.expiry import note_expired
from portal.jobs.models import Job, JobStatus
from portal.mail.models import EmailLog, MailStatus
from portal.staff.models import Notice
from portal.support.sweeping import sweep
from portal.support.timers import run_timers
from seeds.agenda import Agenda

MINUTE = timedelta(minutes=1)
UNREAD = timedelta(days=2)
JOBS_ARE_KEPT = timedelta(days=7)


def plan_timers(agenda: Agenda, after: timedelta) -> None:
    """So long after what is done now, time alone does something with a ticket."""
    agenda.add(clock.now() + after + MINUTE, partial(run_timers, {}))


def plan_expiry(agenda: Agenda, at: datetime) -> None:
    agenda.add(at + MINUTE, partial(note_expired, {}))


def sweep_up() -> None:
    """What is due by now, so that the worker finds nothing old."""
    for work in (note_expired, run_timers, sweep, release_stale):
        work({})


@dataclass(frozen=True, slots=True)
class Before:
    """What there was before the history was written: it is left alone."""

    mail_id: int
    notice_id: int
    job_id: int


def before() -> Before:
    lasts = [sa.select(sa.func.max(kind.id)) for kind in (EmailLog, Notice, Job)]
    return Before(*(db.session.scalar(last) or 0 for last in lasts))


def let_rest(since: Before, now: datetime) -> None:
    """What was mailed in the history counts as sent, and most of what was told as read.

    Nobody gets a mail of it today.
    """
    db.session.flush()
    db.session.execute(
        sa.update(EmailLog)
        .where(EmailLog.status == MailStatus.QUEUED, EmailLog.id > since.mail_id)
        .where(EmailLog.created_at < now)
        .values(status=MailStatus.SENT, attempts=1, sent_at=EmailLog.created_at, body_sealed=None)
    )
    db.session.execute(
        sa.update(Notice)
        .where(Notice.read_at.is_(None), Notice.id > since.notice_id)
        .where(Notice.created_at < now - UNREAD)
        .values(read_at=Notice.created_at)
    )
    waiting = (Job.status == JobStatus.QUEUED, Job.id > since.job_id, Job.created_at < now)
    db.session.execute(sa.delete(Job).where(*waiting, Job.created_at < now - JOBS_ARE_KEPT))
    done = {"status": JobStatus.DONE, "dedupe_key": None, "finished_at": Job.run_at}
    db.session.execute(sa.update(Job).where(*waiting).values(**done, attempts=1))
