"""What an agent did on each of the last days: answered and solved tickets."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from portal.core.counting import capped
from portal.core.database import db
from portal.core.quick import Quick
from portal.support.filtering import Looking
from portal.support.models import SupportMessage, SupportTicket
from portal.support.models.messages import REPLIES
from portal.support.models.tickets import NO_WORK
from portal.support.report_sets import NOT_WORK

DAYS = 7
MOST = 99
"""So far the tickets of a day are counted."""
MOST_READ = 120
"""So many replies of a day are read for it: nobody writes more to fewer tickets by hand."""
_SO_MANY: sa.ColumnElement[int] = sa.literal_column(str(MOST_READ))
_ticket, _message = SupportTicket.__table__.c, SupportMessage.__table__.c
_IS_WORK = sa.and_(*(_ticket.status != status for status in NOT_WORK))


class Day(NamedTuple):
    """How many tickets got an answer of the agent, and how many of theirs were solved."""

    date: date
    answered: int
    solved: int


def week_of(agent_id: int, looking: Looking) -> list[Day]:
    """The days where the agent is, today last: the numbers of `replied-by` and `solved-by`.

    One statement: each number is a range of an index.
    """
    today = looking.now.astimezone(looking.zone).date()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    edges = {f"d{n}": looking.begin_of(day) for n, day in enumerate([*days, today + ONE])}
    row = _counting(db.engine.dialect.name).row(me=agent_id, **edges)
    return [Day(day, min(row[n], MOST + 1), row[DAYS + n]) for n, day in enumerate(days)]


ONE = timedelta(days=1)


@cache
def _counting(dialect: str) -> Quick:
    instant = _ticket.solved_at.type
    edges = [sa.bindparam(f"d{n}", type_=instant) for n in range(DAYS + 1)]
    me = sa.bindparam("me", type_=sa.Integer)
    spans = list(pairwise(edges))
    said = [_replies(me, *span) for span in spans]
    answered = _answered_together(said) if dialect == "postgresql" else map(_answered, said)
    return Quick(
        sa.select(
            *(count.label(f"answered{n}") for n, count in enumerate(answered)),
            *(_solved(me, *span).label(f"solved{n}") for n, span in enumerate(spans)),
        )
    )


Edge = sa.BindParameter[datetime]
Replies = sa.Select[tuple[int]]


def _replies(me: Any, begin: Edge, end: Edge) -> Replies:
    """Of a day, each by its ticket: no more than are needed, however much somebody wrote."""
    mine = (_message.author_admin_id == me, REPLIES)
    said = (_message.created_at >= begin, _message.created_at < end)
    return sa.select(_message.ticket_id).where(*mine, *said).limit(_SO_MANY)


def _answered(said: Replies) -> sa.ScalarSelect[Any]:
    """SQLite looks a ticket up among those that are no work faster by a join than by `EXISTS`."""
    tickets = said.subquery().select().distinct().subquery()
    is_no_work = sa.and_(_ticket.id == tickets.c.ticket_id, NO_WORK)
    work = tickets.outerjoin(SupportTicket.__table__, is_no_work)
    return capped(
        sa.select(tickets.c.ticket_id).select_from(work).where(_ticket.id.is_(None)), MOST
    )


def _answered_together(said: list[Replies]) -> Iterator[sa.ScalarSelect[Any]]:
    """PostgreSQL looks for all tickets of the week at once, which costs it as much as a few do."""
    days = [replies.cte(f"said{n}") for n, replies in enumerate(said)]
    tickets = sa.union_all(*(day.select() for day in days)).subquery()
    all_of_them = sa.func.array(tickets.select().scalar_subquery(), type_=ARRAY(sa.BigInteger))
    no_work = sa.select(_ticket.id).where(NO_WORK, _ticket.id == sa.any_(all_of_them)).cte("none")
    for day in days:
        count = sa.select(sa.func.count(day.c.ticket_id.distinct()))
        yield count.where(day.c.ticket_id.not_in(no_work.select())).scalar_subquery()


def _solved(me: Any, begin: Edge, end: Edge) -> sa.ScalarSelect[Any]:
    done = (_ticket.solved_at >= begin, _ticket.solved_at < end)
    return capped(sa.select(_ticket.id).where(_ticket.assignee_id == me, *done, _IS_WORK), MOST)
