"""Teams as lists show them."""

from typing import NamedTuple

import sqlalchemy as sa

from portal.core.database import db
from portal.staff.models import Admin
from portal.support.models import SupportAgent, SupportTeam, TeamMember
from portal.support.words import Category, Strategy
from portal.web.paging import ListPage, page_of


class TeamRow(NamedTuple):
    """One row of the list, ready to be drawn."""

    id: int
    name: str
    strategy: str
    is_default: bool
    is_sticky: bool
    categories: str
    lead: str | None
    members: int


def teams_list(*, team_id: int | None = None, cursor: str | None = None) -> ListPage[TeamRow]:
    """A page of teams by name, or the one, with how many agents work in each: two queries."""
    columns = SupportTeam.__table__.c
    query = (
        sa.select(
            columns.name,
            columns.id,
            columns.strategy,
            columns.is_default,
            columns.is_sticky,
            columns.categories,
            Admin.name.label("lead"),
        )
        .outerjoin(Admin, Admin.id == columns.lead_id)
        .where(columns.archived_at.is_(None))
        .order_by(columns.name, columns.id)
    )
    if team_id is not None:
        query = query.where(columns.id == team_id)
    found = page_of(query, lambda row: row, cursor=cursor)
    sizes = _sizes([row.id for row in found.items])
    rows = [_row(row, sizes.get(row.id, 0)) for row in found.items]
    return ListPage(rows, found.next_cursor, found.previous_cursor)


def _row(row: sa.Row[*tuple[object, ...]], members: int) -> TeamRow:
    return TeamRow(
        id=row.id,
        name=row.name,
        strategy=Strategy(row.strategy).label,
        is_default=row.is_default,
        is_sticky=row.is_sticky,
        categories=", ".join(Category(word).label for word in row.categories),
        lead=row.lead,
        members=members,
    )


def _sizes(team_ids: list[int]) -> dict[int, int]:
    query = (
        sa.select(TeamMember.team_id, sa.func.count().label("size"))
        .join(SupportAgent, SupportAgent.id == TeamMember.agent_id)
        .where(TeamMember.team_id.in_(team_ids), SupportAgent.is_active)
        .group_by(TeamMember.team_id)
    )
    return {row.team_id: row.size for row in db.session.execute(query)}
