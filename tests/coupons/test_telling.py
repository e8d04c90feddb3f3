"""Whoever asked for more than they may give hears what became of it."""

import pytest

from portal.core.database import db
from portal.coupons.approvals import approve_coupon, reject_coupon
from portal.coupons.batches import approve_batch, create_batch, reject_batch
from portal.coupons.coupons import change_coupon, create_coupon, disable_coupon, enable_coupon
from portal.staff.models import Notice
from tests.coupons.conftest import small_terms

MORE = "mo@boxcostpro.test lets {what} be used."
LESS = "mo@boxcostpro.test rejected {what}. Its page says why."


@pytest.fixture
def half(app, meg):
    """A coupon that waits."""
    terms = small_terms(basis_points=5000)
    return create_coupon(by=meg, code="HALF", terms=terms, asks_approval=True)


@pytest.fixture
def batch(app, meg):
    """Codes that wait."""
    terms, once = small_terms(max_redemptions=1), "e3f8a1f0-0000-4000-8000-000000000001"
    return create_batch(
        by=meg, once=once, prefix="FAIR", count=150, terms=terms, asks_approval=True
    )


def told(who):
    db.session.flush()
    mine = db.session.query(Notice).filter_by(admin_id=who.id, kind="coupon_decided")
    return [(notice.text, notice.url) for notice in mine.order_by(Notice.id)]


@pytest.mark.parametrize(("decide", "words"), [(approve_coupon, MORE), (reject_coupon, LESS)])
def test_whoever_asked_for_a_coupon_hears_of_the_decision(half, meg, mo_acts, decide, words):
    decide(by=mo_acts, coupon_id=half.id, reason="agreed upon")
    assert told(meg) == [(words.format(what="HALF"), f"/coupons/{half.id}")]
    assert told(mo_acts) == []


@pytest.mark.parametrize(("decide", "words"), [(approve_batch, MORE), (reject_batch, LESS)])
def test_whoever_asked_for_many_codes_hears_once(batch, meg, mo_acts, decide, words):
    decide(by=mo_acts, batch_id=batch.id, reason="agreed upon")
    line = words.format(what="150 codes FAIR-…")
    assert told(meg) == [(line, f"/coupons/batches/{batch.id}")]


@pytest.mark.parametrize("is_rejected", [False, True])
def test_a_manager_who_changes_it_lets_it_be_used(half, meg, mo_acts, is_rejected):
    if is_rejected:
        reject_coupon(by=mo_acts, coupon_id=half.id, reason="too much")
    change_coupon(by=mo_acts, coupon_id=half.id, terms=small_terms(basis_points=4000))
    assert told(meg)[is_rejected:] == [(MORE.format(what="HALF"), f"/coupons/{half.id}")]


def test_whoever_makes_their_own_smaller_is_told_nothing(half, meg):
    change_coupon(by=meg, coupon_id=half.id, terms=small_terms())
    assert (half.status, told(meg)) == ("active", [])


def test_a_coupon_that_nobody_asked_for_is_told_to_nobody(app, meg, mo_acts):
    row = create_coupon(by=meg, code="FAIR", terms=small_terms())
    change_coupon(by=mo_acts, coupon_id=row.id, terms=small_terms(basis_points=2000))
    disable_coupon(by=mo_acts, coupon_id=row.id)
    enable_coupon(by=mo_acts, coupon_id=row.id)
    assert (told(meg), told(mo_acts)) == ([], [])
