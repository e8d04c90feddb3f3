"""A use, a reservation and a refusal tell what a check tells at the same instant, swept or not."""

from datetime import timedelta
from itertools import count

import pytest
import time_machine

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.entitlements.answers import LimitBlock
from portal.entitlements.checks import check_feature_access
from portal.entitlements.quotas import consume_quota
from portal.entitlements.reconcile import drifts
from portal.entitlements.refunds import refund_consumption
from portal.entitlements.refusals import QuotaExceeded, numbers
from portal.entitlements.reservations import commit_reservation, reserve_quota
from portal.entitlements.topups import NoCounter, reset_quota
from portal.entitlements.withdrawing import left_of, top_ups_of, withdraw_top_up
from tests.cast import actor, make_user
from tests.statements import counted

MINUTE = timedelta(minutes=1)
_keys = count()


@pytest.fixture(autouse=True)
def _the_clock_stands_still_and_the_ledger_agrees(shop):
    with time_machine.travel(clock.now(), tick=False):
        yield
    assert list(drifts()) == []


def hold(shop, amount=4, feature_name="quotes", expires_in=MINUTE, user=None):
    values = {"user_id": (user or shop.uma).id, "feature_name": feature_name, "amount": amount}
    held = reserve_quota(idempotency_key=f"hold-{next(_keys)}", expires_in=expires_in, **values)
    db.session.commit()
    return held


def left(shop, feature_name="quotes") -> LimitBlock:
    db.session.commit()
    return check_feature_access(user_id=shop.uma.id, feature_name=feature_name).limit


def told(shop, feature_name="quotes") -> dict[str, object]:
    return numbers(left(shop, feature_name))


def later(passed=2 * MINUTE):
    return time_machine.travel(clock.now() + passed, tick=False)


def said(result: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in result.items() if name != "consumed"}


@pytest.mark.parametrize("is_alone", [False, True])
@pytest.mark.parametrize("holder", ["Uma", "Otto"])
def test_a_use_tells_what_a_check_tells(shop, holder, is_alone):
    hold(shop, user=None if holder == "Uma" else make_user(shop.acme, "Otto Other"))
    with later():
        assert left(shop).remaining == 10
        result = shop.use(is_alone=is_alone).result
        assert (result["remaining"], said(result)) == (9, told(shop))


def test_a_use_of_a_users_own_counter_tells_it_too(shop):
    shop.give_own_limit(20)
    hold(shop)
    with later():
        assert said(shop.use().result) == told(shop)
        assert left(shop).remaining == 19


def test_a_use_beside_a_top_up_tells_it_too(shop, add):
    add(5)
    hold(shop, 12)
    with later():
        assert left(shop).remaining == 15
        assert said(shop.use().result) == told(shop)


def test_a_reservation_tells_it_too(shop):
    hold(shop)
    with later():
        result = hold(shop, 1).result
        assert (result["remaining"], said(result)) == (9, told(shop))


def test_a_refusal_tells_it_too(shop):
    hold(shop)
    with later():
        expected = told(shop)
        with pytest.raises(QuotaExceeded) as refused:
            shop.use(amount=11)
        db.session.rollback()
        assert said({**refused.value.more, **expected}) == said(refused.value.more)


def test_a_commit_tells_it_too(shop):
    hold(shop)
    mine = hold(shop, 3, expires_in=5 * MINUTE)
    with later():
        result = commit_reservation(reservation_id=mine.id, idempotency_key="end").result
        assert (result["remaining"], said(result)) == (7, told(shop))


def test_a_refund_tells_it_too(shop):
    used = shop.use(amount=2)
    hold(shop)
    with later():
        back = {"by": SYSTEM, "consumption_id": used.id, "idempotency_key": "back"}
        assert refund_consumption(**back).result["remaining"] == left(shop).remaining == 10


def test_only_what_is_held_too_long_is_nothing_to_set_back(shop, ann):
    hold(shop)
    with later(), pytest.raises(NoCounter):
        reset_quota(by=actor(ann), tenant=shop.acme, feature_name="quotes")


def test_more_than_one_round_of_them_is_let_go_of(shop, monkeypatch):
    monkeypatch.setattr("portal.entitlements.holding.AT_ONCE", 2)
    for _ in range(5):
        hold(shop, 2)
    with later():
        assert shop.use().result["remaining"] == 9


def test_what_is_held_too_long_goes_over_into_the_next_period(shop):
    shop.use("exports", amount=55)
    hold(shop, 40, "exports")
    with time_machine.travel(shop.bucket("exports").period_end, tick=False):
        expected = left(shop, "exports")
        assert (expected.limit, expected.remaining) == (145, 145)
        result = shop.use("exports").result
        assert (result["limit"], result["remaining"]) == (145, 144)


def test_what_is_still_held_does_not_go_over(shop):
    shop.use("exports", amount=55)
    end = shop.bucket("exports").period_end
    with time_machine.travel(end - MINUTE, tick=False):
        hold(shop, 40, "exports", expires_in=5 * MINUTE)
    with time_machine.travel(end, tick=False):
        assert left(shop, "exports").limit == shop.use("exports").result["limit"] == 105


def test_what_is_held_and_runs_on_costs_a_use_nothing(shop):
    def use(key):
        consume_quota(user_id=shop.uma.id, feature_name="quotes", idempotency_key=key)
        db.session.commit()

    use("first")
    with counted() as without:
        use("second")
    hold(shop)
    with counted() as beside:
        use("third")
    assert len(beside) == len(without)


def test_a_top_up_that_was_held_too_long_can_be_taken_back(shop, add, ann):
    shop.use(amount=10)
    top_up = add(5)
    hold(shop, 5)
    assert [each.left for each in top_ups_of(shop.acme.id)] == []
    with later():
        assert [each.left for each in top_ups_of(shop.acme.id)] == [left_of(top_up)] == [5]
        assert withdraw_top_up(by=actor(ann), top_up_id=top_up.id) == (shop.acme.id, 5)
        db.session.commit()
        assert left(shop).limit == 10
