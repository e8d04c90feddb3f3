"""One line a ticket, for people who count with a spreadsheet."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from portal.core.clock import timestamp
from portal.core.database import db, glancing
from portal.support.models import SupportTeam, SupportTicket
from portal.support.report_sets import Scope, tickets_of
from portal.web.csv import csv_lines

AT_ONCE = 1_000
_ticket = SupportTicket.__table__.c
COLUMNS = (
    _ticket.number,
    _ticket.subject,
    _ticket.tenant_name,
    _ticket.plan_name,
    _ticket.channel,
    _ticket.category,
    _ticket.priority,
    _ticket.status,
    SupportTeam.name.label("team"),
    _ticket.assignee_name,
    _ticket.created_at,
    _ticket.first_response_at,
    _ticket.solved_at,
    _ticket.reopened_count,
    _ticket.message_count,
)


def csv_of(name: str, scope: Scope) -> Iterator[str]:
    """The tickets of a set as CSV, a thousand at a time, the oldest first. Between two parts it
    holds nothing.

    Raises:
        NotFound: no set has this name.
    """
    fits = tickets_of(name, scope)
    yield csv_lines([[column.key for column in COLUMNS]])
    last = 0
    while rows := _after(last, fits):
        yield csv_lines([_plain(value) for value in row[1:]] for row in rows)
        last = rows[-1][0]


def _after(last: int, fits: sa.ColumnElement[bool]) -> list[Any]:
    query = (
        sa.select(_ticket.id, *COLUMNS)
        .outerjoin(SupportTeam, SupportTeam.id == _ticket.team_id)
        .where(fits, _ticket.id > last)
        .order_by(_ticket.id)
        .limit(AT_ONCE)
    )
    with glancing():
        return list(db.session.execute(query))


def _plain(value: Any) -> object:
    return timestamp(value) if hasattr(value, "tzinfo") else value
