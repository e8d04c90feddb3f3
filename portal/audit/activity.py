"""How many events each day holds: a calendar of the ledger.

A month is one statement of as many index ranges as it has days, so the days may be those of any
zone, whatever its offset and wherever its clock jumps.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, reduce
from itertools import pairwise
from operator import add
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.audit.filters import Filters
from portal.audit.models import AuditEvent
from portal.audit.scope import Conditions, fitting, seen_by
from portal.audit.spans import midnight, today_in
from portal.core.actor import Actor
from portal.core.clock import timestamp
from portal.core.database import db

SHADES = 4
_event = AuditEvent.__table__.c


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day; `count` is None where it has not come yet."""

    date: date
    count: int | None
    shade: int
    """0 for nothing, then 1 to 4: which quarter of the busiest day it reaches."""


@dataclass(frozen=True)
class Month:
    """The days of one month, in order."""

    first: date
    days: list[DayCount]

    @cached_property
    def total(self) -> int:
        return sum(day.count or 0 for day in self.days)

    @property
    def weeks(self) -> list[list[DayCount | None]]:
        """Monday to Sunday; None is a day of another month."""
        cells: list[DayCount | None] = [None] * self.first.weekday() + [*self.days]
        cells += [None] * (-len(cells) % 7)
        return [cells[start : start + 7] for start in range(0, len(cells), 7)]


def month_of(*, by: Actor, filters: Filters, first: date, zone: ZoneInfo) -> Month:
    """The month that begins on `first`, as far as this person may see."""
    questions = _questions(by, filters, zone)
    return _shaded([(first, _counts(questions, first, zone))])[0]


def year_of(*, by: Actor, filters: Filters, year: int, zone: ZoneInfo) -> list[Month]:
    """Its twelve months, in shades of one scale."""
    questions = _questions(by, filters, zone)
    firsts = [date(year, month, 1) for month in range(1, 13)]
    return _shaded([(first, _counts(questions, first, zone)) for first in firsts])


def _questions(by: Actor, filters: Filters, zone: ZoneInfo) -> list[Conditions]:
    return seen_by(by, fitting(filters.without("span", "since", "until"), zone))


def _counts(questions: list[Conditions], first: date, zone: ZoneInfo) -> list[int | None]:
    days = monthrange(first.year, first.month)[1]
    come = max(0, min(days, (today_in(zone) - first).days + 1))
    if not come:
        return [None] * days
    edges = [timestamp(midnight(first + timedelta(days=n), zone)) for n in range(come + 1)]
    counts = [
        _count(questions, [_event.occurred_at >= since, _event.occurred_at < until]).label(
            f"day_{number}"
        )
        for number, (since, until) in enumerate(pairwise(edges))
    ]
    row = db.session.connection().execute(sa.select(*counts)).one()
    return [*row, *[None] * (days - come)]


def _count(questions: list[Conditions], also: Conditions) -> sa.ColumnElement[int]:
    """No event fits two of the questions, so that their counts add up."""
    count = sa.select(sa.func.count()).select_from(AuditEvent.__table__)
    parts = [count.where(*where, *also).scalar_subquery() for where in questions]
    return reduce(add, parts)


def _shaded(months: Iterable[tuple[date, list[int | None]]]) -> list[Month]:
    found = list(months)
    busiest = max((count or 0 for _, counts in found for count in counts), default=0)
    return [
        Month(
            first,
            [
                DayCount(first + timedelta(days=number), count, _shade(count or 0, busiest))
                for number, count in enumerate(counts)
            ],
        )
        for first, counts in found
    ]


def _shade(count: int, busiest: int) -> int:
    return -(-count * SHADES // busiest) if busiest else 0
