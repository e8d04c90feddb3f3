"""Instants as people read them: relative, with the exact one on hover."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import humanize
from flask import Flask, g

from portal.config import settings
from portal.core import clock

MINUTE, HOUR, DAY = 60, 3600, 86_400
DAYS_THAT_COUNT = 60
"""So many days are still told as days: "a month" may be sixteen of them or forty-five."""
SECOND_YEAR = range(365, 730)
DAYS_OF_A_MONTH = 365.25 / 12


def init_times(app: Flask) -> None:
    app.add_template_filter(relative)
    app.add_template_filter(exact)
    app.add_template_filter(machine)


class Instant(NamedTuple):
    """An instant as a line of a long list draws it, without a call."""

    machine: str
    exact: str
    relative: str


def instants() -> Callable[[datetime], Instant]:
    """Draws instants as of now: who reads is asked once, not for every line."""
    zone, now = reader_zone(), clock.now()

    def instant(at: datetime) -> Instant:
        return Instant(*_fixed(at, zone), _since(at, now))

    return instant


@lru_cache(maxsize=2048)
def _fixed(at: datetime, zone: ZoneInfo) -> tuple[str, str]:
    """What does not change about an instant that is drawn again and again."""
    return at.isoformat(), exact_in(at, zone)


def relative(at: datetime) -> str:
    """`3 minutes ago`, `2 days from now`."""
    return _since(at, clock.now())


def _since(at: datetime, now: datetime) -> str:
    passed = (now - at).total_seconds()
    seconds = abs(passed)
    if seconds >= HOUR:
        unit = DAY if seconds >= DAY else HOUR
    else:
        unit = MINUTE if seconds >= MINUTE else 1
    return _told(round(seconds / unit) * unit, passed < 0)


@lru_cache(maxsize=1024)
def _told(seconds: int, is_ahead: bool) -> str:
    """The words of a rounded distance, of which a page has few."""
    if not seconds:
        return "now"
    distance = timedelta(seconds=seconds)
    if distance.days in SECOND_YEAR:
        words = _months(round(distance.days / DAYS_OF_A_MONTH))
    else:
        words = humanize.naturaldelta(distance, months=distance.days >= DAYS_THAT_COUNT)
    return f"{words} from now" if is_ahead else f"{words} ago"


def _months(number: int) -> str:
    """`16 months` is shorter than a year and months."""
    return {12: "a year", 24: "2 years"}.get(number, f"{number} months")


def exact(at: datetime) -> str:
    """`23 Nov 2026, 10:15:02 CET`, in the reader's zone; in UTC where that has no such year."""
    return exact_in(at, reader_zone())


@lru_cache(maxsize=2048)
def exact_in(at: datetime, zone: ZoneInfo) -> str:
    """The same instants are drawn again and again, on every page and every poll."""
    local = _in_zone(at, zone)
    return f"{local.day} {local:%b %Y, %H:%M:%S %Z}"


def to_reader(at: datetime) -> datetime:
    """The instant on the reader's clock; on that of UTC where theirs has run out of years."""
    return _in_zone(at, reader_zone())


def _in_zone(at: datetime, zone: ZoneInfo) -> datetime:
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at.astimezone(UTC)


def machine(at: datetime) -> str:
    """RFC 3339 in UTC, as `datetime` attributes and the API want it."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def machine_or_none(at: datetime | None) -> str | None:
    return None if at is None else machine(at)


def reader_zone() -> ZoneInfo:
    """The signed-in person's zone, else the portal's."""
    return ZoneInfo(g.get("time_zone") or settings().timezone)
