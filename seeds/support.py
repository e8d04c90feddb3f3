"""What the demo company's desk promises, and who answers: the usual levels, and a team."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import sqlalchemy as sa

from portal.config import settings
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.core.permissions import Permission
from portal.support.agent_list import agent_choices
from portal.support.canned import create_answer
from portal.support.macros import create_macro
from portal.support.models import SlaRule, SupportTeam
from portal.support.teams import change_team, terms_of
from portal.support.usual_levels import bring_team, create_usual_levels
from portal.support.views import save_view
from portal.support.words import Strategy
from seeds.agenda import Agenda

DAY = timedelta(days=1)


MEMBERS_DAYS = 280
PREPARED = (
    (
        "Asks for a quote number",
        (
            "Dear {requester_first_name},\n\nwhich quote is it? Its number begins with Q. With it"
            " we can see what you see.\n\n{agent_name}"
        ),
    ),
    (
        "Part of a higher plan",
        (
            "Dear {requester_first_name},\n\nthis is not part of {plan_name}. I can open it for"
            " {tenant_name} for two weeks, so that you can decide. Shall I?\n\n{agent_name}"
        ),
    ),
    (
        "Mended",
        (
            "Dear {requester_first_name},\n\nit is mended, and you need to do nothing. Thank you"
            " for telling us.\n\n{agent_name}"
        ),
    ),
)
MACROS: tuple[tuple[str, dict[str, object]], ...] = (
    (
        "Two weeks of Custom Reports",
        {
            "status": "pending",
            "add_tags": ["trial"],
            "body": "I opened Custom Reports for you for 14 days. How do you find them?",
            "grant": {"feature_name": "custom_reports", "days": 14},
        },
    ),
    ("Waits for the bank", {"status": "on_hold", "category": "billing", "add_tags": ["bank"]}),
)
VIEWS = (
    ("Urgent and high", "status:new,open priority:urgent,high"),
    ("Prices", "status:new,open,pending tag:prices"),
)


def seed_support(*, by: Actor = SYSTEM) -> int:
    """Where there are no service levels, the usual ones; how many were added.

    A team, a calendar and what is prepared come with them where there are none. What is there
    already stays.
    """
    if db.session.scalar(sa.select(sa.exists().where(SlaRule.id > 0))):
        bring_team(by=by)
        return 0
    zone = settings().timezone
    levels = create_usual_levels(by=by, zone=None if zone == "UTC" else zone)
    if by.may(Permission.SUPPORT_MANAGE):
        _prepare(by)
    return len(levels)


def _prepare(by: Actor) -> None:
    for name, body in PREPARED:
        create_answer(by=by, name=name, body=body, is_shared=True)
    for name, steps in MACROS:
        create_macro(by=by, name=name, steps=steps)
    for name, query in VIEWS:
        save_view(by=by, name=name, query=query, is_shared=True)


def plan_members(agenda: Agenda, *, by: Actor) -> None:
    """Once the colleagues are there: every agent into a team that nobody is in, and its lead."""
    agenda.add(agenda.until - MEMBERS_DAYS * DAY, partial(_bring_members, by), by=by)


def _bring_members(by: Actor) -> None:
    """They take its tickets themselves."""
    team = db.session.scalar(sa.select(SupportTeam).where(SupportTeam.is_default))
    if team is None or terms_of(team).member_ids:
        return
    terms = replace(
        terms_of(team),
        strategy=Strategy.MANUAL,
        lead_id=by.id,
        member_ids=[agent_id for agent_id, _ in agent_choices()],
    )
    change_team(by=by, team=team, terms=terms)
