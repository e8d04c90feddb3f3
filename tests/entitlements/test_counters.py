"""The pure part of counting: the order of burning, rolls, and what is carried over."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.catalog.snapshot import Allowance, Interval
from portal.entitlements.buckets import Bucket, Calendar, Source, burn, carried_over, renew
from portal.entitlements.pools import Demand, pools_of, tighter

VECTORS = {
    each["id"]: each
    for each in json.loads((Path(__file__).parents[1] / "vectors" / "money.json").read_text())
}
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
START, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
CALENDAR = Calendar(datetime(2026, 1, 1, tzinfo=UTC), "UTC")


def bucket(number=1, **more):
    values = {
        "id": number,
        "user_key": 0,
        "source": Source.BASE,
        "own_limit": None,
        "used": 0,
        "reserved": 0,
        "interval": "month",
        "period_start": START,
        "period_end": END,
        "priority": 100,
        "expires_at": None,
        "exhausted_at": None,
        "created_at": START,
        **more,
    }
    return Bucket(**values)


def top_up(number, size, **more):
    return bucket(number, source=Source.TOP_UP, own_limit=size, period_end=None, **more)


def grants(vector):
    for number, (name, size, said) in enumerate(vector["input"]["grants"], 1):
        word, value = (said[:4], said[4:]) if said.startswith("prio") else said.split()
        years = timedelta(days=365 * int(value.rstrip("y")))
        more = {"priority": int(value)} if word == "prio" else {"expires_at": NOW + years}
        yield name, size, top_up(number, size, **more)


@pytest.mark.parametrize("name", ["Q1", "Q2"])
def test_the_vectors_of_burning_hold(name):
    vector = VECTORS[name]
    given_ = list(grants(vector))
    rooms = [(each, size) for _, size, each in reversed(given_)]
    burnt, rest = burn(vector["input"]["usage"], rooms)
    taken = {part.bucket.id: part.amount for part in burnt}
    left = {name: size - taken.get(each.id, 0) for name, size, each in given_}
    assert [left, rest] == vector["expect"]


def test_of_equals_the_oldest_is_burnt_first():
    old, new = top_up(2, 5), top_up(1, 5, created_at=NOW)
    burnt, _ = burn(6, [(new, 5), (old, 5)])
    assert [(part.bucket.id, part.amount) for part in burnt] == [(2, 5), (1, 1)]


@pytest.mark.parametrize(
    ("expires_at", "order"),
    [(END - timedelta(days=1), [2, 1]), (END + timedelta(days=1), [1, 2]), (None, [1, 2])],
)
def test_what_ends_first_is_burnt_first_be_it_a_period_or_a_top_up(expires_at, order):
    rooms = [(top_up(2, 5, expires_at=expires_at), 5), (bucket(1), 5)]
    assert [part.bucket.id for part in burn(10, rooms)[0]] == order


@pytest.mark.parametrize(
    ("remaining", "least", "most", "carried"),
    [
        (VECTORS["Q4"]["input"]["end_balance"], 0, 50, VECTORS["Q4"]["expect"]),
        (-10, 50, 50, 40),  # 110 used of 100, and 50 carried whatever happens
        (20, 0, 50, 20),
        (0, 30, 50, 30),
        (-80, 50, 50, 0),
    ],
)
def test_what_is_carried_over(remaining, least, most, carried):
    allowance = Allowance(False, 100, Interval.MONTH, rollover_min=least, rollover_max=most)
    assert carried_over(remaining, allowance) == carried


def rolled(base, at, allowance=None, rollover=0):
    return renew(base, rollover, allowance or Allowance(False, 10, Interval.MONTH), CALENDAR, at)


def test_a_period_ends_at_its_end_and_not_before():
    used = bucket(used=7, reserved=2)
    assert rolled(used, END - timedelta(microseconds=1)).bucket == used
    fresh = rolled(used, END)
    assert (fresh.bucket.used, fresh.bucket.reserved, fresh.bucket.period_start) == (0, 0, END)


def test_skipped_periods_are_jumped_in_one_step():
    fresh = rolled(bucket(used=7), datetime(2027, 2, 3, tzinfo=UTC)).bucket
    assert fresh.period_start == datetime(2027, 2, 1, tzinfo=UTC)
    assert fresh.period_end == datetime(2027, 3, 1, tzinfo=UTC)


def test_skipped_periods_carry_over_as_if_each_had_been_rolled():
    allowance = Allowance(False, 100, Interval.MONTH, rollover_max=250)
    at = END
    base, carried = bucket(used=30), 0
    for _ in range(4):
        step = rolled(base, at, allowance, carried)
        base, carried = step.bucket, step.carried
        jumped = rolled(bucket(used=30), at, allowance)
        assert jumped.carried == carried
        at = base.period_end


def test_where_there_is_no_limit_nothing_is_carried_over():
    endless = Allowance(is_unlimited=True, interval=Interval.MONTH, rollover_max=50)
    assert rolled(bucket(), END, endless, rollover=9).carried == 0


def test_another_interval_keeps_what_was_used():
    day = Allowance(False, 10, Interval.DAY)
    found = renew(bucket(used=7), 0, day, CALENDAR, NOW).bucket
    assert (found.used, found.period_start) == (7, START)
    assert found.period_end == datetime(2026, 6, 11, tzinfo=UTC)
    never = renew(bucket(used=7), 0, Allowance(False, 9, Interval.NEVER), CALENDAR, NOW).bucket
    assert (never.used, never.period_end) == (7, None)
    assert renew(never, 0, Allowance(False, 9, Interval.MONTH), CALENDAR, NOW).bucket == bucket(
        used=7
    )


def test_another_interval_after_the_end_of_a_period_begins_anew():
    found = renew(bucket(used=7), 0, Allowance(False, 10, Interval.DAY), CALENDAR, END)
    assert (found.is_rolled, found.bucket.used, found.bucket.interval) == (True, 0, "day")
    assert (found.bucket.period_start, found.bucket.period_end) == (END, END + timedelta(days=1))


def test_another_zone_leaves_neither_gap_nor_overlap():
    tokyo = Calendar(CALENDAR.anchor_at, "Asia/Tokyo")
    allowance = Allowance(False, 10, Interval.MONTH)
    assert renew(bucket(), 0, allowance, tokyo, END).bucket.period_start == END


def pool(allowance, *buckets, at=NOW):
    demand = Demand(0, allowance, frozenset({0, 9}))
    return pools_of([demand], list(buckets), CALENDAR, at)[0]


def test_what_is_left_of_the_last_carry_and_of_no_other_goes_on():
    allowance = Allowance(False, 100, Interval.MONTH, rollover_max=50)
    kept = {"source": Source.ROLLOVER, "own_limit": 40, "used": 10}
    last, older = (bucket(n, expires_at=end, **kept) for n, end in ((2, END), (3, START)))
    found = pool(allowance, bucket(used=90), last, older, top_up(4, 5, expires_at=END), at=END)
    assert found.renewal.carried == 10 + 30


def test_top_ups_of_tenant_and_user_help_and_what_the_counter_itself_carried():
    carried = {"source": Source.ROLLOVER, "own_limit": 5, "expires_at": END}
    users = top_up(3, 5, user_key=9, exhausted_at=START)
    helping = [top_up(2, 5), users, bucket(4, **carried)]
    others = [top_up(5, 5, user_key=8), bucket(6, user_key=9, **carried)]
    over = [top_up(7, 5, expires_at=NOW), top_up(8, 5, exhausted_at=START - timedelta(1))]
    found = pool(Allowance(False, 1, Interval.MONTH), bucket(1), *helping, *others, *over)
    assert list(found.extras) == helping


def test_an_exhausted_cap_is_never_unlimited():
    found = pool(Allowance(False, 0, Interval.MONTH))
    assert (found.room(), found.block().remaining, found.block().is_unlimited) == (0, 0, False)


def test_beyond_a_soft_limit_the_base_is_charged_after_the_top_ups():
    soft = Allowance(False, 10, Interval.MONTH, is_soft=True)
    burnt = pool(soft, bucket(1), top_up(2, 5)).take(20)
    assert [(part.bucket.id, part.amount) for part in burnt] == [(1, 10), (2, 5), (1, 5)]


def test_the_pool_that_ends_first_is_shown():
    wide, narrow = (
        pool(Allowance(False, 9, Interval.MONTH)),
        pool(Allowance(False, 3, Interval.DAY)),
    )
    endless = pool(Allowance(is_unlimited=True, interval=Interval.MONTH))
    assert tighter([endless, wide, narrow]).limit == 3
    soft = pool(Allowance(False, 9, Interval.MONTH, is_soft=True))
    assert tighter([endless, soft]).limit == 9
    assert tighter([endless]).is_unlimited


def test_a_counter_begins_with_the_running_period_of_its_interval():
    found = pool(Allowance(False, 3, Interval.DAY)).base
    assert (found.interval, found.period_start) == ("day", datetime(2026, 6, 10, tzinfo=UTC))


counts = st.integers(0, 40)
parts = st.lists(st.tuples(counts, counts, counts), max_size=4)


def filled(parts):
    """Top-ups of which so much is free, used and held."""
    return [
        top_up(number, free + used + held, used=used, reserved=held)
        for number, (free, used, held) in enumerate(parts, 2)
    ]


@given(counts, counts, parts, st.booleans())
def test_there_is_room_for_what_is_neither_used_nor_held(used, held, parts, is_soft):
    allowance = Allowance(False, 50, Interval.MONTH, is_soft=is_soft, overage_cap=30)
    found = pool(allowance, bucket(1, used=used, reserved=held), *filled(parts))
    free = 50 - used - held + sum(part[0] for part in parts) + (30 if is_soft else 0)
    assert found.room() == max(free, 0)


@given(st.integers(0, 100), parts, st.integers(1, 200), st.booleans())
def test_what_is_taken_adds_up_and_no_bucket_goes_below_nothing(used, parts, amount, is_soft):
    allowance = Allowance(False, 50, Interval.MONTH, is_soft=is_soft, overage_cap=30)
    extras = filled(parts)
    found = pool(allowance, bucket(1, used=used), *extras)
    room = found.room()
    assume(room)
    amount = min(amount, room)
    burnt = found.take(amount)
    assert sum(part.amount for part in burnt) == amount
    for extra, (free, _, _) in zip(extras, parts, strict=True):
        mine = sum(part.amount for part in burnt if part.bucket.id == extra.id)
        assert 0 <= mine <= free
