"""Who has how much open work, agents and teams, the most first."""

from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.counting import capped, in_words
from portal.core.quick import Quick
from portal.staff.models import Admin
from portal.support.models import SupportAgent, SupportTeam, SupportTicket
from portal.support.queues import MOST
from portal.support.words import Availability

_ticket = SupportTicket.__table__.c


class Load(NamedTuple):
    """Somebody's open tickets, as text: it may stop at `199+`."""

    id: int
    name: str
    is_away: bool
    open: str


class Workload(NamedTuple):
    """The agents and the teams with the most open tickets; of those with `199+`, by their names."""

    agents: list[Load]
    teams: list[Load]

    @property
    def most(self) -> str | None:
        """What stands for more than is counted, where it does."""
        full = in_words(MOST + 1, MOST)
        return full if any(load.open == full for load in (*self.agents, *self.teams)) else None


def workload(*, few: int) -> Workload:
    """One statement; of the agents and the teams so many each."""
    found: dict[str, list[Load]] = {"agent": [], "team": []}
    for kind, number, name, is_away, count in _open_by().rows(few=few, some=2 * few):
        found[kind].append(Load(number, name, bool(is_away), in_words(count, MOST)))
    return Workload(found["agent"], found["team"])


@cache
def _open_by() -> Quick:
    """Where enough agents have more in hand than is counted, those are all that is shown, by their
    names; some of the first names tell, and the others are not counted.
    """
    full = _full().cte("have_more")
    are_enough = sa.select(sa.func.count() >= _FEW).select_from(full).scalar_subquery()
    first = sa.select(_AGENT, *full.c, sa.literal_column(str(MOST + 1)).label("count"))
    agents = _agents().add_columns(_open(_is_theirs, SupportAgent).label("count"))
    teams = sa.select(
        sa.literal_column("'team'").label("kind"),
        SupportTeam.id.label("id"),
        SupportTeam.name.label("name"),
        sa.literal_column("0").label("is_away"),
        _open(_ticket.team_id == SupportTeam.id, SupportTeam).label("count"),
    ).where(SupportTeam.archived_at.is_(None))
    all_of_them = sa.union_all(
        first.where(are_enough), _most(agents.where(sa.not_(are_enough))), _most(teams)
    ).subquery()
    columns = all_of_them.c
    return Quick(
        sa.select(all_of_them).order_by(columns.kind, columns["count"].desc(), columns.name)
    )


_FEW, _SOME = (sa.bindparam(name, type_=sa.Integer) for name in ("few", "some"))
_AGENT: sa.Label[str] = sa.literal_column("'agent'").label("kind")
_is_theirs = _ticket.assignee_id == SupportAgent.id


def _agents() -> sa.Select[Any]:
    away = sa.case((SupportAgent.availability == Availability.AVAILABLE, 0), else_=1)
    return (
        sa.select(
            _AGENT, SupportAgent.id.label("id"), Admin.name.label("name"), away.label("is_away")
        )
        .join(Admin, Admin.id == SupportAgent.id)
        .where(SupportAgent.is_active)
    )


def _full() -> sa.Select[Any]:
    """Few of the first names, whose tickets go on beyond those that are counted."""
    some = _agents().order_by(Admin.name, SupportAgent.id).limit(_SOME).subquery()
    theirs = sa.select(_ticket.id).where(_ticket.assignee_id == some.c.id, _ticket.is_open)
    last = theirs.limit(sa.literal_column("1")).offset(sa.literal_column(str(MOST)))
    found = sa.select(some.c.id, some.c.name, some.c.is_away).where(sa.exists(last))
    return found.order_by(some.c.name, some.c.id).limit(_FEW)


def _open(theirs: sa.ColumnElement[bool], of: type) -> sa.ScalarSelect[Any]:
    return capped(sa.select(_ticket.id).where(theirs, _ticket.is_open).correlate(of), MOST)


def _most(loads: sa.Select[Any]) -> sa.Select[Any]:
    columns = loads.selected_columns
    busiest = loads.order_by(columns["count"].desc(), columns["name"], columns["id"])
    return busiest.limit(_FEW).subquery().select()
