"""A hundred uses is a hundred uses, in one coupon, in many, or in the codes of a batch."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.once import new_once
from portal.core.roles import Role
from portal.coupons.approvals import approve_coupon
from portal.coupons.batches import create_batch, disable_batch
from portal.coupons.coupons import (
    change_coupon,
    create_coupon,
    disable_coupon,
    enable_coupon,
)
from portal.coupons.given import LATELY, uses_given
from portal.coupons.limits import BeyondLimits
from portal.coupons.models import Coupon
from portal.coupons.redeeming import redeem_coupon
from tests.cast import actor, make_admin
from tests.coupons.conftest import buys, small_terms
from tests.staff.test_races import together


def give(by, code, uses=40, asks_approval=False, **more):
    terms = small_terms(max_redemptions=uses, **more)
    return create_coupon(by=by, code=code, terms=terms, asks_approval=asks_approval)


def give_many(by, count, uses=1, **more):
    terms = small_terms(max_redemptions=uses)
    return create_batch(by=by, once=new_once(), prefix="", count=count, terms=terms, **more)


def test_the_uses_of_coupons_that_are_alike_count_together(app, meg):
    give(meg, "ONE", 60)
    give(meg, "TWO", 40)
    with pytest.raises(BeyondLimits, match="with 100 uses of your coupons like it"):
        give(meg, "THREE", 1)
    waiting = give(meg, "THREE", 1, asks_approval=True)
    assert waiting.status == "awaiting_approval"


def test_a_batch_counts_with_coupons_and_they_with_it(app, meg):
    give_many(meg, 60)
    with pytest.raises(BeyondLimits, match="with 60 uses"):
        give(meg, "MORE", 41)
    give(meg, "REST", 40)
    with pytest.raises(BeyondLimits):
        give_many(meg, 1)


def test_what_is_worth_another_amount_has_a_hundred_uses_of_its_own(app, meg):
    give(meg, "THIRTY", 100, basis_points=3000)
    give(meg, "TWENTY", 100, basis_points=2000)
    with pytest.raises(BeyondLimits):
        give(meg, "ALMOST", 1, basis_points=2999)
    with pytest.raises(BeyondLimits):
        give(meg, "FIFTH", 1, basis_points=2400)


def test_amounts_are_alike_in_a_currency_that_both_have(app, meg):
    def amounts(currency, cents):
        return {"basis_points": None, "amounts": {currency: cents}} | {
            "min_amounts": {currency: 100_000}
        }

    give(meg, "TEN", 100, **amounts("USD", 1000))
    give(meg, "EURO", 100, **amounts("EUR", 1000))
    give(meg, "FIVE", 100, **amounts("USD", 500))
    with pytest.raises(BeyondLimits):
        give(meg, "NINE", 1, **amounts("USD", 900))


def test_what_another_person_made_or_approved_counts_for_nobody(app, meg, mo_acts):
    give(mo_acts, "HIS", 100)
    asked = give(meg, "HERS", 500, asks_approval=True)
    approve_coupon(by=mo_acts, coupon_id=asked.id)
    give(actor(make_admin("Max Marketing", Role.MARKETING)), "OTHER", 100)
    assert give(meg, "OWN", 100).status == "active"


def test_after_thirty_days_there_are_a_hundred_again(app, meg):
    give(meg, "OLD", 100)
    with time_machine.travel(clock.now() + LATELY + timedelta(seconds=1)):
        assert give(meg, "NEW", 100).status == "active"


def test_to_allow_an_old_coupon_more_counts_as_given_now(app, meg):
    old = give(meg, "OLD", 1)
    with time_machine.travel(clock.now() + LATELY + timedelta(seconds=1)):
        give(meg, "NEW", 60)
        terms = small_terms(max_redemptions=41, starts_at=old.starts_at, redeem_by=old.redeem_by)
        with pytest.raises(BeyondLimits):
            change_coupon(by=meg, coupon_id=old.id, terms=terms)
        db.session.rollback()


def test_a_coupon_that_is_changed_does_not_count_beside_itself(app, meg):
    row = give(meg, "ONE", 60)
    more = small_terms(max_redemptions=100)
    assert change_coupon(by=meg, coupon_id=row.id, terms=more).status == "active"


def test_of_a_coupon_that_nobody_can_use_any_more_only_its_uses_count(app, meg, acme, birch):
    row = give(meg, "ONE", 100)
    for tenant in (acme, birch):
        redeem_coupon(by=SYSTEM, code="ONE", purchase=buys(tenant))
    db.session.refresh(row)
    disable_coupon(by=meg, coupon_id=row.id)
    give(meg, "TWO", 98)
    with pytest.raises(BeyondLimits):
        enable_coupon(by=meg, coupon_id=row.id)
    assert uses_given(by=meg, terms=small_terms()) == 100


def test_a_disabled_batch_leaves_room_for_another(app, meg):
    batch = give_many(meg, 100)
    disable_batch(by=meg, batch_id=batch.id)
    assert give_many(meg, 100).status == "active"


def test_a_limited_person_makes_a_coupon_anew_as_often_as_the_uses_last(app, meg):
    for number in range(100):
        give(meg, f"ONE-{number}", 1)
    with pytest.raises(BeyondLimits):
        give(meg, "ONE-100", 1)


@pytest.mark.race
def test_of_coupons_that_are_made_at_once_no_more_uses_come_than_allowed(own_app):
    with own_app.app_context():
        meg = actor(make_admin("Meg Marketing", Role.MARKETING))
        db.session.commit()

    def make(number):
        with own_app.app_context():
            try:
                if number % 2:
                    give(meg, f"CODE-{number}", 30)
                else:
                    give_many(meg, 30)
                db.session.commit()
            except BeyondLimits:
                db.session.rollback()

    together(make, 8)
    with own_app.app_context():
        assert db.session.scalar(sa.select(sa.func.sum(Coupon.max_redemptions))) == 90
