"""`/coupons/new` and `/coupons/<id>/edit`: made, changed, refused beside the field, asked for."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.catalog.plans import archive_plan
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.coupons.coupons import change_coupon
from portal.coupons.models import Coupon, CouponTenant
from portal.coupons.redeeming import redeem_coupon
from portal.coupons.terms import Terms, terms_of
from portal.web.moments import as_local
from tests.client import fields_in, parsed
from tests.coupons.conftest import buys, make_coupon

NEW = "/coupons/new"
SMALL = {
    "code": "FAIR-10",
    "kind": "percent",
    "percent": "10",
    "duration": "once",
    "audience": "everybody",
}


def made(code="FAIR-10"):
    return db.session.scalars(sa.select(Coupon).filter_by(code=code)).one_or_none()


def fields_of(client, url):
    """What a browser would send of the form as it stands."""
    return fields_in(client.soup(url).select_one("#coupon-form"))


def errors_at(answer):
    """The error beside each field, by its name."""
    page = parsed(answer)
    found = page.select(".field-error")
    return {one["id"].removesuffix("-error"): one.get_text() for one in found}


@pytest.fixture
def mo_page(catalog, mo_client):
    return mo_client


def test_a_coupon_is_made(mo_page):
    end = clock.now() + timedelta(days=30)
    typed = {
        **SMALL,
        "percent": "12,5 %",
        "duration": "repeating",
        "periods": "3",
        "redeem_by": as_local(end),
        "max_redemptions": "50",
        "plans": ["basic", "professional"],
        "least_USD": "1,000.00",
        "is_stackable": "y",
        "description": "The fair",
    }
    answer = mo_page.submit(NEW, **typed)
    row = made()
    assert (answer.status_code, answer.location) == (303, f"/coupons/{row.id}")
    assert (row.basis_points, row.periods, row.max_redemptions) == (1250, 3, 50)
    assert (row.plans, row.min_amounts) == (["basic", "professional"], {"USD": 100_000})
    assert (row.is_stackable, row.is_first_time_only, row.max_per_tenant) == (True, False, 1)


def test_a_new_coupon_begins_as_a_share_that_counts_once(mo_page):
    form = mo_page.soup(NEW).select_one("#coupon-form")
    chosen = [one["value"] for one in form.select("[type=radio][checked]")]
    assert chosen == ["percent", "once", "everybody"]


def test_an_amount_is_made_in_each_currency_that_is_named(mo_page):
    typed = {**SMALL, "kind": "amount", "amount_USD": "10", "another": "JPY", "percent": "x"}
    mo_page.submit(NEW, **typed, amount_another="1500", least_another="9000")
    row = made()
    assert (row.basis_points, row.amounts) == (None, {"USD": 1000, "JPY": 1500})
    assert row.min_amounts == {"JPY": 9000}
    page = mo_page.soup(f"/coupons/{row.id}/edit")
    assert page.select_one("[name=amount_JPY]")["value"] == "1,500"


def test_a_coupon_is_made_for_tenants_by_name(mo_page, acme, birch):
    mo_page.submit(NEW, **{**SMALL, "audience": "named"}, tenants=" birch \n\nACME\n")
    row = made()
    found = db.session.scalars(sa.select(CouponTenant.tenant_id).filter_by(coupon_id=row.id))
    assert (row.is_public, set(found)) == (False, {acme.id, birch.id})


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"code": ""}, "code", "Write a code."),
        ({"code": "a b"}, "code", "up to 40 letters"),
        ({"code": "taken"}, "code", "There is a coupon"),
        ({"percent": ""}, "percent", "from 0.01 to 100"),
        ({"percent": "0"}, "percent", "from 0.01 to 100"),
        ({"percent": "12.345"}, "percent", "two decimals"),
        ({"percent": "1e9999999"}, "percent", "two decimals"),
        ({"percent": "NaN"}, "percent", "two decimals"),
        ({"kind": "amount"}, "amount_USD", "one currency or more"),
        ({"kind": "amount", "amount_USD": "-5"}, "amount_USD", "above zero"),
        ({"kind": "amount", "amount_USD": "1.001"}, "amount_USD", "above zero"),
        ({"kind": "amount", "amount_another": "5"}, "another", "Choose the currency"),
        ({"kind": "amount", "another": "JPY", "amount_another": "5.5"}, "amount_another", "zero"),
        ({"kind": "nonsense"}, "kind", "Not a valid choice"),
        ({"least_USD": "1e999999"}, "least_USD", "above zero"),
        ({"duration": "repeating"}, "periods", "how many periods"),
        ({"duration": "repeating", "periods": "121"}, "periods", "1 to 120"),
        ({"starts_at": "2030-01-02T09:00", "redeem_by": "2030-01-01T09:00"}, "redeem_by", "after"),
        ({"redeem_by": "whenever"}, "redeem_by", "a date and a time"),
        ({"max_redemptions": "0"}, "max_redemptions", "from 1"),
        ({"max_per_user": "two"}, "max_per_user", "integer"),
        ({"plans": ["gold"]}, "plans", "not a valid choice"),
        ({"description": "x" * 201}, "description", "200"),
        ({"audience": "named"}, "tenants", "Name one tenant"),
        ({"audience": "named", "tenants": "acme\nNobody Ltd"}, "tenants", "no tenant Nobody Ltd"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(mo_page, acme, typed, field, words):
    make_coupon("TAKEN")
    answer = mo_page.submit(NEW, **{**SMALL, "description": "kept", **typed})
    assert answer.status_code == 422
    assert words in errors_at(answer)[field]
    assert made() is None
    if field != "description":
        assert parsed(answer).select_one("input[name=description]")["value"] == "kept"


def test_more_than_marketing_may_give_is_told_limit_by_limit(meg_client):
    typed = {**SMALL, "percent": "45", "plans": ["basic"]}
    answer = meg_client.submit(NEW, **typed)
    page = parsed(answer)
    said = [one.get_text() for one in page.select("#passed li")]
    assert (answer.status_code, len(said)) == (422, 3)
    assert "more than 30 %" in said[0]
    assert page.select_one("#passed button[form=coupon-form]")["value"] == "ask"
    assert page.select_one("[name=percent]")["value"] == "45"
    assert [one["value"] for one in page.select("[name=plans][checked]")] == ["basic"]


def test_a_manager_is_asked_from_the_same_form(meg_client):
    answer = meg_client.submit(NEW, **{**SMALL, "percent": "45"}, step="ask")
    row = made()
    assert (answer.status_code, row.status) == (303, "awaiting_approval")
    assert "waits until a manager approves it" in meg_client.get(answer.location).text


def test_a_question_for_more_is_no_denial_in_the_log(meg_client):
    meg_client.submit(NEW, **{**SMALL, "percent": "45"})
    query = sa.select(sa.func.count()).select_from(AuditEvent)
    assert db.session.scalar(query.filter_by(action=Action.ACCESS_DENIED)) == 0


def test_what_is_within_the_limits_waits_for_nobody(meg_client):
    end = as_local(clock.now() + timedelta(days=90))
    meg_client.submit(NEW, **SMALL, redeem_by=end, max_redemptions="100", step="ask")
    assert made().status == "active"


def test_a_manager_is_told_of_no_limits(mo_page, meg_client):
    assert "What you may give alone" not in mo_page.get(NEW).text
    assert "What you may give alone" in meg_client.get(NEW).text


@pytest.mark.parametrize("url", [NEW, "/coupons/{}/edit", "/coupons/{}/disable"])
def test_an_agent_sees_no_form_and_sends_none(catalog, bea_client, url):
    place = url.format(make_coupon().id)
    assert bea_client.get(place).status_code == 403
    assert bea_client.submit(place, **SMALL, reason="x").status_code == 403


def test_a_form_that_nobody_touched_changes_nothing(mo_page, acme):
    window = {"starts_at": clock.now(), "redeem_by": clock.now() + timedelta(days=3)}
    row = make_coupon(
        amounts={"USD": 123_456, "KWD": 1_005}, plans=("basic",), max_per_user=2, **window
    )
    before, url = terms_of(row), f"/coupons/{row.id}/edit"
    answer = mo_page.submit(url, **fields_of(mo_page, url))
    assert (answer.status_code, terms_of(db.session.get(Coupon, row.id))) == (303, before)
    query = sa.select(AuditEvent.id).filter_by(action=Action.COUPON_CHANGED)
    assert db.session.scalars(query).all() == []


def test_a_coupon_is_changed(mo_page):
    row = make_coupon()
    url = f"/coupons/{row.id}/edit"
    mo_page.submit(url, **{**fields_of(mo_page, url), "percent": "15", "max_redemptions": "7"})
    db.session.refresh(row)
    assert (row.basis_points, row.max_redemptions) == (1500, 7)


def test_the_second_of_two_tabs_sees_what_the_first_did_and_may_save_again(mo_page):
    row = make_coupon(description="old")
    url = f"/coupons/{row.id}/edit"
    typed = {**fields_of(mo_page, url), "percent": "15"}
    change_coupon(by=SYSTEM, coupon_id=row.id, terms=Terms(basis_points=1000, description="new"))
    answer = mo_page.submit(url, **typed)
    page = parsed(answer)
    assert answer.status_code == 422
    assert "Takes off: 10 % off" in page.select_one(".alert-warning").get_text()
    assert page.select_one("[name=percent]")["value"] == "15"
    again = mo_page.submit(url, **{**typed, "seen": page.select_one("[name=seen]")["value"]})
    assert (again.status_code, made("SPRING20").basis_points) == (303, 1500)


def test_what_was_redeemed_shows_why_it_is_fixed_and_changes_the_rest(mo_page, acme):
    row = make_coupon()
    redeem_coupon(by=SYSTEM, code=row.code, purchase=buys(acme))
    url = f"/coupons/{row.id}/edit"
    page = mo_page.soup(url)
    assert "20 % off, once, stays." in page.select_one("#coupon-form").get_text()
    assert page.select("[name=percent], [name=kind], [name=duration], [name=amount_USD]") == []
    mo_page.submit(url, **{**fields_of(mo_page, url), "percent": "99", "max_redemptions": "5"})
    db.session.refresh(row)
    assert (row.basis_points, row.max_redemptions) == (2000, 5)


def test_a_redemption_while_the_form_is_open_is_told(mo_page, acme):
    row = make_coupon()
    url = f"/coupons/{row.id}/edit"
    typed = {**fields_of(mo_page, url), "percent": "15"}
    redeem_coupon(by=SYSTEM, code=row.code, purchase=buys(acme))
    answer = mo_page.submit(url, **typed)
    assert (answer.status_code, made("SPRING20").basis_points) == (422, 2000)


def test_a_plan_that_left_the_catalogue_can_stay_ticked(mo_page):
    row = make_coupon(plans=("enterprise",))
    archive_plan(by=SYSTEM, name="enterprise", reason="no more")
    url = f"/coupons/{row.id}/edit"
    assert "Enterprise (no longer on offer)" in mo_page.get(url).text
    mo_page.submit(url, **{**fields_of(mo_page, url), "max_redemptions": "7"})
    db.session.refresh(row)
    assert (row.plans, row.max_redemptions) == (["enterprise"], 7)


def test_another_like_it_begins_with_its_terms_and_its_tenant(mo_page, acme):
    row = make_coupon(duration="forever", plans=("basic",))
    page = mo_page.soup(f"{NEW}?like={row.id}&tenant={acme.id}")
    assert page.select_one("[name=percent]")["value"] == "20"
    assert page.select_one("[name=duration][checked]")["value"] == "forever"
    assert page.select_one("[name=audience][checked]")["value"] == "named"
    assert page.select_one("[name=tenants]").get_text().strip() == "acme"
    assert not page.select_one("[name=code]").get("value")
    assert mo_page.get(f"{NEW}?like=999999&tenant=x").status_code == 200


@pytest.mark.parametrize("number", [-1, 0, 2**31, 2**63, 10**20])
@pytest.mark.parametrize("place", [NEW, "/coupons/batches/new"])
def test_a_number_that_no_row_can_have_begins_an_empty_form(mo_page, place, number):
    answer = mo_page.get(f"{place}?like={number}&tenant={number}")
    assert answer.status_code == 200
    assert not parsed(answer).select_one("[name=percent]").get("value")


def test_what_begins_later_is_not_said_to_be_usable_now(mo_page):
    start = (clock.now() + timedelta(days=40)).date()
    mo_page.submit(NEW, **SMALL, starts_at=f"{start}T00:00")
    page = mo_page.soup(f"/coupons/{made().id}").get_text()
    assert f"can be used from {start.day} {start:%b %Y}, 00:00:00" in page


@pytest.mark.parametrize(
    ("place", "more"), [(NEW, {}), ("/coupons/batches/new", {"count": "5", "max_redemptions": "1"})]
)
def test_nothing_is_made_that_ended_before(mo_page, place, more):
    yesterday = as_local(clock.now() - timedelta(days=1))
    answer = mo_page.submit(place, **SMALL, **more, redeem_by=yesterday)
    assert answer.status_code == 422
    assert errors_at(answer) == {"redeem_by": "Let it end at an instant ahead."}


def test_what_stands_can_be_ended_at_once(mo_page):
    row = make_coupon()
    url, now = f"/coupons/{row.id}/edit", as_local(clock.now())
    assert mo_page.submit(url, **{**fields_of(mo_page, url), "redeem_by": now}).status_code == 303
    db.session.refresh(row)
    assert row.redeem_by <= clock.now()


@pytest.mark.parametrize("place", [NEW, "/coupons/batches/new"])
def test_like_one_that_ended_begins_without_its_window(mo_page, place):
    now = clock.now()
    row = make_coupon(starts_at=now - timedelta(days=9), redeem_by=now - timedelta(days=1))
    page = mo_page.soup(f"{place}?like={row.id}")
    assert page.select_one("#percent")["value"] == "20"
    assert {page.select_one(f"#{name}")["value"] for name in ("starts_at", "redeem_by")} == {""}


def test_over_json_an_unknown_plan_is_named(mo_page):
    body = {"code": "FAIR", "basis_points": 500, "plans": ["gold"]}
    answer = mo_page.call("POST", "/api/coupons", body)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "plans"


def test_over_json_the_limits_that_are_passed_are_a_list_too(meg_client):
    answer = meg_client.call("POST", "/api/coupons", {"code": "FAIR", "basis_points": 9000})
    assert (answer.status_code, len(answer.get_json()["limits"])) == (403, 3)
