"""Queueing a mail: in the deed's own transaction, so that neither exists without the other."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.config import settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.mail.bodies import sealed_body
from portal.mail.delivery import enqueue_delivery
from portal.mail.messages import checked_address, composed
from portal.mail.models import EmailLog, MailStatus
from portal.mail.templates import written


def queue_mail(
    *,
    by: Actor,
    to: str,
    template: str,
    context: dict[str, Any],
    carries_secret: bool = False,
    to_name: str = "",
    is_security: bool = True,
) -> EmailLog:
    """Write the mail `templates/mail/<template>` to one address and queue it for the worker.

    `carries_secret`: it holds a link that opens something, so its body is wiped once sent.
    `is_security`: it leaves an event in the ledger.

    Raises:
        NoMailAddress: the address is none.
    """
    now, address = clock.now(), checked_address(to)
    letter = written(template, context)
    message_id = f"<{secrets.token_hex(16)}@{urlsplit(settings().base_url).hostname}>"
    message = composed(letter, to=address, to_name=to_name, message_id=message_id, written_at=now)
    mail = EmailLog(
        message_id=message_id,
        template=template,
        recipient=address,
        subject=letter.subject[:300],
        body_sealed=sealed_body(message, message_id=message_id),
        carries_secret=carries_secret,
        status=MailStatus.QUEUED,
        attempts=0,
        next_attempt_at=now,
        created_at=now,
    )
    db.session.add(mail)
    db.session.flush()
    enqueue_delivery(mail.id)
    if is_security:
        target = Target("mail", mail.id, address)
        record(Action.MAIL_QUEUED, by=by, target=target, meta={"template": template})
    return mail
