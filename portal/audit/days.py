"""Events under the days on which they happened, where the reader is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portal.audit.browsing import EventRow
from portal.audit.spans import today_in


class Line(NamedTuple):
    """What the timeline draws of an event: a template takes a tuple apart faster than it asks an
    object, and there are fifty on a page.
    """

    at: str
    """`15:04:09` of that day."""
    id: str
    actor_query: str
    actor: str
    told: str
    reason: str | None
    severity: str
    outcome: str
    ip: str | None


def _line(row: EventRow, local: datetime) -> Line:
    return Line(
        str(local.time())[: len("15:04:09")],
        row.id,
        row.actor_query,
        row.actor_label,
        row.told,
        row.reason,
        row.severity,
        row.outcome,
        row.ip,
    )


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a page; it may have begun on the page before."""

    date: date
    label: str
    lines: list[Line] = field(default_factory=list)


def by_day(rows: Iterable[EventRow], zone: ZoneInfo) -> list[Day]:
    """In the order of the rows."""
    today, days = today_in(zone), list[Day]()
    for row in rows:
        local = row.occurred_at.astimezone(zone)
        day = local.date()
        if not days or days[-1].date != day:
            days.append(Day(day, label_of(day, today)))
        days[-1].lines.append(_line(row, local))
    return days


def label_of(day: date, today: date) -> str:
    """`Today, Saturday 28 November 2026`."""
    near = {today: "Today, ", today - timedelta(days=1): "Yesterday, "}.get(day, "")
    return f"{near}{day:%A} {day.day} {day:%B %Y}"
