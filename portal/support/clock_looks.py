"""The clocks of a ticket as they are shown: columns alone, and each version worked out once."""

import json
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

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
from portal.support.rule_terms import RuleTerms, terms_from

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
    year = clock.now().year
    found = [
        Look(ClockRow._make(row), hours_written(calendar, year), _terms(rule))
        for *row, calendar, rule in _shown().rows(ticket=ticket.id)
    ]
    return sorted(found, key=lambda look: look.row.id)


@lru_cache(maxsize=256)
def _terms(text: str) -> RuleTerms:
    return terms_from(json.loads(text))


@cache
def _shown() -> Quick:
    """Built once: every page of a ticket asks."""
    of_row = [_row[name] for name in ClockRow._fields[:-1]]
    is_over = sa.and_(_row.state != ClockState.RUNNING.value, _row.state != ClockState.PAUSED.value)
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            *of_row,
            BusinessCalendarRow.name.label("calendar_name"),
            # As text: twenty clocks run by one or two of them.
            sa.cast(CalendarVersion.content, sa.Text).label("hours"),
            sa.cast(SlaRuleVersion.content, sa.Text).label("terms"),
        )
        .join_from(
            TicketClock,
            CalendarVersion,
            sa.and_(
                CalendarVersion.calendar_id == TicketClock.calendar_id,
                CalendarVersion.version == TicketClock.calendar_version,
            ),
        )
        .join(BusinessCalendarRow, BusinessCalendarRow.id == TicketClock.calendar_id)
        .join(
            SlaRuleVersion,
            sa.and_(
                SlaRuleVersion.rule_id == TicketClock.rule_id,
                SlaRuleVersion.version == TicketClock.rule_version,
            ),
        )
        .where(_row.ticket_id == sa.bindparam("ticket", type_=sa.Integer))
        .order_by(is_over, _row.id.desc())
        .limit(MOST_SHOWN)
    )
    return Quick(query)
