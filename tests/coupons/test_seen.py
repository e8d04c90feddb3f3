"""What a coupon may name, and that nobody changes or decides on one that they did not see."""

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.catalog.plans import archive_plan
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.staleness import Stale
from portal.coupons.approvals import approve_coupon, may_decide, reject_coupon, waiting_for
from portal.coupons.coupons import (
    change_coupon,
    create_coupon,
    disable_coupon,
    enable_coupon,
    mark_of,
)
from portal.coupons.limits import BeyondLimits
from portal.coupons.redeeming import redeem_coupon
from portal.coupons.tenant_names import lines_of, tenants_named
from portal.coupons.terms import BadTerms, Terms
from tests.cast import make_tenant
from tests.coupons.conftest import buys, make_coupon, small_terms


def waiting(meg, **more):
    terms = small_terms(basis_points=5000, **more)
    return create_coupon(by=meg, code="HALF", terms=terms, asks_approval=True)


def test_a_coupon_names_plans_of_the_catalogue(catalog):
    with pytest.raises(BadTerms, match="no plan pro on offer") as refusal:
        make_coupon(plans=("basic", "pro"))
    assert refusal.value.field == "plans"
    assert make_coupon(plans=("basic", "professional")).plans == ["basic", "professional"]


def test_a_plan_that_was_archived_stays_named_and_is_named_by_no_new_coupon(catalog):
    row = make_coupon(plans=("enterprise",))
    archive_plan(by=SYSTEM, name="enterprise", reason="no more")
    kept = Terms(basis_points=2000, plans=("enterprise",), description="kept")
    assert change_coupon(by=SYSTEM, coupon_id=row.id, terms=kept).description == "kept"
    with pytest.raises(BadTerms):
        make_coupon("OTHER", plans=("enterprise",))


def test_a_change_to_an_unknown_plan_is_refused(catalog):
    row = make_coupon()
    with pytest.raises(BadTerms):
        change_coupon(by=SYSTEM, coupon_id=row.id, terms=Terms(basis_points=2000, plans=("gold",)))


def test_the_second_of_two_tabs_is_told(app):
    row = make_coupon()
    seen = mark_of(row)
    change_coupon(by=SYSTEM, coupon_id=row.id, terms=Terms(basis_points=1000), seen=seen)
    with pytest.raises(Stale):
        change_coupon(by=SYSTEM, coupon_id=row.id, terms=Terms(basis_points=500), seen=seen)
    assert row.basis_points == 1000


def test_a_first_redemption_is_a_change_that_a_writer_has_to_see(app, acme):
    row = make_coupon()
    seen = mark_of(row)
    redeem_coupon(by=SYSTEM, code=row.code, purchase=buys(acme))
    with pytest.raises(Stale):
        change_coupon(
            by=SYSTEM, coupon_id=row.id, terms=Terms(basis_points=2000, description="x"), seen=seen
        )


@pytest.mark.parametrize("decide", [approve_coupon, reject_coupon])
def test_nobody_decides_on_other_terms_than_they_saw(app, meg, mo_acts, decide):
    row = waiting(meg)
    seen = mark_of(row)
    larger = small_terms(basis_points=9000)
    change_coupon(by=meg, coupon_id=row.id, terms=larger, asks_approval=True)
    with pytest.raises(Stale):
        decide(by=mo_acts, coupon_id=row.id, seen=seen)
    assert decide(by=mo_acts, coupon_id=row.id, seen=mark_of(row)).decided_by_label


def test_a_coupon_waits_for_whoever_may_decide_and_did_not_ask(app, meg, mo_acts):
    row = waiting(meg)
    assert (may_decide(mo_acts, row), may_decide(meg, row)) == (True, False)
    assert (waiting_for(mo_acts), waiting_for(meg)) == (1, 0)
    row.requested_by = mo_acts.id
    db.session.flush()
    assert (may_decide(mo_acts, row), waiting_for(mo_acts)) == (False, 0)


def test_what_waits_is_counted_up_to_a_bound(app, meg, mo_acts):
    for number in range(4):
        terms = small_terms(basis_points=5000)
        create_coupon(by=meg, code=f"HALF-{number}", terms=terms, asks_approval=True)
    assert waiting_for(mo_acts, most=3) == 3


def test_each_limit_that_is_passed_can_be_listed(app, meg):
    with pytest.raises(BeyondLimits) as refusal:
        create_coupon(by=meg, code="BIG", terms=Terms(basis_points=5000))
    assert len(refusal.value.passed) == 3


def test_a_coupon_is_enabled_for_a_reason(app):
    row = make_coupon()
    disable_coupon(by=SYSTEM, coupon_id=row.id)
    enable_coupon(by=SYSTEM, coupon_id=row.id, reason="it was not leaked")
    query = sa.select(AuditEvent.reason).filter_by(action=Action.COUPON_CHANGED)
    assert db.session.scalars(query).all() == ["it was not leaked"]


def test_tenants_are_named_by_external_id_or_whole_name(app, acme, birch):
    named = tenants_named(lines_of(" acme \n\nBIRCH\nAcme\n"))
    assert (named.ids, named.faults) == ((acme.id, birch.id), ())


def test_a_name_of_two_or_of_nobody_is_a_fault(app, acme):
    make_tenant("Acme", external_id="second")
    named = tenants_named(["ACME", "acme", "Nobody"])
    assert (named.ids, len(named.faults)) == ((acme.id,), 2)
    assert "use the external id" in named.faults[0]
