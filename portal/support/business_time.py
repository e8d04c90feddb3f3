"""Business hours: how many open seconds lie between two instants, and when so many have passed.

Pure. Hours are written on the wall clock of a zone and counted as they really pass: a day of 24
hours lasts 23 or 25 where the clock changes. Only whole seconds count. Every instant is cut down
to its second first, so a run that is split anywhere adds up to the same number.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise, takewhile
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.support.durations import interval_text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WHOLE_DAY = 1440
LONG_AGO = -(2**40)
"""Seconds, before every instant."""
MOST_ASKED = 2000
"""Instants whose open seconds a calendar remembers."""
LONGEST_CLOSED = 28
"""Days. A calendar that stays closed for so long is a mistake in its settings."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Hours = tuple[tuple[int, int], ...]
"""Of one local date: half-open pairs of minutes since midnight, in order."""
Span = tuple[int, int]
"""Half-open, in seconds since 1970."""

_NO_SPECIAL_DAYS: Mapping[date, Iterable[tuple[int, int]]] = MappingProxyType({})


class BadCalendar(ValueError):
    """These hours cannot be a calendar. The message says what to change."""


class NeverOpen(BadCalendar):
    """Closed for 28 days on end: nothing would ever fall due."""


class BusinessCalendar:
    """The open hours of one zone. It never changes, and remembers each day it has worked out.

    `weekly` holds pairs (start_minute, end_minute) by weekday, Monday 0; an end may be 1440.
    `holidays` are closed local dates. `special_days` replace the hours of a date, also those of a
    holiday: holidays are often taken over as a list, hours for one date are always written by hand.

    Raises:
        BadCalendar: an unknown zone, minutes that are none or that overlap, a date with a time.
        NeverOpen: somewhere no day is open for 28 days. Special days alone are such a calendar.
    """

    def __init__(
        self,
        zone: str,
        weekly: Mapping[int, Iterable[tuple[int, int]]],
        holidays: Iterable[date] = (),
        special_days: Mapping[date, Iterable[tuple[int, int]]] = _NO_SPECIAL_DAYS,
    ) -> None:
        self.zone = zone
        self._zone = _zone(zone)
        self._weekly = _week(weekly)
        self._exceptions: dict[int, Hours] = {_local_date(day): () for day in holidays}
        for day, hours in special_days.items():
            self._exceptions[_local_date(day)] = _hours(hours, str(day))
        self._days: dict[int, tuple[Span, ...]] = {}
        self._first: dict[str, int] = {}
        self._sums: dict[int, int] = {}
        self._asked: dict[int, int] = {}
        self._refuse_if_never_open()

    def add(self, start: datetime, seconds: int) -> datetime:
        """The earliest instant (UTC) at which so many open seconds have passed since the start.

        That is the end of an interval, not the next opening, where the two count the same; and the
        start itself for 0 seconds.

        Raises:
            ValueError: a start without a zone, or seconds below 0.
            OverflowError: it would be after the year 9999.
        """
        if seconds < 0:
            raise ValueError("only time to come can be added: seconds must be 0 or more")
        position = _second(start)
        if seconds == 0:
            return start.astimezone(UTC)
        spans = self._open_from(position)
        opens, closes = next(spans)
        while closes - opens < seconds:
            seconds -= closes - opens
            opens, closes = next(spans)
        return _instant(opens + seconds)

    def elapsed(self, start: datetime, end: datetime) -> int:
        """The open seconds of [start, end); none when the end is not after the start.

        Raises:
            ValueError: an instant without a zone.
        """
        first, last = _second(start), _second(end)
        return self._before(last) - self._before(first) if first < last else 0

    def intervals(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """The open intervals of [start, end) in UTC, cut to it: what `elapsed` adds up.

        Raises:
            ValueError: an instant without a zone.
        """
        spans = self._between(_second(start), _second(end))
        return [(_instant(opens), _instant(closes)) for opens, closes in spans]

    def is_open(self, at: datetime) -> bool:
        """Raises ValueError for an instant without a zone."""
        position = _second(at)
        return next(self._open_from(position))[0] == position

    def _between(self, first: int, last: int) -> Iterator[Span]:
        spans = takewhile(lambda span: span[0] < last, self._open_from(first))
        return ((opens, min(closes, last)) for opens, closes in spans)

    def _open_from(self, position: int) -> Iterator[Span]:
        """From the second on, in order, without end and without overlap."""
        return self._open_since(self._today(position) - 1, position)

    def _open_since(self, number: int, closed: int) -> Iterator[Span]:
        """From a day on, what of it is open after this second."""
        for day in count(number):
            yield from self._beyond(day, closed)
            closed = max(closed, self._closed_on(day))

    def _beyond(self, number: int, closed: int) -> Iterator[Span]:
        """A day's spans after this second.

        Where the clock goes back, an interval's end may lie behind the start of the next.
        """
        for opens, closes in self._day(number):
            if closes > closed:
                yield max(opens, closed), closes
                closed = closes

    def _before(self, position: int) -> int:
        """The same instants are asked for by every line of a queue, and by every look at it."""
        found = self._asked.get(position)
        if found is None:
            if len(self._asked) >= MOST_ASKED:
                self._asked.clear()
            found = self._asked[position] = self._open_before(position)
        return found

    def _open_before(self, position: int) -> int:
        """The open seconds from some instant, always the same one, to this one.

        A queue asks it of fifty tickets that are months late: no day between is looked at.
        """
        today = self._today(position)
        near = self._open_since(today - 1, self._closed_on(today - 2))
        begun = takewhile(lambda span: span[0] < position, near)
        return self._sum(today - 1) + sum(min(closes, position) - opens for opens, closes in begun)

    def _today(self, position: int) -> int:
        return _instant(position).astimezone(self._zone).toordinal()

    def _sum(self, number: int) -> int:
        """The open seconds of the days before this one, from the day that was asked for first."""
        found = self._sums.get(number)
        return self._sum_up(number) if found is None else found

    def _sum_up(self, number: int) -> int:
        # Two threads at once agree about the first day, and then about every other.
        first = self._first.setdefault("day", number)
        total = self._sums.setdefault(first, 0)
        for day in range(first, number):
            total += self._fresh(day)
            self._sums[day + 1] = total
        for day in range(first, number, -1):
            total -= self._fresh(day - 1)
            self._sums[day - 1] = total
        return total

    def _fresh(self, number: int) -> int:
        """The open seconds of a day that are none of the day before it, too."""
        beyond = self._beyond(number, self._closed_on(number - 1))
        return sum(closes - opens for opens, closes in beyond)

    def _closed_on(self, number: int) -> int:
        return max((closes for _, closes in self._day(number)), default=LONG_AGO)

    def _day(self, number: int) -> tuple[Span, ...]:
        if number not in self._days:
            self._days[number] = tuple(self._spans(number))
        return self._days[number]

    def _spans(self, number: int) -> Iterator[Span]:
        for start, end in self._hours_of(number):
            midnight = datetime.combine(date.min + timedelta(days=number - 1), time.min)
            opens, _ = _readings(midnight + timedelta(minutes=start), self._zone)
            closes = self._closing(midnight, end)
            if opens < closes:  # else the clock skips the whole of it
                yield opens, closes

    def _hours_of(self, number: int) -> Hours:
        """By the date's ordinal, 1 being a Monday."""
        return self._exceptions.get(number, self._weekly[(number - 1) % 7])

    def _closing(self, midnight: datetime, minute: int) -> int:
        first, last = _readings(midnight + timedelta(minutes=minute), self._zone)
        if minute == WHOLE_DAY and first < last:
            # Where midnight comes twice (the Azores), the second is an hour into the next date.
            is_of_the_date = _instant(last - 1).astimezone(self._zone).date() == midnight.date()
            return last if is_of_the_date else first
        return last

    def _refuse_if_never_open(self) -> None:
        if not any(self._weekly):
            raise NeverOpen("Open at least one weekday: special days alone end some day.")
        # A closed stretch of 28 days has an open weekday in its first seven, so an exception there.
        for number in (number for number, hours in self._exceptions.items() if not hours):
            closed = 0
            for near in range(number - 6, number + LONGEST_CLOSED):
                closed = 0 if self._hours_of(near) else closed + 1
                if closed == LONGEST_CLOSED:
                    around = date.fromordinal(number)
                    raise NeverOpen(f"Open a day around {around}: 28 days on end are closed.")


def whole_second(at: datetime) -> datetime:
    """The second (UTC) that the instant lies in, as every instant here is read.

    Raises:
        ValueError: an instant without a zone.
    """
    return _instant(_second(at))


def _second(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError("an instant must know its time zone")
    return (at - EPOCH) // SECOND


def _instant(second: int) -> datetime:
    return EPOCH + timedelta(seconds=second)


def _readings(wall: datetime, zone: ZoneInfo) -> Span:
    """The first and the last second at which the clock shows this time.

    Both are the first one after the gap if the clock skips it.
    """
    first, last = (_second(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if first <= last:
        return first, last
    # In a gap fold=1 counts with the offset after it, so the two readings enclose the change.
    old = _instant(last).astimezone(zone).utcoffset()
    change = last + bisect_left(
        range(last, first),
        True,
        key=lambda second: _instant(second).astimezone(zone).utcoffset() != old,
    )
    return change, change


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadCalendar(
            f"No time zone is called {name!r}: take one like Europe/Berlin."
        ) from error


def _week(weekly: Mapping[int, Iterable[tuple[int, int]]]) -> tuple[Hours, ...]:
    for weekday in weekly:
        if weekday not in range(7):
            raise BadCalendar(f"A weekday is a number from 0 (Monday) to 6, not {weekday!r}.")
    return tuple(_hours(weekly.get(number, ()), name) for number, name in enumerate(WEEKDAYS))


def _hours(pairs: Iterable[tuple[int, int]], name: str) -> Hours:
    hours = tuple(sorted((start, end) for start, end in pairs))
    for start, end in hours:
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= WHOLE_DAY):
            raise BadCalendar(
                f"{name}: an interval starts before it ends, in whole minutes from 0 to 1440; "
                f"{start}-{end} does not. Split a night shift at midnight."
            )
    for one, other in pairwise(hours):
        if other[0] < one[1]:
            both = f"{interval_text(one)} and {interval_text(other)}"
            raise BadCalendar(f"{name}: {both} overlap. Join them.")
    return hours


def _local_date(day: date) -> int:
    if isinstance(day, datetime):
        raise BadCalendar(f"{day} is an instant: holidays and special days are dates.")
    return day.toordinal()
