"""Who has how much open work, agents and teams, the most first."""

from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.counting import capped, in_words
from portal.core.quick import Quick
from portal.staff.models import Admin
from portal.support.models import SupportAgent, SupportTeam, SupportTicket
from portal.support.words import Availability

MOST = 49
"""So far the tickets of one agent or team are counted: nobody has more in hand."""
_ticket = SupportTicket.__table__.c


class Load(NamedTuple):
    """Somebody's open tickets, as text: it may stop at `49+`."""

    id: int
    name: str
    is_away: bool
    open: str


class Workload(NamedTuple):
    """The agents and the teams with the most open tickets."""

    agents: list[Load]
    teams: list[Load]


def workload(*, few: int) -> Workload:
    """One statement; of the agents and the teams so many each."""
    found: dict[str, list[Load]] = {"agent": [], "team": []}
    for kind, number, name, is_away, count in _open_by().rows(few=few):
        found[kind].append(Load(number, name, bool(is_away), in_words(count, MOST)))
    return Workload(found["agent"], found["team"])


@cache
def _open_by() -> Quick:
    away = sa.case((SupportAgent.availability == Availability.AVAILABLE, 0), else_=1)
    agents = (
        sa.select(
            sa.literal_column("'agent'").label("kind"),
            SupportAgent.id.label("id"),
            Admin.name.label("name"),
            away.label("is_away"),
            _open(_ticket.assignee_id == SupportAgent.id, SupportAgent).label("count"),
        )
        .join(Admin, Admin.id == SupportAgent.id)
        .where(SupportAgent.is_active)
    )
    teams = sa.select(
        sa.literal_column("'team'").label("kind"),
        SupportTeam.id.label("id"),
        SupportTeam.name.label("name"),
        sa.literal_column("0").label("is_away"),
        _open(_ticket.team_id == SupportTeam.id, SupportTeam).label("count"),
    ).where(SupportTeam.archived_at.is_(None))
    both = sa.union_all(_most(agents), _most(teams)).subquery()
    return Quick(sa.select(both).order_by(both.c.kind, both.c["count"].desc(), both.c.name))


def _open(theirs: sa.ColumnElement[bool], of: type) -> sa.ScalarSelect[Any]:
    return capped(sa.select(_ticket.id).where(theirs, _ticket.is_open).correlate(of), MOST)


def _most(loads: sa.Select[Any]) -> sa.Select[Any]:
    columns = loads.selected_columns
    busiest = loads.order_by(columns["count"].desc(), columns["name"], columns["id"])
    return busiest.limit(sa.bindparam("few", type_=sa.Integer)).subquery().select()
