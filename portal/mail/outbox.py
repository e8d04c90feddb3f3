"""Queueing a mail: in the deed's own transaction, so that neither exists without the other."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.config import settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import changed_rows, db
from portal.mail.bodies import sealed_body
from portal.mail.delivery import enqueue_deliveries
from portal.mail.messages import ALONE, MESSAGE_ID, Conversation, checked_address, composed
from portal.mail.models import EmailLog, MailStatus
from portal.mail.templates import written

AT_ONCE = timedelta(0)
LONGEST_HOLD = timedelta(seconds=60)  # twice what mail programs offer: Gmail's "Undo send" has 30

_WRITTEN = (
    *("message_id", "template", "recipient", "subject", "body_sealed", "carries_secret"),
    *("status", "attempts", "next_attempt_at", "created_at", "cause_type", "cause_id"),
)
_ADDING = sa.insert(EmailLog).returning(EmailLog.id, sort_by_parameter_order=True)
_waiting: ContextVar[list[EmailLog] | None] = ContextVar("waiting", default=None)


@dataclass(frozen=True, slots=True)
class Cause:
    """What of a higher room some mails tell of: they are found and withdrawn together by it."""

    type: str
    id: int


@contextmanager
def posted_together() -> Iterator[None]:
    """Mails that are queued inside get their ids at its end, all by one statement.

    They are no objects of the session. Those that leave an event are stored at once, as it names
    their ids.
    """
    mails: list[EmailLog] = []
    token = _waiting.set(mails)
    try:
        yield
    finally:
        _waiting.reset(token)
    if mails:
        _post_together(mails)


def _post_together(mails: Sequence[EmailLog]) -> None:
    """Past the session, which would write all else that it holds at the same time."""
    rows = [{name: getattr(mail, name) for name in _WRITTEN} for mail in mails]
    ids = db.session.connection().scalars(_ADDING, rows).all()
    for mail, mail_id in zip(mails, ids, strict=True):
        mail.id = mail_id
    _enqueue(mails)


def queue_mail(
    *,
    by: Actor,
    to: str,
    template: str,
    context: dict[str, Any],
    carries_secret: bool = False,
    to_name: str = "",
    is_security: bool = True,
    message_id: str | None = None,
    conversation: Conversation = ALONE,
    cause: Cause | None = None,
    send_after: timedelta = AT_ONCE,
) -> EmailLog:
    """Write the mail `templates/mail/<template>` to one address and queue it for the worker.

    `carries_secret`: it holds a link that opens something, so its body is wiped once sent.
    `is_security`: it leaves an event in the ledger.
    `message_id`: a new one unless given; every attempt goes out under it.
    `send_after`: how long it waits before the first attempt, so that it can be withdrawn.

    Raises:
        NoMailAddress: the address is none.
        ValueError: the message id is none, or the wait longer than a minute.
    """
    now, address = clock.now(), checked_address(to)
    letter = written(template, context)
    own_id = _checked_id(message_id)
    message = composed(
        letter,
        to=address,
        to_name=to_name,
        message_id=own_id,
        written_at=now,
        conversation=conversation,
    )
    mail = EmailLog(
        message_id=own_id,
        template=template,
        recipient=address,
        subject=letter.subject[:300],
        body_sealed=sealed_body(message, message_id=own_id),
        carries_secret=carries_secret,
        status=MailStatus.QUEUED,
        attempts=0,
        next_attempt_at=now + _checked_hold(send_after),
        created_at=now,
        cause_type=cause.type if cause else None,
        cause_id=cause.id if cause else None,
    )
    waiting = _waiting.get()
    if waiting is not None and not is_security:
        waiting.append(mail)
        return mail
    _post([mail])
    if is_security:
        target = Target("mail", mail.id, address)
        record(Action.MAIL_QUEUED, by=by, target=target, meta={"template": template})
    return mail


def _post(mails: Sequence[EmailLog]) -> None:
    db.session.add_all(mails)
    db.session.flush()
    _enqueue(mails)


def _enqueue(mails: Sequence[EmailLog]) -> None:
    enqueue_deliveries([(mail.id, mail.next_attempt_at) for mail in mails])


def _checked_id(given: str | None) -> str:
    if given is None:
        return f"<{secrets.token_hex(16)}@{urlsplit(settings().base_url).hostname}>"
    if not MESSAGE_ID.fullmatch(given) or len(given) > EmailLog.message_id.type.length:
        raise ValueError(f"no message id: {given!r}")
    return given


def _checked_hold(hold: timedelta) -> timedelta:
    if not AT_ONCE <= hold <= LONGEST_HOLD:
        raise ValueError(f"a mail waits for at most {LONGEST_HOLD}")
    return hold


def withdraw(cause: Cause) -> int:
    """Cancel what no server has been handed yet of the mails of one cause. How many there were.

    Compare and set: of this and a worker that claims the mail, one comes first.
    """
    return changed_rows(
        sa.update(EmailLog)
        .where(
            EmailLog.cause_type == cause.type,
            EmailLog.cause_id == cause.id,
            EmailLog.status == MailStatus.QUEUED,
        )
        .values(status=MailStatus.CANCELLED, body_sealed=None)
    )
