"""The messages of a ticket as rows: adding one, and finding those that count."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.core.database import db
from portal.support.bodies import preview_of
from portal.support.models import SupportMessage, SupportTicket
from portal.support.words import AuthorType, MessageKind


def add_message(
    ticket: SupportTicket,
    *,
    kind: MessageKind,
    author: AuthorType,
    body: str,
    at: datetime,
    author_name: str,
    submit_key: str | None = None,
    author_admin_id: int | None = None,
    author_user_id: int | None = None,
) -> SupportMessage:
    """Append a message to a locked ticket. What its row shows of a thread is public alone."""
    message = new_message(
        ticket,
        kind=kind,
        author=author,
        body=body,
        at=at,
        author_name=author_name,
        submit_key=submit_key,
        author_admin_id=author_admin_id,
        author_user_id=author_user_id,
    )
    db.session.add(message)
    db.session.flush()
    show_last(ticket, message)
    return message


def new_message(
    ticket: SupportTicket,
    *,
    kind: MessageKind,
    author: AuthorType,
    body: str,
    at: datetime,
    author_name: str,
    **more: Any,
) -> SupportMessage:
    """A message that is not stored yet."""
    return SupportMessage(
        ticket_id=ticket.id,
        kind=kind,
        author_type=author,
        author_name=author_name,
        body=body,
        created_at=at,
        **more,
    )


def show_last(ticket: SupportTicket, message: SupportMessage) -> None:
    """Count a new message, which has its id, and show it in the ticket's row if it is public."""
    ticket.message_count += 1
    ticket.version += 1
    if message.kind == MessageKind.PUBLIC:
        ticket.last_public_message_id = message.id
        ticket.last_message_at, ticket.last_message_by = message.created_at, message.author_type
        ticket.last_message_preview = preview_of(message.body)


def sent_before(ticket: SupportTicket, submit_key: str | None) -> SupportMessage | None:
    """The message that the same form sent before. The ticket is locked, so a twin has committed."""
    if submit_key is None:
        return None
    query = sa.select(SupportMessage).filter_by(ticket_id=ticket.id, submit_key=submit_key)
    return db.session.scalar(query)


def newer_than(ticket: SupportTicket, seen: int | None) -> Sequence[SupportMessage]:
    """Public messages after the one that somebody saw last; none when nobody says."""
    if seen is None or (ticket.last_public_message_id or 0) <= seen:
        return ()
    query = sa.select(SupportMessage).where(
        SupportMessage.ticket_id == ticket.id,
        SupportMessage.kind == MessageKind.PUBLIC,
        SupportMessage.id > seen,
    )
    return db.session.scalars(query.order_by(SupportMessage.id)).all()


def messages_of(ticket: SupportTicket) -> Sequence[SupportMessage]:
    """All of them, notes too, the oldest first: for our own people alone."""
    query = sa.select(SupportMessage).where(SupportMessage.ticket_id == ticket.id)
    return db.session.scalars(query.order_by(SupportMessage.id)).all()
