"""Clocks of a ticket in an office that is open from nine to five, in Berlin, in January 2026."""

from datetime import datetime
from zoneinfo import ZoneInfo

from portal.support.clock_math import Clock, Metric, started
from tests.support.calendars import VECTORS, published

OFFICE = published("nine5")
HOUR = 3600


def at(day: int, text: str) -> datetime:
    """The 7th is a Wednesday."""
    wall = datetime.fromisoformat(f"2026-01-{day:02}T{text}")
    return wall.replace(tzinfo=ZoneInfo("Europe/Berlin"))


def due_of(scenario: str) -> datetime:
    """The due time that the published scenario names first."""
    told = VECTORS["scenarios"][scenario].split("due ")[1]
    return datetime.fromisoformat(told.removeprefix("unchanged ")[:20])


def resolution(day: int = 7, text: str = "10:00", target_s: int = 8 * HOUR, **more) -> Clock:
    return started(Metric.RESOLUTION, at(day, text), target_s, OFFICE, **more)


def response(day: int = 7, text: str = "10:00", metric: Metric = Metric.NEXT_RESPONSE) -> Clock:
    return started(metric, at(day, text), HOUR, OFFICE)


def through(clock: Clock, *events: tuple) -> Clock:
    """After those events: what happens, on which day, at which time."""
    for change, day, text in events:
        clock = change(clock, at(day, text), OFFICE)
    return clock
