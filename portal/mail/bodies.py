"""The finished message inside its row: sealed, readable only with the data key."""

import sqlalchemy as sa

from portal.core.database import db
from portal.core.sealing import current_key_id, key_id, seal, unseal
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


def reseal_bodies(*, limit: int = 500) -> int:
    """Seal bodies under the present data key; how many were changed. For `keys rotate-data`."""
    current = current_key_id().encode() + b"\0"
    # A sealed body begins with the name of its key.
    is_old = sa.func.substr(EmailLog.body_sealed, 1, len(current)) != current
    old = sa.select(EmailLog).where(EmailLog.body_sealed.is_not(None), is_old).limit(limit)
    changed = 0
    for mail in db.session.scalars(old.with_for_update()):
        body = open_body(mail)
        if body is not None and mail.body_sealed and key_id(mail.body_sealed) != current_key_id():
            mail.body_sealed = sealed_body(body, message_id=mail.message_id)
            changed += 1
    db.session.flush()
    return changed


def _purpose(message_id: str) -> str:
    return f"email_logs.body_sealed:{message_id}"
