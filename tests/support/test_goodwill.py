"""Making something good from a ticket: what each kind does, who may, and how it is taken back."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Conflict, Denied, NotFound
from portal.core.roles import Role
from portal.coupons.models import Coupon, CouponTenant
from portal.coupons.redeeming import redeem_coupon
from portal.coupons.validating import Purchase
from portal.entitlements.checks import check_feature_access
from portal.entitlements.models import QuotaBucket, UserEntitlement
from portal.subscriptions.assignments import NoTrial
from portal.subscriptions.stays import lasting_stay
from portal.support.goodwill import NeedsApproval, NothingToWithdraw, withdraw
from portal.support.goodwill_budgets import Owner
from portal.support.goodwill_kinds import CannotWithdraw, TrialIsLong
from portal.support.goodwill_terms import BadGesture, Wanted
from portal.support.goodwill_words import GestureKind
from portal.support.goodwill_writing import GivenBefore, NoGoodwillHere
from portal.support.models import GoodwillSpent, SupportMessage, TicketEvent
from portal.support.words import Status
from tests.cast import actor, make_admin, make_user
from tests.support.desk import make_ticket
from tests.support.goodwill import REPORTS, allow, coupon, feature, given, on_plan, quota, trial


@pytest.fixture
def uma(acme, catalog):
    on_plan(acme, "basic")
    return make_user(acme)


@pytest.fixture
def ticket(uma):
    return make_ticket(uma)


def days(number):
    return clock.now() + timedelta(days=number)


def spent(owner, owner_id):
    query = sa.select(GoodwillSpent.spent_cents).filter_by(owner=owner.value, owner_id=owner_id)
    return db.session.scalar(query)


def logged(action):
    query = sa.select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)
    return list(db.session.scalars(query))


def test_a_coupon_is_for_this_customer_alone_and_once(ticket, bea, acme):
    row = given(ticket, bea, coupon(20))
    made = db.session.get(Coupon, row.target_id)
    assert (made.basis_points, made.max_redemptions, made.is_public) == (2000, 1, False)
    assert db.session.scalars(sa.select(CouponTenant.tenant_id)).all() == [acme.id]
    assert abs(made.redeem_by - days(30)) < timedelta(minutes=1)
    assert made.code in row.sentence
    assert row.sentence.startswith("As an apology, the code SORRY-")
    assert "20 % off your next invoice" in row.sentence


def test_a_feature_works_at_once_and_ends(ticket, bea, uma):
    row = given(ticket, bea, feature(14))
    grant = db.session.get(UserEntitlement, row.target_id)
    assert (grant.user_id, grant.cause_type, grant.cause_id) == (uma.id, "ticket", ticket.number)
    assert check_feature_access(user_id=uma.id, feature_name=REPORTS).allowed
    assert "14 days of Custom Reports to your account, until" in row.sentence
    assert not check_feature_access(user_id=uma.id, feature_name=REPORTS, at=days(15)).allowed


def test_more_of_a_limit_is_added_for_thirty_days(ticket, bea, acme):
    row = given(ticket, bea, quota(5))
    bucket = db.session.get(QuotaBucket, row.target_id)
    assert (bucket.tenant_id, bucket.source, bucket.own_limit) == (acme.id, "topup", 5)
    assert abs(bucket.expires_at - days(30)) < timedelta(minutes=1)
    assert row.sentence.startswith("As an apology, we have added 5 to your limit of Basic Quotes.")


def test_a_trial_ends_later_by_whole_days_of_the_customer(ticket, bea, acme):
    acme.time_zone = "Europe/Berlin"
    on_plan(acme, "professional", trial_ends_at=days(3))
    before = lasting_stay(acme.id).trial_ends_at
    row = given(ticket, bea, trial(7))
    after = lasting_stay(acme.id).trial_ends_at
    assert abs(after - before - timedelta(days=7)) <= timedelta(hours=1)
    assert (row.since, row.until) == (before, after)
    assert "extended your trial of Professional by 7 days" in row.sentence


def test_a_trial_that_does_not_run_is_not_extended(ticket, bea, acme):
    with pytest.raises(NoTrial):
        given(ticket, bea, trial(7))
    on_plan(acme, "professional", trial_ends_at=days(1))
    lasting_stay(acme.id).trial_ends_at = days(-1)
    with pytest.raises(NoTrial):
        given(ticket, bea, trial(7))


def test_trials_are_extended_by_thirty_days_in_all(ticket, bea, acme, mo):
    allow(mo, cap_cents=90_000, monthly_cents=90_000, tenant_cents=90_000)
    on_plan(acme, "professional", trial_ends_at=days(3))
    for _ in range(2):
        given(ticket, bea, trial(14))
    with pytest.raises(TrialIsLong):
        given(ticket, bea, trial(3))
    given(ticket, bea, trial(2))


def test_the_ticket_tells_of_it_and_where_it_stands(ticket, bea):
    row = given(ticket, bea, coupon())
    note = db.session.scalars(sa.select(SupportMessage).filter_by(kind="system")).one()
    assert note.author_name == "The portal"
    assert note.body == (
        f"{bea.name} made it good with a coupon of 20 %.\nhttp://localhost/support/goodwill/{row.id}"
    )
    event = db.session.scalars(sa.select(TicketEvent).filter_by(kind="goodwill_given")).one()
    assert event.new == "a coupon of 20 %"
    assert (ticket.status, ticket.last_public_message_id) == ("new", ticket.last_public_message_id)


@pytest.mark.parametrize(
    ("wanted", "action"),
    [
        (coupon(), "coupon.created"),
        (feature(), "entitlement.granted"),
        (quota(), "quota.topped_up"),
    ],
)
def test_the_log_links_what_was_made_to_the_ticket(ticket, bea, wanted, action):
    row = given(ticket, bea, wanted)
    (gesture,), made = logged("goodwill.given"), logged(action)[-1]
    meta = json.loads(gesture.canonical)["meta"]
    assert (meta["cause_type"], meta["cause_id"]) == ("ticket", ticket.number)
    assert (meta["gave"], meta["gave_id"]) == (row.target_type, row.target_id)
    assert made.reason == gesture.reason == f"{ticket.number}: a bad week"
    if wanted.kind is not GestureKind.QUOTA:
        assert json.loads(made.canonical)["meta"]["cause_id"] == ticket.number


@pytest.mark.parametrize("role", [Role.FINANCE, Role.MARKETING])
def test_whoever_does_not_work_at_the_desk_gives_nothing(ticket, role):
    with pytest.raises(Denied):
        given(ticket, make_admin("Fina F", role), coupon(1))


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (coupon(0), "percent"),
        (coupon(51), "percent"),
        (Wanted(GestureKind.COUPON), "percent"),
        (feature(0), "days"),
        (feature(91), "days"),
        (feature(name=""), "feature_name"),
        (feature(name="teleportation"), "feature_name"),
        (quota(0), "amount"),
        (quota(name=REPORTS), "feature_name"),
        (quota(name="multi_user"), "feature_name"),
        (Wanted(GestureKind.COUPON, percent=5, days=3), "days"),
    ],
)
def test_a_wish_that_is_not_right_says_what_to_mend(ticket, bea, wanted, field):
    with pytest.raises(BadGesture) as refused:
        given(ticket, bea, wanted)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("wanted", "words"),
    [(coupon(21), "20 %"), (feature(15), "14 days"), (feature(14), "worth")],
)
def test_what_nobody_gives_alone_needs_approval(ticket, bea, mo, wanted, words):
    allow(mo, cap_cents=1000)
    for person in (bea, mo):
        with pytest.raises(NeedsApproval, match=words):
            given(ticket, person, wanted)


@pytest.mark.parametrize("status", [Status.MERGED, Status.SPAM, Status.DELETED])
def test_nothing_is_given_from_a_ticket_that_is_gone(ticket, bea, status):
    ticket.status = status
    with pytest.raises(NoGoodwillHere):
        given(ticket, bea, coupon())


def test_nothing_is_given_to_somebody_who_was_erased(ticket, bea, uma):
    uma.erased_at = clock.now()
    with pytest.raises(NoGoodwillHere):
        given(ticket, bea, coupon())


def test_one_form_gives_once(ticket, bea):
    given(ticket, bea, coupon(), submit_key="k")
    with pytest.raises(GivenBefore):
        given(ticket, bea, coupon(), submit_key="k")


def test_a_coupon_that_nobody_used_is_taken_back_whole(ticket, bea, acme):
    row = given(ticket, bea, coupon())
    assert spent(Owner.AGENT, bea.id) == spent(Owner.TENANT, acme.id) == row.value_cents > 0
    withdraw(by=actor(bea), gesture_id=row.id)
    assert db.session.get(Coupon, row.target_id).status == "disabled"
    assert spent(Owner.AGENT, bea.id) == spent(Owner.TENANT, acme.id) == 0
    assert (row.status, row.spent_cents) == ("withdrawn", 0)
    with pytest.raises(NothingToWithdraw):
        withdraw(by=actor(bea), gesture_id=row.id)


def test_a_coupon_that_was_used_stays(ticket, bea, acme):
    row = given(ticket, bea, coupon())
    purchase = Purchase(acme.id, "basic", "USD", 2900)
    redeem_coupon(by=SYSTEM, code=row.target_label, purchase=purchase)
    with pytest.raises(CannotWithdraw):
        withdraw(by=actor(bea), gesture_id=row.id)


def test_of_a_feature_only_the_days_ahead_are_given_back(ticket, bea, uma):
    row = given(ticket, bea, feature(10))
    whole = row.value_cents
    row.since, row.until = days(-5), days(5)
    withdraw(by=actor(bea), gesture_id=row.id)
    assert not check_feature_access(user_id=uma.id, feature_name=REPORTS).allowed
    assert abs(spent(Owner.AGENT, bea.id) - whole / 2) <= 2


def test_a_trial_ends_again_when_it_did(ticket, bea, acme):
    on_plan(acme, "professional", trial_ends_at=days(3))
    before = lasting_stay(acme.id).trial_ends_at
    row = given(ticket, bea, trial(7))
    withdraw(by=actor(bea), gesture_id=row.id)
    assert lasting_stay(acme.id).trial_ends_at == before
    with pytest.raises(Conflict):
        withdraw(by=actor(bea), gesture_id=row.id)


def test_a_trial_that_was_changed_since_stays(ticket, bea, acme):
    on_plan(acme, "professional", trial_ends_at=days(3))
    row = given(ticket, bea, trial(7))
    on_plan(acme, "professional")
    with pytest.raises(CannotWithdraw):
        withdraw(by=actor(bea), gesture_id=row.id)


def test_more_of_a_limit_stays(ticket, bea):
    with pytest.raises(CannotWithdraw):
        withdraw(by=actor(bea), gesture_id=given(ticket, bea, quota()).id)


def test_only_the_giver_or_a_manager_takes_back(ticket, bea, cy, mo):
    row = given(ticket, bea, coupon())
    with pytest.raises(Denied):
        withdraw(by=actor(cy), gesture_id=row.id)
    assert withdraw(by=actor(mo), gesture_id=row.id, reason="too much").status == "withdrawn"
    with pytest.raises(NotFound):
        withdraw(by=actor(mo), gesture_id=4711)
