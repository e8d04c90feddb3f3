"""What reservations hold counts in checks until its time is over, swept or not."""

from datetime import datetime, timedelta
from itertools import count

import pytest
import time_machine

from portal.core import clock
from portal.core.clock import second_from
from portal.core.database import db
from portal.entitlements.answers import Answer
from portal.entitlements.checks import check_feature_access
from portal.entitlements.counted import counts_of
from portal.entitlements.holding import sweep
from portal.entitlements.quotas import check_quota_available
from portal.entitlements.reservations import (
    commit_reservation,
    release_reservation,
    reserve_quota,
)
from tests.cast import make_user
from tests.statements import counted, plans_of

MINUTE = timedelta(minutes=1)
_keys = count()


@pytest.fixture(autouse=True)
def _the_clock_stands_still():
    with time_machine.travel(clock.now(), tick=False):
        yield


def hold(shop, amount=10, expires_in=MINUTE, **more):
    values = {"user_id": shop.uma.id, "feature_name": "quotes", **more}
    key = f"hold-{next(_keys)}"
    held = reserve_quota(amount=amount, expires_in=expires_in, idempotency_key=key, **values)
    db.session.commit()
    return held


def check(shop, at: datetime | None = None, feature_name="quotes") -> Answer:
    db.session.commit()
    return check_feature_access(user_id=shop.uma.id, feature_name=feature_name, at=at)


def swept(shop) -> Answer:
    sweep({})
    return check(shop)


def later(passed: timedelta):
    return time_machine.travel(clock.now() + passed, tick=False)


def test_what_is_held_too_long_denies_nobody(shop):
    hold(shop)
    assert check(shop).allowed is False
    with later(2 * MINUTE):
        found = check(shop)
        assert (found.allowed, found.limit.remaining) == (True, 10)
        whole = {"user_id": shop.uma.id, "feature_name": "quotes", "amount": 10}
        assert check_quota_available(**whole).is_available
        assert found == swept(shop)
        assert shop.use(amount=10).consumed == 10


def test_an_answer_holds_until_what_is_held_is_free(shop):
    held_until = second_from(clock.now() + MINUTE)
    hold(shop, 4, expires_in=2 * MINUTE)
    hold(shop, 6)
    found = check(shop)
    assert (found.allowed, found.next_change_at) == (False, held_until)
    then = check(shop, at=held_until)
    assert (then.limit.remaining, then.next_change_at) == (6, held_until + MINUTE)
    with time_machine.travel(held_until, tick=False):
        assert check(shop).limit.remaining == 6
    last = check(shop, at=held_until + MINUTE)
    assert (last.limit.remaining, last.next_change_at) == (10, last.limit.resets_at)


@pytest.mark.parametrize("end", [commit_reservation, release_reservation])
def test_what_has_ended_is_not_freed_again(shop, end):
    held = hold(shop, 4)
    end(reservation_id=held.id, idempotency_key="end")
    before = check(shop)
    assert before.next_change_at == before.limit.resets_at
    with later(2 * MINUTE):
        assert check(shop).limit == before.limit


def test_another_users_hold_of_the_shared_counter_counts_too(shop):
    hold(shop, user_id=make_user(shop.acme, "Otto Other").id)
    assert check(shop).allowed is False
    with later(2 * MINUTE):
        assert check(shop).limit.remaining == 10


def test_another_users_hold_of_their_own_counter_is_none_of_ours(shop):
    shop.give_own_limit(5)
    hold(shop, 5)
    otto = make_user(shop.acme, "Otto Other")
    db.session.commit()
    found = check_feature_access(user_id=otto.id, feature_name="quotes")
    assert (found.limit.remaining, found.next_change_at) == (10, found.limit.resets_at)


def test_what_is_held_of_another_feature_stays_out(shop):
    hold(shop, feature_name="mails")
    found = check(shop)
    assert (found.limit.remaining, found.next_change_at) == (10, found.limit.resets_at)


def test_what_a_closed_period_holds_is_not_freed_in_the_next(shop):
    shop.use(amount=2)
    end = shop.bucket().period_end
    with time_machine.travel(end - MINUTE, tick=False):
        hold(shop, 8, expires_in=2 * MINUTE)
    with time_machine.travel(end, tick=False):
        shop.use(amount=3)
        assert check(shop).next_change_at == check(shop).limit.resets_at
        with later(2 * MINUTE):
            assert check(shop).limit.remaining == swept(shop).limit.remaining == 7


def test_a_top_up_that_was_held_to_its_end_counts_again(shop, add):
    shop.use(amount=10)
    add(5)
    hold(shop, 5)
    with time_machine.travel(shop.bucket().period_end, tick=False):
        assert check(shop).limit.limit == swept(shop).limit.limit == 15


def test_a_top_up_that_was_held_to_its_end_comes_back_when_the_hold_ends(shop, add):
    shop.use(amount=10)
    add(5)
    reset = shop.bucket().period_end
    with time_machine.travel(reset - MINUTE, tick=False):
        hold(shop, 5, expires_in=2 * MINUTE)
    with time_machine.travel(reset, tick=False):
        shop.use(amount=10)
        found = check(shop)
        assert (found.limit.limit, found.next_change_at) == (10, reset + MINUTE)
    with time_machine.travel(reset + MINUTE, tick=False):
        assert check(shop).limit.limit == swept(shop).limit.limit == 15


@pytest.mark.parametrize("names", [["quotes"], ["quotes", "mails"]])
def test_holds_come_along_with_the_counters(shop, names):
    def ask():
        return counts_of(*whose, names)

    hold(shop, 4)
    whose = shop.acme.id, shop.uma.id
    with counted() as sent:
        (holds,) = ask().held().values()
    assert ([each.amount for each in holds], len(sent)) == ([4], 1)
    (plan,) = plans_of(ask, of_few=True)
    assert "ix_quota_events_held" in plan
