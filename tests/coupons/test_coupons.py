"""Which coupons can be made, by whom, and who approves of the larger ones."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Conflict, Denied, NotFound
from portal.coupons.approvals import NotWaiting, OwnRequest, approve_coupon, reject_coupon
from portal.coupons.coupons import (
    AlreadyDisabled,
    CodeTaken,
    Frozen,
    change_coupon,
    create_coupon,
    disable_coupon,
    enable_coupon,
)
from portal.coupons.limits import LONGEST, BeyondLimits, beyond
from portal.coupons.models import CouponStatus
from portal.coupons.redeeming import redeem_coupon
from portal.coupons.terms import BadTerms, Terms, terms_of
from tests.coupons.conftest import buys, make_coupon, small_terms

IN_A_DAY = timedelta(days=1)
TODAY = datetime(2026, 11, 23, tzinfo=UTC)


def event(action: Action) -> AuditEvent:
    return db.session.scalars(sa.select(AuditEvent).filter_by(action=action)).one()


def test_a_coupon_is_made_and_its_event_says_what_it_is(app, meg):
    row = create_coupon(by=meg, code="Spring-30", terms=small_terms(description="Fair"))
    assert (row.status, row.times_redeemed, row.created_by_label) == ("active", 0, meg.label)
    found = event(Action.COUPON_CREATED)
    assert (found.target_label, found.actor_label) == ("Spring-30", meg.label)
    assert '"basis_points"' in found.canonical.decode()


def test_two_codes_differ_by_more_than_their_case(app):
    make_coupon("SPRING20")
    with pytest.raises(CodeTaken) as refusal:
        make_coupon("spring20")
    assert refusal.value.field == "code"


@pytest.mark.parametrize("code", ["", "-abc", "abc-", "a b c", "äpfel", "a" * 41, "-", "a\x00"])
def test_a_code_can_be_read_over_the_telephone(app, code):
    with pytest.raises(BadTerms):
        make_coupon(code)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({}, "basis_points"),
        ({"basis_points": 1, "amounts": {"USD": 1}}, "basis_points"),
        ({"basis_points": 0}, "basis_points"),
        ({"basis_points": 10_001}, "basis_points"),
        ({"amounts": {"USD": 0}}, "amounts"),
        ({"amounts": {"ZZZ": 5}}, "amounts"),
        ({"basis_points": 1, "min_amounts": {"USD": -1}}, "min_amount"),
        ({"basis_points": 1, "duration": "twice"}, "duration"),
        ({"basis_points": 1, "duration": "repeating"}, "periods"),
        ({"basis_points": 1, "periods": 3}, "periods"),
        ({"basis_points": 1, "duration": "repeating", "periods": 121}, "periods"),
        ({"basis_points": 1, "max_redemptions": 0}, "max_redemptions"),
        ({"basis_points": 1, "max_per_tenant": 0}, "max_per_tenant"),
        ({"basis_points": 1, "max_per_user": 0}, "max_per_user"),
        ({"basis_points": 1, "description": "x" * 201}, "description"),
        ({"basis_points": 1, "is_public": False}, "tenant_ids"),
    ],
)
def test_what_no_coupon_can_say_is_named(app, terms, field):
    with pytest.raises(BadTerms) as refusal:
        create_coupon(by=SYSTEM, code="SPRING", terms=Terms(**terms))
    assert refusal.value.field == field


def test_a_coupon_ends_after_it_begins(app):
    at = clock.now()
    with pytest.raises(BadTerms):
        make_coupon(starts_at=at, redeem_by=at)


def test_a_coupon_for_tenants_names_some_that_exist(app):
    with pytest.raises(BadTerms):
        make_coupon(tenant_ids=(999_999,), is_public=False)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"basis_points": 3001}, "more than 30 %"),
        ({"max_redemptions": 101}, "more than 100 times"),
        ({"max_redemptions": None}, "more than 100 times"),
        ({"redeem_by": None}, "more than 90 days"),
        ({"basis_points": None, "amounts": {"USD": 500}}, "more than 30 %"),
        (
            {"basis_points": None, "amounts": {"USD": 301}, "min_amounts": {"USD": 1000}},
            "more than 30 %",
        ),
        (
            {"basis_points": None, "amounts": {"EUR": 1, "USD": 1}, "min_amounts": {"EUR": 1000}},
            "more than 30 %",
        ),
    ],
)
def test_marketing_is_told_which_limit_it_passed(app, meg, mo_acts, more, words):
    with pytest.raises(BeyondLimits, match=words):
        create_coupon(by=meg, code="BIG", terms=small_terms(**more))
    assert create_coupon(by=mo_acts, code="BIG", terms=small_terms(**more)).status == "active"


@pytest.mark.parametrize(("starts_at", "begins"), [(TODAY, TODAY - LONGEST), (None, TODAY)])
def test_a_window_of_90_days_is_within_the_limits_and_a_second_more_is_not(starts_at, begins):
    found = [
        beyond(small_terms(starts_at=starts_at, redeem_by=TODAY + LONGEST + more), begins)
        for more in (timedelta(0), timedelta(seconds=1))
    ]
    assert found == [[], ["it runs for more than 90 days"]]


def test_an_amount_is_a_share_of_the_least_price(app, meg):
    terms = small_terms(basis_points=None, amounts={"USD": 300}, min_amounts={"USD": 1000})
    assert create_coupon(by=meg, code="THREE", terms=terms).status == "active"


def test_more_waits_until_another_person_approves(app, meg, mo_acts):
    terms = small_terms(basis_points=5000)
    row = create_coupon(by=meg, code="HALF", terms=terms, asks_approval=True)
    assert row.status == CouponStatus.AWAITING_APPROVAL
    with pytest.raises(Denied):
        approve_coupon(by=meg, coupon_id=row.id)
    approve_coupon(by=mo_acts, coupon_id=row.id)
    assert (row.status, row.decided_by_label) == ("active", mo_acts.label)
    assert event(Action.COUPON_APPROVED).target_label == "HALF"
    with pytest.raises(NotWaiting):
        approve_coupon(by=mo_acts, coupon_id=row.id)


def test_nobody_approves_their_own_request(app, meg, mo_acts):
    terms = small_terms(basis_points=5000)
    row = create_coupon(by=meg, code="HALF", terms=terms, asks_approval=True)
    row.requested_by = mo_acts.id
    with pytest.raises(OwnRequest):
        approve_coupon(by=mo_acts, coupon_id=row.id)


def test_a_rejected_coupon_can_be_made_smaller(app, meg, mo_acts):
    terms = small_terms(basis_points=5000)
    row = create_coupon(by=meg, code="HALF", terms=terms, asks_approval=True)
    reject_coupon(by=mo_acts, coupon_id=row.id, reason="too much")
    assert row.status == CouponStatus.REJECTED
    with pytest.raises(Conflict):
        enable_coupon(by=meg, coupon_id=row.id)
    change_coupon(by=meg, coupon_id=row.id, terms=small_terms())
    assert row.status == CouponStatus.ACTIVE


def test_a_change_beyond_the_limits_waits_as_well(app, meg):
    row = create_coupon(by=meg, code="SPRING", terms=small_terms())
    larger = small_terms(max_redemptions=500)
    with pytest.raises(BeyondLimits):
        change_coupon(by=meg, coupon_id=row.id, terms=larger)
    assert terms_of(row).max_redemptions == 100
    change_coupon(by=meg, coupon_id=row.id, terms=larger, asks_approval=True)
    assert row.status == CouponStatus.AWAITING_APPROVAL


def test_what_was_redeemed_keeps_its_worth(app, acme):
    row = make_coupon()
    redeem_coupon(by=SYSTEM, code="SPRING20", purchase=buys(acme))
    with pytest.raises(Frozen):
        change_coupon(by=SYSTEM, coupon_id=row.id, terms=Terms(basis_points=1000))
    change_coupon(by=SYSTEM, coupon_id=row.id, terms=Terms(basis_points=2000, max_redemptions=1))
    assert row.max_redemptions == 1


def test_the_limit_never_falls_below_what_was_used(app, acme, birch):
    row = make_coupon()
    for tenant in (acme, birch):
        redeem_coupon(by=SYSTEM, code="SPRING20", purchase=buys(tenant))
    with pytest.raises(BadTerms):
        change_coupon(
            by=SYSTEM, coupon_id=row.id, terms=Terms(basis_points=2000, max_redemptions=1)
        )


def test_a_coupon_is_disabled_and_enabled_again(app, meg):
    row = make_coupon()
    disable_coupon(by=meg, coupon_id=row.id, reason="leaked")
    with pytest.raises(AlreadyDisabled):
        disable_coupon(by=meg, coupon_id=row.id)
    with pytest.raises(BeyondLimits):
        enable_coupon(by=meg, coupon_id=row.id)
    enable_coupon(by=SYSTEM, coupon_id=row.id)
    assert (row.status, event(Action.COUPON_DISABLED).reason) == ("active", "leaked")


def test_a_change_does_not_enable_what_was_disabled(app):
    row = make_coupon()
    disable_coupon(by=SYSTEM, coupon_id=row.id)
    change_coupon(by=SYSTEM, coupon_id=row.id, terms=Terms(basis_points=100))
    assert row.status == CouponStatus.DISABLED


def test_the_same_terms_again_leave_no_event(app):
    row = make_coupon()
    change_coupon(by=SYSTEM, coupon_id=row.id, terms=terms_of(row))
    assert (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(AuditEvent)
            .filter_by(action=Action.COUPON_CHANGED)
        )
        == 0
    )


@pytest.mark.parametrize("deed", [disable_coupon, enable_coupon])
def test_what_does_not_exist_is_not_found(app, deed):
    with pytest.raises(NotFound):
        deed(by=SYSTEM, coupon_id=999_999)
