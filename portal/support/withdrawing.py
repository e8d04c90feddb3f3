"""Taking a reply back before it is sent: its text is a draft again."""

from datetime import datetime

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import Conflict, NotFound
from portal.mail.models import EmailLog
from portal.mail.outbox import Cause, withdraw
from portal.support import clocks
from portal.support.history import note_event, target_of_ticket
from portal.support.models import SupportMessage, SupportTicket, TicketDraft
from portal.support.outgoing import MESSAGE, tell_in_thread
from portal.support.recounting import recount
from portal.support.seeing import lock_ticket
from portal.support.statuses import move
from portal.support.words import AuthorType, MessageKind, Status

NOT_YOURS = "There is no such answer of yours."
MOVED_BY_A_REPLY = frozenset({Status.PENDING, Status.SOLVED})


class TooLate(Conflict):
    """A mail server may have it by now, or it never was a mail."""


def undo_send(*, by: Actor, ticket: SupportTicket, message_id: int) -> SupportMessage:
    """Take back what the caller just answered, while all of its mails still wait.

    The message stays in the ticket as a note that says so, and its text is the author's draft
    again, above what they may have begun since. Files stay with the note. A ticket that is pending
    or solved is open again, and the customer waits as if nothing had been said.

    Raises:
        NotFound: the ticket has no such message of the caller.
        TooLate: see the class.
    """
    message = _own_message(by, ticket, message_id)
    # The mails before the ticket: in the order in which a delivery that fails takes both.
    cause = Cause(MESSAGE, message.id)
    if withdraw(cause) != (_mails_of(cause) or -1):
        raise TooLate("It is too late: the mail is on its way.")
    lock_ticket(ticket)
    db.session.refresh(message)
    if message.ticket_id != ticket.id:
        raise NotFound(NOT_YOURS)
    now = clock.now()
    message.kind, message.withdrawn_at = MessageKind.NOTE, now
    message.submit_key = None  # the same form may send it again
    _keep_draft(message, now)
    tell_in_thread(ticket, f"{message.author_name} took an answer back before it was sent.")
    _reopen(by, ticket, now)
    _forget_answer(ticket, message)
    if ticket.waiting_since is not None:
        clocks.customer_wrote(ticket, ticket.waiting_since)
    note_event(ticket, "reply_withdrawn", by=by, new=str(message.id), at=now)
    record(
        Action.TICKET_REPLY_WITHDRAWN,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        meta={"message_id": message.id},
    )
    return message


def _own_message(by: Actor, ticket: SupportTicket, message_id: int) -> SupportMessage:
    query = sa.select(SupportMessage).filter_by(
        id=message_id, ticket_id=ticket.id, kind=MessageKind.PUBLIC, author_admin_id=by.id
    )
    found = db.session.scalar(query) if by.type is ActorType.ADMIN else None
    if found is None:
        raise NotFound(NOT_YOURS)
    return found


def _mails_of(cause: Cause) -> int:
    query = sa.select(sa.func.count()).where(
        EmailLog.cause_type == cause.type, EmailLog.cause_id == cause.id
    )
    return db.session.scalar(query) or 0


def _forget_answer(ticket: SupportTicket, message: SupportMessage) -> None:
    """The ticket's row says again what it said before."""
    db.session.flush()
    is_left = (SupportMessage.ticket_id == ticket.id, SupportMessage.kind == MessageKind.PUBLIC)
    if db.session.scalar(sa.select(sa.exists().where(*is_left))):
        recount(ticket)
    else:  # it began the ticket
        ticket.last_public_message_id, ticket.last_message_preview = None, ""
        ticket.version += 1
    if ticket.first_response_at == message.created_at:
        ticket.first_response_at = db.session.scalar(
            sa.select(sa.func.min(SupportMessage.created_at)).where(
                *is_left,
                SupportMessage.author_type == AuthorType.AGENT,
                SupportMessage.id > message.id,
            )
        )


def _reopen(by: Actor, ticket: SupportTicket, now: datetime) -> None:
    """What was never said has solved nothing, so that it counts as no reopening either."""
    old, reopened = ticket.status, ticket.reopened_count
    if old not in MOVED_BY_A_REPLY:
        return
    move(by=by, ticket=ticket, status=Status.OPEN, cause="reply_withdrawn", at=now)
    ticket.reopened_count = reopened
    if old == Status.SOLVED and ticket.first_solved_at == ticket.solved_at:
        ticket.first_solved_at = ticket.solved_at = None


def _keep_draft(message: SupportMessage, now: datetime) -> None:
    key = (message.ticket_id, message.author_admin_id, MessageKind.PUBLIC)
    draft = db.session.get(TicketDraft, key)
    if draft is None:
        draft = TicketDraft(
            ticket_id=key[0], admin_id=key[1], kind=key[2], body=message.body, updated_at=now
        )
        db.session.add(draft)
    else:
        draft.body, draft.updated_at = f"{message.body}\n\n{draft.body}", now
    db.session.flush()
