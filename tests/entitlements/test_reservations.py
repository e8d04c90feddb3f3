"""Holding a part: it counts as taken until it is committed, released or its time is over."""

from datetime import timedelta
from itertools import count

import pytest
import time_machine

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import NotFound
from portal.entitlements.holding import sweep
from portal.entitlements.models import QuotaEvent
from portal.entitlements.reconcile import drifts
from portal.entitlements.refunds import refund_consumption
from portal.entitlements.refusals import KeyReused, NotPending, QuotaExceeded
from portal.entitlements.reservations import (
    BadExpiry,
    commit_reservation,
    release_reservation,
    reserve_quota,
)

_keys = count()


def hold(shop, amount=4, **more):
    values = {"feature_name": "quotes", "idempotency_key": f"hold-{next(_keys)}", **more}
    return reserve_quota(user_id=shop.uma.id, amount=amount, **values)


def commit(held, amount=None, key="commit"):
    return commit_reservation(reservation_id=held.id, amount=amount, idempotency_key=key)


def balance(shop):
    bucket = shop.bucket()
    return bucket.used, bucket.reserved


@pytest.fixture(autouse=True)
def _the_ledger_agrees_in_the_end(shop):
    yield
    assert list(drifts()) == []


def test_what_is_held_counts_as_taken(shop):
    assert hold(shop).result["remaining"] == 6
    with pytest.raises(QuotaExceeded):
        shop.use(amount=7)
    assert balance(shop) == (0, 4)


def test_a_commit_uses_what_was_held(shop):
    assert commit(hold(shop)).result["used"] == 4
    assert balance(shop) == (4, 0)


def test_a_smaller_commit_releases_the_rest(shop):
    assert commit(hold(shop), 1).result["remaining"] == 9
    assert balance(shop) == (1, 0)


def test_a_larger_commit_takes_the_rest_under_the_limit(shop):
    commit(hold(shop), 6)
    assert balance(shop) == (6, 0)
    held = hold(shop)
    db.session.commit()
    with pytest.raises(QuotaExceeded):
        commit(held, 5, key="more")
    db.session.rollback()
    assert balance(shop) == (6, 4)


def test_a_release_gives_it_free(shop):
    done = release_reservation(reservation_id=hold(shop).id, idempotency_key="release")
    assert done.result["remaining"] == 10
    assert balance(shop) == (0, 0)


def test_a_reservation_ends_once(shop):
    held = hold(shop)
    first = commit(held)
    assert commit(held).result == first.result
    with pytest.raises(NotPending):
        commit(held, key="again")
    with pytest.raises(NotPending):
        release_reservation(reservation_id=held.id, idempotency_key="release")
    with pytest.raises(KeyReused):
        release_reservation(reservation_id=held.id, idempotency_key="commit")
    assert balance(shop) == (4, 0)


def test_the_same_key_holds_once(shop):
    assert hold(shop, idempotency_key="h").id == hold(shop, idempotency_key="h").id
    with pytest.raises(KeyReused):
        hold(shop, amount=5, idempotency_key="h")
    assert balance(shop) == (0, 4)


def test_a_reservation_whose_time_is_over_cannot_be_committed(shop):
    held = hold(shop, expires_in=timedelta(minutes=1))
    later = clock.now() + timedelta(minutes=2)
    with time_machine.travel(later, tick=False), pytest.raises(NotPending):
        commit(held)


def test_the_sweeper_frees_what_nobody_committed(shop):
    held = hold(shop, expires_in=timedelta(minutes=1))
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        sweep({})
        sweep({})
    assert balance(shop) == (0, 0)
    assert [event.refers_to for event in shop.events("expire")] == [held.id]


def test_a_use_without_room_frees_what_is_held_too_long(shop):
    hold(shop, amount=10, expires_in=timedelta(minutes=1))
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        assert shop.use(amount=3).result["remaining"] == 7


def test_a_use_of_as_much_as_there_is_frees_what_is_held_too_long(shop):
    hold(shop, expires_in=timedelta(minutes=1))
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        assert shop.use(amount=12, partial=True).consumed == 10


def test_a_larger_commit_frees_what_is_held_too_long(shop):
    hold(shop, amount=6, expires_in=timedelta(minutes=1))
    mine = hold(shop)
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        assert commit(mine, 9).result["remaining"] == 1
    assert balance(shop) == (9, 0)


def test_what_is_held_stays_with_its_period(shop):
    held = hold(shop, expires_in=timedelta(days=7))
    end = shop.bucket().period_end
    db.session.execute(held_until(held, end + timedelta(days=1)))
    with time_machine.travel(end, tick=False):
        assert shop.use().result["used"] == 1
        assert commit(held).result["used"] == 1
    assert balance(shop) == (1, 0)


def held_until(held, at):
    return QuotaEvent.__table__.update().where(QuotaEvent.id == held.id).values(expires_at=at)


def test_a_committed_reservation_can_be_given_back(shop):
    done = commit(hold(shop), 3)
    refund_consumption(by=SYSTEM, consumption_id=done.id, amount=2, idempotency_key="refund")
    assert balance(shop) == (1, 0)


@pytest.mark.parametrize("minutes", [0, -1, 7 * 24 * 60 + 1])
def test_a_reservation_ends_within_seven_days(shop, minutes):
    with pytest.raises(BadExpiry):
        hold(shop, expires_in=timedelta(minutes=minutes))


def test_what_was_never_held_cannot_be_committed(shop):
    used = shop.use()
    with pytest.raises(NotFound):
        commit(used)
