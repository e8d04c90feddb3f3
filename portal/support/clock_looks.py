"""The clocks of a ticket as they are shown: columns alone, and each version worked out once."""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa

from portal.core import clock
from portal.core.quick import Quick
from portal.support.business_time import BusinessCalendar
from portal.support.calendar_terms import hours_written
from portal.support.clock_math import Clock, ClockState
from portal.support.clock_rows import clock_in
from portal.support.models import (
    BusinessCalendarRow,
    CalendarVersion,
    SlaRuleVersion,
    SupportTicket,
    TicketClock,
)
from portal.support.rule_terms import RuleTerms, terms_written

MOST_SHOWN = 20
_row = TicketClock.__table__.c


class ClockRow(NamedTuple):
    """What a line about a clock reads of its row."""

    id: int
    ticket_id: int
    metric: str
    cycle_no: int
    rule_version: int
    calendar_version: int
    target_s: int
    consumed_s: int
    running_since: datetime | None
    due_at: datetime | None
    warn_at: datetime | None
    state: str
    started_at: datetime
    ended_at: datetime | None
    met_at: datetime | None
    breached_at: datetime | None
    breach_reason: str | None
    superseded_by: int | None
    calendar_name: str


SHOWN = len(ClockRow._fields)


class Look(NamedTuple):
    """A row with what it runs by. Two of the same say the same for ever, once it is settled."""

    row: ClockRow
    calendar: BusinessCalendar
    terms: RuleTerms

    @property
    def clock(self) -> Clock:
        return clock_in(self.row, self.terms)


def look_at_clocks(ticket: SupportTicket) -> list[Look]:
    """The live ones and the newest others, also those that gave way, by age."""
    year, found = clock.now().year, _shown().rows(ticket=ticket.id)
    hours, terms = {}, {}
    for row in found:
        if row.hours is not None:
            hours[row.calendar_id, row.calendar_version] = hours_written(row.hours, year)
        if row.terms is not None:
            terms[row.rule_id, row.rule_version] = terms_written(row.terms)
    looks = [
        Look(
            ClockRow._make(row[:SHOWN]),
            hours[row.calendar_id, row.calendar_version],
            terms[row.rule_id, row.rule_version],
        )
        for row in found
    ]
    return sorted(looks, key=lambda look: look.row.id)


@cache
def _shown() -> Quick:
    """Built once: every page of a ticket asks."""
    is_over = sa.and_(_row.state != ClockState.RUNNING.value, _row.state != ClockState.PAUSED.value)
    # Of hundreds these alone are joined to what they run by.
    newest = sa.select(TicketClock.__table__).where(
        _row.ticket_id == sa.bindparam("ticket", type_=sa.Integer)
    )
    few = newest.order_by(is_over, _row.id.desc()).limit(MOST_SHOWN).subquery().c
    hours = few.calendar_id, few.calendar_version
    terms = few.rule_id, few.rule_version
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            *(few[name] for name in ClockRow._fields[: SHOWN - 1]),
            BusinessCalendarRow.name.label("calendar_name"),
            few.calendar_id,
            few.rule_id,
            _once(CalendarVersion.content, hours).label("hours"),
            _once(SlaRuleVersion.content, terms).label("terms"),
        )
        .join(BusinessCalendarRow, BusinessCalendarRow.id == few.calendar_id)
        .join(CalendarVersion, _is(hours, CalendarVersion.calendar_id, CalendarVersion.version))
        .join(SlaRuleVersion, _is(terms, SlaRuleVersion.rule_id, SlaRuleVersion.version))
    )
    return Quick(query)


Version: TypeAlias = tuple[sa.ColumnElement[int], sa.ColumnElement[int]]


def _is(version: Version, of: Any, number: Any) -> sa.ColumnElement[bool]:
    return sa.and_(of == version[0], number == version[1])


def _once(content: Any, version: Version) -> sa.ColumnElement[str | None]:
    """As text, and in one of the rows alone: twenty clocks run by one or two versions."""
    place = sa.func.row_number().over(partition_by=version)
    return sa.case((place == 1, sa.cast(content, sa.Text)))
