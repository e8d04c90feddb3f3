"""Keyset pages: a list costs the same on its first page and on its thousandth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import request, url_for
from sqlakeyset import BadBookmark, select_page, serialize_bookmark, unserialize_bookmark
from sqlakeyset.columns import parse_ob_clause

from portal.core.database import db
from portal.core.errors import DomainError

PAGE_SIZE = 50
UNFIT = (
    BadBookmark,
    sa.exc.SQLAlchemyError,
    AttributeError,
    OverflowError,
    TypeError,
    ValueError,
)
"""What a cursor leads to whose values are not of this list's columns."""
Item = TypeVar("Item")


class BadCursor(DomainError):
    """The cursor was not made by us, or not for this list."""

    status = 400
    code = "bad_request"
    title = "This page marker is not valid"


@dataclass(frozen=True, slots=True)
class ListPage(Generic[Item]):
    """One page of a list and the addresses of its neighbours; None where there is none."""

    items: list[Item]
    next_cursor: str | None
    previous_cursor: str | None
    endpoint: str | None = None
    """Where the list stands, when not where this request went."""

    def at(self, endpoint: str) -> "ListPage[Item]":
        """For a page that a refused form answers with too, and which alone can be looked at."""
        return replace(self, endpoint=endpoint)

    @property
    def next_url(self) -> str | None:
        return self._url(self.next_cursor)

    @property
    def previous_url(self) -> str | None:
        return self._url(self.previous_cursor)

    def _url(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        # Never to `url_for`: a visitor's `_external` or `endpoint` would mean something there.
        query = urlencode({**request.args.to_dict(flat=False), "cursor": cursor}, doseq=True)
        endpoint = self.endpoint or request.endpoint or ""
        return f"{url_for(endpoint, **(request.view_args or {}))}?{query}"


def page_of(
    query: sa.Select[*tuple[Any, ...]],
    make: Callable[[sa.Row[*tuple[Any, ...]]], Item],
    *,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> ListPage[Item]:
    """The page at `cursor`. The query's order must end in a unique, not-null column.

    Raises:
        BadCursor: see the class.
    """
    if not cursor:
        return _first_page(query, make, limit)
    try:
        bookmark = unserialize_bookmark(cursor)
        found = select_page(db.session(), query, limit, page=bookmark)
    except UNFIT as error:
        if isinstance(error, sa.exc.OperationalError):  # the database is away, not the cursor wrong
            raise
        db.session.rollback()
        raise BadCursor("Go back to the first page of the list.") from error
    marks = found.paging
    return ListPage(
        items=[make(row) for row in found],
        next_cursor=marks.bookmark_next if marks.has_next else None,
        previous_cursor=marks.bookmark_previous if marks.has_previous else None,
    )


def first_page_of(
    rows: Sequence[Any],
    make: Callable[[Any], Item],
    *,
    order: Sequence[sa.ColumnElement[Any]],
    limit: int = PAGE_SIZE,
) -> ListPage[Item]:
    """The first page of a list by these columns, of rows that were read elsewhere.

    There is one row more than the page holds, if there is one. `page_of` reads on from there.
    """
    following = None
    if len(rows) > limit:
        place = tuple(getattr(rows[limit - 1], str(column.key)) for column in order)
        following = serialize_bookmark((place, False))
    return ListPage([make(row) for row in rows[:limit]], following, None)


def _first_page(
    query: sa.Select[*tuple[Any, ...]],
    make: Callable[[sa.Row[*tuple[Any, ...]]], Item],
    limit: int,
) -> ListPage[Item]:
    """What `select_page` gives without a bookmark, at a third of its cost: most lists stop here."""
    rows = db.session.connection().execute(query.limit(limit + 1)).all()
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]._mapping  # noqa: SLF001 - its documented name
        place = tuple(last[column.element] for column in parse_ob_clause(query))
        following = serialize_bookmark((place, False))
    return ListPage([make(row) for row in rows[:limit]], following, None)
