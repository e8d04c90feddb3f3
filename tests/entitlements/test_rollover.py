"""A period that is over: what is carried, what is not, and that it is rolled once."""

from datetime import timedelta

import time_machine

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.entitlements.checks import check_feature_access
from portal.entitlements.grants import grant_tenant_feature
from portal.entitlements.reconcile import drifts


def test_the_rest_goes_over_up_to_the_maximum(shop):
    shop.use("exports", amount=10)
    with time_machine.travel(shop.bucket("exports").period_end, tick=False):
        assert shop.use("exports").result["limit"] == 150
        assert shop.bucket("exports", "rollover").used == 1
        assert shop.bucket("exports").used == 0
    assert list(drifts()) == []


def test_what_is_carried_is_seen_before_anything_is_used(shop):
    shop.use("exports", amount=70)
    with time_machine.travel(shop.bucket("exports").period_end, tick=False):
        limit = check_feature_access(user_id=shop.uma.id, feature_name="exports").limit
        assert (limit.limit, limit.used, limit.remaining) == (130, 0, 130)
        assert shop.use("exports", amount=130).result["remaining"] == 0


def test_what_was_carried_ends_with_its_period(shop):
    shop.use("exports", amount=60)
    end = shop.bucket("exports").period_end
    with time_machine.travel(end, tick=False):
        shop.use("exports", amount=140)
        second = shop.bucket("exports").period_end
    with time_machine.travel(second, tick=False):
        assert shop.use("exports").result["limit"] == 100
    assert list(drifts()) == []


def test_each_period_is_rolled_once(shop):
    shop.use()
    end = shop.bucket().period_end
    with time_machine.travel(end, tick=False):
        shop.use()
        shop.use()
    with time_machine.travel(end + timedelta(days=100), tick=False):
        shop.use()
    assert len(shop.events("roll")) == 2
    assert [event.result["was_used"] for event in shop.events("roll")] == [1, 2]


def test_a_gauge_never_begins_anew(shop):
    result = shop.use("parties", amount=5).result
    assert result["resets_at"] is None
    with time_machine.travel(shop.bucket("parties").created_at + timedelta(days=999), tick=False):
        assert (
            check_feature_access(user_id=shop.uma.id, feature_name="parties").limit.remaining == 0
        )


def test_another_interval_counts_on_in_the_same_bucket(shop):
    shop.use(amount=6)
    terms = {"quota_limit": 8, "interval": "day"}
    grant_tenant_feature(by=SYSTEM, tenant=shop.acme, feature_name="quotes", **terms)
    db.session.commit()
    assert shop.use().result["remaining"] == 1
    assert shop.bucket().interval == "day"
    assert list(drifts()) == []
