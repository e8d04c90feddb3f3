"""`/coupons/<id>`: what it says, who used it, deciding on it, and switching it off and on."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.coupons.coupons import change_coupon, create_coupon, disable_coupon
from portal.coupons.models import Coupon
from portal.coupons.redeeming import redeem_coupon, release_reservation, reserve_coupon
from portal.coupons.terms import Terms
from tests.cast import make_tenant, make_user
from tests.client import parsed
from tests.coupons.conftest import buys, make_coupon, small_terms
from tests.statements import counted


@pytest.fixture
def half(app, meg):
    """Half the price, for which Meg asked."""
    terms = small_terms(basis_points=5000)
    return create_coupon(by=meg, code="HALF", terms=terms, asks_approval=True)


def place(row, verb=""):
    return f"/coupons/{row.id}{verb}"


def decide(client, row, verb, reason):
    seen = client.soup(place(row)).select_one("#approval [name=seen]")["value"]
    return client.submit(place(row, f"/{verb}"), seen=seen, reason=reason)


def status_of(row):
    return db.session.scalar(sa.select(Coupon.status).filter_by(id=row.id))


def last_event():
    newest = sa.select(AuditEvent).order_by(AuditEvent.occurred_at.desc(), AuditEvent.id.desc())
    return db.session.scalars(newest).first()


def test_a_coupon_says_its_terms_in_words(catalog, bea_client):
    row = make_coupon(
        duration="repeating",
        periods=3,
        plans=("basic",),
        min_amounts={"USD": 5000},
        max_per_tenant=2,
        max_redemptions=1500,
        is_first_time_only=True,
        redeem_by=clock.now() + timedelta(days=3),
    )
    text = " ".join(bea_client.soup(place(row)).select_one(".facts").get_text().split())
    for words in ("20 % off", "for 3 periods", "Basic", "50.00 USD", "twice for a tenant"):
        assert words in text
    assert "0 of 1,500" in text
    assert "3 days from now" in text


def test_its_history_shows_each_use_and_what_it_took_off(bea_client, acme, birch):
    row = make_coupon()
    uma = make_user(acme)
    redeem_coupon(by=SYSTEM, code=row.code, purchase=buys(acme, user_id=uma.id))
    held = reserve_coupon(by=SYSTEM, code=row.code, purchase=buys(birch))
    release_reservation(by=SYSTEM, usage_id=held.id)
    page = bea_client.soup(place(row))
    first, second = (" ".join(one.get_text().split()) for one in page.select("#use-rows tr"))
    assert "Birch Released pro nothing of 100.00 USD 0 of 1" in first
    assert "Acme Uma User Redeemed" in second
    assert page.select_one("#used").get_text() == "1"


def test_a_long_history_comes_in_pages_of_as_few_queries(bea_client):
    row = make_coupon()
    for number in range(21):
        tenant = make_tenant(f"T{number}", external_id=f"t{number}")
        redeem_coupon(by=SYSTEM, code=row.code, purchase=buys(tenant))
    first = bea_client.soup(place(row))
    with counted() as statements:
        second = bea_client.soup(first.select_one("#uses [rel=next]")["href"])
    assert (len(first.select("#use-rows tr")), len(second.select("#use-rows tr"))) == (20, 1)
    assert len(statements) <= 5, statements


def test_beside_a_refused_decision_its_uses_can_be_paged_on(mo_client):
    row = make_coupon()
    for number in range(21):
        tenant = make_tenant(f"T{number}", external_id=f"t{number}")
        redeem_coupon(by=SYSTEM, code=row.code, purchase=buys(tenant))
    refused = parsed(mo_client.submit(place(row, "/approve"), seen="x"))
    assert "does not wait for approval" in refused.get_text()
    older = mo_client.get(refused.select_one("#uses [rel=next]")["href"])
    assert (older.status_code, len(parsed(older).select("#use-rows tr"))) == (200, 1)


def test_whom_it_is_for_is_named(bea_client, acme):
    many = [make_tenant(f"T{n:02}", external_id=f"t{n}").id for n in range(12)]
    row = make_coupon(tenant_ids=(acme.id, *many), is_public=False)
    page = bea_client.soup(place(row))
    named = [a.get_text() for a in page.select("#made-for a")]
    assert (named[0], len(named)) == ("Acme", 10)
    every = bea_client.soup(page.find("a", string="All tenants it is for")["href"])
    assert len(every.select("#made-for a")) == 13


def test_its_events_are_a_link_away(mo_client, bea_client):
    row = make_coupon()
    page = mo_client.soup(place(row))
    assert "made the coupon SPRING20" in page.select_one("#recent-changes").get_text()
    link = page.find("a", string="All events in the audit log")["href"]
    assert "made the coupon SPRING20" in mo_client.get(link).text
    assert "made the coupon" not in bea_client.get(place(row)).text


def test_a_manager_sees_what_is_beyond_the_limits_and_approves(mo_client, half):
    said = mo_client.soup(place(half)).select_one("#approval").get_text()
    assert "more than 30 %" in said
    answer = decide(mo_client, half, "approve", "agreed for the fair")
    assert (answer.status_code, status_of(half)) == (303, "active")
    assert (last_event().action, last_event().reason) == ("coupon.approved", "agreed for the fair")
    assert "Approved by" in mo_client.get(place(half)).text


def test_a_rejection_says_why(mo_client, half):
    without = decide(mo_client, half, "reject", "")
    assert (without.status_code, status_of(half)) == (422, "awaiting_approval")
    assert "Say why you reject it." in without.text
    assert decide(mo_client, half, "reject", "too much").status_code == 303
    assert (status_of(half), last_event().reason) == ("rejected", "too much")


def test_whoever_asked_reads_why_it_was_rejected(meg_client, mo_client, half):
    decide(mo_client, half, "reject", "too much at once")
    said = meg_client.soup(place(half)).select_one(".facts").get_text(" ", strip=True)
    assert "Rejected by mo@boxcostpro.test Rejected because too much at once" in said


def test_what_was_rejected_is_not_called_approved_once_it_is_disabled(mo_client, half):
    decide(mo_client, half, "reject", "too much at once")
    mo_client.submit(place(half, "/disable"), reason="leaked")
    said = mo_client.soup(place(half)).select_one(".facts").get_text(" ", strip=True)
    assert "Decided by mo@boxcostpro.test Disabled because leaked" in said
    mo_client.submit(place(half, "/enable"), reason="was not")
    assert "because" not in mo_client.soup(place(half)).select_one(".facts").get_text()


def test_whoever_asked_has_no_button_and_no_way(meg_client, mo_client, half, mo_acts):
    page = meg_client.soup(place(half)).select_one("#approval")
    assert "You asked for this yourself" in page.get_text()
    assert page.select("button") == []
    assert meg_client.submit(place(half, "/approve")).status_code == 403
    half.requested_by = mo_acts.id
    assert mo_client.soup(place(half)).select("#approval button") == []
    refused = mo_client.submit(place(half, "/approve"), seen="x")
    assert (refused.status_code, status_of(half)) == (422, "awaiting_approval")


def test_nobody_approves_other_terms_than_were_on_the_page(mo_client, meg, half):
    seen = mo_client.soup(place(half)).select_one("#approval [name=seen]")["value"]
    larger = small_terms(basis_points=9000)
    change_coupon(by=meg, coupon_id=half.id, terms=larger, asks_approval=True)
    for sent in (seen, ""):
        answer = mo_client.submit(place(half, "/approve"), seen=sent)
        assert (answer.status_code, status_of(half)) == (422, "awaiting_approval")
    assert "Somebody changed HALF a moment ago" in answer.text
    assert "90 % off" in answer.text


def test_of_two_who_decide_the_second_is_told(mo_client, ann_client, half):
    decide(mo_client, half, "approve", "")
    late = ann_client.submit(place(half, "/reject"), seen="x", reason="too much")
    assert (late.status_code, status_of(half)) == (422, "active")
    assert "does not wait for approval" in late.text


def test_a_coupon_is_disabled_for_a_reason_and_enabled_again(mo_client):
    row = make_coupon()
    assert mo_client.submit(place(row, "/disable"), reason=" ").status_code == 422
    assert mo_client.submit(place(row, "/disable"), reason="leaked").status_code == 303
    assert (status_of(row), last_event().reason) == ("disabled", "leaked")
    again = mo_client.submit(place(row, "/disable"), reason="twice")
    assert "is disabled already" in again.text
    assert mo_client.submit(place(row, "/enable"), reason="was not").status_code == 303
    assert (status_of(row), last_event().reason) == ("active", "was not")


def test_what_is_switched_already_is_not_offered_again(mo_client):
    row = make_coupon()
    assert "SPRING20 is not disabled." in mo_client.get(place(row, "/enable")).text
    disable_coupon(by=SYSTEM, coupon_id=row.id)
    for page in (
        mo_client.soup(place(row, "/disable")),
        parsed(mo_client.submit(place(row, "/disable"), reason="twice")),
    ):
        assert page.main.get_text().count("SPRING20 is disabled already.") == 1
        assert page.select("main form") == []


def test_marketing_asks_before_it_enables_what_is_larger(meg_client):
    row = make_coupon()
    disable_coupon(by=SYSTEM, coupon_id=row.id)
    answer = meg_client.submit(place(row, "/enable"), reason="was not")
    assert (answer.status_code, status_of(row)) == (422, "disabled")
    assert "it runs for more than 90 days" in answer.text
    asked = meg_client.submit(place(row, "/enable"), reason="was not", step="ask")
    assert (asked.status_code, status_of(row)) == (303, "awaiting_approval")


def test_an_agent_sees_a_coupon_and_no_button(bea_client, half):
    row = make_coupon()
    page = bea_client.soup(place(row))
    assert [a["href"] for a in page.select(f"main a[href^='{place(row)}/']")] == []
    assert "A manager decides." in bea_client.get(place(half)).text
    for verb in ("/disable", "/enable", "/approve", "/reject"):
        assert bea_client.submit(place(row, verb), reason="x").status_code == 403


@pytest.mark.parametrize("verb", ["", "/edit", "/disable", "/enable"])
def test_what_does_not_exist_is_not_found(mo_client, verb):
    assert mo_client.get(f"/coupons/999999{verb}").status_code == 404
    assert mo_client.get(f"/coupons/99999999999999999999{verb}").status_code == 404


@pytest.mark.parametrize("verb", ["disable", "enable", "approve", "reject"])
def test_what_does_not_exist_is_not_changed(mo_client, verb):
    assert mo_client.submit(f"/coupons/999999/{verb}", reason="x").status_code == 404


def test_a_coupon_without_an_end_or_a_limit_says_so(bea_client):
    row = create_coupon(by=SYSTEM, code="EVER", terms=Terms(basis_points=1, duration="forever"))
    text = bea_client.soup(place(row)).select_one(".facts").get_text()
    for words in ("0.01 % off", "for ever", "at once", "without an end", "every plan"):
        assert words in text


def test_a_decision_is_about_the_declared_events_alone(mo_client, half):
    decide(mo_client, half, "approve", "")
    query = sa.select(sa.func.count()).select_from(AuditEvent)
    assert db.session.scalar(query.filter_by(action=Action.COUPON_APPROVED)) == 1
