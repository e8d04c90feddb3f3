"""What the demo company's desk promises, and who answers: the usual levels, and a team."""

from dataclasses import replace

import sqlalchemy as sa

from portal.config import settings
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.support.agent_list import agent_choices
from portal.support.models import SlaRule, SupportTeam
from portal.support.teams import change_team, terms_of
from portal.support.usual_levels import bring_team, create_usual_levels
from portal.support.words import Strategy


def seed_support(*, by: Actor = SYSTEM) -> int:
    """Where there are no service levels, the usual ones; how many were added.

    A team and a calendar come with them where there are none. What is there already stays.
    """
    levels = 0
    if db.session.scalar(sa.select(sa.exists().where(SlaRule.id > 0))):
        bring_team(by=by)
    else:
        zone = settings().timezone
        levels = len(create_usual_levels(by=by, zone=None if zone == "UTC" else zone))
    _bring_members(by)
    return levels


def _bring_members(by: Actor) -> None:
    """Every agent into a team that nobody is in. They take its tickets themselves."""
    team = db.session.scalar(sa.select(SupportTeam).where(SupportTeam.is_default))
    if team is None or terms_of(team).member_ids:
        return
    terms = replace(
        terms_of(team),
        strategy=Strategy.MANUAL,
        member_ids=[agent_id for agent_id, _ in agent_choices()],
    )
    change_team(by=by, team=team, terms=terms)
