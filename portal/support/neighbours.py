"""The tickets before and after one in the view that somebody works through."""

from typing import NamedTuple

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.support.models import SupportTicket
from portal.support.seeing import seen_by

_place = sa.tuple_(SupportTicket.queue_at, SupportTicket.id)


class Place(NamedTuple):
    """Where a ticket stands in a queue: taken before a change that would move it."""

    ticket_id: int
    view: str
    key: tuple[object, int]

    @classmethod
    def of(cls, ticket: SupportTicket, view: str) -> "Place":
        return cls(ticket.id, view, (ticket.queue_at, ticket.id))


def neighbour(*, by: Actor, place: Place, is_forward: bool = True) -> str | None:
    """The number of the next (or previous) ticket of the view, round its end; None: no other."""
    columns = (SupportTicket.queue_at, SupportTicket.id)
    order = columns if is_forward else tuple(column.desc() for column in columns)
    query = (
        sa.select(SupportTicket.number)
        .where(*_in_view(by, place.view), SupportTicket.id != place.ticket_id)
        .order_by(*order)
        .limit(1)
    )
    key = sa.tuple_(
        sa.bindparam(None, place.key[0], SupportTicket.queue_at.type),
        sa.bindparam(None, place.key[1], SupportTicket.id.type),
    )
    beyond = _place > key if is_forward else _place < key
    return db.session.scalar(query.where(beyond)) or db.session.scalar(query)


def _in_view(by: Actor, view: str) -> list[sa.ColumnElement[bool]]:
    """What is open and awake; of these those of the caller, or of nobody, by the view's name."""
    awake = sa.or_(
        SupportTicket.snoozed_until.is_(None), SupportTicket.snoozed_until <= clock.now()
    )
    found: list[sa.ColumnElement[bool]] = [SupportTicket.is_open.is_(True), awake, seen_by(by)]
    if view == "mine":
        found.append(SupportTicket.assignee_id == by.id)
    elif view == "unassigned":
        found.append(SupportTicket.assignee_id.is_(None))
    return found
