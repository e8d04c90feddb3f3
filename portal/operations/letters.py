"""One mail, for the person who decides about it."""

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import NotFound
from portal.mail.models import EmailLog, MailStatus

UNDECIDED = (MailStatus.FAILED, MailStatus.UNKNOWN)


def mail_or_404(mail_id: int) -> EmailLog:
    """The mail.

    Raises:
        NotFound: there is none.
    """
    mail = db.session.get(EmailLog, mail_id)
    if mail is None:
        raise NotFound("There is no such mail.")
    return mail


def note_body_viewed(*, by: Actor, mail: EmailLog) -> None:
    """Reading another person's mail leaves a trace."""
    record(Action.MAIL_BODY_VIEWED, by=by, target=Target("mail", mail.id, mail.recipient))
