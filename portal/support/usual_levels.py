"""What most desks begin with: hours, a team, and times by priority."""

import sqlalchemy as sa

from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict
from portal.support.alignment import align_later
from portal.support.calendars import (
    CalendarTerms,
    calendars_on_offer,
    create_calendar,
    version_of,
)
from portal.support.durations import DAY, HOUR, MINUTE
from portal.support.models import BusinessCalendarRow, SlaRule, SupportTeam
from portal.support.rule_terms import RuleTerms
from portal.support.rules import about, create_rule
from portal.support.teams import Terms, create_team
from portal.support.words import Priority, Strategy

OFFICE = dict.fromkeys(range(5), ((540, 1020),))
ALWAYS = dict.fromkeys(range(7), ((0, 1440),))
USUAL_ZONE = "Europe/Berlin"
TELLS = ("warning:notify_assignee", "breach:notify_assignee", "breach:notify_lead")
TIMES: dict[Priority, tuple[int, int, int]] = {
    Priority.URGENT: (30 * MINUTE, HOUR, 4 * HOUR),
    Priority.HIGH: (HOUR, 2 * HOUR, 12 * HOUR),
    Priority.MEDIUM: (4 * HOUR, 8 * HOUR, DAY),
    Priority.LOW: (8 * HOUR, 16 * HOUR, 2 * DAY),
}
"""First response, next response and solution, in open hours: eight are a working day.

What is urgent counts around the clock.
"""


class LevelsExist(Conflict):
    """There are service levels: the usual ones would only stand in their way."""


def create_usual_levels(*, by: Actor, zone: str | None = None) -> list[SlaRule]:
    """A level for each priority, the most urgent first.

    They count by calendars that there are, if one never closes and another does. Those that are
    missing are made: nine to five in `zone`, and around the clock. Without a team there is one
    called Support.

    Raises:
        LevelsExist: see the class.
    """
    if is_any_level():
        raise LevelsExist("There are service levels already. Add yours below them.")
    office, always = _calendars(by, zone or USUAL_ZONE)
    bring_team(by=by)
    made = [
        create_rule(
            by=by,
            terms=_terms(always if priority is Priority.URGENT else office, priority),
            align=False,
        )
        for priority in reversed(Priority)
    ]
    align_later(by, about(made[0]))
    return made


def is_any_level() -> bool:
    """Also one that is switched off."""
    return bool(db.session.scalar(sa.select(sa.exists().where(SlaRule.id > 0))))


def bring_team(*, by: Actor) -> SupportTeam | None:
    """The team that gets what no other takes, where there is none at all."""
    if db.session.scalar(sa.select(sa.exists().where(SupportTeam.id > 0))):
        return None
    terms = Terms("Support", strategy=Strategy.LEAST_LOADED, is_default=True)
    return create_team(by=by, terms=terms)


def _calendars(by: Actor, zone: str) -> tuple[BusinessCalendarRow, BusinessCalendarRow]:
    """One that closes, and one that never does."""
    found = {_never_closes(each): each for each in reversed(calendars_on_offer())}
    usual = {False: ("Office hours", OFFICE), True: ("Around the clock", ALWAYS)}
    for is_always, (name, weekly) in usual.items():
        if is_always not in found:
            terms = CalendarTerms(name, zone, weekly)
            found[is_always] = create_calendar(by=by, terms=terms)
    return found[False], found[True]


def _never_closes(calendar: BusinessCalendarRow) -> bool:
    said = version_of(calendar).content
    is_open = said["weekly"] == {str(day): [[0, 1440]] for day in ALWAYS}
    return is_open and not (said["country"] or said["holidays"] or said["special_days"])


def _terms(calendar: BusinessCalendarRow, priority: Priority) -> RuleTerms:
    first, following, whole = TIMES[priority]
    return RuleTerms(
        name=priority.label,
        calendar_id=calendar.id,
        priority=priority.value,
        first_response_s=first,
        next_response_s=following,
        resolution_s=whole,
        escalations=TELLS,
    )
