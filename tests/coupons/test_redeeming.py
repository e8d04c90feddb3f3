"""Reserving, redeeming and releasing: each rule, in the order in which it is told."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import NotFound
from portal.coupons.coupons import change_coupon, disable_coupon
from portal.coupons.redeeming import (
    CouponRefused,
    CouponUnknown,
    NotReserved,
    redeem_coupon,
    redeem_reservation,
    release_reservation,
    reserve_coupon,
)
from portal.coupons.running import NotRunning, count_period
from portal.coupons.terms import LARGEST_AMOUNT, Terms
from portal.coupons.upkeep import release_stale
from portal.coupons.validating import BadPurchase, validate_coupon, verdict_of
from tests.cast import make_user
from tests.coupons.conftest import buys, make_coupon

DAY = timedelta(days=1)


def reserve(tenant, code="SPRING20", **more):
    return reserve_coupon(by=SYSTEM, code=code, purchase=buys(tenant, **more))


def redeem(tenant, code="SPRING20", **more):
    return redeem_coupon(by=SYSTEM, code=code, purchase=buys(tenant, **more))


def reason(tenant, code="SPRING20", **more):
    """What validating says; reserving must say the same."""
    purchase = buys(tenant, **more)
    said = validate_coupon(code=code, purchase=purchase).reason
    if said is not None:
        with pytest.raises((CouponUnknown, CouponRefused)) as refusal:
            reserve_coupon(by=SYSTEM, code=code, purchase=purchase)
        assert refusal.value.more == {"reason": said}
    return said


def test_a_coupon_is_reserved_and_then_redeemed(app, acme):
    row = make_coupon(max_redemptions=5)
    held = reserve(acme, code=" spring20 ")
    assert (held.status, held.discount_cents, row.times_redeemed) == ("reserved", 2000, 1)
    assert row.first_redeemed_at is None
    redeem_reservation(by=SYSTEM, usage_id=held.id)
    db.session.refresh(row)
    assert (held.status, held.periods_used, row.times_redeemed) == ("redeemed", 1, 1)
    assert row.first_redeemed_at is not None
    actions = db.session.scalars(sa.select(AuditEvent.action).filter_by(tenant_id=acme.id)).all()
    assert {Action.COUPON_RESERVED, Action.COUPON_REDEEMED} <= set(actions)


def test_a_released_use_is_free_again(app, acme):
    row = make_coupon(max_redemptions=1)
    held = reserve(acme)
    assert reason(acme) == "coupon_tenant_limit"
    release_reservation(by=SYSTEM, usage_id=held.id)
    db.session.refresh(row)
    assert (held.status, held.slot, row.times_redeemed) == ("released", None, 0)
    assert redeem(acme).status == "redeemed"


@pytest.mark.parametrize("end", [redeem_reservation, release_reservation])
def test_a_use_ends_once(app, acme, end):
    make_coupon()
    used = redeem(acme)
    with pytest.raises(NotReserved):
        end(by=SYSTEM, usage_id=used.id)
    with pytest.raises(NotFound):
        end(by=SYSTEM, usage_id=999_999)


def test_what_was_never_redeemed_is_released_by_time(app, acme):
    row = make_coupon(max_redemptions=1)
    held = reserve(acme)
    release_stale({})
    assert held.status == "reserved"
    with time_machine.travel(held.expires_at):
        with pytest.raises(NotReserved):
            redeem_reservation(by=SYSTEM, usage_id=held.id)
        release_stale({})
        db.session.refresh(row)
        assert (held.status, row.times_redeemed, reason(acme)) == ("released", 0, None)


def test_what_ran_out_is_free_before_the_job_comes_to_it(app, acme, birch):
    row = make_coupon(max_redemptions=1)
    held = reserve(acme)
    assert (reason(acme), reason(birch)) == ("coupon_tenant_limit", "coupon_exhausted")
    with time_machine.travel(held.expires_at):
        said = [validate_coupon(code="SPRING20", purchase=buys(it)).reason for it in (acme, birch)]
        assert said == [None, None]
        assert reserve(birch).status == "reserved"
    db.session.refresh(row)
    assert (held.status, held.slot, row.times_redeemed) == ("released", None, 1)
    query = sa.select(AuditEvent.reason).where(AuditEvent.action == Action.COUPON_RELEASED.value)
    assert db.session.scalars(query).all() == ["ran out"]


def test_what_ran_out_stands_in_the_way_of_no_other_coupon(app, acme):
    make_coupon(max_per_user=1)
    make_coupon("OTHER10")
    uma = make_user(acme)
    held = reserve(acme, user_id=uma.id)
    assert reason(acme, code="OTHER10") == "coupon_not_stackable"
    with time_machine.travel(held.expires_at):
        assert reason(acme, code="OTHER10") is None
        assert reserve(acme, user_id=uma.id).slot == 0


def test_a_use_keeps_what_the_coupon_said_when_it_was_reserved(app, acme):
    row = make_coupon()
    held = reserve(acme)
    change_coupon(by=SYSTEM, coupon_id=row.id, terms=Terms(basis_points=100))
    redeem_reservation(by=SYSTEM, usage_id=held.id)
    assert (held.discount_cents, held.terms["basis_points"]) == (2000, 2000)


def test_an_unknown_code_is_not_found(app, acme):
    assert {reason(acme, code=code) for code in ("NONE", "", "a\x00b")} == {"coupon_not_found"}


def test_a_disabled_coupon_is_inactive_before_anything_else(catalog, acme):
    row = make_coupon(redeem_by=clock.now() + DAY, plans=("basic",))
    disable_coupon(by=SYSTEM, coupon_id=row.id)
    assert reason(acme) == "coupon_inactive"


def test_a_window_holds_its_start_and_not_its_end(catalog, acme):
    start = clock.now() + DAY
    make_coupon(starts_at=start, redeem_by=start + DAY, plans=("basic",))
    for at, said in (
        (start - timedelta(seconds=1), "coupon_not_started"),
        (start, "coupon_wrong_plan"),
        (start + DAY, "coupon_expired"),
    ):
        with time_machine.travel(at, tick=False):
            assert reason(acme) == said


def test_a_coupon_is_for_its_plans(catalog, acme):
    make_coupon(plans=("basic", "professional"))
    assert (reason(acme, plan="free"), reason(acme, plan="basic")) == ("coupon_wrong_plan", None)


def test_an_amount_is_for_its_currencies_and_never_more_than_the_price(app, acme):
    make_coupon("TEN", amounts={"EUR": 1000})
    assert reason(acme, code="TEN") == "coupon_wrong_currency"
    assert redeem(acme, code="TEN", currency="EUR", amount_cents=400).discount_cents == 400


def test_a_least_amount_is_reached_in_its_own_currency(app, acme):
    make_coupon(min_amounts={"USD": 5000})
    said = [reason(acme, amount_cents=cents) for cents in (4999, 5000)]
    assert said == ["coupon_min_amount", None]
    assert reason(acme, currency="EUR") == "coupon_min_amount"


def test_a_first_time_is_what_the_caller_says(app, acme):
    make_coupon(is_first_time_only=True)
    assert reason(acme) == "coupon_not_first_time"
    assert reason(acme, is_first_time=True) is None


def test_each_tenant_has_its_own_limit(app, acme, birch):
    make_coupon(max_per_tenant=2, is_stackable=True)
    assert [redeem(acme).slot for _ in range(2)] == [0, 1]
    assert (reason(acme), reason(birch)) == ("coupon_tenant_limit", None)


def test_each_user_has_their_own_limit_and_nobody_has_none(app, acme):
    uma, ulf = make_user(acme), make_user(acme, "Ulf User")
    make_coupon(max_per_tenant=9, max_per_user=1)
    redeem(acme, user_id=uma.id)
    said = [reason(acme, user_id=user_id) for user_id in (uma.id, ulf.id, None)]
    assert said == ["coupon_user_limit", None, "coupon_user_limit"]


def test_all_tenants_share_the_whole_limit(app, acme, birch):
    make_coupon(max_redemptions=1)
    redeem(acme)
    assert reason(birch) == "coupon_exhausted"


def test_a_coupon_that_is_not_public_is_unknown_to_others(app, acme, birch):
    make_coupon("FRIENDS", tenant_ids=(acme.id,), is_public=False)
    assert (reason(acme, "FRIENDS"), reason(birch, "FRIENDS")) == (None, "coupon_not_found")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (True, True, None),
        (True, False, "coupon_not_stackable"),
        (False, True, "coupon_not_stackable"),
    ],
)
def test_two_discounts_go_together_when_both_allow_it(app, acme, first, second, said):
    make_coupon("FIRST", duration="forever", is_stackable=first)
    make_coupon("SECOND", is_stackable=second)
    redeem(acme, code="FIRST")
    assert reason(acme, code="SECOND") == said


def test_a_coupon_goes_with_others_if_each_of_them_goes_with_it(app, acme):
    row, one, alone = (
        make_coupon(code, is_stackable=code != "ALONE") for code in ("A", "B", "ALONE")
    )
    said = [verdict_of(row, buys(acme), clock.now(), beside) for beside in ([one], [one, alone])]
    assert [verdict.reason for verdict in said] == [None, "coupon_not_stackable"]


def test_a_discount_that_was_used_up_is_in_nobodys_way(app, acme):
    make_coupon("ONCE")
    make_coupon("OTHER")
    redeem(acme, code="ONCE")
    assert reason(acme, code="OTHER") is None


def test_periods_are_counted_and_a_trial_is_none(app, acme):
    make_coupon("THRICE", duration="repeating", periods=3)
    make_coupon("OTHER")
    used = redeem_coupon(by=SYSTEM, code="THRICE", purchase=buys(acme), is_in_trial=True)
    for count in (1, 2, 3):
        assert reason(acme, code="OTHER") == "coupon_not_stackable"
        assert count_period(by=SYSTEM, usage_id=used.id).periods_used == count
    assert reason(acme, code="OTHER") is None
    with pytest.raises(NotRunning):
        count_period(by=SYSTEM, usage_id=used.id)


def test_what_is_only_reserved_counts_no_period(app, acme):
    make_coupon()
    held = reserve(acme)
    with pytest.raises(NotRunning):
        count_period(by=SYSTEM, usage_id=held.id)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"amount_cents": -1}, "amount_cents"),
        ({"amount_cents": 2**53 + 1}, "amount_cents"),
        ({"tenant_id": 999_999}, "tenant_id"),
        ({"user_id": 999_999}, "user_id"),
    ],
)
def test_a_purchase_that_cannot_be_is_refused(app, acme, more, field):
    make_coupon()
    for ask in (lambda: reserve(acme, **more), lambda: reason(acme, **more)):
        with pytest.raises(BadPurchase) as refusal:
            ask()
        assert refusal.value.field == field


@pytest.mark.parametrize("cents", [0, LARGEST_AMOUNT])
def test_a_purchase_of_nothing_and_of_the_largest_amount_can_be(app, acme, cents):
    make_coupon()
    assert reason(acme, amount_cents=cents) is None


def test_a_user_of_another_tenant_uses_nothing(app, acme, birch):
    make_coupon()
    uma = make_user(birch)
    for ask in (reserve, reason):
        with pytest.raises(BadPurchase):
            ask(acme, user_id=uma.id)


@pytest.mark.parametrize("span", [timedelta(0), timedelta(days=1, seconds=1)])
def test_a_use_is_held_for_up_to_a_day(app, acme, span):
    make_coupon()
    with pytest.raises(BadPurchase):
        reserve_coupon(by=SYSTEM, code="SPRING20", purchase=buys(acme), expires_in=span)
