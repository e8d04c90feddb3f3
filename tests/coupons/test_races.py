"""Many at once, with real transactions: no use too many, and each ends once."""

from contextlib import suppress

import pytest
import sqlalchemy as sa
import time_machine

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import DomainError
from portal.coupons.models import Coupon, CouponUsage
from portal.coupons.redeeming import redeem_coupon, redeem_reservation, release_reservation
from portal.coupons.upkeep import release_stale
from tests.cast import make_tenant
from tests.coupons.conftest import buys, make_coupon
from tests.coupons.test_redeeming import reserve
from tests.staff.test_races import together

pytestmark = pytest.mark.race
MANY = 20


@pytest.fixture
def tenants(own_app):
    """As many as there are threads, out of any session."""
    with own_app.app_context():
        found = [make_tenant(f"Tenant{number}") for number in range(MANY)]
        db.session.commit()
        for tenant in found:
            db.session.refresh(tenant)
        db.session.expunge_all()
        return found


def offer(app, *codes, **terms):
    with app.app_context():
        for code in codes:
            make_coupon(code, **terms)
        db.session.commit()


def redeem(app, tenant, code="SPRING20"):
    with app.app_context():
        try:
            redeem_coupon(by=SYSTEM, code=code, purchase=buys(tenant))
            db.session.commit()
        except DomainError as refusal:
            db.session.rollback()
            return refusal.more["reason"]
        return "redeemed"


def counted(app):
    """What the coupons say, and what their usages say."""
    with app.app_context():
        says = db.session.scalar(sa.select(sa.func.sum(Coupon.times_redeemed)))
        held = sa.select(sa.func.count()).where(CouponUsage.status != "released")
        return says, db.session.scalar(held)


def test_of_20_tenants_5_get_the_last_5(own_app, tenants):
    offer(own_app, "SPRING20", max_redemptions=5)
    answers = together(lambda number: redeem(own_app, tenants[number]), MANY)
    assert (answers.count("redeemed"), answers.count("coupon_exhausted")) == (5, 15)
    assert counted(own_app) == (5, 5)


def test_one_tenant_20_times_gets_one(own_app, tenants):
    offer(own_app, "SPRING20", max_redemptions=50)
    answers = together(lambda _: redeem(own_app, tenants[0]), MANY)
    assert (answers.count("redeemed"), answers.count("coupon_tenant_limit")) == (1, 19)
    assert counted(own_app) == (1, 1)


def test_of_coupons_that_do_not_go_together_a_tenant_gets_one(own_app, tenants):
    codes = [f"ALONE-{number}" for number in range(8)]
    offer(own_app, *codes, duration="forever")
    answers = together(lambda number: redeem(own_app, tenants[0], codes[number]), 8)
    assert (answers.count("redeemed"), answers.count("coupon_not_stackable")) == (1, 7)


def test_a_reservation_ends_once_for_many(own_app, tenants):
    offer(own_app, "SPRING20", max_redemptions=5)
    with own_app.app_context():
        usage_id = reserve(tenants[0]).id
        db.session.commit()

    def end(number):
        with own_app.app_context():
            with suppress(DomainError):
                (redeem_reservation, release_reservation)[number % 2](by=SYSTEM, usage_id=usage_id)
                db.session.commit()
                return 1
            db.session.rollback()
            return 0

    assert sum(together(end, 12)) == 1
    assert counted(own_app) in {(1, 1), (0, 0)}


def test_many_sweepers_release_each_use_once(own_app, tenants):
    offer(own_app, "SPRING20", max_redemptions=MANY)
    with own_app.app_context():
        ends = [reserve(tenant).expires_at for tenant in tenants]
        db.session.commit()

    def sweep(_):
        with own_app.app_context():
            release_stale({})
            db.session.commit()

    with time_machine.travel(max(ends)):
        together(sweep, 4)
    assert counted(own_app) == (0, 0)
