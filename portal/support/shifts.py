"""The hours of a week as people write them: `9:00-12:30, 13-17`, and `22-6` over midnight."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from portal.core.errors import DomainError

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FULL_DAY = 24 * 60
MOST_A_DAY = 6
SPAN = re.compile(r"(\d{1,2})(?::(\d\d))?\s*[-\u2013]\s*(\d{1,2})(?::(\d\d))?", re.ASCII)


class BadShifts(DomainError):
    """Hours that cannot be read, that overlap, or that say never."""


class Span(NamedTuple):
    """Half-open; Monday is 0 and a day has minutes up to 1440."""

    weekday: int
    start: int
    end: int


def read_week(texts: Mapping[str, str]) -> list[Span]:
    """The spans of a week from a text a day; what passes midnight becomes two.

    Raises:
        BadShifts: its field is the day.
    """
    spans = [
        span for weekday, day in enumerate(DAYS) for span in _read_day(weekday, texts.get(day, ""))
    ]
    spans.sort()
    for first, second in pairwise(spans):
        if first.weekday == second.weekday and second.start < first.end:
            raise BadShifts("These hours overlap.", field=DAYS[second.weekday])
    return spans


def _read_day(weekday: int, text: str) -> list[Span]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MOST_A_DAY:
        raise BadShifts(f"At most {MOST_A_DAY} spans a day.", field=DAYS[weekday])
    return [span for part in parts for span in _read_span(weekday, part)]


def _read_span(weekday: int, text: str) -> list[Span]:
    found = SPAN.fullmatch(text)
    if found is None:
        raise BadShifts("Write hours such as 9:00-17:30.", field=DAYS[weekday])
    start, end = _minute(found[1], found[2], weekday), _minute(found[3], found[4], weekday)
    if start in {end, FULL_DAY}:
        raise BadShifts("A span needs a beginning before its end.", field=DAYS[weekday])
    if start < end:
        return [Span(weekday, start, end)]
    tomorrow = [Span((weekday + 1) % 7, 0, end)] if end else []
    return [Span(weekday, start, FULL_DAY), *tomorrow]


def _minute(hours: str, minutes: str | None, weekday: int) -> int:
    minute = 60 * int(hours) + int(minutes or 0)
    if minute > FULL_DAY or int(minutes or 0) > 59:
        raise BadShifts("A day ends at 24:00.", field=DAYS[weekday])
    return minute


def write_week(spans: Sequence[Span]) -> dict[str, str]:
    """A text a day, which `read_week` reads as the same spans."""
    return {
        day: ", ".join(
            f"{_clock(span.start)}-{_clock(span.end)}" for span in spans if span.weekday == weekday
        )
        for weekday, day in enumerate(DAYS)
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
