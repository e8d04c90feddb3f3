"""Events under the days on which they happened, where the reader is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portal.audit.browsing import EventRow
from portal.audit.spans import today_in


class Timed(NamedTuple):
    """An event and when it was on that day."""

    row: EventRow
    at: str
    """`15:04:09`"""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a page; it may have begun on the page before."""

    date: date
    label: str
    events: list[Timed] = field(default_factory=list)


def by_day(rows: Iterable[EventRow], zone: ZoneInfo) -> list[Day]:
    """In the order of the rows."""
    today, days = today_in(zone), list[Day]()
    for row in rows:
        local = row.occurred_at.astimezone(zone)
        day = local.date()
        if not days or days[-1].date != day:
            days.append(Day(day, label_of(day, today)))
        days[-1].events.append(Timed(row, local.strftime("%H:%M:%S")))
    return days


def label_of(day: date, today: date) -> str:
    """`Today, Saturday 28 November 2026`."""
    near = {today: "Today, ", today - timedelta(days=1): "Yesterday, "}.get(day, "")
    return f"{near}{day:%A} {day.day} {day:%B %Y}"
