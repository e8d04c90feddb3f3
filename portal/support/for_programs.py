"""Tickets and messages as programs read them: each list in a fixed number of queries.

A customer's user gets less of a ticket than our own: nothing of how we work on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.support.attachments import attachments_of
from portal.support.models import MessageAttachment, SupportMessage, SupportTicket
from portal.support.seeing import messages_seen_by, seen_by
from portal.support.words import MessageKind, Status
from portal.web.paging import ListPage, page_of

TOLD_AS = {Status.ON_HOLD: Status.OPEN, Status.MERGED: Status.CLOSED}
"""What a customer is told instead: for whom else a ticket waits is our own matter."""

_ticket = SupportTicket.__table__.c
_message = SupportMessage.__table__.c


@dataclass(frozen=True, slots=True)
class TicketFilters:
    """What a list of tickets is narrowed to."""

    status: Status | None = None
    tenant_id: int | None = None
    user_id: int | None = None
    updated_after: datetime | None = None


class ShownTicket(NamedTuple):
    """A ticket's columns, and what the caller is told beside them."""

    row: Any
    messages_count: int
    merged_into: str | None


class ShownMessage(NamedTuple):
    row: Any
    attachments: Sequence[MessageAttachment]


def told_as(status: str) -> Status:
    """The status as a customer is told it."""
    found = Status(status)
    return TOLD_AS.get(found, found)


def changed_for_customer(ticket: Any) -> datetime:
    """When the ticket was written to, solved or closed last.

    Not its `updated_at`: that would tell of every note that somebody writes.
    """
    marks: tuple[datetime | None, ...]
    marks = (ticket.last_message_at, ticket.solved_at, ticket.closed_at)
    return max(at for at in marks if at is not None)


def tickets_for_programs(
    *, by: Actor, filters: TicketFilters, cursor: str | None, limit: int
) -> ListPage[ShownTicket]:
    """A page of the tickets that the caller may see."""
    query = sa.select(*_ticket).where(seen_by(by), *_conditions(by, filters))
    is_sync = filters.updated_after is not None and by.type is not ActorType.CUSTOMER
    # In the order of changes: what changes while a program reads comes up again at the end.
    order = (_ticket.updated_at, _ticket.id) if is_sync else (_ticket.id.desc(),)
    found = page_of(query.order_by(*order), lambda row: row, cursor=cursor, limit=limit)
    return ListPage(shown(by, found.items), found.next_cursor, found.previous_cursor)


def _conditions(by: Actor, filters: TicketFilters) -> Iterable[sa.ColumnElement[bool]]:
    is_customer = by.type is ActorType.CUSTOMER
    if filters.status is not None:
        wanted = [filters.status]
        if is_customer:
            wanted = [status for status in Status if told_as(status) is filters.status]
        yield _ticket.status.in_(wanted)
    if filters.tenant_id is not None:
        yield _ticket.tenant_id == filters.tenant_id
    if filters.user_id is not None:
        yield _ticket.requester_id == filters.user_id
    if filters.updated_after is not None and is_customer:
        marks = (_ticket.last_message_at, _ticket.solved_at, _ticket.closed_at)
        yield sa.or_(*(mark > filters.updated_after for mark in marks))
    elif filters.updated_after is not None:
        yield _ticket.updated_at > filters.updated_after


def shown(by: Actor, tickets: Sequence[Any]) -> list[ShownTicket]:
    """These tickets, of which the caller may see each, with what belongs beside their columns."""
    merged = _numbers(by, [row.merged_into_id for row in tickets if row.merged_into_id])
    counts = {row.id: row.message_count for row in tickets}
    if by.type is ActorType.CUSTOMER:
        counts = _public_counts([row.id for row in tickets])
    return [
        ShownTicket(row, counts.get(row.id, 0), merged.get(row.merged_into_id)) for row in tickets
    ]


def _numbers(by: Actor, ids: Sequence[int]) -> dict[int | None, str]:
    if not ids:
        return {}
    query = sa.select(_ticket.id, _ticket.number).where(_ticket.id.in_(ids), seen_by(by))
    return {row.id: row.number for row in db.session.execute(query)}


def _public_counts(ids: Sequence[int]) -> dict[int, int]:
    if not ids:
        return {}
    query = sa.select(_message.ticket_id, sa.func.count()).where(
        _message.ticket_id.in_(ids), _message.kind == MessageKind.PUBLIC
    )
    rows = db.session.execute(query.group_by(_message.ticket_id))
    return {ticket_id: int(count) for ticket_id, count in rows}


def messages_for_programs(
    *, by: Actor, ticket: SupportTicket, cursor: str | None, limit: int
) -> ListPage[ShownMessage]:
    """A page of a ticket's messages, the oldest first; a customer's without any note."""
    query = sa.select(*_message).where(_message.ticket_id == ticket.id, messages_seen_by(by))
    found = page_of(query.order_by(_message.id), lambda row: row, cursor=cursor, limit=limit)
    items = shown_messages(found.items)
    return ListPage(items, found.next_cursor, found.previous_cursor)


def shown_messages(messages: Sequence[Any]) -> list[ShownMessage]:
    files = attachments_of(messages) if messages else {}
    return [ShownMessage(row, files.get(row.id, ())) for row in messages]
