"""What most desks begin with: office hours, a team, and times by priority and plan."""

import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict
from portal.support.alignment import align_later
from portal.support.calendars import CalendarTerms, calendars_on_offer, create_calendar
from portal.support.durations import DAY, HOUR
from portal.support.models import BusinessCalendarRow, SlaRule, SupportTeam
from portal.support.rule_terms import RuleTerms
from portal.support.rules import about, create_rule
from portal.support.teams import Terms, create_team
from portal.support.words import Priority, Strategy

OFFICE_HOURS = ((540, 1020),)
WORKING_DAYS = range(5)
USUAL_ZONE = "Europe/Berlin"
TELLS = ("warning:notify_assignee", "breach:notify_assignee", "breach:notify_lead")
TIMES: dict[Priority, tuple[int, int, int]] = {
    Priority.URGENT: (HOUR, HOUR, 8 * HOUR),
    Priority.HIGH: (2 * HOUR, 4 * HOUR, 16 * HOUR),
    Priority.MEDIUM: (4 * HOUR, 8 * HOUR, DAY),
    Priority.LOW: (8 * HOUR, 16 * HOUR, 2 * DAY),
}
"""First response, next response and solution, in open hours: eight are a working day."""


class LevelsExist(Conflict):
    """There are service levels: the usual ones would only stand in their way."""


def create_usual_levels(*, by: Actor, zone: str | None = None) -> list[SlaRule]:
    """A level for each priority, and faster ones for the highest plan, below each other.

    Without a calendar there is one from then on, nine to five in `zone`. Without a team there is
    one called Support.

    Raises:
        LevelsExist: see the class.
    """
    if db.session.scalar(sa.select(sa.exists().where(SlaRule.id > 0))):
        raise LevelsExist("There are service levels already. Add yours below them.")
    calendar = next(iter(calendars_on_offer()), None) or _office(by, zone)
    bring_team(by=by)
    top = _highest_plan()
    made = [
        create_rule(by=by, terms=_terms(calendar, priority, plan), align=False)
        for plan in ([top, None] if top else [None])
        for priority in reversed(Priority)
    ]
    align_later(by, about(made[0]))
    return made


def bring_team(*, by: Actor) -> SupportTeam | None:
    """The team that gets what no other takes, where there is none at all."""
    if db.session.scalar(sa.select(sa.exists().where(SupportTeam.id > 0))):
        return None
    terms = Terms("Support", strategy=Strategy.LEAST_LOADED, is_default=True)
    return create_team(by=by, terms=terms)


def _office(by: Actor, zone: str | None) -> BusinessCalendarRow:
    weekly = dict.fromkeys(WORKING_DAYS, OFFICE_HOURS)
    return create_calendar(by=by, terms=CalendarTerms("Office hours", zone or USUAL_ZONE, weekly))


def _highest_plan() -> tuple[str, int] | None:
    """Name and level of it, where plans differ at all."""
    plans = sa.select(PlanTemplate.display_name, PlanTemplate.level).where(
        PlanTemplate.archived_at.is_(None)
    )
    found = db.session.execute(plans.order_by(PlanTemplate.level.desc())).all()
    if len({level for _, level in found}) < 2:
        return None
    return found[0][0], found[0][1]


def _terms(
    calendar: BusinessCalendarRow, priority: Priority, plan: tuple[str, int] | None
) -> RuleTerms:
    """Twice as fast for the plan."""
    first, following, whole = (each // (2 if plan else 1) for each in TIMES[priority])
    return RuleTerms(
        name=f"{plan[0]}, {priority.label.lower()}" if plan else priority.label,
        calendar_id=calendar.id,
        priority=priority.value,
        min_plan_level=plan[1] if plan else None,
        first_response_s=first,
        next_response_s=following,
        resolution_s=whole,
        escalations=TELLS,
    )
