"""Batches with real transactions: one form makes one batch, one decision counts."""

from contextlib import suppress

import pytest
import sqlalchemy as sa

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.roles import Role
from portal.coupons.batches import (
    approve_batch,
    create_batch,
    disable_batch,
    reject_batch,
)
from portal.coupons.coupons import disable_coupon, enable_coupon
from portal.coupons.models import Coupon, CouponBatch
from portal.coupons.terms import Terms
from tests.cast import actor, make_admin
from tests.coupons.conftest import small_terms
from tests.staff.test_races import together

pytestmark = pytest.mark.race


def numbers(app, query):
    with app.app_context():
        return db.session.execute(query).all()


def test_a_form_that_is_sent_eight_times_at_once_makes_one_batch(own_app):
    def submit(_):
        with own_app.app_context():
            terms = Terms(basis_points=500, max_redemptions=1)
            row = create_batch(by=SYSTEM, once="form", prefix="A", count=200, terms=terms)
            found = row.id
            db.session.commit()
            return found

    assert len(set(together(submit, 8))) == 1
    assert numbers(own_app, sa.select(sa.func.count()).select_from(Coupon)) == [(200,)]


def test_codes_that_are_drawn_in_two_places_at_once_are_different(own_app):
    def submit(number):
        with own_app.app_context():
            parts = iter(range(1000))
            create_batch(
                by=SYSTEM,
                once=f"form-{number}",
                prefix="A",
                count=20,
                terms=Terms(basis_points=500, max_redemptions=1),
                draw=lambda: f"N{next(parts):03}",
            )
            db.session.commit()

    together(submit, 4)
    sizes = sa.select(sa.func.count(Coupon.id)).group_by(Coupon.batch_id)
    assert numbers(own_app, sizes) == [(20,)] * 4


@pytest.fixture
def waiting(own_app):
    """The manager who may decide, and the codes that wait."""
    with own_app.app_context():
        meg = actor(make_admin("Meg Marketing", Role.MARKETING))
        mo = actor(make_admin("Mo Manager", Role.MANAGER))
        values = {"once": "form", "prefix": "", "count": 150, "asks_approval": True}
        batch = create_batch(by=meg, terms=small_terms(max_redemptions=1), **values)
        found = mo, batch.id
        db.session.commit()
        return found


def test_of_decisions_at_once_one_counts(own_app, waiting):
    mo, batch_id = waiting

    def decide(number):
        with own_app.app_context():
            try:
                (approve_batch, reject_batch)[number % 2](by=mo, batch_id=batch_id)
                db.session.commit()
            except DomainError:
                db.session.rollback()
                return 0
            return 1

    assert sum(together(decide, 8)) == 1
    statuses = numbers(own_app, sa.select(Coupon.status, CouponBatch.status).join(CouponBatch))
    assert {len({*statuses}), len({*statuses.pop()})} == {1}


def test_no_code_is_enabled_beside_a_batch_that_is_disabled(own_app):
    with own_app.app_context():
        terms = Terms(basis_points=500, max_redemptions=1)
        batch_id = create_batch(by=SYSTEM, once="form", prefix="", count=400, terms=terms).id
        codes = db.session.scalars(sa.select(Coupon.id).order_by(Coupon.id).limit(7)).all()
        for coupon_id in codes:
            disable_coupon(by=SYSTEM, coupon_id=coupon_id)
        db.session.commit()

    def switch(number):
        with own_app.app_context(), suppress(DomainError):
            if number == len(codes):
                disable_batch(by=SYSTEM, batch_id=batch_id)
            else:
                enable_coupon(by=SYSTEM, coupon_id=codes[number])
            db.session.commit()

    together(switch, 8)
    assert numbers(own_app, sa.select(Coupon.status).distinct()) == [("disabled",)]
