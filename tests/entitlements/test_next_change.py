"""Until when an answer holds, if nobody changes anything: the first end of all that counts."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.clock import second_of
from portal.core.database import db
from portal.entitlements.answers import Answer
from portal.entitlements.checks import check_feature_access
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from portal.entitlements.withdrawing import withdraw_top_up
from tests.cast import actor, make_user


@pytest.fixture(autouse=True)
def _the_clock_stands_still():
    with time_machine.travel(clock.now(), tick=False):
        yield


def check(shop, feature_name: str = "quotes") -> Answer:
    db.session.commit()
    return check_feature_access(user_id=shop.uma.id, feature_name=feature_name)


def soon(**delta: float):
    return second_of(clock.now()) + timedelta(**delta)


def test_an_answer_holds_until_a_top_up_ends(shop, add):
    shop.use(amount=10)
    end = soon(hours=2)
    add(5, expires_at=end)
    found = check(shop)
    assert (found.allowed, found.limit.limit, found.limit.used) == (True, 15, 10)
    assert found.next_change_at == end < found.limit.resets_at
    with time_machine.travel(end, tick=False):
        after = check(shop)
        assert (after.allowed, after.next_change_at) == (False, after.limit.resets_at)


def test_the_first_of_several_ends_counts(shop, add):
    ends = [soon(hours=hours) for hours in (3, 2, 4)]
    for end in ends:
        add(5, expires_at=end)
    told = []
    for instant in (clock.now(), *sorted(ends)):
        with time_machine.travel(instant, tick=False):
            told.append(check(shop).next_change_at)
    assert told == [*sorted(ends), check(shop).limit.resets_at]


def test_a_top_up_without_an_end_leaves_the_reset(shop, add):
    add(5)
    found = check(shop)
    assert found.next_change_at == found.limit.resets_at


def test_what_is_taken_back_ends_nothing_more(shop, add, ann):
    bucket = add(5, expires_at=soon(hours=2))
    withdraw_top_up(by=actor(ann), top_up_id=bucket.id)
    found = check(shop)
    assert found.next_change_at == found.limit.resets_at


def test_a_top_up_of_somebody_else_or_of_another_feature_does_not_count(shop, add):
    add(5, user=make_user(shop.acme, "Otto Other"), expires_at=soon(hours=1))
    add(5, feature_name="calls", expires_at=soon(minutes=1))
    found = check(shop)
    assert found.next_change_at == found.limit.resets_at
    assert check(shop, "calls").next_change_at == soon(minutes=1)


@pytest.mark.parametrize(("mine", "ours"), [("hour", "month"), ("month", "hour")])
def test_of_two_counters_the_first_to_start_anew_counts(shop, mine, ours):
    terms = {"by": SYSTEM, "feature_name": "quotes", "quota_limit": 9}
    grant_tenant_feature(tenant=shop.acme, interval=ours, **terms)
    grant_user_feature(user=shop.uma, interval=mine, **terms)
    assert check(shop).next_change_at <= soon(hours=1)


def test_what_was_carried_over_ends_with_its_period(shop):
    shop.use("exports", amount=70)
    with time_machine.travel(shop.bucket("exports").period_end, tick=False):
        for _ in ("before the roll", "after it"):
            found = check(shop, "exports")
            assert (found.limit.limit, found.next_change_at) == (130, found.limit.resets_at)
            shop.use("exports")


def test_seats_and_what_is_unlimited_hold_without_end(shop):
    assert [check(shop, name).next_change_at for name in ("multi_user", "searches", "parties")] == [
        None,
        None,
        None,
    ]
