"""Spans of time as people ask for them: days where they are, instants, and the usual spans."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.core import clock

FIRST_YEAR, LAST_YEAR = 1970, 9998
PRESETS: dict[str, tuple[str, Callable[[date], date]]] = {
    "today": ("Today", lambda today: today),
    "7d": ("Last 7 days", lambda today: today - timedelta(days=6)),
    "30d": ("Last 30 days", lambda today: today - timedelta(days=29)),
    "month": ("This month", lambda today: today.replace(day=1)),
}
"""Each name with its label and the first of its days; the last is today."""


def today_in(zone: ZoneInfo) -> date:
    return clock.now().astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day in a zone. Where the clock skips midnight, that of the gap."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def read_day(text: str) -> date:
    """
    Raises:
        ValueError: it is no day as ISO 8601 writes one, or so far off that no zone shows it.
    """
    found = date.fromisoformat(text)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(text)
    return found


def read_instant(text: str, zone: ZoneInfo, *, days_after: int = 0) -> datetime:
    """A day's first instant (or that of a later day), or an instant of RFC 3339.

    An instant without an offset is read on the clock of the zone.

    Raises:
        ValueError: it is neither.
    """
    if len(text) <= len("2026-11-23"):
        return midnight(read_day(text) + timedelta(days=days_after), zone)
    found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(text)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
