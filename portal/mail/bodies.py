"""The finished message inside its row: sealed, readable only with the data key."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.core.database import db
from portal.core.sealed_rows import Samples, one_of_each_key, purposes
from portal.core.sealing import CannotUnseal, current_key_id, seal, unseal
from portal.mail.models import EmailLog, MailStatus

PURPOSE = "email_logs.body_sealed:"
UNFINISHED = (MailStatus.QUEUED, MailStatus.SENDING, MailStatus.FAILED, MailStatus.UNKNOWN)
LOOKED_AT = 200


def sealed_body(message: bytes, *, message_id: str) -> bytes:
    return seal(message, purpose=_purpose(message_id))


def open_body(mail: EmailLog) -> bytes | None:
    """The message, or None once it was wiped.

    Raises:
        CannotUnseal: its data key is gone.
    """
    if mail.body_sealed is None:
        return None
    return unseal(mail.body_sealed, purpose=_purpose(mail.message_id))


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of one batch; `last` is where the next one goes on, 0 when none is left."""

    changed: int
    failed: int
    last: int


def reseal_bodies(*, after: int = 0, limit: int = 500, giving_up: bool = False) -> Resealed:
    """Seal the bodies of mails past `after` under the present data key. For `keys rotate-data`.

    A body whose key is gone is counted as failed and left as it is or, `giving_up`, wiped: the
    mail fails when its turn comes.
    """
    current = current_key_id().encode() + b"\0"
    # A sealed body begins with the name of its key.
    is_old = sa.func.substr(EmailLog.body_sealed, 1, len(current)) != current
    old = sa.select(EmailLog).where(EmailLog.id > after, EmailLog.body_sealed.is_not(None), is_old)
    mails = db.session.scalars(old.order_by(EmailLog.id).limit(limit).with_for_update()).all()
    changed = 0
    for mail in mails:
        if _reseal(mail):
            changed += 1
        elif giving_up:
            mail.body_sealed = None
    db.session.flush()
    return Resealed(changed, len(mails) - changed, mails[-1].id if mails else 0)


def _reseal(mail: EmailLog) -> bool:
    try:
        body = open_body(mail)
    except CannotUnseal:
        return False
    if body is not None:
        mail.body_sealed = sealed_body(body, message_id=mail.message_id)
    return True


def _purpose(message_id: str) -> str:
    return f"{PURPOSE}{message_id}"


def sealed_mails(names: Sequence[str]) -> list[Samples]:
    """Samples of the mails that wait for the worker or for a person, one for each data key.

    Of each status the last ones are looked at: older ones are wiped, and a flood must not make the
    look slow.
    """
    columns = purposes(PURPOSE, EmailLog.message_id).label("purpose"), EmailLog.body_sealed
    last = [
        sa.select(*columns)
        .where(EmailLog.status == status)
        .order_by(EmailLog.next_attempt_at.desc(), EmailLog.id.desc())
        .limit(LOOKED_AT)
        .subquery()
        for status in UNFINISHED
    ]
    found = sa.union_all(*(sa.select(*some.c) for some in last)).subquery()
    rows = sa.select(*found.c).where(found.c.body_sealed.is_not(None))
    return one_of_each_key(rows, names)
