"""Billing and quota periods: the nth step from an anchor, never a step from the last boundary.

Adding a month to the previous boundary drifts (31 Jan, 28 Feb, 28 Mar); adding n months to the
anchor does not (31 Jan, 28 Feb, 31 Mar). Days and longer are counted on the wall clock of the
zone, hours in elapsed time.
"""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def nth_boundary(anchor: datetime, interval: str, n: int, zone: str) -> datetime:
    """The instant (UTC) n intervals after the anchor; n may be negative.

    `interval` is hour, day, week, month, quarter or year; `zone` an IANA name. A day that the
    month does not have becomes its last. A local time that the clock skips becomes the first
    instant after the gap, one that comes twice the first of the two.

    Raises:
        ValueError: a naive anchor or an unknown interval.
        OverflowError: the boundary lies outside the years 1 to 9999.
    """
    _check(anchor)
    if interval == "hour":
        return anchor.astimezone(UTC) + n * HOUR
    local = anchor.astimezone(ZoneInfo(zone))
    if interval in DAYS:
        moved = local.replace(tzinfo=None) + timedelta(days=n * DAYS[interval])
    elif interval in MONTHS:
        moved = _add_months(local.replace(tzinfo=None), n * MONTHS[interval])
    else:
        raise ValueError(f"no interval is called {interval!r}")
    if n == 0:
        return anchor.astimezone(UTC)
    return _first_instant(moved, ZoneInfo(zone))


def period_at(
    anchor: datetime, interval: str, at: datetime, zone: str
) -> tuple[datetime, datetime]:
    """The half-open period [start, end) around `at`, in UTC.

    Raises:
        ValueError, OverflowError: as `nth_boundary`.
    """
    _, start, end = _around(anchor, interval, at, zone)
    return start, end


def period_number(anchor: datetime, interval: str, at: datetime, zone: str) -> int:
    """Which period the instant lies in: 0 begins at the anchor, those before it are negative.

    Raises:
        ValueError, OverflowError: as `nth_boundary`.
    """
    return _around(anchor, interval, at, zone)[0]


def _around(
    anchor: datetime, interval: str, at: datetime, zone: str
) -> tuple[int, datetime, datetime]:
    """The number, start and end of the period in which the instant lies."""
    _check(at)
    n = _estimate(anchor, interval, at, zone)
    start = nth_boundary(anchor, interval, n, zone)
    while start > at:
        n -= 1
        start = nth_boundary(anchor, interval, n, zone)
    end = nth_boundary(anchor, interval, n + 1, zone)
    while end <= at:
        n += 1
        start, end = end, nth_boundary(anchor, interval, n + 1, zone)
    return n, start, end


def _check(instant: datetime) -> None:
    if instant.tzinfo is None:
        raise ValueError("an instant must know its time zone")


def _add_months(local: datetime, months: int) -> datetime:
    years, month = divmod(local.month - 1 + months, 12)
    year = local.year + years
    if not 1 <= year <= 9999:
        raise OverflowError(f"year {year} is outside the calendar")
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)


def _first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant, in UTC, at which the wall clock shows this time or has passed it."""
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None) == wall:
        return early
    # In a gap fold=1 counts with the offset after it, so the two readings enclose the change.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _change_between(before, early, zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The whole second at which the zone's offset changes; zones change on whole seconds."""
    # Floor division, as `timestamp()` is a float, and `int` of one before 1970 is a second late.
    low, high = (before - EPOCH) // SECOND, (after - EPOCH) // SECOND
    old = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == old:
            low = middle
        else:
            high = middle
    return EPOCH + high * SECOND


def _offset(second: int, zone: ZoneInfo) -> timedelta | None:
    return (EPOCH + second * SECOND).astimezone(zone).utcoffset()


def _estimate(anchor: datetime, interval: str, at: datetime, zone: str) -> int:
    """Near enough to n that a step or two corrects it."""
    if interval == "hour":
        return (at - anchor) // HOUR
    start, end = (instant.astimezone(ZoneInfo(zone)) for instant in (anchor, at))
    if interval in DAYS:
        return (end.date() - start.date()).days // DAYS[interval]
    if interval not in MONTHS:
        raise ValueError(f"no interval is called {interval!r}")
    months = (end.year - start.year) * 12 + end.month - start.month
    return months // MONTHS[interval]
