"""Delivering one mail: at most once after DATA, at least tried until refused before it.

A mail server cannot take part in our transaction, so each step is committed before the next
begins: claimed, DATA about to start, verdict. Whoever finds a mail whose worker is gone then
knows whether it can have left.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from blinker import Signal

from portal.config import settings
from portal.core import clock
from portal.core.database import changed_rows, db
from portal.core.sealing import CannotUnseal
from portal.core.tokens import new_token
from portal.jobs.models import Job
from portal.jobs.queue import Work, enqueue, enqueue_all
from portal.jobs.registry import NotNow, handles
from portal.mail.bodies import open_body
from portal.mail.gateway import (
    FateUnknown,
    Gateway,
    MailDelayed,
    MailRefused,
    Outgoing,
    gateway_for,
)
from portal.mail.models import EmailLog, MailStatus
from portal.mail.signals import DELAYS_TOLD, mail_delayed, mail_failed, mail_sent

DELIVER = "mail.deliver"
DELAYS = tuple(timedelta(minutes=wait) for wait in (1, 5, 15, 60, 240))
MAX_ATTEMPTS = 11  # the last delay comes again and again: they span about a day
LEASE = timedelta(minutes=5)  # longer than every command before DATA together may take
LEASE_IN_DATA = timedelta(minutes=10)
ENDS = {
    MailStatus.SENT: mail_sent,
    MailStatus.FAILED: mail_failed,
    MailStatus.UNKNOWN: mail_failed,
}
LOST = "The worker ended after it began to hand this mail over; it may or may not have arrived."


class LostLease(Exception):
    """Somebody else took this mail over, or decided about it: this attempt ends unseen."""


def enqueue_delivery(mail_id: int, *, run_at: datetime | None = None) -> Job:
    """Queue the delivery of a mail; one unfinished job a mail, however often this is called."""
    return enqueue(DELIVER, {"mail_id": mail_id}, run_at=run_at, dedupe_key=f"mail:{mail_id}")


def enqueue_deliveries(mails: Sequence[tuple[int, datetime]]) -> None:
    """The same for many, each with its instant."""
    enqueue_all(
        DELIVER,
        [
            Work({"mail_id": mail_id}, run_at, dedupe_key=f"mail:{mail_id}")
            for mail_id, run_at in mails
        ],
    )


@handles(DELIVER, commits_itself=True)
def deliver(payload: dict[str, Any]) -> None:
    """Try once. A mail that is sent, refused or decided upon already is left as it is."""
    attempt = _Attempt(int(payload["mail_id"]), new_token())
    mail = attempt.claim()
    if mail is None:
        return
    attempt.make(mail, chosen_gateway())


def chosen_gateway() -> Gateway:
    return gateway_for(settings())


def retry_delay(attempts: int) -> timedelta:
    """Short at first, as many servers turn every first try away."""
    return DELAYS[min(attempts, len(DELAYS)) - 1]


class _Attempt:
    """One try. Every change of state is guarded by the lease, so a late attempt changes nothing."""

    def __init__(self, mail_id: int, holder: str) -> None:
        self.mail_id = mail_id
        self.holder = holder

    def claim(self) -> EmailLog | None:
        mail = db.session.get(EmailLog, self.mail_id, with_for_update=True)
        now = clock.now()
        if mail is None or mail.status not in {MailStatus.QUEUED, MailStatus.SENDING}:
            db.session.rollback()
            return None
        if mail.status == MailStatus.SENDING and mail.locked_until and mail.locked_until > now:
            db.session.rollback()
            raise NotNow(mail.locked_until, "another worker is sending this mail")
        if mail.data_started_at is not None:
            mark_unknown(mail)
            db.session.commit()
            return None
        # A try whose worker died has no verdict: this is the same one, made again.
        mail.attempts += mail.status == MailStatus.QUEUED
        mail.status = MailStatus.SENDING
        mail.locked_by, mail.locked_until = self.holder, now + LEASE
        db.session.commit()
        return mail

    def make(self, mail: EmailLog, gateway: Gateway) -> None:
        try:
            body = open_body(mail)
        except CannotUnseal as error:
            return self.end(MailStatus.FAILED, error=f"The mail cannot be opened: {error}")
        if body is None:
            return self.end(MailStatus.FAILED, error="The mail's body was wiped.")
        outgoing = Outgoing(mail.id, mail.recipient, body)
        attempts = mail.attempts
        db.session.rollback()  # nothing stays open while the network is waited for
        try:
            gateway.deliver(outgoing, before_data=self.start_data)
        except MailDelayed as delay:
            return self.delay(attempts, str(delay))
        except MailRefused as refusal:
            return self.end(MailStatus.FAILED, error=str(refusal))
        except FateUnknown as unknown:
            return self.end(MailStatus.UNKNOWN, error=str(unknown))
        return self.end(MailStatus.SENT)

    def start_data(self) -> None:
        now = clock.now()
        self.change(data_started_at=now, locked_until=now + LEASE_IN_DATA)

    def delay(self, attempts: int, error: str) -> None:
        if attempts >= MAX_ATTEMPTS:
            return self.end(MailStatus.FAILED, error=f"Given up after {attempts} tries: {error}")
        until = clock.now() + retry_delay(attempts)
        tells = mail_delayed if attempts == DELAYS_TOLD else None
        self.end(MailStatus.QUEUED, tells, error=error, next_attempt_at=until)
        raise NotNow(until, error)

    def end(
        self,
        status: MailStatus,
        tells: Signal | None = None,
        *,
        error: str | None = None,
        **more: object,
    ) -> None:
        changes = {"status": status, "last_error": error and error[:1000], **more}
        changes |= {"locked_by": None, "locked_until": None}
        if status is not MailStatus.UNKNOWN:
            changes["data_started_at"] = None
        if status is MailStatus.SENT:
            wiped = sa.case((EmailLog.carries_secret, sa.null()), else_=EmailLog.body_sealed)
            changes |= {"sent_at": clock.now(), "body_sealed": wiped}
        self.change(tells or ENDS.get(status), **changes)

    def change(self, tells: Signal | None = None, **values: object) -> None:
        is_mine = (EmailLog.id == self.mail_id, EmailLog.locked_by == self.holder)
        update = sa.update(EmailLog).where(*is_mine).values(**values)
        if changed_rows(update) != 1:
            db.session.rollback()
            raise LostLease(f"mail {self.mail_id}")
        if tells is not None:
            _tell(tells, db.session.get_one(EmailLog, self.mail_id, populate_existing=True))
        db.session.commit()


def mark_unknown(mail: EmailLog) -> None:
    """A person decides now: the portal does not send it again by itself."""
    mail.status = MailStatus.UNKNOWN
    mail.locked_by = mail.locked_until = None
    mail.last_error = LOST
    _tell(mail_failed, mail)


def _tell(signal: Signal, mail: EmailLog) -> None:
    db.session.flush()
    signal.send(mail)
