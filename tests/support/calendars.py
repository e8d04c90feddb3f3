"""Calendars to test with: the published ones, random ones, and what a patient clerk counts.

The clerk walks through a window of time minute by minute, reads the wall clock, and notes whether
the door is open; the arithmetic under test is not used.
"""

import json
import random
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from portal.support.business_time import BusinessCalendar

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sla.json").read_text())
DAYS = 12
WINDOWS = [
    ("UTC", date(2026, 2, 24)),
    ("Asia/Kolkata", date(2026, 12, 27)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 4)),  # by half an hour
    ("Australia/Lord_Howe", date(2026, 10, 3)),
    ("America/Sao_Paulo", date(2018, 2, 18)),  # 24:00 became 23:00
    ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight was skipped
    ("Atlantic/Azores", date(2026, 10, 25)),  # midnight comes twice
    ("America/St_Johns", date(2010, 11, 7)),  # 00:01 became 23:01 of the date before
    ("Pacific/Apia", date(2011, 12, 30)),  # a date that never was
]
"""Zones, and the date around which each is looked at: where its clock changes, if it does."""


def published(name: str) -> BusinessCalendar:
    told = VECTORS["calendars"][name]
    days = told.get("special_days", {})
    return BusinessCalendar(
        told["zone"],
        {int(weekday): pairs for weekday, pairs in told["weekly"].items()},
        [date.fromisoformat(day) for day in told.get("holidays", ())],
        {date.fromisoformat(day): pairs for day, pairs in days.items()},
    )


class Walls:
    """What the wall clock shows at each minute of a window, and when it shows what."""

    def __init__(self, zone: str, start: datetime) -> None:
        place, step = ZoneInfo(zone), timedelta(minutes=1)
        shown = [(start + n * step).astimezone(place) for n in range(DAYS * 1440)]
        minutes = [wall.toordinal() * 1440 + wall.hour * 60 + wall.minute for wall in shown]
        self.last = {wall: n for n, wall in enumerate(minutes)}
        self.first = {wall: n for n, wall in reversed(list(enumerate(minutes)))}

    def opening(self, wall: int) -> int:
        return self.first[self._shown(wall)]

    def closing(self, day: int, minute: int) -> int:
        before = day * 1440 + minute - 1
        if minute == 1440 and before in self.last:
            return self.last[before] + 1
        return self.last[self._shown(before + 1)]

    def _shown(self, wall: int) -> int:
        while wall not in self.first:
            wall += 1
        return wall


walls = cache(Walls)


@dataclass(frozen=True)
class Hours:
    """The plain values that a calendar is made of."""

    zone: str
    middle: date
    weekly: dict[int, list[tuple[int, int]]]
    holidays: list[date]
    special_days: dict[date, list[tuple[int, int]]]

    @property
    def start(self) -> datetime:
        """Of the window that is looked at."""
        return datetime.combine(self.middle, time.min, UTC) - timedelta(days=DAYS / 2)

    def instant(self, second: int) -> datetime:
        return self.start + timedelta(seconds=second)

    @property
    def calendar(self) -> BusinessCalendar:
        return BusinessCalendar(self.zone, self.weekly, self.holidays, self.special_days)

    def of(self, day: date) -> list[tuple[int, int]]:
        usual = [] if day in self.holidays else self.weekly.get(day.weekday(), [])
        return self.special_days.get(day, usual)


class Clerk:
    """Counts what the calendar of those hours must count, in seconds from the window's start."""

    def __init__(self, hours: Hours) -> None:
        seen = walls(hours.zone, hours.start)
        is_open = bytearray(DAYS * 1440)
        for n in range(2 - DAYS // 2, DAYS // 2 - 1):
            day = hours.middle + timedelta(days=n)
            for start, end in hours.of(day):
                opens = seen.opening(day.toordinal() * 1440 + start)
                closes = seen.closing(day.toordinal(), end)
                is_open[opens:closes] = b"\1" * max(closes - opens, 0)
        self.is_open = is_open
        self.minutes = list(accumulate(is_open, initial=0))

    def until(self, second: int) -> int:
        minute, rest = divmod(second, 60)
        return self.minutes[minute] * 60 + self.is_open[minute] * rest

    def elapsed(self, start: int, end: int) -> int:
        return max(self.until(end) - self.until(start), 0)

    def add(self, start: int, seconds: int) -> int:
        wanted = self.until(start) + seconds
        minute = bisect_left(self.minutes, -(-wanted // 60)) - 1
        return minute * 60 + wanted - self.minutes[minute] * 60


FIRST, LAST = 3 * 86_400, (DAYS - 3) * 86_400
"""Seconds of the window between which the clerk has looked at every date, in any zone."""


def _forty(seed: int) -> list[int]:
    """Half of them where doors open and close: on a quarter of an hour."""
    dice = random.Random(seed)
    drawn = [dice.randint(FIRST, LAST) for _ in range(40)]
    return [second - second % 900 if n % 2 else second for n, second in enumerate(drawn)]


instants = st.integers(0, 2**32).map(_forty)
cuts = st.integers(0, 1440) | st.sampled_from([0, 1, 60, 90, 120, 150, 180, 1380, 1381, 1440])


@st.composite
def intervals(draw: st.DrawFn) -> list[tuple[int, int]]:
    edges = sorted(draw(st.lists(cuts, max_size=6, unique=True)))
    return list(zip(edges[::2], edges[1::2], strict=False))


@st.composite
def touching(draw: st.DrawFn) -> list[tuple[int, int]]:
    edges = sorted(draw(st.lists(cuts, min_size=2, max_size=5, unique=True)))
    return list(pairwise(edges))


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    """Any hours around any window; now and then round the clock."""
    zone, middle = draw(st.sampled_from(WINDOWS))
    one = intervals() | touching() | st.just([(0, 1440)])
    weekly = {weekday: draw(one) for weekday in draw(st.sets(st.integers(0, 6)))}
    weekly[draw(st.integers(0, 6))] = draw(touching() | st.just([(0, 1440)]))
    near = st.integers(-4, 4).map(lambda n: middle + timedelta(days=n))
    holidays = draw(st.lists(near, max_size=2))
    return Hours(zone, middle, weekly, holidays, draw(st.dictionaries(near, one, max_size=2)))
