"""Service levels and calendars as people look at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.support.business_time import WEEKDAYS
from portal.support.calendar_terms import public_holidays
from portal.support.clock_math import Metric
from portal.support.durations import duration_text
from portal.support.hours_text import pairs_text
from portal.support.models import BusinessCalendarRow, SlaRule, SupportTicket
from portal.support.rule_terms import RuleTerms, level_for, levels_in_force, terms_of, tickets_like
from portal.support.words import Category, Channel, Priority

MOST_COUNTED = 1000
A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Shown:
    """A level in words."""

    row: SlaRule
    conditions: str
    times: tuple[str, ...]
    """First response, next response, solution and update; empty where nothing is promised."""
    calendar: str


def shown(row: SlaRule, calendars: Mapping[int, str]) -> Shown:
    terms = terms_of(row)
    targets = [terms.target_of(metric) for metric in Metric]
    times = tuple("" if each is None else duration_text(each) for each in targets)
    return Shown(row, conditions_in_words(terms), times, calendars[row.calendar_id])


def conditions_in_words(terms: RuleTerms) -> str:
    parts = []
    if terms.min_plan_level is not None:
        parts.append(f"plan level {terms.min_plan_level} or above")
    if terms.priority:
        parts.append(f"{Priority(terms.priority).label.lower()} priority")
    if terms.category:
        parts.append(f"about {Category(terms.category).label.lower()}")
    if terms.channel:
        parts.append(f"by {Channel(terms.channel).label}")
    if terms.tag:
        parts.append(f"tagged {terms.tag}")
    return ", ".join(parts) or "every ticket"


def calendar_names() -> dict[int, str]:
    query = sa.select(BusinessCalendarRow.id, BusinessCalendarRow.name)
    return {row.id: row.name for row in db.session.execute(query)}


def would_fall_under(terms: RuleTerms, rule_id: int | None = None) -> tuple[int, bool]:
    """How many open tickets would run by these terms now, at this rule's place or below all.

    Of a thousand that meet the conditions, the newest; True when there are more.
    """
    query = sa.select(SupportTicket).where(tickets_like(terms)).order_by(SupportTicket.id.desc())
    found = db.session.scalars(query.limit(MOST_COUNTED + 1)).all()
    levels, above = levels_in_force(), []
    for level in levels:
        if level.rule_id == rule_id:
            break
        above.append(level)
    count = sum(
        terms.matches(one) and level_for(one, above) is None for one in found[:MOST_COUNTED]
    )
    return count, len(found) > MOST_COUNTED


def week_in_words(content: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """Each weekday and its hours."""
    weekly = content["weekly"]
    return [
        (name, pairs_text(weekly.get(str(day), ())) or "closed")
        for day, name in enumerate(WEEKDAYS)
    ]


def closed_days_ahead(content: Mapping[str, Any]) -> list[tuple[date, str]]:
    """Public and own holidays of a year from today, in order."""
    today = clock.now().date()
    years = (today.year, today.year + 1)
    found = public_holidays(content["country"], content["subdivision"], years)
    found |= {date.fromisoformat(day): "own holiday" for day in content["holidays"]}
    return sorted((day, name) for day, name in found.items() if today <= day < today + A_YEAR)
