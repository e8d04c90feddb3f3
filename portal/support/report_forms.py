"""What the reports are asked for."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.core import clock
from portal.core.errors import DomainError
from portal.support.report_sets import Scope

USUAL = timedelta(days=30)
LONGEST = timedelta(days=366)


class BadSpan(DomainError):
    """The days cannot be reported on."""


def scope_of(
    *, first: str, last: str, team_id: int | None, agent_id: int | None, zone: ZoneInfo
) -> Scope:
    """From the first to the last day, both whole days where the reader is.

    Left empty: the last 30 days, today among them.

    Raises:
        BadSpan: a day cannot be read, or they are the wrong way round or over a year apart.
    """
    now = clock.now()
    today = now.astimezone(zone).date()
    end = _day(last, today, "to")
    begin = _day(first, end - USUAL + timedelta(days=1), "from")
    if begin > end:
        raise BadSpan("The first day comes after the last one.", field="from")
    if end - begin > LONGEST:
        raise BadSpan("Report on at most a year at once.", field="from")
    return Scope(
        begin=_begin_of(begin, zone),
        end=_begin_of(end + timedelta(days=1), zone),
        now=now,
        team_id=team_id,
        agent_id=agent_id,
    )


def _day(text: str, usual: date, field: str) -> date:
    if not text.strip():
        return usual
    try:
        found = date.fromisoformat(text.strip())
    except ValueError as error:
        raise BadSpan("Write a day as 2026-11-23.", field=field) from error
    if not 2000 <= found.year < 2200:
        raise BadSpan("Choose a day of this century.", field=field)
    return found


def _begin_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
