"""A word at 50, 80 and 100 per cent: once a period, however it is reached."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.entitlements.alerts import crossed, quota_alerted
from portal.entitlements.grants import grant_user_feature
from portal.entitlements.models import QuotaAlert
from portal.entitlements.refunds import refund_consumption
from portal.entitlements.reservations import commit_reservation, reserve_quota


@pytest.fixture
def told():
    found = []

    def hear(tenant_id, **more):
        found.append(more["threshold"])

    quota_alerted.connect(hear)
    yield found
    quota_alerted.disconnect(hear)


@pytest.mark.parametrize(
    ("before", "after", "limit", "thresholds"),
    [(0, 4, 10, []), (4, 5, 10, [50]), (5, 6, 10, []), (0, 10, 10, [50, 80, 100]), (0, 1, 0, [])],
)
def test_which_thresholds_are_reached(before, after, limit, thresholds):
    assert crossed(before, after, limit) == thresholds


def test_each_threshold_is_told_once(shop, told):
    for _ in range(10):
        shop.use()
    assert told == [50, 80, 100]
    events = db.session.scalars(sa.select(AuditEvent).filter_by(action=Action.QUOTA_ALERTED)).all()
    assert {event.actor_label for event in events} == {"system"}
    assert {event.target_id for event in events} == {str(shop.acme.id)}


def test_going_back_and_forth_tells_nothing_twice(shop, told):
    done = shop.use(amount=5)
    refund_consumption(by=SYSTEM, consumption_id=done.id, idempotency_key="r")
    shop.use(amount=5)
    assert told == [50]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(QuotaAlert)) == 1


def test_a_new_period_tells_again(shop, told):
    shop.use(amount=5)
    with time_machine.travel(shop.bucket().period_end, tick=False):
        shop.use(amount=5)
    assert told == [50, 50]


def test_what_is_committed_alerts_when_it_is_used(shop, told):
    held = reserve_quota(user_id=shop.uma.id, feature_name="quotes", amount=9, idempotency_key="h")
    assert told == []
    commit_reservation(reservation_id=held.id, idempotency_key="c")
    assert told == [50, 80]


def test_what_is_committed_in_the_next_period_tells_nothing_of_that_one(shop, told):
    shop.use()
    end = shop.bucket().period_end
    with time_machine.travel(end - timedelta(minutes=5), tick=False):
        held = reserve_quota(
            user_id=shop.uma.id, feature_name="quotes", amount=9, idempotency_key="h"
        )
    with time_machine.travel(end, tick=False):
        commit_reservation(reservation_id=held.id, idempotency_key="c")
    assert told == []


def test_what_was_carried_over_is_used_without_a_word(shop, told):
    shop.use("exports")
    with time_machine.travel(shop.bucket("exports").period_end, tick=False):
        shop.use("exports", amount=50)
        assert shop.bucket("exports").used == 0
    assert told == []


def test_a_users_own_counter_tells_of_the_user(shop, told):
    grant_user_feature(by=SYSTEM, user=shop.uma, feature_name="quotes", quota_limit=2)
    db.session.commit()
    shop.use()
    event = db.session.scalars(sa.select(AuditEvent).filter_by(action=Action.QUOTA_ALERTED)).one()
    assert (event.target_type, event.target_label) == ("user", f"user {shop.uma.id}")
