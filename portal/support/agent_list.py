"""Agents as lists show them: with their work, their teams, and whether they take more."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.database import db
from portal.core.quick import Quick
from portal.staff.models import Admin
from portal.support.load import WHOLE, at_work, in_tickets, load_of, load_within
from portal.support.models import SupportAgent, SupportTeam, SupportTicket, TeamMember
from portal.support.words import Availability, Category
from portal.web.paging import ListPage, page_of

TAKING = "Available"
MOST_WEIGHED, MOST_OF_ONE = 100, 500
"""Whoever has more tickets is given none, so how many more they are is not counted out: of many
agents beside a ticket, and of one beside each queue.
"""


@dataclass(frozen=True, slots=True)
class Switch:
    """What stands beside an agent's switch. `load` is text for people, `quarters` for a bar."""

    id: int
    name: str
    state: str
    is_available: bool
    """What they say of themselves; `is_taking` heeds their shift, too."""
    is_taking: bool
    load: str
    quarters: int
    capacity: int


@dataclass(frozen=True, slots=True)
class AgentRow(Switch):
    """One agent as a list shows them."""

    teams: str
    skills: str

    @property
    def most(self) -> int:
        """The end of the bar: never 0, which a bar cannot have."""
        return max(WHOLE * self.capacity, 1)


def agents_list(*, team_id: int | None = None, cursor: str | None = None) -> ListPage[AgentRow]:
    """A page of active agents by name: a fixed number of queries, however many they are."""
    query = _active().order_by(Admin.name, Admin.id)
    if team_id is not None:
        members = sa.select(TeamMember.agent_id).where(TeamMember.team_id == team_id)
        query = query.where(SupportAgent.id.in_(members))
    found = page_of(query, lambda row: row, cursor=cursor)
    return ListPage(_rows(found.items), found.next_cursor, found.previous_cursor)


def agent_row(agent_id: int) -> AgentRow | None:
    """One agent as the list shows them."""
    found = db.session.execute(_active().where(SupportAgent.id == agent_id)).all()
    return next(iter(_rows(list(found))), None)


def switch_of(agent_id: int) -> Switch | None:
    """The agent's switch in two statements; None: they work on no tickets."""
    found = _one_active().row(agent=agent_id)
    return Switch(**_standing(found, bool(at_work([found])))) if found else None


def _active(load: sa.ColumnElement[Any] | None = None) -> sa.Select[Any]:
    columns = SupportAgent.__table__.c
    load = load_of(columns.id) if load is None else load
    return (
        sa.select(
            Admin.id,
            Admin.name,
            Admin.time_zone,
            columns.availability,
            columns.capacity,
            columns.skills,
            columns.ignores_shifts,
            load.label("load"),
        )
        .join(SupportAgent, SupportAgent.id == Admin.id)
        .where(columns.is_active)
    )


@cache
def _one_active() -> Quick:
    """Built once: the switch stands beside every queue."""
    load = load_within(SupportAgent.__table__.c.id, MOST_OF_ONE)
    return Quick(_active(load).where(SupportAgent.id == sa.bindparam("agent", type_=sa.Integer)))


def _rows(found: list[sa.Row[Any]]) -> list[AgentRow]:
    ids = [row.id for row in found]
    if not ids:
        return []
    teams, here = _team_names(ids), {row.id for row in at_work(found)}
    return [
        AgentRow(
            **_standing(row, row.id in here),
            teams=", ".join(teams.get(row.id, [])),
            skills=", ".join(Category(skill).label for skill in row.skills),
        )
        for row in found
    ]


def _standing(row: sa.Row[Any], is_here: bool) -> dict[str, Any]:
    is_available = row.availability == Availability.AVAILABLE
    return {
        "id": row.id,
        "name": row.name,
        "state": _state(row, is_here),
        "is_available": is_available,
        "is_taking": is_available and is_here,
        "load": _counted(row.load, MOST_OF_ONE),
        "quarters": WHOLE * MOST_OF_ONE if row.load is None else row.load,
        "capacity": row.capacity,
    }


def _counted(load: int | None, most: int) -> str:
    return f"{most}+" if load is None else in_tickets(load)


def _state(row: sa.Row[Any], is_here: bool) -> str:
    if row.availability != Availability.AVAILABLE:
        return "Away"
    return TAKING if is_here else "Off shift"


def _team_names(agent_ids: Collection[int]) -> dict[int, list[str]]:
    query = (
        sa.select(TeamMember.agent_id, SupportTeam.name)
        .join(SupportTeam, SupportTeam.id == TeamMember.team_id)
        .where(TeamMember.agent_id.in_(agent_ids), SupportTeam.archived_at.is_(None))
        .order_by(SupportTeam.name)
    )
    found: dict[int, list[str]] = {}
    for agent_id, name in db.session.execute(query):
        found.setdefault(agent_id, []).append(name)
    return found


class Assignable(NamedTuple):
    """An agent as the select of a ticket offers them, and what a note may call them by."""

    id: int
    name: str
    room: str
    """`(2 of 20, away)`: their load, and why they take no more."""
    local_part: str


def assign_choices(ticket: SupportTicket) -> list[Assignable]:
    """Agents with their load, the members of the ticket's team first.

    Who has the ticket is among them, though they may work on tickets no more.
    """
    rows = _assignable().rows(team=ticket.team_id)
    here = {row.id for row in at_work(rows)}
    found = [
        Assignable(row.id, row.name, _room(row, row.id in here), row.email_key.partition("@")[0])
        for row in rows
    ]
    if ticket.assignee_id is not None and ticket.assignee_id not in {one.id for one in found}:
        found.insert(0, Assignable(ticket.assignee_id, ticket.assignee_name or "", "(gone)", ""))
    return found


@cache
def _assignable() -> Quick:
    """Built once: every page of a ticket offers them."""
    team_id = sa.bindparam("team", type_=sa.Integer)
    is_member = sa.exists().where(TeamMember.team_id == team_id, TeamMember.agent_id == Admin.id)
    load = load_within(SupportAgent.__table__.c.id, MOST_WEIGHED)
    return Quick(
        _active(load)
        .add_columns(Admin.email_key)
        .where(Admin.disabled_at.is_(None))
        .order_by(sa.case((is_member, 0), else_=1), Admin.name, Admin.id)
    )


def _room(row: sa.Row[Any], is_here: bool) -> str:
    state = _state(row, is_here)
    suffix = "" if state == TAKING else f", {state.lower()}"
    return f"({_counted(row.load, MOST_WEIGHED)} of {row.capacity}{suffix})"


def agent_choices() -> list[tuple[int, str]]:
    """Every active agent by name."""
    query = sa.select(Admin.id, Admin.name).join(SupportAgent, SupportAgent.id == Admin.id)
    rows = db.session.execute(query.where(SupportAgent.is_active).order_by(Admin.name, Admin.id))
    return [(row.id, row.name) for row in rows]


def team_choices() -> list[tuple[int, str]]:
    """The teams that take tickets, by name."""
    query = sa.select(SupportTeam.id, SupportTeam.name).where(SupportTeam.archived_at.is_(None))
    rows = db.session.execute(query.order_by(SupportTeam.name, SupportTeam.id))
    return [(row.id, row.name) for row in rows]
