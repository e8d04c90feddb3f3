"""Many at once, with real transactions: exactly what the limit says, and each key once."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.customers.models import Tenant, User
from portal.entitlements.counters import locked_buckets
from portal.entitlements.grants import grant_tenant_feature
from portal.entitlements.models import QuotaBucket, QuotaEvent
from portal.entitlements.pools import TENANT_KEY
from portal.entitlements.quotas import consume_quota
from portal.entitlements.reconcile import drifts
from portal.entitlements.refunds import refund_consumption
from portal.entitlements.refusals import QuotaExceeded
from portal.entitlements.reservations import (
    commit_reservation,
    release_reservation,
    reserve_quota,
)
from portal.entitlements.topups import reset_quota, top_up
from portal.entitlements.withdrawing import withdraw_top_up
from tests.cast import make_admin, make_user, signed_in
from tests.entitlements.shop import Shop, make_shop
from tests.staff.test_races import together
from tests.statements import waiting

pytestmark = pytest.mark.race
THREADS, EACH = 32, 100
ADJUSTER = replace(SYSTEM, permissions=frozenset({Permission.QUOTAS_ADJUST}))


@pytest.fixture
def own_shop(own_app: Flask) -> Shop:
    with own_app.app_context():
        shop = make_shop()
        for each in (shop.acme, shop.uma):
            db.session.refresh(each)
        db.session.expunge_all()  # whoever plays has a session of their own
        return shop


def take(app, user_id, feature, key, amount=1):
    """One use in a transaction of its own: granted, replayed or refused."""
    with app.app_context():
        try:
            values = {"user_id": user_id, "feature_name": feature, "idempotency_key": key}
            done = consume_quota(amount=amount, is_alone=True, **values)
            db.session.commit()
        except QuotaExceeded:
            db.session.rollback()
            return "refused"
        return "replayed" if done.is_replay else "granted"


def used(app, feature):
    with app.app_context():
        return db.session.scalar(sa.select(QuotaBucket.used).filter_by(feature_name=feature))


def agree(app):
    with app.app_context():
        return list(drifts()) == []


def test_32_times_100_uses_of_1000_grant_exactly_1000(own_app, own_shop):
    user_id = own_shop.uma.id

    def use(number):
        return [take(own_app, user_id, "calls", f"{number}.{n}") for n in range(EACH)]

    first = [answer for answers in together(use, THREADS) for answer in answers]
    assert (first.count("granted"), first.count("refused")) == (1000, 2200)
    assert used(own_app, "calls") == 1000
    again = [answer for answers in together(use, THREADS) for answer in answers]
    assert (again.count("replayed"), again.count("refused")) == (1000, 2200)
    assert used(own_app, "calls") == 1000
    assert agree(own_app)


def test_one_key_from_many_takes_once(own_app, own_shop):
    user_id = own_shop.uma.id
    answers = together(lambda _: take(own_app, user_id, "quotes", "one", 3), 16)
    assert sorted(set(answers)) == ["granted", "replayed"]
    assert answers.count("granted") == 1
    assert used(own_app, "quotes") == 3


def test_a_period_is_rolled_once_by_many(own_app, own_shop):
    user_id = own_shop.uma.id
    take(own_app, user_id, "exports", "before", 30)
    with own_app.app_context():
        end = db.session.scalar(sa.select(QuotaBucket.period_end))
    with time_machine.travel(end):
        answers = together(lambda number: take(own_app, user_id, "exports", f"k{number}"), 16)
    assert answers == ["granted"] * 16
    with own_app.app_context():
        rolls = db.session.scalars(sa.select(QuotaEvent).filter_by(kind="roll")).all()
        assert [(roll.result["was_used"], roll.result["carried"]) for roll in rolls] == [(30, 50)]
        rollover = db.session.scalars(sa.select(QuotaBucket).filter_by(source="rollover")).one()
        assert (rollover.own_limit, rollover.used) == (50, 16)
    assert agree(own_app)


def test_many_share_a_limit_and_its_top_ups(own_app, own_shop):
    with own_app.app_context():
        top_up(by=ADJUSTER, tenant=own_shop.acme, feature_name="quotes", amount=30)
        db.session.commit()
    user_id = own_shop.uma.id
    answers = together(
        lambda number: [take(own_app, user_id, "quotes", f"{number}.{n}") for n in range(5)], 16
    )
    assert sum(each.count("granted") for each in answers) == 40
    assert agree(own_app)


def test_a_form_that_is_sent_many_times_tops_up_once(own_app, own_shop):
    with own_app.app_context():
        ann = make_admin("Ann", Role.ADMIN, is_second_factor_on=True)
        clients = [signed_in(own_app, ann) for _ in range(8)]
        db.session.commit()
    told = {"feature_name": "quotes", "amount": "30", "reason": "Goodwill", "once": "one form"}
    named = {f"top_up-{name}": value for name, value in told.items()}

    def give(number):
        with own_app.app_context():
            place = f"/entitlements/tenants/{own_shop.acme.id}/top-up"
            return clients[number].submit(place, **named).status_code

    assert set(together(give, 8)) == {303}
    with own_app.app_context():
        (bucket,) = db.session.scalars(sa.select(QuotaBucket).filter_by(source="topup")).all()
        assert bucket.own_limit == 30


def test_a_reservation_ends_once_for_many(own_app, own_shop):
    with own_app.app_context():
        held = reserve_quota(
            user_id=own_shop.uma.id, feature_name="quotes", amount=4, idempotency_key="h"
        )
        db.session.commit()

    def end(number):
        with own_app.app_context():
            do = commit_reservation if number % 2 else release_reservation
            with suppress(DomainError):
                do(reservation_id=held.id, idempotency_key=f"end-{number}")
                db.session.commit()
                return 1
            db.session.rollback()
            return 0

    assert sum(together(end, 16)) == 1
    assert used(own_app, "quotes") in {0, 4}
    assert agree(own_app)


def one_behind_the_other(app, tenant_id, *works):
    """What each returns, begun once the one before waits for the counter that all share."""
    with app.app_context(), ThreadPoolExecutor(len(works)) as pool:
        locked_buckets(tenant_id, "quotes", {TENANT_KEY})
        found = []
        for place, work in enumerate(works, start=1):
            found.append(pool.submit(work))
            while waiting() < place and not found[-1].done():
                pass
        db.session.commit()
        return [work.result(60) for work in found]


def held_until(user_id, amount):
    """Hold so many quotes; an instant at which they are held too long."""
    reserve_quota(user_id=user_id, feature_name="quotes", amount=amount, idempotency_key="h")
    db.session.commit()
    return clock.now() + timedelta(minutes=20)


def test_an_owner_and_who_lets_go_of_their_hold_take_turns(own_app, own_shop):
    """Also where the owner's counter is older than the one that both share."""
    uma = own_shop.uma.id
    with own_app.app_context():
        otto = share_below_own_limit(own_shop)
        later = held_until(uma, 4)
    uses = [partial(take, own_app, who, "quotes", f"by {who}") for who in (otto, uma)]
    with time_machine.travel(later):
        assert one_behind_the_other(own_app, own_shop.acme.id, *uses) == ["granted", "granted"]
    assert agree(own_app)


def test_a_top_up_that_is_taken_back_and_a_use_of_it_take_turns(own_app, own_shop):
    uma = own_shop.uma.id
    with own_app.app_context():
        row = more_for_uma(own_shop, 5)
        later = held_until(uma, 12)
    works = partial(take, own_app, uma, "quotes", "a use"), partial(take_back, own_app, row)
    with time_machine.travel(later):
        assert one_behind_the_other(own_app, own_shop.acme.id, *works) == ["granted", 5]
    assert agree(own_app)


def take_back(app, top_up_id):
    with app.app_context():
        _, left = withdraw_top_up(by=ADJUSTER, top_up_id=top_up_id)
        db.session.commit()
        return left


def more_for_uma(shop, amount):
    acme = db.session.get_one(Tenant, shop.acme.id)
    uma = db.session.get_one(User, shop.uma.id)
    row = top_up(by=ADJUSTER, tenant=acme, user=uma, feature_name="quotes", amount=amount)
    db.session.commit()
    return row.id


def share_below_own_limit(shop):
    shop.give_own_limit()
    acme = db.session.get_one(Tenant, shop.acme.id)
    grant_tenant_feature(by=SYSTEM, tenant=acme, feature_name="quotes", quota_limit=10)
    otto = make_user(acme, "Otto Other").id
    db.session.commit()
    return otto


def test_many_refunds_give_back_no_more_than_was_taken(own_app, own_shop):
    with own_app.app_context():
        done = consume_quota(
            user_id=own_shop.uma.id, feature_name="quotes", amount=10, idempotency_key="c"
        )
        db.session.commit()

    def refund(number):
        with own_app.app_context():
            with suppress(DomainError):
                values = {"consumption_id": done.id, "amount": 3, "idempotency_key": f"{number}"}
                refund_consumption(by=SYSTEM, **values)
                db.session.commit()
                return 1
            db.session.rollback()
            return 0

    assert sum(together(refund, 16)) == 3
    assert used(own_app, "quotes") == 1
    assert agree(own_app)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_many_do_counters_are_the_sum_of_the_ledger(own_app, own_shop, seed):
    ids: list[int] = []
    barrier = Barrier(8)

    def play(number):
        dice = random.Random(seed * 100 + number)
        barrier.wait()
        for turn in range(25):
            with own_app.app_context(), suppress(DomainError):
                _one_move(own_shop, dice, f"{number}.{turn}", ids)
                db.session.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(play, range(8)))
    assert agree(own_app)
    with own_app.app_context():
        for bucket in db.session.scalars(sa.select(QuotaBucket)):
            assert 0 <= bucket.used + bucket.reserved <= (bucket.own_limit or 100)


def _one_move(shop, dice, key, ids):
    user = {"user_id": shop.uma.id, "feature_name": "exports", "amount": dice.randint(1, 9)}
    move = dice.choice(["use", "use", "use", "reserve", "refund", "commit", "release", "reset"])
    known = {"idempotency_key": key}
    if move == "use":
        ids.append(consume_quota(**user, **known).id)
    elif move == "reserve":
        ids.append(reserve_quota(**user, **known).id)
    elif ids and move == "refund":
        refund_consumption(by=SYSTEM, consumption_id=dice.choice(ids), amount=2, **known)
    elif ids and move == "commit":
        commit_reservation(reservation_id=dice.choice(ids), amount=dice.randint(1, 9), **known)
    elif move == "reset":
        reset_quota(by=ADJUSTER, tenant=shop.acme, feature_name="exports")
    elif ids:
        release_reservation(reservation_id=dice.choice(ids), **known)
