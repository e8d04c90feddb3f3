"""In which order the tickets of a queue stand: what is due first, unless its filter says otherwise.

Of open tickets each order is that of an index.
"""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.support.filter_language import Filter
from portal.support.filter_values import Sort
from portal.support.models import SupportTicket
from portal.support.queue_rows import SOLVED_AT
from portal.support.words import FINISHED_STATUSES, Status

_ticket = SupportTicket.__table__.c
DUE_FIRST = (_ticket.queue_at, _ticket.id)


class Order(NamedTuple):
    """By which column a queue is sorted, then by id."""

    name: str
    at: sa.ColumnElement[Any]
    is_newest_first: bool

    def columns(self, *, is_forward: bool = True) -> list[sa.ColumnElement[Any]]:
        found = (self.at, _ticket.id)
        return [each if is_forward != self.is_newest_first else each.desc() for each in found]


ORDERS: dict[str, Order] = {
    Sort.NEWEST: Order("created_at", _ticket.created_at, is_newest_first=True),
    Sort.OLDEST: Order("created_at", _ticket.created_at, is_newest_first=False),
    Sort.UPDATED: Order("last_message_at", _ticket.last_message_at, is_newest_first=True),
    Sort.QUIET: Order("last_message_at", _ticket.last_message_at, is_newest_first=False),
}


class Place(NamedTuple):
    """Where a ticket stands in the order of every queue: keep it before you change the ticket."""

    queue_at: datetime
    solved_at: datetime | None
    created_at: datetime
    last_message_at: datetime
    id: int


def place_of(ticket: SupportTicket) -> Place:
    return Place(*(getattr(ticket, name) for name in Place._fields))


def order_of(asked: Filter) -> Order:
    """The last that the filter asks for, or the usual one: of what is finished nothing is due."""
    if asked.sort in ORDERS:
        return ORDERS[asked.sort]
    if asked.asks_only_for("status", {Status.SOLVED}):
        return Order("solved_at", SOLVED_AT, is_newest_first=True)
    is_finished = asked.asks_only_for("status", FINISHED_STATUSES)
    return Order("queue_at", _ticket.queue_at, is_newest_first=is_finished)
