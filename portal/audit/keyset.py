"""Pages of the ledger by key, in both directions, wherever in time one begins.

The first page costs what the thousandth costs: a page is one range of an index. Several questions
(what somebody did, what was done to them) are merged from as many ranges.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.audit.readable import instant_of
from portal.audit.scope import Conditions
from portal.audit.searching import rows_of
from portal.core.clock import timestamp
from portal.web.paging import PAGE_SIZE, BadCursor, Item, ListPage

_event = AuditEvent.__table__.c
_key = sa.tuple_(_event.occurred_at, _event.id)
PLACE = re.compile(r"([<>])(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)~([0-9a-f-]{0,36})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """A point between two events. `is_older`: the page lies before it in time, else after it."""

    is_older: bool
    occurred_at: str
    id: str

    def written(self) -> str:
        return f"{'<' if self.is_older else '>'}{self.occurred_at}~{self.id}"

    def beyond(self) -> sa.ColumnElement[bool]:
        here = sa.tuple_(sa.literal(self.occurred_at), sa.literal(self.id))
        return _key < here if self.is_older else _key > here


def place_before(at: datetime) -> str:
    """The cursor of the page that ends right before this instant."""
    return Place(True, timestamp(at), "").written()


def ledger_page(
    columns: Sequence[sa.ColumnElement[Any]],
    questions: Sequence[Conditions],
    make: Callable[[sa.Row[*tuple[Any, ...]]], Item],
    *,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
    first_rows: Callable[[], list[Any]] | None = None,
) -> ListPage[Item]:
    """The newest first. The columns hold `occurred_at` and `id`; no event fits two questions.

    `first_rows` reads those of the first page, and one more, in a quicker way than asking.

    Raises:
        BadCursor: the cursor was not made here.
    """
    place = _read(cursor)
    if place is None and first_rows is not None:
        rows = first_rows()
    else:
        rows = ledger_rows(columns, questions, place, limit + 1)
    has_more, rows = len(rows) > limit, rows[:limit]
    goes_back = place is not None and not place.is_older
    if goes_back:
        rows.reverse()
    newest, oldest = _edges(rows, place)
    has_newer = has_more if goes_back else place is not None and _has_any(questions, newest)
    has_older = _has_any(questions, oldest) if goes_back else has_more
    return ListPage(
        items=[make(row) for row in rows],
        next_cursor=oldest.written() if has_older and oldest else None,
        previous_cursor=newest.written() if has_newer and newest else None,
    )


def _read(cursor: str | None) -> Place | None:
    if not cursor:
        return None
    found = PLACE.fullmatch(cursor)
    if found is None or instant_of(found[2]) is None:
        raise BadCursor("Go back to the first page of the list.")
    return Place(found[1] == "<", found[2], found[3])


def _edges(
    rows: Sequence[sa.Row[*tuple[Any, ...]]], place: Place | None
) -> tuple[Place | None, Place | None]:
    """Where what is newer than the page begins, and what is older. Both at the place of no rows."""
    keys = [(row.occurred_at, row.id) for row in rows]
    if not keys and place is not None:
        keys = [(place.occurred_at, place.id)]
    if not keys:
        return None, None
    return Place(False, *keys[0]), Place(True, *keys[-1])


def ledger_rows(
    columns: Sequence[sa.ColumnElement[Any]],
    questions: Sequence[Conditions],
    place: Place | None,
    limit: int,
) -> list[sa.Row[*tuple[Any, ...]]]:
    """So many rows beyond the place, in the order in which they lie beyond it."""
    is_older = place is None or place.is_older
    beyond = [place.beyond()] if place else []
    parts = [
        sa.select(*columns).where(*where, *beyond).order_by(*_order(_event, is_older)).limit(limit)
        for where in questions
    ]
    query: sa.Select[*tuple[Any, ...]] = parts[0]
    if len(parts) > 1:
        merged = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery()
        query = sa.select(merged).order_by(*_order(merged.c, is_older)).limit(limit)
    return rows_of(query, wanted=limit, is_older=is_older)


def _order(columns: Any, is_older: bool) -> tuple[sa.ColumnElement[Any], ...]:
    key = (columns.occurred_at, columns.id)
    return tuple(column.desc() if is_older else column.asc() for column in key)


def _has_any(questions: Sequence[Conditions], edge: Place | None) -> bool:
    """Is there an event beyond the edge?"""
    columns = (_event.occurred_at, _event.id)
    return edge is not None and bool(ledger_rows(columns, questions, edge, 1))
