"""What a service level promises, to which tickets, and which of several counts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa

from portal.catalog.plan_rules import HIGHEST_LEVEL
from portal.core import clock
from portal.core.quick import Quick
from portal.core.text import nfc, one_line
from portal.support.business_time import BusinessCalendar
from portal.support.calendar_terms import hours_of, hours_written
from portal.support.clock_changes import OnChange, OnReopen
from portal.support.clock_math import WARN_PERCENT, Metric
from portal.support.durations import DAY, MINUTE
from portal.support.level_refusals import BadLevel
from portal.support.models import (
    BusinessCalendarRow,
    CalendarVersion,
    SlaRule,
    SupportTicket,
)
from portal.support.words import LONGEST_TAG, TAG, Category, Channel, Priority, Status

LONGEST_NAME = 80
LONGEST_TARGET = 366 * DAY
DEEDS = ("notify_assignee", "notify_lead", "raise_priority", "unassign")
MOMENTS = ("warning", "breach")


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """Everything about a service level but its place in the order. None asks or promises nothing.

    Targets are business seconds of the calendar. It warns at `warn_percent` of a target; 0: never.
    """

    name: str
    calendar_id: int
    priority: str | None = None
    min_plan_level: int | None = None
    channel: str | None = None
    category: str | None = None
    tag: str | None = None
    first_response_s: int | None = None
    next_response_s: int | None = None
    resolution_s: int | None = None
    update_s: int | None = None
    warn_percent: int = WARN_PERCENT
    on_change: str = OnChange.KEEP
    on_reopen: str = OnReopen.CONTINUE
    pauses_on_hold: bool = False
    escalations: tuple[str, ...] = ()

    def target_of(self, metric: Metric) -> int | None:
        found: int | None = getattr(self, f"{metric.value}_s")
        return found

    @property
    def warns_at(self) -> int | None:
        return self.warn_percent or None

    def is_paused_in(self, status: str) -> bool:
        """Whether the resolution stands still in this status."""
        return status == Status.PENDING or (self.pauses_on_hold and status == Status.ON_HOLD)

    def matches(self, ticket: SupportTicket) -> bool:
        same = all(getattr(self, name) in {None, getattr(ticket, name)} for name in SAME)
        is_high = self.min_plan_level is None or ticket.plan_level >= self.min_plan_level
        return same and is_high and (self.tag is None or self.tag in ticket.tags)


NAMES = tuple(each.name for each in fields(RuleTerms))
SAME = ("priority", "channel", "category")
CONDITIONS = frozenset({*SAME, "min_plan_level", "tag"})


@dataclass(frozen=True, slots=True)
class Level:
    """A rule in force, at the versions by which a new clock runs."""

    rule_id: int
    rule_version: int
    calendar_version: int
    terms: RuleTerms
    hours: Mapping[str, Any]
    """The content of that version of its calendar."""

    @property
    def calendar(self) -> BusinessCalendar:
        return hours_of(self.hours)


def terms_of(row: SlaRule | Any) -> RuleTerms:
    found = {name: getattr(row, name) for name in NAMES}
    return RuleTerms(**{**found, "escalations": tuple(row.escalations)})


def content_of(terms: RuleTerms) -> dict[str, Any]:
    """As a version keeps it."""
    return {**asdict(terms), "escalations": list(terms.escalations)}


def terms_from(content: Mapping[str, Any]) -> RuleTerms:
    return RuleTerms(**{**content, "escalations": tuple(content["escalations"])})


def hours_by_priority() -> dict[str, BusinessCalendar]:
    """Of each priority whose tickets all count by the same calendar: its hours."""
    rows, year = _calendars().rows(), clock.now().year
    found = {each.value: _only_hours(each, rows) for each in Priority}
    return {name: hours_written(text, year) for name, text in found.items() if text is not None}


def _only_hours(priority: Priority, rows: Sequence[Any]) -> str | None:
    hours = set()
    for row in rows:
        if row.priority in {None, priority.value}:
            hours.add(row.hours)
            if row.takes_all:
                break
    return hours.pop() if len(hours) == 1 else None


@cache
def _calendars() -> Quick:
    """Built once: every queue asks."""
    others = (SlaRule.min_plan_level, SlaRule.channel, SlaRule.category, SlaRule.tag)
    query = (
        sa.select(
            SlaRule.priority,
            sa.and_(*(each.is_(None) for each in others)).label("takes_all"),
            sa.cast(CalendarVersion.content, sa.Text).label("hours"),
        )
        .join(BusinessCalendarRow, BusinessCalendarRow.id == SlaRule.calendar_id)
        .join(
            CalendarVersion,
            sa.and_(
                CalendarVersion.calendar_id == BusinessCalendarRow.id,
                CalendarVersion.version == BusinessCalendarRow.version,
            ),
        )
        .where(SlaRule.disabled_at.is_(None))
        .order_by(SlaRule.position, SlaRule.id)
    )
    return Quick(query)


@lru_cache(maxsize=256)
def terms_written(text: str) -> RuleTerms:
    """The same of a content as the database writes it, which every caller need not read."""
    return terms_from(json.loads(text))


def levels_in_force() -> list[Level]:
    """In the order in which they are tried."""
    kept = _kept.get()
    return _read_levels() if kept is None else kept


_kept: ContextVar[list[Level] | None] = ContextVar("kept_levels", default=None)


@contextmanager
def levels_kept() -> Iterator[None]:
    """Inside it the levels are read once: for a change of many tickets, none of a level."""
    token = _kept.set(_read_levels())
    try:
        yield
    finally:
        _kept.reset(token)


def _read_levels() -> list[Level]:
    return [
        Level(row.id, row.version, row.hours_version, terms_of(row), row.hours)
        for row in _in_force().rows()
    ]


@cache
def _in_force() -> Quick:
    """Built once: every queue, ticket and answer asks."""
    query = (
        sa.select(
            *SlaRule.__table__.c,
            CalendarVersion.version.label("hours_version"),
            CalendarVersion.content.label("hours"),
        )
        .join(BusinessCalendarRow, BusinessCalendarRow.id == SlaRule.calendar_id)
        .join(
            CalendarVersion,
            sa.and_(
                CalendarVersion.calendar_id == BusinessCalendarRow.id,
                CalendarVersion.version == BusinessCalendarRow.version,
            ),
        )
        .where(SlaRule.disabled_at.is_(None))
        .order_by(SlaRule.position, SlaRule.id)
    )
    return Quick(query)


def level_for(ticket: SupportTicket, levels: Sequence[Level]) -> Level | None:
    """The first whose conditions the ticket meets."""
    return next((each for each in levels if each.terms.matches(ticket)), None)


def tickets_like(terms: RuleTerms) -> sa.ColumnElement[bool]:
    """The open tickets that meet the conditions, whatever rules stand above, but for the tag."""
    wanted = [getattr(SupportTicket, name) == getattr(terms, name) for name in _asked(terms)]
    if terms.min_plan_level is not None:
        wanted.append(SupportTicket.plan_level >= terms.min_plan_level)
    return sa.and_(SupportTicket.is_open, *wanted)


def _asked(terms: RuleTerms) -> list[str]:
    return [name for name in SAME if getattr(terms, name) is not None]


def checked_rule(terms: RuleTerms) -> RuleTerms:
    """The terms as they are stored.

    Raises:
        BadLevel: a value that cannot be, or nothing that is promised.
    """
    name = one_line(terms.name)
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadLevel(f"Give it a name of at most {LONGEST_NAME} characters.", field="name")
    _check_targets(terms)
    _check_choices(terms)
    if not 0 <= terms.warn_percent <= 99:
        raise BadLevel("Warn at 1 to 99 per cent of a target; 0: never.", field="warn_percent")
    escalations = tuple(dict.fromkeys(_checked_escalation(one) for one in terms.escalations))
    return replace(terms, name=name, tag=_checked_tag(terms.tag), escalations=escalations)


def _check_targets(terms: RuleTerms) -> None:
    targets = {f"{each.value}_s": terms.target_of(each) for each in Metric}
    if not any(target for name, target in targets.items() if name != "update_s"):
        raise BadLevel("Promise an answer or a solution: give a time.", field="first_response_s")
    for name, target in targets.items():
        if target is not None and not MINUTE <= target <= LONGEST_TARGET:
            raise BadLevel("Promise a minute at least, and 366 days at most.", field=name)


def _check_choices(terms: RuleTerms) -> None:
    allowed: dict[str, type[StrEnum]] = {
        "priority": Priority,
        "channel": Channel,
        "category": Category,
        "on_change": OnChange,
        "on_reopen": OnReopen,
    }
    for name, choices in allowed.items():
        chosen = getattr(terms, name)
        if chosen is not None and chosen not in list(choices):
            raise BadLevel("Choose one of the list.", field=name)
    if terms.min_plan_level is not None and not 0 <= terms.min_plan_level <= HIGHEST_LEVEL:
        raise BadLevel(f"A plan level is 0 to {HIGHEST_LEVEL}.", field="min_plan_level")


def _checked_tag(tag: str | None, field: str = "tag") -> str | None:
    found = nfc(tag or "").strip().lstrip("#").casefold()
    if not found:
        return None
    if len(found) > LONGEST_TAG or TAG.fullmatch(found) is None:
        raise BadLevel("A tag is one word of letters, digits and . : + - _", field=field)
    return found


def _checked_escalation(text: str) -> str:
    moment, _, deed = text.partition(":")
    if moment in MOMENTS and deed in DEEDS:
        return text
    verb, _, tag = deed.partition(":")
    if moment in MOMENTS and verb == "tag":
        found = _checked_tag(tag, "escalations")
        if found is not None:
            return f"{moment}:tag:{found}"
    raise BadLevel("There is no such step.", field="escalations")
