"""Buckets as plain values: in which order they are burnt, and what becomes of them at a reset.

Pure. What stands in several buckets is burnt by priority, then what expires first, then the oldest.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from portal.catalog.snapshot import Allowance, Interval
from portal.core.periods import period_at, period_number

LAST = datetime.max.replace(tzinfo=UTC)


class Source(StrEnum):
    """Where a bucket's content comes from."""

    BASE = "base"
    TOP_UP = "topup"
    ROLLOVER = "rollover"


PRIORITY = {Source.ROLLOVER: 10, Source.BASE: 100, Source.TOP_UP: 100}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A row of `quota_buckets`; id 0 when there is none yet. A base one's limit is derived."""

    id: int
    user_key: int
    source: str
    own_limit: int | None
    used: int
    reserved: int
    interval: str
    period_start: datetime
    period_end: datetime | None
    priority: int
    expires_at: datetime | None
    exhausted_at: datetime | None
    created_at: datetime
    has_extras: bool = False
    """Of a base one: others may count beside it, so a use must look for them."""

    @property
    def taken(self) -> int:
        return self.used + self.reserved


MOST_RUNNING = 10_000
_running: dict[tuple[datetime, str, str], tuple[datetime, datetime]] = {}
"""The period last asked for: nearly always the one that is asked for next."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where a tenant's periods are counted from, and by which clock."""

    anchor_at: datetime
    zone: str

    def period(self, interval: str, at: datetime) -> tuple[datetime, datetime | None]:
        """[start, end) around `at`; what never starts anew has no end."""
        if interval == Interval.NEVER:
            return self.anchor_at, None
        key = (self.anchor_at, interval, self.zone)
        found = _running.get(key)
        if found is None or not found[0] <= at < found[1]:
            found = period_at(self.anchor_at, interval, at, self.zone)
            if len(_running) >= MOST_RUNNING:
                _running.clear()
            _running[key] = found
        return found

    def periods_between(self, interval: str, since: datetime, start: datetime) -> int:
        """How many lie between an instant and the start of a later period, a begun one whole."""
        if since >= start:
            return 0
        first, last = (
            period_number(self.anchor_at, interval, at, self.zone) for at in (since, start)
        )
        return last - first


@dataclass(frozen=True, slots=True)
class Burn:
    """So much out of one bucket."""

    bucket: Bucket
    amount: int


def burn(amount: int, rooms: Iterable[tuple[Bucket, int]]) -> tuple[list[Burn], int]:
    """Take `amount` out of buckets with so much room each, in order. Also what found no place."""
    burnt = []
    for bucket, room in sorted(rooms, key=lambda pair: burn_order(pair[0])):
        part = min(amount, max(0, room))
        if part:
            burnt.append(Burn(bucket, part))
            amount -= part
    return burnt, amount


def burn_order(bucket: Bucket) -> tuple[int, datetime, datetime, int]:
    end = bucket.period_end if bucket.source == Source.BASE else bucket.expires_at
    return bucket.priority, end or LAST, bucket.created_at, bucket.id


def carried_over(remaining: int, allowance: Allowance) -> int:
    """What goes over into the next period; what was used beyond the limit is burnt from it.

    `remaining` is below zero by that overage.
    """
    kept = min(allowance.rollover_max, max(allowance.rollover_min, 0, remaining))
    return max(0, kept + min(0, remaining))


@dataclass(frozen=True, slots=True)
class Renewal:
    """A base bucket as it stands at an instant, and what the roll carried over, if one is due."""

    bucket: Bucket
    is_rolled: bool = False
    carried: int = 0


def renew(
    base: Bucket, rollover: int, allowance: Allowance, calendar: Calendar, at: datetime
) -> Renewal:
    """The base bucket at `at`, rolled when its period is over; skipped periods are jumped.

    `rollover` is what is left of the last carry. A changed interval keeps what was used and only
    moves the end of the running period.
    """
    interval = str(allowance.interval)
    if base.interval != interval:
        base = _with_interval(base, interval, calendar, at)
    if base.period_end is None or at < base.period_end:
        return Renewal(base)
    start, end = calendar.period(interval, at)
    # Another time zone since the last roll may leave a gap or an overlap of hours: none is wanted.
    start = max(start, base.period_end)
    carried = 0
    if allowance.rollover_max and not allowance.is_unlimited:
        carried = carried_over(allowance.limit - base.taken + rollover, allowance)
        carried = _over_skipped(carried, base.period_end, start, allowance, calendar)
    fresh = replace(base, used=0, reserved=0, period_start=start, period_end=end)
    return Renewal(fresh, is_rolled=True, carried=carried)


def _with_interval(base: Bucket, interval: str, calendar: Calendar, at: datetime) -> Bucket:
    if base.period_end is not None and base.period_end <= at:
        return replace(base, interval=interval)  # about to be rolled
    return replace(base, interval=interval, period_end=calendar.period(interval, at)[1])


def _over_skipped(
    carried: int, old_end: datetime, start: datetime, allowance: Allowance, calendar: Calendar
) -> int:
    """Nothing was used in the periods between: each adds its whole limit, up to the maximum."""
    skipped = calendar.periods_between(str(allowance.interval), old_end, start)
    if not skipped:
        return carried
    first = max(allowance.rollover_min, allowance.limit + carried)
    return min(allowance.rollover_max, first + (skipped - 1) * allowance.limit)
