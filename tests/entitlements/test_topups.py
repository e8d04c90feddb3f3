"""Top-ups add to a limit once; a reset begins the running period anew."""

import json
from datetime import timedelta

import pytest
import time_machine

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.database import db
from portal.core.errors import Denied
from portal.customers.models import Tenant
from portal.entitlements.checks import check_feature_access
from portal.entitlements.reconcile import drifts
from portal.entitlements.refunds import refund_consumption
from portal.entitlements.refusals import AmountRefused, NotConsumed, QuotaExceeded
from portal.entitlements.topups import BadExpiry, NoCounter, reset_quota, top_up
from tests.cast import actor, make_user


def test_a_top_up_adds_to_the_limit(shop, add):
    add(5)
    result = shop.use(amount=12).result
    assert (result["limit"], result["used"], result["remaining"]) == (15, 12, 3)
    assert (shop.bucket().used, shop.bucket(source="topup").used) == (10, 2)
    with pytest.raises(QuotaExceeded):
        shop.use(amount=4)
    assert list(drifts()) == []


def test_what_expires_first_is_used_first(shop, add):
    soon = add(5, expires_at=clock.now() + timedelta(hours=1))
    later = add(5)
    shop.use(amount=16)
    db.session.expire_all()
    assert (soon.used, shop.bucket().used, later.used) == (5, 10, 1)


def test_an_expired_top_up_counts_no_more(shop, add):
    end = clock.now() + timedelta(hours=1)
    add(5, expires_at=end)
    with time_machine.travel(end, tick=False):
        assert shop.use().result["limit"] == 10
        with pytest.raises(QuotaExceeded):
            shop.use(amount=10)


def test_a_users_top_up_helps_that_user_alone(shop, add):
    other = make_user(shop.acme, "Otto Other")
    add(5, user=shop.uma)
    found = [check_feature_access(user_id=of.id, feature_name="quotes") for of in (shop.uma, other)]
    assert [answer.limit.limit for answer in found] == [15, 10]
    shop.use(amount=12)
    with pytest.raises(QuotaExceeded):
        shop.use(user_id=other.id)
    assert shop.use(amount=3).result["remaining"] == 0


def test_a_used_up_top_up_is_out_of_sight_in_the_next_period(shop, add):
    add(5)
    shop.use(amount=15)
    with time_machine.travel(shop.bucket().period_end, tick=False):
        result = shop.use().result
    assert (result["limit"], result["used"]) == (10, 1)


def test_what_is_given_back_to_a_top_up_can_be_used_in_the_next_period(shop, add, ann):
    add(5)
    done = shop.use(amount=15)
    with time_machine.travel(shop.bucket().period_end, tick=False):
        by = {"by": actor(ann), "consumption_id": done.id, "idempotency_key": "r"}
        refund_consumption(amount=3, **by)
        assert shop.use(amount=13).result["remaining"] == 0
    assert list(drifts()) == []


def test_a_check_counts_top_ups_in(shop, add):
    add(5)
    limit = check_feature_access(user_id=shop.uma.id, feature_name="quotes").limit
    assert (limit.limit, limit.remaining) == (15, 15)


def test_a_top_up_raises_the_version_and_is_recorded(shop, add):
    before = shop.acme.entitlement_version
    add(5, reason="Goodwill")
    assert db.session.get(Tenant, shop.acme.id).entitlement_version == before + 1
    event = db.session.query(AuditEvent).filter_by(action=Action.QUOTA_TOPPED_UP).one()
    assert event.reason == "Goodwill"
    (change,) = json.loads(event.canonical)["changes"]
    assert change == {"field": "top_up", "old": None, "new": 5}


def test_only_who_may_adjust_tops_up(shop, bea):
    values = {"by": actor(bea), "tenant": shop.acme, "feature_name": "quotes"}
    with pytest.raises(Denied):
        top_up(amount=5, **values)
    with pytest.raises(Denied):
        reset_quota(**values)


def test_a_top_up_is_a_number_of_consumable_things_with_an_end_ahead(add):
    with pytest.raises(AmountRefused):
        add(0)
    with pytest.raises(BadExpiry):
        add(5, expires_at=clock.now())
    with pytest.raises(NotConsumed):
        add(5, feature_name="multi_user")


def test_a_reset_begins_anew(shop, ann):
    shop.use(amount=9)
    end = shop.bucket().period_end
    values = {"by": actor(ann), "tenant": shop.acme, "feature_name": "quotes"}
    assert reset_quota(**values) == 9
    db.session.commit()
    assert shop.use(amount=10).result["remaining"] == 0
    assert shop.bucket().period_end == end
    assert list(drifts()) == []
    event = db.session.query(AuditEvent).filter_by(action=Action.QUOTA_RESET).one()
    assert b'"old":9' in event.canonical


def test_nothing_used_is_not_reset(shop, ann):
    values = {"by": actor(ann), "tenant": shop.acme, "feature_name": "quotes"}
    with pytest.raises(NoCounter):
        reset_quota(**values)
    with pytest.raises(NoCounter):
        reset_quota(user=shop.uma, **values)
