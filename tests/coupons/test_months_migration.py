"""Months came later: what was kept before goes on, and going back makes nothing endless."""

import flask_migrate
import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.coupons.batches import create_batch, terms_of_batch
from portal.coupons.models import Coupon, CouponBatch, CouponUsage
from portal.coupons.redeeming import redeem_coupon
from portal.coupons.running import count_period
from portal.coupons.still_running import still_running
from portal.coupons.terms import Terms, terms_of
from portal.coupons.windows import Pace
from tests.cast import make_tenant
from tests.coupons.conftest import buys, make_coupon

REPEATING = {"duration": "repeating", "is_stackable": True}


@pytest.fixture
def kept(own_app):
    """A coupon of each way to count that Acme redeemed, and a batch of each."""
    with own_app.app_context():
        acme = make_tenant("Acme")
        for code, terms in (("OLD", {"periods": 3}), ("NEW", {"months": 5})):
            make_coupon(code, **REPEATING, **terms)
            redeem_coupon(by=SYSTEM, code=code, purchase=buys(acme))
            worth = Terms(basis_points=100, **REPEATING, **terms)
            create_batch(by=SYSTEM, once=code, prefix=code, count=1, terms=worth)
        db.session.commit()
        yield acme.id
        db.session.remove()


def counted(model, terms):
    """How each counts: (periods, months)."""
    db.session.remove()
    rows = db.session.scalars(sa.select(model).order_by(model.id))
    return [(terms(row).periods, terms(row).months) for row in rows]


def coupons():
    return counted(Coupon, terms_of)


def batches():
    return counted(CouponBatch, terms_of_batch)


def left(tenant_id):
    """How many periods of a month each of Acme's discounts has before it."""
    found = still_running(tenant_id, "pro", "USD", Pace(clock.now(), "month", "UTC"))
    return [each.offer.periods for each in found]


def test_back_and_forth_months_are_as_many_periods(kept):
    assert (coupons(), left(kept)) == ([(3, None), (3, None), (None, 5), (None, 5)], [2, 5])
    db.session.remove()
    flask_migrate.downgrade(revision="0030_held")
    flask_migrate.upgrade()
    assert (coupons(), batches()) == ([(3, None)] * 2 + [(5, None)] * 2, [(3, None), (5, None)])
    assert left(kept) == [2, 4]


def test_what_was_kept_without_the_word_is_read(kept):
    table = CouponBatch.__table__
    for row in db.session.execute(sa.select(table.c.id, table.c.terms)).all():
        old = {name: value for name, value in row.terms.items() if name != "months"}
        db.session.execute(table.update().where(table.c.id == row.id).values(terms=old))
    usages = CouponUsage.__table__
    terms = {
        "code": "OLD",
        "basis_points": 100,
        "amounts": {},
        "plans": [],
        "carry_remaining": False,
    }
    db.session.execute(usages.update().values(terms=terms))
    assert batches()[0] == (3, None)
    assert left(kept)[0] == 2
    first = db.session.scalar(sa.select(sa.func.min(usages.c.id)))
    assert count_period(by=SYSTEM, usage_id=first).periods_used == 2
