"""What an agent did on each of the last days: answered and solved tickets."""

from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.counting import capped
from portal.core.quick import Quick
from portal.support.filtering import Looking
from portal.support.models import SupportMessage, SupportTicket
from portal.support.models.messages import REPLIES
from portal.support.models.tickets import NO_WORK
from portal.support.report_sets import NOT_WORK

DAYS = 7
MOST = 99
"""So far the tickets of a day are counted."""
MOST_READ = 200
"""So many replies of a day are read for it: nobody writes more to fewer tickets by hand."""
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
    row = _counting().row(me=agent_id, **edges)
    return [Day(day, row[n], row[DAYS + n]) for n, day in enumerate(days)]


ONE = timedelta(days=1)


@cache
def _counting() -> Quick:
    instant = _ticket.solved_at.type
    edges = [sa.bindparam(f"d{n}", type_=instant) for n in range(DAYS + 1)]
    me = sa.bindparam("me", type_=sa.Integer)
    spans = list(enumerate(pairwise(edges)))
    return Quick(
        sa.select(
            *(_answered(me, *span).label(f"answered{n}") for n, span in spans),
            *(_solved(me, *span).label(f"solved{n}") for n, span in spans),
        )
    )


Edge = sa.BindParameter[datetime]


def _answered(me: Any, begin: Edge, end: Edge) -> sa.ScalarSelect[Any]:
    """Each step reads no more than the next one needs, however much somebody wrote."""
    mine = (_message.author_admin_id == me, REPLIES)
    said = (_message.created_at >= begin, _message.created_at < end)
    replies = sa.select(_message.ticket_id).where(*mine, *said).limit(MOST_READ).subquery()
    tickets = sa.select(replies.c.ticket_id).distinct().subquery()
    is_no_work = sa.exists().where(_ticket.id == tickets.c.ticket_id, NO_WORK)
    return capped(sa.select(tickets.c.ticket_id).where(~is_no_work), MOST)


def _solved(me: Any, begin: Edge, end: Edge) -> sa.ScalarSelect[Any]:
    done = (_ticket.solved_at >= begin, _ticket.solved_at < end)
    return capped(sa.select(_ticket.id).where(_ticket.assignee_id == me, *done, _IS_WORK), MOST)
