"""A page of a queue that somebody has before them, as it stands now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.core.database import db
from portal.support.filtering import Looking
from portal.support.models import SupportTicket
from portal.support.queue_rows import COLUMNS, QueueRow, row_maker
from portal.support.queues import Queue, conditions
from portal.support.seeing import seen_by
from portal.web.paging import PAGE_SIZE

_ticket = SupportTicket.__table__.c


@dataclass(frozen=True, slots=True)
class Again:
    """What became of a page that somebody reads: their rows in their order, and how many wait.

    A ticket that cannot be seen any more is its number alone.
    """

    rows: list[QueueRow | str]
    fresh: int


def look_again(
    queue: Queue, looking: Looking, shown: Sequence[str], *, is_first_page: bool
) -> Again:
    """The tickets of these numbers as they are now, whether they are still here, and new ones.

    Nothing moves: tickets that came meanwhile are only counted, those that belong to the first
    page.
    """
    order = queue.order.columns()
    is_here = sa.func.coalesce(sa.and_(*conditions(queue, looking)), sa.false()).label("is_here")
    wanted: Any = sa.select(_ticket.id).where(_ticket.number.in_(shown), seen_by(looking.by))
    if is_first_page:
        first = sa.select(_ticket.id).where(*conditions(queue, looking)).order_by(*order)
        wanted = wanted.union(sa.select(first.limit(PAGE_SIZE).subquery().c.id))
    query = sa.select(*COLUMNS, is_here).where(_ticket.id.in_(wanted)).order_by(*order)
    make = row_maker(looking.now)
    rows = [make(row) for row in db.session.connection().execute(query)]
    known = {row.number: row for row in rows}
    return Again([known.get(number, number) for number in shown], _fresh(rows, shown))


def _fresh(rows: Sequence[QueueRow], shown: Sequence[str]) -> int:
    """How many rows would stand between or, on a page that is not full, after those shown."""
    here = [row.number in shown for row in rows if row.is_here]
    if len(shown) >= PAGE_SIZE and True in here:
        here = here[: len(here) - here[::-1].index(True)]
    return here.count(False)
