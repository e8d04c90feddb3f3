"""Seats are the tenant's active users: counted live, and respected when that is asked for."""

import pytest
import sqlalchemy as sa

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.models import UserStatus
from portal.customers.users import upsert_user
from portal.entitlements.checks import check_feature_access
from portal.entitlements.grants import grant_tenant_feature
from portal.entitlements.over_limit import over_limit, sweep
from portal.entitlements.seats import NoSeatLeft
from portal.subscriptions.assignments import cancel_plan
from tests.cast import make_user


def seat(shop, name, **more):
    values = {"name": name, "email": f"{name.lower()}@acme.test", "within_seats": True, **more}
    return upsert_user(by=SYSTEM, tenant=shop.acme, external_id=name, **values)


def seats(shop):
    db.session.commit()
    return check_feature_access(user_id=shop.uma.id, feature_name="multi_user").limit


def test_the_seats_used_are_the_active_users(shop):
    assert (seats(shop).used, seats(shop).limit) == (1, 3)
    make_user(shop.acme, "Otto Other")
    make_user(shop.acme, "Ines Inactive", status=UserStatus.INACTIVE)
    assert (seats(shop).used, seats(shop).remaining) == (2, 1)


def test_the_last_seat_is_given_and_no_more(shop):
    seat(shop, "Two")
    seat(shop, "Three")
    with pytest.raises(NoSeatLeft) as refusal:
        seat(shop, "Four")
    assert refusal.value.more["limit"] == 3
    seat(shop, "Four", within_seats=False)
    assert seats(shop).used == 4


def test_without_the_feature_there_is_a_seat_for_one(shop):
    cancel_plan(by=SYSTEM, tenant=shop.acme)
    with pytest.raises(NoSeatLeft):
        seat(shop, "Two")


def soften(shop, **terms):
    found = grant_tenant_feature(
        by=SYSTEM, tenant=shop.acme, feature_name="multi_user", quota_limit=1, is_soft=True, **terms
    )
    db.session.commit()
    return found.after


def test_a_soft_limit_gives_seats_beyond_it(shop):
    for name in ("Two", "Three"):
        make_user(shop.acme, name)
    after = soften(shop)
    assert (after.allowed, after.reason) == (True, "TENANT_OVERRIDE")
    assert (after.limit.used, after.limit.remaining, after.next_change_at) == (3, 0, None)
    seat(shop, "Four")
    assert (seats(shop).used, seats(shop).limit) == (4, 1)


def test_a_soft_limit_gives_no_seat_beyond_its_cap(shop):
    soften(shop, overage_cap=2)
    seat(shop, "Two")
    seat(shop, "Three")
    found = check_feature_access(user_id=shop.uma.id, feature_name="multi_user")
    assert (found.allowed, found.reason) == (False, "TENANT_OVERRIDE_USAGE_EXCEEDED")
    with pytest.raises(NoSeatLeft) as refusal:
        seat(shop, "Four")
    assert refusal.value.message.startswith("All 3 seats are taken")


def test_who_is_over_a_lowered_limit_is_listed(shop):
    shop.use(amount=8)
    sweep({})
    assert over_limit().items == []
    grant_tenant_feature(by=SYSTEM, tenant=shop.acme, feature_name="quotes", quota_limit=5)
    db.session.commit()
    sweep({})
    found = over_limit().items
    assert [(each.tenant_id, each.feature_name, each.used) for each in found] == [
        (shop.acme.id, "quotes", 8)
    ]
    grant_tenant_feature(by=SYSTEM, tenant=shop.acme, feature_name="quotes", quota_limit=8)
    sweep({})
    assert over_limit().items == []
    assert db.session.scalar(sa.text("SELECT used FROM quota_buckets")) == 8
