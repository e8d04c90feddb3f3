"""The desk that answers tickets by the hundred thousand: its teams, people and promises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.staff.models import Admin
from portal.support.models import SupportAgent, SupportTeam, SupportTicket, TeamMember
from portal.support.roster import add_row, works_on_tickets
from portal.support.rule_terms import Level, level_for, levels_in_force
from portal.support.teams import Terms, create_team
from portal.support.words import Category
from seeds.bulk_clocks import Promise
from seeds.bulk_lives import About, Agent, Team
from seeds.support import seed_support

TEAMS = (
    ("Accounts", (Category.BILLING,)),
    ("Sign-in", (Category.ACCESS,)),
    ("Products", (Category.FEATURE, Category.PROBLEM)),
)


class NobodyAnswers(Exception):
    """None of our people works on tickets."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Which team takes which category, and what is promised to whom."""

    teams: Mapping[str, Team]
    default: Team
    levels: Sequence[Level]
    promises: dict[tuple[object, ...], Promise | None] = field(default_factory=dict)

    def team_for(self, category: str) -> Team:
        return self.teams.get(category, self.default)

    def promise_for(self, what: About) -> Promise | None:
        key = (what.channel, what.category, what.priority, what.plan_level, *what.tags)
        if key not in self.promises:
            level = level_for(_as_ticket(what), self.levels)
            self.promises[key] = Promise(level, level.calendar) if level else None
        return self.promises[key]


def _as_ticket(what: About) -> SupportTicket:
    return SupportTicket(
        channel=what.channel,
        category=what.category,
        priority=what.priority,
        plan_level=what.plan_level,
        tags=what.tags,
    )


def desk_of_many() -> Desk:
    """As it stands, with the usual levels and a few teams where those are missing.

    Raises:
        NobodyAnswers: see the class.
    """
    seed_support()
    agents = _agents()
    if not agents:
        raise NobodyAnswers
    _bring_teams([agent.id for agent in agents])
    db.session.commit()
    teams = _teams({agent.id: agent for agent in agents})
    default = next(iter(teams.values()))
    by_category = {category: teams[row.id] for row in _rows() for category in row.categories}
    default = next((teams[row.id] for row in _rows() if row.is_default), default)
    return Desk(by_category, default, levels_in_force())


def _agents() -> list[Agent]:
    for person in db.session.scalars(sa.select(Admin).order_by(Admin.id)):
        if works_on_tickets(person):
            add_row(person.id)
    query = (
        sa.select(Admin.id, Admin.name, Admin.email)
        .join(SupportAgent, SupportAgent.id == Admin.id)
        .where(SupportAgent.is_active)
        .order_by(Admin.id)
    )
    return [Agent(*row) for row in db.session.execute(query)]


def _rows() -> list[SupportTeam]:
    query = sa.select(SupportTeam).where(SupportTeam.archived_at.is_(None))
    return list(db.session.scalars(query.order_by(SupportTeam.id)))


def _bring_teams(agent_ids: Sequence[int]) -> None:
    """Those whose categories lead nowhere yet; each agent belongs to one of them, or to all."""
    taken = {category for row in _rows() for category in row.categories}
    for place, (name, categories) in enumerate(TEAMS):
        if not taken.isdisjoint(categories):
            continue
        members = agent_ids[place :: len(TEAMS)] or agent_ids
        terms = Terms(name, categories=categories, member_ids=members)
        create_team(by=SYSTEM, terms=terms)


def _teams(agents: Mapping[int, Agent]) -> dict[int, Team]:
    found: dict[int, list[Agent]] = {}
    members = sa.select(TeamMember.team_id, TeamMember.agent_id).order_by(TeamMember.agent_id)
    for team_id, agent_id in db.session.execute(members):
        if agent_id in agents:
            found.setdefault(team_id, []).append(agents[agent_id])
    everybody = list(agents.values())
    return {
        row.id: Team(row.id, row.name, row.strategy, found.get(row.id, everybody))
        for row in _rows()
    }
