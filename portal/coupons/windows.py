"""Coupons that count months: a period is discounted whole if it begins inside the window. Pure.

The window is counted from the start of the first period that was paid, never from the day of the
redemption: whoever pays on the 31st and begins on 28 February loses no month by it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core.periods import nth_boundary, period_number

TICK = timedelta(microseconds=1)


def window_end(first_period_at: datetime, months: int, zone: str) -> datetime:
    """The instant from which on no period is discounted any more."""
    return nth_boundary(first_period_at, "month", months, zone)


@dataclass(frozen=True, slots=True)
class Pace:
    """When the next period begins, for how long each is (`month`, `year`), and by which clock."""

    starts_at: datetime
    interval: str
    zone: str

    def periods_within(self, months: int) -> int:
        """How many of them a coupon discounts of which the next one is the first."""
        return self.periods_before(window_end(self.starts_at, months, self.zone))

    def periods_before(self, end: datetime) -> int:
        """How many of them begin before the instant."""
        if end <= self.starts_at:
            return 0
        return period_number(self.starts_at, self.interval, end - TICK, self.zone) + 1
