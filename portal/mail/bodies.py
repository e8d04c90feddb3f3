"""The finished message inside its row: sealed, readable only with the data key."""

from dataclasses import dataclass

import sqlalchemy as sa

from portal.core.database import db
from portal.core.sealing import CannotUnseal, current_key_id, seal, unseal
from portal.mail.models import EmailLog


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


def reseal_bodies(*, after: int = 0, limit: int = 500) -> Resealed:
    """Seal the bodies of mails past `after` under the present data key. For `keys rotate-data`.

    A body whose key is gone is counted as failed and left as it is.
    """
    current = current_key_id().encode() + b"\0"
    # A sealed body begins with the name of its key.
    is_old = sa.func.substr(EmailLog.body_sealed, 1, len(current)) != current
    old = sa.select(EmailLog).where(EmailLog.id > after, EmailLog.body_sealed.is_not(None), is_old)
    mails = db.session.scalars(old.order_by(EmailLog.id).limit(limit).with_for_update()).all()
    changed = sum(_reseal(mail) for mail in mails)
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
    return f"email_logs.body_sealed:{message_id}"
