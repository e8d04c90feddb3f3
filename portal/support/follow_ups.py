"""What a customer writes always finds a ticket: the same, the one it went into, or a new one."""

from collections.abc import Sequence

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.customers.models import User
from portal.support.attachments import Upload
from portal.support.history import note_event
from portal.support.linking import add_link
from portal.support.merging import live_ticket
from portal.support.messages import REOPEN_WINDOW, Sent, customer_message
from portal.support.models import SupportMessage, SupportTicket, TicketLink
from portal.support.seeing import lock_ticket, seen_by_user
from portal.support.statuses import move
from portal.support.tickets import Opening, open_ticket
from portal.support.words import Category, Channel, LinkKind, Priority, Status


def write_to(
    *,
    by: Actor,
    ticket: SupportTicket,
    author: User,
    body: str,
    submit_key: str | None = None,
    uploads: Sequence[Upload] = (),
) -> Sent:
    """A customer's message, wherever their ticket stands by now.

    A merged ticket leads to the one it went into. A closed one, one solved more than 14 days ago,
    or one that was merged into what the author may not see, is followed up by a new ticket under
    the same subject; while that is open, it gets what whoever may see it writes next. Raises as
    `customer_message`.
    """
    found = _leads_to(ticket, author)
    if not _is_over(found):
        return customer_message(
            by=by, ticket=found, author=author, body=body, submit_key=submit_key, uploads=uploads
        )
    following = _open_follow_up(found, author)
    if following is not None:
        return customer_message(
            by=by,
            ticket=following,
            author=author,
            body=body,
            submit_key=submit_key,
            uploads=uploads,
        )
    made = follow_up(
        by=by,
        ticket=found,
        opening=Opening(
            subject=found.subject,
            body=body,
            channel=Channel(found.channel),
            category=Category(found.category),
            priority=Priority(found.priority),
            submit_key=submit_key,
            uploads=uploads,
        ),
        requester=author,
    )
    message = db.session.get_one(SupportMessage, made.last_public_message_id)
    return Sent(message, made)


def _leads_to(ticket: SupportTicket, author: User) -> SupportTicket:
    """Locked: the live one at the end of its merges, or itself where the author may not see that.

    Both are locked in the order of their ids, as a merge does, and asked again once they are.
    """
    live = live_ticket(ticket)
    if live is None:
        return _brought_back(ticket)
    for each in sorted((ticket, live), key=lambda one: one.id):
        lock_ticket(each)
    if live_ticket(ticket) is not live:
        return _leads_to(ticket, author)
    return live if live is ticket or _is_seen_by(author, live) else ticket


def _is_seen_by(author: User, ticket: SupportTicket) -> bool:
    known = sa.exists().where(SupportTicket.id == ticket.id, seen_by_user(author.id))
    return bool(db.session.scalar(sa.select(known)))


def _brought_back(ticket: SupportTicket) -> SupportTicket:
    """The merge leads nowhere. Nothing that a customer wrote is dropped for that."""
    lock_ticket(ticket)
    ticket.merged_into_id = None
    move(by=SYSTEM, ticket=ticket, status=Status.OPEN, cause="merge led nowhere")
    return ticket


def _is_over(ticket: SupportTicket) -> bool:
    if ticket.status in {Status.CLOSED, Status.MERGED}:
        return True
    solved_at = ticket.solved_at if ticket.status == Status.SOLVED else None
    return solved_at is not None and clock.now() - solved_at > REOPEN_WINDOW


def _open_follow_up(ticket: SupportTicket, author: User) -> SupportTicket | None:
    """The one that the author knows of: in another's, nobody would answer them."""
    query = (
        sa.select(SupportTicket)
        .join(TicketLink, TicketLink.ticket_id == SupportTicket.id)
        .where(
            TicketLink.other_id == ticket.id,
            TicketLink.kind == LinkKind.FOLLOW_UP_OF,
            SupportTicket.is_open,
            seen_by_user(author.id),
        )
        .order_by(SupportTicket.id.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def follow_up(
    *, by: Actor, ticket: SupportTicket, opening: Opening, requester: User
) -> SupportTicket:
    """A new ticket that goes on where a closed one ended. Raises as `open_ticket`."""
    made = open_ticket(by=by, requester=requester, opening=opening)
    add_link(by=by, ticket=made, other=ticket, kind=LinkKind.FOLLOW_UP_OF)
    note_event(ticket, "followed_up", by=by, new=made.number)
    note_event(made, "follow_up_of", by=by, new=ticket.number)
    return made
