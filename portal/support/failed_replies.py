"""A reply that does not arrive: its ticket is open again, and its author is told at once.

So it is at the second delay, long before the mail is given up.
"""

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.mail.models import EmailLog, MailStatus
from portal.mail.signals import DELAYS_TOLD, mail_delayed, mail_failed
from portal.staff.notices import notify
from portal.support.models import SupportMessage, SupportTicket
from portal.support.outgoing import MESSAGE, tell_in_thread
from portal.support.seeing import lock_ticket
from portal.support.statuses import move
from portal.support.words import Status

WAKING = frozenset({Status.PENDING, Status.SOLVED})
"""In these nobody of ours looks at it any more."""


@mail_delayed.connect
@mail_failed.connect
def reply_failed(mail: EmailLog) -> None:
    """In the transaction of the mail's verdict. Its row is locked first, then the ticket.

    A mail that the desk wrote by itself changes nothing: nobody waits for it.
    """
    message = db.session.get(SupportMessage, mail.cause_id or 0)
    if mail.cause_type != MESSAGE or message is None:
        return
    ticket = lock_ticket(db.session.get_one(SupportTicket, message.ticket_id))
    tell_in_thread(ticket, _words(mail))
    is_delayed = mail.status == MailStatus.QUEUED
    # Whoever was told of the delay knows: a ticket that is over again by now is meant to be.
    if ticket.status in WAKING and (is_delayed or mail.attempts <= DELAYS_TOLD):
        cause = "mail_delayed" if is_delayed else "mail_failed"
        move(by=SYSTEM, ticket=ticket, status=Status.OPEN, cause=cause, at=clock.now())
    if ticket.is_open:
        ticket.snoozed_until, ticket.is_unread = None, True
    if message.author_admin_id is not None:
        notify(
            admin_id=message.author_admin_id,
            kind="reply_failed",
            text=f"Your answer to {ticket.number} {_what(mail)}.",
            url=f"/support/tickets/{ticket.number}",
        )


def _words(mail: EmailLog) -> str:
    return f"The mail to {mail.recipient} {_what(mail)}. The mail server said: {mail.last_error}"


def _what(mail: EmailLog) -> str:
    if mail.status == MailStatus.QUEUED:
        return "is not delivered yet; it is still tried"
    if mail.status == MailStatus.UNKNOWN:
        return "may not have arrived: nobody knows"
    return "could not be delivered"
