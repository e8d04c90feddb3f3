"""The backlog drains: what waits goes to whoever has room again, the most urgent first.

It may run inside a deed that holds a ticket, so it waits for nothing: what somebody else holds at
this moment is left to the job that comes every minute.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.support.giving import give_by_itself, waiting
from portal.support.load import WEIGHTS, Candidate, eligible
from portal.support.models import SupportAgent, SupportTeam, SupportTicket, TeamMember
from portal.support.strategies import choose
from portal.support.words import Status, Strategy

AT_ONCE = 100
STICKY_FOR = timedelta(days=30)
A_MOMENT = timedelta(microseconds=1)
_is_held_back: ContextVar[bool] = ContextVar("is_held_back", default=False)


@contextmanager
def held_back() -> Iterator[None]:
    """Inside it nothing drains: a change of many would hand out the tickets that it changes next.

    The job that comes every minute makes up for it.
    """
    token = _is_held_back.set(True)
    try:
        yield
    finally:
        _is_held_back.reset(token)


def drain(*, agent_id: int | None = None, team_ids: Collection[int] | None = None) -> int:
    """Give waiting tickets of automatic teams to agents with room; how many found one.

    With `agent_id` only to this agent, with `team_ids` only those of these teams; at most
    `AT_ONCE`.
    """
    teams = {} if _is_held_back.get() else _teams_with_work(agent_id, team_ids)
    if not teams:
        return 0
    db.session.flush()  # a load counts what the caller has just changed
    candidates = eligible(list(teams), only=agent_id)
    given = 0
    while candidates and given < AT_ONCE:
        batch = _most_urgent(candidates, AT_ONCE - given)
        found = sum(place(ticket, teams[ticket.team_id or 0], candidates) for ticket in batch)
        if not found:
            break
        given += found
        candidates = [one for one in candidates if one.has_room()]
    return given


def _teams_with_work(
    agent_id: int | None, team_ids: Collection[int] | None
) -> dict[int, SupportTeam]:
    """The automatic teams in which something waits, by id. Usually none, at one query."""
    work = sa.select(SupportTicket.id).where(SupportTicket.team_id == SupportTeam.id, waiting())
    query = sa.select(SupportTeam).where(
        SupportTeam.archived_at.is_(None),
        SupportTeam.strategy != Strategy.MANUAL,
        work.exists(),
    )
    if agent_id is not None:
        own = sa.select(TeamMember.team_id).where(TeamMember.agent_id == agent_id)
        query = query.where(SupportTeam.id.in_(own))
    if team_ids is not None:
        query = query.where(SupportTeam.id.in_(team_ids))
    return {team.id: team for team in db.session.scalars(query)}


def _most_urgent(candidates: Iterable[Candidate], limit: int) -> Sequence[SupportTicket]:
    """The tickets that at least one of them may take, locked, what is due first in front."""
    suits = [
        sa.and_(
            SupportTicket.team_id.in_(one.team_ids),
            SupportTicket.category.in_(one.skills) if one.skills else sa.true(),
        )
        for one in candidates
    ]
    query = (
        sa.select(SupportTicket)
        .where(waiting(), sa.or_(*suits))
        .order_by(SupportTicket.queue_at, SupportTicket.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(query).all()


def place(ticket: SupportTicket, team: SupportTeam, candidates: Sequence[Candidate]) -> bool:
    """Give a locked ticket to whom the strategy of its team chooses. False: nobody fits."""
    last = _last_agent_of(ticket) if team.is_sticky and candidates else None
    chosen = choose(
        team.strategy, candidates, team_id=team.id, category=ticket.category, sticky_id=last
    )
    if chosen is None:
        return False
    give_by_itself(
        ticket,
        agent_id=chosen.id,
        name=chosen.name,
        cause="sticky" if chosen.id == last else team.strategy,
    )
    chosen.load += WEIGHTS[Status(ticket.status)]
    chosen.last_given_at = _next_turn(candidates)
    db.session.execute(
        sa.update(SupportAgent)
        .where(SupportAgent.id == chosen.id)
        .values(last_auto_assigned_at=chosen.last_given_at)
    )
    return True


def _next_turn(candidates: Iterable[Candidate]) -> datetime:
    """Now, and after every earlier turn: several that fall into one instant stay in order."""
    latest = max((one.last_given_at for one in candidates if one.last_given_at), default=None)
    now = clock.now()
    return now if latest is None or latest < now else latest + A_MOMENT


def _last_agent_of(ticket: SupportTicket) -> int | None:
    """Who has the last ticket of its requester on which anything happened within 30 days."""
    query = (
        sa.select(SupportTicket.assignee_id)
        .where(
            SupportTicket.requester_id == ticket.requester_id,
            SupportTicket.id != ticket.id,
            SupportTicket.assignee_id.is_not(None),
            SupportTicket.status.not_in((Status.SPAM, Status.DELETED)),
            SupportTicket.last_message_at >= clock.now() - STICKY_FOR,
        )
        .order_by(SupportTicket.id.desc())
        .limit(1)
    )
    return db.session.scalar(query)
