"""A second matter in one ticket becomes a ticket of its own."""

from collections.abc import Collection

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict
from portal.customers.models import User
from portal.support import clocks
from portal.support.assignment import route
from portal.support.bodies import checked_subject
from portal.support.history import note_event, target_of_ticket
from portal.support.linking import add_link
from portal.support.models import SupportMessage, SupportTicket
from portal.support.recounting import recount
from portal.support.seeing import lock_ticket
from portal.support.thread import messages_of
from portal.support.tickets import Opening, new_row
from portal.support.words import (
    AuthorType,
    Category,
    Channel,
    LinkKind,
    MessageKind,
    Priority,
    Status,
)


class CannotSplit(Conflict):
    """These messages cannot stand alone, or nothing would be left."""


def split(
    *, by: Actor, ticket: SupportTicket, message_ids: Collection[int], subject: str
) -> SupportTicket:
    """Move some messages into a new ticket of the same requester, routed like any other.

    Its first response is owed from the first message of the customer among them.

    Raises:
        BadSubject: see `checked_subject` (422).
        CannotSplit: none was chosen, or all, or none that the customer wrote, or the ticket is
            over.
    """
    title = checked_subject(subject)
    lock_ticket(ticket)
    if not may_be_split(ticket):
        raise CannotSplit("This ticket is over. Open a new one instead.")
    chosen = _chosen(ticket, message_ids)
    first = next(each for each in chosen if each.author_type == AuthorType.CUSTOMER)
    made = _new_ticket(by, ticket, title)
    for message in chosen:
        message.ticket_id = made.id
    recount(ticket)
    recount(made)
    add_link(by=by, ticket=made, other=ticket, kind=LinkKind.SPLIT_FROM)
    note_event(ticket, "split", by=by, new=made.number)
    note_event(made, "split_from", by=by, new=ticket.number)
    clocks.ticket_created(made, first.created_at)
    record(
        Action.TICKET_SPLIT,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        meta={"into": made.number, "messages": len(chosen)},
    )
    route(by=by, ticket=made)
    return made


def may_be_split(ticket: SupportTicket) -> bool:
    """Is it not over yet?"""
    return ticket.is_open or ticket.status == Status.SOLVED


def _chosen(ticket: SupportTicket, message_ids: Collection[int]) -> list[SupportMessage]:
    rows = messages_of(ticket)
    chosen = [row for row in rows if row.id in message_ids]
    public = [row for row in rows if row.kind == MessageKind.PUBLIC]
    if not any(row.author_type == AuthorType.CUSTOMER for row in chosen):
        raise CannotSplit("Choose at least one message that the customer wrote.", field="message")
    if all(row in chosen for row in public):
        raise CannotSplit("Leave at least one public message in this ticket.", field="message")
    return chosen


def _new_ticket(by: Actor, ticket: SupportTicket, subject: str) -> SupportTicket:
    opening = Opening(
        subject=subject,
        body="",
        channel=Channel(ticket.channel),
        category=Category(ticket.category),
        priority=Priority(ticket.priority),
    )
    requester = db.session.get_one(User, ticket.requester_id)
    made = new_row(by, requester, subject, opening)
    db.session.add(made)
    db.session.flush()
    return made
