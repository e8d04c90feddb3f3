"""Changes in bulk as pages show them: the latest ones, and what became of each ticket."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.actor import Actor
from portal.core.database import db
from portal.core.permissions import Permission
from portal.support.models import BulkChange, BulkChangeRow, SupportTicket
from portal.web.paging import ListPage, page_of

RESULTS = {"changed": "changed", "skipped": "skipped", "waiting": None}
MOST_REASONS = 3
_bulk, _row, _ticket = (model.__table__.c for model in (BulkChange, BulkChangeRow, SupportTicket))


class BulkLine(NamedTuple):
    """One change in bulk in the list of them."""

    id: int
    total: int
    done: int
    skipped: int
    status: str
    undoes_id: int | None
    created_at: datetime
    created_by_label: str


class BulkRow(NamedTuple):
    """One ticket of it: `result` is None while it waits."""

    ticket_id: int
    number: str
    result: str | None
    detail: str | None


class Reason(NamedTuple):
    """Why so many tickets were skipped."""

    detail: str
    tickets: int


def bulk_changes(*, cursor: str | None = None) -> ListPage[BulkLine]:
    """The latest first."""
    columns = [_bulk[name] for name in BulkLine._fields]
    return page_of(sa.select(*columns).order_by(_bulk.id.desc()), _line, cursor=cursor)


def _line(row: sa.Row[*tuple[Any, ...]]) -> BulkLine:
    return BulkLine(*row)


def bulk_rows(
    bulk: BulkChange, *, result: str | None = None, cursor: str | None = None
) -> ListPage[BulkRow]:
    """Its tickets, those with one result alone: `changed`, `skipped` or `waiting`."""
    query = _rows_of(bulk)
    if result in RESULTS:
        query = query.where(_row.result == RESULTS[result])
    return page_of(query, lambda row: BulkRow(*row), cursor=cursor)


def all_bulk_rows(bulk: BulkChange) -> Iterator[BulkRow]:
    """Every one of its tickets, for a file."""
    return (BulkRow(*row) for row in db.session.connection().execute(_rows_of(bulk)))


def _rows_of(bulk: BulkChange) -> sa.Select[Any]:
    return (
        sa.select(_row.ticket_id, _ticket.number, _row.result, _row.detail)
        .join_from(BulkChangeRow.__table__, SupportTicket.__table__, _ticket.id == _row.ticket_id)
        .where(_row.bulk_id == bulk.id)
        .order_by(_row.ticket_id)
    )


def reasons_of(bulk: BulkChange) -> list[Reason]:
    """Why tickets were skipped, the most frequent reasons first."""
    count = sa.func.count().label("count")
    query = (
        sa.select(_row.detail, count)
        .where(_row.bulk_id == bulk.id, _row.result == "skipped")
        .group_by(_row.detail)
        .order_by(count.desc(), _row.detail)
        .limit(MOST_REASONS)
    )
    return [Reason(*row) for row in db.session.connection().execute(query)]


def may_undo(by: Actor, bulk: BulkChange) -> bool:
    """Would `undo_bulk_change` take it back for this person?"""
    is_theirs = bulk.created_by == by.id or by.may(Permission.SUPPORT_MANAGE)
    is_whole = bulk.status == "done" and bulk.undone_at is None and bulk.undoes_id is None
    return is_theirs and is_whole and bulk.skipped < bulk.done
