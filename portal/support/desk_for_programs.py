"""Agents and service levels as programs read them."""

from typing import Any

import sqlalchemy as sa

from portal.core.database import db
from portal.staff.models import Admin
from portal.support.load import WHOLE, at_work, loads_of
from portal.support.models import (
    BusinessCalendarRow,
    SlaRule,
    SupportAgent,
    SupportTeam,
    TeamMember,
)
from portal.support.words import Availability
from portal.web.paging import ListPage, page_of

_agent, _rule = SupportAgent.__table__.c, SlaRule.__table__.c


def agents_for_programs(*, cursor: str | None, limit: int) -> ListPage[dict[str, Any]]:
    """A page of active agents by id, with their work and their teams."""
    query = (
        sa.select(
            _agent.id,
            _agent.availability,
            _agent.capacity,
            _agent.skills,
            _agent.ignores_shifts,
            Admin.name,
            Admin.time_zone,
        )
        .join_from(SupportAgent, Admin, Admin.id == SupportAgent.id)
        .where(_agent.is_active)
        .order_by(_agent.id)
    )
    found = page_of(query, lambda row: row, cursor=cursor, limit=limit)
    return ListPage(_with_work(found.items), found.next_cursor, found.previous_cursor)


def _with_work(rows: list[sa.Row[Any]]) -> list[dict[str, Any]]:
    ids = [row.id for row in rows]
    if not ids:
        return []
    loads, teams, here = loads_of(ids), _teams_of(ids), {row.id for row in at_work(rows)}
    return [
        {
            "id": row.id,
            "name": row.name,
            "availability": row.availability,
            "is_taking": row.availability == Availability.AVAILABLE and row.id in here,
            "load": loads.get(row.id, 0) / WHOLE,
            "capacity": row.capacity,
            "skills": row.skills,
            "teams": teams.get(row.id, []),
        }
        for row in rows
    ]


def _teams_of(ids: list[int]) -> dict[int, list[str]]:
    query = (
        sa.select(TeamMember.agent_id, SupportTeam.name)
        .join(SupportTeam, SupportTeam.id == TeamMember.team_id)
        .where(TeamMember.agent_id.in_(ids), SupportTeam.archived_at.is_(None))
        .order_by(SupportTeam.name_key)
    )
    found: dict[int, list[str]] = {}
    for agent_id, name in db.session.execute(query):
        found.setdefault(agent_id, []).append(name)
    return found


def rules_for_programs(*, cursor: str | None, limit: int) -> ListPage[dict[str, Any]]:
    """A page of the service levels in their order, also those that are switched off."""
    query = (
        sa.select(*_rule, BusinessCalendarRow.name.label("calendar_name"))
        .join_from(SlaRule, BusinessCalendarRow, BusinessCalendarRow.id == SlaRule.calendar_id)
        .order_by(_rule.position, _rule.id)
    )
    return page_of(query, _rule_as_plain, cursor=cursor, limit=limit)


def _rule_as_plain(row: sa.Row[Any]) -> dict[str, Any]:
    conditions = ("priority", "min_plan_level", "channel", "category", "tag")
    metrics = ("first_response", "next_response", "resolution", "update")
    return {
        "id": row.id,
        "name": row.name,
        "position": row.position,
        "version": row.version,
        "is_enabled": row.disabled_at is None,
        "conditions": {name: getattr(row, name) for name in conditions},
        "targets_s": {name: getattr(row, f"{name}_s") for name in metrics},
        "calendar": {"id": row.calendar_id, "name": row.calendar_name},
        "warn_percent": row.warn_percent,
    }
