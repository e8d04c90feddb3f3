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
from portal.support.models import CannedReply, Macro, SavedView, SupportTeam
from portal.support.teams import change_team, terms_of
from portal.support.usual_levels import bring_team, create_usual_levels, is_any_level
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


def seed_levels(*, by: Actor = SYSTEM, zone: str | None = None) -> int:
    """The usual service levels where there are none at all; how many were added.

    A team and calendars come with them. What is there already stays.
    """
    return 0 if is_any_level() else len(create_usual_levels(by=by, zone=zone))


def seed_support(*, by: Actor = SYSTEM) -> int:
    """The same, with a team in any case, and what agents use all day where there is none of it."""
    zone = settings().timezone
    levels = seed_levels(by=by, zone=None if zone == "UTC" else zone)
    bring_team(by=by)
    if by.may(Permission.SUPPORT_MANAGE):
        _prepare(by)
    return levels


def _prepare(by: Actor) -> None:
    if _is_none(CannedReply):
        for name, body in PREPARED:
            create_answer(by=by, name=name, body=body, is_shared=True)
    if _is_none(Macro):
        for name, steps in MACROS:
            create_macro(by=by, name=name, steps=steps)
    if _is_none(SavedView):
        for name, query in VIEWS:
            save_view(by=by, name=name, query=query, is_shared=True)


def _is_none(model: type[CannedReply | Macro | SavedView]) -> bool:
    return not db.session.scalar(sa.select(sa.exists().where(model.id > 0)))


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
