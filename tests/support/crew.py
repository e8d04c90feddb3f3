"""Agents and teams of the tests."""

from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.support.models import SupportAgent, SupportTeam, TeamMember, TicketEvent
from portal.support.words import Strategy
from tests.cast import make_admin
from tests.support.desk import make_agent


def make_team(*agents: SupportAgent, **more: Any) -> SupportTeam:
    """A team of these agents, where tickets go that name no team."""
    values = {
        "name": "Front desk",
        "strategy": Strategy.LEAST_LOADED,
        "is_sticky": False,
        "is_default": True,
        "categories": [],
        "created_at": clock.now(),
        **more,
    }
    team = SupportTeam(**values, name_key=str(values["name"]).casefold())
    db.session.add(team)
    db.session.flush()
    db.session.add_all(TeamMember(team_id=team.id, agent_id=agent.id) for agent in agents)
    db.session.flush()
    return team


def hire(name: str, **more: Any) -> SupportAgent:
    """A new person who is an agent."""
    return make_agent(make_admin(name), **more)


def handed(ticket_id: int) -> list[tuple[str | None, str | None, str | None]]:
    """From whom to whom a ticket went, and why."""
    query = sa.select(TicketEvent).filter_by(ticket_id=ticket_id, kind="assigned")
    events = db.session.scalars(query.order_by(TicketEvent.id))
    return [(event.old, event.new, event.cause) for event in events]
