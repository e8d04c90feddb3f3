"""Tickets that their agents leave lying while the customer waits return to their team."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM, ActorType
from portal.core.database import db
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring
from portal.staff.notices import notify
from portal.support.draining import place
from portal.support.giving import CLAIMABLE, give
from portal.support.load import eligible
from portal.support.models import SupportTeam, SupportTicket, TicketEvent, TicketPresence
from portal.support.presence import LASTS
from portal.support.rule_terms import Level, level_for, levels_in_force
from portal.support.words import Strategy

KIND = "support.release_idle"
AT_ONCE = 100
MINUTE = timedelta(minutes=1)
RESTARTS = ("assigned", "woken")
"""What begins the time anew, whoever did it."""
_ticket, _team = SupportTicket.__table__.c, SupportTeam.__table__.c

recurring(KIND, every=timedelta(minutes=5))


@handles(KIND)
def release_idle(_payload: dict[str, Any]) -> None:
    """At most a hundred tickets, and the next job when there may be more."""
    now, levels = clock.now(), levels_in_force()
    released = 0
    for ticket, team, since in _candidates(now):
        if not _is_idle(ticket, team.idle_minutes, since, levels, now):
            continue
        _release(ticket, team)
        released += 1
        if released == AT_ONCE:
            enqueue(KIND, {})
            return


def _candidates(now: datetime) -> Iterable[sa.Row[tuple[SupportTicket, SupportTeam, datetime]]]:
    """Locked, by how long nobody did anything on the wall clock, of which open hours are a part.

    Whoever has a ticket open is at it. What somebody holds at this moment is not idle either.
    """
    since = _last_deed()
    is_looked_at = sa.exists().where(
        TicketPresence.ticket_id == _ticket.id,
        TicketPresence.admin_id == _ticket.assignee_id,
        TicketPresence.seen_at > now - LASTS,
    )
    shortest = sa.select(sa.func.min(_team.idle_minutes)).scalar_subquery()
    earliest = db.session.scalar(sa.select(shortest))
    if earliest is None:
        return ()
    query = (
        sa.select(SupportTicket, SupportTeam, since)
        .join(SupportTeam, _team.id == _ticket.team_id)
        .where(
            _ticket.is_open,
            _ticket.assignee_id.is_not(None),
            _ticket.status.in_(CLAIMABLE),
            _team.idle_minutes.is_not(None),
            sa.or_(_ticket.snoozed_until.is_(None), _ticket.snoozed_until <= now),
            since <= now - earliest * MINUTE,
            ~is_looked_at,
        )
        .order_by(since, _ticket.id)
        .with_for_update(skip_locked=True, of=SupportTicket)
        .execution_options(populate_existing=True)
    )
    return db.session.execute(query).all()


def _last_deed() -> sa.ScalarSelect[datetime]:
    """When an agent last did something with it, or it last came to its agent."""
    is_deed = sa.or_(
        TicketEvent.actor_type == ActorType.ADMIN.value, TicketEvent.kind.in_(RESTARTS)
    )
    latest = sa.select(sa.func.max(TicketEvent.at)).where(
        TicketEvent.ticket_id == _ticket.id, is_deed
    )
    return latest.correlate(SupportTicket.__table__).scalar_subquery()


def _is_idle(
    ticket: SupportTicket,
    minutes: int | None,
    since: datetime,
    levels: Sequence[Level],
    now: datetime,
) -> bool:
    """By the hours of the ticket's service level; without one every hour is open."""
    # A customer who comes back after weeks starts the time anew.
    begun = max(since, ticket.waiting_since or since)
    level = level_for(ticket, levels)
    seconds = (
        level.calendar.elapsed(begun, now) if level else (now - begun) // timedelta(seconds=1)
    )
    return minutes is not None and seconds >= minutes * 60


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
