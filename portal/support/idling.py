"""Tickets that their agents leave lying while the customer waits return to their team."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM, ActorType
from portal.core.database import db
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring
from portal.staff.notices import notify
from portal.support.awake import is_awake
from portal.support.draining import place
from portal.support.giving import CLAIMABLE, give
from portal.support.load import eligible
from portal.support.models import SupportTeam, SupportTicket, TicketEvent, TicketPresence
from portal.support.presence import LASTS
from portal.support.rule_terms import Level, level_for, levels_in_force
from portal.support.words import Strategy

KIND = "support.release_idle"
AT_ONCE = 100
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
RESTARTS = ("assigned", "woken")
"""What begins the time anew, whoever did it."""
_ticket, _team = SupportTicket.__table__.c, SupportTeam.__table__.c

recurring(KIND, every=timedelta(minutes=5))


@handles(KIND)
def release_idle(_payload: dict[str, Any]) -> None:
    """At most a hundred tickets, and the next job when there may be more."""
    now = clock.now()
    since, shortest = _last_deed(), db.session.scalar(sa.select(sa.func.min(_team.idle_minutes)))
    if shortest is None:
        return
    query = (
        sa.select(SupportTicket, SupportTeam, since)
        .join(SupportTeam, _team.id == _ticket.team_id)
        .where(*_may_be_idle(now), since <= now - shortest * MINUTE)
        .order_by(since, _ticket.id)
    )
    idle = _idle_of(db.session.execute(query), now)
    # Only what is given back is held, and nothing that somebody holds at this moment.
    hold = query.where(_ticket.id.in_(idle)).with_for_update(skip_locked=True, of=SupportTicket)
    for ticket, team, _ in db.session.execute(hold.execution_options(populate_existing=True)):
        _release(ticket, team)
    if len(idle) == AT_ONCE:
        enqueue(KIND, {})


def _may_be_idle(now: datetime) -> list[sa.ColumnElement[bool]]:
    """Whoever has a ticket open is at it."""
    is_looked_at = sa.exists().where(
        TicketPresence.ticket_id == _ticket.id,
        TicketPresence.admin_id == _ticket.assignee_id,
        TicketPresence.seen_at > now - LASTS,
    )
    return [
        _ticket.is_open,
        _ticket.assignee_id.is_not(None),
        _ticket.status.in_(CLAIMABLE),
        _team.idle_minutes.is_not(None),
        is_awake(now),
        ~is_looked_at,
    ]


def _idle_of(rows: Iterable[sa.Row[*tuple[Any, ...]]], now: datetime) -> list[int]:
    """The ids of the first hundred. Open hours are a part of those on the wall."""
    levels = levels_in_force()
    idle = (
        ticket.id
        for ticket, team, since in rows
        if _open_seconds(ticket, since, levels, now) >= team.idle_minutes * 60
    )
    return list(islice(idle, AT_ONCE))


def _last_deed() -> sa.ScalarSelect[datetime]:
    """When an agent last did something with it, or it last came to its agent."""
    is_deed = sa.or_(
        TicketEvent.actor_type == ActorType.ADMIN.value, TicketEvent.kind.in_(RESTARTS)
    )
    latest = sa.select(sa.func.max(TicketEvent.at)).where(
        TicketEvent.ticket_id == _ticket.id, is_deed
    )
    return latest.correlate(SupportTicket.__table__).scalar_subquery()


def _open_seconds(
    ticket: SupportTicket, since: datetime, levels: Sequence[Level], now: datetime
) -> int:
    """By the hours of the ticket's service level; without one every hour is open."""
    # A customer who comes back after weeks starts the time anew.
    begun = max(since, ticket.waiting_since or since)
    level = level_for(ticket, levels)
    return level.calendar.elapsed(begun, now) if level else (now - begun) // SECOND


def _release(ticket: SupportTicket, team: SupportTeam) -> None:
    """To nobody, or at once to another member of a team that assigns by itself."""
    left = ticket.assignee_id
    give(ticket, by=SYSTEM, agent_id=None, name=None, cause="idle")
    if left is not None:
        notify(
            admin_id=left,
            kind="ticket.released",
            # Without its subject: a notice outlives a customer's wish to be erased.
            text=f"{ticket.number} of {ticket.tenant_name} went back to {team.name}.",
            url=f"/support/tickets/{ticket.number}",
        )
    if team.archived_at is None and team.strategy != Strategy.MANUAL:
        others = [one for one in eligible([team.id]) if one.id != left]
        place(ticket, team, others)
