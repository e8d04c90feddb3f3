"""Periods in which nobody used anything are jumped in one step, which carries what each would."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.snapshot import Allowance, Interval
from portal.core import periods
from portal.entitlements.buckets import Calendar, carried_over, renew
from tests.entitlements.test_counters import bucket

FIRST = datetime(2026, 1, 31, 22, 30, tzinfo=UTC)
ENDING = [str(interval) for interval in Interval if interval is not Interval.NEVER]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
counts = st.integers(0, 40)
allowances = st.builds(
    Allowance,
    is_unlimited=st.just(False),
    limit=counts,
    interval=st.sampled_from(ENDING).map(Interval),
    rollover_min=counts,
    rollover_max=st.integers(0, 400),
)


def begun(calendar: Calendar, allowance: Allowance, used: int):
    """In the first period, with so much used of it."""
    interval = str(allowance.interval)
    start, end = calendar.period(interval, calendar.anchor_at)
    return bucket(used=used, interval=interval, period_start=start, period_end=end)


def stepped(base, allowance: Allowance, calendar: Calendar, skipped: int) -> tuple[int, datetime]:
    """What is carried when somebody looks in each period, and the start of the last of them."""
    carried = 0
    for _ in range(skipped + 1):
        step = renew(base, carried, allowance, calendar, base.period_end)
        base, carried = step.bucket, step.carried
    return carried, base.period_start


@given(allowances, st.sampled_from(ZONES), st.integers(0, 60), st.integers(0, 30))
def test_a_jump_carries_what_each_step_would(allowance, zone, used, skipped):
    calendar = Calendar(FIRST, zone)
    base = begun(calendar, allowance, used)
    carried, at = stepped(base, allowance, calendar, skipped)
    jumped = renew(base, 0, allowance, calendar, at)
    assert (jumped.carried, jumped.bucket.period_start) == (carried, at)


@given(counts, counts, st.integers(0, 400))
def test_a_step_carries_what_a_period_without_use_would(limit, least, most):
    allowance = Allowance(False, limit, Interval.DAY, rollover_min=least, rollover_max=most)
    calendar = Calendar(FIRST, "UTC")
    base = begun(calendar, allowance, used=limit)
    days = [base.period_end + timedelta(days=n) for n in range(6)]
    found = [renew(base, 0, allowance, calendar, day).carried for day in days]
    assert all(carried_over(limit + one, allowance) == two for one, two in pairwise(found))


@pytest.mark.parametrize("days", [1, 900])
def test_a_long_rest_costs_no_more_than_a_short_one(monkeypatch, days):
    asked, told = [], periods.nth_boundary
    monkeypatch.setattr(periods, "nth_boundary", lambda *each: asked.append(each) or told(*each))
    allowance = Allowance(False, 1, Interval.HOUR, rollover_max=10**6)
    calendar = Calendar(FIRST, "UTC")
    base = begun(calendar, allowance, used=1)
    rested = base.period_end + timedelta(days=days)
    assert renew(base, 0, allowance, calendar, rested).carried == days * 24
    assert len(asked) < 20
