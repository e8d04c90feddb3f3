"""After a coupon was redeemed: void invoices, what is left over, and refunds."""

from contextlib import suppress

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import DomainError, NotFound
from portal.coupons.models import Coupon, CouponUsage
from portal.coupons.redeeming import (
    CouponRefused,
    redeem_coupon,
    release_reservation,
    reserve_coupon,
)
from portal.coupons.running import (
    NothingCounted,
    NotRunning,
    NotWholeRefund,
    count_period,
    restore_period,
    return_slot,
    use_leftover,
)
from portal.coupons.terms import BadTerms
from portal.coupons.validating import validate_coupon
from tests.cast import make_tenant, make_user
from tests.coupons.conftest import buys, make_coupon
from tests.staff.test_races import together

URL = "/api/coupons/usage"


def redeem(tenant, code="SPRING20", **more):
    return redeem_coupon(by=SYSTEM, code=code, purchase=buys(tenant, **more))


def refund(usage, paid=8000, refunded=8000):
    return return_slot(by=SYSTEM, usage_id=usage.id, paid_cents=paid, refunded_cents=refunded)


def leave_over(tenant, cents=25_000, **more):
    """A fixed amount that is larger than the first invoice of 100."""
    make_coupon("GIFT", amounts={"USD": cents}, carry_remaining=True, **more)
    return redeem(tenant, "GIFT")


def reason(tenant, code="SPRING20", **more):
    return validate_coupon(code=code, purchase=buys(tenant, **more)).reason


def meta_of(action):
    return db.session.scalars(sa.select(AuditEvent.canonical).filter_by(action=action)).one()


def test_after_a_full_refund_the_tenant_may_use_it_anew_and_the_budget_stays_used(app, acme, birch):
    row = make_coupon(max_redemptions=2)
    usage = redeem(acme)
    assert reason(acme) == "coupon_tenant_limit"
    refund(usage)
    db.session.refresh(row)
    assert (usage.status, usage.slot, row.times_redeemed) == ("redeemed", None, 1)
    assert redeem(acme).slot == 0
    assert reason(birch) == "coupon_exhausted"
    assert b'"refunded_cents":8000' in meta_of(Action.COUPON_RETURNED)


def test_the_user_may_use_it_anew_as_well(app, acme):
    uma = make_user(acme)
    make_coupon(max_per_tenant=9, max_per_user=1)
    usage = redeem(acme, user_id=uma.id)
    assert reason(acme, user_id=uma.id) == "coupon_user_limit"
    refund(usage)
    assert reason(acme, user_id=uma.id) is None


def test_a_refunded_discount_has_ended_and_is_in_nobodys_way(app, acme):
    make_coupon("EVER", duration="forever")
    make_coupon("OTHER")
    usage = redeem(acme, "EVER")
    assert reason(acme, "OTHER") == "coupon_not_stackable"
    refund(usage)
    assert reason(acme, "OTHER") is None
    for deed in (count_period, restore_period):
        with pytest.raises(NotRunning):
            deed(by=SYSTEM, usage_id=usage.id)
    with pytest.raises(NotRunning):
        refund(usage)


def test_a_part_of_the_money_gives_nothing_back(app, acme):
    make_coupon()
    usage = redeem(acme)
    with pytest.raises(NotWholeRefund):
        refund(usage, refunded=7999)
    assert (usage.slot, usage.returned_at) == (0, None)


@pytest.mark.parametrize("end", ["reserved", "released"])
def test_only_what_was_redeemed_is_given_back(app, acme, end):
    make_coupon()
    usage = reserve_coupon(by=SYSTEM, code="SPRING20", purchase=buys(acme))
    if end == "released":
        release_reservation(by=SYSTEM, usage_id=usage.id)
    with pytest.raises(NotRunning):
        refund(usage)


def test_a_void_invoice_gives_its_period_back_and_the_discount_goes_on(app, acme):
    make_coupon("TWICE", duration="repeating", periods=2)
    make_coupon("OTHER")
    usage = redeem(acme, "TWICE")
    count_period(by=SYSTEM, usage_id=usage.id)
    assert reason(acme, "OTHER") is None
    restore_period(by=SYSTEM, usage_id=usage.id, reason="void")
    assert (usage.periods_used, reason(acme, "OTHER")) == (1, "coupon_not_stackable")
    count_period(by=SYSTEM, usage_id=usage.id)
    with pytest.raises(NotRunning):
        count_period(by=SYSTEM, usage_id=usage.id)


def test_where_no_period_was_counted_none_is_given_back(app, acme):
    make_coupon()
    usage = redeem_coupon(by=SYSTEM, code="SPRING20", purchase=buys(acme), is_in_trial=True)
    with pytest.raises(NothingCounted):
        restore_period(by=SYSTEM, usage_id=usage.id)


def test_what_an_amount_leaves_over_is_lost_unless_it_is_carried(app, acme):
    make_coupon("LOST", amounts={"USD": 25_000})
    usage = redeem(acme, "LOST")
    assert (usage.discount_cents, usage.leftover_cents) == (10_000, 0)
    with pytest.raises(NotRunning):
        use_leftover(by=SYSTEM, usage_id=usage.id, amount_cents=100)


def test_what_is_carried_is_taken_off_later_invoices_to_the_cent(app, acme):
    usage = leave_over(acme)
    assert usage.leftover_cents == 15_000
    taken = [use_leftover(by=SYSTEM, usage_id=usage.id, amount_cents=c)[0] for c in (10_000, 9_999)]
    assert (taken, usage.leftover_cents, usage.periods_used) == ([10_000, 5_000], 0, 1)
    with pytest.raises(NotRunning):
        use_leftover(by=SYSTEM, usage_id=usage.id, amount_cents=1)


def test_while_something_is_left_over_the_discount_runs(app, acme):
    usage = leave_over(acme)
    make_coupon("OTHER")
    assert reason(acme, "OTHER") == "coupon_not_stackable"
    use_leftover(by=SYSTEM, usage_id=usage.id, amount_cents=15_000)
    assert reason(acme, "OTHER") is None


def test_a_refund_ends_what_is_left_over(app, acme):
    usage = leave_over(acme)
    refund(usage, paid=0, refunded=0)
    with pytest.raises(NotRunning):
        use_leftover(by=SYSTEM, usage_id=usage.id, amount_cents=1)


@pytest.mark.parametrize(
    "terms",
    [
        {"basis_points": 1000},
        {"amounts": {"USD": 5}, "duration": "forever"},
        {"amounts": {"USD": 5}, "duration": "repeating", "periods": 2},
    ],
)
def test_only_an_amount_that_counts_once_is_carried(app, terms):
    with pytest.raises(BadTerms) as refusal:
        make_coupon(carry_remaining=True, **terms)
    assert refusal.value.field == "carry_remaining"


def test_nothing_is_taken_off_an_invoice_of_nothing(app, acme):
    usage = leave_over(acme)
    with pytest.raises(DomainError):
        use_leftover(by=SYSTEM, usage_id=usage.id, amount_cents=0)
    with pytest.raises(NotFound):
        use_leftover(by=SYSTEM, usage_id=999_999, amount_cents=1)


def test_the_api_gives_a_use_back(mo_client, acme):
    make_coupon()
    usage = redeem(acme)
    body = {"paid_cents": 8000, "refunded_cents": 8000}
    partly = mo_client.call("POST", f"{URL}/{usage.id}/return", {**body, "refunded_cents": 1})
    answer = mo_client.call("POST", f"{URL}/{usage.id}/return", body)
    assert (partly.status_code, answer.status_code) == (422, 200)
    assert answer.get_json()["returned_at"]


def test_the_api_restores_periods_and_takes_what_is_left_over(mo_client, acme):
    usage = leave_over(acme)
    restored = mo_client.call("POST", f"{URL}/{usage.id}/restore-period", {})
    taken = mo_client.call("POST", f"{URL}/{usage.id}/use-leftover", {"amount_cents": 9_000})
    assert restored.get_json()["periods_used"] == 0
    assert taken.get_json()["taken_cents"] == 9_000
    assert taken.get_json()["usage"]["leftover_cents"] == 6_000


@pytest.mark.race
def test_invoices_at_once_share_what_is_left_over(own_app):
    with own_app.app_context():
        usage_id = leave_over(make_tenant("Acme")).id
        db.session.commit()

    def bill(_):
        with own_app.app_context():
            try:
                taken, _usage = use_leftover(by=SYSTEM, usage_id=usage_id, amount_cents=4_000)
                db.session.commit()
            except NotRunning:
                db.session.rollback()
                return 0
            return taken

    assert sum(together(bill, 8)) == 15_000


@pytest.mark.race
def test_a_refund_at_once_with_new_uses_frees_one_turn(own_app):
    with own_app.app_context():
        tenant = make_tenant("Acme")
        make_coupon(is_stackable=True)
        usage_id, purchase = redeem(tenant).id, buys(tenant)
        db.session.commit()

    def run(number):
        with own_app.app_context(), suppress(CouponRefused):
            if number:
                redeem_coupon(by=SYSTEM, code="SPRING20", purchase=purchase)
            else:
                return_slot(by=SYSTEM, usage_id=usage_id, paid_cents=1, refunded_cents=1)
            db.session.commit()

    together(run, 8)
    with own_app.app_context():
        held = sa.select(sa.func.count()).where(CouponUsage.slot.is_not(None))
        uses = db.session.scalar(sa.select(Coupon.times_redeemed))
        assert db.session.scalar(held) == uses - 1 <= 1
