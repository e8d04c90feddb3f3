"""What a person may decide about a mail that the portal will not decide by itself."""

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import changed_rows, db
from portal.core.errors import Conflict
from portal.mail.delivery import enqueue_delivery
from portal.mail.models import EmailLog, MailStatus


def send_again(*, by: Actor, mail: EmailLog) -> None:
    """Queue a failed mail, or one of unknown fate, for another round of attempts.

    Raises:
        Conflict: it stands elsewhere by now, or its body was wiped.
    """
    if mail.body_sealed is None:
        raise Conflict("The text of this mail was wiped. Repeat what caused it instead.")
    was = _move(mail, MailStatus.QUEUED, MailStatus.FAILED, MailStatus.UNKNOWN)
    mail.attempts = 0
    mail.data_started_at = None
    mail.next_attempt_at = clock.now()
    enqueue_delivery(mail.id)
    _record(Action.MAIL_RESENT, by, mail, was)


def mark_as_sent(*, by: Actor, mail: EmailLog) -> None:
    """Somebody found out that a mail of unknown fate did arrive."""
    was = _move(mail, MailStatus.SENT, MailStatus.UNKNOWN)
    mail.sent_at = mail.data_started_at or clock.now()
    if mail.carries_secret:
        mail.body_sealed = None
    _record(Action.MAIL_RESOLVED, by, mail, was)


def cancel(*, by: Actor, mail: EmailLog) -> None:
    """Do not send it (any more)."""
    was = _move(
        mail, MailStatus.CANCELLED, MailStatus.QUEUED, MailStatus.FAILED, MailStatus.UNKNOWN
    )
    if mail.carries_secret:
        mail.body_sealed = None
    _record(Action.MAIL_RESOLVED, by, mail, was)


def _move(mail: EmailLog, to: MailStatus, *allowed: MailStatus) -> str:
    """Compare and set: of two people, or a person and the worker, one decides."""
    was = mail.status
    update = (
        sa.update(EmailLog)
        .where(EmailLog.id == mail.id, EmailLog.status == was, EmailLog.status.in_(allowed))
        .values(status=to)
    )
    if changed_rows(update) != 1:
        raise Conflict("This mail has moved on in the meantime. Reload the page and look again.")
    db.session.refresh(mail)
    return was


def _record(action: Action, by: Actor, mail: EmailLog, was: str) -> None:
    target = Target("mail", mail.id, mail.recipient)
    record(action, by=by, target=target, changes={"status": (was, mail.status)})
