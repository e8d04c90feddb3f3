"""What tickets hold of one user, to hand out or to forget.

Handed out is what they could read anyway: public messages. Forgotten is what they wrote and who
they were; a ticket keeps its number, its times and its statuses, so that the reports stay true.
"""

from typing import Any

import sqlalchemy as sa

from portal.core.clock import timestamp
from portal.core.database import changed_rows, db
from portal.customers.former import ever_called, keys_ever
from portal.customers.models import User
from portal.customers.naming import address_key
from portal.customers.privacy import NEUTRAL_NAME, neutral_address, register_holding
from portal.staff.identity import email_key
from portal.support.attachments import attachments_of
from portal.support.mail_privacy import (
    NEUTRAL_SUBJECT,
    forget_mails,
    mails_of,
    own_tickets,
    tickets_of_tenant,
)
from portal.support.models import (
    BulkChange,
    MessageAttachment,
    SupportMessage,
    SupportTicket,
    TicketDraft,
    TicketEvent,
    TicketParticipant,
    TicketRating,
)
from portal.support.view_privacy import forget_in_views
from portal.support.words import MessageKind

NEUTRAL_BODY = "The person who wrote this was erased."
TELLING = ("subject",)
"""Kinds of events whose values hold their words."""

_ticket, _message = SupportTicket, SupportMessage


def _tickets(user: User) -> Any:
    rows = db.session.scalars(
        sa.select(_ticket).where(_ticket.requester_id == user.id).order_by(_ticket.id)
    ).all()
    public = sa.select(_message).where(
        _message.ticket_id.in_([row.id for row in rows]), _message.kind == MessageKind.PUBLIC
    )
    messages = db.session.scalars(public.order_by(_message.id)).all()
    files = attachments_of(messages) if messages else {}
    said: dict[int, list[Any]] = {}
    for one in messages:
        said.setdefault(one.ticket_id, []).append(_message_as_plain(one, files.get(one.id, ())))
    return [
        {
            "number": row.number,
            "subject": row.subject,
            "status": row.status,
            "created_at": timestamp(row.created_at),
            "messages": said.get(row.id, []),
        }
        for row in rows
    ]


def _message_as_plain(row: SupportMessage, files: Any) -> dict[str, Any]:
    return {
        "at": timestamp(row.created_at),
        "author": row.author_name,
        "body": row.body,
        "files": [one.filename for one in files],
    }


def _written_elsewhere(user: User) -> Any:
    """In tickets of others: their own words alone."""
    query = (
        sa.select(_ticket.number, _message)
        .join(_ticket, _ticket.id == _message.ticket_id)
        .where(_message.author_user_id == user.id, _ticket.requester_id != user.id)
        .order_by(_message.id)
    )
    rows = db.session.execute(query).all()
    files = attachments_of([row[1] for row in rows]) if rows else {}
    return [
        {"ticket": number, **_message_as_plain(one, files.get(one.id, ()))} for number, one in rows
    ]


def _participation(user: User) -> Any:
    query = (
        sa.select(_ticket.number, TicketParticipant.added_at)
        .join(_ticket, _ticket.id == TicketParticipant.ticket_id)
        .where(TicketParticipant.user_id == user.id)
        .order_by(TicketParticipant.id)
    )
    return [{"ticket": number, "since": timestamp(at)} for number, at in db.session.execute(query)]


def _ratings(user: User) -> Any:
    query = (
        sa.select(TicketRating, _ticket.number)
        .join(_ticket, _ticket.id == TicketRating.ticket_id)
        .where(_ticket.requester_id == user.id)
        .order_by(TicketRating.id)
    )
    return [
        {
            "ticket": number,
            "score": row.score,
            "comment": row.comment,
            "at": timestamp(row.rated_at),
        }
        for row, number in db.session.execute(query)
    ]


def _forget_tickets(user: User) -> None:
    own = own_tickets(user)
    changed_rows(
        sa.update(_ticket)
        .where(_ticket.requester_id == user.id)
        .values(
            requester_name=NEUTRAL_NAME,
            requester_email=neutral_address(user),
            subject=NEUTRAL_SUBJECT,
            last_message_preview="",
            version=_ticket.version + 1,
        )
    )
    changed_rows(
        sa.update(TicketEvent)
        .where(TicketEvent.ticket_id.in_(own), TicketEvent.kind.in_(TELLING))
        .values(old=None, new=NEUTRAL_SUBJECT)
    )
    _forget_filters(user)
    forget_in_views(user)
    # What somebody of ours began to answer repeats them.
    changed_rows(sa.delete(TicketDraft).where(TicketDraft.ticket_id.in_(own)))


def _forget_filters(user: User) -> None:
    """Those that chose tickets for a change in bulk by a word of theirs.

    One that merely looks alike goes, too: nothing is decided by it any more.
    """
    called = ever_called(user)
    words = {part for one in called for part in email_key(one.name).split() if len(part) > 2}
    words |= {address_key(one.email) for one in called}
    query = sa.select(BulkChange.id, BulkChange.query).where(BulkChange.query.is_not(None))
    theirs = [
        row.id
        for row in db.session.execute(query)
        if any(word in email_key(row.query) for word in words)
    ]
    changed_rows(sa.update(BulkChange).where(BulkChange.id.in_(theirs)).values(query=None))


def _forget_messages(user: User) -> None:
    """Wherever they wrote; whose last words a queue repeats shows nothing in their place."""
    theirs = _message.author_user_id == user.id
    ids = sa.select(_message.id).where(theirs)
    changed_rows(sa.delete(MessageAttachment).where(MessageAttachment.message_id.in_(ids)))
    changed_rows(
        sa.update(_ticket)
        .where(_ticket.last_public_message_id.in_(ids))
        .values(last_message_preview="", version=_ticket.version + 1)
    )
    changed_rows(
        sa.update(_message)
        .where(theirs)
        .values(
            author_name=NEUTRAL_NAME,
            body=NEUTRAL_BODY,
            mail_message_id=None,
            mail_references=None,
        )
    )


def _forget_participation(user: User) -> None:
    """They get no copies, and no ticket of their tenant names an address that they have or had.

    One that is a colleague's by now stays, as that one's.
    """
    row, of_tenant = TicketParticipant, tickets_of_tenant(user)
    others = sa.select(User.email_key).where(User.tenant_id == user.tenant_id, User.id != user.id)
    keys = keys_ever(user)
    keys -= set(db.session.scalars(others.where(User.email_key.in_(keys))))
    by_address = sa.and_(
        row.user_id.is_(None), row.email_key.in_(keys), row.ticket_id.in_(of_tenant)
    )
    changed_rows(sa.delete(row).where(sa.or_(row.user_id == user.id, by_address)))
    told = sa.select(TicketEvent.id, TicketEvent.old, TicketEvent.new).where(
        TicketEvent.kind == "participants", TicketEvent.ticket_id.in_(of_tenant)
    )
    rows = db.session.execute(told).all()
    for column in (TicketEvent.old, TicketEvent.new):
        # No database folds letters as a key does.
        theirs = [row.id for row in rows if address_key(getattr(row, column.key) or "") in keys]
        changed_rows(
            sa.update(TicketEvent)
            .where(TicketEvent.id.in_(theirs))
            .values({column: NEUTRAL_SUBJECT})
        )


def _forget_ratings(user: User) -> None:
    own = TicketRating.ticket_id.in_(own_tickets(user))
    changed_rows(sa.update(TicketRating).where(own).values(comment=""))


# Before it is forgotten in which tickets they take part.
register_holding("mails", mails_of, erase=forget_mails)
register_holding("tickets", _tickets, erase=_forget_tickets)
register_holding("messages_elsewhere", _written_elsewhere, erase=_forget_messages)
register_holding("participation", _participation, erase=_forget_participation)
register_holding("ratings", _ratings, erase=_forget_ratings)
