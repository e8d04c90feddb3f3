"""How much work an agent has, and who may be given more without being asked.

Load is counted in quarters of a ticket, so that it stays a whole number.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.config import settings
from portal.core import clock
from portal.core.database import db
from portal.staff.models import Admin
from portal.support.models import AgentShift, SupportAgent, SupportTicket, TeamMember
from portal.support.words import Availability, Status

WHOLE = 4
WEIGHTS = {Status.NEW: WHOLE, Status.OPEN: WHOLE, Status.ON_HOLD: 2, Status.PENDING: 1}
"""Quarters that a ticket of this status weighs; what is not listed weighs nothing."""
_WEIGHT = sa.case(WEIGHTS, value=SupportTicket.status, else_=0)
_agents = SupportAgent.__table__.c


@dataclass(slots=True)
class Candidate:
    """An agent who takes tickets now. Giving them one changes `load` and `last_given_at`."""

    id: int
    name: str
    capacity: int
    load: int
    skills: Collection[str]
    team_ids: Collection[int]
    last_given_at: datetime | None

    def has_room(self) -> bool:
        """For one more whole ticket, so that nothing that comes by itself is ever too much."""
        return self.load + WHOLE <= self.capacity

    def knows(self, category: str) -> bool:
        return not self.skills or category in self.skills


def loads_of(agent_ids: Collection[int]) -> dict[int, int]:
    """Quarters of open work by agent; an agent without any is left out."""
    query = (
        sa.select(SupportTicket.assignee_id, sa.func.sum(_WEIGHT))
        .where(SupportTicket.assignee_id.in_(agent_ids), SupportTicket.is_open)
        .group_by(SupportTicket.assignee_id)
    )
    return {agent_id: int(load) for agent_id, load in db.session.execute(query)}


def load_of(agent_id: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """The same of one agent, as a column of a query over agents."""
    mine = (SupportTicket.assignee_id == agent_id, SupportTicket.is_open)
    load = sa.select(sa.func.coalesce(sa.func.sum(_WEIGHT), 0)).where(*mine)
    return sa.type_coerce(load.scalar_subquery(), sa.Integer)


def load_within(agent_id: sa.ColumnElement[int], most: int) -> sa.ColumnElement[int | None]:
    """As `load_of`, but None for whoever has more than so many tickets: those are not read."""
    mine = (SupportTicket.assignee_id == agent_id, SupportTicket.is_open)
    weights = sa.select(_WEIGHT.label("weight")).where(*mine).limit(most + 1)
    found = weights.correlate(SupportAgent).subquery()
    total = sa.func.coalesce(sa.func.sum(found.c.weight), 0)
    load = sa.select(sa.case((sa.func.count() <= most, total)))
    return sa.type_coerce(load.scalar_subquery(), sa.Integer)


def is_lighter(status: Status, than: Status) -> bool:
    """Does a ticket of this status weigh less?"""
    return WEIGHTS.get(status, 0) < WEIGHTS.get(than, 0)


def in_tickets(quarters: int) -> str:
    """As a person reads it: 2, 2.5, 0.25."""
    return f"{quarters / WHOLE:g}"


def eligible(team_ids: Collection[int], *, only: int | None = None) -> list[Candidate]:
    """The members of these teams who may be given tickets, their rows locked in order of id.

    Active, available, inside their shift unless they ignore it, and with room for a ticket. The
    lock keeps what is counted true until the transaction ends. Whoever is locked by somebody else
    is left out: nobody waits for an agent while they hold a ticket, so no circle can close.
    """
    members = sa.select(TeamMember.agent_id).where(TeamMember.team_id.in_(team_ids))
    query = (
        sa.select(SupportAgent.__table__, Admin.name, Admin.time_zone)
        .join(Admin, Admin.id == SupportAgent.id)
        .where(
            SupportAgent.id.in_(members),
            SupportAgent.is_active,
            SupportAgent.availability == Availability.AVAILABLE,
            SupportAgent.id == only if only is not None else sa.true(),
        )
        .order_by(SupportAgent.id)
        .with_for_update(key_share=True, of=SupportAgent, skip_locked=True)
    )
    rows = at_work(db.session.execute(query).all())
    found = _candidates(rows, team_ids) if rows else []
    return [candidate for candidate in found if candidate.has_room()]


def at_work(rows: Iterable[Any]) -> list[Any]:
    """Those who are inside their shift or ignore it. A row has the columns of an agent."""
    people = list(rows)
    bound = [row.id for row in people if not row.ignores_shifts]
    shifts = shifts_of(bound) if bound else {}
    now = clock.now()
    return [
        row
        for row in people
        if row.ignores_shifts or is_inside(shifts.get(row.id, ()), row.time_zone, now)
    ]


def shifts_of(agent_ids: Collection[int]) -> dict[int, list[AgentShift]]:
    """The shifts of each agent in the order of the week."""
    query = sa.select(AgentShift).where(AgentShift.agent_id.in_(agent_ids))
    found: dict[int, list[AgentShift]] = {}
    for shift in db.session.scalars(query.order_by(AgentShift.weekday, AgentShift.start_minute)):
        found.setdefault(shift.agent_id, []).append(shift)
    return found


def is_inside(shifts: Iterable[AgentShift], zone: str | None, at: datetime) -> bool:
    """Does one of the shifts hold this instant on the clock of the zone (else the portal's)?"""
    local = at.astimezone(ZoneInfo(zone or settings().timezone))
    minute = 60 * local.hour + local.minute
    return any(
        shift.weekday == local.weekday() and shift.start_minute <= minute < shift.end_minute
        for shift in shifts
    )


def _candidates(rows: list[sa.Row[Any]], team_ids: Collection[int]) -> list[Candidate]:
    ids = [row.id for row in rows]
    loads, teams = loads_of(ids), _teams_of(ids, team_ids)
    return [
        Candidate(
            id=row.id,
            name=row.name,
            capacity=WHOLE * row.capacity,
            load=loads.get(row.id, 0),
            skills=frozenset(row.skills),
            team_ids=frozenset(teams.get(row.id, ())),
            last_given_at=row.last_auto_assigned_at,
        )
        for row in rows
    ]


def _teams_of(agent_ids: Collection[int], team_ids: Collection[int]) -> dict[int, list[int]]:
    query = sa.select(TeamMember.agent_id, TeamMember.team_id).where(
        TeamMember.agent_id.in_(agent_ids), TeamMember.team_id.in_(team_ids)
    )
    found: dict[int, list[int]] = {}
    for agent_id, team_id in db.session.execute(query):
        found.setdefault(agent_id, []).append(team_id)
    return found
