"""Whether a coupon can be used: said truly when it is made, saved, approved and enabled."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.once import new_once
from portal.coupons.batches import create_batch
from portal.coupons.coupons import create_coupon, disable_coupon
from portal.coupons.models import CouponStatus
from tests.client import parsed
from tests.coupons.conftest import make_coupon, small_terms
from tests.coupons.test_form_page import fields_of

DAY = timedelta(days=1)


@pytest.fixture
def asked(catalog, meg):
    """Half the price, for which Meg asked; it ends in 90 days."""
    terms = small_terms(basis_points=5000)
    row = create_coupon(by=meg, code="HALF", terms=terms, asks_approval=True)
    db.session.commit()
    return row


def edited(client, row, **typed):
    place = f"/coupons/{row.id}/edit"
    answer = client.submit(place, **{**fields_of(client, place), **typed})
    return client.soup(answer.location).get_text()


def approved(client, row):
    seen = client.soup(f"/coupons/{row.id}").select_one("#approval [name=seen]")["value"]
    answer = client.submit(f"/coupons/{row.id}/approve", seen=seen)
    return client.soup(answer.location).get_text()


def test_what_is_approved_after_its_end_is_said_to_have_ended(mo_client, asked):
    asked.starts_at, asked.redeem_by = None, clock.now() - DAY
    db.session.commit()
    assert "HALF is approved: it ended on" in approved(mo_client, asked)


def test_codes_that_are_approved_after_their_end_are_said_to_have_ended(mo_client, meg):
    row = create_batch(
        by=meg,
        once=new_once(),
        prefix="FAIR",
        count=101,
        terms=small_terms(starts_at=None, redeem_by=clock.now() - DAY, max_redemptions=1),
        asks_approval=True,
    )
    answer = mo_client.submit(f"/coupons/batches/{row.id}/approve")
    assert "are approved: they ended on" in mo_client.soup(answer.location).get_text()


@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [
        (None, None, "can be used now"),
        (DAY, None, "can be used from"),
        (None, -DAY, "ended on"),
    ],
)
def test_what_is_enabled_is_said_to_be_usable_only_when_it_is(mo_client, begins, ends, said):
    now = clock.now()
    window = {"starts_at": begins and now + begins, "redeem_by": ends and now + ends}
    row = make_coupon(**window)
    disable_coupon(by=SYSTEM, coupon_id=row.id)
    answer = mo_client.submit(f"/coupons/{row.id}/enable", reason="was not")
    assert f"SPRING20 is enabled: it {said}" in mo_client.soup(answer.location).get_text()


def test_what_was_used_up_is_said_to_be(mo_client):
    row = make_coupon(max_redemptions=1)
    row.times_redeemed = 1
    db.session.commit()
    assert "SPRING20 is saved: it is used up." in edited(mo_client, row, description="Spring")


def test_what_is_disabled_is_saved_and_said_to_stay_so(mo_client, catalog):
    row = make_coupon()
    disable_coupon(by=SYSTEM, coupon_id=row.id)
    db.session.commit()
    assert "SPRING20 is saved: it is disabled." in edited(mo_client, row, description="Spring")


@pytest.mark.parametrize(
    ("status", "because"),
    [(CouponStatus.AWAITING_APPROVAL, "waits for approval"), (CouponStatus.REJECTED, "was reject")],
)
def test_whoever_changes_what_is_held_back_is_told_that_it_can_be_used_then(
    mo_client, asked, status, because
):
    asked.status = status
    db.session.commit()
    page = mo_client.soup(f"/coupons/{asked.id}/edit").get_text()
    assert f"HALF {because}" in page
    assert "Once you save a change it can be used: you may give it alone." in page
    assert "HALF is saved: it can be used now." in edited(mo_client, asked, description="Fair")


def test_whoever_asks_for_more_of_what_is_used_is_told_that_it_stops(catalog, meg_client, meg):
    row = create_coupon(by=meg, code="FAIR", terms=small_terms())
    db.session.commit()
    place = f"/coupons/{row.id}/edit"
    refused = meg_client.submit(place, **{**fields_of(meg_client, place), "percent": "50"})
    said = parsed(refused).select_one("#passed").get_text()
    assert "nobody can use it from then on until they approve it." in said


def test_whoever_asks_for_something_new_is_told_when_it_begins(catalog, meg_client):
    typed = {"code": "FAIR", "kind": "percent", "percent": "50", "duration": "once"}
    refused = meg_client.submit("/coupons/new", **typed, audience="everybody")
    said = parsed(refused).select_one("#passed").get_text()
    assert "it can be used once they approve it." in said


def test_whoever_asked_is_not_told_so(meg_client, asked):
    assert "Once you save" not in meg_client.soup(f"/coupons/{asked.id}/edit").get_text()
